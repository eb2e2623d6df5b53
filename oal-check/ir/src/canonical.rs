//! The one way to write a JSON value as bytes (RFC 8785) and the digest over it. Knows JSON, not the IR.
//!
//! Own code rather than a crate: the IR holds whole numbers only, which makes the number rules of RFC 8785 trivial, and
//! the crates at hand round large integers in silence, where this refuses them.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::pointer::Pointer;

/// The largest whole number that every JSON reader keeps exactly: 2^53 - 1 (RFC 7493, section 2.2).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// Why a value has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CanonicalError {
    /// A number with a fraction or an exponent, or one beyond ±(2^53 - 1).
    Number {
        /// Where it stands.
        at: Pointer,
        /// The number as written.
        number: String,
    },
    /// The value does not serialise to JSON (for instance a map whose keys are not text).
    NotJson(String),
}

impl fmt::Display for CanonicalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number { at, number } => {
                write!(f, "`{number}` at `{at}` is not a whole number between -(2^53 - 1) and 2^53 - 1")
            }
            Self::NotJson(why) => write!(f, "the value cannot be written as JSON: {why}"),
        }
    }
}

impl std::error::Error for CanonicalError {}

/// Writes anything serialisable in the canonical form of RFC 8785: no white space, keys sorted by UTF-16 code units,
/// text escaped only where JSON demands it.
///
/// ```
/// let bytes = oal_ir::canonical::to_canonical(&serde_json::json!({"b": [1, true], "a": "é\n"}))?;
/// assert_eq!(bytes, r#"{"a":"é\n","b":[1,true]}"#.as_bytes());
/// # Ok::<(), oal_ir::canonical::CanonicalError>(())
/// ```
///
/// # Errors
/// A number that is not whole or too large to be kept exactly by every reader; a value that is not JSON.
pub fn to_canonical<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    let value = serde_json::to_value(value).map_err(|error| CanonicalError::NotJson(error.to_string()))?;
    let mut out = Vec::new();
    write_value(&value, &mut Pointer::root(), &mut out)?;
    Ok(out)
}

/// The SHA-256 of `bytes` in the form the IR states it: `sha256:` and 64 lower-case hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().map_or('0', char::from);
    let mut text = String::with_capacity(71);
    text.push_str("sha256:");
    for byte in Sha256::digest(bytes) {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
    text
}

/// `text` as a JSON string in canonical form, with its quotes.
pub(crate) fn quote(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    write_text(text, &mut out);
    // The escapes are ASCII and the rest is copied from a `str`.
    String::from_utf8(out).unwrap_or_default()
}

fn write_value(value: &Value, at: &mut Pointer, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, at, out)?,
        Value::String(text) => write_text(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                at.push_index(index);
                write_value(item, at, out)?;
                at.pop();
            }
            out.push(b']');
        }
        Value::Object(members) => write_object(members, at, out)?,
    }
    Ok(())
}

fn write_object(members: &Map<String, Value>, at: &mut Pointer, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    let mut members: Vec<(&String, &Value)> = members.iter().collect();
    members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    out.push(b'{');
    for (index, (key, value)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(key, out);
        out.push(b':');
        at.push(key);
        write_value(value, at, out)?;
        at.pop();
    }
    out.push(b'}');
    Ok(())
}

/// ECMAScript writes whole numbers below 10^21 as plain digits, so up to 2^53 - 1 both notations are one.
fn write_number(number: &serde_json::Number, at: &Pointer, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    let magnitude = number.as_i64().map(i64::unsigned_abs).or_else(|| number.as_u64());
    if magnitude.is_none_or(|magnitude| magnitude > MAX_INTEGER) {
        return Err(CanonicalError::Number { at: at.clone(), number: number.to_string() });
    }
    out.extend_from_slice(number.to_string().as_bytes());
    Ok(())
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x09 => out.extend_from_slice(b"\\t"),
            0x0a => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            0x0d => out.extend_from_slice(b"\\r"),
            0x00..0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}
