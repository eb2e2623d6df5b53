//! How the built-in functions work.

use super::{ALL, Builtin};
use crate::eval::compare::{self, contains};
use crate::eval::error::{Fault, Size};
use crate::eval::number;
use crate::eval::text::Builder;
use crate::eval::{MAX_ELEMENTS, MAX_TEXT, ROUND};
use crate::value::Value;
use rustc_hash::FxHashSet;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::Arc;

/// What a function gave, and the steps it took.
pub(crate) struct Done {
    pub(crate) value: Value,
    pub(crate) cost: u64,
}

/// Calls a function. `args` has an element for each parameter, `None` where it was left out, and more where the last takes many.
pub(crate) fn compute(index: u32, builtin: &'static Builtin, args: &[Option<Value>]) -> Result<Done, Fault> {
    debug_assert!(ALL.get(index as usize).is_some_and(|row| row.name == builtin.name), "rows and numbers agree");
    if args.iter().flatten().any(Value::is_unknown) || args.iter().take(builtin.required).any(Option::is_none) {
        return Ok(Done { value: Value::Unknown, cost: 0 });
    }
    let arg = |at: usize| args.get(at).and_then(Option::as_ref).unwrap_or(&Value::Unknown);
    let text = |at: usize| arg(at).as_text();
    let value = match builtin.name {
        "len" => len(arg(0)),
        "keys" => match arg(0) {
            Value::Map(entries) => Value::List(entries.iter().map(|(key, _)| Value::Text(key.clone())).collect()),
            _ => Value::Unknown,
        },
        "values" => match arg(0) {
            Value::Map(entries) => Value::List(entries.iter().map(|(_, value)| value.clone()).collect()),
            _ => Value::Unknown,
        },
        "join" => join(arg(0), args.get(1).and_then(Option::as_ref).unwrap_or(&Value::Text(Arc::from(""))))?,
        "split" => match (text(0), text(1)) {
            (Some(_), Some("")) => {
                return Err(bad(builtin, 1, "an empty separator is between all characters and none"));
            }
            (Some(text), Some(by)) => Value::List(text.split(by).take(MAX_ELEMENTS + 1).map(Value::text).collect()),
            _ => Value::Unknown,
        },
        "lower" => text(0).map_or(Value::Unknown, |text| Value::text(&text.to_lowercase())),
        "upper" => text(0).map_or(Value::Unknown, |text| Value::text(&text.to_uppercase())),
        "replace" => match (text(0), text(1), text(2)) {
            (Some(_), Some(""), Some(_)) => return Err(bad(builtin, 1, "an empty text is everywhere")),
            (Some(text), Some(from), Some(to)) => {
                let count = text.matches(from).count();
                if text.len().saturating_add(count.saturating_mul(to.len())) > 2 * MAX_TEXT {
                    return Err(Fault::TooLarge(Size::Text));
                }
                Value::text(&text.replace(from, to))
            }
            _ => Value::Unknown,
        },
        "starts_with" => both(text(0), text(1), |text, prefix| text.starts_with(prefix)),
        "ends_with" => both(text(0), text(1), |text, suffix| text.ends_with(suffix)),
        "contains" => contains(arg(0), arg(1)).map_or(Value::Unknown, Value::Bool),
        "min" => extreme(builtin, args, Ordering::Less)?,
        "max" => extreme(builtin, args, Ordering::Greater)?,
        "sum" => number::sum(arg(0).elements())?,
        "sort" => sort(arg(0)),
        "unique" => unique(arg(0)),
        "flatten" => {
            let lists = arg(0).elements();
            if lists.iter().any(Value::is_unknown) {
                Value::Unknown
            } else if lists.iter().map(|list| list.elements().len()).sum::<usize>() > MAX_ELEMENTS {
                return Err(Fault::TooLarge(Size::List));
            } else {
                Value::List(lists.iter().flat_map(Value::elements).cloned().collect())
            }
        }
        "zip" => zip(builtin, arg(0).elements(), arg(1).elements())?,
        "range" => range(builtin, arg(0), args)?,
        "base64" => text(0).map_or(Value::Unknown, |text| Value::Text(base64(text.as_bytes()).into())),
        "json" => {
            let mut out = String::new();
            if json(arg(0), &mut out) { Value::Text(out.into()) } else { Value::Unknown }
        }
        "sha256" => text(0).map_or(Value::Unknown, |text| {
            let digest = Sha256::digest(text.as_bytes());
            Value::Text(digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")).into())
        }),
        _ => Value::Unknown,
    };
    let cost = args.iter().flatten().map(size).sum::<u64>() + ROUND * size(&value);
    Ok(Done { value, cost })
}

/// About how much there is to go through in a value.
fn size(value: &Value) -> u64 {
    match value {
        Value::Text(text) => text.len() as u64 / 16,
        Value::List(elements) => elements.len() as u64,
        Value::Map(entries) => entries.len() as u64,
        _ => 0,
    }
}

fn bad(builtin: &'static Builtin, parameter: usize, problem: impl Into<Box<str>>) -> Fault {
    let parameter = builtin.params.get(parameter).map_or("", |param| param.name);
    Fault::BadArgument { function: builtin.name, parameter, problem: problem.into() }
}

fn both(a: Option<&str>, b: Option<&str>, test: fn(&str, &str) -> bool) -> Value {
    match (a, b) {
        (Some(a), Some(b)) => Value::Bool(test(a, b)),
        _ => Value::Unknown,
    }
}

fn len(value: &Value) -> Value {
    let count = |count: usize| i64::try_from(count).map_or(Value::Unknown, Value::Int);
    match value {
        Value::Text(text) => count(text.chars().count()),
        Value::List(elements) => count(elements.len()),
        Value::Map(entries) => count(entries.len()),
        Value::Range(low, high) if low > high => Value::Int(0),
        Value::Range(low, high) => {
            high.checked_sub(*low).and_then(|len| len.checked_add(1)).map_or(Value::Unknown, Value::Int)
        }
        _ => Value::Unknown,
    }
}

fn join(list: &Value, separator: &Value) -> Result<Value, Fault> {
    let mut builder = Builder::default();
    for (at, element) in list.elements().iter().enumerate() {
        if at > 0 && !builder.push(separator) || !builder.push(element) {
            return Ok(Value::Unknown);
        }
        if !builder.fits() {
            return Err(Fault::TooLarge(Size::Text));
        }
    }
    Ok(builder.finish())
}

fn extreme(builtin: &'static Builtin, args: &[Option<Value>], wanted: Ordering) -> Result<Value, Fault> {
    let spread: Vec<&Value> = match args {
        [Some(Value::List(elements))] => elements.iter().collect(),
        _ => args.iter().flatten().collect(),
    };
    let mut values = spread.into_iter();
    let Some(mut best) = values.next() else { return Err(Fault::EmptyList(builtin.name)) };
    for value in values {
        match compare::order(value, best) {
            Some(order) if order == wanted => best = value,
            Some(_) => {}
            None => return Ok(Value::Unknown),
        }
    }
    Ok(best.clone())
}

fn sort(list: &Value) -> Value {
    let mut elements = list.elements().to_vec();
    if elements.windows(2).any(|pair| matches!(pair, [a, b] if compare::order(a, b).is_none())) {
        return Value::Unknown;
    }
    elements.sort_by(|a, b| compare::order(a, b).unwrap_or(Ordering::Equal));
    Value::List(elements.into())
}

fn unique(list: &Value) -> Value {
    let elements = list.elements();
    if elements.iter().any(Value::holds_unknown) {
        return Value::Unknown;
    }
    let mut kept: Vec<Value> = Vec::new();
    let mut seen: FxHashSet<String> = FxHashSet::default();
    for element in elements {
        // Elements of one type have the same JSON only where they are equal; components have none, and there are few of them.
        let mut written = String::new();
        let fresh = if json(&in_order(element), &mut written) {
            seen.insert(written)
        } else {
            !kept.iter().any(|other| compare::equal(other, element) == Some(true))
        };
        if fresh {
            kept.push(element.clone());
        }
    }
    Value::List(kept.into())
}

/// The value with the keys of all maps in one order, which says nothing about them.
fn in_order(value: &Value) -> Cow<'_, Value> {
    let sorted = |entries: &[(Arc<str>, Value)]| {
        let mut all: Vec<_> = entries.iter().map(|(key, value)| (key.clone(), in_order(value).into_owned())).collect();
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all
    };
    match value {
        Value::List(elements) => {
            Cow::Owned(Value::List(elements.iter().map(|element| in_order(element).into_owned()).collect()))
        }
        Value::Map(entries) => Cow::Owned(Value::Map(sorted(entries).into())),
        Value::Variant(name, fields) if !fields.is_empty() => {
            Cow::Owned(Value::Variant(name.clone(), sorted(fields).into()))
        }
        _ => Cow::Borrowed(value),
    }
}

