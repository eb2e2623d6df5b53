//! What needs the text alone: folding, selections, links, formatting.

use super::{corpus, cursor, line_ends};
use oal_lsp::ide::folding::{FoldKind, folds};
use oal_lsp::ide::format::{self, Change};
use oal_lsp::ide::{document_links, on_type, selection};
use oal_syntax::{Span, fmt, parse};

/// The text with its changes made, last one first.
fn apply(source: &str, changes: &[Change]) -> String {
    let mut text = source.to_owned();
    for change in changes.iter().rev() {
        text.replace_range(change.span.range(), &change.text);
    }
    text
}

#[test]
fn folding() {
    let source = "\
//! One.
//! Two.

use \"./a.oal\" { a }
use \"./b.oal\" { b }

service api {
  env: {
    A: \"a\"
  }
  command: [
    \"a\",
    \"b\",
  ]
  health: http(
    path: \"/\",
  )
}

app shop {}
let t = \"\"\"
  text
  \"\"\"
";
    for source in line_ends(source) {
        let lines = |span: Span| {
            let line = |at: u32| source[..at as usize].matches('\n').count();
            (line(span.start), line(span.end))
        };
        let found: Vec<_> =
            folds(&source, &parse(&source)).into_iter().map(|fold| (fold.kind, lines(fold.span))).collect();
        assert_eq!(
            found,
            [
                (FoldKind::Comment, (0, 1)),
                (FoldKind::Imports, (3, 4)),
                (FoldKind::Region, (6, 16)),
                (FoldKind::Region, (7, 8)),
                (FoldKind::Region, (10, 12)),
                (FoldKind::Region, (14, 15)),
                (FoldKind::Region, (20, 21)),
            ]
        );
    }
}

#[test]
fn selections_grow() {
    let (source, at) = cursor("/// Doc.\nservice api {\n  env: { A: \"x ${orders.u│rl} y\" }\n}\n");
    let found: Vec<&str> =
        selection::ranges(&source, &parse(&source), at).into_iter().map(|span| span.text(&source)).collect();
    assert_eq!(
        found,
        [
            "url",
            ".url",
            "orders.url",
            "x ${orders.url} y",
            "\"x ${orders.url} y\"",
            "A: \"x ${orders.url} y\"",
            "{ A: \"x ${orders.url} y\" }",
            "env: { A: \"x ${orders.url} y\" }",
            "service api {\n  env: { A: \"x ${orders.url} y\" }\n}",
            "/// Doc.\nservice api {\n  env: { A: \"x ${orders.url} y\" }\n}",
            "/// Doc.\nservice api {\n  env: { A: \"x ${orders.url} y\" }\n}\n",
        ]
    );
}

#[test]
fn selections_grow_everywhere() {
    for program in corpus::all() {
        for (_, text) in &program.files {
            let parse = parse(text);
            for (at, _) in text.char_indices().step_by(7) {
                let found = selection::ranges(text, &parse, u32::try_from(at).unwrap());
                assert!(found.windows(2).all(|pair| pair[1].contains(pair[0]) && pair[1] != pair[0]), "{found:?}");
                assert!(found.iter().all(|span| text.get(span.range()).is_some()));
                assert_eq!(found.last().map(|span| span.len() as usize), Some(text.len()));
            }
        }
    }
}

