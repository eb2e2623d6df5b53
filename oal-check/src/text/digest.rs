//! Content digests: `sha256:` and 64 hexadecimal digits in lower case (OCI image spec, "Digests").

use super::problem::{ProblemKind as Kind, TextProblem, char_range, part, quoted, quoted_at};
use super::stray;

const NOUN: &str = "a digest";
const PREFIX: &str = "sha256:";
const DIGITS: usize = 64;

/// Whether a byte is a lower-case hexadecimal digit.
pub(super) const fn is_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// Checks a SHA-256 digest.
///
/// # Errors
/// The part that breaks the form.
pub fn check(text: &str) -> Result<(), TextProblem> {
    let Some(hex) = text.strip_prefix(PREFIX) else { return Err(bad_prefix(text)) };
    let from = PREFIX.len();
    // no early end, so that the loop goes by whole registers
    if !hex.bytes().fold(true, |all, b| all & is_hex(b))
        && let Some(at) = hex.bytes().position(|b| !is_hex(b))
    {
        return Err(bad_digit(text, from, from + at));
    }
    match hex.len() {
        DIGITS => Ok(()),
        0 => {
            let message = "the digits of a digest are missing after the colon";
            Err(TextProblem::new(Kind::DigestLength, 0..from, message))
        }
        count => {
            let message = format!("a SHA-256 digest has {DIGITS} hexadecimal digits, not {count}");
            let start = if count > DIGITS { from + DIGITS } else { from };
            Err(TextProblem::new(Kind::DigestLength, start..text.len(), message))
        }
    }
}

fn bad_prefix(text: &str) -> TextProblem {
    if text.is_empty() {
        return stray::empty(NOUN);
    }
    let hex = |t: &str| t.len() == DIGITS && t.bytes().all(|b| b.is_ascii_hexdigit());
    if hex(text) {
        let message = "a digest names its algorithm, `sha256:`, before the digits";
        return TextProblem::new(Kind::DigestAlgorithm, 0..text.len(), message)
            .fix(format!("{PREFIX}{}", text.to_ascii_lowercase()));
    }
    if let Some(at) = text.bytes().position(|b| !b.is_ascii_graphic())
        && let Some(problem) = stray::explain(text, at, NOUN)
    {
        return problem;
    }
    let end = text.find([':', '-', '=', '/']).unwrap_or(text.len());
    let name = part(text, 0, end);
    let shown = part(text, 0, text.len().min(end + 1));
    let message = format!("a digest starts with `sha256:`, not with {}", quoted(shown));
    let problem = TextProblem::new(Kind::DigestAlgorithm, 0..end.max(1).min(text.len()), message);
    let digits = part(text, end + 1, text.len());
    if name.eq_ignore_ascii_case("sha256") && hex(digits) {
        let end = end + 1;
        return TextProblem { range: 0..u32::try_from(end).unwrap_or_default(), ..problem }.fix(PREFIX);
    }
    problem
}

fn bad_digit(text: &str, from: usize, at: usize) -> TextProblem {
    if let Some(problem) = stray::explain(text, at, NOUN) {
        return problem;
    }
    let hex = part(text, from, text.len());
    if hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        let message = "the digits of a digest above nine are small letters, `a` to `f`";
        return TextProblem::new(Kind::DigestCharacter, from..text.len(), message).fix(hex.to_ascii_lowercase());
    }
    let range = char_range(text, at);
    let shown = quoted_at(text, at);
    let message = format!("the digits of a digest go from `0` to `9` and `a` to `f`, {shown} is none");
    TextProblem::new(Kind::DigestCharacter, range, message)
}
