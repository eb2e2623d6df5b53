//! IP addresses: dotted decimal IPv4 without leading zeros (RFC 6943 section 3.1.1) and IPv6 (RFC 4291 section 2.2).
//! The standard library decides; what stands here finds the part it refused.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::problem::{ProblemKind as Kind, TextProblem, char_range, ordinal, part, quoted};
use super::stray;

const NOUN: &str = "an IP address";

/// Checks an IPv4 or IPv6 address: no port, no prefix length, no zone, no brackets.
///
/// # Errors
/// The part that makes the text no address.
pub fn check(text: &str) -> Result<(), TextProblem> {
    if text.parse::<IpAddr>().is_ok() { Ok(()) } else { Err(explain(text)) }
}

fn explain(text: &str) -> TextProblem {
    if text.is_empty() {
        return stray::empty(NOUN);
    }
    let odd = text.bytes().position(|b| !b.is_ascii_graphic());
    if let Some(problem) = odd.and_then(|at| stray::explain(text, at, NOUN)) {
        return problem;
    }
    if let Some(problem) = surrounded(text) {
        return problem;
    }
    let v6 = text.contains(':');
    let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if digits && let Err(problem) = check_v4(text) {
        return problem;
    }
    if v6 && let Err(problem) = check_v6(text) {
        return problem;
    }
    TextProblem::new(Kind::IpSyntax, 0..text.len(), format!("an IP address is made of numbers, not {}", quoted(text)))
        .help("four numbers with dots, as in `10.0.0.7`, or hexadecimal groups with colons, as in `fd00::7`")
}

/// A whole address with something around it.
fn surrounded(text: &str) -> Option<TextProblem> {
    let address = |t: &str| t.parse::<IpAddr>().is_ok();
    if let Some((ip, prefix)) = text.split_once('/').filter(|(ip, _)| address(ip)) {
        let message = format!("an IP address has no prefix length, {}", quoted(&format!("/{prefix}")));
        return Some(TextProblem::new(Kind::IpPrefix, ip.len()..text.len(), message).fix(""));
    }
    if let Some((ip, zone)) = text.split_once('%').filter(|(ip, _)| address(ip)) {
        let message = format!("an IP address has no zone, {}", quoted(&format!("%{zone}")));
        return Some(TextProblem::new(Kind::IpExtra, ip.len()..text.len(), message).fix(""));
    }
    if let Some((ip, port)) = text.split_once(':').filter(|(ip, _)| ip.parse::<Ipv4Addr>().is_ok()) {
        let message = format!("an IP address has no port, {}", quoted(&format!(":{port}")));
        return Some(TextProblem::new(Kind::IpExtra, ip.len()..text.len(), message).fix(""));
    }
    let inner = text.strip_prefix('[')?.split(']').next()?;
    inner.parse::<Ipv6Addr>().ok()?;
    let message = "an IP address stands without brackets and port";
    Some(TextProblem::new(Kind::IpExtra, 0..text.len(), message).fix(inner))
}

/// Four numbers from 0 to 255.
pub(super) fn check_v4(text: &str) -> Result<(), TextProblem> {
    let mut start = 0;
    let mut count = 0;
    for number in text.split('.') {
        count += 1;
        let (range, word) = (start..start + number.len(), ordinal(count));
        start = range.end + 1;
        if count > 4 {
            let message = "an IPv4 address has four numbers, this has more";
            return Err(TextProblem::new(Kind::IpParts, range.start.saturating_sub(1)..text.len(), message).fix(""));
        }
        if number.is_empty() {
            let dot = range.start.min(text.len().saturating_sub(1));
            let message = format!("the {word} number of an IPv4 address is missing");
            return Err(TextProblem::new(Kind::IpPart, dot..text.len().min(dot + 1), message));
        }
        if let Some(at) = number.bytes().position(|b| !b.is_ascii_digit()) {
            let message = format!("the {word} number of an IPv4 address, {}, is not made of digits", quoted(number));
            let bad = char_range(text, range.start + at);
            return Err(TextProblem::new(Kind::IpPart, bad, message));
        }
        let value = number.trim_start_matches('0');
        if number.len() > 1 && number.starts_with('0') {
            let message = format!("the {word} number of an IPv4 address, {}, starts with a zero", quoted(number));
            return Err(TextProblem::new(Kind::IpPart, range, message)
                .help("some programs read such a number as octal")
                .fix(if value.is_empty() { "0" } else { value }));
        }
        if number.parse::<u8>().is_err() {
            let message = format!("the {word} number of an IPv4 address goes from 0 to 255, not {}", quoted(number));
            return Err(TextProblem::new(Kind::IpPart, range, message));
        }
    }
    if count < 4 {
        let message = format!("an IPv4 address has four numbers, this has {count}");
        return Err(TextProblem::new(Kind::IpParts, 0..text.len(), message));
    }
    Ok(())
}

/// Eight groups of up to four hexadecimal digits, one run of zeros as `::`, perhaps IPv4 at the end.
fn check_v6(text: &str) -> Result<(), TextProblem> {
    if let Some(at) = text.find(":::") {
        let message = "a run of zeros in an IPv6 address is written `::`";
        let end = at + part(text, at, text.len()).bytes().take_while(|b| *b == b':').count();
        return Err(TextProblem::new(Kind::IpPart, at..end, message).fix("::"));
    }
    if let Some((first, second)) = text.find("::").zip(text.rfind("::")).filter(|(a, b)| a != b) {
        let message = "an IPv6 address has `::` only once";
        debug_assert!(first < second);
        return Err(TextProblem::new(Kind::IpPart, second..second + 2, message));
    }
    let mut start = 0;
    let mut count = 0;
    for group in text.split(':') {
        let range = start..start + group.len();
        start = range.end + 1;
        count += usize::from(!group.is_empty());
        if group.contains('.') {
            check_v4(group).map_err(|problem| problem.shifted(range.start))?;
            count += 1;
            continue;
        }
        if let Some(at) = group.bytes().position(|b| !b.is_ascii_hexdigit()) {
            let message = format!("a group of an IPv6 address, {}, holds more than hexadecimal digits", quoted(group));
            return Err(TextProblem::new(Kind::IpPart, char_range(text, range.start + at), message));
        }
        if group.len() > 4 {
            let message = format!("a group of an IPv6 address has at most four digits, not {}", quoted(group));
            return Err(TextProblem::new(Kind::IpPart, range, message));
        }
    }
    let message = if text.contains("::") {
        format!("an IPv6 address with `::` has at most seven groups, this has {count}")
    } else {
        format!("an IPv6 address has eight groups, this has {count}")
    };
    Err(TextProblem::new(Kind::IpParts, 0..text.len(), message))
}
