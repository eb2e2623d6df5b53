//! Expressions for values: whatever the form, what comes out is what was asked for.

use super::model::{Ty, Val, Vals};
use super::values::is_of;
use super::{Maker, Mask, Place};

/// Precedence of an expression, from the loosest on.
pub(super) mod prec {
    pub(crate) const IF: u8 = 0;
    pub(crate) const COALESCE: u8 = 1;
    pub(crate) const OR: u8 = 2;
    pub(crate) const AND: u8 = 3;
    pub(crate) const NOT: u8 = 4;
    pub(crate) const COMPARE: u8 = 5;
    pub(crate) const IN: u8 = 6;
    pub(crate) const ADD: u8 = 8;
    pub(crate) const MULTIPLY: u8 = 9;
    pub(crate) const NEGATE: u8 = 10;
    pub(crate) const POSTFIX: u8 = 11;
    pub(crate) const ATOM: u8 = 12;
}

/// An expression.
#[derive(Debug, Clone)]
pub(super) struct Code {
    pub(super) text: String,
    pub(super) prec: u8,
}

impl Code {
    pub(super) fn new(prec: u8, text: impl Into<String>) -> Self {
        Self { text: text.into(), prec }
    }

    pub(super) fn atom(text: impl Into<String>) -> Self {
        Self::new(prec::ATOM, text)
    }
}

/// The environments of a set, as indices.
pub(super) fn indices(mask: Mask) -> impl Iterator<Item = usize> {
    (0..64).filter(move |at| mask >> at & 1 == 1)
}