fn zip(builtin: &'static Builtin, keys: &[Value], values: &[Value]) -> Result<Value, Fault> {
    if keys.len() != values.len() {
        let problem = format!("there are {} values for {} keys", values.len(), keys.len());
        return Err(bad(builtin, 1, problem));
    }
    let mut seen: FxHashSet<Arc<str>> = FxHashSet::default();
    let mut map = Vec::with_capacity(keys.len());
    for (key, value) in keys.iter().zip(values) {
        let Some(key) = key.key() else { return Ok(Value::Unknown) };
        if !seen.insert(key.clone()) {
            return Err(bad(builtin, 0, format!("the key `{key}` is there twice")));
        }
        map.push((key, value.clone()));
    }
    Ok(Value::Map(map.into()))
}

fn range(builtin: &'static Builtin, first: &Value, args: &[Option<Value>]) -> Result<Value, Fault> {
    let given = |at: usize| args.get(at).and_then(Option::as_ref).and_then(Value::as_int);
    let (Some(first), end, step) = (first.as_int(), given(1), given(2).unwrap_or(1)) else { return Ok(Value::Unknown) };
    let (start, end) = end.map_or((0, first), |end| (first, end));
    if step == 0 {
        return Err(bad(builtin, 2, "with a step of 0 it never ends"));
    }
    let mut list = Vec::new();
    let mut next = Some(start);
    while let Some(value) = next.filter(|value| if step > 0 { *value < end } else { *value > end }) {
        if list.len() >= MAX_ELEMENTS {
            return Err(Fault::TooLarge(Size::List));
        }
        list.push(Value::Int(value));
        next = value.checked_add(step);
    }
    Ok(Value::List(list.into()))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let index = (word >> (18 - 6 * digit) & 63) as usize;
            let written = DIGITS.get(index).copied().map_or('=', char::from);
            out.push(if digit > chunk.len() { '=' } else { written });
        }
    }
    out
}

