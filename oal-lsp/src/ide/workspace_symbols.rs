//! Names of all files by what a user types of them: its letters in order, best at the starts of words.

use oal_syntax::ast::{EntryValue, ItemKind};
use oal_syntax::{Parse, Span};

use super::document_symbols::Shape;

/// A declaration that fits what was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How well it fits; more is better.
    pub score: u32,
    /// Its name.
    pub name: String,
    /// What it is.
    pub shape: Shape,
    /// Where its name stands.
    pub span: Span,
    /// What it stands in, or its kind.
    pub container: String,
}

/// The declarations of a file whose names fit. With nothing typed all do.
pub fn matching(source: &str, parse: &Parse, typed: &str, found: &mut Vec<Found>) {
    let tree = &parse.tree;
    let mut add = |shape: Shape, span: Span, container: &str| {
        let name = span.text(source);
        if let Some(score) = score(typed, name).filter(|_| !name.is_empty()) {
            found.push(Found { score, name: name.to_owned(), shape, span, container: container.to_owned() });
        }
    };
    for id in &tree.top {
        let item = tree.item(*id);
        match item.kind {
            ItemKind::App(_) => add(Shape::App, item.name, ""),
            ItemKind::Param { .. } => add(Shape::Param, item.name, ""),
            ItemKind::Let { .. } => add(Shape::Let, item.name, ""),
            ItemKind::Type(_) => add(Shape::Type, item.name, ""),
            ItemKind::Component { of, .. } => add(Shape::Component, item.name, of.text(source)),
            ItemKind::Environment(body) | ItemKind::Kind { body, .. } => {
                let of_kind = matches!(item.kind, ItemKind::Kind { .. });
                add(if of_kind { Shape::Kind } else { Shape::Environment }, item.name, "");
                let container = item.name.text(source);
                for entry in tree.entries(body.entries) {
                    match entry.value {
                        EntryValue::Field(_) => add(Shape::Field, entry.key, container),
                        EntryValue::Output(_) => add(Shape::Output, entry.key, container),
                        EntryValue::Item(inner) => {
                            let inner = tree.item(inner);
                            if let ItemKind::Component { .. } = inner.kind {
                                add(Shape::Component, inner.name, container);
                            }
                        }
                        _ => {}
                    }
                }
            }
            ItemKind::Use { .. } | ItemKind::UseAs { .. } | ItemKind::Assert { .. } | ItemKind::Error => {}
        }
    }
}

/// How well a name fits what was typed: `None` where a letter is missing. Exact is best, then a start, then starts of words, then
/// letters that follow each other. Case and `_` in what was typed do not matter.
#[must_use]
pub fn score(typed: &str, name: &str) -> Option<u32> {
    score_by(typed, name, true).or_else(|| score_by(typed, name, false))
}

/// As [`score`], where a letter is looked for at the starts of words first, or is not.
fn score_by(typed: &str, name: &str, words_first: bool) -> Option<u32> {
    let (mut score, mut last, mut letters) = (0_u32, None::<usize>, 0_u32);
    let name_bytes = name.as_bytes();
    let mut from = 0;
    for letter in typed.bytes().filter(|letter| !matches!(letter, b'_' | b' ' | b'-')) {
        let letter = letter.to_ascii_lowercase();
        let is = |at: usize| name_bytes.get(at).is_some_and(|byte| byte.to_ascii_lowercase() == letter);
        let starts = |at: usize| {
            at == 0
                || name_bytes.get(at - 1).is_some_and(|before| matches!(before, b'_' | b'-' | b'.'))
                || name_bytes.get(at).is_some_and(u8::is_ascii_uppercase)
                    && name_bytes.get(at - 1).is_some_and(u8::is_ascii_lowercase)
        };
        let next = (from..name.len()).find(|at| is(*at))?;
        // The start of a later word is better than a letter in the middle of this one.
        let in_run = last.is_some_and(|last| next == last + 1);
        let at = if in_run || !words_first || starts(next) {
            next
        } else {
            (next..name.len()).find(|at| is(*at) && starts(*at)).unwrap_or(next)
        };
        score += if last.is_some_and(|last| at == last + 1) { 8 } else { 0 } + if starts(at) { 10 } else { 1 };
        last = Some(at);
        from = at + 1;
        letters += 1;
    }
    let length = u32::try_from(name.len()).unwrap_or(u32::MAX);
    let whole = if typed == name {
        60
    } else if letters == length {
        50
    } else {
        0
    };
    Some((score * 16 + whole * 16).saturating_sub(length.min(64)))
}
