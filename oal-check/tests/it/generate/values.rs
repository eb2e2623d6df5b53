//! Random values of a type, and whether a value is one.

use super::Maker;
use super::model::{Default, Member, Rule, Ty, Val};
use super::samples;
use oal_check::text::TextType;

impl Maker<'_> {
    /// A random value of a type whose values can be written down.
    pub(crate) fn value(&mut self, ty: &Ty) -> Val {
        self.value_within(ty, None, 0)
    }

    /// A value as a type with several refinements asks for it: `rules` are those of the outer types.
    fn value_within(&mut self, ty: &Ty, rule: Option<&Rule>, depth: usize) -> Val {
        let range = |low: f64, high: f64| match rule {
            Some(Rule::Range(a, b)) => (a.map_or(low, |a| a.max(low)), b.map_or(high, |b| b.min(high))),
            _ => (low, high),
        };
        let whole = |maker: &mut Self, low: i64, high: i64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "bounds are whole")]
            let (a, b) = match rule {
                Some(Rule::Range(a, b)) => (
                    a.map_or(low, |a| if a <= low as f64 { low } else { a as i64 }),
                    b.map_or(high, |b| if b >= high as f64 { high } else { b as i64 }),
                ),
                _ => (low, high),
            };
            maker.c.between(a, b)
        };
        match ty {
            Ty::Bool => Val::Bool(self.c.once_in(2)),
            Ty::Int if matches!(rule, Some(Rule::Range(..))) => Val::Int(whole(self, -i64::MAX, i64::MAX)),
            Ty::Int => {
                let (low, high) = if self.c.once_in(6) { (-i64::MAX, i64::MAX) } else { (-20, 1000) };
                Val::Int(whole(self, low, high))
            }
            Ty::Port => Val::Int(whole(self, 1, 65535)),
            Ty::Float => {
                let (low, high) = range(-1000.0, 1000.0);
                Val::Float(self.dyadic(low, high))
            }
            Ty::Percent => {
                let (low, high) = range(0.0, 200.0);
                Val::Percent(self.dyadic(low, high))
            }
            Ty::Duration => {
                let unit = [1, 1_000, 60_000, 3_600_000, 86_400_000][self.c.below(5)];
                Val::Duration(self.quantity(unit, 400 * 86_400_000, rule))
            }
            Ty::Size => {
                let unit = [1, 1_000, 1_000_000, 1 << 10, 1 << 20, 1 << 30][self.c.below(6)];
                Val::Size(self.quantity(unit, 1 << 42, rule))
            }
            Ty::Cpu => {
                let unit = [1, 10, 250, 1000][self.c.below(4)];
                Val::Cpu(self.quantity(unit, 64_000, rule))
            }
            Ty::String => match rule {
                Some(Rule::Matches(pattern)) => Val::Text(samples::matching(pattern, &mut self.c)),
                Some(Rule::Range(low, high)) => {
                    let count = self.length(*low, *high);
                    Val::Text((0..count).map(|_| samples::character(&mut self.c)).collect())
                }
                None => Val::Text(samples::words(&mut self.c)),
            },
            Ty::Text(text) => {
                self.serial += 1;
                Val::Text(samples::checked(*text, self.serial, &mut self.c))
            }
            Ty::Environment => {
                let at = self.c.below(self.envs.len());
                Val::Environment(self.envs[at].clone())
            }
            Ty::Optional(inner) => {
                if depth > 3 || self.c.once_in(4) {
                    Val::Null
                } else {
                    self.value_within(inner, None, depth)
                }
            }
            Ty::Refined(inner, Rule::Range(..)) | Ty::Leveled(_, inner) if rule.is_some() => {
                self.value_within(inner, rule, depth)
            }
            Ty::Refined(inner, own) => self.value_within(inner, Some(own), depth),
            Ty::Leveled(_, inner) => self.value_within(inner, rule, depth),
            Ty::List(inner) => {
                let (low, high) = match rule {
                    Some(Rule::Range(low, high)) => (*low, *high),
                    _ => (None, None),
                };
                let count = if depth > 2 { self.length(low, Some(low.unwrap_or(0.0))) } else { self.length(low, high) };
                Val::List((0..count).map(|_| self.value_within(inner, None, depth + 1)).collect())
            }
            Ty::Map(key, value) => {
                let (low, high) = match rule {
                    Some(Rule::Range(low, high)) => (*low, *high),
                    _ => (None, None),
                };
                let count = if depth > 2 { 0 } else { self.length(low, high) };
                let keys = self.keys(key, count);
                Val::Map(keys.into_iter().map(|key| (key, self.value_within(value, None, depth + 1))).collect())
            }
            Ty::Record(record) => Val::Map(self.member_values(&record.fields, depth)),
            Ty::Union(union) => {
                let at = self.c.below(union.variants.len());
                let (name, fields) = &union.variants[at];
                Val::Variant(name.clone(), self.member_values(fields, depth))
            }
            Ty::PortName | Ty::Endpoint | Ty::Kind(_) => panic!("{ty:?} has no values of its own"),
        }
    }

    /// The fields of a record or variant, those left out that may be.
    fn member_values(&mut self, fields: &[Member], depth: usize) -> Vec<(String, Val)> {
        let mut all = Vec::new();
        for field in fields {
            let value = match &field.default {
                Default::Unknown if depth > 1 || self.c.once_in(2) => continue,
                Default::Known(default) if depth > 2 || self.c.once_in(3) => default.clone(),
                _ => self.value_within(&field.ty, None, depth + 1),
            };
            all.push((field.name.clone(), value));
        }
        all
    }

    /// Different keys of a map.
    pub(crate) fn keys(&mut self, ty: &Ty, count: usize) -> Vec<String> {
        let mut keys: Vec<String> = Vec::new();
        for _ in 0..count {
            let key = match ty.bare() {
                Ty::Union(union) => {
                    let at = self.c.below(union.variants.len());
                    union.variants[at].0.clone()
                }
                Ty::Environment => {
                    let at = self.c.below(self.envs.len());
                    self.envs[at].clone()
                }
                Ty::Text(TextType::EnvName) => {
                    self.serial += 1;
                    samples::variable(self.serial, &mut self.c)
                }
                Ty::String if matches!(ty, Ty::String) => samples::key(&mut self.c),
                _ => match self.value(ty) {
                    Val::Text(text) => text,
                    other => panic!("{other:?} is no key"),
                },
            };
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and whole")]
    fn length(&mut self, low: Option<f64>, high: Option<f64>) -> usize {
        let low = low.unwrap_or(0.0) as usize;
        let most = high.map_or(low + 4, |high| high as usize).min(low + 4);
        low + self.c.below(most - low + 1)
    }

    #[expect(clippy::cast_possible_truncation, reason = "far from the ends")]
    fn quantity(&mut self, unit: i64, most: i64, rule: Option<&Rule>) -> i64 {
        let (low, high) = match rule {
            Some(Rule::Range(low, high)) => {
                let low = low.map_or(0, |low| low as i64);
                (low, high.map_or(most, |high| high as i64).max(low))
            }
            _ => (0, most),
        };
        let number = self.c.between(0, 40.min(most / unit).max(1)) * unit;
        if (low..=high).contains(&number) { number } else { self.c.between(low, high) }
    }

    /// A number that sums and products keep exact.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "small")]
    fn dyadic(&mut self, low: f64, high: f64) -> f64 {
        let number = self.c.between((low * 4.0).ceil() as i64, (high * 4.0).floor() as i64);
        number as f64 / 4.0
    }
}

/// Whether a value is one of a type, given that it has the type without its refinements.
#[expect(clippy::cast_precision_loss, reason = "compared with bounds that are small")]
pub(crate) fn is_of(val: &Val, ty: &Ty) -> bool {
    match (ty, val) {
        (Ty::Optional(_), Val::Null) => true,
        (Ty::Optional(inner) | Ty::Leveled(_, inner), _) => is_of(val, inner),
        (Ty::Refined(inner, rule), _) => {
            let within = |x: f64, low: &Option<f64>, high: &Option<f64>| {
                low.is_none_or(|low| low <= x) && high.is_none_or(|high| x <= high)
            };
            is_of(val, inner)
                && match (rule, val) {
                    (Rule::Range(low, high), Val::Int(x) | Val::Duration(x) | Val::Size(x) | Val::Cpu(x)) => {
                        within(*x as f64, low, high)
                    }
                    (Rule::Range(low, high), Val::Float(x) | Val::Percent(x)) => within(*x, low, high),
                    (Rule::Range(low, high), Val::Text(text)) => within(text.chars().count() as f64, low, high),
                    (Rule::Range(low, high), Val::List(all)) => within(all.len() as f64, low, high),
                    (Rule::Range(low, high), Val::Map(all)) => within(all.len() as f64, low, high),
                    (Rule::Matches(pattern), Val::Text(text)) => {
                        oal_check::text::regex::matches(pattern, text).unwrap_or(false)
                    }
                    _ => false,
                }
        }
        (Ty::Text(text_type), Val::Text(text)) => oal_check::text::check(*text_type, text).is_ok(),
        (Ty::Port, Val::Int(port)) => (1..=65535).contains(port),
        (Ty::List(inner), Val::List(all)) => all.iter().all(|val| is_of(val, inner)),
        (Ty::Map(_, inner), Val::Map(all)) => all.iter().all(|(_, val)| is_of(val, inner)),
        (_, Val::Null) => false,
        _ => true,
    }
}
