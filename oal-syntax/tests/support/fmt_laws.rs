//! The laws of the formatter, for tests and fuzz targets. Each panics where it is broken, and says nothing about a text that is
//! not well formed, except that it is refused. Include it with `#[path = "…/support/fmt_laws.rs"] mod fmt_laws;`.

#![allow(dead_code, unreachable_pub, reason = "included by several crates, each of which takes a part")]

use oal_syntax::ast::ExprKind;
use oal_syntax::fmt::{Refused, format};
use oal_syntax::lexer::tokens;
use oal_syntax::literal::{self, Layout, Pieces};
use oal_syntax::token::TokenKind;
use oal_syntax::{Parse, Span, parse};

/// The formatted text; `None` where the text is not well formed.
pub fn formatted(source: &str) -> Option<String> {
    let parsed = parse(source);
    match format(source, &parsed) {
        Ok(new) => {
            assert!(parsed.errors.is_empty(), "formatted in spite of {:?}", parsed.errors);
            Some(new)
        }
        Err(Refused::Syntax(spans)) => {
            assert_eq!(spans.len(), parsed.errors.len());
            assert!(!spans.is_empty());
            None
        }
        Err(refused) => panic!("{refused:?} in:\n{source}"),
    }
}

/// Formatting twice is formatting once.
pub fn fmt_idempotent(source: &str) {
    if let Some(once) = formatted(source) {
        is_stable(source, &once);
    }
}

/// Formatting changes no token, no node, no comment and no place of a comment between tokens.
pub fn fmt_same_tokens(source: &str) {
    if let Some(new) = formatted(source) {
        is_same(source, &new);
        is_same_tree(source, &new);
    }
}

/// The formatted text looks as the style says, whatever it holds.
pub fn fmt_tidy(source: &str) {
    if let Some(new) = formatted(source) {
        is_tidy(&new);
    }
}

/// All laws at once, for a well formed text.
pub fn fmt_laws(source: &str) {
    let new = formatted(source).unwrap_or_else(|| panic!("not well formed: {:?}\n{source}", parse(source).errors));
    is_same(source, &new);
    is_same_tree(source, &new);
    is_tidy(&new);
    is_stable(source, &new);
}

/// All laws but the dearest, that of the tree.
pub fn fmt_quick_laws(source: &str) {
    let new = formatted(source).unwrap_or_else(|| panic!("not well formed: {:?}\n{source}", parse(source).errors));
    is_same(source, &new);
    is_tidy(&new);
    is_stable(source, &new);
}

fn is_stable(source: &str, once: &str) {
    let twice = formatted(once).unwrap_or_else(|| panic!("not well formed any more:\n{source}\n----\n{once}"));
    assert!(once == twice, "not stable:\n{source}\n---- once\n{once}\n---- twice\n{twice}");
}

fn is_same(source: &str, new: &str) {
    let (old_tokens, new_tokens) = (essential(source), essential(new));
    assert!(old_tokens == new_tokens, "tokens differ:\n{source}\n----\n{new}\n{old_tokens:?}\n{new_tokens:?}");
    let (old_comments, new_comments) = (comments(source), comments(new));
    assert!(
        old_comments == new_comments,
        "comments differ:\n{source}\n----\n{new}\n{old_comments:?}\n{new_comments:?}"
    );
}

fn is_same_tree(source: &str, new: &str) {
    let (old_parsed, new_parsed) = (parse(source), parse(new));
    let (old, new_outline) = (outline(source, &old_parsed), outline(new, &new_parsed));
    assert!(old == new_outline, "trees differ:\n{source}\n{old}\n----\n{new}");
    let (old, new_texts) = (texts(source, &old_parsed), texts(new, &new_parsed));
    assert!(old == new_texts, "texts differ:\n{source}\n----\n{new}\n{old:?}\n{new_texts:?}");
}

