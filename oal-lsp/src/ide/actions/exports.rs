//! Names that nothing here declares and another file of the project does: a `use` of them.

use super::fixes::touch;
use super::{Action, ActionKind, Ground, tidy};
use crate::ide::completion::{Directory, oal_files};
use oal_check::diagnostic::codes;
use oal_check::project::{relative, target};
use oal_check::{Checked, Edit};
use oal_syntax::ast::{ItemKind, Tree};
use oal_syntax::{FileId, Span};

/// The most files that are offered for a name.
const MOST: usize = 3;

/// For each unknown name in a range: uses of the files that declare it.
#[must_use]
pub fn uses(checked: &Checked, file: FileId, range: Span, directory: &dyn Directory) -> Vec<Action> {
    let ground = Ground::new(checked, file, range);
    let unknown = [&codes::UNKNOWN_NAME, &codes::UNKNOWN_KIND, &codes::UNKNOWN_TYPE];
    let mut found = Vec::new();
    for (index, finding) in checked.diagnostics().iter().enumerate() {
        let here = finding.primary.file == file && touch(finding.primary.span, range);
        if !here || !unknown.contains(&finding.code) {
            continue;
        }
        let name = ground.text(finding.primary.span);
        let own = checked.project().path(file);
        let declares = |path: &String| {
            let source = directory.source(path)?;
            declares(&source.parse.tree, &source.text, name, finding.code == &codes::UNKNOWN_NAME).then(|| path.clone())
        };
        let others: Vec<String> = oal_files(directory).0.into_iter().filter(|path| path != own).collect();
        let files: Vec<String> = others.iter().filter_map(declares).take(MOST).collect();
        for path in &files {
            let mut edits = ground.use_of(path, name).into_iter().collect();
            tidy::tidy(checked, &mut edits);
            found.push(Action {
                title: format!("Use `{name}` from {}", relative(own, path)),
                kind: ActionKind::QuickFix,
                edits,
                findings: vec![index],
                preferred: files.len() == 1,
            });
        }
    }
    found
}

/// Whether a file that is no program of its own declares a name, as a value or as a kind or type.
fn declares(tree: &Tree, text: &str, name: &str, value: bool) -> bool {
    let mut items = tree.top.iter().map(|id| tree.item(*id));
    let is_one = |kind: ItemKind| match kind {
        ItemKind::Let { .. } | ItemKind::Param { .. } | ItemKind::Component { .. } => value,
        ItemKind::Kind { .. } | ItemKind::Type(_) => !value,
        _ => false,
    };
    !items.clone().any(|item| matches!(item.kind, ItemKind::App(_)))
        && items.any(|item| item.name.text(text) == name && is_one(item.kind))
}

impl Ground<'_> {
    /// A name more in the `use` of a file, or a new `use`.
    fn use_of(&self, path: &str, name: &str) -> Option<Edit> {
        let own = self.program.project.path(self.file);
        let uses = self.tree.top.iter().map(|id| self.tree.item(*id));
        let mut last = None;
        for item in uses {
            match item.kind {
                ItemKind::Use { path: quoted, names } => {
                    let written = oal_syntax::literal::text(self.text(quoted));
                    if target(own, &written).as_deref() == Some(path)
                        && let Some(name_before) = self.tree.use_names(names).last()
                    {
                        return Some(self.edit(Span::empty(name_before.local.end), format!(", {name}")));
                    }
                    last = Some(item.span.end);
                }
                ItemKind::UseAs { .. } => last = Some(item.span.end),
                _ => {}
            }
        }
        let quoted = oal_check::value::Value::text(&relative(own, path)).source();
        let (line, end) = (format!("use {quoted} {{ {name} }}"), self.line_end());
        if let Some(at) = last {
            return Some(self.edit(Span::empty(at), format!("{end}{line}")));
        }
        let first = self.tree.item(*self.tree.top.first()?).span.start;
        Some(self.edit(Span::empty(self.start_of_item(first)?), format!("{line}{end}{end}")))
    }
}
