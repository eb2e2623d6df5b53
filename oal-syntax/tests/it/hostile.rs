//! Texts that want to break the parser: very deep, very long, very wrong. Each must end, with few findings where one says it, and in
//! time that grows with its length: twice the text takes little more than twice the steps. Time is no test, so the sizes are such that
//! anything worse than linear would never end.

use crate::props;

const MANY: usize = 20_000;

fn parse(source: &str) -> usize {
    props::lex_total(source);
    props::parse_no_panic(source).errors.len()
}

/// Deep nesting of every kind is one finding.
#[test]
fn deep() {
    let n = 100_000;
    let deep = |open: &str, middle: &str, close: &str| {
        let source = format!("let x = {}{middle}{}\nlet y = 1\n", open.repeat(n), close.repeat(n));
        let parse = oal_syntax::parse(&source);
        assert_eq!(parse.errors.len(), 1, "{open} {:?}", parse.errors.get(..3));
        assert_eq!(parse.tree.top.len(), 2, "{open}");
    };
    for (open, middle, close) in [
        ("[", "", "]"),
        ("(", "1", ")"),
        ("{a:", "1", "}"),
        ("f(", "", ")"),
        ("not ", "a", ""),
        ("-", "1", ""),
        ("if a then b else ", "c", ""),
        ("if a then ", "b", " else c"),
        ("if ", "a", " then b else c"),
        ("match a { b => ", "c", "}"),
        ("\"${", "a", "}\""),
        ("a[", "b", "]"),
        ("[", "", ""),
        ("(", "", ""),
        ("{a:", "", ""),
    ] {
        deep(open, middle, close);
    }
    for (open, middle, close) in [("List<", "Int", ">"), ("(", "Int", ")"), ("{a: ", "Int", "}"), ("a(b: ", "Int", ")")]
    {
        let source = format!("type X = {}{middle}{}\nlet y = 1\n", open.repeat(n), close.repeat(n));
        let parse = oal_syntax::parse(&source);
        assert_eq!(parse.errors.len(), 1, "{open} {:?}", parse.errors.get(..3));
    }
    let source = format!("service a {}{}", "{b c ".repeat(n), "}".repeat(n));
    assert_eq!(oal_syntax::parse(&source).errors.len(), 1);
}

/// A chain of any length is no depth.
#[test]
fn long() {
    let n = 200_000;
    for (first, more) in [("a", " + b"), ("a", " ?? b"), ("a", " + b * c"), ("1", " - -1")] {
        assert_eq!(oal_syntax::parse(&format!("let x = {first}{}", more.repeat(n))).errors.len(), 0, "{more}");
    }
    assert_eq!(parse(&format!("type X = Int{}", "?".repeat(n))), 1);
    assert_eq!(parse(&format!("let x = a{}", ".b".repeat(70_000))), 1);
    assert_eq!(parse(&format!("let x = a{}", "[b.c]".repeat(1_000))), 0);
    assert_eq!(parse(&format!("let x = {}(1)", "f".repeat(70_000))), 1);
    assert_eq!(parse(&format!("let x = match a {{{}}}", "b => 1 ".repeat(70_000))), 1);
}

/// Many mistakes cost as many times as much as one.
#[test]
fn many() {
    for source in [
        "}".repeat(MANY),
        "\"\n".repeat(MANY),
        "\"".repeat(MANY),
        "\"\"\"\n".repeat(MANY),
        "'".repeat(MANY),
        "${".repeat(MANY),
        "/*".repeat(MANY),
        "a:".repeat(MANY),
        "a.".repeat(MANY),
        "a[\"b\"].".repeat(MANY),
        "match ".repeat(MANY),
        "allow(a, \"b\") ".repeat(MANY),
        "a b\n".repeat(MANY),
        "let x = = 1\n".repeat(MANY),
        "service a {\n  b: [\n".repeat(MANY),
        format!("let x = [{}]", "a b ".repeat(MANY)),
        format!("let x = [{}]", "=, ".repeat(MANY)),
        format!("let x = [{}]", ",".repeat(MANY)),
        format!("let x = {}1", "{ = } + ".repeat(MANY)),
        format!("let x = \"{}\"", "${=}".repeat(MANY)),
        format!("let x = f({})", "a: = ,".repeat(MANY)),
        format!("let x = match a {{{}}}", "b => = ".repeat(MANY)),
        format!("let x = {}a", "a * not ".repeat(MANY)),
        format!("type X = {}", "| ".repeat(MANY)),
        format!("service a {{\n{}}}\n", "  f: =\n".repeat(MANY)),
        format!("service a {{\n{}}}\n", "  b: 1 )\n".repeat(MANY)),
        format!("service a {{\n{}}}\n", "  )\n".repeat(MANY)),
        format!("service a {{\n{}}}\n", "  b:\n    c: 1\n  }\n".repeat(MANY)),
        format!("service a {{\n  b:\n{}}}\n", "    - a\n".repeat(MANY)),
        format!("a:\n{}", "  b:\n".repeat(MANY)),
    ] {
        parse(&source);
    }
}

#[test]
fn too_large() {
    let source = "a".repeat(oal_syntax::lexer::MAX_LEN + 1);
    let parse = oal_syntax::parse(&source);
    assert_eq!(parse.errors.len(), 1);
    assert!(parse.tree.top.is_empty());
}
