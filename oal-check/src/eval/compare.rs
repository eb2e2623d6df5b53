//! Which values are equal, and which come first.

use crate::value::Value;
use std::cmp::Ordering;

/// Whether two values are equal; `None` where that is not known to the checker.
pub(crate) fn equal(left: &Value, right: &Value) -> Option<bool> {
    use Value::{Bool, Component, Endpoint, List, Map, Null, Range, Template, Text, Unknown, Variant};
    match (left, right) {
        (Unknown | Template(_), _) | (_, Unknown | Template(_)) => None,
        (Null, Null) => Some(true),
        (Bool(a), Bool(b)) => Some(a == b),
        (Text(a), Text(b)) => Some(a == b),
        // A key of a map is a text, also where its type is an enum.
        (Text(a), Variant(b, fields)) | (Variant(b, fields), Text(a)) => Some(a == b && fields.is_empty()),
        (Range(a, b), Range(c, d)) => Some((a, b) == (c, d) || (a > b && c > d)),
        (Component(a), Component(b)) => Some(a == b),
        (Endpoint(a, port), Endpoint(b, other)) => Some(a == b && port == other),
        (List(a), List(b)) => {
            if a.len() != b.len() {
                return unless_wrong(left, right);
            }
            all(a.iter().zip(b.iter()).map(|(a, b)| equal(a, b)))
        }
        // The order of keys says nothing. A field that one side leaves out is one that was not filled in yet: a default.
        (Map(a), Map(b)) => {
            if a.len() != b.len() {
                return unless_wrong(left, right);
            }
            all(a.iter().map(|(key, value)| right.get(key).map_or(Some(false), |other| equal(value, other))))
        }
        (Variant(a, _), Variant(b, fields)) => {
            if a != b {
                return Some(false);
            }
            if left.entries().len() != fields.len() {
                return Some(false);
            }
            all(left.entries().iter().zip(fields.iter()).map(|((_, a), (_, b))| equal(a, b)))
        }
        (Null, _) | (_, Null) => Some(false),
        // Of two types that do not compare, which is said, nothing more is known.
        _ => order(left, right).map(|order| order == Ordering::Equal),
    }
}

/// Values of different size differ, unless something in them is wrong already: who can say what they should have been.
fn unless_wrong(left: &Value, right: &Value) -> Option<bool> {
    (!left.holds_unknown() && !right.holds_unknown()).then_some(false)
}

fn all(mut results: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = true;
    let decided = results.any(|result| {
        known &= result.is_some();
        result == Some(false)
    });
    if decided { Some(false) } else { known.then_some(true) }
}

/// Which of two numbers, quantities or texts comes first; `None` for anything else.
#[expect(clippy::cast_precision_loss, reason = "an integer beside a float counts as a float")]
pub(crate) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    use Value::{Cpu, Duration, Float, Int, Percent, Size, Text};
    match (left, right) {
        (Int(a), Int(b)) | (Duration(a), Duration(b)) | (Size(a), Size(b)) | (Cpu(a), Cpu(b)) => Some(a.cmp(b)),
        (Float(a), Float(b)) | (Percent(a), Percent(b)) => a.partial_cmp(b),
        (Int(a), Float(b)) => (*a as f64).partial_cmp(b),
        (Float(a), Int(b)) => a.partial_cmp(&(*b as f64)),
        (Cpu(a), Int(b)) => Some(i128::from(*a).cmp(&(i128::from(*b) * 1_000))),
        (Int(a), Cpu(b)) => Some((i128::from(*a) * 1_000).cmp(&i128::from(*b))),
        (Cpu(a), Float(b)) => (*a as f64).partial_cmp(&(b * 1_000.0)),
        (Float(a), Cpu(b)) => (a * 1_000.0).partial_cmp(&(*b as f64)),
        // The sum of an empty list is a plain zero, whatever its elements would have been.
        (Int(0), Duration(b) | Size(b)) => Some(0.cmp(b)),
        (Duration(a) | Size(a), Int(0)) => Some(a.cmp(&0)),
        (Int(0), Percent(b)) => 0.0.partial_cmp(b),
        (Percent(a), Int(0)) => a.partial_cmp(&0.0),
        (Text(a), Text(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Whether `whole` has `part` in it; `None` where that is not known to the checker.
pub(crate) fn contains(whole: &Value, part: &Value) -> Option<bool> {
    if part.is_unknown() {
        return None;
    }
    match whole {
        Value::List(elements) => {
            let mut known = true;
            let found = elements.iter().any(|element| {
                let same = equal(element, part);
                known &= same.is_some();
                same == Some(true)
            });
            if found { Some(true) } else { known.then_some(false) }
        }
        Value::Map(entries) => {
            let key = part.key()?;
            Some(entries.iter().any(|(name, _)| *name == key))
        }
        Value::Range(low, high) => part.as_int().map(|value| (low..=high).contains(&&value)),
        Value::Text(text) => part.as_text().map(|part| text.contains(part)),
        _ => None,
    }
}
