//! What inference knows and editors ask for: types of expressions and of the steps of paths. Nothing is kept unless it was asked for.

use crate::checker::{Checker, Typed};
use crate::program::{DefKind, Facts, PackedType};
use crate::types::{Level, Ty};
use oal_syntax::ast::ExprId;

impl Checker<'_> {
    /// Keeps from here on what is known of expressions.
    pub(crate) fn record_types(&mut self) {
        self.program.facts.resize_with(self.program.resolutions.len(), Facts::default);
    }

    fn facts(&mut self) -> Option<&mut Facts> {
        let index = self.program.resolution_index(self.at.file);
        let (exprs, steps) = (self.at.tree.exprs.len(), self.at.tree.steps.len());
        let facts = self.program.facts.get_mut(index)?;
        if facts.types.is_empty() {
            facts.types = vec![PackedType::default(); exprs];
            facts.expected = vec![PackedType::default(); exprs];
            facts.steps = vec![PackedType::default(); steps];
        }
        Some(facts)
    }

    /// Keeps what an expression is, and what its place takes.
    pub(crate) fn record(&mut self, expr: ExprId, typed: Typed, want: Option<Ty>) {
        let Some(facts) = self.facts() else { return };
        if let Some(place) = facts.types.get_mut(expr.0 as usize) {
            *place = PackedType::new(typed.ty, typed.level);
        }
        if let Some((want, place)) = want.zip(facts.expected.get_mut(expr.0 as usize)) {
            *place = PackedType::new(want, Level::Const);
        }
    }

    /// Keeps what the place of an expression takes, with the level it allows.
    pub(crate) fn record_expected(&mut self, expr: ExprId, expected: Ty) {
        if self.program.facts.is_empty() {
            return;
        }
        let (ty, level) = self.program.types.split_level(expected);
        if let Some(place) = self.facts().and_then(|facts| facts.expected.get_mut(expr.0 as usize)) {
            *place = PackedType::new(ty, level);
        }
    }

    /// Keeps what a step of a path leads to.
    pub(crate) fn record_step(&mut self, step: usize, typed: Typed) {
        if self.program.facts.is_empty() {
            return;
        }
        if let Some(place) = self.facts().and_then(|facts| facts.steps.get_mut(step)) {
            *place = PackedType::new(typed.ty, typed.level);
        }
    }

    /// Looks into all that the prelude declares, used or not.
    pub(crate) fn check_prelude(&mut self) {
        let names = crate::std::names().chain(["component", "workload"]);
        for name in names {
            let Some(def) = self.find_std(name) else { continue };
            let Some(info) = self.program.def(def).copied() else { continue };
            self.at = self.context(info.item.file);
            if info.kind == DefKind::Kind {
                let kind = self.kind_id(def);
                self.complete(kind);
                self.check_kinds();
            } else {
                self.declared_type(def, info.name);
            }
        }
    }
}
