//! Image references, by the grammar of the distribution project (`reference/reference.go`):
//! `[registry[:port]/]repository[:tag][@digest]`, a repository of at most 255 bytes, a tag of at most 128.
//!
//! One deviation: a first part with capital letters and neither dot nor port (`Acme/api`) would be a registry there;
//! nobody means that, so it is refused as a repository with capital letters.

use std::fmt;

use super::problem::{ProblemKind as Kind, TextProblem, char_range, ordinal, part, quoted, quoted_at, quoted_char};
use super::{digest, host, stray};

const NOUN: &str = "an image";
const REPOSITORY_MOST: usize = 255;
const TAG_MOST: usize = 128;

/// The parts of an image reference. Printed, it is the text it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ImageRef<'a> {
    /// Host and perhaps port, as written: `ghcr.io`, `localhost:5000`. `None` means Docker Hub.
    pub registry: Option<&'a str>,
    /// Path inside the registry: `acme/api`.
    pub repository: &'a str,
    /// Text after the colon: `1.27-alpine`.
    pub tag: Option<&'a str>,
    /// Algorithm and hexadecimal digits: `sha256:…`.
    pub digest: Option<&'a str>,
}

impl<'a> ImageRef<'a> {
    /// Whether the reference can only ever mean one image.
    #[must_use]
    pub const fn is_pinned(&self) -> bool {
        self.digest.is_some()
    }

    /// Whether what it means changes with every push: no digest, and no tag or the tag `latest`.
    #[must_use]
    pub fn is_floating(&self) -> bool {
        self.digest.is_none() && self.tag.is_none_or(|tag| tag == "latest")
    }

    /// The registry that will be asked, with Docker Hub by name.
    #[must_use]
    pub fn registry_host(&self) -> &'a str {
        self.registry.unwrap_or("docker.io")
    }

    /// The last part of the repository: `api` of `acme/api`.
    #[must_use]
    pub fn short_name(&self) -> &'a str {
        self.repository.rsplit('/').next().unwrap_or(self.repository)
    }
}

impl fmt::Display for ImageRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(registry) = self.registry {
            write!(f, "{registry}/")?;
        }
        f.write_str(self.repository)?;
        if let Some(tag) = self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

/// Checks an image reference.
///
/// # Errors
/// The first part that breaks the grammar.
pub fn check(text: &str) -> Result<(), TextProblem> {
    parse(text).map(drop)
}

/// Takes an image reference apart, without copying.
///
/// # Errors
/// As [`check`].
pub fn parse(text: &str) -> Result<ImageRef<'_>, TextProblem> {
    if text.is_empty() {
        return Err(stray::empty(NOUN));
    }
    let marks = Marks::of(text)?;
    let end = marks.at_sign.unwrap_or(text.len());
    let digest = marks.at_sign.map(|at| part(text, at + 1, text.len()));
    let named = part(text, 0, end);
    let name = part(text, 0, marks.colon.unwrap_or(end));
    let tag = marks.colon.map(|at| part(text, at + 1, end));
    let (registry, repository) = split_registry(name, marks.first_slash);
    if let Some(registry) = registry {
        check_registry(text, registry)?;
    }
    check_repository(text, name.len() - repository.len(), repository)?;
    if let Some(tag) = tag {
        check_tag(text, name.len(), tag)?;
    }
    if let Some(digest) = digest {
        check_digest(text, named.len(), digest)?;
    }
    Ok(ImageRef { registry, repository, tag, digest })
}

/// The first part is a registry where it cannot be a part of a repository: it has a dot or a port, or is `localhost`.
fn split_registry(name: &str, slash: Option<usize>) -> (Option<&str>, &str) {
    let Some(slash) = slash else { return (None, name) };
    let first = part(name, 0, slash);
    if first == "localhost" || first.bytes().any(|b| b == b'.' || b == b':') {
        (Some(first), part(name, slash + 1, name.len()))
    } else {
        (None, name)
    }
}

/// Where the parts of a reference meet.
#[derive(Debug, Default)]
struct Marks {
    first_slash: Option<usize>,
    /// The first colon after the last slash.
    colon: Option<usize>,
    at_sign: Option<usize>,
}

impl Marks {
    /// One walk over the text, up to its digest.
    fn of(text: &str) -> Result<Self, TextProblem> {
        let mut marks = Self::default();
        for (at, byte) in text.bytes().enumerate() {
            match byte {
                b'/' => {
                    if marks.colon.is_some_and(|colon| colon + 1 == at) && part(text, at, at + 2) == "//" {
                        return Err(with_scheme(text, at - 1));
                    }
                    marks.first_slash = marks.first_slash.or(Some(at));
                    marks.colon = None;
                }
                b':' => marks.colon = marks.colon.or(Some(at)),
                b'@' => {
                    marks.at_sign = Some(at);
                    break;
                }
                _ => {}
            }
        }
        Ok(marks)
    }
}

