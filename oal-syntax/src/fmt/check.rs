//! The proof that formatting lost nothing: both texts are read again, token by token and comment by comment.

use super::Refused;
use crate::lexer::Lexer;
use crate::literal::{self, Layout, Pieces};
use crate::span::Span;
use crate::token::{Token, TokenKind};
use crate::trivia::Comment;

/// Tokens less those that the style adds and drops: commas before a closing bracket or a key, between names in parentheses
/// and between the entries of braces, and the `|` before the first of several variants.
struct Essential<'s> {
    lexer: Lexer<'s>,
    /// The token before.
    last: TokenKind,
    /// Tokens read ahead.
    ahead: [Option<Token>; 2],
    /// The open brackets; in braces most commas mean nothing.
    open: Vec<TokenKind>,
    /// How many brackets were open at an `assert`, which has a comma of its own.
    assert: Option<usize>,
    /// Whether we are between a `for` and its `in`.
    names: bool,
}

impl<'s> Essential<'s> {
    fn new(source: &'s str) -> Self {
        Self {
            lexer: Lexer::new(source, 0),
            last: TokenKind::StartFile,
            ahead: [None; 2],
            open: Vec::new(),
            assert: None,
            names: false,
        }
    }

    #[inline]
    fn take(&mut self) -> Option<Token> {
        let [first, second] = &mut self.ahead;
        match first.take() {
            None => self.lexer.next(),
            token => {
                *first = second.take();
                token
            }
        }
    }

    /// The token after the next, or the next.
    fn peek(&mut self, second: bool) -> TokenKind {
        let lexer = &mut self.lexer;
        for slot in self.ahead.iter_mut().take(1 + usize::from(second)) {
            if slot.is_none() {
                *slot = lexer.next();
            }
        }
        let [first, after] = self.ahead;
        (if second { after } else { first }).map_or(TokenKind::StartFile, |token| token.kind)
    }

    /// The next token that counts.
    fn next(&mut self) -> Option<Token> {
        use TokenKind as K;
        let mut token = self.take()?;
        let mut last = self.last;
        while token.kind == K::Comma && !self.counts() {
            token = self.take()?;
            last = K::Comma;
        }
        let leads = token.kind == K::Bar && !matches!(last, K::Name | K::Upper | K::RParen);
        if leads && matches!(self.peek(true), K::Bar | K::LParen) {
            token = self.take()?;
        }
        match token.kind {
            K::LBrace | K::LParen | K::LBracket => self.open.push(token.kind),
            K::RBrace | K::RParen | K::RBracket => {
                self.open.pop();
            }
            K::Assert => self.assert = Some(self.open.len()),
            K::For => self.names = true,
            K::In => self.names = false,
            _ => {}
        }
        self.last = token.kind;
        Some(token)
    }

    /// Whether the comma just read says something.
    fn counts(&mut self) -> bool {
        use TokenKind as K;
        if self.assert == Some(self.open.len()) {
            self.assert = None;
            return true;
        }
        let next = self.peek(false);
        let bracket = self.open.last();
        match next {
            _ if self.names => true,
            K::RBrace | K::RParen | K::RBracket | K::Key | K::Comma => false,
            // Bindings of a pattern stand with or without commas, other names only with them.
            K::Name | K::Bar if self.last == K::Name => bracket == Some(&K::LBracket) || bracket.is_none(),
            _ => bracket != Some(&K::LBrace) && self.last != K::LParen,
        }
    }
}

/// A text with holes that is being read.
struct Open {
    /// Where it starts, in the old text and in the new.
    start: (Span, Span),
    /// Its pieces; only kept of a text in `"""`.
    pieces: Vec<(Span, Span)>,
}

/// Whether the new text says what the old one says.
pub(super) fn same(old: &str, new: &str) -> Result<(), Refused> {
    if old == new {
        return Ok(());
    }
    let (mut olds, mut news) = (Essential::new(old), Essential::new(new));
    let mut open = Vec::new();
    loop {
        match (olds.next(), news.next()) {
            (None, None) => break,
            (Some(before), Some(after)) if before.kind == after.kind => {
                let spelled = !before.kind.spelling().is_empty();
                if !spelled && !same_token(before.kind, (before.span, after.span), (old, new), &mut open) {
                    return Err(Refused::Changed { at: before.span });
                }
            }
            (Some(before), _) => return Err(Refused::Changed { at: before.span }),
            (None, Some(_)) => return Err(Refused::Changed { at: end_of(old) }),
        }
    }
    let mut comments = news.lexer.comments.iter();
    for comment in &olds.lexer.comments {
        let same = |kept: &Comment| kept.span.text(new).trim_end() == comment.span.text(old).trim_end();
        if !comments.next().is_some_and(same) {
            return Err(Refused::Changed { at: comment.span });
        }
    }
    if comments.next().is_some() || !news.lexer.errors.is_empty() {
        return Err(Refused::Changed { at: end_of(old) });
    }
    Ok(())
}

/// Whether two tokens of one kind say the same. Of a text in `"""` the value counts, and with holes that is known at its end.
fn same_token(kind: TokenKind, at: (Span, Span), source: (&str, &str), open: &mut Vec<Open>) -> bool {
    let (old, new) = (at.0.text(source.0), at.1.text(source.1));
    match kind {
        TokenKind::Text => old == new || is_block(old) && literal::text(old) == literal::text(new),
        TokenKind::TextStart => {
            open.push(Open { start: at, pieces: Vec::new() });
            if is_block(old) { later(at, open) } else { old == new }
        }
        TokenKind::TextMiddle if in_block(open) => later(at, open),
        TokenKind::TextEnd => {
            if in_block(open) {
                later(at, open);
            }
            open.pop()
                .is_some_and(|text| if text.pieces.is_empty() { old == new } else { same_block(&text, at, source) })
        }
        _ => old == new,
    }
}

fn is_block(text: &str) -> bool {
    text.starts_with("\"\"\"")
}

fn in_block(open: &[Open]) -> bool {
    open.last().is_some_and(|text| !text.pieces.is_empty())
}

fn later(at: (Span, Span), open: &mut [Open]) -> bool {
    if let Some(text) = open.last_mut() {
        text.pieces.push(at);
    }
    true
}

/// Whether the pieces of two texts in `"""` say the same.
fn same_block(text: &Open, end: (Span, Span), source: (&str, &str)) -> bool {
    let (old, new) = (text.start.0.cover(end.0), text.start.1.cover(end.1));
    let (old_text, new_text) = (old.text(source.0), new.text(source.1));
    let (old_layout, new_layout) = (Layout::of(old_text), Layout::of(new_text));
    text.pieces.iter().all(|(a, b)| {
        let old_piece = Pieces::piece(old_text, content(*a, old), old_layout);
        let new_piece = Pieces::piece(new_text, content(*b, new), new_layout);
        old_piece.decode() == new_piece.decode()
    })
}

/// Where the content of a token stands in its text: without the quotes, `}` and `${` around it.
fn content(token: Span, text: Span) -> Span {
    let start = if token.start == text.start { 3 } else { token.start - text.start + 1 };
    let close = if token.end == text.end { 3 } else { 2 };
    Span::new(start, (token.end - text.start).saturating_sub(close))
}

fn end_of(source: &str) -> Span {
    Span::empty(u32::try_from(source.len()).unwrap_or(u32::MAX))
}
