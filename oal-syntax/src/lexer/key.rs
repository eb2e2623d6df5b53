//! Words: keys, dotted paths, names and keywords.

use super::{Lexer, span};
use crate::token::{Token, TokenKind};

/// Whether a byte belongs to a word.
pub(super) const fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The first byte at or after `at` that is no space and no tab.
pub(super) fn past_blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    at
}

impl<const PATHS: bool> Lexer<'_, PATHS> {
    /// A word from `start` to `end`: a key where a colon follows it or the path it begins, else a name or keyword.
    #[inline]
    pub(super) fn word(&mut self, kind: TokenKind, start: usize, end: usize) -> Token {
        match self.byte(end) {
            Some(b':') => self.key(start, end, end),
            Some(b'.' | b'[' | b' ' | b'\t') if start >= self.no_key_before => self.long_word(kind, start, end),
            _ => self.short_word(kind, start, end),
        }
    }

    fn short_word(&self, kind: TokenKind, start: usize, end: usize) -> Token {
        let named = self.after_dot && kind.is_keyword() && !self.line_between(start);
        let kind = if named { TokenKind::Name } else { kind };
        Token { kind, span: span(start, end) }
    }

    /// A key whose colon stands at `colon`.
    pub(super) fn key(&mut self, start: usize, end: usize, colon: usize) -> Token {
        self.go_to(colon + 1);
        Token { kind: TokenKind::Key, span: span(start, end) }
    }

    /// A word after which more follows that may make it a key or a path.
    fn long_word(&mut self, kind: TokenKind, start: usize, end: usize) -> Token {
        let bytes = self.source.as_bytes();
        let mut at = end;
        // The end of the part without index steps, and where its last word starts.
        let (mut plain, mut last, mut is_plain) = (end, start, true);
        loop {
            match bytes.get(at) {
                Some(b'.') if matches!(bytes.get(at + 1), Some(b'a'..=b'z' | b'A'..=b'Z' | b'_')) => {
                    let word = at + 1;
                    at = word;
                    while bytes.get(at).is_some_and(|byte| in_word(*byte)) {
                        at += 1;
                    }
                    if is_plain {
                        (plain, last) = (at, word);
                    }
                }
                Some(b'[') if bytes.get(at + 1) == Some(&b'"') => match text_end(bytes, at + 2) {
                    Some(close) if bytes.get(close) == Some(&b']') => {
                        is_plain = false;
                        at = close + 1;
                    }
                    _ => break,
                },
                _ => break,
            }
        }
        let colon = past_blanks(bytes, at);
        if bytes.get(colon) == Some(&b':') {
            let key = self.key(start, at, colon);
            return if PATHS && at > end { Token { kind: TokenKind::PathKey, ..key } } else { key };
        }
        self.no_key_before = at;
        if PATHS && plain > end && !self.after_dot && (!kind.is_keyword() || kind == TokenKind::Environment) {
            self.go_to(plain);
            let upper = bytes.get(last).is_some_and(u8::is_ascii_uppercase);
            let kind = if upper { TokenKind::UpperPath } else { TokenKind::Path };
            return Token { kind, span: span(start, plain) };
        }
        self.short_word(kind, start, end)
    }
}

/// The offset after the `"` that ends a plain text on this line.
fn text_end(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\n' | b'$' => return None,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}