impl Maker<'_> {
    /// An expression with these values. `None` only in a free place, where some values have no form.
    pub(super) fn expr(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        // A map of maps, where nothing tells that it is one, is a record of records that are all different.
        let is_flat = |inner: &Ty| !inner.has_map();
        if at.free && ty.has_map() && !matches!(ty, Ty::Map(_, inner) if is_flat(inner)) {
            return None;
        }
        if self.fuel == 0 || at.depth > 5 || self.c.is_empty() {
            return self.written(vals, ty, at);
        }
        self.fuel -= 1;
        let made = match self.c.below(12) {
            0..=4 => None,
            5 | 6 => self.named(vals, ty, at),
            7 | 8 => self.general(vals, ty, at),
            _ => match ty.bare() {
                Ty::Bool => self.logic(vals, at),
                Ty::Int | Ty::Port | Ty::Float | Ty::Duration | Ty::Size | Ty::Cpu | Ty::Percent => {
                    self.number(vals, ty, at)
                }
                Ty::String | Ty::Text(_) => self.text_form(vals, at),
                Ty::List(inner) => self.list_form(vals, &inner.clone(), at),
                Ty::Map(key, inner) => self.map_form(vals, &key.clone(), &inner.clone(), at),
                _ => None,
            },
        };
        match made {
            // What stands in place of a value of an optional type must not be null by its type.
            Some(code) => Some(code),
            None => self.written(vals, ty, at),
        }
    }

    /// An expression with these values, where their type is told from outside.
    pub(super) fn told(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Code {
        self.expr(vals, ty, Place { free: false, ..at }).expect("a value has a form where its type is told")
    }

    /// The same value everywhere.
    pub(super) fn same(&self, val: Val) -> Vals {
        vec![val; self.envs.len()]
    }

    /// Random values of a type, different in some environments; often ones that a name has.
    pub(super) fn values(&mut self, ty: &Ty, at: Place) -> Vals {
        if self.c.once_in(3) {
            let fitting: Vec<usize> = (0..self.known.len())
                .filter(|index| {
                    let known = &self.known[*index];
                    self.is_visible(known.file, at)
                        && known.mask & at.mask == at.mask
                        && known.ty.may_be(ty)
                        && indices(at.mask).all(|env| is_of(&known.vals[env], ty))
                })
                .collect();
            if !fitting.is_empty() {
                let which = fitting[self.c.below(fitting.len())];
                // Elsewhere it need not be one.
                let first = at.mask.trailing_zeros() as usize;
                let vals = &self.known[which].vals;
                let fill = vals.get(first).cloned();
                return (0..self.envs.len())
                    .map(
                        |env| {
                            if at.mask >> env & 1 == 1 { vals[env].clone() } else { fill.clone().unwrap_or(Val::Null) }
                        },
                    )
                    .collect();
            }
        }
        let first = self.value(ty);
        let mut vals = self.same(first);
        if self.c.once_in(4) {
            for val in &mut vals {
                if self.c.once_in(2) {
                    *val = self.value(ty);
                }
            }
        }
        vals
    }

    /// Whether the values are one, as far as anyone looks.
    pub(super) fn one<'v>(&self, vals: &'v Vals, mask: Mask) -> Option<&'v Val> {
        let mut all = indices(mask).filter_map(|env| vals.get(env));
        let first = all.next()?;
        all.all(|val| val == first).then_some(first)
    }

    /// A name that has these values.
    fn named(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let fitting: Vec<usize> = (0..self.known.len())
            .filter(|index| {
                let known = &self.known[*index];
                self.is_visible(known.file, at)
                    && known.mask & at.mask == at.mask
                    && known.ty.may_be(ty)
                    // Where nothing tells the type it is the name's own.
                    && !(at.free && matches!(known.ty, Ty::Optional(_)) && !matches!(ty, Ty::Optional(_)))
                    && indices(at.mask).all(|env| known.vals[env] == vals[env])
            })
            .collect();
        if fitting.is_empty() {
            return None;
        }
        let which = fitting[self.c.below(fitting.len())];
        let known = self.known[which].clone();
        let prec = if known.rest.is_empty() { prec::ATOM } else { prec::POSTFIX };
        Some(Code::new(prec, format!("{}{}", self.refer(known.file, &known.root, at), known.rest)))
    }

    /// An operand: in parentheses where it binds looser than its place asks, and sometimes where it does not.
    pub(super) fn operand(&mut self, code: Code, least: u8) -> String {
        if code.prec < least || self.c.once_in(16) { format!("({})", code.text) } else { code.text }
    }

    /// The shortest form: literals all the way down.
    pub(super) fn written(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        if let Some(code) = self.parts(vals, ty, at) {
            return Some(code);
        }
        match self.one(vals, at.mask) {
            Some(val) => {
                let val = val.clone();
                self.literal(&val, ty, at)
            }
            None if at.free && ty.has_map() => None,
            None => self.by_environment(vals, ty, at),
        }
    }

    /// A choice by the environment.
    pub(super) fn by_environment(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let choices: Vec<usize> = indices(at.mask).collect();
        if self.c.once_in(3) && at.depth < 5 {
            return self.match_environment(vals, ty, at);
        }
        // Apart from the first one: all that are like it, so that it ends.
        let first = choices[0];
        let alike: Mask = choices.iter().filter(|env| vals[**env] == vals[first]).fold(0, |mask, env| mask | 1 << env);
        let condition = if alike.count_ones() == 1 && self.c.once_in(2) {
            format!("environment == {}", self.envs[first])
        } else {
            let names: Vec<&str> = indices(alike).map(|env| self.envs[env].as_str()).collect();
            format!("environment in [{}]", names.join(", "))
        };
        let rest = at.mask & !alike;
        let then = self.expr(vals, ty, at.deeper().within(alike))?;
        if rest == 0 {
            return Some(then);
        }
        let otherwise = self.expr(vals, ty, at.deeper().within(rest))?;
        Some(Code::new(prec::IF, format!("if {condition} then {} else {}", then.text, otherwise.text)))
    }

    fn match_environment(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let mut arms = Vec::new();
        let mut rest = at.mask;
        let cut = self.c.below(2) == 1;
        for env in 0..self.envs.len() {
            if rest >> env & 1 == 0 {
                continue;
            }
            let last = rest & !(1 << env) == 0;
            let name = if last && cut { "_".to_owned() } else { self.envs[env].clone() };
            let value = self.expr(vals, ty, at.deeper().within(1 << env))?;
            arms.push(format!("{name} => {}", value.text));
            rest &= !(1 << env);
        }
        // All others need an arm, too.
        let all: Mask = indices(at.mask).fold(0, |mask, env| mask | 1 << env);
        let others = (0..self.envs.len()).any(|env| all >> env & 1 == 0);
        if others && !(cut && arms.last().is_some_and(|arm| arm.starts_with('_'))) {
            let first = indices(at.mask).next()?;
            let value = self.expr(vals, ty, at.deeper().within(1 << first))?;
            arms.push(format!("_ => {}", value.text));
        }
        Some(Code::new(prec::ATOM, format!("match environment {{ {} }}", arms.join(", "))))
    }
}
