//! Numbers and quantities, computed.

use super::exprs::{Code, indices, prec};
use super::model::{Ty, Val, Vals};
use super::{Maker, Place};

/// The amount in the smallest unit, of whole numbers and quantities.
fn amount(val: &Val) -> Option<i64> {
    match val {
        Val::Int(x) | Val::Duration(x) | Val::Size(x) | Val::Cpu(x) => Some(*x),
        _ => None,
    }
}

/// A value of the same dimension.
fn like(val: &Val, amount: i64) -> Option<Val> {
    Some(match val {
        Val::Int(_) => Val::Int(amount),
        Val::Duration(_) if amount >= 0 => Val::Duration(amount),
        Val::Size(_) if amount >= 0 => Val::Size(amount),
        Val::Cpu(_) if amount >= 0 => Val::Cpu(amount),
        _ => return None,
    })
}

impl Maker<'_> {
    /// A number that is computed.
    pub(super) fn number(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        if indices(at.mask).any(|env| vals[env] == Val::Null) {
            return None;
        }
        let ty = match ty.bare() {
            Ty::Port => Ty::Int,
            other => other.clone(),
        };
        if matches!(ty, Ty::Float | Ty::Percent) {
            return self.fraction(vals, &ty, at);
        }
        match self.c.below(12) {
            0 | 1 => self.sum_of_two(vals, &ty, at),
            2 => self.difference(vals, &ty, at),
            3 => self.product(vals, &ty, at),
            4 => self.quotient(vals, &ty, at),
            5 => self.remainder(vals, &ty, at),
            6 => self.least_or_most(vals, &ty, at),
            7 => self.sum_of_list(vals, &ty, at),
            8 if ty == Ty::Int => self.length_of(vals, at),
            9 if ty == Ty::Int => self.ratio(vals, at),
            10 if ty == Ty::Int => self.negated(vals, at),
            11 if ty != Ty::Int => self.share(vals, &ty, at),
            _ => None,
        }
    }

    /// Another amount for each value; `None` where one does not exist.
    fn mapped(&self, vals: &Vals, at: Place, to: impl Fn(i64) -> Option<i64>) -> Option<Vals> {
        self.each(vals, at, |val| like(val, to(amount(val)?)?))
    }

    fn pair(&mut self, left: &Vals, right: &Vals, ty: &Ty, at: Place) -> Option<(Code, Code)> {
        Some((self.expr(left, ty, at.free())?, self.expr(right, ty, at.free())?))
    }

    fn sum_of_two(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let part = self.c.between(0, 60);
        let rest = self.mapped(vals, at, |x| x.checked_sub(part))?;
        let part = self.mapped(vals, at, |_| Some(part))?;
        let (a, b) = self.pair(&rest, &part, ty, at)?;
        let (a, b) = if self.c.once_in(2) { (a, b) } else { (b, a) };
        Some(self.binary(a, "+", b, prec::ADD))
    }

    fn difference(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let part = self.c.between(0, 60);
        let whole = self.mapped(vals, at, |x| x.checked_add(part))?;
        let part = self.mapped(vals, at, |_| Some(part))?;
        let (a, b) = self.pair(&whole, &part, ty, at)?;
        Some(self.binary(a, "-", b, prec::ADD))
    }

    fn product(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let factor = i64::try_from(self.c.below(5)).ok()? + 1;
        let part = self.mapped(vals, at, |x| (x % factor == 0).then(|| x / factor))?;
        let a = self.expr(&part, ty, at.free())?;
        let b = self.expr(&self.same(Val::Int(factor)), &Ty::Int, at.free())?;
        let (a, b) = if self.c.once_in(2) { (a, b) } else { (b, a) };
        Some(self.binary(a, "*", b, prec::MULTIPLY))
    }

    fn quotient(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let divisor = i64::try_from(self.c.below(5)).ok()? + 1;
        let extra = i64::try_from(self.c.below(usize::try_from(divisor).ok()?)).ok()?;
        // Rounded toward zero.
        let whole = self.mapped(vals, at, |x| {
            let whole = x.checked_mul(divisor)?;
            if x > 0 {
                whole.checked_add(extra)
            } else if x < 0 {
                whole.checked_sub(extra)
            } else {
                Some(0)
            }
        })?;
        let a = self.expr(&whole, ty, at.free())?;
        let b = self.expr(&self.same(Val::Int(divisor)), &Ty::Int, at.free())?;
        Some(self.binary(a, "/", b, prec::MULTIPLY))
    }

    fn remainder(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let times = i64::try_from(self.c.below(3)).ok()?;
        // Larger than all of them, and of one sign with the result.
        let largest = indices(at.mask).filter_map(|env| amount(&vals[env])).map(|x| x.checked_abs()).max()??;
        let modulus = largest.checked_add(1)?;
        let left = self.mapped(vals, at, |x| {
            let more = modulus.checked_mul(times)?;
            if x < 0 { x.checked_sub(more) } else { x.checked_add(more) }
        })?;
        let right = self.mapped(vals, at, |_| Some(modulus))?;
        let (a, b) = self.pair(&left, &right, ty, at)?;
        Some(self.binary(a, "%", b, prec::MULTIPLY))
    }

    fn least_or_most(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let least = self.c.once_in(2);
        let more = self.c.between(0, 20);
        let other = self.mapped(vals, at, |x| if least { x.checked_add(more) } else { x.checked_sub(more) })?;
        let (a, b) = self.pair(vals, &other, ty, at)?;
        let (a, b) = if self.c.once_in(2) { (a, b) } else { (b, a) };
        let name = if least { "min" } else { "max" };
        Some(Code::new(
            prec::POSTFIX,
            match self.c.below(3) {
                0 => format!("{name}([{}, {}])", a.text, b.text),
                _ => format!("{name}({}, {})", a.text, b.text),
            },
        ))
    }

    fn sum_of_list(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let part = self.c.between(0, 9);
        let rest = self.mapped(vals, at, |x| x.checked_sub(part))?;
        let part = self.mapped(vals, at, |_| Some(part))?;
        let lists: Vals = rest.iter().zip(&part).map(|(a, b)| Val::List(vec![a.clone(), b.clone()])).collect();
        let list = self.expr(&lists, &Ty::list(ty.clone()), at.free())?;
        Some(Code::new(prec::POSTFIX, format!("sum({})", list.text)))
    }

    fn length_of(&mut self, vals: &Vals, at: Place) -> Option<Code> {
        let Val::Int(count) = *self.one(vals, at.mask)? else { return None };
        let length = usize::try_from(count).ok().filter(|count| (1..8).contains(count))?;
        let code = match self.c.below(3) {
            0 => {
                let text: String = (0..length).map(|_| super::samples::character(&mut self.c)).collect();
                self.expr(&self.same(Val::Text(text)), &Ty::String, at.free())?
            }
            1 => {
                let low = self.c.between(-3, 9);
                return Some(Code::new(prec::POSTFIX, format!("len({low}..{})", low + count)));
            }
            _ => {
                let all = (0..count).map(Val::Int).collect();
                self.expr(&self.same(Val::List(all)), &Ty::list(Ty::Int), at.free())?
            }
        };
        Some(Code::new(prec::POSTFIX, format!("len({})", code.text)))
    }

    /// How often one quantity fits into another.
    fn ratio(&mut self, vals: &Vals, at: Place) -> Option<Code> {
        let (ty, make): (_, fn(i64) -> Val) =
            [(Ty::Duration, Val::Duration as fn(i64) -> Val), (Ty::Size, Val::Size), (Ty::Cpu, Val::Cpu)]
                [self.c.below(3)]
            .clone();
        let unit = [1, 30, 1000, 60_000][self.c.below(4)];
        let over = self.c.between(0, unit - 1);
        let wholes = self.each(vals, at, |val| {
            let times = amount(val).filter(|times| (0..1_000_000).contains(times))?;
            Some(make(times * unit + over))
        })?;
        let (a, b) = self.pair(&wholes, &self.same(make(unit)), &ty, at)?;
        Some(self.binary(a, "/", b, prec::MULTIPLY))
    }

    fn negated(&mut self, vals: &Vals, at: Place) -> Option<Code> {
        let opposite = self.mapped(vals, at, i64::checked_neg)?;
        let code = self.expr(&opposite, &Ty::Int, at.free())?;
        let inner = self.operand(code, prec::POSTFIX);
        Some(Code::new(prec::NEGATE, format!("-{inner}")))
    }

    /// A half of its double.
    fn share(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let (times, percent) = [(2, 50.0), (4, 25.0), (1, 100.0)][self.c.below(3)];
        let wholes = self.mapped(vals, at, |x| x.checked_mul(times).filter(|x| *x < 1 << 50))?;
        let a = self.expr(&wholes, ty, at.free())?;
        let b = self.expr(&self.same(Val::Percent(percent)), &Ty::Percent, at.free())?;
        let (a, b) = if self.c.once_in(2) { (a, b) } else { (b, a) };
        Some(self.binary(a, "*", b, prec::MULTIPLY))
    }

    /// Floats and percentages; quarters, so that everything is exact.
    fn fraction(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let make = |val: &Val, x: f64| match val {
            Val::Float(_) => Some(Val::Float(x)),
            Val::Percent(_) if x >= 0.0 => Some(Val::Percent(x)),
            _ => None,
        };
        let of = |val: &Val| match val {
            Val::Float(x) | Val::Percent(x) => Some(*x),
            _ => None,
        };
        let part = [0.0, 0.25, 1.5, 2.0][self.c.below(4)];
        match self.c.below(3) {
            0 => {
                let rest = self.each(vals, at, |val| make(val, of(val)? - part))?;
                let part = self.each(vals, at, |val| make(val, part))?;
                let (a, b) = self.pair(&rest, &part, ty, at)?;
                Some(self.binary(a, "+", b, prec::ADD))
            }
            1 => {
                let halves = self.each(vals, at, |val| {
                    make(val, of(val)? / 2.0).filter(|_| (of(val).unwrap_or(0.25) * 2.0).fract() == 0.0)
                })?;
                let a = self.expr(&halves, ty, at.free())?;
                let b = self.expr(&self.same(Val::Int(2)), &Ty::Int, at.free())?;
                Some(self.binary(a, "*", b, prec::MULTIPLY))
            }
            _ => {
                let doubles = self.each(vals, at, |val| make(val, of(val)? * 2.0))?;
                let a = self.expr(&doubles, ty, at.free())?;
                Some(self.binary(a, "/", Code::atom("2.0"), prec::MULTIPLY))
            }
        }
    }

    pub(super) fn binary(&mut self, left: Code, operator: &str, right: Code, level: u8) -> Code {
        let (left, right) = (self.operand(left, level), self.operand(right, level + 1));
        Code::new(level, format!("{left} {operator} {right}"))
    }
}
