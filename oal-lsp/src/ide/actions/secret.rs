//! A text that everyone can read, turned into a secret.

use super::{Action, ActionKind, Ground};
use oal_check::Edit;
use oal_check::diagnostic::codes;
use oal_check::program::DefId;
use oal_check::query::{self, Symbol};
use oal_check::types::{Level, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{EntryValue, ExprId, ExprKind, ItemKind};
use oal_syntax::visit::{self, Node};

impl Ground<'_> {
    pub(super) fn make_secret(&self, found: &mut Vec<Action>) {
        let Some((name, edits)) = self.secret_value().or_else(|| self.secret_declaration()) else { return };
        // The finding may have come with the same.
        let declared = format!("secret {name} {{");
        let known = |action: &Action| action.edits.iter().any(|edit| edit.text.contains(&declared));
        if found.iter().any(known) {
            return;
        }
        let title = format!("Make it the secret `{name}`");
        found.push(Action { title, kind: ActionKind::Rewrite, edits, findings: Vec::new(), preferred: false });
    }

    /// The value of an entry, which becomes a secret of its name.
    fn secret_value(&self) -> Option<(String, Vec<Edit>)> {
        let mut values = self.path.iter().filter_map(|node| match node {
            Node::Entry(at) => self.tree.entries.get(*at as usize),
            _ => None,
        });
        let entry = values.next_back()?;
        let EntryValue::Set(value) = entry.value else { return None };
        if !self.is_readable(value) || entry.key.is_empty() || !self.takes_secret(value) {
            return None;
        }
        let key = oal_syntax::key::text(self.text(entry.key)).into_owned();
        let name = self.new_name(&key);
        let at = crate::ide::offset(self.source.trim_end().len());
        let end = self.line_end();
        let edits = vec![
            self.edit(self.tree.expr(value).span, name.clone()),
            self.edit(Span::empty(at), format!("{end}{end}secret {name} {{}}")),
        ];
        Some((name, edits))
    }

    /// A `let` or `param` that is used only where a secret may stand.
    fn secret_declaration(&self) -> Option<(String, Vec<Edit>)> {
        let Some(Node::Item(id)) = self.path.first() else { return None };
        let item = self.tree.item(*id);
        let (ItemKind::Let { value, .. } | ItemKind::Param { default: Some(value), .. }) = item.kind else {
            return None;
        };
        let name = self.text(item.name);
        let def = self.program.named(self.file, name)?;
        if !self.is_readable(value) || !item.allows.is_empty() || !self.only_secret(def) {
            return None;
        }
        Some((name.to_owned(), vec![self.edit(item.span, format!("secret {name} {{}}"))]))
    }

    /// Whether each mention of a definition stands where a secret may.
    fn only_secret(&self, def: DefId) -> bool {
        query::mentions(self.checked, &Symbol::Def(def)).iter().filter(|mention| !mention.is_declaration).all(
            |mention| {
                let path = visit::path_at(self.tree, mention.place.span.start);
                let expr = path.iter().rev().find_map(|node| match node {
                    Node::Expr(id) => Some(*id),
                    _ => None,
                });
                mention.place.file == self.file
                    && expr.is_some_and(|id| self.tree.expr(id).span == mention.place.span && self.takes_secret(id))
            },
        )
    }

    /// A text that may be one that nobody should read: one with holes only where something was found in it.
    fn is_readable(&self, value: ExprId) -> bool {
        let expr = self.tree.expr(value);
        let suspected = || {
            self.checked.diagnostics().iter().any(|finding| {
                let at = &finding.primary;
                finding.code == &codes::SECRET_IN_PLAIN_TEXT && at.file == self.file && expr.span.contains(at.span)
            })
        };
        match expr.kind {
            ExprKind::Text => self.path.iter().any(|node| matches!(node, Node::Entry(_))) || suspected(),
            ExprKind::Template(_) => suspected(),
            _ => false,
        }
    }

    /// Whether a place takes a secret text.
    fn takes_secret(&self, value: ExprId) -> bool {
        let Some((ty, level)) = query::expected_at(self.checked, self.at(value)) else { return false };
        let types = &self.program.types;
        let (bare, own) = types.split_level(ty);
        level.max(own) == Level::Secret && matches!(types.data(types.bare(bare)), TyData::String)
    }
}
