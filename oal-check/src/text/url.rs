//! Absolute urls (RFC 3986 section 3): scheme, authority, path, query, fragment. Hosts are held to the rules of
//! host names, ports to 1–65535. Schemes other than those of the web may name several hosts, as the drivers of
//! databases and brokers do, or none (a socket on the same machine).

use std::net::Ipv6Addr;

use super::problem::{ProblemKind as Kind, TextProblem, part, quoted};
use super::{host, stray, uri};

const NOUN: &str = "a url";

/// Schemes whose urls have no `//`.
const OPAQUE: [&str; 10] = ["about", "arn", "cid", "data", "did", "mailto", "sip", "sips", "tel", "urn"];

/// Prefixes around a url of another scheme, as Java and Rust drivers write them.
const WRAPPING: [&str; 4] = ["jdbc", "jar", "view-source", "sqlite"];

/// Checks an absolute url.
///
/// # Errors
/// The first part that breaks a rule. Problems of the host have the kinds of host names.
pub fn check(text: &str) -> Result<(), TextProblem> {
    let scheme_len = scheme(text)?;
    let scheme = part(text, 0, scheme_len);
    let after = scheme_len + 1;
    let rest = part(text, after, text.len());
    let Some(hierarchical) = rest.strip_prefix("//") else {
        if rest.is_empty() {
            let message = format!("a url does not end with its scheme, {}", quoted(text));
            return Err(TextProblem::new(Kind::UrlHost, 0..text.len(), message));
        }
        if known(&WRAPPING, scheme) || known(&OPAQUE, scheme) {
            return path(text, after);
        }
        return Err(no_slashes(text, scheme, after));
    };
    let from = after + 2;
    let to = from + hierarchical.bytes().position(|b| matches!(b, b'/' | b'?' | b'#')).unwrap_or(hierarchical.len());
    authority(text, scheme, from, to)?;
    path(text, to)
}

fn known(schemes: &[&str], scheme: &str) -> bool {
    schemes.iter().any(|known| known.eq_ignore_ascii_case(scheme))
}

/// Whether the scheme is one of the web's, where exactly one host must stand.
fn is_web(scheme: &str) -> bool {
    known(&["http", "https", "ws", "wss", "ftp"], scheme)
}

/// The user part of a valid url, up to the `@`: what logs must not show.
#[must_use]
pub fn userinfo(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once('@').map(|(user, _)| user)
}

/// Length of the scheme (RFC 3986 section 3.1), which a colon must follow.
fn scheme(text: &str) -> Result<usize, TextProblem> {
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b':' if at > 0 => return if looks_like_port(text, at) { Err(no_scheme(text)) } else { Ok(at) },
            b'a'..=b'z' | b'A'..=b'Z' => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            _ => return Err(stray::explain(text, at, NOUN).unwrap_or_else(|| no_scheme(text))),
        }
    }
    if text.is_empty() { Err(stray::empty(NOUN)) } else { Err(no_scheme(text)) }
}

/// `localhost:8080` has the shape of a scheme and a path, but nobody means that.
fn looks_like_port(text: &str, colon: usize) -> bool {
    let scheme = part(text, 0, colon);
    let rest = part(text, colon + 1, text.len());
    let port = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && !known(&OPAQUE, scheme)
}

fn no_scheme(text: &str) -> TextProblem {
    let message = format!("a url starts with its scheme, as in `https://…`, not with {}", quoted(text));
    let problem = TextProblem::new(Kind::UrlScheme, 0..text.len(), message);
    let local = text.starts_with("localhost") || text.starts_with("127.") || !text.contains('.');
    let guess = match () {
        () if text.starts_with("//") => format!("https:{text}"),
        () if text.starts_with("://") => format!("https{text}"),
        () if local => format!("http://{text}"),
        () => format!("https://{text}"),
    };
    if !text.starts_with(['.', '#', '?']) && !is_path(text) && check(&guess).is_ok() {
        return problem.fix(guess);
    }
    problem
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("//")
}

fn no_slashes(text: &str, scheme: &str, after: usize) -> TextProblem {
    let rest = part(text, after, text.len());
    let slashes = rest.bytes().take_while(|b| matches!(b, b'/' | b'\\')).count();
    let message = format!("a url has `//` after its scheme, as in {}", quoted(&format!("{scheme}://…")));
    let problem = TextProblem::new(Kind::UrlSlashes, after - 1..after + slashes, message);
    let guess = [scheme, "://", part(rest, slashes, rest.len())].concat();
    if check(&guess).is_ok() { problem.fix("://") } else { problem }
}

fn authority(text: &str, scheme: &str, from: usize, to: usize) -> Result<(), TextProblem> {
    let whole = part(text, from, to);
    let hosts = match whole.rfind('@') {
        Some(at) => {
            match uri::scan(text, from, from + at, uri::is_userinfo) {
                Ok(()) => {}
                Err(uri::Stop::Escape(at)) => return Err(uri::bad_escape(Kind::UrlEscape, text, at, NOUN)),
                Err(uri::Stop::Character(at)) => {
                    return Err(uri::bad_character(Kind::UrlCharacter, text, at, NOUN, "the user part of a url"));
                }
            }
            from + at + 1
        }
        None => from,
    };
    if is_web(scheme) {
        return host_and_port(text, scheme, hosts, to);
    }
    if hosts == to {
        return Ok(());
    }
    let mut start = hosts;
    for one in part(text, hosts, to).split(',') {
        host_and_port(text, scheme, start, start + one.len())?;
        start += one.len() + 1;
    }
    Ok(())
}

