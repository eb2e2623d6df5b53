//! What is wrong with one document, from all programs that hold it, each thing once: as `oal check` says it, but no more than
//! [`MOST`] of it, the gravest, nor more advice than [`MOST_ADVICE`]. What is left out is counted, and the last thing that is said is how
//! much that is.

use std::collections::BTreeMap;
use std::sync::Arc;

use oal_check::diagnostic::sort_and_fold;
use oal_check::{Diagnostic, Severity};
use oal_syntax::{FileId, Span};

use crate::file::File;
use crate::key::Key;
use crate::program::Program;
use crate::snapshot::Snapshot;

/// Of advice, so much is shown in a document: what follows would be more of the same, sent again on every key.
const MOST_ADVICE: usize = 200;

/// So many findings are shown in a document, the gravest first: nobody reads more, and each key sends all of them.
const MOST: usize = 300;

/// Findings, and the files that they point into.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    files: Vec<Arc<File>>,
    by_key: BTreeMap<Key, FileId>,
    /// In the order of places.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Those beyond the most that are shown: how many, and where the first one is.
    pub(crate) left_out: Option<(usize, Span)>,
}

impl Findings {
    /// The findings on a document.
    pub(crate) fn of(snapshot: &Arc<Snapshot>, key: &Key) -> Self {
        let mut findings = Self::default();
        for (program, id) in snapshot.programs_of(key) {
            findings.add(&program, id);
        }
        sort_and_fold(&mut findings.diagnostics, |file| file.0 as usize);
        let (mut wanted, mut left) = (some_advice(), Vec::new());
        findings.diagnostics.retain(|found| {
            let is_wanted = wanted(found);
            left.extend((!is_wanted).then_some(found.primary.span));
            is_wanted
        });
        left.into_iter().for_each(|span| findings.leave(1, span));
        findings.leave_out();
        findings
    }

    /// Notes that some more are not shown.
    fn leave(&mut self, count: usize, first: Span) {
        let (known, before) = self.left_out.unwrap_or((0, first));
        self.left_out = Some((known + count, if first.start < before.start { first } else { before }));
    }

    fn leave_out(&mut self) {
        let count = self.diagnostics.len().saturating_sub(MOST);
        if count == 0 {
            return;
        }
        let mut order: Vec<usize> = (0..self.diagnostics.len()).collect();
        order.sort_by_key(|at| self.diagnostics.get(*at).map(|found| found.severity));
        let mut shown = vec![false; order.len()];
        for at in order.into_iter().take(MOST) {
            if let Some(shown) = shown.get_mut(at) {
                *shown = true;
            }
        }
        let mut shown = shown.into_iter();
        let mut first = None;
        self.diagnostics.retain(|found| {
            let keep = shown.next() == Some(true);
            if !keep {
                first.get_or_insert(found.primary.span);
            }
            keep
        });
        if let Some(first) = first {
            self.leave(count, first);
        }
    }

    fn add(&mut self, program: &Program, id: FileId) {
        let mut wanted = some_advice();
        let own = program.checked.diagnostics().iter().filter(|found| found.primary.file == id);
        let (mut left, mut first) = (0, None);
        for found in own {
            if !wanted(found) {
                // Several programs say much the same.
                left += 1;
                first.get_or_insert(found.primary.span);
                continue;
            }
            let mut found = found.clone();
            self.renumber(program, &mut found.primary.file);
            found.secondary.iter_mut().for_each(|label| self.renumber(program, &mut label.file));
            let edits = found.fixes.iter_mut().flat_map(|fix| &mut fix.edits);
            edits.for_each(|edit| self.renumber(program, &mut edit.file));
            self.diagnostics.push(found);
        }
        if let Some(first) = first.filter(|_| self.left_out.is_none_or(|(count, _)| count < left)) {
            self.left_out = Some((left, first));
        }
    }

    /// Files of the built-in library keep their numbers.
    fn renumber(&mut self, program: &Program, id: &mut FileId) {
        if oal_check::std::index(*id).is_some() {
            return;
        }
        let file = program.file(*id);
        let next = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        let files = &mut self.files;
        *id = *self.by_key.entry(Arc::clone(&file.key)).or_insert_with(|| {
            files.push(file);
            next
        });
    }

    /// The file of a number.
    pub(crate) fn file(&self, id: FileId) -> Arc<File> {
        match oal_check::std::index(id) {
            Some(index) => File::std(index),
            None => self.files.get(id.0 as usize).map_or_else(|| File::std(0), Arc::clone),
        }
    }
}

/// Whether a finding is wanted, of all in order: everything but too much advice.
fn some_advice() -> impl FnMut(&Diagnostic) -> bool {
    let mut advice = 0;
    move |found| {
        advice += usize::from(found.severity == Severity::Note);
        found.severity != Severity::Note || advice <= MOST_ADVICE
    }
}
