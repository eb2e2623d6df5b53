//! Source text to tokens. Total: every byte of any text is in a token, a comment or white space, and what is no token is an
//! error token with a finding. Never fails, never reads a byte more than a few times, keeps nothing on the call stack.
//!
//! Three things are put together here from the signs of `token`:
//! - keys: a word, dotted path or quoted text with a `:` after it is **one** [`TokenKind::Key`] (`a.b["c"].d:`);
//! - texts: `"a ${x} b ${y}"` is `TextStart` `x` `TextMiddle` `y` `TextEnd`, a text without holes is one `Text`. A stack of open
//!   holes says which `}` goes on with a text. A hole ends with its line at the latest, so an open one does no harm further on;
//! - for the parser, dotted paths without steps (`a.b.c`) are one [`TokenKind::Path`].

mod foreign;
mod key;
mod late;
mod text;

use crate::error::{SyntaxError, SyntaxErrorKind};
use crate::span::Span;
use crate::token::{Token, TokenKind};
use crate::trivia::{Comment, CommentKind};
use logos::Logos;
use std::cell::Cell;

/// The longest text that is read, in bytes.
pub const MAX_LEN: usize = 100_000_000;

/// A hole of a text that is being read.
#[derive(Debug, Clone, Copy)]
struct Hole {
    /// Braces opened inside and not closed yet.
    braces: u32,
    /// Offset of the `${`.
    open: u32,
    /// Offset where its text starts.
    text: usize,
    /// The text, where it is one of several lines.
    block: Option<Block>,
}

/// A text of several lines.
#[derive(Debug, Clone, Copy)]
struct Block {
    /// Offset of its opening quotes.
    open: usize,
    /// Where it must end because its closing quotes are missing.
    cut: Option<usize>,
}

/// Reads tokens from a text. With `PATHS`, dotted paths come as one token.
pub struct Lexer<'s, const PATHS: bool = false> {
    source: &'s str,
    inner: logos::Lexer<'s, TokenKind>,
    holes: Vec<Hole>,
    /// No word that starts before this offset is part of a key: so long a path without a colon is looked at only once.
    no_key_before: usize,
    /// The end of the token before.
    last_end: usize,
    /// Whether the token before was a dot, after which every word is a name.
    after_dot: bool,
    /// The line that was looked at last.
    line: Cell<(usize, usize)>,
    /// Whether the rest of the text has no end of a block comment.
    no_comment_end: bool,
    /// Comments so far.
    pub comments: Vec<Comment>,
    /// Findings so far.
    pub errors: Vec<SyntaxError>,
}

/// All tokens of a text, with comments and findings beside them.
#[derive(Debug, Default, Clone)]
pub struct Tokens {
    /// The tokens, in order.
    pub tokens: Vec<Token>,
    /// The comments, in order.
    pub comments: Vec<Comment>,
    /// What the lexer found wrong.
    pub errors: Vec<SyntaxError>,
}

/// The tokens of a text. A text longer than [`MAX_LEN`] has none, and one finding.
#[must_use]
pub fn tokens(source: &str) -> Tokens {
    if source.len() > MAX_LEN {
        let error = SyntaxError::new(Span::empty(0), SyntaxErrorKind::FileTooLarge);
        return Tokens { errors: vec![error], ..Tokens::default() };
    }
    let mut lexer = Lexer::<false>::new(source, 0);
    let tokens = lexer.by_ref().collect();
    Tokens { tokens, comments: lexer.comments, errors: lexer.errors }
}

#[expect(clippy::cast_possible_truncation, reason = "no longer text than MAX_LEN is read")]
pub(crate) const fn span(start: usize, end: usize) -> Span {
    Span::new(start as u32, end as u32)
}

impl<'s, const PATHS: bool> Lexer<'s, PATHS> {
    /// Reads `source` from byte `start` on, which must not be inside a token.
    #[must_use]
    pub fn new(source: &'s str, start: usize) -> Self {
        let mut inner = TokenKind::lexer(source);
        let bom = if start == 0 && source.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        inner.bump((start + bom).min(source.len()));
        Self {
            source,
            inner,
            holes: Vec::new(),
            no_key_before: 0,
            last_end: start,
            after_dot: false,
            line: Cell::new((0, 0)),
            no_comment_end: false,
            comments: Vec::new(),
            errors: Vec::new(),
        }
    }