fn with_scheme(text: &str, at: usize) -> TextProblem {
    let end = at + 3;
    let rest = part(text, end, text.len());
    let message = format!("an image starts with its registry or repository, without {}", quoted(part(text, 0, end)));
    let problem = TextProblem::new(Kind::ImageScheme, 0..end, message);
    if rest.is_empty() { problem } else { problem.fix("") }
}

fn check_registry(text: &str, registry: &str) -> Result<(), TextProblem> {
    let bracket = registry.rfind(']').map_or(0, |at| at + 1);
    let name_len = part(registry, bracket, registry.len()).find(':').map_or(registry.len(), |at| bracket + at);
    let name = part(registry, 0, name_len);
    if name.starts_with('[') {
        let inner = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
        if inner.is_none_or(|ip| ip.parse::<std::net::Ipv6Addr>().is_err()) {
            let message = format!("brackets in the registry of an image hold an IPv6 address, not {}", quoted(name));
            return Err(TextProblem::new(Kind::ImageRegistry, 0..name_len, message));
        }
    } else if let Err(problem) = host::check(name) {
        return Err(bad_registry(text, name, problem));
    }
    if name_len == registry.len() {
        return Ok(());
    }
    let port = part(registry, name_len + 1, registry.len());
    if port.parse::<u16>().is_ok_and(|port| port > 0) && port.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    // `nginx:1.27/alpine`: a tag before a slash reads as a port
    let message = if port.is_empty() {
        "the port of an image's registry is missing after the colon".to_owned()
    } else {
        format!("the port of an image's registry goes from 1 to 65535, not {}", quoted(port))
    };
    let problem = TextProblem::new(Kind::ImageRegistry, name_len..registry.len(), message);
    Err(if name.contains('.') { problem } else { problem.help("a tag stands at the end, after the last `/`") })
}

fn bad_registry(text: &str, name: &str, problem: TextProblem) -> TextProblem {
    if matches!(problem.kind, Kind::Empty) {
        let message = "an image starts with its registry or repository, not with a colon";
        return TextProblem::new(Kind::ImageRegistry, 0..1, message);
    }
    if name.starts_with('.') && text.starts_with(['.', '/']) {
        let message = "an image is a name in a registry, not a file path";
        return TextProblem::new(Kind::ImageRegistry, 0..name.len(), message)
            .help("to build the image from a directory, use `build: { context: … }`");
    }
    match problem.kind {
        Kind::Padding | Kind::Invisible | Kind::LookAlike => {
            stray::explain(text, problem.range.start as usize, NOUN).unwrap_or(problem)
        }
        _ => TextProblem { kind: Kind::ImageRegistry, ..problem },
    }
}

/// Parts of lower-case letters and digits, joined by `.`, `_`, `__` or hyphens, between slashes.
fn check_repository(text: &str, from: usize, repository: &str) -> Result<(), TextProblem> {
    let mut start = from;
    for (nth, component) in repository.split('/').enumerate() {
        check_component(text, start, component, nth + 1)?;
        start += component.len() + 1;
    }
    if repository.len() > REPOSITORY_MOST {
        let message =
            format!("the repository of an image has at most {REPOSITORY_MOST} bytes, not {}", repository.len());
        return Err(TextProblem::new(Kind::ImageTooLong, from..from + repository.len(), message));
    }
    if from == 0 && repository.len() == 64 && repository.bytes().all(|b| b.is_ascii_hexdigit()) {
        let message = "an image is named by its repository, not by its id";
        return Err(TextProblem::new(Kind::ImageName, 0..64, message)
            .help("a digest stands after a repository, as in `acme/api@sha256:…`"));
    }
    Ok(())
}

fn check_component(text: &str, from: usize, component: &str, nth: usize) -> Result<(), TextProblem> {
    if component.is_empty() {
        return Err(empty_component(text, from, nth));
    }
    let mut separator = 0;
    for (at, byte) in component.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => separator = at + 1,
            b'.' | b'_' | b'-' => {
                let run = part(component, separator, at + 1);
                let allowed = separator > 0 && (run.len() == 1 || run == "__" || run.bytes().all(|b| b == b'-'));
                // `_` then something else may still become `__`; `..` and `._` never become right
                if !allowed {
                    return Err(bad_separator(from + separator, from, component, nth));
                }
            }
            _ => return Err(bad_component(text, from, at, component, nth)),
        }
    }
    if separator < component.len() {
        return Err(bad_separator(from + separator, from, component, nth));
    }
    Ok(())
}

