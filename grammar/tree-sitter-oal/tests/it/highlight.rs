//! `test/highlight`, in the form of `tree-sitter test`: behind `//`, a `^` or an arrow points at the line above and says its colour.

use crate::programs::{collect, package};
use crate::queries::captures;
use tree_sitter::Query;

#[test]
fn colours_are_as_shown() {
    let query = Query::new(&tree_sitter_oal::LANGUAGE.into(), tree_sitter_oal::HIGHLIGHTS_QUERY).unwrap();
    let mut files = Vec::new();
    collect(&package().join("test/highlight"), "oal", &mut files);
    let mut shown = 0;
    for (name, source) in files {
        let captured = captures(&query, &source);
        let (mut line_start, mut start) = (0, 0);
        for (number, line) in source.split_inclusive('\n').enumerate() {
            let stated = line.trim_start().strip_prefix("// ").and_then(|rest| {
                let column = line.find(['^', '<'])?;
                line[..column]
                    .trim_matches(['/', ' '])
                    .is_empty()
                    .then(|| (column, rest.trim_matches(['^', '<', '-', ' ', '\n'])))
            });
            match stated {
                Some((column, colour)) => {
                    let column = if line[column..].starts_with('<') { line.find("//").unwrap() } else { column };
                    let at = line_start + column;
                    let found = captured
                        .iter()
                        .filter(|(_, range, _)| range.contains(&at))
                        .min_by_key(|(_, range, _)| range.len());
                    let found = found.map(|(name, ..)| name.as_str());
                    assert_eq!(found, Some(colour), "{name}:{}: `{}`", number + 1, line.trim_end());
                    shown += 1;
                }
                None => line_start = start,
            }
            start += line.len();
        }
    }
    assert!(shown > 40, "the colours are where they were");
}
