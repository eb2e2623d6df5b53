//! A text that everyone can read, turned into a secret.

use super::{Action, ActionKind, Ground};
use oal_check::query;
use oal_check::types::{Level, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{EntryValue, ExprKind};
use oal_syntax::visit::Node;

impl Ground<'_> {
    pub(super) fn make_secret(&self, found: &mut Vec<Action>) {
        let mut values = self.path.iter().filter_map(|node| match node {
            Node::Entry(at) => self.tree.entries.get(*at as usize),
            _ => None,
        });
        let Some(entry) = values.next_back() else { return };
        let EntryValue::Set(value) = entry.value else { return };
        let expr = self.tree.expr(value);
        if expr.kind != ExprKind::Text || entry.key.is_empty() {
            return;
        }
        let Some((ty, level)) = query::expected_at(self.checked, self.at(value)) else { return };
        let types = &self.program.types;
        let (bare, own) = types.split_level(ty);
        let takes = level.max(own) == Level::Secret && matches!(types.data(types.bare(bare)), TyData::String);
        if !takes {
            return;
        }
        let key = oal_syntax::key::text(self.text(entry.key)).into_owned();
        let name = self.new_name(&key);
        let at = crate::ide::offset(self.source.trim_end().len());
        let end = self.line_end();
        found.push(Action {
            title: format!("Make it the secret `{name}`"),
            kind: ActionKind::Rewrite,
            edits: vec![
                self.edit(expr.span, name.clone()),
                self.edit(Span::empty(at), format!("{end}{end}secret {name} {{}}")),
            ],
            findings: Vec::new(),
            preferred: false,
        });
    }
}
