//! Where the texts come from that diagnostics point into, and how a byte offset becomes a line and columns.
//! Every offset is taken: past the end, inside a character, of an unknown file.

use std::collections::BTreeMap;

use memchr::memchr_iter;
use oal_syntax::{FileId, Span};

/// The names and texts of a project's files. An unknown file has an empty name and text.
pub trait Sources {
    /// The name to show, a path with `/`.
    fn name(&self, file: FileId) -> &str;
    /// The text that the spans count in.
    fn text(&self, file: FileId) -> &str;
}

/// A place as people and editors count it. Lines and columns start at 1; a byte order mark has no column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: u32,
    /// Column in Unicode scalar values.
    pub column: u32,
    /// Column in UTF-16 code units, as the language server protocol counts by default (from 0 there).
    pub utf16: u32,
}

/// The lines of one text, so that positions are found without reading the text again.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<u32>,
    /// Characters and UTF-16 units before each block of [`BLOCK`] bytes: keeps long lines cheap.
    counts: Vec<(u32, u32)>,
}

const BLOCK: usize = 256;
const BOM: &str = "\u{feff}";

impl<'a> Lines<'a> {
    /// Reads the text once.
    pub(crate) fn new(text: &'a str) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr_iter(b'\n', text.as_bytes()).map(|at| offset(at + 1)));
        let mut counts = Vec::with_capacity(text.len() / BLOCK + 1);
        let mut sum = (0, 0);
        for block in text.as_bytes().chunks(BLOCK) {
            counts.push(sum);
            let (chars, units) = count(block);
            sum = (sum.0 + chars, sum.1 + units);
        }
        counts.push(sum);
        Self { text, starts, counts }
    }

    /// The index, from 0, of the line that holds this offset.
    pub(super) fn index(&self, at: u32) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The bytes of a line without its end and without a byte order mark.
    pub(super) fn line(&self, index: usize) -> Span {
        let end_of_text = offset(self.text.len());
        let mut start = self.starts.get(index).copied().unwrap_or(end_of_text);
        let next = self.starts.get(index + 1).copied();
        let mut end = next.map_or(end_of_text, |next| next.saturating_sub(1));
        if next.is_some() && end > start && Span::new(end - 1, end).text(self.text) == "\r" {
            end -= 1;
        }
        if index == 0 && self.text.starts_with(BOM) {
            start = offset(BOM.len());
        }
        Span::new(start, end.max(start))
    }

    /// The offset, moved into the text and onto the start of its character.
    pub(super) fn clamp(&self, at: u32) -> u32 {
        let mut at = at.min(offset(self.text.len()));
        while !self.text.is_char_boundary(at as usize) {
            at -= 1;
        }
        at
    }

    /// The place of an offset.
    pub(crate) fn position(&self, at: u32) -> Position {
        let at = self.clamp(at);
        let index = self.index(at);
        let line = self.line(index);
        let from = self.counted(line.start);
        let to = self.counted(at.clamp(line.start, line.end));
        Position { line: offset(index + 1), column: to.0 - from.0 + 1, utf16: to.1 - from.1 + 1 }
    }

    /// Characters and UTF-16 units before this offset.
    fn counted(&self, at: u32) -> (u32, u32) {
        let block = at as usize / BLOCK;
        let (chars, units) = self.counts.get(block).copied().unwrap_or_default();
        let rest = self.text.as_bytes().get(block * BLOCK..at as usize).map(count).unwrap_or_default();
        (chars + rest.0, units + rest.1)
    }

    /// The text.
    pub(super) fn text(&self) -> &'a str {
        self.text
    }
}

/// Characters that start in these bytes, and the UTF-16 units they need.
fn count(bytes: &[u8]) -> (u32, u32) {
    bytes.iter().fold((0, 0), |(chars, units), byte| {
        let starts = u32::from(byte & 0xc0 != 0x80);
        (chars + starts, units + starts + u32::from(*byte >= 0xf0))
    })
}

/// Texts are far below 4 GiB (a larger file is refused before it is read); a larger number would only be shown wrong.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The sources with the lines of every file looked at so far.
pub(super) struct Places<'a> {
    sources: &'a dyn Sources,
    files: BTreeMap<FileId, Lines<'a>>,
}

impl<'a> Places<'a> {
    /// Nothing looked at yet.
    pub(super) fn new(sources: &'a dyn Sources) -> Self {
        Self { sources, files: BTreeMap::new() }
    }

    /// The name of a file.
    pub(super) fn name(&self, file: FileId) -> &'a str {
        self.sources.name(file)
    }

    /// The lines of a file.
    pub(super) fn lines(&mut self, file: FileId) -> &Lines<'a> {
        self.files.entry(file).or_insert_with(|| Lines::new(self.sources.text(file)))
    }

    /// The places where a span starts and ends.
    pub(super) fn range(&mut self, file: FileId, span: Span) -> (Position, Position) {
        let lines = self.lines(file);
        (lines.position(span.start), lines.position(span.end.max(span.start)))
    }
}
