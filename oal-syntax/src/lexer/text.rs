//! Texts: `"…"`, `"""…"""`, `r"…"`, and their holes.

use super::key::past_blanks;
use super::{Hole, Lexer, span};
use crate::error::SyntaxErrorKind;
use crate::token::{Token, TokenKind};

/// What ended a stretch of text.
enum End {
    /// The closing quotes; the offset is after them.
    Quotes(usize),
    /// A `${`; the offset is after it.
    Hole(usize),
    /// Nothing: the offset is where the text must end.
    Cut(usize),
}

impl<const PATHS: bool> Lexer<'_, PATHS> {
    pub(super) fn quoted(&mut self, start: usize, end: usize) -> Token {
        let stop = self.line_text(end);
        self.text_token(start, stop, true, false)
    }

    /// A `"""` from `start` to `end`.
    pub(super) fn block(&mut self, start: usize, end: usize) -> Token {
        let bytes = self.source.as_bytes();
        let line = past_blanks(bytes, end);
        let opens = matches!(bytes.get(line..), Some([b'\n', ..] | [b'\r', b'\n', ..] | []) | None);
        if !opens {
            let stop = memchr::memchr(b'\n', bytes.get(line..).unwrap_or_default()).map_or(bytes.len(), |at| line + at);
            self.error(line, stop, SyntaxErrorKind::BlockTextOpening);
        }
        let stop = self.block_text(start, end);
        self.text_token(start, stop, true, true)
    }

    /// An `r"` from `start` to `end`.
    pub(super) fn raw(&mut self, start: usize, end: usize) -> Token {
        let rest = self.source.as_bytes().get(end..).unwrap_or_default();
        let stop = match memchr::memchr2(b'"', b'\n', rest) {
            Some(at) if rest.get(at) == Some(&b'"') => End::Quotes(end + at + 1),
            Some(at) => End::Cut(end + at),
            None => End::Cut(self.source.len()),
        };
        self.text_token(start, stop, true, false)
    }

    /// The text after the `}` from `start` to `end` that ends a hole.
    pub(super) fn resume(&mut self, start: usize, end: usize) -> Token {
        let hole = self.holes.pop();
        if hole.is_some_and(|hole| past_blanks(self.source.as_bytes(), hole.open as usize + 2) == start) {
            self.error(start.saturating_sub(2), end, SyntaxErrorKind::EmptyHole);
        }
        let block = hole.is_some_and(|hole| hole.block);
        let stop = if block { self.block_text(start, end) } else { self.line_text(end) };
        self.text_token(start, stop, false, block)
    }

    /// Ends a hole that its line has ended, and its text if that is one of a single line. `at` is where the next token starts.
    pub(super) fn close_hole(&mut self, at: usize) -> Token {
        let line_end = self
            .source
            .as_bytes()
            .get(self.last_end..)
            .and_then(|rest| memchr::memchr(b'\n', rest))
            .map_or(self.source.len(), |end| self.last_end + end);
        let hole = self.holes.pop();
        let open = hole.map_or(at, |hole| hole.open as usize);
        self.error(open, open + 2, SyntaxErrorKind::UnterminatedHole);
        let (last, source) = (self.last_end, self.source);
        // The comment and the token that were read belong to the lines after the text.
        self.inner = logos::Lexer::new(source);
        self.inner.bump(last);
        self.comments.retain(|comment| (comment.span.start as usize) < last);
        let token = if hole.is_some_and(|hole| hole.block) {
            let stop = self.block_text(open, line_end.min(source.len()));
            self.text_token(last, stop, false, true)
        } else {
            Token { kind: TokenKind::TextEnd, span: span(last, last) }
        };
        self.last_end = token.span.end as usize;
        self.after_dot = false;
        token
    }

    fn text_token(&mut self, start: usize, stop: End, first: bool, block: bool) -> Token {
        use TokenKind as K;
        let (end, kind) = match stop {
            End::Hole(end) => {
                let open = span(end, end).start - 2;
                self.holes.push(Hole { braces: 0, open, block });
                (end, if first { K::TextStart } else { K::TextMiddle })
            }
            End::Quotes(end) => (end, if first { K::Text } else { K::TextEnd }),
            End::Cut(end) => {
                let kind =
                    if block { SyntaxErrorKind::UnterminatedBlockText } else { SyntaxErrorKind::UnterminatedText };
                self.error(start, end, kind);
                (end, if first { K::Text } else { K::TextEnd })
            }
        };
        self.go_to(end);
        if kind == K::Text {
            let colon = past_blanks(self.source.as_bytes(), end);
            if self.byte(colon) == Some(b':') {
                return self.key(start, end, colon);
            }
        }
        Token { kind, span: span(start, end) }
    }

    /// Reads a text of one line from `at` on.
    fn line_text(&mut self, mut at: usize) -> End {
        let bytes = self.source.as_bytes();
        loop {
            match bytes.get(at) {
                None => return End::Cut(at),
                Some(b'"') => return End::Quotes(at + 1),
                Some(b'\n') => {
                    let cr = at > 0 && bytes.get(at - 1) == Some(&b'\r');
                    return End::Cut(if cr { at - 1 } else { at });
                }
                Some(b'$') if bytes.get(at + 1) == Some(&b'{') => return End::Hole(at + 2),
                Some(b'\\') => at = self.escape(at),
                Some(_) => at += 1,
            }
        }
    }

    /// Reads a text of several lines from `at` on; `start` is its opening `"""` or the `}` before.
    fn block_text(&mut self, _start: usize, mut at: usize) -> End {
        let bytes = self.source.as_bytes();
        loop {
            match bytes.get(at) {
                None => return End::Cut(bytes.len()),
                Some(b'"') if matches!(bytes.get(at..at + 3), Some(b"\"\"\"")) => return End::Quotes(at + 3),
                Some(b'$') if bytes.get(at + 1) == Some(&b'{') => return End::Hole(at + 2),
                Some(b'\\') => at = self.escape(at),
                Some(_) => at += 1,
            }
        }
    }

    /// Checks the escape whose backslash stands at `at`, and gives the offset after it.
    fn escape(&mut self, at: usize) -> usize {
        let rest = self.source.get(at + 1..).unwrap_or_default();
        match rest.chars().next() {
            Some('n' | 't' | 'r' | '"' | '\\' | '$') => at + 2,
            None | Some('\n' | '\r') => at + 1,
            Some('u') => match crate::literal::unicode_escape(rest) {
                (Some(_), len) => at + 1 + len,
                (None, len) => {
                    self.error(at, at + 1 + len, SyntaxErrorKind::BadUnicodeEscape);
                    at + 1 + len
                }
            },
            Some(other) => {
                let end = at + 1 + other.len_utf8();
                self.error(at, end, SyntaxErrorKind::UnknownEscape(other));
                end
            }
        }
    }
}
