//! What the language's own parser takes, this one takes without an error node.

use crate::r#gen;
use crate::programs::{fenced, files};
use tree_sitter::{InputEdit, Node, Parser, Point, Tree};

pub(crate) fn parser() -> Parser {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_oal::LANGUAGE.into()).unwrap();
    parser
}

pub(crate) fn parse(source: &str) -> Tree {
    parser().parse(source, None).unwrap()
}

/// All nodes of a tree, parents first.
pub(crate) fn nodes(tree: &Tree) -> Vec<Node<'_>> {
    let mut found = vec![tree.root_node()];
    let mut at = 0;
    while let Some(node) = found.get(at).copied() {
        found.extend((0..node.child_count()).filter_map(|child| node.child(child)));
        at += 1;
    }
    found
}

/// Where a tree has an error first, as line, column and text.
fn first_error(source: &str) -> Option<String> {
    let tree = parse(source);
    let wrong = nodes(&tree).into_iter().find(|node| node.is_error() || node.is_missing())?;
    let Point { row, column } = wrong.start_position();
    let text = source.get(wrong.byte_range()).unwrap_or_default();
    Some(format!("{}:{}: {} `{text}`", row + 1, column + 1, wrong.kind()))
}

#[test]
fn files_have_no_error_node() {
    for (name, source) in files() {
        assert_eq!(first_error(&source), None, "{name}");
    }
}

#[test]
fn programs_that_parse_have_no_error_node() {
    let mut taken = 0;
    let mut wrong = Vec::new();
    for folder in ["grammar/spec", "oal-check/docs/errors", "oal-syntax/tests/data"] {
        for (place, source) in fenced(folder) {
            if oal_syntax::parse(&source).errors.is_empty() {
                taken += 1;
                wrong.extend(first_error(&source).map(|error| format!("{place}: {error}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(taken > 600, "only {taken} programs were found");
}

#[test]
fn random_programs_have_no_error_node() {
    for seed in 0..3000 {
        let source = r#gen::program(&r#gen::bytes(seed, 40 + usize::try_from(seed).unwrap() % 900));
        if let Some(error) = first_error(&source) {
            panic!("seed {seed}: {error}\n{source}");
        }
    }
}

/// What an edit leaves as it was is kept, and the tree is the one that reading all of the text again gives.
#[test]
fn an_edit_gives_the_tree_of_the_whole_text() {
    let mut parser = parser();
    for (name, source) in files() {
        let before = parser.parse(&source, None).unwrap();
        let tokens = oal_syntax::lexer::tokens(&source).tokens;
        for token in tokens.iter().step_by(tokens.len() / 24 + 1) {
            for new in ["", ":", "\"", "${", "x "] {
                let (start, end) = (token.span.start as usize, token.span.end as usize);
                let text = format!("{}{new}{}", &source[..start], &source[end..]);
                let mut tree = before.clone();
                tree.edit(&InputEdit {
                    start_byte: start,
                    old_end_byte: end,
                    new_end_byte: start + new.len(),
                    start_position: point(&source, start),
                    old_end_position: point(&source, end),
                    new_end_position: point(&text, start + new.len()),
                });
                let now = parser.parse(&text, Some(&tree)).unwrap();
                let whole = parser.parse(&text, None).unwrap();
                // Recovery may choose another way from another start; where there is nothing to recover, there is one tree.
                if !whole.root_node().has_error() {
                    assert_eq!(shape(&now), shape(&whole), "{name}: `{new}` at {start}..{end}");
                }
            }
        }
    }
}

fn point(text: &str, at: usize) -> Point {
    let before = &text[..at];
    Point { row: before.matches('\n').count(), column: at - before.rfind('\n').map_or(0, |line| line + 1) }
}

fn shape(tree: &Tree) -> Vec<(&str, std::ops::Range<usize>)> {
    nodes(tree).iter().map(|node| (node.kind(), node.byte_range())).collect()
}

/// A token that is missing harms the item it belongs to: the others are there as before.
#[test]
fn a_mistake_stays_in_its_item() {
    let (mut all, mut kept) = (0_u32, 0_u32);
    for (_, source) in files() {
        let tree = parse(&source);
        let root = tree.root_node();
        let tokens = oal_syntax::lexer::tokens(&source).tokens;
        for token in tokens.iter().step_by(tokens.len() / 40 + 1) {
            let (start, end) = (token.span.start as usize, token.span.end as usize);
            let broken = format!("{}{}{}", &source[..start], " ".repeat(end - start), &source[end..]);
            let broken = parse(&broken);
            for at in 0..root.child_count() {
                let item = root.child(at).unwrap();
                let apart = item.end_byte() < start || item.start_byte() > end;
                if apart && !item.kind().ends_with("comment") {
                    all += 1;
                    let there = broken.root_node().descendant_for_byte_range(item.start_byte(), item.end_byte());
                    kept += u32::from(
                        there.is_some_and(|node| node.kind() == item.kind() && node.byte_range() == item.byte_range()),
                    );
                }
            }
        }
    }
    let share = f64::from(kept) / f64::from(all);
    eprintln!("{kept} of {all} other items are as before: {share:.4}");
    assert!(share > 0.95, "{share}");
}

/// Whatever a text is, it is read to its end, and no part of it stands in two places.
#[test]
fn any_text_is_read() {
    const PARTS: [&str; 40] = [
        "\"",
        "\"\"\"",
        "r\"",
        "${",
        "}",
        "{",
        "[",
        "]",
        "(",
        ")",
        "a:",
        "\"k\":",
        "a.b",
        "a[\"b\"].c:",
        "a[\"",
        ".",
        "?.",
        "..",
        "\\",
        "\\u{",
        "$",
        "//",
        "///",
        "\n",
        "\r",
        "\r\n",
        "\t",
        " ",
        "let",
        "service a",
        "if",
        "for x in",
        "match",
        "=>",
        "1.5",
        "512Mi",
        "é",
        "\u{feff}",
        "\0",
        "|",
    ];
    let mut parser = parser();
    for seed in 0..2000_u64 {
        let bytes = r#gen::bytes(seed, 4 + usize::try_from(seed).unwrap() % 120);
        let text: String = bytes.iter().map(|byte| PARTS[usize::from(*byte) % PARTS.len()]).collect();
        let tree = parser.parse(&text, None).unwrap();
        assert!(tree.root_node().end_byte() <= text.len(), "{text:?}");
        for node in nodes(&tree) {
            let mut at = node.start_byte();
            for child in (0..node.child_count()).filter_map(|child| node.child(child)) {
                assert!(at <= child.start_byte() && child.end_byte() <= node.end_byte(), "{text:?}");
                at = child.end_byte();
            }
        }
    }
}
