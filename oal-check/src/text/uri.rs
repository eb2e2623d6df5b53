//! The character classes of RFC 3986 and percent-encoding, shared by urls and request paths.

use std::fmt::Write as _;

use super::problem::{ProblemKind, TextProblem, char_range, part, quoted, quoted_char};
use super::stray;

/// RFC 3986 section 2.3.
pub(super) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// RFC 3986 section 2.2.
pub(super) const fn is_sub_delim(byte: u8) -> bool {
    matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

/// `pchar` of RFC 3986 section 3.3 without the escapes, and the `/` between segments.
pub(super) const fn is_path(byte: u8) -> bool {
    is_unreserved(byte) || is_sub_delim(byte) || matches!(byte, b':' | b'@' | b'/')
}

/// RFC 3986 sections 3.4 and 3.5: query and fragment allow the same.
pub(super) const fn is_query(byte: u8) -> bool {
    is_path(byte) || byte == b'?'
}

/// RFC 3986 section 3.2.1.
pub(super) const fn is_userinfo(byte: u8) -> bool {
    is_unreserved(byte) || is_sub_delim(byte) || byte == b':'
}

/// What [`scan`] stopped at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stop {
    /// A byte that is not allowed here.
    Character(usize),
    /// A `%` without two hexadecimal digits.
    Escape(usize),
}

/// Walks `from..to` as long as every byte is allowed or part of an escape.
pub(super) fn scan(text: &str, from: usize, to: usize, allowed: fn(u8) -> bool) -> Result<(), Stop> {
    let mut bytes = part(text, from, to).bytes();
    let mut at = from;
    while let Some(byte) = bytes.next() {
        if allowed(byte) {
            at += 1;
        } else if byte == b'%' {
            let hex = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_hexdigit());
            if !hex(bytes.next()) || !hex(bytes.next()) {
                return Err(Stop::Escape(at));
            }
            at += 3;
        } else {
            return Err(Stop::Character(at));
        }
    }
    Ok(())
}

/// A character as percent-encoded UTF-8.
pub(super) fn encode(c: char) -> String {
    let mut buffer = [0; 4];
    let mut out = String::new();
    for byte in c.encode_utf8(&mut buffer).bytes() {
        // writing to a String does not fail
        let _ = write!(out, "%{byte:02X}");
    }
    out
}

/// The problem of an escape that is none. `noun`: "a url".
pub(super) fn bad_escape(kind: ProblemKind, text: &str, at: usize, noun: &str) -> TextProblem {
    let digits = part(text, at + 1, text.len()).bytes().take(2).take_while(u8::is_ascii_alphanumeric).count();
    let escape = part(text, at, at + 1 + digits);
    let message = format!("an escape in {noun} is `%` and two hexadecimal digits, not {}", quoted(escape));
    TextProblem::new(kind, at..at + 1 + digits, message)
        .help("a plain percent sign is written `%25`")
        .fix(escape.replacen('%', "%25", 1))
}

/// The problem of a character that must be escaped. `place`: "the query of a url".
pub(super) fn bad_character(kind: ProblemKind, text: &str, at: usize, noun: &str, place: &str) -> TextProblem {
    if let Some(problem) = stray::explain(text, at, noun) {
        return problem;
    }
    let range = char_range(text, at);
    let c = part(text, range.start, range.end).chars().next().unwrap_or_default();
    let shown = quoted_char(c);
    let escape = encode(c);
    TextProblem::new(kind, range, format!("{place} holds {shown}, which is written `{escape}` there")).fix(escape)
}
