//! The few source lines that a finding shows, cut and escaped to be safe and short, with its labels moved along.
//! The renderer sees only this text: never a tab, a control character, a line of a megabyte or an offset past the end.

use std::collections::BTreeMap;

use oal_syntax::{FileId, Span};

use super::printable;
use super::sources::{Lines, Places, Position};
use super::{Diagnostic, Label};

/// A label in an excerpt.
pub(super) struct Mark {
    /// Its place in the excerpt's text.
    pub(super) start: usize,
    /// Its end there, on the same line.
    pub(super) end: usize,
    /// Where it starts in the real file.
    pub(super) position: Position,
    /// Whether it is the primary one.
    pub(super) primary: bool,
    /// Its words.
    pub(super) message: String,
}

/// The shown lines of one file.
pub(super) struct Excerpt {
    /// The file's name.
    pub(super) name: String,
    /// The shown lines.
    pub(super) text: String,
    /// Start of each line in `text`, and its real number. Skipped lines stand as two empty ones.
    pub(super) lines: Vec<(usize, usize)>,
    /// The labels, in the order of the diagnostic.
    pub(super) marks: Vec<Mark>,
}

/// The excerpts for a diagnostic with its first `secondary` other labels, the primary label's file first.
pub(super) fn excerpts(
    places: &mut Places<'_>,
    diagnostic: &Diagnostic,
    secondary: usize,
    width: usize,
) -> Vec<Excerpt> {
    let labels = || std::iter::once(&diagnostic.primary).chain(diagnostic.secondary.iter().take(secondary)).enumerate();
    let mut files: Vec<FileId> = Vec::new();
    for (_, label) in labels() {
        if !files.contains(&label.file) {
            files.push(label.file);
        }
    }
    let mut found = Vec::new();
    for file in files {
        let name = printable::line(places.name(file)).into_owned();
        let lines = places.lines(file);
        let mut excerpt = Excerpt { name, text: String::new(), lines: Vec::new(), marks: Vec::new() };
        let mut by_line: BTreeMap<usize, Vec<(bool, &Label)>> = BTreeMap::new();
        for (index, label) in labels().filter(|(_, label)| label.file == file) {
            by_line.entry(lines.index(lines.clamp(label.span.start))).or_default().push((index == 0, label));
        }
        let mut previous: Option<usize> = None;
        for (line, labels) in by_line {
            excerpt.skip(lines, previous, line, width);
            excerpt.show(lines, line, &labels, width);
            previous = Some(line);
        }
        excerpt.marks.sort_by_key(|mark| !mark.primary);
        found.push(excerpt);
    }
    found
}

impl Excerpt {
    /// Fills the gap between two shown lines: a single line is shown, more leave a mark that something is missing.
    fn skip(&mut self, lines: &Lines<'_>, previous: Option<usize>, line: usize, width: usize) {
        match previous.map(|previous| line - previous) {
            Some(2) => self.show(lines, line - 1, &[], width),
            Some(gap) if gap > 2 => {
                for number in [line - 1, line] {
                    self.lines.push((self.text.len(), number));
                    self.text.push('\n');
                }
            }
            _ => {}
        }
    }

    /// Adds a line with its labels.
    fn show(&mut self, lines: &Lines<'_>, index: usize, labels: &[(bool, &Label)], width: usize) {
        let line = lines.line(index);
        let anchor = labels.iter().find(|(primary, _)| *primary).or_else(|| labels.first());
        let anchor = anchor.map_or(line.start, |(_, label)| lines.clamp(label.span.start));
        let shown = window(lines.text(), line, anchor.clamp(line.start, line.end), width);
        let base = self.text.len();
        self.lines.push((base, index + 1));

        let mut offsets = Vec::new();
        if shown.start > line.start {
            self.text.push('…');
        }
        let first = self.text.len();
        let mut column = 0;
        for (at, c) in shown.text(lines.text()).char_indices() {
            offsets.push((shown.start as usize + at, self.text.len()));
            let before = self.text.len();
            if c == '\t' {
                self.text.push_str(SPACES.get(column % SPACES.len()..).unwrap_or(SPACES));
            } else {
                printable::push(&mut self.text, c);
            }
            column += if self.text.len() - before == c.len_utf8() { 1 } else { self.text.len() - before };
        }
        let last = self.text.len();
        if shown.end < line.end {
            self.text.push('…');
        }
        let end = self.text.len();
        self.text.push('\n');

        let moved = |at: u32| match at {
            at if at < shown.start => base,
            at if at > shown.end => end,
            at if at == shown.end => last,
            at => offsets
                .binary_search_by_key(&(at as usize), |(from, _)| *from)
                .ok()
                .and_then(|found| offsets.get(found))
                .map_or(first, |(_, to)| *to),
        };
        for (primary, label) in labels {
            let start = moved(lines.clamp(label.span.start));
            let stop = moved(lines.clamp(label.span.end).min(line.end));
            self.marks.push(Mark {
                start,
                end: stop.max(start),
                position: lines.position(label.span.start),
                primary: *primary,
                message: printable::line(&label.message).into_owned(),
            });
        }
    }
}

/// A tab stop.
const SPACES: &str = "    ";

/// The part of a line to show: all of it, or about `width` characters with the anchor in the first half.
fn window(text: &str, line: Span, anchor: u32, width: usize) -> Span {
    if line.len() as usize <= width {
        return line;
    }
    let before = Span::new(line.start, anchor).text(text);
    let after = Span::new(anchor, line.end).text(text);
    let length = |part: &str, most: usize| part.char_indices().nth(most).map_or(part.len(), |(at, _)| at);
    let length_back = |part: &str, most: usize| {
        if most == 0 {
            0
        } else {
            part.char_indices().rev().nth(most - 1).map_or(part.len(), |(at, _)| part.len() - at)
        }
    };
    let right = length(after, width);
    let right_chars = after.get(..right).map_or(0, |part| part.chars().count());
    let left = length_back(before, (width / 3).max(width - right_chars));
    let left_chars = before.get(before.len() - left..).map_or(0, |part| part.chars().count());
    let right = length(after, width - left_chars.min(width));
    let start = anchor - u32::try_from(left).unwrap_or(anchor);
    Span::new(start, anchor.saturating_add(u32::try_from(right).unwrap_or(0)))
}
