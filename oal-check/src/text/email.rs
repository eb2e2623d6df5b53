//! Mail addresses: the `Mailbox` of RFC 5321 section 4.1.2 with a dot-string or quoted string before the `@` and a
//! host name after it. No comments, no address literals, no letters beyond ASCII before the `@`.

use super::problem::{ProblemKind as Kind, TextProblem, char_range, part, quoted, quoted_at};
use super::{host, stray};

const NOUN: &str = "a mail address";
const LOCAL_MOST: usize = 64;
const ADDRESS_MOST: usize = 254;

/// Checks one mail address.
///
/// # Errors
/// The part that breaks a rule. Problems of the domain have the kinds of host names.
pub fn check(text: &str) -> Result<(), TextProblem> {
    let Some(at) = text.rfind('@') else { return Err(no_at(text)) };
    local(text, at)?;
    host::check(part(text, at + 1, text.len())).map_err(|problem| domain(text, at, problem))?;
    if at > LOCAL_MOST {
        let message = format!("the part of a mail address before `@` has at most {LOCAL_MOST} bytes, not {at}");
        return Err(TextProblem::new(Kind::EmailTooLong, 0..at, message));
    }
    if text.len() > ADDRESS_MOST {
        let message = format!("a mail address has at most {ADDRESS_MOST} bytes, this has {}", text.len());
        return Err(TextProblem::new(Kind::EmailTooLong, 0..text.len(), message));
    }
    Ok(())
}

fn no_at(text: &str) -> TextProblem {
    if text.is_empty() {
        return stray::empty(NOUN);
    }
    if let Some(at) = text.bytes().position(|b| !b.is_ascii_graphic())
        && let Some(problem) = stray::explain(text, at, NOUN)
    {
        return problem;
    }
    let message = format!("a mail address has an `@` between name and domain, {} has none", quoted(text));
    TextProblem::new(Kind::EmailAt, 0..text.len(), message)
}

/// `atext` of RFC 5322 section 3.2.3.
const fn is_atom(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'/'
                | b'='
                | b'?'
                | b'^'
                | b'_'
                | b'`'
                | b'{'
                | b'|'
                | b'}'
                | b'~'
        )
}

fn local(text: &str, end: usize) -> Result<(), TextProblem> {
    let local = part(text, 0, end);
    if local.is_empty() {
        let message = "a mail address has a name before the `@`";
        return Err(TextProblem::new(Kind::EmailLocal, 0..1, message));
    }
    if local.strip_prefix('"').and_then(|l| l.strip_suffix('"')).is_some_and(quoted_string) {
        return Ok(());
    }
    let mut dot = true;
    for (at, byte) in local.bytes().enumerate() {
        match byte {
            b'.' if dot || at + 1 == local.len() => {
                let message = "the part of a mail address before `@` has no dot at an end and never two in a row";
                return Err(TextProblem::new(Kind::EmailLocal, at..at + 1, message).fix(""));
            }
            b'.' => dot = true,
            byte if is_atom(byte) => dot = false,
            _ => return Err(refused(text, at)),
        }
    }
    Ok(())
}

/// What may stand between the quotes of RFC 5321's `Quoted-string`.
fn quoted_string(inner: &str) -> bool {
    let mut bytes = inner.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'\\' => bytes.next().is_some_and(|b| matches!(b, b' '..=b'~')),
            b'"' => false,
            byte => matches!(byte, b' '..=b'~'),
        };
        if !fine {
            return false;
        }
    }
    true
}

fn refused(text: &str, at: usize) -> TextProblem {
    if let Some(problem) = with_name(text) {
        return problem;
    }
    if let Some(problem) = stray::explain(text, at, NOUN) {
        return problem;
    }
    let range = char_range(text, at);
    match text.as_bytes().get(at) {
        Some(b'@') => {
            let message = "a mail address has one `@`, this has two";
            TextProblem::new(Kind::EmailAt, range, message)
        }
        Some(b',' | b';') => {
            let message = format!("a mail address is one address, not a list with {}", quoted(part(text, at, at + 1)));
            TextProblem::new(Kind::EmailLocal, range, message)
        }
        Some(b':') if part(text, 0, at).eq_ignore_ascii_case("mailto") => {
            let message = "a mail address stands without the scheme `mailto:`";
            TextProblem::new(Kind::EmailDisplayName, 0..at + 1, message).fix("")
        }
        _ => {
            let shown = quoted_at(text, at);
            let message = format!("the part of a mail address before `@` holds {shown}");
            TextProblem::new(Kind::EmailLocal, range, message)
                .help("letters, digits, dots and signs such as `+`, `-`, `_` are allowed there")
        }
    }
}

/// `Ann <ann@example.com>`.
fn with_name(text: &str) -> Option<TextProblem> {
    let (_, after) = text.split_once('<')?;
    let (inner, _) = after.split_once('>')?;
    check(inner).ok()?;
    let message = "a mail address stands alone, without a name and angle brackets";
    Some(TextProblem::new(Kind::EmailDisplayName, 0..text.len(), message).fix(inner))
}

fn domain(text: &str, at: usize, problem: TextProblem) -> TextProblem {
    if let Some(problem) = with_name(text) {
        return problem;
    }
    if problem.kind == Kind::Empty {
        let message = "a mail address has a domain after the `@`";
        return TextProblem::new(Kind::EmailAt, at..at + 1, message);
    }
    let problem = problem.shifted(at + 1);
    match problem.kind {
        Kind::Padding | Kind::Invisible | Kind::LookAlike => {
            stray::explain(text, problem.range.start as usize, NOUN).unwrap_or(problem)
        }
        _ => problem,
    }
}