#[test]
fn links() {
    let source = "\
use \"./lib/ä.oal\" { a }
service api {
  build: { dockerfile: \"api.Dockerfile\", context: \"./api\" }
  env_files: [\"./a.env\"]
  files: { \"/etc/a\": file(path: \"./a.conf\") }
}
service web { build: { context: \"https://example.com/x.git\", dockerfile: \"D\" } }
";
    let found: Vec<(String, String, Option<String>)> = document_links::links(source, &parse(source))
        .into_iter()
        .map(|link| (link.span.text(source).to_owned(), link.path, link.base))
        .collect();
    let row = |text: &str, base: Option<&str>| (text.to_owned(), text.to_owned(), base.map(str::to_owned));
    assert_eq!(
        found,
        [
            row("./lib/ä.oal", None),
            row("api.Dockerfile", Some("./api")),
            row("./api", None),
            row("./a.env", None),
            row("./a.conf", None),
        ]
    );
}

#[test]
fn formatting_changes_the_lines_that_differ() {
    for source in line_ends("app shop {}\n\n\nlet a   = 1\nlet b = 2\nlet   c = \"ä\"\n") {
        let changes = format::document(&source, &parse(&source));
        assert_eq!(changes.len(), 2, "{changes:?}");
        let end = if source.contains('\r') { "\r\n" } else { "\n" };
        let formatted = apply(&source, &changes);
        assert_eq!(formatted, "app shop {}\n\nlet a = 1\nlet b = 2\nlet c = \"ä\"\n".replace('\n', end));
        assert!(format::document(&formatted, &parse(&formatted)).is_empty());
    }
}

#[test]
fn a_broken_text_stays_as_it_is() {
    let source = "let   a = \n";
    assert!(format::document(source, &parse(source)).is_empty());
}

#[test]
fn a_range_is_formatted_beside_broken_declarations() {
    for source in line_ends("let   a = \nlet   b = 2\nlet   c = 3\n") {
        let at = u32::try_from(source.find('b').unwrap()).unwrap();
        let changes = format::range(&source, &parse(&source), Span::empty(at));
        assert_eq!(apply(&source, &changes), source.replace("let   b", "let b"));
    }
}

/// Formatting all ranges that there are one after the other formats what can be formatted; formatting twice is formatting once.
#[test]
fn formatting_laws() {
    for program in corpus::all() {
        for (_, text) in &program.files {
            for source in line_ends(text) {
                let parsed = parse(&source);
                let once = apply(&source, &format::document(&source, &parsed));
                assert!(format::document(&once, &parse(&once)).is_empty(), "{}", program.title);
                if let Ok(formatted) = fmt::format(&source, &parsed) {
                    assert_eq!(once.replace("\r\n", "\n"), formatted.replace("\r\n", "\n"), "{}", program.title);
                }
                let all = Span::new(0, u32::try_from(source.len()).unwrap());
                let ranged = apply(&source, &format::range(&source, &parsed, all));
                assert_eq!(parse(&ranged).errors.len(), parsed.errors.len(), "{}\n{ranged}", program.title);
            }
        }
    }
}

/// Types a sign at the cursor and does what an editor then does.
fn typed(text: &str, sign: &str) -> String {
    let (mut source, at) = cursor(text);
    source.insert_str(at as usize, sign);
    let at = at + u32::try_from(sign.len()).unwrap();
    let parse = parse(&source);
    let changes =
        if sign == "}" { on_type::closing_brace(&source, &parse, at) } else { on_type::newline(&source, &parse, at) };
    apply(&source, &changes)
}

#[test]
fn a_new_line_is_indented() {
    assert_eq!(typed("service api {│\n}\n", "\n"), "service api {\n  \n}\n");
    assert_eq!(typed("service api {│}\n", "\n"), "service api {\n}\n");
    assert_eq!(typed("service api {\n  env: {│\n", "\n"), "service api {\n  env: {\n    \n");
    assert_eq!(typed("service api {\r\n  env: {│\r\n", "\r\n"), "service api {\r\n  env: {\r\n    \r\n");
    assert_eq!(typed("service api {\n  health: http(│)\n", "\n"), "service api {\n  health: http(\n  )\n");
    assert_eq!(typed("service api {}│\n", "\n"), "service api {}\n\n");
    assert_eq!(typed("let a = \"\"\"│\n  x\n  \"\"\"\n", "\n"), "let a = \"\"\"\n\n  x\n  \"\"\"\n");
    assert_eq!(
        typed("kind w {\n  /// Größe│\n  field a: Int\n}\n", "\n"),
        "kind w {\n  /// Größe\n  /// \n  field a: Int\n}\n"
    );
    assert_eq!(typed("//! File.│", "\n"), "//! File.\n//! ");
    assert_eq!(typed("/// │\nlet a = 1\n", "\n"), "/// \n\nlet a = 1\n");
}

#[test]
fn a_value_that_goes_on_is_indented() {
    for end in ["\n", "\r\n"] {
        let becomes = |text: &str, expected: &str| {
            assert_eq!(typed(&text.replace('\n', end), end), expected.replace('\n', end), "{text}");
        };
        becomes("let x =│\n", "let x =\n  \n");
        becomes("let n = 1 +│\n", "let n = 1 +\n  \n");
        becomes("let n =\n  1 +│\n", "let n =\n  1 +\n  \n");
        becomes("type T =│\n", "type T =\n  \n");
        becomes("type T =\n  | a│\n", "type T =\n  | a\n  \n");
        becomes("let m = match x {\n  a =>│\n}\n", "let m = match x {\n  a =>\n    \n}\n");
        becomes("let x = 1│\n", "let x = 1\n\n");
        becomes("type T =\n  | a\n│\nlet b = 1\n", "type T =\n  | a\n\n\nlet b = 1\n");
    }
}

#[test]
fn a_closing_brace_formats() {
    assert_eq!(typed("service   api {\n    image: \"a:1\"\n  │", "}"), "service api {\n  image: \"a:1\"\n}\n");
    assert_eq!(
        typed("let   b = 1\nservice   api { image: \"a:1\" │\n", "}"),
        "let   b = 1\nservice api { image: \"a:1\" }\n"
    );
    assert_eq!(
        typed("service api {\n  image: \n  env: {\n    A: \"a\"\n    │\n}\n", "}"),
        "service api {\n  image: \n  env: {\n    A: \"a\"\n  }\n}\n"
    );
}
