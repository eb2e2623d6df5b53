//! Growing selections: from the word at the cursor to the file.

use oal_syntax::ast::{ExprKind, ItemKind, Tree};
use oal_syntax::visit::{self, Node};
use oal_syntax::{CommentKind, Parse, Span};

/// The ranges around an offset, each inside the next one.
#[must_use]
pub fn ranges(source: &str, parse: &Parse, offset: u32) -> Vec<Span> {
    let tree = &parse.tree;
    let mut found = vec![Span::new(0, crate::ide::offset(source.len()))];
    for node in visit::path_at(tree, offset) {
        let span = visit::span(tree, node);
        found.push(documented(source, parse, node, span));
        found.push(span);
        found.extend(inside(source, tree, node, span));
    }
    if let Some(comment) = parse.comments.iter().find(|comment| comment.span.touches(offset)) {
        found.push(comment.span);
        let text = comment.span.text(source);
        let body = text.trim_start_matches(['/', '!', ' ']);
        found.push(Span::new(comment.span.end - crate::ide::offset(body.len()), comment.span.end));
    }
    found.extend(word(source, offset));
    found.retain(|span| span.touches(offset) && !span.is_empty());
    found.sort_by_key(|span| span.len());
    found.dedup();
    // What does not lie inside the next one has no place in a growing selection.
    let mut kept: Vec<Span> = Vec::new();
    for span in found {
        if kept.last().is_none_or(|last| span.contains(*last)) {
            kept.push(span);
        }
    }
    kept
}

/// A node with the doc comments above it.
fn documented(source: &str, parse: &Parse, node: Node, span: Span) -> Span {
    if !matches!(node, Node::Item(_) | Node::Entry(_) | Node::Member(_) | Node::Variant(_)) {
        return span;
    }
    let mut start = span.start;
    let after = parse.comments.partition_point(|comment| comment.span.start < start);
    for comment in parse.comments.get(..after).unwrap_or_default().iter().rev() {
        let gap = Span::new(comment.span.end, start).text(source);
        if comment.kind != CommentKind::Doc || !gap.trim().is_empty() || gap.matches('\n').count() != 1 {
            break;
        }
        start = comment.span.start;
    }
    Span::new(start, span.end)
}

/// What stands between the brackets or quotes of a node.
fn inside(source: &str, tree: &Tree, node: Node, span: Span) -> Option<Span> {
    let (open, close) = match node {
        Node::Item(id) => match tree.item(id).kind {
            ItemKind::App(body)
            | ItemKind::Environment(body)
            | ItemKind::Kind { body, .. }
            | ItemKind::Component { body, .. } => (body.open + 1, span.end.saturating_sub(1)),
            _ => return None,
        },
        Node::Expr(id) => match tree.expr(id).kind {
            ExprKind::List(_) | ExprKind::Object(_) | ExprKind::Paren(_) => {
                (span.start + 1, span.end.saturating_sub(1))
            }
            ExprKind::Text | ExprKind::Template(_) => {
                let text = span.text(source);
                let raw = u32::from(text.starts_with('r'));
                let quotes = if text.starts_with("\"\"\"") { 3 } else { 1 };
                (span.start + raw + quotes, span.end.saturating_sub(quotes))
            }
            _ => return None,
        },
        _ => return None,
    };
    let text = Span::new(open, close).text(source);
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return None;
    }
    let lead = crate::ide::offset(text.len() - text.trim_start().len());
    Some(Span::new(open + lead, open + lead + crate::ide::offset(trimmed.len())))
}

/// The word at an offset.
pub(crate) fn word(source: &str, offset: u32) -> Option<Span> {
    let is_word = |c: &char| c.is_alphanumeric() || *c == '_';
    let at = offset as usize;
    let before: usize = source.get(..at)?.chars().rev().take_while(is_word).map(char::len_utf8).sum();
    let after: usize = source.get(at..)?.chars().take_while(is_word).map(char::len_utf8).sum();
    let span = Span::new(crate::ide::offset(at - before), crate::ide::offset(at + after));
    (!span.is_empty()).then_some(span)
}
