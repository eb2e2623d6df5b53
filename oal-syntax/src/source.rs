//! Source text and places in it: bytes to text, offsets to lines and columns and back. No file names, no IO.

use crate::span::offset;

/// Bytes that are no UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidUtf8 {
    /// Offset of the first byte that is none.
    pub at: usize,
    /// How many bytes belong to it, at least one.
    pub len: usize,
}

/// The text of a file's bytes. A byte order mark stays in it: the lexer takes it for white space, and offsets count from the file's
/// first byte.
///
/// # Errors
/// Where the bytes are no UTF-8, says from where on.
pub fn decode(bytes: &[u8]) -> Result<&str, InvalidUtf8> {
    std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        InvalidUtf8 { at, len: error.error_len().unwrap_or(bytes.len() - at).max(1) }
    })
}

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Columns {
    /// Bytes of UTF-8.
    Bytes,
    /// Characters (Unicode scalar values), as people and terminals count.
    Chars,
    /// UTF-16 code units, as the Language Server Protocol counts unless told otherwise.
    Utf16,
}

/// A line and a column, both counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column in it.
    pub column: u32,
}

/// Where the lines of a text start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
    len: u32,
}

impl LineIndex {
    /// Finds the lines of a text: each ends with LF, CR LF or the text.
    #[must_use]
    pub fn new(source: &str) -> Self {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', source.as_bytes()).map(|at| offset(at + 1)));
        Self { starts: starts.collect(), len: offset(source.len()) }
    }

    /// How many lines there are, at least one.
    #[must_use]
    pub fn lines(&self) -> u32 {
        offset(self.starts.len())
    }

    /// The line that holds the byte `at`; the last one for an offset beyond the text.
    #[must_use]
    pub fn line(&self, at: u32) -> u32 {
        offset(self.starts.partition_point(|start| *start <= at).saturating_sub(1))
    }

    /// From the first byte of a line up to the first one of the next; empty at the end for a line that is not there.
    #[must_use]
    pub fn line_span(&self, line: u32) -> crate::Span {
        let at = |line: usize| self.starts.get(line).copied().unwrap_or(self.len);
        crate::Span::new(at(line as usize), at(line as usize + 1))
    }

    /// The line and column of an offset. `source` is the text the index was made of; an offset inside a character counts as its start.
    #[must_use]
    pub fn position(&self, source: &str, at: u32, columns: Columns) -> Position {
        let at = at.min(self.len);
        let line = self.line(at);
        let start = self.line_span(line).start;
        let before = (start..=at).rev().find_map(|end| source.get(start as usize..end as usize)).unwrap_or_default();
        Position { line, column: offset(width(before, columns)) }
    }

    /// The offset of a line and column: the end of the line for a column beyond it, the end of the text for a line beyond it.
    #[must_use]
    pub fn offset(&self, source: &str, position: Position, columns: Columns) -> u32 {
        let span = self.line_span(position.line);
        let line = span.text(source);
        let line = line.strip_suffix('\n').unwrap_or(line);
        let line = line.strip_suffix('\r').unwrap_or(line);
        let (mut left, mut at) = (position.column as usize, 0);
        for letter in line.chars() {
            let width = match columns {
                Columns::Bytes => letter.len_utf8(),
                Columns::Chars => 1,
                Columns::Utf16 => letter.len_utf16(),
            };
            if left < width {
                break;
            }
            left -= width;
            at += letter.len_utf8();
        }
        span.start + offset(at)
    }
}

fn width(text: &str, columns: Columns) -> usize {
    match columns {
        Columns::Bytes => text.len(),
        Columns::Chars => text.chars().count(),
        Columns::Utf16 => text.chars().map(char::len_utf16).sum(),
    }
}
