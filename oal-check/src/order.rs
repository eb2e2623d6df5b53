//! The order in which definitions that need each other are looked at, so that a long chain of them does not become a deep recursion.

use crate::checker::Checker;
use crate::program::{DefId, DefKind};
use crate::resolve::Found;
use oal_syntax::ast::{ExprKind, ItemKind, TypeKind};
use oal_syntax::visit::{self, Node};
use oal_syntax::{FileId, Span};

/// Fewer definitions than this cannot make a deep recursion.
const FEW: usize = 64;

/// The longest chain of definitions that is followed by recursion; only circles get there.
pub(crate) const LONGEST: usize = 128;

impl Checker<'_> {
    /// Works out params, lets, types and kinds, each after those that it mentions.
    pub(crate) fn define_in_order(&mut self) {
        let count = self.program.defs.len();
        let chained = self.program.defs.iter().filter(|def| def.kind != DefKind::Component).count();
        if chained <= FEW {
            return;
        }
        let mut seen = vec![false; count];
        // What remains to be done: a definition, and whether those it mentions are done already.
        let mut work: Vec<(DefId, bool)> = Vec::new();
        for index in 0..count {
            work.push((DefId(u32::try_from(index).unwrap_or(0)), false));
            while let Some((def, ready)) = work.pop() {
                if ready {
                    self.define(def);
                    continue;
                }
                let Some(mark) = seen.get_mut(def.0 as usize) else { continue };
                if std::mem::replace(mark, true) {
                    continue;
                }
                work.push((def, true));
                for next in self.mentions(def) {
                    if seen.get(next.0 as usize) == Some(&false) {
                        work.push((next, false));
                    }
                }
            }
        }
    }

    fn define(&mut self, def: DefId) {
        let Some(info) = self.program.def(def).copied() else { return };
        self.at = self.context(info.item.file);
        match info.kind {
            DefKind::Param | DefKind::Let => {
                self.def_value_type(def, info.name);
            }
            DefKind::Type => {
                self.declared_type(def, info.name);
            }
            DefKind::Kind => {
                let kind = self.kind_id(def);
                self.complete(kind);
            }
            DefKind::Component => {}
        }
    }

    /// The definitions that a param, let, type or kind mentions by name.
    fn mentions(&self, def: DefId) -> Vec<DefId> {
        let Some(info) = self.program.def(def) else { return Vec::new() };
        if info.kind == DefKind::Component {
            return Vec::new();
        }
        let file = info.item.file;
        let tree = &self.project.file(file).parse.tree;
        let mut found = Vec::new();
        let mut nodes = vec![Node::Item(info.item.item)];
        while let Some(node) = nodes.pop() {
            let name = match node {
                Node::Expr(id) if matches!(tree.expr(id).kind, ExprKind::Name) => Some(tree.expr(id).span),
                Node::Type(id) if matches!(tree.ty(id).kind, TypeKind::Name) => Some(tree.ty(id).span),
                Node::Item(id) => match tree.item(id).kind {
                    ItemKind::Kind { base, .. } => Some(base),
                    ItemKind::Component { of, .. } => Some(of),
                    _ => None,
                },
                _ => None,
            };
            found.extend(name.and_then(|name| self.mentioned(file, name)));
            visit::children(tree, node, &mut |child| nodes.push(child));
        }
        found
    }

    fn mentioned(&self, file: FileId, name: Span) -> Option<DefId> {
        match self.find_in(file, self.project.slice(file, name)) {
            Found::Def(def) => self.program.def(def).filter(|info| info.kind != DefKind::Component).map(|_| def),
            _ => None,
        }
    }
}
