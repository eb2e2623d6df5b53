//! Findings as people read them on a terminal: the source lines with the labels drawn under them. The only file that
//! knows codespan-reporting, which gets prepared excerpts and so never meets a line or an offset it cannot draw.

use std::fmt::{self, Write};
use std::ops::Range;

use codespan_reporting::diagnostic as drawn;
use codespan_reporting::files::{Error, Files, Location};
use codespan_reporting::term::{self, Chars, Config, WriteStyle};

use super::excerpt::{Excerpt, excerpts};
use super::sources::{Places, Sources};
use super::{Diagnostic, Fix, Severity, plain, printable, suggestion};

/// How the human form looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour. Colour never carries meaning.
    pub color: bool,
    /// Whether to draw with ASCII only.
    pub ascii: bool,
    /// How many characters of a source line are shown.
    pub width: usize,
}

impl Default for Style {
    fn default() -> Self {
        Self { color: false, ascii: false, width: 100 }
    }
}

/// A finding may take this many lines, which is two files with their labels and two lines of advice; other ends that do
/// not fit are listed without their source.
const MOST_LINES: usize = 13;
/// Narrower than this nothing can be read.
const LEAST_WIDTH: usize = 30;
/// Environments named before the rest is counted.
const MOST_NAMES: usize = 8;
/// Other ends listed without their source before the rest is counted.
const MOST_LISTED: usize = 4;

/// All findings in the human form, each followed by an empty line.
#[must_use]
pub fn render(diagnostics: &[Diagnostic], sources: &dyn Sources, style: Style) -> String {
    let mut places = Places::new(sources);
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&one(&mut places, diagnostic, style));
    }
    text
}

/// One finding, with as many other ends drawn as fit.
fn one(places: &mut Places<'_>, diagnostic: &Diagnostic, style: Style) -> String {
    let width = style.width.max(LEAST_WIDTH);
    let mut drawn_ends = diagnostic.secondary.len().min(MOST_LINES);
    loop {
        let shown = Shown(excerpts(places, diagnostic, drawn_ends, width));
        let notes = notes(places, diagnostic, drawn_ends, width);
        let Some(text) = draw(&shown, diagnostic, notes, style) else {
            // The excerpt is made to be drawable; should it ever not be, nothing may be lost.
            return plain::plain_one(places, diagnostic);
        };
        if drawn_ends == 0 || text.trim_end().lines().count() <= MOST_LINES {
            return text;
        }
        drawn_ends -= 1;
    }
}

/// The lines under the drawing.
fn notes(places: &mut Places<'_>, diagnostic: &Diagnostic, drawn_ends: usize, width: usize) -> Vec<String> {
    let mut notes = Vec::new();
    let listed = diagnostic.secondary.get(drawn_ends..).unwrap_or_default();
    for label in listed.iter().take(MOST_LISTED) {
        notes.push(format!("{}: {}", place(places, label), printable::line(&label.message)));
    }
    if listed.len() > MOST_LISTED {
        notes.push(format!("and {} more places", listed.len() - MOST_LISTED));
    }
    notes.extend(diagnostic.notes.iter().map(|note| printable::lines(note).into_owned()));
    if let Some(help) = &diagnostic.help {
        notes.push(format!("help: {}", printable::lines(help)));
    }
    let help = diagnostic.help.as_deref().unwrap_or_default();
    for fix in diagnostic.fixes.iter().filter(|fix| !says(help, fix)).take(2) {
        let mut text = format!("fix: {}", printable::line(&fix.title));
        for line in suggestion::preview(places, fix, width) {
            text.push_str("\n     ");
            text.push_str(&line);
        }
        notes.push(text);
    }
    if !diagnostic.environments.is_empty() {
        notes.push(format!("in: {}", printable::listed(&diagnostic.environments, MOST_NAMES)));
    }
    notes
}

/// Whether a help line like "did you mean `image`?" says already what a fix does.
fn says(help: &str, fix: &Fix) -> bool {
    match fix.edits.as_slice() {
        [edit] => !edit.text.is_empty() && help.contains(&format!("`{}`", edit.text)),
        _ => false,
    }
}

/// `path:line:column` of a label.
fn place(places: &mut Places<'_>, label: &super::Label) -> String {
    let (at, _) = places.range(label.file, label.span);
    format!("{}:{}:{}", printable::line(places.name(label.file)), at.line, at.column)
}

