//! Signature help.

use super::{checked_one, cursor, line_ends};
use oal_lsp::ide::signature::{Signature, signature};
use oal_syntax::{FileId, parse};

fn at(text: &str) -> Option<Signature> {
    let [lf, crlf] = line_ends(text).map(|text| {
        let (source, offset) = cursor(&text);
        signature(&checked_one(&source), FileId(0), &source, &parse(&source), offset)
    });
    assert_eq!(lf, crlf);
    lf
}

/// The label with the active parameter in angle brackets.
fn shown(text: &str) -> String {
    let found = at(text).unwrap();
    let mut label = found.label.clone();
    if let Some(span) = found.active.map(|active| found.parameters[active].span) {
        label.insert(span.end as usize, '›');
        label.insert(span.start as usize, '‹');
    }
    label
}

#[test]
fn functions() {
    assert_eq!(shown("let a = join(│)"), "join(‹list: List<String>›, separator?: String) -> String");
    assert_eq!(
        shown("let a = \"ä\"\nlet b = join([\"a\", \"b\"], │)"),
        "join(list: List<String>, ‹separator?: String›) -> String"
    );
    assert_eq!(shown("let a = join(separator: │)"), "join(list: List<String>, ‹separator?: String›) -> String");
    assert_eq!(shown("let a = max(1, 2, │"), "max(‹values: T…›) -> T");
    assert_eq!(shown("let a = len(lower(\"x│\"))"), "lower(‹text: String›) -> String");
    assert_eq!(shown("let a = len(lower(\"x\")│)"), "len(‹of: String | List | Map›) -> Int");
    assert!(at("let a = join([\"a\"])│").is_none());
    assert!(at("let a = [│]").is_none());
}

#[test]
fn variants() {
    let text =
        "type T = free | paid(\n  /// How many.\n  seats: Int = 1,\n  until: Duration?,\n)\nlet t: T = paid(│)\n";
    let found = at(text).unwrap();
    assert_eq!(found.label, "paid(seats: Int = 1, until: Duration?)");
    assert_eq!(found.active, Some(0));
    assert_eq!(found.parameters[0].docs.as_deref(), Some("How many."));
    let service = |argument: &str| format!("service x {{\n  image: \"a:1\"\n  health: http({argument})\n}}\n");
    assert!(shown(&service("│")).starts_with("http(‹path: HttpPath = \"/\"›, port: PortName?"));
    assert!(shown(&service("path: \"/ä\", every: │")).contains("‹every: Duration = 10s›"));
    assert!(at(&service("│")).unwrap().docs.unwrap().starts_with("Ask over HTTP"));
}
