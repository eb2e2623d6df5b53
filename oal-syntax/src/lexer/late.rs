//! Whether a text in plain quotes that its line ends goes on below, or lacks its closing quotes: what follows tells.

use super::key::{in_word, past_blanks};
use std::ops::Range;

/// The words that begin a declaration.
const ITEMS: [&[u8]; 9] = [b"app", b"assert", b"environment", b"extern", b"kind", b"let", b"param", b"type", b"use"];

/// The end of a text of one line whose quotes stand on a later one: the offset after the next quotes, where these end the text of
/// their line and begin none, and no line up to there is an entry or a declaration. `before` is its line up to the text, `line` where
/// that ends. Only looks up to the next quotes, where another text begins at the earliest: each byte is looked at once.
pub(super) fn quotes(bytes: &[u8], before: Range<usize>, line: usize) -> Option<usize> {
    let rest = bytes.get(line..)?;
    let end = memchr::memchr(b'"', rest)?;
    let (between, after) = (rest.get(..end)?, rest.get(end + 1..)?);
    if !ends_line(after) {
        return None;
    }
    let owner = bytes.get(before)?;
    let count = |brace: u8| memchr::memchr_iter(brace, owner).count();
    // Entries stand no deeper than this one; where a brace is open in its line, at any depth.
    let depth = if count(b'{') > count(b'}') { usize::MAX } else { past_blanks(owner, 0) };
    let mut last: &[u8] = &[];
    for line in between.split(|byte| *byte == b'\n').skip(1) {
        if begins_anew(line, depth) {
            return None;
        }
        last = line.trim_ascii();
    }
    let wants_value = matches!(last.last(), Some(b':' | b'=' | b'(' | b'[' | b',' | b'>' | b'{' | b'\\'));
    let closes = last.starts_with(b"}") || last.starts_with(b")") || last.starts_with(b"]");
    let comment = last.starts_with(b"//") || memchr::memmem::find(last, b" //").is_some();
    (!wants_value && !closes && !comment).then_some(line + end + 1)
}

/// Whether nothing but closing brackets and commas stands behind the quotes in their line.
fn ends_line(after: &[u8]) -> bool {
    let sign = after.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b',' | b')' | b']' | b'}'));
    matches!(sign, None | Some(b'\n'))
}

/// Whether a line is an entry or a component that is indented by `depth` at most, or one in column 0 that begins a declaration or
/// ends a body.
fn begins_anew(line: &[u8], depth: usize) -> bool {
    let indent = past_blanks(line, 0);
    let text = line.get(indent..).unwrap_or_default();
    let (first, behind) = word(text);
    let (_, value) =
        if matches!(first, b"field" | b"output") { word(behind.trim_ascii_start()) } else { (first, behind) };
    let key = !first.is_empty() && value.get(past_blanks(value, 0)) == Some(&b':') && !value.starts_with(b"://");
    let component = first.first().is_some_and(u8::is_ascii_lowercase) && behind.trim_ascii_end().ends_with(b"{");
    let item = text.starts_with(b"}") || ITEMS.contains(&first) && behind.starts_with(b" ");
    indent <= depth && (key || component) || indent == 0 && item
}

/// The path of words that a text begins with, and the rest.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !in_word(*byte) && *byte != b'.').unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or_default()
}
