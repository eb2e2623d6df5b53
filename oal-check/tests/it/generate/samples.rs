//! Texts: ordinary ones, those of each checked type, those that match a pattern.

use super::choices::Choices;
use oal_check::text::TextType;
use regex_syntax::hir::{Class, Hir, HirKind};

const WORDS: &[&str] = &["a", "web", "shop", "eu-west", "B2", "x y", "0", "127", "true"];
const SIGNS: &[&str] =
    &["\"", "\\", "$", "${", "}", "{", "\n", "\t", "é", "☃", "'", "//", ": ", ",", "\u{1f600}", "\\n", "$$"];

/// Any text.
pub(crate) fn words(c: &mut Choices<'_>) -> String {
    let mut text = String::new();
    for _ in 0..=c.below(3) {
        text.push_str(c.of(WORDS));
        if c.once_in(6) {
            text.push_str(c.of(SIGNS));
        }
    }
    text
}

/// A character of any text.
pub(crate) fn character(c: &mut Choices<'_>) -> char {
    ['a', 'b', 'Z', '7', ' ', '-', 'é', '"', '$'][c.below(9)]
}

/// A key of a map whose keys are any text.
pub(crate) fn key(c: &mut Choices<'_>) -> String {
    let word = c.of(&["team", "tier", "com.example/tier", "A_B", "x1", "match", "if", "a b", "é", "type", "-", "1"]);
    if c.once_in(2) { format!("{word}{}", c.below(10)) } else { word.to_owned() }
}

/// The name of an environment variable.
pub(crate) fn variable(serial: usize, c: &mut Choices<'_>) -> String {
    match c.below(6) {
        5 => format!("lower_{serial}"),
        4 => format!("Mixed{serial}"),
        _ => format!("{}_{serial}", c.of(&["LOG_LEVEL", "PORT", "X", "DATABASE_URL"])),
    }
}

/// A text of a checked type; different serials give different hosts.
pub(crate) fn checked(ty: TextType, serial: usize, c: &mut Choices<'_>) -> String {
    match ty {
        TextType::Host => {
            format!("{}{serial}.{}", c.of(&["shop", "a-b", "x"]), c.of(&["example.com", "example.org", "localhost"]))
        }
        TextType::Url => {
            let path = c.of(&["", "/", "/v1", "/a/b?x=1&y=%20", "/#top"]);
            let port = c.of(&["", ":8080"]);
            format!("{}://h{serial}.example.com{port}{path}", c.of(&["https", "http", "postgres"]))
        }
        TextType::HttpPath => {
            let tail = if c.once_in(2) { format!("/{serial}") } else { String::new() };
            format!("{}{tail}", c.of(&["/healthz", "/api/v1", "/a-b/c_d", "/%20"]))
        }
        TextType::FilePath => format!("{}{serial}", c.of(&["/data/", "./lib/", "a/b/c", "/etc/x.d/", "../up/"])),
        TextType::Image => {
            let digest = "@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
            let tail = c.of(&[":1.27", ":2.4.1-alpine", "", digest]);
            format!("{}{tail}", c.of(&["nginx", "ghcr.io/acme/api", "localhost:5000/x/y", "docker.io/library/redis"]))
        }
        TextType::Cron => {
            c.of(&["0 3 * * *", "30 4 1 * *", "0 0 * * 1", "15 2 1,15 * *", "0 6 * * mon-fri"]).to_owned()
        }
        TextType::Regex => c.of(&["^[a-z]+$", "[0-9]{3}", "a|b", "^sk_.*"]).to_owned(),
        TextType::Email => format!("team{serial}@example.com"),
        TextType::EnvName => variable(serial, c),
        TextType::Digest => "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned(),
        TextType::IpAddr => match c.below(3) {
            0 => format!("10.0.{}.{}", serial / 250 % 250, serial % 250 + 1),
            1 => format!("2001:db8::{:x}", serial % 0xffff + 1),
            _ => "127.0.0.1".to_owned(),
        },
    }
}

/// A text that matches a pattern.
pub(crate) fn matching(pattern: &str, c: &mut Choices<'_>) -> String {
    let hir = regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(true)
        .build()
        .parse(pattern)
        .expect("a pattern of a type");
    for _ in 0..4 {
        let mut text = String::new();
        sample(&hir, c, &mut text);
        if oal_check::text::regex::matches(pattern, &text) == Ok(true) {
            return text;
        }
    }
    let mut text = String::new();
    sample(&hir, &mut Choices::new(&[]), &mut text);
    text
}

fn sample(hir: &Hir, c: &mut Choices<'_>, text: &mut String) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.push(character_of(class, c)),
        HirKind::Repetition(repetition) => {
            let more = repetition.max.map_or(3, |max| (max - repetition.min).min(3));
            let count = repetition.min as usize + c.below(more as usize + 1);
            for _ in 0..count {
                sample(&repetition.sub, c, text);
            }
        }
        HirKind::Capture(capture) => sample(&capture.sub, c, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| sample(part, c, text)),
        HirKind::Alternation(parts) => {
            let at = c.below(parts.len());
            sample(&parts[at], c, text);
        }
    }
}

fn character_of(class: &Class, c: &mut Choices<'_>) -> char {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class.iter().map(|range| (range.start() as u32, range.end() as u32)).collect(),
        Class::Bytes(class) => class.iter().map(|range| (range.start().into(), range.end().into())).collect(),
    };
    // Printable characters, if there are any.
    let printable: Vec<(u32, u32)> = ranges
        .iter()
        .map(|(low, high)| ((*low).max(0x20), (*high).min(0x7e)))
        .filter(|(low, high)| low <= high)
        .collect();
    let ranges = if printable.is_empty() { ranges } else { printable };
    let (low, high) = ranges[c.below(ranges.len())];
    let at = low + u32::try_from(c.below((high - low + 1) as usize)).unwrap_or(0);
    char::from_u32(at).unwrap_or('a')
}