/// Writes a value as JSON. `false` where something in it is not known or no plain value.
fn json(value: &Value, out: &mut String) -> bool {
    if out.len() > MAX_TEXT {
        return true;
    }
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => out.push_str(&value.display().unwrap_or_default()),
        Value::List(elements) => {
            out.push('[');
            for (at, element) in elements.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                if !json(element, out) {
                    return false;
                }
            }
            out.push(']');
        }
        Value::Range(low, high) => out.push_str(&format!("[{low},{high}]")),
        Value::Map(entries) => return json_object(None, entries, out),
        Value::Variant(name, fields) if !fields.is_empty() => return json_object(Some(name), fields, out),
        Value::Unknown | Value::Component(_) | Value::Endpoint(..) | Value::Template(_) => return false,
        other => match other.display() {
            Some(text) => json_text(&text, out),
            None => return false,
        },
    }
    true
}

/// A variant with fields is an object of one key, its name.
fn json_object(variant: Option<&str>, entries: &[(Arc<str>, Value)], out: &mut String) -> bool {
    if let Some(name) = variant {
        out.push('{');
        json_text(name, out);
        out.push(':');
    }
    out.push('{');
    for (at, (key, value)) in entries.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        json_text(key, out);
        out.push(':');
        if !json(value, out) {
            return false;
        }
    }
    out.push('}');
    if variant.is_some() {
        out.push('}');
    }
    true
}

/// RFC 8259, section 7, with no more escapes than needed.
fn json_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() && c.is_ascii() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}
