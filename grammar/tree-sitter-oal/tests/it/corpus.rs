//! `test/corpus`, in the form of `tree-sitter test`: a title, a program, its tree. Read here, too, for machines without it.

use crate::programs::{collect, package};
use crate::trees::parse;

#[test]
fn trees_are_as_shown() {
    let mut files = Vec::new();
    collect(&package().join("test/corpus"), "txt", &mut files);
    let mut cases = 0;
    for (name, text) in files {
        let rule = "=".repeat(20);
        for case in text.split(&format!("{rule}\n")).collect::<Vec<_>>()[1..].chunks(2) {
            let [title, case] = case else { panic!("{name}: a title without a program") };
            let (source, expected) = case.split_once("\n---\n").unwrap();
            let tree = parse(source.trim_start_matches('\n'));
            if title.contains("\n:error") {
                assert!(tree.root_node().has_error(), "{name}: {title}");
            } else {
                assert_eq!(words(&tree.root_node().to_sexp()), words(expected), "{name}: {title}");
            }
            cases += 1;
        }
    }
    assert!(cases > 10, "the cases are where they were");
}

/// Without white space that means nothing.
fn words(tree: &str) -> String {
    tree.split_whitespace().collect::<Vec<_>>().join(" ").replace(" )", ")").replace(")(", ") (")
}
