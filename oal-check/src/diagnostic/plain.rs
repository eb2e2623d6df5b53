//! Findings as sentences, without drawings: the plain form for screen readers and logs, and the short form of one line
//! that editors and `grep` understand.

use std::fmt::Write;

use super::printable;
use super::sources::{Places, Sources};
use super::{Diagnostic, Label, Severity};

/// All findings in the plain form, each followed by an empty line.
#[must_use]
pub fn plain(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let mut places = Places::new(sources);
    diagnostics.iter().map(|diagnostic| plain_one(&mut places, diagnostic)).collect()
}

/// One finding in the plain form.
pub(super) fn plain_one(places: &mut Places<'_>, diagnostic: &Diagnostic) -> String {
    let mut text =
        format!("{} {}: {}\n", diagnostic.severity.name(), diagnostic.code.id, printable::line(&diagnostic.message));
    sentence(&mut text, "at", places, &diagnostic.primary);
    for label in &diagnostic.secondary {
        sentence(&mut text, "see", places, label);
    }
    let mut say = |word: &str, what: &str| {
        for (index, line) in printable::lines(what).lines().enumerate() {
            let start = if index == 0 { word } else { "" };
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {start}{}{line}", if index == 0 { ": " } else { "  " });
        }
    };
    for note in &diagnostic.notes {
        say("note", note);
    }
    if let Some(help) = &diagnostic.help {
        say("help", help);
    }
    for fix in &diagnostic.fixes {
        say("fix", &fix.title);
    }
    if !diagnostic.environments.is_empty() {
        say("in", &printable::listed(&diagnostic.environments, usize::MAX));
    }
    text.push('\n');
    text
}

/// `  at app.oal, line 3, column 5: not a field of `service``
fn sentence(text: &mut String, word: &str, places: &mut Places<'_>, label: &Label) {
    let (at, _) = places.range(label.file, label.span);
    let name = printable::line(places.name(label.file));
    // Writing to a string cannot fail.
    let _ = write!(text, "  {word} {name}, line {}, column {}", at.line, at.column);
    if !label.message.is_empty() {
        let _ = write!(text, ": {}", printable::line(&label.message));
    }
    text.push('\n');
}

/// All findings, one line each: `path:line:column: severity[code]: message [environments]`.
#[must_use]
pub fn short(diagnostics: &[Diagnostic], sources: &dyn Sources) -> String {
    let mut places = Places::new(sources);
    let mut text = String::new();
    for diagnostic in diagnostics {
        let (at, _) = places.range(diagnostic.primary.file, diagnostic.primary.span);
        let name = printable::line(places.name(diagnostic.primary.file));
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{name}:{}:{}: {}[{}]: {}",
            at.line,
            at.column,
            diagnostic.severity.name(),
            diagnostic.code.id,
            printable::line(&diagnostic.message)
        );
        if !diagnostic.environments.is_empty() {
            let _ = write!(text, " [{}]", printable::listed(&diagnostic.environments, usize::MAX));
        }
        text.push('\n');
    }
    text
}

/// How many findings there are of each severity; says so as "2 errors, 1 warning".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct Counts {
    /// Errors.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// Notes.
    pub notes: usize,
}

impl Counts {
    /// Counts.
    #[must_use]
    pub fn of(diagnostics: &[Diagnostic]) -> Self {
        let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.severity == severity).count();
        Self { errors: count(Severity::Error), warnings: count(Severity::Warning), notes: count(Severity::Note) }
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let mut said = false;
        for (count, word) in words.into_iter().filter(|(count, _)| *count > 0) {
            let (comma, plural) = (if said { ", " } else { "" }, if count == 1 { "" } else { "s" });
            write!(f, "{comma}{count} {word}{plural}")?;
            said = true;
        }
        if said { Ok(()) } else { write!(f, "no findings") }
    }
}