    fn error(&mut self, start: usize, end: usize, kind: SyntaxErrorKind) {
        self.errors.push(SyntaxError::new(span(start, end), kind));
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.source.as_bytes().get(at).copied()
    }

    /// Sets the place where reading goes on.
    fn go_to(&mut self, at: usize) {
        self.inner.bump(at.saturating_sub(self.inner.span().end));
    }

    /// The line that holds `at`, without its LF. Remembered, so that many looks at one long line cost one search.
    fn line(&self, at: usize) -> (usize, usize) {
        let (start, end) = self.line.get();
        if start <= at && at <= end && end > 0 {
            return (start, end);
        }
        let bytes = self.source.as_bytes();
        let start = memchr::memrchr(b'\n', bytes.get(..at).unwrap_or_default()).map_or(0, |line| line + 1);
        let end = memchr::memchr(b'\n', bytes.get(at..).unwrap_or_default()).map_or(bytes.len(), |line| at + line);
        self.line.set((start, end));
        (start, end)
    }

    /// The end of the line that holds `at`, without CR and LF.
    fn line_end(&self, at: usize) -> usize {
        let (start, end) = self.line(at);
        if end > start && end < self.source.len() && self.byte(end - 1) == Some(b'\r') { end - 1 } else { end }
    }

    /// The start of the line that holds `at`.
    fn line_start(&self, at: usize) -> usize {
        self.line(at).0
    }

    fn comment(&mut self, start: usize, mut end: usize) {
        if self.byte(end.wrapping_sub(1)) == Some(b'\r') {
            end -= 1;
        }
        let kind = match (self.byte(start + 2), self.byte(start + 3)) {
            (Some(b'!'), _) => CommentKind::File,
            (Some(b'/'), next) if next != Some(b'/') => CommentKind::Doc,
            _ => CommentKind::Line,
        };
        self.comments.push(Comment { span: span(start, end), kind });
    }

    /// Whether a line ends between the token before and `at`.
    fn line_between(&self, at: usize) -> bool {
        self.source.as_bytes().get(self.last_end..at).is_some_and(|gap| gap.contains(&b'\n'))
    }
}

impl<const PATHS: bool> Iterator for Lexer<'_, PATHS> {
    type Item = Token;

    #[inline]
    fn next(&mut self) -> Option<Token> {
        use TokenKind as K;
        loop {
            let read = self.inner.next();
            let std::ops::Range { start, end } = self.inner.span();
            if !self.holes.is_empty() && (read.is_none() || self.line_between(start)) {
                return Some(self.close_hole());
            }
            let kind = match read? {
                Ok(kind) => kind,
                Err(()) => K::Error,
            };
            let token = match kind {
                K::WordKey => Token { kind: K::Key, span: span(start, end - 1) },
                K::Name | K::Upper => self.word(kind, start, end),
                _ if kind.is_keyword() => self.word(kind, start, end),
                K::Quote => self.quoted(start, end),
                K::TripleQuote => self.block(start, end),
                K::RawQuote => self.raw(start, end),
                K::Comment => {
                    self.comment(start, end);
                    continue;
                }
                K::LBrace => {
                    if let Some(hole) = self.holes.last_mut() {
                        hole.braces += 1;
                    }
                    Token { kind, span: span(start, end) }
                }
                K::RBrace => match self.holes.last_mut() {
                    Some(hole) if hole.braces == 0 => self.resume(start, end),
                    Some(hole) => {
                        hole.braces -= 1;
                        Token { kind, span: span(start, end) }
                    }
                    None => Token { kind, span: span(start, end) },
                },
                K::ForeignSign | K::ForeignWord | K::MixedCase | K::Error => match self.foreign(kind, start, end) {
                    Some(token) => token,
                    None => continue,
                },
                _ => Token { kind, span: span(start, end) },
            };
            self.after_dot = matches!(token.kind, K::Dot | K::QuestionDot);
            self.last_end = token.span.end as usize;
            return Some(token);
        }
    }
}
