//! The type and level of every expression, in both directions: what its place takes goes down, what it is comes up.
//!
//! An expression is looked at once, whatever the number of environments and components; what its type cannot tell is left as an
//! obligation for `elaborate`. Anything wrong has the type *unknown*, which is silent.

mod calls;
mod comparisons;
mod comprehensions;
pub(crate) mod display;
pub(crate) mod fit;
pub(crate) mod levels;
pub(crate) mod literals;
mod matching;
mod mismatch;
mod missing;
mod names;
mod objects;
mod operators;
mod paths;
mod record;
mod shapes;

use crate::checker::{Checker, Typed};
use crate::diagnostic::codes;
use crate::types::{Level, Ty, TyData};
use levels::Place;
use oal_syntax::ast::{ExprId, ExprKind};

impl Checker<'_> {
    /// Checks a value against what its place takes, and leaves an obligation where its type does not settle it.
    pub(crate) fn check_value(&mut self, expr: ExprId, expected: Ty, slot: Option<u16>) {
        self.fallible = false;
        self.check(expr, expected);
        if self.fallible {
            self.oblige(expr, expected, slot);
            self.fallible = false;
        }
    }

    /// Checks an expression against what its place takes.
    pub(crate) fn check(&mut self, expr: ExprId, expected: Ty) {
        let (want, allowed) = self.program.types.split_level(expected);
        let typed = self.infer(expr, Some(want));
        self.record_expected(expr, expected);
        self.fit(expr, typed, want, allowed);
    }

    /// What an expression is. `want`, where known, is what its place takes, without its level: it gives bare names of variants and
    /// the parts of objects their meaning; whether the result fits is for the caller to see.
    pub(crate) fn infer(&mut self, id: ExprId, want: Option<Ty>) -> Typed {
        let typed = self.infer_form(id, want);
        if !self.program.facts.is_empty() {
            self.record(id, typed, want);
        }
        typed
    }

    fn infer_form(&mut self, id: ExprId, want: Option<Ty>) -> Typed {
        let expr = self.at.tree.expr(id);
        match expr.kind {
            ExprKind::Error => {
                self.mark_words(expr.span);
                Typed::UNKNOWN
            }
            ExprKind::Null => Typed::constant(Ty::NULL),
            ExprKind::Bool(_) => Typed::constant(Ty::BOOL),
            ExprKind::Number => self.number(expr.span, want),
            ExprKind::Text => self.text_literal(expr.span, want),
            ExprKind::Piece => Typed::constant(Ty::STRING),
            ExprKind::Template(parts) => self.template(expr.span, parts),
            ExprKind::Name => self.name(id, expr.span, want),
            ExprKind::Path { head, first, len } => self.path(head, first, len, want),
            ExprKind::Call { args, .. } => self.call(id, expr.call_name(), args, want),
            ExprKind::List(items) => self.list(items, want),
            ExprKind::Object(entries) => self.object(id, entries, want),
            ExprKind::ListFor { element, over } => self.list_for(element, over, want),
            ExprKind::MapFor { pair, over } => self.map_for(pair, over, want),
            ExprKind::Chain(links) => self.chain(links, want),
            ExprKind::Not(inner) => {
                let typed = self.infer(inner, Some(Ty::BOOL));
                self.expect_operand(inner, typed, Ty::BOOL, "not");
                Typed { ty: Ty::BOOL, level: typed.level }
            }
            ExprKind::Negate(inner) => self.negate(inner, want),
            ExprKind::Range { low, high, .. } => {
                let level = [low, high].into_iter().fold(Level::Const, |level, end| {
                    let typed = self.infer(end, Some(Ty::INT));
                    self.expect_operand(end, typed, Ty::INT, "..");
                    level.max(typed.level)
                });
                self.fallible = true;
                Typed { ty: Ty::RANGE, level }
            }
            ExprKind::If(branch) => self.conditional(branch, want),
            ExprKind::Match { subject, first, len } => self.matching(id, subject, first, len, want),
            ExprKind::Paren(inner) => self.infer(inner, want),
        }
    }

    fn conditional(&mut self, branch: u32, want: Option<Ty>) -> Typed {
        let Some(branch) = self.at.tree.branch(branch).copied() else { return Typed::UNKNOWN };
        let condition = self.infer(branch.condition, Some(Ty::BOOL));
        self.expect_condition(branch.condition, condition, false);
        let then = self.infer(branch.then, want);
        let hint = want.or_else(|| self.hint_of(then.ty));
        let otherwise = self.infer(branch.otherwise, hint);
        self.join(&[(branch.then, then), (branch.otherwise, otherwise)], want, &codes::BRANCH_MISMATCH, "branches")
    }

    /// The type that several alternatives have in common.
    pub(crate) fn join(
        &mut self,
        parts: &[(ExprId, Typed)],
        want: Option<Ty>,
        code: &'static crate::diagnostic::Code,
        what: &str,
    ) -> Typed {
        let level = parts.iter().map(|(_, typed)| typed.level).max().unwrap_or_default();
        // Where the place says what it takes, each part is held against that, which gives the better message.
        if let Some(want) = want.filter(|want| *want != Ty::UNKNOWN && !self.has_unknown(*want)) {
            for (expr, typed) in parts {
                self.fit(*expr, Typed { level: Level::Const, ..*typed }, want, Level::Const);
            }
            return Typed { ty: want, level };
        }
        // What takes the place of a type that does not exist is not held against itself.
        if want.is_some() {
            return Typed { ty: Ty::UNKNOWN, level };
        }
        let mut common = Ty::UNKNOWN;
        let mut first: Option<ExprId> = None;
        for (expr, typed) in parts {
            match self.common(common, typed.ty) {
                Some(ty) => common = ty,
                None => {
                    let (a, b) = (self.show(common), self.show(typed.ty));
                    let span = self.at.tree.expr(*expr).span;
                    let mut diagnostic = self
                        .finding(code, span, format!("the {what} have different types: {a} and {b}"))
                        .label(format!("this is {b}"));
                    if let Some(first) = first {
                        let span = self.at.tree.expr(first).span;
                        diagnostic = diagnostic.secondary(self.at.file, span, format!("this is {a}"));
                    }
                    self.push(diagnostic.help("make both the same type"));
                    return Typed { ty: Ty::UNKNOWN, level };
                }
            }
            first = first.or(Some(*expr));
        }
        Typed { ty: common, level }
    }

    /// The least type that both fit, if there is one.
    pub(crate) fn common(&mut self, a: Ty, b: Ty) -> Option<Ty> {
        if a == b || b == Ty::UNKNOWN {
            return Some(a);
        }
        if a == Ty::UNKNOWN {
            return Some(b);
        }
        match (*self.program.types.data(a), *self.program.types.data(b)) {
            (TyData::Null, _) => Some(self.program.types.optional(b)),
            (_, TyData::Null) => Some(self.program.types.optional(a)),
            (TyData::Optional(x), TyData::Optional(y)) => {
                let inner = self.common(x, y)?;
                Some(self.program.types.optional(inner))
            }
            (TyData::Optional(x), _) => {
                let inner = self.common(x, b)?;
                Some(self.program.types.optional(inner))
            }
            (_, TyData::Optional(y)) => {
                let inner = self.common(a, y)?;
                Some(self.program.types.optional(inner))
            }
            (TyData::Refined(x, _), _) => self.common(x, b),
            (_, TyData::Refined(y, _)) => self.common(a, y),
            (TyData::Text(_) | TyData::String, TyData::Text(_) | TyData::String) => Some(Ty::STRING),
            (TyData::Int | TyData::Port, TyData::Int | TyData::Port) => Some(Ty::INT),
            (TyData::List(x), TyData::List(y)) => {
                let inner = self.common(x, y)?;
                Some(self.program.types.intern(TyData::List(inner)))
            }
            (TyData::Map(k, x), TyData::Map(l, y)) => {
                let key = self.common(k, l)?;
                let inner = self.common(x, y)?;
                Some(self.program.types.intern(TyData::Map(key, inner)))
            }
            (TyData::Leveled(l, x), _) => {
                let (y, m) = self.program.types.split_level(b);
                let inner = self.common(x, y)?;
                Some(self.program.types.leveled(l.max(m), inner))
            }
            (_, TyData::Leveled(m, y)) => {
                let inner = self.common(a, y)?;
                Some(self.program.types.leveled(m, inner))
            }
            (TyData::Kind(x), TyData::Kind(y)) => {
                let mut base = x;
                loop {
                    if self.program.extends(y, base) {
                        return Some(self.program.types.intern(TyData::Kind(base)));
                    }
                    base = self.program.kind(base)?.base?;
                }
            }
            (TyData::Record(x), TyData::Record(y)) => {
                let (left, right) = (self.program.types.record(x)?.clone(), self.program.types.record(y)?.clone());
                let same = left.fields.len() == right.fields.len()
                    && left.fields.iter().all(|l| {
                        let other = right.fields.iter().find(|r| l.name == r.name);
                        other.is_some_and(|r| self.common(l.ty, r.ty).is_some())
                    });
                same.then_some(a)
            }
            _ => None,
        }
    }

    /// What the type of one value tells about another one beside it: which variants and fields it has, and not which of all texts
    /// and numbers it is. Beside one that is wrong already nothing is said. `None` where it tells nothing.
    pub(crate) fn hint_of(&mut self, ty: Ty) -> Option<Ty> {
        (ty != Ty::NULL).then(|| self.without_rules(ty))
    }

    /// The type without what only some of its values keep to.
    fn without_rules(&mut self, ty: Ty) -> Ty {
        match *self.program.types.data(ty) {
            TyData::Refined(inner, _) => self.without_rules(inner),
            TyData::Text(_) => Ty::STRING,
            TyData::Port => Ty::INT,
            TyData::List(inner) => {
                let inner = self.without_rules(inner);
                self.program.types.intern(TyData::List(inner))
            }
            TyData::Map(key, value) => {
                let (key, value) = (self.without_rules(key), self.without_rules(value));
                self.program.types.intern(TyData::Map(key, value))
            }
            TyData::Optional(inner) => {
                let inner = self.without_rules(inner);
                self.program.types.optional(inner)
            }
            TyData::Leveled(level, inner) => {
                let inner = self.without_rules(inner);
                self.program.types.leveled(level, inner)
            }
            _ => ty,
        }
    }

    /// Whether *unknown* is anywhere in the type.
    pub(crate) fn has_unknown(&self, ty: Ty) -> bool {
        match *self.program.types.data(ty) {
            TyData::Unknown => true,
            TyData::List(inner) | TyData::Optional(inner) | TyData::Refined(inner, _) | TyData::Leveled(_, inner) => {
                self.has_unknown(inner)
            }
            TyData::Map(key, value) => self.has_unknown(key) || self.has_unknown(value),
            _ => false,
        }
    }

    /// A condition must be a `Bool` that the checker knows.
    pub(crate) fn expect_condition(&mut self, expr: ExprId, typed: Typed, assert: bool) {
        let bare = self.program.types.bare(typed.ty);
        if bare != Ty::UNKNOWN && (bare != Ty::BOOL || self.program.types.split_optional(typed.ty).1) {
            let shown = self.show(typed.ty);
            let span = self.at.tree.expr(expr).span;
            let mut diagnostic = self
                .finding(&codes::CONDITION_NOT_BOOL, span, format!("a condition is `true` or `false`, not {shown}"))
                .label(format!("this is {shown}"));
            diagnostic = match self.program.types.data(bare) {
                TyData::Int | TyData::Float => {
                    diagnostic.help("nothing counts as true by itself: compare it, as in `x > 0`")
                }
                TyData::String | TyData::Text(_) => diagnostic.help("compare it, as in `x != \"\"`"),
                TyData::List(_) | TyData::Map(..) => diagnostic.help("ask for its length, as in `len(x) > 0`"),
                _ => diagnostic.help("compare it with something, as in `x == y` or `x != null`"),
            };
            self.push(diagnostic);
        }
        self.refuse_level(expr, typed.level, Level::Const, if assert { Place::Assert } else { Place::Condition });
    }
}
