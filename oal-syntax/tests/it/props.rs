//! Laws of the lexer and the parser, as functions over any text: shared by the tests here and the targets in `fuzz/`. Each panics where
//! its law does not hold.

use super::outline;
use oal_syntax::lexer::{Lexer, tokens};
use oal_syntax::token::{Token, TokenKind};
use oal_syntax::visit::{self, Node};
use oal_syntax::{Parse, ast, parse};

/// Every byte of any text is in a token, a comment or white space, in order and on character boundaries; colons of keys and a byte
/// order mark aside. The parser's tokens cover the same text as the plain ones.
pub(crate) fn lex_total(source: &str) {
    let lexed = tokens(source);
    covers(source, &lexed.tokens, &lexed.comments, &lexed.errors);
    let mut lexer = Lexer::<true>::new(source, 0);
    let joined: Vec<Token> = lexer.by_ref().collect();
    covers(source, &joined, &lexer.comments, &lexer.errors);
    assert_eq!(lexed.comments, lexer.comments);
    for error in &lexed.errors {
        assert!(source.get(error.span.range()).is_some(), "{error:?} is no place in the text");
    }
}

fn covers(source: &str, tokens: &[Token], comments: &[oal_syntax::Comment], errors: &[oal_syntax::SyntaxError]) {
    let mut spans: Vec<_> = tokens.iter().map(|token| token.span).chain(comments.iter().map(|c| c.span)).collect();
    spans.sort_by_key(|span| (span.start, span.end));
    let mut at = 0;
    let gap = |from: u32, to: u32| {
        let text = source.get(from as usize..to as usize).expect("tokens do not overlap and stand on characters");
        let rest = text.trim_matches([' ', '\t', '\r', '\n', ':', '\u{feff}']);
        let said = errors.iter().any(|e| e.span.start < to && e.span.end > from);
        assert!(rest.is_empty() || said, "{rest:?} is in no token");
    };
    for span in spans {
        assert!(span.start <= span.end);
        gap(at, span.start);
        at = at.max(span.end);
    }
    gap(at, u32::try_from(source.len()).unwrap());
}

/// Any text parses to a tree whose nodes stand in the text, in order, and no deeper than they may; what is wrong has a place.
pub(crate) fn parse_no_panic(source: &str) -> Parse {
    let parse = parse(source);
    let tree = &parse.tree;
    let len = u32::try_from(source.len()).unwrap();
    for error in &parse.errors {
        assert!(source.get(error.span.range()).is_some(), "{error:?} is no place in the text");
        if let Some(other) = error.related {
            assert!(source.get(other.range()).is_some(), "{error:?} is no place in the text");
        }
    }
    assert!(parse.errors.is_sorted_by_key(|error| error.span.start));
    let mut end = 0;
    for item in &tree.top {
        let span = tree.item(*item).span;
        assert!(end <= span.start && span.end <= len, "items stand in order");
        end = span.end;
        let mut stack = vec![(Node::Item(*item), 0)];
        while let Some((node, depth)) = stack.pop() {
            let counts = matches!(node, Node::Item(_) | Node::Expr(_) | Node::Type(_));
            let depth = depth + usize::from(counts);
            assert!(depth <= ast::MAX_DEPTH, "no deeper than a walk may go");
            let place = visit::span(tree, node);
            assert!(source.get(place.range()).is_some(), "{node:?} at {place:?} stands in the text");
            visit::children(tree, node, &mut |child| {
                if let (Node::Expr(parent), Node::Expr(child)) = (node, child) {
                    assert!(child < parent, "a child stands before its parent");
                }
                stack.push((child, depth));
            });
        }
    }
    parse
}

/// What a change of one token did.
#[derive(Debug)]
pub(crate) struct Change {
    /// How many entries of the broken item's body are not as they were.
    pub(crate) entries: usize,
    /// What the findings are.
    pub(crate) kinds: Vec<String>,
}

/// Breaks one token of a well-formed text: with `change` 0 it is left out, with 1 it stands twice, with 2 something foreign stands in its
/// place. All other items must stay as they are, and all findings must lie in the item that was broken. `None` where the text is not
/// well formed or has no such token.
pub(crate) fn recover_local(source: &str, token: usize, change: u8) -> Option<Change> {
    let before = parse(source);
    let token = *tokens(source).tokens.get(token)?;
    if !before.errors.is_empty() {
        return None;
    }
    let range = token.span.range();
    let colon = usize::from(token.kind == TokenKind::Key);
    let old = &source[range.clone()];
    let new = match change {
        0 => String::new(),
        1 => format!("{old}{} {old}", if colon == 1 { ":" } else { "" }),
        _ => "@".to_owned(),
    };
    let text = format!("{}{new}{}", &source[..range.start], &source[range.end..]);
    let shift = i64::try_from(new.len()).unwrap() - i64::try_from(old.len()).unwrap();
    let after = parse_no_panic(&text);
    let (was, is) = (&before.tree, &after.tree);
    let broken = was.top.iter().position(|item| visit::span(was, Node::Item(*item)).end >= token.span.end)?;
    let told = |what: &str| format!("{what} after {:?} became {new:?} at {}\n{text}", old, line(source, range.start));
    for at in 0..broken {
        let same = is.top.get(at).map(|item| outline::item(&after, &text, *item));
        assert_eq!(same, Some(outline::item(&before, source, was.top[at])), "{}", told("an item before changed"));
    }
    let behind = was.top.len() - broken - 1;
    assert!(is.top.len() >= broken + behind, "{}", told("an item was lost"));
    for back in 1..=behind {
        let (old, new) = (was.top[was.top.len() - back], is.top[is.top.len() - back]);
        let (old, new) = (outline::item(&before, source, old), outline::item(&after, &text, new));
        assert_eq!(new, old, "{}", told("an item behind changed"));
    }
    let start = if broken == 0 { 0 } else { was.item(was.top[broken - 1]).span.end };
    let end = match was.top.get(broken + 1) {
        Some(next) => i64::from(was.item(*next).span.start) + shift,
        None => i64::try_from(text.len()).unwrap(),
    };
    for error in &after.errors {
        let inside = error.span.start >= start && i64::from(error.span.end) <= end;
        assert!(inside, "{}", told(&format!("{error:?} lies in another item")));
    }
    let entries_before = outline::entries(&before, source, was.top[broken]);
    let entries_after = match is.top.get(broken) {
        Some(item) => outline::entries(&after, &text, *item),
        None => Vec::new(),
    };
    let mut left: Vec<_> = entries_after.iter().collect();
    let lost = entries_before.iter().filter(|entry| match left.iter().position(|other| other == entry) {
        Some(at) => {
            left.remove(at);
            false
        }
        None => true,
    });
    let lost = lost.count();
    let kinds = after.errors.iter().map(|e| format!("{:?} at {:?}", e.kind, e.span.text(&text))).collect();
    Some(Change { entries: lost.max(left.len()), kinds })
}

fn line(source: &str, at: usize) -> String {
    let number = source[..at].matches('\n').count() + 1;
    format!("line {number}")
}
