//! Doc comments: the `///` lines directly above what they describe, and the `//!` lines of a file.

use crate::Parse;
use crate::span::Span;
use crate::trivia::{Comment, CommentKind};

/// The text of the `///` lines that stand directly above `offset`, the start of an item or entry; with `allow(…)` between, above that.
/// Lines are joined with line feeds; the slashes and one space behind them are left out.
#[must_use]
pub fn doc_before(parse: &Parse, source: &str, offset: u32) -> Option<String> {
    let mut start = offset;
    // An `allow` that ends directly before belongs to what is described. They are few, and most places have none.
    let before = source.get(..offset as usize).unwrap_or_default().trim_end();
    for allow in parse.tree.allows.iter().rev().filter(|allow| before.ends_with(')') && allow.reason.end <= offset) {
        let gap = Span::new(allow.reason.end, start).text(source);
        if gap.trim_start().strip_prefix(')').is_some_and(|rest| rest.trim().is_empty()) {
            let before = source.get(..allow.lint.start as usize).unwrap_or_default();
            start = before.rfind("allow").map_or(start, crate::span::offset);
        }
    }
    let after = parse.comments.partition_point(|comment| comment.span.start < start);
    let above = parse.comments.get(..after).unwrap_or_default();
    let mut lines = Vec::new();
    for comment in above.iter().rev().take_while(|comment| comment.kind == CommentKind::Doc) {
        let gap = Span::new(comment.span.end, start).text(source);
        let own_line = starts_line(source, comment.span.start);
        if !own_line || gap.matches('\n').count() > 1 || !gap.trim().is_empty() {
            break;
        }
        lines.push(said(*comment, source));
        start = comment.span.start;
    }
    join(lines.into_iter().rev())
}

/// The text of the `//!` lines of a file.
#[must_use]
pub fn file_doc(parse: &Parse, source: &str) -> Option<String> {
    join(
        parse.comments.iter().filter(|comment| comment.kind == CommentKind::File).map(|comment| said(*comment, source)),
    )
}

fn said(comment: Comment, source: &str) -> &str {
    let text = comment.span.text(source).get(3..).unwrap_or_default();
    text.strip_prefix(' ').unwrap_or(text).trim_end()
}

fn join<'s>(lines: impl Iterator<Item = &'s str>) -> Option<String> {
    let lines: Vec<&str> = lines.collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn starts_line(source: &str, at: u32) -> bool {
    let before = source.get(..at as usize).unwrap_or_default();
    before.trim_end_matches([' ', '\t', '\u{feff}']).ends_with('\n') || before.trim().is_empty()
}