/// Lets codespan draw.
fn draw(shown: &Shown, diagnostic: &Diagnostic, notes: Vec<String>, style: Style) -> Option<String> {
    let severity = match diagnostic.severity {
        Severity::Error => drawn::Severity::Error,
        Severity::Warning => drawn::Severity::Warning,
        Severity::Note => drawn::Severity::Note,
    };
    let mut labels = Vec::new();
    for (file, excerpt) in shown.0.iter().enumerate() {
        for mark in &excerpt.marks {
            let kind = if mark.primary { drawn::LabelStyle::Primary } else { drawn::LabelStyle::Secondary };
            labels.push(drawn::Label::new(kind, file, mark.start..mark.end).with_message(&mark.message));
        }
    }
    let picture = drawn::Diagnostic::new(severity)
        .with_code(diagnostic.code.id)
        .with_message(printable::line(&diagnostic.message))
        .with_labels(labels)
        .with_notes(notes);
    let chars = if style.ascii { Chars::ascii() } else { Chars::box_drawing() };
    let config = Config { chars, ..Config::default() };
    let mut writer = Paint { text: String::new(), color: style.color };
    term::emit_to_write_style(&mut writer, &config, shown, &picture).ok()?;
    Some(trim_line_ends(&writer.text))
}

/// Codespan leaves a space after an empty border; nothing else here ends in one.
fn trim_line_ends(text: &str) -> String {
    let mut trimmed = String::with_capacity(text.len());
    for line in text.lines() {
        trimmed.push_str(line.trim_end_matches(' '));
        trimmed.push('\n');
    }
    trimmed
}

/// The excerpts as codespan asks for them; a file is its index here.
struct Shown(Vec<Excerpt>);

impl Shown {
    fn file(&self, id: usize) -> Result<&Excerpt, Error> {
        self.0.get(id).ok_or(Error::FileMissing)
    }

    fn line(&self, id: usize, index: usize) -> Result<(usize, usize), Error> {
        let lines = &self.file(id)?.lines;
        lines.get(index).copied().ok_or(Error::LineTooLarge { given: index, max: lines.len() })
    }
}

impl<'a> Files<'a> for Shown {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.name)
    }

    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.text)
    }

    fn line_index(&'a self, id: usize, byte: usize) -> Result<usize, Error> {
        Ok(self.file(id)?.lines.partition_point(|(start, _)| *start <= byte).saturating_sub(1))
    }

    fn line_number(&'a self, id: usize, index: usize) -> Result<usize, Error> {
        Ok(self.line(id, index)?.1)
    }

    fn line_range(&'a self, id: usize, index: usize) -> Result<Range<usize>, Error> {
        let (start, _) = self.line(id, index)?;
        let end = self.line(id, index + 1).map_or(self.file(id)?.text.len(), |(next, _)| next);
        Ok(start..end)
    }

    fn location(&'a self, id: usize, byte: usize) -> Result<Location, Error> {
        let mark = self.file(id)?.marks.iter().find(|mark| mark.start == byte);
        let position = mark.ok_or(Error::FormatError)?.position;
        Ok(Location { line_number: position.line as usize, column_number: position.column as usize })
    }
}

/// Text with or without ANSI colours.
struct Paint {
    text: String,
    color: bool,
}

impl Paint {
    fn set(&mut self, code: &str) -> fmt::Result {
        if self.color { write!(self.text, "\u{1b}[{code}m") } else { Ok(()) }
    }
}

impl Write for Paint {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.write_str(text)
    }
}

const fn hue(severity: drawn::Severity) -> &'static str {
    match severity {
        drawn::Severity::Bug | drawn::Severity::Error => "31",
        drawn::Severity::Warning => "33",
        drawn::Severity::Note | drawn::Severity::Help => "36",
    }
}

impl WriteStyle for Paint {
    fn set_header(&mut self, severity: drawn::Severity) -> fmt::Result {
        self.set("1")?;
        self.set(hue(severity))
    }

    fn set_header_message(&mut self) -> fmt::Result {
        self.set("0")?;
        self.set("1")
    }

    fn set_line_number(&mut self) -> fmt::Result {
        self.set("34")
    }

    fn set_note_bullet(&mut self) -> fmt::Result {
        self.set("34")
    }

    fn set_source_border(&mut self) -> fmt::Result {
        self.set("34")
    }

    fn set_label(&mut self, severity: drawn::Severity, label: drawn::LabelStyle) -> fmt::Result {
        match label {
            drawn::LabelStyle::Primary => self.set(hue(severity)),
            drawn::LabelStyle::Secondary => self.set("34"),
        }
    }

    fn reset(&mut self) -> fmt::Result {
        self.set("0")
    }
}
