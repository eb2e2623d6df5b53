//! The one way to write a JSON value as bytes (RFC 8785) and the digest over it. Knows JSON, not the IR.
//!
//! Own code rather than a crate: the IR holds whole numbers only, which makes the number rules of RFC 8785 trivial, and
//! the crates at hand round large integers in silence, where this refuses them.

mod writer;

use std::fmt;

use serde::Serialize;
use serde_json::Serializer;
use sha2::{Digest as _, Sha256};
use writer::{Canonical, Output};

use crate::Pointer;

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
    to_canonical_without(value, &[])
}

/// As [`to_canonical`], without the members of the outermost object that `left_out` names.
pub(crate) fn to_canonical_without<T: Serialize + ?Sized>(
    value: &T,
    left_out: &'static [&'static str],
) -> Result<Vec<u8>, CanonicalError> {
    let mut output = Output::without(left_out);
    let written = value.serialize(&mut Serializer::with_formatter(std::io::sink(), Canonical(&mut output)));
    match (output.refused, written) {
        (Some(refused), _) => Err(refused),
        (None, Err(error)) => Err(CanonicalError::NotJson(error.to_string())),
        (None, Ok(())) => Ok(output.bytes),
    }
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
    // Text always has a canonical form, which is text.
    to_canonical(text).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
