//! Our plain data as the protocol's types, and back. With `server`, the only place that knows them.

pub(crate) mod diagnostics;

use oal_syntax::{FileId, Span};
use tower_lsp::ls_types::{Location, Position, PositionEncodingKind, Range, TextDocumentContentChangeEvent, Uri};

use crate::documents::Change;
use crate::file::File;
use crate::key;
use crate::library;
use crate::lines::{Encoding, Place};
use crate::program::Program;

/// The encoding to use with a client that offers these: the cheapest, else UTF-16, which every client has.
pub(crate) fn encoding(offered: Option<&[PositionEncodingKind]>) -> Encoding {
    let offered = offered.unwrap_or_default();
    if offered.contains(&PositionEncodingKind::UTF8) {
        Encoding::Utf8
    } else if offered.contains(&PositionEncodingKind::UTF16) || !offered.contains(&PositionEncodingKind::UTF32) {
        Encoding::Utf16
    } else {
        Encoding::Utf32
    }
}

/// The name of an encoding.
pub(crate) fn encoding_kind(encoding: Encoding) -> PositionEncodingKind {
    match encoding {
        Encoding::Utf8 => PositionEncodingKind::UTF8,
        Encoding::Utf16 => PositionEncodingKind::UTF16,
        Encoding::Utf32 => PositionEncodingKind::UTF32,
    }
}

fn place(position: Position) -> Place {
    Place { line: position.line, column: position.character }
}

/// The offset of a position.
pub(crate) fn offset(file: &File, position: Position, encoding: Encoding) -> u32 {
    file.lines().offset(file.text(), place(position), encoding)
}

/// The position of an offset.
pub(crate) fn position(file: &File, offset: u32, encoding: Encoding) -> Position {
    let place = file.lines().place(file.text(), offset, encoding);
    Position { line: place.line, character: place.column }
}

/// The bytes of a range, the right way round.
pub(crate) fn span(file: &File, range: Range, encoding: Encoding) -> Span {
    let (start, end) = (offset(file, range.start, encoding), offset(file, range.end, encoding));
    Span::new(start.min(end), start.max(end))
}

/// The range of some bytes.
pub(crate) fn range(file: &File, span: Span, encoding: Encoding) -> Range {
    Range { start: position(file, span.start, encoding), end: position(file, span.end.max(span.start), encoding) }
}

/// The URI of a document. One that a client has sent is one; so are those that we write.
pub(crate) fn uri(file: &File) -> Option<Uri> {
    if file.key.starts_with(key::STD) { library::uri(&file.key).parse().ok() } else { file.uri.parse().ok() }
}

/// A place in a program.
pub(crate) fn location(program: &Program, id: FileId, span: Span, encoding: Encoding) -> Option<Location> {
    let file = program.file(id);
    Some(Location { uri: uri(&file)?, range: range(&file, span, encoding) })
}

/// The edits that a client sent.
pub(crate) fn changes(sent: Vec<TextDocumentContentChangeEvent>) -> Vec<Change> {
    let change = |sent: TextDocumentContentChangeEvent| Change {
        range: sent.range.map(|range| (place(range.start), place(range.end))),
        text: sent.text,
    };
    sent.into_iter().map(change).collect()
}
