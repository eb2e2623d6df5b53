//! A `let` whose value takes the place of its name, everywhere.

use super::{Action, ActionKind, Ground};
use oal_check::program::{DefId, DefKind, Res};
use oal_check::query::{self, Mention, Symbol};
use oal_syntax::Span;
use oal_syntax::ast::{ExprId, ExprKind, ItemKind};
use oal_syntax::visit::{self, Node};

impl Ground<'_> {
    pub(super) fn inline(&self, found: &mut Vec<Action>) {
        found.extend(self.inline_let());
    }

    fn inline_let(&self) -> Option<Action> {
        let (Symbol::Def(id), _) = query::symbol_at(self.checked, self.file, self.range.start)? else { return None };
        let def = self.program.def(id).filter(|def| def.kind == DefKind::Let && def.item.file == self.file)?;
        let item = *self.tree.item(def.item.item);
        let ItemKind::Let { ty, value } = item.kind else { return None };
        if !item.allows.is_empty() {
            return None;
        }
        let names = self.names_in(value);
        let variants = names.iter().any(|(res, _)| matches!(res, Res::Variant(_)));
        // What a type says of the value would be lost.
        if ty.is_some() && (variants || !matches!(self.tree.expr(value).kind, ExprKind::Text | ExprKind::Bool(_))) {
            return None;
        }
        let mentions: Vec<Mention> = query::mentions(self.checked, &Symbol::Def(id));
        let used: Vec<&Mention> = mentions.iter().filter(|mention| !mention.is_declaration).collect();
        // Other files have it by its name.
        if used.iter().any(|mention| mention.place.file != self.file || mention.is_import) || used.is_empty() {
            return None;
        }
        // What is wrong there is so because of the value, or hides what would be.
        if used.iter().any(|mention| self.is_wrong(mention.place.span.start)) || self.is_wrong(item.span.start) {
            return None;
        }
        let mut edits = Vec::new();
        for mention in used {
            let text = self.in_place(id, mention.place.span, value, &names)?;
            edits.push(self.edit(mention.place.span, text));
        }
        edits.push(self.edit(self.whole(item.span)?, ""));
        edits.sort();
        Some(Action {
            title: format!("Inline `{}`", self.text(item.name)),
            kind: ActionKind::Inline,
            edits,
            findings: Vec::new(),
            preferred: false,
        })
    }

    /// A declaration with the comments above it and the line end, and the blank line, behind it.
    pub(super) fn whole(&self, span: Span) -> Option<Span> {
        let start = self.start_of_item(span.start)?;
        let rest = self.source.get(span.end as usize..)?;
        let line = rest.find('\n').map_or(rest.len(), |at| at + 1);
        if !rest.get(..line)?.trim().is_empty() {
            return Some(Span::new(start, span.end));
        }
        let behind = rest.get(line..)?;
        let blank = if behind.starts_with("\r\n") { 2 } else { usize::from(behind.starts_with('\n')) };
        Some(Span::new(start, span.end + crate::ide::offset(line + blank)))
    }

    /// The value as it is written in the place of the name; `None` where it would mean something else there.
    fn in_place(&self, id: DefId, at: Span, value: ExprId, names: &[(Res, Span)]) -> Option<String> {
        let path = visit::path_at(self.tree, at.start);
        let exprs: Vec<ExprId> = path
            .iter()
            .filter_map(|node| match node {
                Node::Expr(expr) => Some(*expr),
                _ => None,
            })
            .collect();
        let (mention, around) = exprs.split_last()?;
        if self.program.res(self.file, *mention) != Res::Def(id) || self.tree.expr(*mention).span != at {
            return None;
        }
        if self.is_captured(&path, names) {
            return None;
        }
        let node = self.tree.expr(value);
        let text = self.text(node.span);
        let in_text = around.iter().any(|expr| matches!(self.tree.expr(*expr).kind, ExprKind::Template(_)));
        if in_text && text.contains('\n') {
            return None;
        }
        let loose = matches!(
            node.kind,
            ExprKind::Chain(_) | ExprKind::If(_) | ExprKind::Range { .. } | ExprKind::Not(_) | ExprKind::Negate(_)
        );
        let parent = around.last().map(|expr| self.tree.expr(*expr).kind);
        let tight = match parent {
            Some(ExprKind::Path { head, .. }) if head == *mention => !matches!(
                node.kind,
                ExprKind::Name | ExprKind::Path { .. } | ExprKind::Call { .. } | ExprKind::Paren(_)
            ),
            Some(
                ExprKind::Chain(_) | ExprKind::Not(_) | ExprKind::Negate(_) | ExprKind::Range { .. } | ExprKind::If(_),
            ) => loose,
            Some(ExprKind::Match { .. }) => loose || matches!(node.kind, ExprKind::Object(_)),
            _ => false,
        };
        // Behind `in`, and before braces, the value must not run into what follows.
        let braces = path.iter().any(|node| matches!(node, Node::Loop(_)));
        Some(if tight || (loose && braces) { format!("({text})") } else { text.to_owned() })
    }

    /// Whether a name of the value means something else where it comes to stand: a field of a kind, a variable, a variant.
    fn is_captured(&self, path: &[Node], names: &[(Res, Span)]) -> bool {
        let words: Vec<&str> = names.iter().map(|(_, span)| self.text(*span)).collect();
        path.iter().any(|node| match node {
            Node::Item(id) => {
                let item = self.tree.item(*id);
                match item.kind {
                    ItemKind::Kind { .. } => !words.is_empty(),
                    ItemKind::Component { .. } => self.binds(*node, &words),
                    _ => false,
                }
            }
            Node::Expr(_) => self.binds(*node, &words),
            _ => false,
        })
    }

    /// Whether a node binds one of these names somewhere in it.
    fn binds(&self, node: Node, words: &[&str]) -> bool {
        let mut found = false;
        visit::walk(self.tree, node, &mut |inner| {
            match inner {
                Node::Loop(at) => {
                    if let Some(head) = self.tree.loop_head(at) {
                        found |= [head.first, head.second].iter().any(|name| words.contains(&self.text(*name)));
                    }
                }
                Node::Arm(at) => {
                    if let Some(arm) = self.tree.arms.get(at as usize) {
                        let pattern = self.text(arm.pattern.span);
                        found |= words.iter().any(|word| pattern.contains(word));
                    }
                }
                _ => {}
            }
            !found
        });
        found
    }
}