fn host_and_port(text: &str, scheme: &str, from: usize, to: usize) -> Result<(), TextProblem> {
    let whole = part(text, from, to);
    let host_len =
        if whole.starts_with('[') { brackets(text, from, to)? } else { whole.find(':').unwrap_or(whole.len()) };
    if host_len == 0 {
        let message = format!("a url names a host after {}", quoted(&format!("{scheme}://")));
        return Err(TextProblem::new(Kind::UrlHost, 0..from, message));
    }
    let name = part(whole, 0, host_len);
    if !whole.starts_with('[') {
        host_name(text, scheme, name, from)?;
    }
    match part(whole, host_len, whole.len()).strip_prefix(':') {
        Some(digits) => port(digits, from + host_len),
        None => Ok(()),
    }
}

fn host_name(text: &str, scheme: &str, name: &str, from: usize) -> Result<(), TextProblem> {
    // the path of a socket as host: `postgres://%2Frun%2Fpostgresql/shop`
    if name.contains('%') && !is_web(scheme) {
        return match uri::scan(text, from, from + name.len(), |b| uri::is_unreserved(b) || uri::is_sub_delim(b)) {
            Ok(()) => Ok(()),
            Err(uri::Stop::Escape(at)) => Err(uri::bad_escape(Kind::UrlEscape, text, at, NOUN)),
            Err(uri::Stop::Character(at)) => {
                Err(uri::bad_character(Kind::UrlCharacter, text, at, NOUN, "the host of a url"))
            }
        };
    }
    host::check_in_url(name).map_err(|problem| {
        let problem = problem.shifted(from);
        // white space and the like at the end of the host may be at the end of the text
        let at = problem.range.start as usize;
        match problem.kind {
            Kind::Padding => stray::explain(text, at, NOUN).unwrap_or(problem),
            _ => problem,
        }
    })
}

/// `[` IPv6 `]` (RFC 3986 section 3.2.2); the length with both brackets.
fn brackets(text: &str, from: usize, to: usize) -> Result<usize, TextProblem> {
    let whole = part(text, from, to);
    let Some(close) = whole.find(']') else {
        let message = "the bracket before an IPv6 address in a url is never closed";
        return Err(TextProblem::new(Kind::UrlHost, from..from + 1, message));
    };
    let address = part(whole, 1, close);
    if address.parse::<Ipv6Addr>().is_err() {
        if address.contains(':')
            && let Err(problem) = super::ip::check(address)
        {
            return Err(TextProblem { kind: Kind::UrlHost, ..problem.shifted(from + 1) });
        }
        let message = format!("brackets in a url hold an IPv6 address, not {}", quoted(address));
        return Err(TextProblem::new(Kind::UrlHost, from..from + close + 1, message));
    }
    let next = part(whole, close + 1, whole.len());
    if !next.is_empty() && !next.starts_with(':') {
        let message = format!("after the bracketed host of a url stands a port or a path, not {}", quoted(next));
        return Err(TextProblem::new(Kind::UrlHost, from + close + 1..to, message));
    }
    Ok(close + 1)
}

/// The digits after the colon at `colon`.
fn port(digits: &str, colon: usize) -> Result<(), TextProblem> {
    let end = colon + 1 + digits.len();
    if digits.is_empty() {
        let message = "the port of a url is missing after the colon";
        return Err(TextProblem::new(Kind::UrlPort, colon..end, message).fix(""));
    }
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        let message = format!("the port of a url is a number, not {}", quoted(digits));
        return Err(TextProblem::new(Kind::UrlPort, colon + 1..end, message));
    }
    if !digits.parse::<u16>().is_ok_and(|port| port > 0) {
        let message = format!("the port of a url goes from 1 to 65535, not {}", quoted(digits));
        return Err(TextProblem::new(Kind::UrlPort, colon + 1..end, message));
    }
    Ok(())
}

/// Path, query and fragment.
fn path(text: &str, from: usize) -> Result<(), TextProblem> {
    let rest = part(text, from, text.len());
    let query = from + rest.bytes().position(|b| matches!(b, b'?' | b'#')).unwrap_or(rest.len());
    let fragment = query + part(text, query, text.len()).bytes().position(|b| b == b'#').unwrap_or(text.len() - query);
    component(text, from, query, uri::is_path, "the path of a url")?;
    component(text, query, fragment, uri::is_query, "the query of a url")?;
    component(text, fragment + 1, text.len(), uri::is_query, "the fragment of a url")
}

fn component(text: &str, from: usize, to: usize, allowed: fn(u8) -> bool, place: &str) -> Result<(), TextProblem> {
    uri::scan(text, from, to, allowed).map_err(|stop| match stop {
        uri::Stop::Escape(at) => uri::bad_escape(Kind::UrlEscape, text, at, NOUN),
        uri::Stop::Character(at) => uri::bad_character(Kind::UrlCharacter, text, at, NOUN, place),
    })
}
