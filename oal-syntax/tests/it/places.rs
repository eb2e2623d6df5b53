//! Places: lines and columns, nodes at an offset, doc comments.

use oal_syntax::source::{Columns, InvalidUtf8, LineIndex, Position, decode};
use oal_syntax::visit::{self, Node};
use oal_syntax::{doc, parse};

#[test]
fn bytes_to_text() {
    assert_eq!(decode(b"abc"), Ok("abc"));
    assert_eq!(decode(b"ab\xffcd"), Err(InvalidUtf8 { at: 2, len: 1 }));
    assert_eq!(decode(b"ab\xe2\x82"), Err(InvalidUtf8 { at: 2, len: 2 }));
}

#[test]
fn lines_and_columns() {
    let source = "ab\r\nä😀x\n\nend";
    let lines = LineIndex::new(source);
    assert_eq!(lines.lines(), 4);
    let x = u32::try_from(source.find('x').unwrap()).unwrap();
    for (columns, column) in [(Columns::Bytes, 6), (Columns::Chars, 2), (Columns::Utf16, 3)] {
        let place = Position { line: 1, column };
        assert_eq!(lines.position(source, x, columns), place);
        assert_eq!(lines.offset(source, place, columns), x);
        for at in 0..=u32::try_from(source.len()).unwrap() {
            let place = lines.position(source, at, columns);
            if source.is_char_boundary(at as usize) && !source[..at as usize].ends_with('\r') {
                assert_eq!(lines.offset(source, place, columns), at, "{at}");
            }
        }
        assert_eq!(lines.offset(source, Position { line: 0, column: 99 }, columns), 2);
        assert_eq!(
            lines.offset(source, Position { line: 99, column: 0 }, columns),
            u32::try_from(source.len()).unwrap()
        );
    }
    assert_eq!(LineIndex::new("").lines(), 1);
    assert_eq!(lines.line_span(1).text(source), "ä😀x\n");
}

#[test]
fn nodes_at_an_offset() {
    let source = "service a {\n  env: { A: f(b.c[1], x: \"t ${d}\") }\n  route r { to: http }\n}\n";
    let parse = parse(source);
    let at = |text: &str| {
        let offset = u32::try_from(source.find(text).unwrap()).unwrap();
        let path = visit::path_at(&parse.tree, offset);
        visit::span(&parse.tree, *path.last().unwrap()).text(source).to_owned()
    };
    assert_eq!(at("d}"), "d");
    assert_eq!(at("1]"), "1");
    assert_eq!(at("http }"), "http");
    assert_eq!(at("env"), "env: { A: f(b.c[1], x: \"t ${d}\") }");
    assert_eq!(at("a {"), source.trim_end());
    assert!(visit::path_at(&parse.tree, 9999).is_empty());
    let mut count = 0;
    visit::walk_file(&parse.tree, &mut |node| {
        count += usize::from(matches!(node, Node::Expr(_)));
        true
    });
    assert_eq!(count, 9);
}

#[test]
fn doc_comments() {
    let source = "\
//! Of the file.
//!   More.

// plain
/// First line.
///
/// Third line.
service a {
  /// Of the field.
  image: \"x\" /// no doc
  ports: {}

  /// Far away.

  env: {}
  /// Above an allow.
  allow(x, \"y\")
  labels: {}
}
/// Above two.
allow(x, \"y\")
allow(z, \"y\")
service b {}
";
    let parse = parse(source);
    let of = |text: &str| doc::doc_before(&parse, source, u32::try_from(source.find(text).unwrap()).unwrap());
    assert_eq!(doc::file_doc(&parse, source).as_deref(), Some("Of the file.\n  More."));
    assert_eq!(of("service a").as_deref(), Some("First line.\n\nThird line."));
    assert_eq!(of("image").as_deref(), Some("Of the field."));
    assert_eq!(of("ports"), None);
    assert_eq!(of("env"), None);
    assert_eq!(of("labels").as_deref(), Some("Above an allow."));
    assert_eq!(of("service b").as_deref(), Some("Above two."));
}
