//! The queries: those of this grammar, and those that editors want in their own words.

use crate::programs::{collect, files, package, root};
use crate::trees::{nodes, parse};
use std::collections::BTreeMap;
use tree_sitter::{Query, QueryCursor, StreamingIterator as _};

/// All query files, by path.
fn all() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in [package().join("queries"), root().join("oal-lsp/editors")] {
        if folder.is_dir() {
            collect(&folder, "scm", &mut found);
        }
    }
    assert!(found.len() >= 12, "the queries are where they were");
    found
}

fn query(text: &str) -> Query {
    Query::new(&tree_sitter_oal::LANGUAGE.into(), text).unwrap()
}

/// What a query captures: the name, the bytes, the kind of the node.
pub(crate) fn captures(query: &Query, source: &str) -> Vec<(String, std::ops::Range<usize>, String)> {
    let tree = parse(source);
    let mut cursor = QueryCursor::new();
    let mut matches = cursor.matches(query, tree.root_node(), source.as_bytes());
    let mut found = Vec::new();
    while let Some(one) = matches.next() {
        for capture in one.captures() {
            let name = query.capture_names()[capture.index as usize].to_owned();
            found.push((name, capture.node.byte_range(), capture.node.kind().to_owned()));
        }
    }
    found
}

/// Each query knows the grammar's nodes and fields, and finds something in the programs of the repository.
#[test]
fn queries_fit_the_grammar() {
    let files = files();
    for (name, text) in all() {
        let query =
            Query::new(&tree_sitter_oal::LANGUAGE.into(), &text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = files.iter().any(|(_, source)| !captures(&query, source).is_empty());
        assert!(found, "{name} finds nothing in any program");
    }
}

/// All visible text has one colour: editors disagree about which of two would win.
#[test]
fn every_word_has_one_colour() {
    let highlights = query(tree_sitter_oal::HIGHLIGHTS_QUERY);
    for (name, source) in files() {
        let mut coloured = BTreeMap::new();
        for (capture, range, _) in captures(&highlights, &source) {
            let twice = coloured.insert((range.start, range.end), capture);
            assert_eq!(twice, None, "{name}: `{}` twice", &source[range]);
        }
        for node in nodes(&parse(&source)) {
            let seen = node.child_count() > 0 || node.byte_range().is_empty();
            let has = coloured.keys().any(|(start, end)| *start <= node.start_byte() && node.end_byte() <= *end);
            assert!(seen || has, "{name}: `{}` has no colour", &source[node.byte_range()]);
        }
    }
}

/// Zed wants the queries in its own folder, Helix what indents in its own words.
#[test]
fn copies_are_the_same() {
    let ours = |file: &str| std::fs::read_to_string(package().join("queries").join(file)).unwrap();
    for (copy, text) in [
        ("zed/languages/oal/highlights.scm", ours("highlights.scm")),
        ("zed/languages/oal/injections.scm", ours("injections.scm")),
        ("helix/queries/indents.scm", in_words_of_helix(&ours("indents.scm"))),
    ] {
        let copy = root().join("oal-lsp/editors").join(copy);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&copy, &text).unwrap();
        }
        let same = std::fs::read_to_string(&copy).unwrap() == text;
        assert!(same, "{}: `UPDATE=1 cargo test` copies it", copy.display());
    }
}

/// What Neovim calls the begin and the end of an indentation. Helix has no word for the rest: its `@outdent` is a branch, too, and
/// what is within a text keeps its columns by itself.
fn in_words_of_helix(indents: &str) -> String {
    let word = |name: &str| match name {
        "indent.begin" => Some("@indent"),
        "indent.end" => Some("@outdent"),
        "indent.branch" | "indent.ignore" => None,
        other => panic!("what is `@{other}` to Helix?"),
    };
    let patterns = indents.trim_end().split("\n\n").filter_map(|pattern| {
        let (nodes, name) = pattern.rsplit_once('@').unwrap();
        Some(format!("{nodes}{}", word(name)?))
    });
    patterns.collect::<Vec<_>>().join("\n\n") + "\n"
}

#[test]
fn regular_expressions_and_shell_are_injected() {
    let injections = query(tree_sitter_oal::INJECTIONS_QUERY);
    let source = "type A = String where matches \"^a+$\"\nlet b = r\"\\d\"\nlet c = [\"sh\", \"-ec\", \"ls ${b}\"]\nlet d = [\"ls\", \"-c\", \"x\"]\n";
    let found: Vec<_> = captures(&injections, source)
        .into_iter()
        .filter(|(name, ..)| name == "injection.content")
        .map(|(_, range, _)| &source[range])
        .collect();
    assert_eq!(found, ["^a+$", "\\d", "ls "]);
}

/// A bracket that stays open is indented, and its own closing one ends it.
#[test]
fn what_folds_is_what_indents() {
    let names = |text: &str, capture: &str| -> std::collections::BTreeSet<String> {
        files()
            .iter()
            .flat_map(|(_, source)| captures(&query(text), source))
            .filter(|(name, ..)| name == capture)
            .map(|(.., kind)| kind)
            .filter(|kind| !kind.ends_with("comment"))
            .collect()
    };
    let mut folds = names(tree_sitter_oal::FOLDS_QUERY, "fold");
    let mut indents = names(tree_sitter_oal::INDENTS_QUERY, "indent.begin");
    // Text is folded, but its lines are as they were typed; parentheses are short.
    folds.remove("block_string");
    indents.remove("parenthesized");
    assert_eq!(folds, indents);
}
