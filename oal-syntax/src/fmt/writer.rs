//! The cursor in the old text and the new text it grows. Nothing here knows the tree.
//!
//! Every token is written by reading it: the writer stands before a token of the old text and copies that one or stops. So no
//! token can be lost, doubled or moved, and comments are met between the tokens where they stand. What the style may add or
//! drop (commas, a leading `|`) has functions of its own in `trivia` and `group`.
//!
//! A node is first written on the rest of the line ([`Writer::attempt`]) and taken back where it does not fit; an attempt ends
//! at the right margin, so formatting is linear in the text.

use crate::ast::Tree;
use crate::span::Span;

/// Greatest number of characters in a line.
pub(super) const WIDTH: usize = 100;
/// Columns of one step to the right.
pub(super) const INDENT: usize = 2;

const SPACES: &str = "                                                                ";

/// Why the writer left a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// It does not fit on one line, or was broken by its author.
    TooWide,
    /// It holds a comment, so it cannot stand on one line.
    Comment,
    /// The text is not what the tree says: a mistake of the formatter.
    Lost,
}

/// Whether a node was written.
pub(super) type Laid = Result<(), Stop>;

/// What stands before a token, where no comment does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing.
    None,
    /// A space.
    Space,
    /// A new line with this indent.
    Line(usize),
}

/// See the file's head.
pub(super) struct Writer<'a> {
    pub(super) tree: &'a Tree,
    pub(super) src: &'a str,
    /// Offset of the next byte to read.
    pub(super) pos: usize,
    pub(super) out: String,
    /// Where the last line of `out` starts; not kept during an attempt, which ends with its line.
    pub(super) line: usize,
    /// Indent of the line on which the current node starts.
    pub(super) base: usize,
    /// Whether everything goes on one line.
    pub(super) flat: bool,
    /// Whether we are in a hole of a template, which is one line whatever its length and the author's line breaks.
    pub(super) hole: bool,
    /// Columns a flat node may reach; without bound where there is no other way to write it.
    pub(super) limit: usize,
}

impl<'a> Writer<'a> {
    pub(super) fn new(src: &'a str, tree: &'a Tree) -> Self {
        let mut out = String::new();
        out.reserve_exact(src.len() + src.len() / 16 + 64);
        let pos = if src.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { tree, src, pos, out, line: 0, base: 0, flat: false, hole: false, limit: usize::MAX }
    }

    /// The byte under the cursor, 0 at the end.
    #[inline]
    pub(super) fn byte(&self) -> u8 {
        self.src.as_bytes().get(self.pos).copied().unwrap_or(0)
    }

    /// Adds text without line ends.
    #[inline]
    pub(super) fn put(&mut self, text: &str) -> Laid {
        self.out.push_str(text);
        if self.out.len() - self.line > self.limit { self.measure() } else { Ok(()) }
    }

    /// Whether the line really is too wide: characters count, not bytes.
    #[cold]
    fn measure(&self) -> Laid {
        let width = self.out.get(self.line..).map_or(0, |line| line.chars().count());
        if width > self.limit { Err(Stop::TooWide) } else { Ok(()) }
    }

    /// Ends the line and starts one with `indent`.
    #[inline]
    pub(super) fn newline(&mut self, indent: usize) {
        self.out.push('\n');
        self.line = self.out.len();
        let mut rest = indent;
        while rest > SPACES.len() {
            self.out.push_str(SPACES);
            rest -= SPACES.len();
        }
        self.out.push_str(SPACES.get(..rest).unwrap_or_default());
    }

    /// Moves over white space; how many line ends it held.
    #[inline]
    pub(super) fn skip_blank(&mut self) -> usize {
        let (newlines, pos) = blank(self.src.as_bytes(), self.pos);
        self.pos = pos;
        newlines
    }

    /// Whether a comment starts here.
    #[inline]
    pub(super) fn at_comment(&self) -> bool {
        self.byte() == b'/' && self.src.as_bytes().get(self.pos + 1) == Some(&b'/')
    }

    /// Writes what stands before a token: comments, or else `before`.
    #[inline]
    pub(super) fn lead(&mut self, before: Before) -> Laid {
        let newlines = self.skip_blank();
        if self.at_comment() {
            return self.lead_comments(newlines, before);
        }
        match before {
            Before::None => Ok(()),
            Before::Space => self.put(" "),
            Before::Line(indent) => {
                self.newline(indent);
                Ok(())
            }
        }
    }

    /// Writes the token under the cursor, which is `text`.
    #[inline]
    pub(super) fn expect(&mut self, text: &'static str) -> Laid {
        let end = self.pos + text.len();
        if self.src.get(self.pos..end) != Some(text) {
            return Err(Stop::Lost);
        }
        self.pos = end;
        self.put(text)
    }

