//! Characters that no ASCII text type may hold and that are best explained by what they are, not by the type's
//! grammar: white space at the ends, invisible characters, look-alikes from other scripts.

use super::confusables::{describe, invisible_name, is_invisible, look_alike, skeleton};
use super::problem::{ProblemKind as Kind, TextProblem, char_range, part};

/// The problem of a text with nothing in it.
pub(super) fn empty(noun: &str) -> TextProblem {
    TextProblem::new(Kind::Empty, 0..0, format!("{noun} is never empty"))
}

/// What to say of the character at `at`, which the type's grammar has just refused; `None` where it is an ordinary
/// character that the type should explain itself. `noun` is the type in a sentence: "a host name".
pub(super) fn explain(text: &str, at: usize, noun: &str) -> Option<TextProblem> {
    let c = text.get(at..)?.chars().next()?;
    if (c.is_whitespace() || is_invisible(c))
        && let Some(problem) = padding(text, at, noun)
    {
        return Some(problem);
    }
    if is_invisible(c) || (c.is_control() && c != '\t') {
        let message = format!("{noun} never holds {}, which cannot be seen here", invisible_name(c));
        return Some(TextProblem::new(Kind::Invisible, char_range(text, at), message).fix(""));
    }
    if c.is_ascii() { None } else { alike(text, at, c, noun) }
}

/// White space at one of the ends, around `at`.
fn padding(text: &str, at: usize, noun: &str) -> Option<TextProblem> {
    let blank = |c: char| c.is_whitespace() || is_invisible(c);
    let start = text.len() - text.trim_start_matches(blank).len();
    let end = text.trim_end_matches(blank).len();
    if start == text.len() {
        return Some(TextProblem::new(Kind::Padding, 0..text.len(), format!("{noun} is more than white space")));
    }
    let (range, place) = if at < start {
        (0..start, "starts without white space")
    } else if at >= end {
        (end..text.len(), "ends without white space")
    } else {
        return None;
    };
    Some(TextProblem::new(Kind::Padding, range, format!("{noun} {place}")).fix(""))
}

fn alike(text: &str, at: usize, c: char, noun: &str) -> Option<TextProblem> {
    let inside = |c: char| c.is_alphanumeric();
    if !inside(c) {
        let ascii = look_alike(c)?;
        let message = format!("{noun} never holds {}, which only looks like `{ascii}`", describe(c));
        return Some(TextProblem::new(Kind::LookAlike, char_range(text, at), message).fix(ascii.to_string()));
    }
    let before = text.get(..at)?;
    let start = before.trim_end_matches(inside).len();
    let rest = text.get(at..)?;
    let end = at + rest.find(|c| !inside(c)).unwrap_or(rest.len());
    let word = part(text, start, end);
    // a word of another script from end to end is not a slip of the keyboard
    let wide = ('\u{ff01}'..='\u{ff5e}').contains(&c);
    let alone = word.len() == c.len_utf8();
    if !wide && !alone && !word.bytes().any(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let plain = skeleton(word)?;
    let ascii = look_alike(c)?;
    let message = format!("{noun} never holds {}, which only looks like `{ascii}`", describe(c));
    Some(TextProblem::new(Kind::LookAlike, start..end, message).fix(plain))
}
