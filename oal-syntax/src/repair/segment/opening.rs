//! Opening brackets that are missing: where that shows, and where they are put in.

use super::super::{INSIDE, Repaired, end_of, item_words};
use super::Segment;
use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::span::Span;
use crate::token::{Token, TokenKind};

/// A place where an opening bracket may be missing: a line that ends without a value, with deeper ones below.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gap {
    /// Indentation of that line.
    pub(super) indent: u32,
    /// Index of the first token below, where the bracket would stand.
    pub(super) at: usize,
    /// Brackets open there.
    pub(super) depth: usize,
}

impl Segment<'_> {
    /// Whether the line before lacks the bracket of what stands below it: it ends with a key or a `=`, or is the head of an item, and no
    /// bracket is open in it. `kind` is the first token below.
    pub(super) fn ends_without_value(&self, out: &Repaired, kind: TokenKind) -> bool {
        use TokenKind as K;
        let (start, depth) = self.line_start;
        if depth != self.open.len() {
            return false;
        }
        let below_key = matches!(kind, K::Key | K::PathKey | K::Field | K::Output | K::Unset);
        match *out.tokens.get(start..).unwrap_or_default() {
            [] => false,
            [.., Token { kind: K::Key | K::PathKey, .. }] => true,
            // `health: http` above deeper lines.
            [Token { kind: K::Key, .. }, Token { kind: K::Name, .. }] => true,
            [Token { kind: K::Key, .. }, .., Token { kind: K::Error, .. }] => true,
            [Token { kind: K::Type | K::Let | K::Param, .. }, .., Token { kind: K::Assign, .. }] => true,
            [Token { kind: K::Name | K::Path | K::App | K::Environment | K::Kind | K::Extern, .. }, ..] => {
                below_key && item_words(&out.tokens, &out.columns, start)
            }
            _ => false,
        }
    }

    /// An item in one line whose `{` is missing before its first key.
    pub(super) fn open_before_key(&mut self, out: &mut Repaired, start: usize, close: Token) {
        let line = out.tokens.get(start..).unwrap_or_default();
        let Some(at) = line.iter().position(|token| token.kind == TokenKind::Key).map(|at| start + at) else { return };
        // With a block before the key, the bracket at the end is one too many.
        if out.tokens.get(start..at).unwrap_or_default().iter().any(|token| token.kind == TokenKind::LBrace) {
            return;
        }
        let end = out.tokens.get(at - 1).map_or(0, |before| before.span.end);
        let open = Token { kind: TokenKind::LBrace, span: Span::empty(end) };
        out.tokens.insert(at, open);
        out.columns.insert(at, INSIDE);
        out.push(close, INSIDE);
        self.errors.pop();
        let kind = SyntaxErrorKind::MissingOpen(TokenKind::LBrace);
        self.errors.push(SyntaxError { span: open.span, kind, related: Some(close.span) });
    }

    /// The opening bracket of `token` is missing, and a gap shows where.
    pub(super) fn put_in(&mut self, out: &mut Repaired, token: Token, column: u32) {
        let Some(gap) = self.gaps.pop() else { return };
        self.surplus_of(token.kind, -1);
        let opening = match token.kind {
            TokenKind::RParen => TokenKind::LParen,
            TokenKind::RBracket => TokenKind::LBracket,
            _ => TokenKind::LBrace,
        };
        let before = gap.at.checked_sub(1).and_then(|before| out.tokens.get(before));
        let place = Span::empty(before.map_or(0, |before| end_of(self.source, *before)));
        self.missing.push((gap.at, Token { kind: opening, span: place }));
        self.errors.push(SyntaxError {
            span: place,
            kind: SyntaxErrorKind::MissingOpen(opening),
            related: Some(token.span),
        });
        out.push(token, column);
    }

    pub(super) fn insert_missing(&mut self, out: &mut Repaired, base: usize) {
        if self.missing.is_empty() {
            return;
        }
        self.missing.sort_by_key(|(at, _)| *at);
        let tokens = out.tokens.split_off(base);
        let columns = out.columns.split_off(base);
        let mut missing = self.missing.drain(..).peekable();
        for (at, (token, column)) in (base..).zip(tokens.into_iter().zip(columns)) {
            while let Some((_, opening)) = missing.next_if(|(before, _)| *before == at) {
                out.push(opening, INSIDE);
            }
            out.push(token, column);
        }
    }
}
