//! Drives the generated parser over the tokens of a file. The only file that knows it.

use crate::builder::Builder;
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::lexer::{Lexer, MAX_LEN};
use crate::recover::Recover;
use crate::span::Span;
use crate::token::{Token, TokenKind};
use crate::{Comment, Parse, repair};

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
    let mut lexer = Lexer::<true>::new(source, 0);
    // Most texts parse as they are, token by token as they are read.
    let fits = run(&mut builder, TokenKind::StartFile, lexer.by_ref()).is_ok();
    if fits {
        builder.dangling_allows();
        let mut parse = finish(builder, lexer.errors, lexer.comments);
        one_of_a_line(source, &mut parse.errors);
        return parse;
    }
    // From the first item that does not, brackets are put in order and each item is parsed alone.
    let [_, last_but_one] = builder.complete();
    let from = last_but_one.0;
    builder.restore(last_but_one);
    let (mut comments, mut errors) = (lexer.comments, lexer.errors);
    comments.retain(|comment| comment.span.start < from);
    errors.retain(|error| error.span.start < from);
    let mut lexer = Lexer::<true>::new(source, from as usize);
    let tokens: Vec<Token> = lexer.by_ref().collect();
    comments.append(&mut lexer.comments);
    let mut repaired = repair::repair(source, &tokens, &lexer.errors);
    Recover::new(&mut builder, &repaired, &lexer.errors).run();
    errors.append(&mut lexer.errors);
    errors.append(&mut repaired.errors);
    let mut parse = finish(builder, errors, comments);
    one_of_a_line(source, &mut parse.errors);
    parse
}

fn finish(builder: Builder<'_>, mut errors: Vec<SyntaxError>, comments: Vec<Comment>) -> Parse {
    let mut found = builder.errors;
    found.append(&mut errors);
    found.sort_by_key(|error| (error.span.start, error.span.end));
    Parse { tree: builder.tree, errors: found, comments }
}

/// Of several signs in one line that fit nowhere the first is enough: it mostly explains the others.
fn one_of_a_line(source: &str, errors: &mut Vec<SyntaxError>) {
    use SyntaxErrorKind as E;
    let mut garbage: Option<Span> = None;
    errors.retain(|error| {
        let fits_nowhere = matches!(
            error.kind,
            E::UnknownCharacter(_)
                | E::StrayColon
                | E::Stray(_)
                | E::Mismatched { .. }
                | E::Unclosed(_)
                | E::UnterminatedText
                | E::TextOverLines
                | E::UnterminatedHole
                | E::ForeignComment
                | E::Semicolon
                | E::MissingComma
        );
        if !fits_nowhere {
            return true;
        }
        let same_line = garbage.is_some_and(|before| {
            let end = before.end.min(error.span.start);
            !Span::new(end, error.span.start).text(source).contains('\n')
        });
        garbage = Some(error.span);
        !same_line
    });
}

/// Parses one run of tokens. The error is how many of them fit.
fn run(builder: &mut Builder<'_>, start: TokenKind, tokens: impl Iterator<Item = Token>) -> Result<(), usize> {
    let first = Token { kind: start, span: Span::empty(0) };
    let mut taken = 0;
    let tokens = std::iter::once(first).chain(tokens).map(|token| {
        taken += 1;
        ((), token, ())
    });
    match generated::StartParser::new().parse(builder, tokens) {
        Ok(()) => Ok(()),
        // The first token is ours, and the last one that was taken does not fit, unless it was the end.
        Err(lalrpop_util::ParseError::UnrecognizedEof { .. }) => Err(taken - 1),
        Err(_) => Err(usize::saturating_sub(taken, 2)),
    }
}

/// Parses tokens as what `start` says. The error is the index of the first one that does not fit, their number at the end.
pub(crate) fn run_slice(builder: &mut Builder<'_>, start: TokenKind, tokens: &[Token]) -> Result<(), usize> {
    run(builder, start, tokens.iter().copied())
}
