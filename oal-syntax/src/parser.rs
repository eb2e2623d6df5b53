//! Drives the generated parser over the tokens of a file. The only file that knows it.

use crate::Parse;
use crate::builder::Builder;
use crate::error::{Expected, SyntaxError, SyntaxErrorKind};
use crate::lexer::{self, Lexer, MAX_LEN};
use crate::span::Span;
use crate::token::{Token, TokenKind};

#[allow(
    clippy::all,
    clippy::unwrap_used,
    clippy::panic,
    clippy::unreachable,
    clippy::indexing_slicing,
    clippy::allow_attributes_without_reason,
    unreachable_pub,
    missing_docs,
    unused,
    reason = "generated"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/oal.rs"));
}

/// The tree of a text, and what is wrong with it. Never fails; cost is linear in the text's length.
#[must_use]
pub fn parse(source: &str) -> Parse {
    if source.len() > MAX_LEN {
        let error = SyntaxError::new(Span::empty(0), SyntaxErrorKind::FileTooLarge);
        return Parse { errors: vec![error], ..Parse::default() };
    }
    let mut builder = Builder::new(source);
    let mut comments = Vec::new();
    let mut lexical = Vec::new();
    let mut start = 0;
    loop {
        let mut lexer = Lexer::<true>::new(source, start);
        let failure = run(&mut builder, TokenKind::StartFile, lexer.by_ref());
        if failure.is_none() {
            builder.dangling_allows();
            comments.append(&mut lexer.comments);
            lexical.append(&mut lexer.errors);
            break;
        }
        // First version: the broken item is left out up to the next line that starts without indentation.
        builder.restore();
        let from = builder.items_end as usize;
        let found = failure.flatten();
        let at = found.map_or(source.len(), |token| token.span.start as usize);
        let next = next_item(source, at.max(from + 1));
        comments.extend(lexer.comments.iter().filter(|comment| (comment.span.end as usize) <= next));
        lexical.extend(lexer.errors.into_iter().filter(|error| (error.span.end as usize) <= next));
        if !lexical.iter().any(|error| error.span.start as usize >= from) {
            let span = found.map_or(Span::empty(lexer::span(next, next).start), |token| token.span);
            let kind = SyntaxErrorKind::Unexpected { found: found.map(|token| token.kind), expected: Expected::Item };
            builder.errors.push(SyntaxError::new(span, kind));
        }
        builder.items_end = lexer::span(next, next).start;
        builder.save();
        start = next;
    }
    let mut errors = builder.errors;
    errors.append(&mut lexical);
    errors.sort_by_key(|error| (error.span.start, error.span.end));
    Parse { tree: builder.tree, errors, comments }
}

fn next_item(source: &str, from: usize) -> usize {
    let bytes = source.as_bytes();
    let mut at = from;
    while let Some(line) = memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default()) {
        at += line + 1;
        if matches!(bytes.get(at), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_')) {
            return at;
        }
    }
    source.len()
}

/// Parses one run of tokens. `None` is success; else the token that does not fit, or none at the end.
fn run(builder: &mut Builder<'_>, start: TokenKind, tokens: impl Iterator<Item = Token>) -> Option<Option<Token>> {
    let first = Token { kind: start, span: Span::empty(0) };
    let tokens = std::iter::once(first).chain(tokens).map(|token| ((), token, ()));
    match generated::StartParser::new().parse(builder, tokens) {
        Ok(()) => None,
        Err(error) => Some(match error {
            lalrpop_util::ParseError::UnrecognizedToken { token: ((), token, ()), .. } => Some(token),
            lalrpop_util::ParseError::ExtraToken { token: ((), token, ()) } => Some(token),
            _ => None,
        }),
    }
}
