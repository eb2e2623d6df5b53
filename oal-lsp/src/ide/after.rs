//! The program as it would be with some edits, and whether that is worse.

use std::collections::BTreeMap;

use oal_check::{Checked, Diagnostic, Edit, InMemory, Label, Project, Severity};
use oal_syntax::FileId;

/// A finding that a program has more often after a change, of those that matter so much at least.
pub(crate) fn worse<'c>(before: &Checked, after: &'c Checked, least: Severity) -> Option<&'c Diagnostic> {
    let (old, new) = (counts(before, least), counts(after, least));
    let more: Vec<&(&str, FileId)> =
        new.iter().filter(|(key, count)| old.get(*key) < Some(*count)).map(|(key, _)| key).collect();
    let mut found = after.diagnostics().iter().filter(|found| more.contains(&&(found.code.id, found.primary.file)));
    // What says a name twice tells more than what follows from it.
    found.clone().find(|found| found.code.slug.starts_with("duplicate")).or_else(|| found.next())
}

/// How many findings of each code a file has, of those that matter so much at least. What files cannot be read is not counted: the edited program has only those that could.
fn counts(checked: &Checked, least: Severity) -> BTreeMap<(&'static str, FileId), usize> {
    let mut counts = BTreeMap::new();
    let unread = |place: &Label| checked.project().problems().iter().any(|problem| problem.primary == *place);
    let counted = |found: &&Diagnostic| found.severity <= least && !unread(&found.primary);
    for found in checked.diagnostics().iter().filter(counted) {
        *counts.entry((found.code.id, found.primary.file)).or_default() += 1;
    }
    counts
}

/// The program with the edits made.
pub(crate) fn edited(checked: &Checked, edits: &[Edit]) -> Project {
    let project = checked.project();
    let files: Vec<(String, String)> = project
        .files()
        .map(|(id, source)| {
            let own = edits.iter().filter(|edit| edit.file == id);
            (source.path.clone(), apply(&source.text, own.cloned().collect()))
        })
        .collect();
    let root = files.first().map(|(path, _)| path.clone()).unwrap_or_default();
    Project::load(&root, &mut files.into_iter().collect::<InMemory>())
}

/// A text with edits made; they do not overlap.
#[must_use]
pub fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_unstable_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.span.start as usize).unwrap_or_default());
        out.push_str(&edit.text);
        at = (edit.span.end as usize).max(at);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}
