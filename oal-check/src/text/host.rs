//! Host names: RFC 1123 section 2.1 (labels of letters, digits and hyphens), RFC 1035 section 2.3.4 (63 bytes a label;
//! 253 are left for a name once its length bytes are counted), and IPv4 addresses in dotted decimal.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::problem::{ProblemKind as Kind, TextProblem, char_range, ordinal, part, quoted, quoted_char, span};
use super::{punycode, stray};

/// Longest label, in bytes.
pub const LABEL_MOST: usize = 63;
/// Longest name, in bytes, without the final dot.
pub const NAME_MOST: usize = 253;

const NOUN: &str = "a host name";

/// Checks a host name or IPv4 address.
///
/// # Errors
/// The first thing that RFC 1123 does not allow.
pub fn check(text: &str) -> Result<(), TextProblem> {
    scan(text, false)
}

/// As [`check`], but underscores count as letters: host names inside urls are often the names of containers.
pub(super) fn check_in_url(text: &str) -> Result<(), TextProblem> {
    scan(text, true)
}

/// Whether the first label is the wildcard `*`.
#[must_use]
pub fn is_wildcard(text: &str) -> bool {
    text.starts_with("*.")
}

/// Whether two valid names are one: DNS does not see the case of a letter (RFC 4343).
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Whether a valid host pattern, perhaps with a wildcard, covers a valid name or pattern. A wildcard stands for one label.
#[must_use]
pub fn covers(pattern: &str, name: &str) -> bool {
    if same(pattern, name) {
        return true;
    }
    let (Some(tail), Some((first, rest))) = (pattern.strip_prefix("*."), name.split_once('.')) else { return false };
    !first.is_empty() && first != "*" && same(tail, rest)
}

fn scan(text: &str, underscores: bool) -> Result<(), TextProblem> {
    if text.is_empty() {
        return Err(stray::empty(NOUN));
    }
    let mut start = 0;
    let mut nth = 1;
    let mut letters = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'-' => letters = true,
            b'0'..=b'9' => {}
            b'_' if underscores => letters = true,
            b'.' => {
                label(text, start, at, nth)?;
                start = at + 1;
                nth += 1;
                letters = false;
            }
            _ => return Err(refused(text, at, start, nth)),
        }
    }
    label(text, start, text.len(), nth)?;
    if !letters && text.parse::<Ipv4Addr>().is_err() {
        return Err(numeric(text, start, nth));
    }
    if text.len() > NAME_MOST {
        let message = format!("a host name has at most {NAME_MOST} bytes, this has {}", text.len());
        return Err(TextProblem::new(Kind::HostTooLong, 0..text.len(), message));
    }
    Ok(())
}

/// One label, whose bytes are already known to be letters, digits and hyphens.
fn label(text: &str, start: usize, end: usize, nth: usize) -> Result<(), TextProblem> {
    let label = part(text, start, end);
    let bytes = label.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return Err(no_label(text, start)) };
    if *first == b'-' || *last == b'-' {
        let word = ordinal(nth);
        let trimmed = label.trim_matches('-');
        let problem = if *first == b'-' {
            let message = format!("the {word} label of a host name, {}, starts with a hyphen", quoted(label));
            TextProblem::new(Kind::HostHyphen, start..start + 1, message)
        } else {
            let message = format!("the {word} label of a host name, {}, ends with a hyphen", quoted(label));
            TextProblem::new(Kind::HostHyphen, end - 1..end, message)
        };
        if trimmed.is_empty() {
            return Err(problem);
        }
        let (from, to) = if *first == b'-' {
            (start, start + (label.len() - label.trim_start_matches('-').len()))
        } else {
            (start + label.trim_end_matches('-').len(), end)
        };
        return Err(TextProblem { range: span(from, to), ..problem }.fix(""));
    }
    if label.len() > LABEL_MOST {
        let message =
            format!("the {} label of a host name has at most {LABEL_MOST} bytes, not {}", ordinal(nth), label.len());
        return Err(TextProblem::new(Kind::HostLabelTooLong, start..end, message));
    }
    Ok(())
}

/// Nothing between dots. The range is the dot that is too many.
fn no_label(text: &str, at: usize) -> TextProblem {
    let (range, message) = if at == 0 {
        (0..1, "a host name starts with a label, not with a dot")
    } else if at == text.len() {
        (at - 1..at, "a host name ends with a label, not with a dot")
    } else {
        (at..at + 1, "a host name has no empty label between two dots")
    };
    TextProblem::new(Kind::HostLabelEmpty, range, message).fix("")
}