fn empty_component(text: &str, from: usize, nth: usize) -> TextProblem {
    let (range, message) = match from {
        _ if text.starts_with('/') && from < 2 => {
            (0..1, "an image starts with its registry or repository, not with `/`")
        }
        _ if from < text.len() && part(text, from, from + 1) == "/" => {
            (from..from + 1, "the repository of an image has no empty part between two `/`")
        }
        0 => (0..1, "an image has a repository before its tag or digest"),
        _ => (from - 1..from, "the repository of an image ends with a name, not with `/`"),
    };
    let problem = TextProblem::new(Kind::ImageName, range, message);
    // without the rest, a registry would pass as a repository
    if nth == 1 && !text.starts_with('/') { problem } else { problem.fix("") }
}

/// A run of separators at `at` that is too long, mixed, or stands at an end.
fn bad_separator(at: usize, from: usize, component: &str, nth: usize) -> TextProblem {
    let rest = part(component, at - from, component.len());
    let run = rest.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let shown = quoted(part(rest, 0, run));
    let word = ordinal(nth);
    let range = at..at + run;
    if at == from {
        let message =
            format!("the {word} part of an image's repository starts with a letter or digit, not with {shown}");
        return TextProblem::new(Kind::ImageName, range, message).fix("");
    }
    if run == rest.len() {
        let message = format!("the {word} part of an image's repository ends with a letter or digit, not with {shown}");
        return TextProblem::new(Kind::ImageName, range, message).fix("");
    }
    let message = format!("the {word} part of an image's repository joins its words by {shown}");
    TextProblem::new(Kind::ImageName, range, message)
        .help("words are joined by one `.`, one or two `_`, or hyphens")
        .fix("-")
}

fn bad_component(text: &str, from: usize, at: usize, component: &str, nth: usize) -> TextProblem {
    let place = from + at;
    let range = char_range(text, place);
    if let Some(problem) = stray::explain(text, place, NOUN) {
        return problem;
    }
    let c = part(text, range.start, range.end).chars().next().unwrap_or_default();
    let word = ordinal(nth);
    let shown = quoted(component);
    if c.is_ascii_uppercase() {
        let message = format!("the {word} part of an image's repository, {shown}, holds a capital letter");
        return TextProblem::new(Kind::ImageUpperCase, from..from + component.len(), message)
            .fix(component.to_ascii_lowercase());
    }
    let message = format!("the {word} part of an image's repository, {shown}, holds {}", quoted_char(c));
    TextProblem::new(Kind::ImageName, range, message)
        .help("a repository is made of lower-case letters, digits, `.`, `_`, `-` and `/`")
}

fn check_tag(text: &str, colon: usize, tag: &str) -> Result<(), TextProblem> {
    let from = colon + 1;
    if tag.is_empty() {
        let message = "the tag of an image is missing after the colon";
        return Err(TextProblem::new(Kind::ImageTag, colon..from, message).fix(""));
    }
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if let Some(at) = tag.bytes().position(|b| !word(b) && b != b'.' && b != b'-') {
        let place = from + at;
        if let Some(problem) = stray::explain(text, place, NOUN) {
            return Err(problem);
        }
        let range = char_range(text, place);
        let shown = quoted_at(text, place);
        let message = format!("the tag of an image, {}, holds {shown}", quoted(tag));
        let problem =
            TextProblem::new(Kind::ImageTag, range, message).help("a tag is made of letters, digits, `_`, `.` and `-`");
        // build metadata of a semantic version
        return Err(if shown == "`+`" { problem.fix("-") } else { problem });
    }
    if tag.starts_with(['.', '-']) {
        let message = format!("the tag of an image, {}, starts with a letter, a digit or `_`", quoted(tag));
        return Err(TextProblem::new(Kind::ImageTag, from..from + 1, message).fix(""));
    }
    if tag.len() > TAG_MOST {
        let message = format!("the tag of an image has at most {TAG_MOST} bytes, not {}", tag.len());
        return Err(TextProblem::new(Kind::ImageTag, from..from + tag.len(), message));
    }
    Ok(())
}

fn check_digest(text: &str, at_sign: usize, digest: &str) -> Result<(), TextProblem> {
    let from = at_sign + 1;
    if digest.is_empty() {
        let message = "the digest of an image is missing after `@`";
        return Err(TextProblem::new(Kind::ImageDigest, at_sign..from, message).fix(""));
    }
    if digest.strip_prefix("sha512:").is_some_and(|hex| hex.len() == 128 && hex.bytes().all(digest::is_hex)) {
        return Ok(());
    }
    digest::check(digest).map_err(|problem| {
        let problem = problem.shifted(from);
        match problem.kind {
            Kind::Padding | Kind::Invisible | Kind::LookAlike => {
                stray::explain(text, problem.range.start as usize, NOUN).unwrap_or(problem)
            }
            Kind::DigestAlgorithm if problem.fix.is_none() && !digest.contains(':') => {
                TextProblem { kind: Kind::ImageDigest, ..problem }
                    .help("a tag stands after a colon, as in `nginx:1.27`")
            }
            _ => TextProblem { kind: Kind::ImageDigest, ..problem },
        }
    })
}
