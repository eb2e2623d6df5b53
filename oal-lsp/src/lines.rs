//! Bytes of a text to lines and columns as the protocol counts them, and back. Every position is taken: past the end of its line or
//! of the text, inside a character.

use memchr::memchr2_iter;
use oal_syntax::Span;

/// In which units a client counts columns (LSP 3.17, `positionEncodings`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units; what holds where nothing is agreed.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

/// A place: both count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Place {
    /// Line.
    pub line: u32,
    /// Column, in the units of an [`Encoding`].
    pub column: u32,
}

/// Where the lines of one text start. A line ends with `\n`, `\r\n` or `\r`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Lines {
    starts: Vec<u32>,
}

impl Lines {
    /// Reads the text once. A byte order mark is not part of the first line: clients take it away.
    #[must_use]
    pub(crate) fn new(text: &str) -> Self {
        let mut starts = vec![if text.starts_with('\u{feff}') { 3 } else { 0 }];
        starts.extend(later_starts(text).map(count));
        Self { starts }
    }

    /// The place of an offset.
    #[must_use]
    pub(crate) fn place(&self, text: &str, offset: u32, encoding: Encoding) -> Place {
        let mut offset = offset.min(count(text.len()));
        while !text.is_char_boundary(offset as usize) {
            offset -= 1;
        }
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0).min(offset);
        let before = Span::new(start, offset).text(text);
        Place { line: count(line), column: units(before, encoding) }
    }

    /// The offset of a place.
    #[must_use]
    pub(crate) fn offset(&self, text: &str, place: Place, encoding: Encoding) -> u32 {
        let Some(start) = self.starts.get(place.line as usize) else { return count(text.len()) };
        let end = self.starts.get(place.line as usize + 1).copied().unwrap_or(count(text.len()));
        start + inside(Span::new(*start, end).text(text), place.column, encoding)
    }

    /// Follows an edit, after which `text` is as it is now: so many bytes from `from` on were replaced by `new` others.
    pub(crate) fn edit(&mut self, text: &str, from: usize, old: usize, new: usize) {
        let bytes = text.as_bytes();
        // Whether a line starts at an offset depends on the bytes before and after it.
        let starts = |at: usize| match bytes.get(at.wrapping_sub(1)) {
            Some(b'\n') => true,
            Some(b'\r') => bytes.get(at) != Some(&b'\n'),
            _ => false,
        };
        let first = self.starts.partition_point(|start| (*start as usize) < from).max(1);
        let after = self.starts.partition_point(|start| (*start as usize) <= from + old).max(first);
        for start in self.starts.iter_mut().skip(after) {
            *start = count((*start as usize + new).saturating_sub(old));
        }
        self.starts.splice(first..after, (from.max(1)..=from + new).filter(|at| starts(*at)).map(count));
        if let Some(start) = self.starts.first_mut() {
            *start = if text.starts_with('\u{feff}') { 3 } else { 0 };
        }
    }
}

/// Where lines start, the first one left out.
fn later_starts(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    memchr2_iter(b'\n', b'\r', bytes).filter_map(move |at| {
        let inside = bytes.get(at) == Some(&b'\r') && bytes.get(at + 1) == Some(&b'\n');
        (!inside).then_some(at + 1)
    })
}

/// The offset of a column in a line: before its end, and at the start of a character.
fn inside(line: &str, column: u32, encoding: Encoding) -> u32 {
    let line = line.trim_end_matches(['\r', '\n']);
    let mut seen = 0;
    for (offset, character) in line.char_indices() {
        seen += width(character, encoding);
        if seen > column {
            return count(offset);
        }
    }
    count(line.len())
}

/// How many columns a text takes.
#[must_use]
pub(crate) fn units(text: &str, encoding: Encoding) -> u32 {
    match encoding {
        Encoding::Utf8 => count(text.len()),
        _ if text.is_ascii() => count(text.len()),
        _ => text.chars().map(|character| width(character, encoding)).sum(),
    }
}

fn width(character: char, encoding: Encoding) -> u32 {
    match encoding {
        Encoding::Utf8 => count(character.len_utf8()),
        Encoding::Utf16 => count(character.len_utf16()),
        Encoding::Utf32 => 1,
    }
}

fn count(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Encoding, Lines, Place};

    const ALL: [Encoding; 3] = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32];
    const TEXT: &str = "\u{feff}a𝒳é\r\n\r\rb\n\n𝒳";

    #[test]
    fn there_and_back() {
        let lines = Lines::new(TEXT);
        for encoding in ALL {
            for (offset, character) in TEXT.char_indices().chain([(TEXT.len(), ' ')]) {
                let inside_end = character == '\n' && TEXT.get(..offset).is_some_and(|before| before.ends_with('\r'));
                let place = lines.place(TEXT, offset as u32, encoding);
                let back = lines.offset(TEXT, place, encoding) as usize;
                assert_eq!(
                    back,
                    if inside_end { offset - 1 } else { offset.max(3) },
                    "{encoding:?} {offset} {place:?}"
                );
            }
        }
    }

    #[test]
    fn every_position_is_taken() {
        let lines = Lines::new(TEXT);
        assert_eq!(lines.starts.len(), 6);
        for encoding in ALL {
            for line in 0..9 {
                for column in 0..12 {
                    let offset = lines.offset(TEXT, Place { line, column }, encoding);
                    assert!(TEXT.is_char_boundary(offset as usize), "{encoding:?} {line} {column}");
                }
            }
            assert_eq!(lines.offset(TEXT, Place { line: 9, column: 0 }, encoding) as usize, TEXT.len());
        }
        // Inside the second half of a pair.
        assert_eq!(lines.offset(TEXT, Place { line: 0, column: 2 }, Encoding::Utf16), 4);
    }

    #[test]
    fn lines_follow_edits() {
        let pieces = ["", "x", "\n", "\r", "\r\n", "\n\r", "a\r\nb\n", "\u{feff}"];
        for start in ["", "\r\n\r\n", "a\nb\rc\r\n", "\u{feff}\r\nx"] {
            for (from, _) in start.char_indices().chain([(start.len(), ' ')]) {
                for to in (from..=start.len()).filter(|to| start.is_char_boundary(*to)) {
                    for piece in pieces {
                        let mut lines = Lines::new(start);
                        let mut text = start.to_owned();
                        text.replace_range(from..to, piece);
                        lines.edit(&text, from, to - from, piece.len());
                        assert_eq!(lines.starts, Lines::new(&text).starts, "{start:?} {from}..{to} {piece:?}");
                    }
                }
            }
        }
    }
}
