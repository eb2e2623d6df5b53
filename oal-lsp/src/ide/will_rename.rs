//! When files are moved: the paths of `use` that lead to them, and those that they write themselves.

use oal_check::project::relative;
use oal_check::{Checked, Edit};
use oal_syntax::ast::ItemKind;

/// A file or directory and its new place, both as paths from the project's root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Where it is.
    pub from: String,
    /// Where it will be.
    pub to: String,
}

/// Where a file will be.
fn moved(moves: &[Move], path: &str) -> Option<String> {
    moves.iter().find_map(|one| {
        if one.from == path {
            return Some(one.to.clone());
        }
        let rest = path.strip_prefix(one.from.as_str())?.strip_prefix('/')?;
        Some(format!("{}/{rest}", one.to))
    })
}

/// The edits of the paths of `use`, in the files as they are before they are moved.
#[must_use]
pub fn edits(checked: &Checked, moves: &[Move]) -> Vec<Edit> {
    let project = checked.project();
    let mut found = Vec::new();
    for (file, source) in project.files() {
        let own = moved(moves, &source.path);
        for used in project.uses(file) {
            let Some(target) = used.file.filter(|target| oal_check::std::index(*target).is_none()) else { continue };
            let (ItemKind::Use { path, .. } | ItemKind::UseAs { path }) = source.parse.tree.item(used.item).kind else {
                continue;
            };
            let target = project.path(target);
            let other = moved(moves, target);
            if own.is_none() && other.is_none() {
                continue;
            }
            let new = relative(own.as_deref().unwrap_or(&source.path), other.as_deref().unwrap_or(target));
            let text = oal_check::value::Value::text(&new).source();
            if path.text(&source.text) != text {
                found.push(Edit { file, span: path, text });
            }
        }
    }
    found
}
