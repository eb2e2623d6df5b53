//! Truth values, computed.

use super::exprs::{Code, indices, prec};
use super::model::{Ty, Val, Vals};
use super::{Maker, Place};

impl Maker<'_> {
    /// A `Bool` that is computed.
    pub(super) fn logic(&mut self, vals: &Vals, at: Place) -> Option<Code> {
        let truth: Vec<bool> = vals.iter().map(|val| *val == Val::Bool(true)).collect();
        if indices(at.mask).any(|env| !matches!(vals[env], Val::Bool(_))) {
            return None;
        }
        match self.c.below(8) {
            0 => {
                let opposite = truth.iter().map(|truth| Val::Bool(!truth)).collect();
                let code = self.expr(&opposite, &Ty::Bool, at.free())?;
                let inner = self.operand(code, prec::NOT);
                Some(Code::new(prec::NOT, format!("not {inner}")))
            }
            1 | 2 => self.connected(&truth, at),
            3 => self.ordered(&truth, at),
            4 => self.equal(&truth, at),
            5 => self.among(&truth, at),
            6 => self.in_range(&truth, at),
            _ => self.about_text(&truth, at),
        }
    }

    /// `and` and `or`. Where the left side settles it, the right one may be anything, even something that has no value.
    fn connected(&mut self, truth: &[bool], at: Place) -> Option<Code> {
        let and = self.c.once_in(2);
        let one = indices(at.mask).map(|env| truth[env]).reduce(|a, b| if a == b { a } else { !and })?;
        let settled = indices(at.mask).all(|env| truth[env] == one) && one != and;
        if settled && self.c.once_in(2) {
            let code = self.expr(&self.same(Val::Bool(one)), &Ty::Bool, at.free())?;
            let left = self.operand(code, if and { prec::AND } else { prec::OR });
            let right = ["1 / 0 > 1", "[1][5] == 1", "len(range(0, 10, 0)) > 1"][self.c.below(3)];
            let (word, level) = if and { ("and", prec::AND) } else { ("or", prec::OR) };
            return Some(Code::new(level, format!("{left} {word} {right}")));
        }
        let mut left = Vec::new();
        let mut right = Vec::new();
        for truth in truth {
            let other = self.c.once_in(2);
            let (a, b) = if *truth == and {
                (and, and)
            } else if other {
                (!and, and)
            } else {
                (and, !and)
            };
            left.push(Val::Bool(a));
            right.push(Val::Bool(b));
        }
        let a = self.expr(&left, &Ty::Bool, at.free())?;
        let b = self.expr(&right, &Ty::Bool, at.free())?;
        let (word, level) = if and { ("and", prec::AND) } else { ("or", prec::OR) };
        Some(self.binary(a, word, b, level))
    }

    fn ordered(&mut self, truth: &[bool], at: Place) -> Option<Code> {
        let (ty, make): (Ty, fn(i64) -> Val) = [
            (Ty::Int, Val::Int as fn(i64) -> Val),
            (Ty::Duration, Val::Duration),
            (Ty::Size, Val::Size),
            (Ty::Cpu, Val::Cpu),
        ][self.c.below(4)]
        .clone();
        let operator = ["<", "<=", ">", ">="][self.c.below(4)];
        let mut left = Vec::new();
        let mut right = Vec::new();
        for truth in truth {
            let middle = self.c.between(10, 2000);
            let step = self.c.between(0, 9);
            let strict = operator.len() == 1;
            let holds = match (truth, strict) {
                (true, true) | (false, false) => step + 1,
                _ => step,
            };
            // By how much the left side is the smaller one.
            let less = if *truth { holds } else { -holds };
            let less = if operator.starts_with('>') { -less } else { less };
            left.push(make(middle));
            right.push(make(middle + less));
        }
        let a = self.expr(&left, &ty, at.free())?;
        let b = self.expr(&right, &ty, at.free())?;
        Some(self.compared(a, operator, b))
    }

    fn compared(&mut self, a: Code, operator: &str, b: Code) -> Code {
        let (a, b) = (self.operand(a, prec::COMPARE + 1), self.operand(b, prec::COMPARE + 1));
        Code::new(prec::COMPARE, format!("{a} {operator} {b}"))
    }

    fn equal(&mut self, truth: &[bool], at: Place) -> Option<Code> {
        let ty = [Ty::Int, Ty::String, Ty::Bool, Ty::list(Ty::Int), Ty::Duration][self.c.below(5)].clone();
        let negated = self.c.once_in(3);
        let mut left = Vec::new();
        let mut right = Vec::new();
        for truth in truth {
            let a = self.value(&ty);
            let mut b = self.value(&ty);
            if *truth != negated {
                b = a.clone();
                if let Val::Map(all) = &mut b {
                    self.c.shuffle(all);
                }
            } else if differ(&a, &b) {
                // As it is.
            } else {
                b = match &a {
                    Val::Int(x) => Val::Int(x / 2 + 1 + i64::from(*x == 2) + i64::from(*x == 1)),
                    Val::Text(text) => Val::Text(format!("{text}!")),
                    Val::Bool(x) => Val::Bool(!x),
                    Val::Duration(x) => Val::Duration(x + 1),
                    Val::List(_) => Val::List(vec![Val::Int(4), Val::Int(5)]),
                    _ => Val::Map(vec![("other".to_owned(), Val::text(""))]),
                };
                if !differ(&a, &b) {
                    return None;
                }
            }
            left.push(a);
            right.push(b);
        }
        // One side tells the type of the other: a name that is a `Host` makes a host of the text beside it, which it need not be.
        let is_text = ty == Ty::String;
        let place = Place { hole: at.hole || is_text, ..at.free() };
        let mut a = self.expr(&left, &ty, place)?;
        let mut b = self.expr(&right, &ty, place)?;
        if is_text {
            a = Code::atom(format!("\"${{{}}}\"", a.text));
            b = Code::atom(format!("\"${{{}}}\"", b.text));
        }
        Some(self.compared(a, if negated { "!=" } else { "==" }, b))
    }

    fn among(&mut self, truth: &[bool], at: Place) -> Option<Code> {
        let one = indices(at.mask).map(|env| truth[env]).reduce(|a, b| a == b && a)?;
        if indices(at.mask).any(|env| truth[env] != one) {
            return None;
        }
        let wanted = self.c.between(0, 20);
        let mut all: Vec<Val> =
            (0..self.c.below(4)).map(|_| Val::Int(wanted + 1 + i64::try_from(self.c.below(9)).unwrap_or(0))).collect();
        if one {
            all.push(Val::Int(wanted));
        }
        if all.is_empty() {
            return None;
        }
        self.c.shuffle(&mut all);
        let item = self.expr(&self.same(Val::Int(wanted)), &Ty::Int, at.free())?;
        let list = self.expr(&self.same(Val::List(all)), &Ty::list(Ty::Int), at.free())?;
        if self.c.once_in(2) {
            return Some(Code::new(prec::POSTFIX, format!("contains({}, {})", list.text, item.text)));
        }
        let (item, list) = (self.operand(item, prec::IN + 1), self.operand(list, prec::IN + 1));
        Some(Code::new(prec::IN, format!("{item} in {list}")))
    }

    fn in_range(&mut self, truth: &[bool], at: Place) -> Option<Code> {
        let (low, count) = (self.c.between(-5, 20), self.c.between(1, 9));
        let items: Vals =
            truth.iter().map(|truth| Val::Int(if *truth { low + count - 1 } else { low + count })).collect();
        let item = self.expr(&items, &Ty::Int, at.free())?;
        let item = self.operand(item, prec::IN + 1);
        let (a, b) = if self.c.once_in(2) {
            (low.to_string(), format!("..{}", low + count))
        } else {
            (low.to_string(), format!("..={}", low + count - 1))
        };
        Some(Code::new(prec::IN, format!("{item} in {a}{b}")))
    }

    fn about_text(&mut self, truth: &[bool], at: Place) -> Option<Code> {
        let (name, with): (_, fn(&str) -> String) = [
            ("starts_with", (|part| format!("{part}xyz")) as fn(&str) -> String),
            ("ends_with", |part| format!("xyz{part}")),
            ("contains", |part| format!("x{part}y")),
        ][self.c.below(3)];
        let part = ["b/", "ä", "-"][self.c.below(3)];
        let wholes: Vals =
            truth.iter().map(|truth| Val::Text(if *truth { with(part) } else { "xyz".to_owned() })).collect();
        let whole = self.expr(&wholes, &Ty::String, at.free())?;
        let part = self.expr(&self.same(Val::text(part)), &Ty::String, at.free())?;
        Some(Code::new(prec::POSTFIX, format!("{name}({}, {})", whole.text, part.text)))
    }
}

/// Whether two values are surely not equal: the order of a map's entries does not count.
fn differ(a: &Val, b: &Val) -> bool {
    match (a, b) {
        (Val::Map(a), Val::Map(b)) => a.len() != b.len() || a.iter().any(|entry| !b.contains(entry)),
        _ => a != b,
    }
}
