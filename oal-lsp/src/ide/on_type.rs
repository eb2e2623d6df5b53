//! What happens while typing: a line that was just started is indented, a declaration that was just closed is formatted.

use super::format::{Change, range};
use super::offset;
use oal_syntax::ast::ItemKind;
use oal_syntax::lexer::Lexer;
use oal_syntax::token::{Token, TokenKind};
use oal_syntax::visit::{self, Node};
use oal_syntax::{CommentKind, Parse, Span};

/// Columns a step.
const STEP: usize = 2;

/// What changes after the line end before `at` was typed: the new line's indentation, and the slashes of a doc comment that goes on.
#[must_use]
pub fn newline(source: &str, parse: &Parse, at: u32) -> Vec<Change> {
    let line = line_start(source, at);
    let Some(above) = line.checked_sub(1) else { return Vec::new() };
    if let Some(change) = go_on(source, parse, line, above) {
        return vec![change];
    }
    let rest = source.get(line as usize..).unwrap_or_default();
    let first = rest.trim_start_matches([' ', '\t']).chars().next();
    let Some(depth) = indentation(source, parse, line, first.filter(|c| "}])".contains(*c))) else { return Vec::new() };
    set_indentation(source, line, depth)
}

/// A doc comment that says something goes on.
fn go_on(source: &str, parse: &Parse, line: u32, above: u32) -> Option<Change> {
    let end = source.get(..above as usize)?.trim_end_matches('\r').len();
    let index = parse.comments.partition_point(|comment| comment.span.start < offset(end)).checked_sub(1)?;
    let comment = parse.comments.get(index).filter(|comment| comment.span.end as usize == end)?;
    let sign = match comment.kind {
        CommentKind::Doc => "/// ",
        CommentKind::File => "//! ",
        CommentKind::Line => return None,
    };
    let text = comment.span.text(source).trim_end();
    let indent = source.get(line_start(source, comment.span.start) as usize..comment.span.start as usize)?;
    if text.len() <= 3 || !indent.trim().is_empty() {
        return None;
    }
    let rest = source.get(line as usize..)?;
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    // What follows is no part of it, unless nothing does.
    if !matches!(rest.get(blanks..)?.trim_start_matches('\r').chars().next(), None | Some('\n')) {
        return None;
    }
    Some(Change { span: Span::new(line, line + offset(blanks)), text: format!("{indent}{sign}") })
}

/// What changes after the `}` before `at` was typed: what it closes is formatted where it is well formed, and else the bracket is put
/// under what it closes.
#[must_use]
pub fn closing_brace(source: &str, parse: &Parse, at: u32) -> Vec<Change> {
    if !source.get(..at as usize).is_some_and(|before| before.ends_with('}')) {
        return Vec::new();
    }
    let tree = &parse.tree;
    let closed = visit::path_at(tree, at).into_iter().find_map(|node| match node {
        Node::Item(id) => Some(*tree.item(id)),
        _ => None,
    });
    let whole = closed.filter(|item| {
        let spans = &mut parse.errors.iter().map(|error| error.span);
        !matches!(item.kind, ItemKind::Error) && !spans.any(|span| item.span.touches(span.start))
    });
    if let Some(item) = whole {
        return if item.span.end == at { range(source, parse, item.span) } else { Vec::new() };
    }
    let line = line_start(source, at);
    let alone = source.get(line as usize..at as usize).is_some_and(|line| line.trim() == "}");
    match indentation(source, parse, line, Some('}')) {
        Some(depth) if alone => set_indentation(source, line, depth),
        _ => Vec::new(),
    }
}

fn line_start(source: &str, at: u32) -> u32 {
    let before = source.get(..at as usize).unwrap_or_default();
    before.rfind('\n').map_or(0, |line| offset(line + 1))
}

/// The columns that a line starts with, by the bracket it stands in and the one it starts with; `None` inside a text.
fn indentation(source: &str, parse: &Parse, line: u32, closer: Option<char>) -> Option<usize> {
    let tree = &parse.tree;
    let after = tree.top.partition_point(|item| tree.item(*item).span.start < line);
    let start = after.checked_sub(1).and_then(|at| tree.top.get(at)).map_or(0, |item| tree.item(*item).span.start);
    let mut open: Vec<Token> = Vec::new();
    let mut last = None;
    let mut lexer = Lexer::<false>::new(source, start as usize);
    for token in lexer.by_ref() {
        if token.span.start >= line {
            break;
        }
        use TokenKind as K;
        last = Some(token);
        match token.kind {
            K::LBrace | K::LParen | K::LBracket => open.push(token),
            K::RBrace | K::RParen | K::RBracket => {
                open.pop();
            }
            K::Text | K::TextStart | K::TextMiddle | K::TextEnd if token.span.end > line => return None,
            _ => {}
        }
    }
    let columns = |at: u32| {
        let line = source.get(line_start(source, at) as usize..).unwrap_or_default();
        line.len() - line.trim_start_matches(' ').len()
    };
    let inside = match open.last() {
        Some(bracket) if closer.is_some() => return Some(columns(bracket.span.start)),
        Some(bracket) => columns(bracket.span.start) + STEP,
        None => 0,
    };
    // Directly below a line that is not at its end, or the variants of a type.
    let above = last.filter(|last| last.span.end > line_start(source, line.saturating_sub(1)));
    let variants = |last: Token| {
        let from = line_start(source, last.span.start);
        source.get(from as usize..).is_some_and(|line| line.trim_start_matches(' ').starts_with('|'))
    };
    Some(match above {
        Some(last) if goes_on(last.kind) => inside + STEP,
        Some(last) if open.is_empty() && variants(last) => columns(last.span.start),
        _ => inside,
    })
}

/// Whether a value must follow on the next line.
const fn goes_on(kind: TokenKind) -> bool {
    use TokenKind as K;
    matches!(
        kind,
        K::Assign
            | K::Plus
            | K::Minus
            | K::Star
            | K::Slash
            | K::Percent
            | K::And
            | K::Or
            | K::Not
            | K::Coalesce
            | K::Equal
            | K::NotEqual
            | K::LessEqual
            | K::GreaterEqual
            | K::Arrow
            | K::Then
            | K::Else
            | K::Bar
    )
}

fn set_indentation(source: &str, line: u32, columns: usize) -> Vec<Change> {
    let rest = source.get(line as usize..).unwrap_or_default();
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let span = Span::new(line, line + offset(blanks));
    let text = " ".repeat(columns);
    if span.text(source) == text { Vec::new() } else { vec![Change { span, text }] }
}
