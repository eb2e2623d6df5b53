//! The findings of several programs as one list: each file and each finding once, however many programs share them.

use std::collections::BTreeMap;
use std::sync::Arc;

use oal_check::diagnostic::{Counts, Diagnostic, Severity, Sources, Style, sort_and_fold};
use oal_check::{Project, SourceFile, diagnostic};
use oal_syntax::FileId;

use crate::files::Disk;

/// In which form findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// The source lines with the findings drawn under them
    Human,
    /// Sentences, for screen readers and logs
    Plain,
    /// One line each: `path:line:column: severity[code]: message`
    Short,
    /// One document; `oal schema diagnostics` describes it
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands, which GitHub shows at the lines of a pull request
    Github,
    /// A JUnit report, which most CI systems show
    Junit,
}

impl Format {
    /// Whether people read it, so that a summary may stand below.
    pub(crate) fn is_for_people(self) -> bool {
        matches!(self, Self::Human | Self::Plain)
    }

    /// Whether several results may follow each other.
    pub(crate) fn can_repeat(self) -> bool {
        matches!(self, Self::Human | Self::Plain | Self::Short)
    }
}

/// Findings and the files they point into.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    files: Vec<File>,
    by_name: BTreeMap<String, u32>,
    diagnostics: Vec<Diagnostic>,
}

#[derive(Debug)]
struct File {
    name: String,
    source: Option<Arc<SourceFile>>,
}

impl Findings {
    /// Adds the findings on a program.
    pub(crate) fn add(&mut self, disk: &Disk, project: &Project, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        let numbers: Vec<FileId> =
            project.files().map(|(_, file)| self.file(disk.shown(&file.path), disk.known(&file.path))).collect();
        // Files of the prelude keep their numbers.
        let renumber = |file: &mut FileId| *file = numbers.get(file.0 as usize).copied().unwrap_or(*file);
        for mut found in diagnostics {
            renumber(&mut found.primary.file);
            found.secondary.iter_mut().for_each(|label| renumber(&mut label.file));
            found.fixes.iter_mut().flat_map(|fix| &mut fix.edits).for_each(|edit| renumber(&mut edit.file));
            self.diagnostics.push(found);
        }
    }

    fn file(&mut self, name: String, source: Option<&Arc<SourceFile>>) -> FileId {
        if let Some(known) = self.by_name.get(&name) {
            return FileId(*known);
        }
        let number = u32::try_from(self.files.len()).unwrap_or(u32::MAX);
        self.by_name.insert(name.clone(), number);
        self.files.push(File { name, source: source.cloned() });
        FileId(number)
    }

    /// Puts the findings in order. Lints that only give advice are left out: it has its place in the editor, and who wants it
    /// here raises it to a warning.
    pub(crate) fn settle(&mut self) {
        self.diagnostics.retain(|found| found.code.lint.is_none() || found.severity != Severity::Note);
        sort_and_fold(&mut self.diagnostics, |file| file.0 as usize);
    }

    /// How many files there are.
    pub(crate) fn file_count(&self) -> usize {
        self.files.len()
    }

    /// How many findings of which severity there are.
    pub(crate) fn counts(&self) -> Counts {
        Counts::of(&self.diagnostics)
    }

    /// The findings in a form.
    pub(crate) fn print(&self, format: Format, style: Style) -> String {
        let found = &self.diagnostics;
        match format {
            Format::Human => diagnostic::render(found, self, style),
            Format::Plain => diagnostic::plain(found, self),
            Format::Short => diagnostic::short(found, self),
            Format::Json => diagnostic::json(found, self),
            Format::Sarif => diagnostic::sarif(found, self),
            Format::Github => diagnostic::github(found, self),
            Format::Junit => {
                let files: Vec<FileId> = (0..).take(self.files.len()).map(FileId).collect();
                diagnostic::junit(found, self, &files)
            }
        }
    }
}

impl Sources for Findings {
    fn name(&self, file: FileId) -> &str {
        match oal_check::std::index(file) {
            Some(index) => oal_check::std::text(index).0,
            None => self.files.get(file.0 as usize).map_or("", |file| &file.name),
        }
    }

    fn text(&self, file: FileId) -> &str {
        match oal_check::std::index(file) {
            Some(index) => oal_check::std::text(index).1,
            None => self.files.get(file.0 as usize).and_then(|file| file.source.as_ref()).map_or("", |file| &file.text),
        }
    }
}