/// A last label of digits only: people meant an IPv4 address (and browsers read it as one).
fn numeric(text: &str, start: usize, nth: usize) -> TextProblem {
    if nth == 4
        && let Err(problem) = super::ip::check_v4(text)
    {
        return TextProblem { kind: Kind::HostNumeric, ..problem };
    }
    let last = part(text, start, text.len());
    let message = if nth == 1 {
        format!("a number, {}, is no host name", quoted(last))
    } else {
        format!("the last label of a host name, {}, is not only digits", quoted(last))
    };
    TextProblem::new(Kind::HostNumeric, start..text.len(), message)
        .help("an IPv4 address has four numbers from 0 to 255, as in `10.0.0.7`")
}

/// The character at `at` in the `nth` label, which starts at `start`, is none of a host name's.
fn refused(text: &str, at: usize, start: usize, nth: usize) -> TextProblem {
    if let Some(problem) = stray::explain(text, at, NOUN) {
        return problem;
    }
    if let Some(problem) = url_like(text, at) {
        return problem;
    }
    let rest = part(text, at, text.len());
    let c = rest.chars().next().unwrap_or_default();
    let word = ordinal(nth);
    match c {
        '*' if at == 0 && rest.starts_with("*.") => match check(part(text, 2, text.len())) {
            Ok(()) => TextProblem::new(Kind::HostWildcard, 0..1, "a host name has no wildcard here"),
            Err(problem) => problem.shifted(2),
        },
        '_' => {
            let end = start + part(text, start, text.len()).find('.').unwrap_or(text.len() - start);
            let label = part(text, start, end);
            let message = format!("the {word} label of a host name, {}, holds an underscore", quoted(label));
            let problem = TextProblem::new(Kind::HostUnderscore, at..at + 1, message)
                .help("host names are made of letters, digits and hyphens");
            let inner = at > start && at + 1 < end;
            if inner { problem.fix("-") } else { problem.fix("") }
        }
        c if !c.is_ascii() => not_ascii(text, start, nth),
        c => {
            let message = format!("the {word} label of a host name holds {}", quoted_char(c));
            TextProblem::new(Kind::HostCharacter, char_range(text, at), message)
                .help("host names are made of letters, digits and hyphens, with dots between the labels")
        }
    }
}

/// A url, a path or a port around the host.
fn url_like(text: &str, at: usize) -> Option<TextProblem> {
    let all = 0..text.len();
    let rest = part(text, at, text.len());
    if text.parse::<Ipv6Addr>().is_ok() || is_bracketed_v6(text) {
        let message = format!("an IPv6 address, {}, is no host name", quoted(text));
        return Some(
            TextProblem::new(Kind::HostIpv6, all, message)
                .help("give the address a name, or write it in a url in brackets, as in `http://[::1]:8080`"),
        );
    }
    if let Some((_, after)) = text.split_once("://").filter(|(scheme, _)| scheme.len() == at) {
        let authority = after.split(['/', '?', '#']).next().unwrap_or_default();
        let name = authority.rsplit('@').next().unwrap_or_default();
        let name = name.split(':').next().unwrap_or_default();
        let message = "a host name stands alone, without the scheme and path of a url";
        let (range, fix) = if name.len() == after.len() { (0..at + 3, "") } else { (all, name) };
        let problem = TextProblem::new(Kind::HostUrl, range, message);
        return Some(if check(name).is_ok() { problem.fix(fix) } else { problem });
    }
    if at == 0 {
        return None;
    }
    match rest.bytes().next()? {
        b':' => {
            let digits = rest.len() > 1 && rest.bytes().skip(1).all(|b| b.is_ascii_digit());
            let message = format!("a host name stands without a port, {}", quoted(rest));
            digits.then(|| TextProblem::new(Kind::HostPort, at..text.len(), message).fix(""))
        }
        b'/' | b'?' | b'#' => {
            let message = format!("a host name ends before the path of a url, {}", quoted(rest));
            Some(TextProblem::new(Kind::HostUrl, at..text.len(), message).fix(""))
        }
        _ => None,
    }
}

fn is_bracketed_v6(text: &str) -> bool {
    text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).is_some_and(|t| t.parse::<Ipv6Addr>().is_ok())
}

fn not_ascii(text: &str, start: usize, nth: usize) -> TextProblem {
    let end = start + part(text, start, text.len()).find('.').unwrap_or(text.len() - start);
    let label = part(text, start, end);
    let message = format!("the {} label of a host name, {}, has letters beyond a to z", ordinal(nth), quoted(label));
    let problem = TextProblem::new(Kind::HostNotAscii, start..end, message);
    match punycode::label(label).filter(|ascii| scan(ascii, false).is_ok()) {
        Some(ascii) => problem.help(format!("its spelling on the wire (punycode) is `{ascii}`")).fix(ascii),
        None => problem.help("write the name in its punycode spelling, `xn--…`"),
    }
}
