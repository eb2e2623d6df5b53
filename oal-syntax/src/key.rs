//! Keys: a name, a dotted path with index steps, or a quoted text.

use crate::literal;
use crate::span::Span;
use std::borrow::Cow;

/// One step of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment<'s> {
    /// What it says, escapes resolved.
    pub text: Cow<'s, str>,
    /// Where it stands in the key: the name, or the text with its quotes.
    pub span: Span,
    /// Whether it is quoted.
    pub quoted: bool,
}

/// The steps of a key as its span gives it: `a.b["c"].d` has `a`, `b`, `c`, `d`; `"text"` has one. Spans count from the key's start.
pub fn segments(key: &str) -> impl Iterator<Item = Segment<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = key.as_bytes();
        while matches!(bytes.get(at), Some(b'.' | b'[' | b']' | b' ' | b'\t')) {
            at += 1;
        }
        let start = at;
        let quoted = match bytes.get(at)? {
            b'"' => true,
            b'r' => bytes.get(at + 1) == Some(&b'"'),
            _ => false,
        };
        if quoted {
            let raw = bytes.get(at) == Some(&b'r');
            at += 1 + usize::from(raw);
            while let Some(byte) = bytes.get(at) {
                at += if *byte == b'\\' && !raw { 2 } else { 1 };
                if *byte == b'"' {
                    break;
                }
            }
            at = at.min(bytes.len());
        } else {
            while bytes.get(at).is_some_and(|byte| !matches!(byte, b'.' | b'[' | b']' | b' ' | b'\t')) {
                at += 1;
            }
        }
        let span = crate::lexer::span(start, at);
        let written = span.text(key);
        let text = if quoted { literal::text(written) } else { Cow::Borrowed(written) };
        Some(Segment { text, span, quoted })
    })
}

/// What a key of one step says: the name, or the quoted text.
#[must_use]
pub fn text(key: &str) -> Cow<'_, str> {
    if key.starts_with(['"', 'r']) && key.ends_with('"') { literal::text(key) } else { Cow::Borrowed(key) }
}
