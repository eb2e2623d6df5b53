//! Answers to findings: those that came with them, `allow` for lints, and all sure ones at once.

use super::{Action, ActionKind, Ground};
use oal_check::diagnostic::codes;
use oal_check::{Applicability, Checked, Diagnostic, Edit};
use oal_syntax::FileId;
use oal_syntax::Span;
use oal_syntax::ast::{EntryValue, ItemKind};
use oal_syntax::visit::{self, Node};

impl Ground<'_> {
    pub(super) fn fixes(&self, found: &mut Vec<Action>) {
        let first = found.len();
        for (index, finding) in self.checked.diagnostics().iter().enumerate() {
            let here = finding.primary.file == self.file && touch(finding.primary.span, self.range);
            if !here {
                continue;
            }
            for fix in &finding.fixes {
                found.push(Action {
                    title: capital(&fix.title),
                    kind: ActionKind::QuickFix,
                    edits: fix.edits.clone(),
                    findings: vec![index],
                    preferred: fix.applicability == Applicability::MachineApplicable,
                });
            }
            let removal = self.remove_unused(finding).map(|(title, edit)| (ActionKind::Remove, title, edit));
            let own =
                removal.or_else(|| self.declare_app(finding).map(|(title, edit)| (ActionKind::QuickFix, title, edit)));
            found.extend(own.map(|(kind, title, edit)| Action {
                title,
                kind,
                edits: vec![edit],
                findings: vec![index],
                preferred: false,
            }));
            if let Some(lint) = finding.code.lint
                && let Some(edit) = self.allow(lint, finding.primary.span)
            {
                found.push(Action {
                    title: format!("Allow `{lint}` here"),
                    kind: ActionKind::QuickFix,
                    edits: vec![edit],
                    findings: vec![index],
                    preferred: false,
                });
            }
        }
        if let Some(fixes) = found.get_mut(first..) {
            fixes.sort_by_key(|action| !action.preferred);
        }
    }

    /// A declaration that nothing refers to goes.
    fn remove_unused(&self, finding: &Diagnostic) -> Option<(String, Edit)> {
        let unused = [
            &codes::UNUSED_LET,
            &codes::UNUSED_SECRET,
            &codes::UNUSED_KIND,
            &codes::UNUSED_TYPE,
            &codes::UNUSED_VOLUME,
            &codes::UNUSED_CONFIG,
        ];
        if !unused.contains(&finding.code) {
            return None;
        }
        let item = self.tree.top.iter().map(|id| self.tree.item(*id)).find(|item| item.name == finding.primary.span)?;
        let edit = self.edit(self.whole(item.span)?, "");
        Some((format!("Remove `{}`", self.text(item.name)), edit))
    }

    /// A program has an `app`.
    fn declare_app(&self, finding: &Diagnostic) -> Option<(String, Edit)> {
        if finding.code != &codes::NO_APP {
            return None;
        }
        let path = self.program.project.path(self.file);
        let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".oal");
        let name = self.new_name(if stem == "app" { "my_app" } else { stem });
        let is_use = |kind| matches!(kind, ItemKind::Use { .. } | ItemKind::UseAs { .. });
        let mut items = self.tree.top.iter().map(|id| self.tree.item(*id));
        let first = items.find(|item| !is_use(item.kind)).and_then(|item| self.start_of_item(item.span.start));
        let end = self.line_end();
        let line = format!("app {name} {{ edition: 1 }}");
        let edit = match first {
            Some(at) => self.edit(Span::empty(at), format!("{line}{end}{end}")),
            None => self.edit(Span::empty(crate::ide::offset(self.source.len())), format!("{line}{end}")),
        };
        Some((format!("Declare `app {name}`"), edit))
    }

    /// `allow(lint, "…")` before the field or declaration in which a finding is.
    fn allow(&self, lint: &str, at: Span) -> Option<Edit> {
        // It is gone where it would be allowed, or is said of the whole program.
        if ["unused_allow"].contains(&lint) {
            return None;
        }
        let path = visit::path_at(self.tree, at.start);
        let mut start = None;
        for pair in path.windows(2) {
            let field = match pair {
                [Node::Item(_), Node::Entry(entry)] => self.tree.entries.get(*entry as usize).filter(|entry| {
                    matches!(entry.value, EntryValue::Set(_) | EntryValue::Unset | EntryValue::Item(_))
                }),
                _ => None,
            };
            if let (Some(entry), [_, node]) = (field, pair) {
                let key = if entry.key.is_empty() { visit::span(self.tree, *node) } else { entry.key };
                let unset = entry.value == EntryValue::Unset;
                start = Some(if unset { self.word_before(key.start, "unset") } else { key.start });
            }
        }
        let start = match start {
            Some(start) => start,
            None => match path.first()? {
                Node::Item(id) => self.tree.item(*id).span.start,
                _ => return None,
            },
        };
        let first = self.source.get(..start as usize)?.rfind('\n').map_or(0, |line| line + 1);
        let indent = self.indent(start);
        let alone = self.source.get(first..start as usize)?.trim().is_empty();
        let allow = format!("allow({lint}, \"say why\")");
        let text = if alone { format!("{allow}{}{indent}", self.line_end()) } else { format!("{allow} ") };
        Some(self.edit(Span::empty(start), text))
    }

    fn word_before(&self, at: u32, word: &str) -> u32 {
        let before = self.source.get(..at as usize).unwrap_or_default().trim_end();
        match before.strip_suffix(word) {
            Some(rest) => crate::ide::offset(rest.len()),
            None => at,
        }
    }
}

/// Whether two ranges meet, if only at their ends.
pub(super) fn touch(a: Span, b: Span) -> bool {
    a.start <= b.end && b.start <= a.end
}

/// A title as editors show it.
fn capital(title: &str) -> String {
    let mut letters = title.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// All sure fixes of a file's findings together, less those that meet others; `None` where there are none.
#[must_use]
pub fn fix_all(checked: &Checked, file: FileId) -> Option<Action> {
    let mut edits: Vec<Edit> = Vec::new();
    let mut findings = Vec::new();
    for (index, finding) in checked.diagnostics().iter().enumerate() {
        let sure = finding.fixes.iter().find(|fix| fix.applicability == Applicability::MachineApplicable);
        let Some(fix) = sure.filter(|_| finding.primary.file == file) else { continue };
        let free = fix
            .edits
            .iter()
            .all(|edit| edit.file == file && edits.iter().all(|other| other == edit || !touch(other.span, edit.span)));
        if free {
            edits.extend(fix.edits.iter().filter(|edit| !edits.contains(edit)).cloned().collect::<Vec<_>>());
            findings.push(index);
        }
    }
    edits.sort();
    super::tidy::tidy(checked, &mut edits);
    (!edits.is_empty()).then(|| Action {
        title: "Fix all that has a sure fix".to_owned(),
        kind: ActionKind::FixAll,
        edits,
        findings,
        preferred: false,
    })
}
