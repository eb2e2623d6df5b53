//! Lists and maps, computed.

use super::exprs::{Code, prec};
use super::model::{Ty, Val, Vals};
use super::{Maker, Place};
use std::sync::Arc;

impl Maker<'_> {
    fn variable(&mut self) -> String {
        self.serial += 1;
        format!("{}{}", self.c.of(&["x", "item", "each_"]), self.serial)
    }

    /// A list that is computed.
    pub(super) fn list_form(&mut self, vals: &Vals, inner: &Ty, at: Place) -> Option<Code> {
        let Val::List(all) = self.one(vals, at.mask)?.clone() else { return None };
        if all.is_empty() {
            return None;
        }
        let list = Ty::list(inner.clone());
        match self.c.below(9) {
            // As they are, one by one.
            0 => {
                let x = self.variable();
                let over = self.expr(vals, &list, at.free())?;
                Some(Code::atom(format!("[{x} for {x} in {}]", over.text)))
            }
            // Those that are wanted among others.
            1 => {
                let x = self.variable();
                let y = self.variable();
                let spare = self.value(inner);
                let mut more = all.clone();
                let count = all.len();
                more.push(spare);
                let over = self.expr(&self.same(Val::List(more)), &list, at.free())?;
                Some(Code::atom(format!("[{y} for {x}, {y} in {} if {x} < {count}]", over.text)))
            }
            2 => {
                let cut = self.c.below(all.len() + 1);
                let (a, b) = all.split_at(cut);
                if a.is_empty() || b.is_empty() {
                    return None;
                }
                let lists = Val::List(vec![Val::List(a.to_vec()), Val::List(b.to_vec())]);
                let code = self.expr(&self.same(lists), &Ty::list(list), at.free())?;
                Some(Code::new(prec::POSTFIX, format!("flatten({})", code.text)))
            }
            3 if inner.bare() == &Ty::Int => {
                let Some(Val::Int(first)) = all.first() else { return None };
                let (first, count) = (*first, i64::try_from(all.len()).ok()?);
                let is_run = (0..count).zip(&all).all(|(step, val)| *val == Val::Int(first.saturating_add(step)));
                if !is_run || first > 1 << 40 {
                    return None;
                }
                let x = self.variable();
                Some(match self.c.below(3) {
                    0 => Code::new(prec::POSTFIX, format!("range({first}, {})", first + count)),
                    1 => Code::atom(format!("[{x} for {x} in {first}..{}]", first + count)),
                    _ => Code::atom(format!("[{x} - 1 for {x} in {}..={}]", first + 1, first + count)),
                })
            }
            4 => {
                let distinct = all.iter().enumerate().all(|(at, val)| !all[..at].contains(val));
                if !distinct {
                    return None;
                }
                let mut more = all.clone();
                more.push(all[self.c.below(all.len())].clone());
                let code = self.expr(&self.same(Val::List(more)), &list, at.free())?;
                Some(Code::new(prec::POSTFIX, format!("unique({})", code.text)))
            }
            5 => {
                let map = self.numbered(&all);
                let code = self.expr(&self.same(Val::Map(map)), &Ty::map(inner.clone()), at.free())?;
                Some(Code::new(prec::POSTFIX, format!("values({})", code.text)))
            }
            6 if matches!(inner.bare(), Ty::Int | Ty::Duration | Ty::Size | Ty::Cpu) => {
                let rising = all.windows(2).all(|pair| key_of(&pair[0]) <= key_of(&pair[1]));
                if !rising {
                    return None;
                }
                let mut mixed = all.clone();
                self.c.shuffle(&mut mixed);
                let code = self.expr(&self.same(Val::List(mixed)), &list, at.free())?;
                Some(Code::new(prec::POSTFIX, format!("sort({})", code.text)))
            }
            7 if matches!(inner.bare(), Ty::String) => {
                let map: Vec<(String, Val)> =
                    all.iter().filter_map(super::texts::text_of).map(|text| (text.to_owned(), Val::Int(1))).collect();
                let distinct =
                    map.iter().enumerate().all(|(at, (key, _))| map[..at].iter().all(|(other, _)| other != key));
                if map.len() != all.len() || !distinct {
                    return None;
                }
                let code = self.expr(&self.same(Val::Map(map)), &Ty::map(Ty::Int), at.free())?;
                Some(Code::new(prec::POSTFIX, format!("keys({})", code.text)))
            }
            _ => None,
        }
    }

    fn numbered(&self, all: &[Val]) -> Vec<(String, Val)> {
        all.iter().enumerate().map(|(at, val)| (format!("k{at}"), val.clone())).collect()
    }

    /// A map that is computed.
    pub(super) fn map_form(&mut self, vals: &Vals, key: &Arc<Ty>, inner: &Ty, at: Place) -> Option<Code> {
        let Val::Map(all) = self.one(vals, at.mask)?.clone() else { return None };
        if all.is_empty() || **key != Ty::String {
            return None;
        }
        let map = Ty::map(inner.clone());
        match self.c.below(3) {
            0 => {
                let (k, v) = (self.variable(), self.variable());
                let over = self.expr(vals, &map, at.free())?;
                Some(Code::atom(format!("{{ {k} => {v} for {k}, {v} in {} }}", over.text)))
            }
            1 => {
                let keys = all.iter().map(|(key, _)| Val::text(key)).collect();
                let values = all.iter().map(|(_, val)| val.clone()).collect();
                let a = self.expr(&self.same(Val::List(keys)), &Ty::list(Ty::String), at.free())?;
                let b = self.expr(&self.same(Val::List(values)), &Ty::list(inner.clone()), at.free())?;
                Some(Code::new(prec::POSTFIX, format!("zip({}, {})", a.text, b.text)))
            }
            _ => {
                let (k, v) = (self.variable(), self.variable());
                let mut more = all.clone();
                let spare = self.value(inner);
                if more.iter().any(|(key, _)| key == "spare") {
                    return None;
                }
                more.push(("spare".to_owned(), spare));
                let over = self.expr(&self.same(Val::Map(more)), &map, at.free())?;
                Some(Code::atom(format!("{{ {k} => {v} for {k}, {v} in {} if {k} != \"spare\" }}", over.text)))
            }
        }
    }
}

const fn key_of(val: &Val) -> i64 {
    match val {
        Val::Int(x) | Val::Duration(x) | Val::Size(x) | Val::Cpu(x) => *x,
        _ => 0,
    }
}
