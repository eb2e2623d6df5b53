//! Values as they are written down.

use super::exprs::{Code, indices, prec};
use super::model::{Default, Member, Ty, Val, Vals};
use super::{Maker, Place};

impl Maker<'_> {
    /// A single value as a literal; lists, maps and records are [`Maker::parts`].
    pub(super) fn literal(&mut self, val: &Val, ty: &Ty, at: Place) -> Option<Code> {
        match (val, ty) {
            (Val::Null, _) => (!at.free).then(|| Code::atom("null")),
            (_, Ty::Optional(inner) | Ty::Refined(inner, _) | Ty::Leveled(_, inner)) => {
                self.literal(val, &inner.clone(), at)
            }
            (Val::Bool(value), _) => Some(Code::atom(value.to_string())),
            (Val::Int(value), _) => Some(self.integer(*value)),
            (Val::Float(value), _) => {
                let whole = value.fract() == 0.0 && !at.free && self.c.once_in(2);
                let text = if whole { format!("{}", value.abs()) } else { format!("{:?}", value.abs()) };
                Some(if value.is_sign_negative() && *value != 0.0 {
                    Code::new(prec::NEGATE, format!("-{text}"))
                } else {
                    Code::atom(text)
                })
            }
            (Val::Text(text), _) => Some(self.text_literal(text, at)),
            (Val::Duration(value), _) => Some(Code::atom(
                self.in_units(*value, &[("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)]),
            )),
            (Val::Size(value), _) => Some(Code::atom(self.in_units(
                *value,
                &[
                    ("B", 1),
                    ("KB", 1_000),
                    ("MB", 1_000_000),
                    ("GB", 1_000_000_000),
                    ("KiB", 1 << 10),
                    ("MiB", 1 << 20),
                    ("GiB", 1 << 30),
                    ("TiB", 1 << 40),
                ],
            ))),
            (Val::Cpu(value), _) => Some(Code::atom(match self.c.below(3) {
                0 if value % 1000 == 0 && !at.free => format!("{}", value / 1000),
                1 if value % 250 == 0 && !at.free => format!("{:?}", *value as f64 / 1000.0),
                _ => format!("{value}m"),
            })),
            (Val::Percent(value), _) => Some(Code::atom(format!("{value}%"))),
            (Val::Environment(name), _) => (!at.free).then(|| Code::atom(name.clone())),
            (Val::List(_) | Val::Map(_) | Val::Variant(..), _) => None,
        }
    }

    pub(super) fn integer(&mut self, value: i64) -> Code {
        if value == i64::MIN {
            return Code::new(prec::ADD, format!("-{} - 1", i64::MAX));
        }
        let mut digits = value.unsigned_abs().to_string();
        if digits.len() > 3 && self.c.once_in(3) {
            digits.insert(digits.len() - 3, '_');
        }
        if value < 0 { Code::new(prec::NEGATE, format!("-{digits}")) } else { Code::atom(digits) }
    }

    /// In one of the units that hold it exactly.
    fn in_units(&mut self, value: i64, units: &[(&str, i64)]) -> String {
        let fitting: Vec<_> =
            units.iter().filter(|(_, size)| value % size == 0 && (value != 0 || *size == 1)).collect();
        let (unit, size) =
            if self.c.once_in(3) { fitting[self.c.below(fitting.len())] } else { fitting[fitting.len() - 1] };
        // Half of the next larger one.
        let half = units.iter().find(|(_, next)| next % 2 == 0 && value % next == next / 2 && *next > 1000);
        match half {
            Some((unit, size)) if self.c.once_in(6) => format!("{}.5{unit}", value / size),
            _ => format!("{}{unit}", value / size),
        }
    }

    /// A list, map, record or variant of its parts, which have values of their own in each environment; `None` where its shape
    /// differs, or where it is something else.
    pub(super) fn parts(&mut self, vals: &Vals, ty: &Ty, at: Place) -> Option<Code> {
        let first = indices(at.mask).next()?;
        let ty = match ty {
            Ty::Optional(inner) | Ty::Refined(inner, _) | Ty::Leveled(_, inner) => {
                return self.parts(vals, &inner.clone(), at);
            }
            _ => ty,
        };
        match (&vals[first], ty) {
            (Val::List(all), Ty::List(inner)) => {
                let count = all.len();
                if count == 0 && at.free {
                    return None;
                }
                let mut items = Vec::new();
                for index in 0..count {
                    let part = self.each(vals, at, |val| match val {
                        Val::List(all) if all.len() == count => all.get(index).cloned(),
                        _ => None,
                    })?;
                    items.push(self.expr(&part, inner, at.deeper())?.text);
                }
                if count == 0 && indices(at.mask).any(|env| vals[env] != vals[first]) {
                    return None;
                }
                let comma = if count > 0 && self.c.once_in(8) { "," } else { "" };
                Some(Code::atom(format!("[{}{comma}]", items.join(", "))))
            }
            (Val::Map(all), Ty::Map(_, inner)) => {
                let keys: Vec<String> = all.iter().map(|(key, _)| key.clone()).collect();
                if keys.is_empty() && (at.free || indices(at.mask).any(|env| vals[env] != vals[first])) {
                    return None;
                }
                let mut entries = Vec::new();
                for (index, key) in keys.iter().enumerate() {
                    let part = self.each(vals, at, |val| match val {
                        Val::Map(all) if all.len() == keys.len() => {
                            all.get(index).filter(|(other, _)| other == key).map(|(_, val)| val.clone())
                        }
                        _ => None,
                    })?;
                    let value = self.expr(&part, inner, at.deeper())?.text;
                    entries.push(format!("{}: {value}", self.key(key)));
                }
                Some(Code::atom(braces(&entries)))
            }
            (Val::Map(_), Ty::Record(record)) => {
                let record = record.clone();
                // Where nothing tells the type, it is a record of what is written, and that has to be all.
                if at.free && record.fields.iter().any(|field| field.default == Default::Unknown) {
                    return None;
                }
                let entries = self.members(vals, &record.fields, at, |val| match val {
                    Val::Map(all) => Some(all.clone()),
                    _ => None,
                })?;
                let all: Vec<String> = entries.into_iter().map(|(name, value)| format!("{name}: {value}")).collect();
                Some(Code::atom(braces(&all)))
            }
            (Val::Variant(name, _), Ty::Union(union)) if !at.free => {
                let (_, fields) = union.variants.iter().find(|(other, _)| other == name)?;
                if fields.is_empty() {
                    return self.one(vals, at.mask).is_some().then(|| Code::atom(name.clone()));
                }
                let (fields, name) = (fields.clone(), name.clone());
                let entries = self.members(vals, &fields, at, |val| match val {
                    Val::Variant(other, all) if *other == name => Some(all.clone()),
                    _ => None,
                })?;
                Some(self.variant(&name, &fields, entries))
            }
            _ => None,
        }
    }

    /// A call of a variant: its first fields in order, as long as none is left out, the others by name.
    pub(super) fn variant(&mut self, name: &str, fields: &[Member], mut entries: Vec<(String, String)>) -> Code {
        if entries.is_empty() && self.c.once_in(2) {
            return Code::atom(name);
        }
        entries.sort_by_key(|(name, _)| fields.iter().position(|field| field.name == *name));
        let positional = if self.c.once_in(3) {
            entries.iter().zip(fields).take_while(|((name, _), field)| *name == field.name).count()
        } else {
            0
        };
        let mut named = entries.split_off(positional);
        self.c.shuffle(&mut named);
        let mut all: Vec<String> = entries.into_iter().map(|(_, value)| value).collect();
        all.extend(named.into_iter().map(|(name, value)| format!("{name}: {value}")));
        Code::new(prec::POSTFIX, format!("{name}({})", all.join(", ")))
    }

    /// The fields of a record or variant, less those that are their defaults.
    fn members(
        &mut self,
        vals: &Vals,
        fields: &[Member],
        at: Place,
        of: impl Fn(&Val) -> Option<Vec<(String, Val)>>,
    ) -> Option<Vec<(String, String)>> {
        let mut entries = Vec::new();
        for field in fields {
            let given: Vec<Option<Val>> = indices(at.mask)
                .map(|env| Some(of(&vals[env])?.into_iter().find(|(name, _)| *name == field.name).map(|(_, val)| val)))
                .collect::<Option<_>>()?;
            if given.iter().all(Option::is_none) {
                continue;
            }
            let part = self
                .each(vals, at, |val| of(val)?.into_iter().find(|(name, _)| *name == field.name).map(|(_, val)| val))?;
            let is_default = |val: &Val| field.default == Default::Known(val.clone());
            if !at.free && indices(at.mask).all(|env| is_default(&part[env])) && self.c.chance(2, 3) {
                continue;
            }
            entries.push((field.name.clone(), self.expr(&part, &field.ty, at.deeper())?.text));
        }
        self.c.shuffle(&mut entries);
        Some(entries)
    }

    /// A part of each value; where nobody looks, the part of the first.
    pub(super) fn each(&self, vals: &Vals, at: Place, part: impl Fn(&Val) -> Option<Val>) -> Option<Vals> {
        let first = indices(at.mask).next()?;
        let fill = part(&vals[first])?;
        let mut parts = Vec::new();
        for (env, val) in vals.iter().enumerate() {
            parts.push(if at.mask >> env & 1 == 1 { part(val)? } else { fill.clone() });
        }
        Some(parts)
    }

    /// A key of a map, in quotes where it must be and sometimes where it need not.
    pub(super) fn key(&mut self, key: &str) -> String {
        let lower = key.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        let upper = key.starts_with(|c: char| c.is_ascii_uppercase())
            && key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if (lower || upper) && !self.c.once_in(8) { key.to_owned() } else { super::texts::quoted(key) }
    }
}

pub(super) fn braces(entries: &[String]) -> String {
    if entries.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", entries.join(", ")) }
}
