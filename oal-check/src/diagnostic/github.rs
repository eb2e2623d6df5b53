//! Findings as workflow commands, which GitHub shows at the lines of a pull request.

use std::fmt::Write;

use super::printable;
use super::sources::{Places, Sources};
use super::{Diagnostic, Severity};

/// One workflow command for each finding.
#[must_use]
pub fn github(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let mut places = Places::new(sources);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let command = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let label = &diagnostic.primary;
        let (start, end) = places.range(label.file, label.span);
        // Writing to a string cannot fail.
        let _ = write!(text, "::{command} file={},line={}", property(places.name(label.file)), start.line);
        // Columns are only understood on a single line.
        if start.line == end.line {
            let _ = write!(text, ",col={},endColumn={}", start.column, end.column.max(start.column));
        } else {
            let _ = write!(text, ",endLine={}", end.line);
        }
        let title = format!("{} {}", diagnostic.code.id, diagnostic.code.slug);
        let _ = writeln!(text, ",title={}::{}", property(&title), data(&message(&mut places, diagnostic)));
    }
    text
}

/// What an annotation says: everything but the source.
fn message(places: &mut Places<'_>, diagnostic: &Diagnostic) -> String {
    let mut text = diagnostic.message.clone();
    let mut say = |line: &str| {
        text.push('\n');
        text.push_str(line);
    };
    if !diagnostic.primary.message.is_empty() {
        say(&diagnostic.primary.message);
    }
    for label in &diagnostic.secondary {
        let (at, _) = places.range(label.file, label.span);
        say(&format!("{}:{}:{}: {}", places.name(label.file), at.line, at.column, label.message));
    }
    diagnostic.notes.iter().for_each(|note| say(note));
    if let Some(help) = &diagnostic.help {
        say(&format!("help: {help}"));
    }
    if !diagnostic.environments.is_empty() {
        say(&format!("in: {}", diagnostic.environments.join(", ")));
    }
    printable::lines(&text).into_owned()
}

/// The message of a command, escaped as the runner undoes it.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a command, escaped as the runner undoes it.
fn property(text: &str) -> String {
    data(&printable::line(text)).replace(':', "%3A").replace(',', "%2C")
}
