//! Forms that any value can have: choices, elements, parts, fallbacks.

use super::exprs::{Code, indices, prec};
use super::model::{Ty, Val, Vals};
use super::{Maker, Place};

impl Maker<'_> {
    /// A form that any value can have.
    pub(super) fn general(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        if at.free && ty.has_map() {
            return None;
        }
        match self.c.below(8) {
            0 => {
                let code = self.expr(vals, ty, at.deeper())?;
                Some(Code::atom(format!("({})", code.text)))
            }
            1 | 2 => self.choice(vals, ty, at),
            3 => self.matched(vals, ty, at),
            4 => self.element(vals, ty, at),
            5 => self.part(vals, ty, at),
            6 => self.fallback(vals, ty, at),
            _ if self.one(vals, at.mask).is_none() => self.by_environment(vals, ty, at),
            _ => None,
        }
    }

    /// Something of the type that is never worked out.
    fn other(&mut self, ty: &Ty, at: Place) -> Option<Code> {
        if ty == &Ty::Int && self.c.once_in(3) {
            return Some(Code::new(prec::MULTIPLY, self.c.of(&["1 / 0", "1 % 0", "[1, 2][2]", "-3 * [0][-1]"])));
        }
        let val = self.value(ty);
        self.expr(&self.same(val), ty, at)
    }

    fn choice(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let truth = self.c.once_in(2);
        let condition = self.expr(&self.same(Val::Bool(truth)), &Ty::Bool, at.free())?;
        let (a, b) = if truth {
            (self.expr(vals, ty, at.deeper())?, self.other(ty, at.deeper())?)
        } else {
            (self.other(ty, at.deeper())?, self.expr(vals, ty, at.deeper())?)
        };
        Some(Code::new(prec::IF, format!("if {} then {} else {}", condition.text, a.text, b.text)))
    }

    fn matched(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let chosen = self.expr(vals, ty, at.deeper())?;
        let other = self.other(ty, at.deeper())?;
        let (subject, arms) = match self.c.below(4) {
            0 => {
                let number = self.c.between(0, 9);
                let subject = self.expr(&self.same(Val::Int(number)), &Ty::Int, at.free())?;
                (subject, vec![(number.to_string(), chosen), ("_".to_owned(), other)])
            }
            1 => {
                let number = self.c.between(0, 9);
                let subject = self.expr(&self.same(Val::Int(number)), &Ty::Int, at.free())?;
                (subject, vec![((number + 1).to_string(), other), ("_".to_owned(), chosen)])
            }
            2 => {
                let truth = self.c.once_in(2);
                let subject = self.expr(&self.same(Val::Bool(truth)), &Ty::Bool, at.free())?;
                (subject, vec![(truth.to_string(), chosen), ((!truth).to_string(), other)])
            }
            _ => {
                let subject = self.expr(&self.same(Val::text("eu")), &Ty::String, at.free())?;
                (subject, vec![("\"eu\"".to_owned(), chosen), ("_".to_owned(), other)])
            }
        };
        let mut arms: Vec<String> =
            arms.into_iter().map(|(pattern, value)| format!("{pattern} => {}", value.text)).collect();
        if !arms.iter().any(|arm| arm.starts_with('_')) {
            self.c.shuffle(&mut arms);
        }
        let subject = self.operand(subject, prec::COALESCE);
        Some(Code::new(prec::IF, format!("match {subject} {{ {} }}", arms.join(", "))))
    }

    /// An element of a list or map.
    fn element(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        if matches!(ty, Ty::Optional(_)) {
            return None;
        }
        let spare = self.value(ty);
        if self.c.once_in(2) {
            let index = self.c.below(2);
            let lists: Vals = vals
                .iter()
                .map(|val| {
                    Val::List(if index == 0 {
                        vec![val.clone(), spare.clone()]
                    } else {
                        vec![spare.clone(), val.clone()]
                    })
                })
                .collect();
            let list = self.expr(&lists, &Ty::list(ty.clone()), at.free())?;
            let index = self.expr(&self.same(Val::Int(i64::try_from(index).ok()?)), &Ty::Int, at.free())?;
            let list = self.operand(list, prec::POSTFIX);
            return Some(Code::new(prec::POSTFIX, format!("{list}[{}]", index.text)));
        }
        let maps: Vals = vals
            .iter()
            .map(|val| Val::Map(vec![("a".to_owned(), spare.clone()), ("b".to_owned(), val.clone())]))
            .collect();
        let map = self.expr(&maps, &Ty::map(ty.clone()), at.free())?;
        let map = self.operand(map, prec::POSTFIX);
        let key = self.expr(&self.same(Val::text("b")), &Ty::String, at.free())?;
        Some(Code::new(
            prec::POSTFIX,
            if self.c.once_in(2) { format!("{map}.b") } else { format!("{map}[{}]", key.text) },
        ))
    }

    /// A part of a record that is written on the spot.
    fn part(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        if matches!(ty, Ty::Optional(_)) {
            return None;
        }
        let value = self.expr(vals, ty, at.free())?;
        let number = self.c.between(0, 9);
        Some(Code::new(prec::POSTFIX, format!("{{ wanted: {}, spare: {number} }}.wanted", value.text)))
    }

    /// What stands for a null.
    fn fallback(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let is_null = indices(at.mask).any(|env| vals[env] == Val::Null);
        if is_null || matches!(ty, Ty::Optional(_)) {
            return None;
        }
        let optional = ty.clone().optional();
        let nulls = self.same(Val::Null);
        // A name of the optional type, with the value or without one; else a choice that may be null.
        let place = at.free();
        let (left, right) = if self.c.once_in(2) {
            let value = self.expr(vals, ty, place)?;
            let condition = self.expr(&self.same(Val::Bool(true)), &Ty::Bool, place)?;
            let left = Code::new(prec::IF, format!("if {} then {} else null", condition.text, value.text));
            (left, self.other(ty, at.deeper())?)
        } else {
            let left = match self.named_null(&nulls, &optional, place) {
                Some(code) => code,
                None => {
                    let value = self.other(ty, place)?;
                    Code::new(prec::IF, format!("if false then {} else null", value.text))
                }
            };
            (left, self.expr(vals, ty, at.deeper())?)
        };
        let (left, right) = (self.operand(left, prec::COALESCE), self.operand(right, prec::COALESCE + 1));
        Some(Code::new(prec::COALESCE, format!("{left} ?? {right}")))
    }

    fn named_null(&mut self, nulls: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let fitting: Vec<usize> = (0..self.known.len())
            .filter(|index| {
                let known = &self.known[*index];
                matches!(known.ty, Ty::Optional(_))
                    && known.ty == *ty
                    && self.is_visible(known.file, at)
                    && known.mask & at.mask == at.mask
                    && indices(at.mask).all(|env| known.vals[env] == nulls[env])
            })
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let known = self.known[fitting[self.c.below(fitting.len())]].clone();
        let prec = if known.rest.is_empty() { prec::ATOM } else { prec::POSTFIX };
        Some(Code::new(prec, format!("{}{}", self.refer(known.file, &known.root, at), known.rest)))
    }
}
