//! What the checker says: one `Diagnostic` type for every stage, built here and shown by the submodules.
//! Nothing here knows a rule; nothing outside this module knows a rendering.

pub mod codes;
mod excerpt;
mod github;
mod json;
mod junit;
mod plain;
mod printable;
mod render;
mod sarif;
mod sources;
mod suggestion;
mod syntax;

use std::cmp::Ordering;

use oal_syntax::{FileId, Span};

pub use codes::Code;
pub use github::github;
pub use json::{SCHEMA, VERSION, json};
pub use junit::junit;
pub use plain::{Counts, plain, short};
pub use render::{Style, render};
pub use sarif::sarif;
pub(crate) use sources::Lines;
pub use sources::{Position, Sources};
pub use syntax::syntax;

/// How much a finding matters. Errors sort first and keep a program from being lowered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The program cannot be deployed like this.
    Error,
    /// The program can be deployed, and probably should not be.
    Warning,
    /// Advice.
    Note,
}

impl Severity {
    /// The word that stands before the code in every text form.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A place in a source file with a few words about it. The words may be missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// The file.
    pub file: FileId,
    /// The bytes meant.
    pub span: Span,
    /// What is to be said of them; makes sense in an editor without the title.
    pub message: String,
}

impl Label {
    /// A label.
    #[must_use]
    pub fn new(file: FileId, span: Span, message: impl Into<String>) -> Self {
        Self { file, span, message: message.into() }
    }
}

/// How far a fix may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// Surely what is meant: tools may apply it without asking.
    MachineApplicable,
    /// Probably what is meant: a person should look.
    MaybeIncorrect,
    /// Has gaps that a person must fill.
    HasPlaceholders,
}

impl Applicability {
    /// The word that the machine forms use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MachineApplicable => "machine-applicable",
            Self::MaybeIncorrect => "maybe-incorrect",
            Self::HasPlaceholders => "has-placeholders",
        }
    }
}

/// A replacement of some bytes by a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edit {
    /// The file to change.
    pub file: FileId,
    /// The bytes to replace; empty to insert.
    pub span: Span,
    /// The text to put there; empty to remove.
    pub text: String,
}

/// A change that answers a finding. Its edits do not overlap and are applied together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fix {
    /// What the change does, in the imperative: "write `512MiB`".
    pub title: String,
    /// The edits.
    pub edits: Vec<Edit>,
    /// How far it may be trusted.
    pub applicability: Applicability,
}

impl Fix {
    /// A fix without edits yet; see [`Fix::edit`].
    #[must_use]
    pub fn new(title: impl Into<String>, applicability: Applicability) -> Self {
        Self { title: title.into(), edits: Vec::new(), applicability }
    }

    /// A fix of one edit that tools may apply without asking.
    #[must_use]
    pub fn sure(title: impl Into<String>, file: FileId, span: Span, text: impl Into<String>) -> Self {
        Self::new(title, Applicability::MachineApplicable).edit(file, span, text)
    }

    /// A fix of one edit that a person should look at.
    #[must_use]
    pub fn maybe(title: impl Into<String>, file: FileId, span: Span, text: impl Into<String>) -> Self {
        Self::new(title, Applicability::MaybeIncorrect).edit(file, span, text)
    }

    /// A fix of one edit with gaps that a person must fill.
    #[must_use]
    pub fn sketch(title: impl Into<String>, file: FileId, span: Span, text: impl Into<String>) -> Self {
        Self::new(title, Applicability::HasPlaceholders).edit(file, span, text)
    }

    /// Adds an edit.
    #[must_use]
    pub fn edit(mut self, file: FileId, span: Span, text: impl Into<String>) -> Self {
        self.edits.push(Edit { file, span, text: text.into() });
        self
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which mistake it is.
    pub code: &'static Code,
    /// The code's severity, unless the caller raised or lowered a lint.
    pub severity: Severity,
    /// A short title that stands alone.
    pub message: String,
    /// Where the user can act; never inside the prelude.
    pub primary: Label,
    /// The other ends of the matter, in the order to read them.
    pub secondary: Vec<Label>,
    /// What to do.
    pub help: Option<String>,
    /// What else is worth knowing: the values involved, what was expected.
    pub notes: Vec<String>,
    /// Changes that answer the finding, best first.
    pub fixes: Vec<Fix>,
    /// Names of the environments concerned; empty where the finding holds for the text itself.
    pub environments: Vec<String>,
}

impl Diagnostic {
    /// A finding at a place, with the code's severity and an unworded primary label.
    #[must_use]
    pub fn new(code: &'static Code, file: FileId, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            message: message.into(),
            primary: Label::new(file, span, String::new()),
            secondary: Vec::new(),
            help: None,
            notes: Vec::new(),
            fixes: Vec::new(),
            environments: Vec::new(),
        }
    }

    /// Words for the primary label.
    #[must_use]
    pub fn label(mut self, message: impl Into<String>) -> Self {
        self.primary.message = message.into();
        self
    }

    /// Adds the other end of the matter.
    #[must_use]
    pub fn secondary(mut self, file: FileId, span: Span, message: impl Into<String>) -> Self {
        self.secondary.push(Label::new(file, span, message));
        self
    }

    /// Says what to do. A second call replaces the first: there is one help line.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a note.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a fix.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fixes.push(fix);
        self
    }

    /// Ties the finding to one more environment.
    #[must_use]
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        if !self.environments.contains(&name) {
            self.environments.push(name);
        }
        self
    }

    /// Ties the finding to these environments.
    #[must_use]
    pub fn environments<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        names.into_iter().fold(self, Self::environment)
    }

    /// Raises or lowers the severity, as `--deny` and `--warn` do for a lint.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Everything but the environments, after the place: what makes two findings the same.
    pub(crate) fn compare_content(&self, other: &Self) -> Ordering {
        (self.primary.span, self.severity, self.code.number, &self.message, &self.primary)
            .cmp(&(other.primary.span, other.severity, other.code.number, &other.message, &other.primary))
            .then_with(|| self.secondary.cmp(&other.secondary))
            .then_with(|| self.help.cmp(&other.help))
            .then_with(|| self.notes.cmp(&other.notes))
            .then_with(|| self.fixes.cmp(&other.fixes))
    }
}

/// Puts findings in the order of the files (as `order` ranks them) and of their places, folds those that differ in
/// nothing but the environment into one, and drops exact repetitions. A finding that holds for the text itself
/// absorbs the same finding of single environments.
///
/// Environments keep the order in which their findings came.
pub fn sort_and_fold(diagnostics: &mut Vec<Diagnostic>, order: impl Fn(FileId) -> usize) {
    diagnostics.sort_by(|a, b| order(a.primary.file).cmp(&order(b.primary.file)).then_with(|| a.compare_content(b)));
    diagnostics.dedup_by(|next, kept| {
        if next.compare_content(kept).is_ne() {
            return false;
        }
        if kept.environments.is_empty() || next.environments.is_empty() {
            kept.environments.clear();
        } else {
            for name in next.environments.drain(..) {
                if !kept.environments.contains(&name) {
                    kept.environments.push(name);
                }
            }
        }
        true
    });
}
