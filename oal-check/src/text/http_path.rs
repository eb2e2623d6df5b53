//! Paths of requests: `absolute-path` of RFC 9110 section 4.1, with the segments of RFC 3986 section 3.3.
//! Dot segments are refused: clients resolve them away before they send (RFC 3986 section 5.2.4).

use super::problem::{ProblemKind as Kind, TextProblem, part, quoted};
use super::{stray, uri};

const NOUN: &str = "a request path";

/// Checks a request path: `/` and segments, escapes in percent form, no query and no fragment.
///
/// # Errors
/// The first part that breaks a rule; a query (kind `PathQuery`) only where all else is right.
pub fn check(text: &str) -> Result<(), TextProblem> {
    let mut bytes = text.bytes();
    if bytes.next() != Some(b'/') || bytes.next() == Some(b'/') {
        return Err(bad_start(text));
    }
    match uri::scan(text, 0, text.len(), uri::is_path) {
        Ok(()) => dots(text),
        Err(uri::Stop::Escape(at)) => Err(uri::bad_escape(Kind::PathEscape, text, at, NOUN)),
        Err(uri::Stop::Character(at)) => Err(refused(text, at)),
    }
}

/// Whether a valid path lies at or below another, segment by segment: `/api` holds `/api/v1`, not `/apis`.
#[must_use]
pub fn holds(prefix: &str, path: &str) -> bool {
    let prefix = prefix.trim_end_matches('/');
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn bad_start(text: &str) -> TextProblem {
    if text.is_empty() {
        return stray::empty(NOUN).help("the path of everything is `/`");
    }
    if text.starts_with("//") {
        let end = text.len() - text.trim_start_matches('/').len();
        let message = "a request path starts with one `/`: after two, a client reads a host name";
        return TextProblem::new(Kind::PathStart, 0..end, message).fix("/");
    }
    if let Some(problem) = stray::explain(text, 0, NOUN) {
        return problem;
    }
    if let Some(at) = text.find("://") {
        let authority = at + 3;
        let path = part(text, authority, text.len()).find('/').map(|n| authority + n);
        let message = "a request path stands alone, without the scheme and host of a url";
        let problem = TextProblem::new(Kind::PathStart, 0..path.unwrap_or(text.len()), message);
        return if path.is_some() { problem.fix("") } else { problem.fix("/") };
    }
    let end = text.find('/').unwrap_or(text.len());
    let first = part(text, 0, end);
    TextProblem::new(Kind::PathStart, 0..end, format!("a request path starts with `/`, not with {}", quoted(first)))
        .fix(format!("/{}", first.trim_start_matches('\\')))
}

fn refused(text: &str, at: usize) -> TextProblem {
    match part(text, at, text.len()).bytes().next() {
        Some(b'#') => fragment(text, at),
        Some(b'?') => query(text, at),
        Some(b'{') => uri::bad_character(Kind::PathCharacter, text, at, NOUN, NOUN)
            .help("a path is compared as it is written; it has no placeholders"),
        _ => uri::bad_character(Kind::PathCharacter, text, at, NOUN, NOUN),
    }
}

fn fragment(text: &str, at: usize) -> TextProblem {
    let shown = quoted(part(text, at, text.len()));
    let message = format!("a request path has no fragment, {shown}: clients do not send it");
    TextProblem::new(Kind::PathFragment, at..text.len(), message).fix("")
}

/// A query at `at`; what is wrong before or in it is said first.
fn query(text: &str, at: usize) -> TextProblem {
    if let Err(problem) = check(part(text, 0, at)) {
        return problem;
    }
    match uri::scan(text, at, text.len(), uri::is_query) {
        Ok(()) => {
            let message = format!("a request path ends before the query, {}", quoted(part(text, at, text.len())));
            TextProblem::new(Kind::PathQuery, at..text.len(), message).fix("")
        }
        Err(uri::Stop::Escape(at)) => uri::bad_escape(Kind::PathEscape, text, at, NOUN),
        Err(uri::Stop::Character(at)) if part(text, at, at + 1) == "#" => fragment(text, at),
        Err(uri::Stop::Character(at)) => {
            uri::bad_character(Kind::PathCharacter, text, at, NOUN, "the query of a request path")
        }
    }
}

/// `.` and `..` segments, in a text that is otherwise right.
fn dots(text: &str) -> Result<(), TextProblem> {
    if !text.contains("/.") {
        return Ok(());
    }
    let mut start = 1;
    for segment in text.split('/').skip(1) {
        let end = start + segment.len();
        if matches!(segment, "." | "..") {
            let message =
                format!("a request path never holds the segment {}: clients resolve it first", quoted(segment));
            return Err(TextProblem::new(Kind::PathDots, start..end, message)
                .help(format!("a client that follows it asks for {}", quoted(&resolved(text)))));
        }
        start = end + 1;
    }
    Ok(())
}

/// `remove_dot_segments` of RFC 3986 section 5.2.4, for a path that starts with `/`.
fn resolved(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut open = false;
    for segment in text.split('/').skip(1) {
        open = matches!(segment, "." | "..");
        match segment {
            "." => {}
            ".." => drop(kept.pop()),
            segment => kept.push(segment),
        }
    }
    let end = if open && !kept.is_empty() { "/" } else { "" };
    format!("/{}{end}", kept.join("/"))
}
