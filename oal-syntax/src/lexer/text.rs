//! Texts: `"…"`, `"""…"""`, `r"…"`, and their holes.

use super::foreign::is_invisible;
use super::key::past_blanks;
use super::{Block, Hole, Lexer, late, span};
use crate::depth::MAX_OPEN;
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
    /// Quotes on a later line, for a text of one line; the offset is after them.
    Late(usize),
}

impl<const PATHS: bool> Lexer<'_, PATHS> {
    pub(super) fn quoted(&mut self, start: usize, end: usize) -> Token {
        let stop = self.line_text(end);
        self.text_token(start, stop, None, None)
    }

    /// A `"""` from `start` to `end`.
    pub(super) fn block(&mut self, start: usize, end: usize) -> Token {
        let bytes = self.source.as_bytes();
        let line = past_blanks(bytes, end);
        if !matches!(bytes.get(line..), Some([b'\n', ..] | [b'\r', b'\n', ..] | []) | None) {
            self.error(line, self.line_end(line), SyntaxErrorKind::BlockTextOpening);
        }
        let block = Block { open: start, cut: self.block_cut(start, end) };
        let stop = self.block_text(block, end);
        self.text_token(start, stop, None, Some(block))
    }

    /// An `r"` from `start` to `end`.
    pub(super) fn raw(&mut self, start: usize, end: usize) -> Token {
        let rest = self.source.as_bytes().get(end..).unwrap_or_default();
        let stop = match memchr::memchr2(b'"', b'\n', rest) {
            Some(at) if rest.get(at) == Some(&b'"') => End::Quotes(end + at + 1),
            _ => self.line_ended(start, self.line(end).1),
        };
        self.text_token(start, stop, None, None)
    }

    /// The text after the `}` from `start` to `end` that ends a hole.
    pub(super) fn resume(&mut self, start: usize, end: usize) -> Token {
        let hole = self.holes.pop();
        if let Some(hole) = hole.filter(|hole| past_blanks(self.source.as_bytes(), hole.open as usize + 2) == start) {
            self.error(hole.open as usize, end, SyntaxErrorKind::EmptyHole);
        }
        let block = hole.and_then(|hole| hole.block);
        let stop = match block {
            Some(block) => self.block_text(block, end),
            None => self.line_text(end),
        };
        self.text_token(start, stop, Some(hole.map_or(start, |hole| hole.text)), block)
    }

    /// Ends a hole that its line has ended, and its text if that is one of a single line.
    pub(super) fn close_hole(&mut self) -> Token {
        let last = self.last_end;
        let line = self.line_end(last);
        let hole = self.holes.pop();
        let open = hole.map_or(last, |hole| hole.open as usize);
        // Of several open holes in a line one is enough.
        let said = self.errors.last().is_some_and(|error| {
            let hole = matches!(error.kind, SyntaxErrorKind::UnterminatedHole | SyntaxErrorKind::TooDeep);
            hole && error.span.start as usize >= self.line_start(last)
        });
        if !said {
            self.error(open, open + 2, SyntaxErrorKind::UnterminatedHole);
        }
        // What was read belongs to the lines after the text.
        self.inner = logos::Lexer::new(self.source);
        self.inner.bump(last);
        while self.comments.last().is_some_and(|comment| comment.span.start as usize >= last) {
            self.comments.pop();
        }
        let token = match hole.and_then(|hole| hole.block) {
            Some(block) => {
                let stop = self.block_text(block, line);
                self.text_token(last, stop, Some(block.open), Some(block))
            }
            None => Token { kind: TokenKind::TextEnd, span: span(last, last) },
        };
        self.last_end = token.span.end as usize;
        self.after_dot = false;
        token
    }

    /// The token from `start` to `stop`. `text` is where its text starts, if that is not here.
    fn text_token(&mut self, start: usize, stop: End, text: Option<usize>, block: Option<Block>) -> Token {
        use TokenKind as K;
        let first = text.is_none();
        let text = text.unwrap_or(start);
        let (end, kind) = match stop {
            End::Hole(end) if self.holes.len() == MAX_OPEN => {
                self.error(end - 2, end, SyntaxErrorKind::TooDeep);
                (self.line_end(end), K::Error)
            }
            End::Hole(end) => {
                self.holes.push(Hole { braces: 0, open: span(end, end).start - 2, text, block });
                (end, if first { K::TextStart } else { K::TextMiddle })
            }
            End::Quotes(end) => (end, if first { K::Text } else { K::TextEnd }),
            End::Late(end) => {
                self.error(start, end, SyntaxErrorKind::TextOverLines);
                (end, if first { K::Error } else { K::TextEnd })
            }
            End::Cut(end) => {
                let (from, kind) = match block {
                    Some(block) => (block.open, SyntaxErrorKind::UnterminatedBlockText),
                    None => (start, SyntaxErrorKind::UnterminatedText),
                };
                let to = if block.is_some() { from + 3 } else { end };
                self.error(from, to, kind);
                (end, if first { K::Text } else { K::TextEnd })
            }
        };
        self.go_to(end);
        self.look_for_invisible(start, end);
        if matches!(kind, K::Text | K::TextEnd) {
            let colon = past_blanks(self.source.as_bytes(), end);
            match self.byte(colon) {
                Some(b':') if kind == K::Text => return self.key(start, end, colon),
                Some(b':') => {
                    // A key is known before any value is.
                    self.error(text, end, SyntaxErrorKind::PlainTextNeeded);
                    self.go_to(colon + 1);
                }
                _ => {}
            }
        }
        Token { kind, span: span(start, end) }
    }

    /// A reader would see another text than the checker: said once for each piece of a text.
    fn look_for_invisible(&mut self, start: usize, end: usize) {
        let Some(text) = self.source.get(start..end).filter(|text| !text.is_ascii()) else { return };
        if let Some((at, found)) = text.char_indices().find(|(_, letter)| is_invisible(*letter)) {
            let at = start + at;
            self.error(at, at + found.len_utf8(), SyntaxErrorKind::InvisibleCharacter(found));
        }
    }

    /// Reads a text of one line from `at` on.
    fn line_text(&mut self, mut at: usize) -> End {
        let (bytes, from) = (self.source.as_bytes(), at);
        loop {
            // What may end the text, or mean something in it; then whether the line ends before.
            let rest = bytes.get(at..).unwrap_or_default();
            let sign = memchr::memchr3(b'"', b'\\', b'$', rest);
            let plain = rest.get(..sign.unwrap_or(rest.len())).unwrap_or_default();
            if let Some(line) = memchr::memchr(b'\n', plain) {
                return self.line_ended(from, at + line);
            }
            at += plain.len();
            match bytes.get(at) {
                Some(b'"') => return End::Quotes(at + 1),
                None => return End::Cut(self.line_end(at)),
                Some(b'$') if bytes.get(at + 1) == Some(&b'{') => return End::Hole(at + 2),
                Some(b'\\') => at = self.escape(at),
                Some(_) => at += 1,
            }
        }
    }

    /// What ends a text of one line that is open at `from` and whose line ends at `line`.
    fn line_ended(&self, from: usize, line: usize) -> End {
        match late::quotes(self.source.as_bytes(), self.line_start(from)..from, line) {
            Some(end) => End::Late(end),
            None => End::Cut(self.line_end(line)),
        }
    }

    /// Reads a text of several lines from `at` on.
    fn block_text(&mut self, block: Block, mut at: usize) -> End {
        let bytes = self.source.as_bytes();
        let cut = block.cut.unwrap_or(bytes.len());
        loop {
            match bytes.get(at) {
                _ if at >= cut => return End::Cut(cut.max(at)),
                None => return End::Cut(bytes.len()),
                Some(b'"') if bytes.get(at..at + 3) == Some(b"\"\"\"") => {
                    self.block_lines(block, at);
                    return End::Quotes(at + 3);
                }
                Some(b'$') if bytes.get(at + 1) == Some(&b'{') => return End::Hole(at + 2),
                Some(b'\\') if matches!(bytes.get(at + 1), Some(b'\n' | b'\r')) => {
                    self.error(at, at + 1, SyntaxErrorKind::UnknownEscape('\n'));
                    at += 1;
                }
                Some(b'\\') => at = self.escape(at),
                Some(_) => at += 1,
            }
        }
    }

    /// Where a text of several lines must end because its closing quotes are missing: before the first line that is indented no deeper
    /// than the line that opens it. They are missing where no `"""` follows, or one that opens another text.
    fn block_cut(&self, open: usize, from: usize) -> Option<usize> {
        let bytes = self.source.as_bytes();
        let mut at = from;
        loop {
            let Some(next) = memchr::memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) else {
                return Some(self.cut_at(open, from));
            };
            at += next;
            match bytes.get(at..at + 3) {
                Some(b"\"\"\"") => break,
                Some([b'\\', ..]) => at += 2,
                Some(_) => at += 1,
                None => return Some(self.cut_at(open, from)),
            }
        }
        let before = bytes.get(self.line_start(at)..at)?.trim_ascii_end();
        let after = self.byte(past_blanks(bytes, at + 3));
        let opens =
            matches!(before.last(), Some(b':' | b'=' | b'(' | b'[' | b',' | b'>' | b'{')) && self.line_start(at) > open;
        (opens && matches!(after, None | Some(b'\n' | b'\r'))).then(|| self.cut_at(open, from))
    }

    fn cut_at(&self, open: usize, from: usize) -> usize {
        let bytes = self.source.as_bytes();
        let indent = |line: usize| past_blanks(bytes, line) - line;
        let least = indent(self.line_start(open));
        let mut end = self.line_end(from);
        loop {
            let line = match bytes.get(end..) {
                Some([b'\n', ..]) => end + 1,
                Some([b'\r', b'\n', ..]) => end + 2,
                _ => return end,
            };
            let blank = matches!(self.byte(past_blanks(bytes, line)), None | Some(b'\n' | b'\r'));
            if !blank && indent(line) <= least {
                return end;
            }
            end = self.line_end(line);
        }
    }

    /// Says what is wrong with the lines of a text that ends at `close`: its closing quotes stand alone in their line, and no line
    /// starts left of them.
    fn block_lines(&mut self, block: Block, close: usize) {
        let bytes = self.source.as_bytes();
        let last = self.line_start(close);
        if last <= block.open {
            return;
        }
        let indent = past_blanks(bytes, last) - last;
        if last + indent != close {
            self.error(close, close + 3, SyntaxErrorKind::BlockTextClosing);
        }
        let mut line = self.line_end(block.open);
        while line < last {
            let start =
                memchr::memchr(b'\n', bytes.get(line..last).unwrap_or_default()).map_or(last, |at| line + at + 1);
            if start >= last {
                break;
            }
            let text = past_blanks(bytes, start);
            if text - start < indent && !matches!(self.byte(text), None | Some(b'\n' | b'\r')) {
                self.error(text, self.line_end(text), SyntaxErrorKind::BlockTextIndent);
                break;
            }
            line = start;
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