fn is_tidy(new: &str) {
    assert!(!new.starts_with('\u{feff}'));
    assert!(new.is_empty() || new.ends_with('\n') && !new.ends_with("\n\n"), "ends badly:\n{new:?}");
    assert!(!new.starts_with('\n'));
    if new.contains("\"\"\"") {
        return;
    }
    assert!(
        !new.contains('\r') && !new.contains("\n\n\n") && !new.contains("{\n\n") && !new.contains("[\n\n"),
        "{new:?}"
    );
    for line in new.lines() {
        assert!(!line.ends_with([' ', '\t']), "space at the end of `{line}` in\n{new}");
        assert!(!line.starts_with('\t'), "{new}");
        let indent = line.len() - line.trim_start_matches(' ').len();
        assert!(indent.is_multiple_of(2), "odd indent of `{line}` in\n{new}");
    }
}

/// All tokens less commas and bars, with their texts, less the indentation of lines in them.
fn essential(source: &str) -> Vec<(TokenKind, String)> {
    let mut all = Vec::new();
    for token in tokens(source).tokens {
        if !matches!(token.kind, TokenKind::Comma | TokenKind::Bar) {
            let text = token.span.text(source).replace("\r\n", "\n");
            let lines: Vec<_> = text.split('\n').map(|line| line.trim_start_matches([' ', '\t'])).collect();
            all.push((token.kind, lines.join("\n")));
        }
    }
    all
}

/// All comments, each with the number of essential tokens before it.
fn comments(source: &str) -> Vec<(usize, String)> {
    let read = tokens(source);
    let mut all = Vec::new();
    let (mut before, mut rest) = (0, read.tokens.iter().peekable());
    for comment in &read.comments {
        while let Some(token) = rest.next_if(|token| token.span.start < comment.span.start) {
            before += usize::from(!matches!(token.kind, TokenKind::Comma | TokenKind::Bar));
        }
        all.push((before, comment.span.text(source).trim_end().to_owned()));
    }
    all
}

/// What all texts of a tree, and the pieces of those with holes, say.
fn texts(source: &str, parsed: &Parse) -> Vec<String> {
    let mut all = Vec::new();
    for expr in &parsed.tree.exprs {
        let text = expr.span.text(source);
        match expr.kind {
            ExprKind::Text => all.push(literal::text(text).into_owned()),
            ExprKind::Template(parts) => {
                let layout = Layout::of(text);
                for part in parsed.tree.exprs(parts).iter().map(|id| parsed.tree.expr(*id)) {
                    if part.kind == ExprKind::Piece {
                        let start = expr.span.start;
                        let piece = Span::new(part.span.start - start, part.span.end - start);
                        all.push(Pieces::piece(text, piece, layout).decode().into_owned());
                    }
                }
            }
            _ => {}
        }
    }
    all
}

/// The tree without places: spans of single words and texts are replaced by what stands there, others are left out.
pub fn outline(source: &str, parsed: &Parse) -> String {
    let debug = format!("{:#?}", parsed.tree);
    let mut outline = String::new();
    let mut lines = debug.lines();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_start();
        if trimmed.ends_with("Span {") {
            let start = number(lines.next());
            let end = number(lines.next());
            let text = source.get(start..end).unwrap_or_default().replace("\r\n", "\n");
            let word = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'%');
            let quoted = text.starts_with(['"', 'r']) && text.ends_with('"') && !text.contains("${");
            let closed = quoted && tokens(&text).tokens.len() == 1;
            outline.push_str(trimmed);
            let said = if closed { literal::text(&text) } else { text.as_str().into() };
            outline.push_str(if word || closed { &said } else { "~" });
            outline.push('\n');
            let _brace = lines.next();
        } else if !trimmed.starts_with("at: ") && !trimmed.starts_with("open: ") {
            outline.push_str(trimmed);
            outline.push('\n');
        }
    }
    outline
}

/// The number in a line `start: 12,`.
fn number(line: Option<&str>) -> usize {
    let digits: String = line.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_default()
}
