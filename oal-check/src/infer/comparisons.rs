//! Comparisons and `in`: which types can be held against each other.

use crate::checker::{Checker, Typed};
use crate::diagnostic::{Fix, codes};
use crate::infer::fit::Fits;
use crate::types::{Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{ExprId, ExprKind, Link, Op};

impl Checker<'_> {
    pub(super) fn compare(&mut self, links: &[Link]) -> Typed {
        let [left, right, ..] = links else { return Typed::UNKNOWN };
        // A bare name or a literal takes its meaning from the other side.
        let needs_hint = |this: &Self, expr: ExprId| match this.at.tree.expr(expr).kind {
            ExprKind::Name => {
                let name = this.text(this.at.tree.expr(expr).span);
                name != "environment" && !this.is_value(name)
            }
            ExprKind::Number | ExprKind::Null | ExprKind::Call { .. } | ExprKind::Object(_) | ExprKind::List(_) => true,
            _ => false,
        };
        let ordered = !matches!(right.op, Op::Equal | Op::NotEqual);
        let (a, b) = if needs_hint(self, left.operand) && !needs_hint(self, right.operand) {
            let b = self.infer(right.operand, None);
            let hint = self.other_side(b.ty, ordered);
            (self.infer(left.operand, hint), b)
        } else {
            let a = self.infer(left.operand, None);
            let hint = self.other_side(a.ty, ordered);
            (a, self.infer(right.operand, hint))
        };
        // Whether something is null is no news about it.
        let null_test = a.ty == Ty::NULL || b.ty == Ty::NULL;
        let level = a.level.max(b.level);
        let (x, y) = (self.program.types.bare(a.ty), self.program.types.bare(b.ty));
        let span = self.at.tree.expr(left.operand).span.cover(self.at.tree.expr(right.operand).span);
        if null_test && !ordered {
            return Typed { ty: Ty::BOOL, level };
        }
        if !self.comparable(x, y) {
            let (left_shown, right_shown) = (self.show_plain(a.ty), self.show_plain(b.ty));
            let quoted = self.quoted_variant(x, right.operand).or_else(|| self.quoted_variant(y, left.operand));
            let mut diagnostic = self
                .finding(&codes::INCOMPARABLE, span, format!("{left_shown} and {right_shown} cannot be compared"))
                .label(format!("compared by `{}`", right.op.text()))
                .help("both sides of a comparison have the same type");
            if let Some((place, word)) = quoted {
                diagnostic = diagnostic.help(format!("a variant is written without quotes: `{word}`")).fix(Fix::sure(
                    format!("write `{word}`"),
                    self.at.file,
                    place,
                    word,
                ));
            }
            self.push(diagnostic);
            // Whether they are equal is no question; who asks it is not told that they are not.
            return Typed::UNKNOWN;
        } else if ordered && !self.has_order(x) && x != Ty::UNKNOWN && y != Ty::UNKNOWN {
            let shown = self.show(a.ty);
            self.push(
                self.finding(&codes::NOT_ORDERED, span, format!("values of {shown} have no order"))
                    .label(format!("compared by `{}`", right.op.text()))
                    .help("compare by `==` or `!=`"),
            );
        } else if ordered {
            for (link, typed) in [(left, a), (right, b)] {
                if self.program.types.split_optional(typed.ty).1 {
                    let span = self.at.tree.expr(link.operand).span;
                    self.push(
                        self.finding(&codes::NULL_NOT_HANDLED, span, "this may be null, and null has no order")
                            .label("may be null")
                            .help("say what to compare instead: `(… ?? 0)`"),
                    );
                }
            }
        }
        Typed { ty: Ty::BOOL, level }
    }

    /// A text literal that is the name of a variant of the other side's type.
    fn quoted_variant(&self, ty: Ty, expr: ExprId) -> Option<(Span, String)> {
        let node = self.at.tree.expr(expr);
        if !matches!(node.kind, ExprKind::Text) {
            return None;
        }
        let word = self.text(node.span).trim_matches('"').to_owned();
        self.variants_of(ty).contains(&word).then_some((node.span, word))
    }

    /// What one side of a comparison tells about the other, which may be null even so, unless they are put in order.
    fn other_side(&mut self, ty: Ty, ordered: bool) -> Option<Ty> {
        let hint = self.hint_of(ty)?;
        let (hint, _) = self.program.types.split_optional(hint);
        Some(if ordered { hint } else { self.program.types.optional(hint) })
    }

    /// Whether a bare name is a variable, a field, a param, a let or a component here.
    pub(super) fn is_value(&self, name: &str) -> bool {
        self.locals.iter().any(|local| local.name == name)
            || self.at.kind.and_then(|k| self.program.kind(k)).is_some_and(|info| info.field_index.contains_key(name))
            || self.find_in(self.at.file, name) != crate::resolve::Found::None
    }

    fn comparable(&mut self, x: Ty, y: Ty) -> bool {
        if x == Ty::UNKNOWN || y == Ty::UNKNOWN || self.fits(x, y) != Fits::Never || self.fits(y, x) != Fits::Never {
            return true;
        }
        matches!(
            (self.program.types.data(x), self.program.types.data(y)),
            (TyData::Text(_), TyData::Text(_))
                | (TyData::Int, TyData::Float | TyData::Cpu)
                | (TyData::Float | TyData::Cpu, TyData::Int)
        )
    }

    fn has_order(&self, ty: Ty) -> bool {
        let data = self.program.types.data(ty);
        data.is_number() || matches!(data, TyData::String | TyData::Text(_) | TyData::Unknown)
    }

    pub(super) fn contains(&mut self, links: &[Link]) -> Typed {
        let [left, right, ..] = links else { return Typed::UNKNOWN };
        let container = if let ExprKind::List(_) = self.at.tree.expr(right.operand).kind {
            let probe = self.infer(left.operand, None);
            let list = match self.hint_of(probe.ty) {
                Some(hint) => Some(self.program.types.intern(TyData::List(hint))),
                None => None,
            };
            self.infer(right.operand, list)
        } else {
            self.infer(right.operand, None)
        };
        let bare = self.program.types.bare(container.ty);
        let element = match *self.program.types.data(bare) {
            TyData::List(element) => element,
            TyData::Map(key, _) => key,
            TyData::Range => Ty::INT,
            TyData::String | TyData::Text(_) | TyData::Record(_) => Ty::STRING,
            TyData::Unknown => Ty::UNKNOWN,
            _ => {
                let shown = self.show(container.ty);
                let span = self.at.tree.expr(right.operand).span;
                self.push(
                    self.finding(&codes::NOT_ITERABLE, span, format!("nothing can be in {shown}"))
                        .label(format!("this is {shown}"))
                        .help("look into a list, a map, a range or a text"),
                );
                Ty::UNKNOWN
            }
        };
        let element = self.program.types.split_level(element).0;
        let hint = self.hint_of(element);
        let typed = self.infer(left.operand, hint);
        let (x, y) = (self.program.types.bare(typed.ty), self.program.types.bare(element));
        if !self.comparable(x, y) {
            let (shown, wanted) = (self.show(typed.ty), self.show(element));
            let span = self.at.tree.expr(left.operand).span;
            self.push(
                self.finding(&codes::INCOMPARABLE, span, format!("{shown} is never among elements of {wanted}"))
                    .label(format!("this is {shown}"))
                    .help("look for a value of the elements' type"),
            );
        }
        Typed { ty: Ty::BOOL, level: typed.level.max(container.level) }
    }
}
