//! Names of environment variables. POSIX.1-2024 section 3.216 has letters, digits and underscores; programs such as Elasticsearch
//! read variables with dots in their names, which container engines pass on, so dots are letters here.

use super::problem::{ProblemKind as Kind, TextProblem, char_range, part, quoted, quoted_at};
use super::stray;

const NOUN: &str = "a variable name";

/// Checks a variable name.
///
/// # Errors
/// The first character that is not allowed.
pub fn check(text: &str) -> Result<(), TextProblem> {
    match text.bytes().position(|b| !b.is_ascii_alphanumeric() && !matches!(b, b'_' | b'.')) {
        None if text.is_empty() => Err(stray::empty(NOUN)),
        None if text.starts_with('.') => {
            let message = format!("a variable name starts with a letter or `_`, not with {}", quoted_at(text, 0));
            Err(TextProblem::new(Kind::EnvNameStart, 0..1, message).fix(""))
        }
        None if text.starts_with(|c: char| c.is_ascii_digit()) => {
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let message =
                format!("a variable name starts with a letter or `_`, not with {}", quoted(part(text, 0, digits)));
            Err(TextProblem::new(Kind::EnvNameStart, 0..digits, message).fix(format!("_{}", part(text, 0, digits))))
        }
        None => Ok(()),
        Some(at) => Err(refused(text, at)),
    }
}

fn refused(text: &str, at: usize) -> TextProblem {
    if let Some(problem) = stray::explain(text, at, NOUN) {
        return problem;
    }
    let range = char_range(text, at);
    let shown = quoted_at(text, at);
    match text.as_bytes().get(at) {
        Some(b'=') if at > 0 => {
            let message = format!("a variable name ends before the `=`, {}", quoted(part(text, at, text.len())));
            TextProblem::new(Kind::EnvNameCharacter, at..text.len(), message)
                .help("name and value are two texts, as in `LOG_LEVEL: \"info\"`")
                .fix("")
        }
        Some(b'$') if at == 0 && text.len() > 1 => {
            let message = "a variable name stands without the `$` of a shell";
            TextProblem::new(Kind::EnvNameCharacter, range, message).fix("")
        }
        Some(b'-' | b' ') => {
            let message = format!("a variable name holds {shown}, where `_` is meant");
            TextProblem::new(Kind::EnvNameCharacter, range, message).fix("_")
        }
        _ => {
            let message = format!("a variable name holds {shown}");
            TextProblem::new(Kind::EnvNameCharacter, range, message)
                .help("variable names are made of letters, digits, `_` and `.`")
        }
    }
}