    /// Writes the next token, which is `text`.
    #[inline]
    pub(super) fn token(&mut self, before: Before, text: &'static str) -> Laid {
        self.lead(before)?;
        self.expect(text)
    }

    /// Writes the next token, which is one of a single line and stands at `span`.
    #[inline]
    pub(super) fn atom(&mut self, before: Before, span: Span) -> Laid {
        self.lead(before)?;
        if self.pos != span.start as usize {
            return Err(Stop::Lost);
        }
        self.pos = span.end as usize;
        let text = span.text(self.src);
        self.put(text)
    }

    /// Writes the word under the cursor.
    pub(super) fn word(&mut self, before: Before) -> Laid {
        self.lead(before)?;
        let rest = self.src.as_bytes().get(self.pos..).unwrap_or_default();
        let len = rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
        if len == 0 {
            return Err(Stop::Lost);
        }
        let start = self.pos;
        self.pos += len;
        let text = self.src.get(start..self.pos).ok_or(Stop::Lost)?;
        self.put(text)
    }

    /// Writes a quoted text, which may have several lines.
    pub(super) fn text(&mut self, before: Before, span: Span) -> Laid {
        self.lead(before)?;
        if self.pos != span.start as usize {
            return Err(Stop::Lost);
        }
        let Some(shift) = self.shift(span, &[]) else { return self.verbatim(span.end as usize) };
        self.moved(span.end as usize, shift)
    }

    /// Copies up to `end` as it is.
    pub(super) fn verbatim(&mut self, end: usize) -> Laid {
        let text = self.src.get(self.pos..end).ok_or(Stop::Lost)?;
        if self.flat && text.len() > self.limit.saturating_mul(4) {
            return Err(Stop::TooWide);
        }
        self.pos = end;
        let start = self.out.len();
        if !text.contains('\n') {
            return self.put(text);
        }
        if self.flat && !self.hole {
            return Err(Stop::TooWide);
        }
        // The value counts, and of `\r\r\n` one `\r` is in it: such a text stays as it is.
        if text.contains('\r') && !text.contains("\r\r\n") {
            self.out.push_str(&text.replace("\r\n", "\n"));
        } else {
            self.out.push_str(text);
        }
        self.found_lines(start);
        Ok(())
    }

    /// Whether what is written now will stay: no attempt is being made.
    pub(super) fn is_free(&self) -> bool {
        !self.flat || (self.hole && self.limit == usize::MAX)
    }

    /// Takes note of the line ends in what was written from `start` on.
    pub(super) fn found_lines(&mut self, start: usize) {
        let written = self.out.as_bytes().get(start..).unwrap_or_default();
        if let (true, Some(last)) = (self.is_free(), memchr::memrchr(b'\n', written)) {
            self.line = start + last + 1;
        }
    }

    /// Writes a node on the rest of the line, less `tail` columns; takes it back and answers `false` where it does not fit.
    pub(super) fn attempt(&mut self, tail: usize, write: impl FnOnce(&mut Self) -> Laid) -> Result<bool, Stop> {
        if self.flat {
            return write(self).map(|()| true);
        }
        let (pos, len) = (self.pos, self.out.len());
        self.flat = true;
        self.limit = WIDTH.saturating_sub(tail);
        let done = write(self);
        self.flat = false;
        self.limit = usize::MAX;
        match done {
            Ok(()) => Ok(true),
            Err(Stop::Lost) => Err(Stop::Lost),
            Err(Stop::TooWide | Stop::Comment) => {
                self.pos = pos;
                self.out.truncate(len);
                Ok(false)
            }
        }
    }

    /// Whether a line break or a comment stands behind the next `len` bytes.
    pub(super) fn breaks_after(&self, len: usize) -> bool {
        let bytes = self.src.as_bytes();
        let (newlines, pos) = blank(bytes, self.pos + len);
        newlines > 0 || (bytes.get(pos) == Some(&b'/') && bytes.get(pos + 1) == Some(&b'/'))
    }
}

/// How many line ends the white space from `pos` holds, and where it ends.
#[inline]
fn blank(bytes: &[u8], mut pos: usize) -> (usize, usize) {
    let mut newlines = 0;
    while let Some(b' ' | b'\t' | b'\r' | b'\n') = bytes.get(pos) {
        newlines += usize::from(bytes.get(pos) == Some(&b'\n'));
        pos += 1;
    }
    (newlines, pos)
}

/// Whether the byte belongs to a word.
pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
