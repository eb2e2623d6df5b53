//! What is generated is in step with what it is generated from.

use crate::programs::package;
use oal_syntax::token::KEYWORDS;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

fn grammar() -> serde_json::Value {
    let text = std::fs::read_to_string(package().join("src/grammar.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn keywords() -> BTreeSet<String> {
    KEYWORDS.iter().map(|keyword| keyword.spelling().to_owned()).collect()
}

/// All literal words in a rule.
fn words(rule: &serde_json::Value, found: &mut BTreeSet<String>) {
    if rule["type"] == "STRING" {
        let text = rule["value"].as_str().unwrap();
        if text.chars().all(|letter| letter.is_ascii_lowercase()) {
            found.insert(text.to_owned());
        }
    }
    let children =
        rule.as_object().into_iter().flat_map(|rule| rule.values()).chain(rule.as_array().into_iter().flatten());
    for child in children.filter(|child| child.is_object() || child.is_array()) {
        words(child, found);
    }
}

#[test]
fn keywords_are_those_of_the_token_table() {
    let grammar = grammar();
    let mut reserved = BTreeSet::new();
    words(&grammar["reserved"]["global"], &mut reserved);
    assert_eq!(reserved, keywords());
    let mut used = BTreeSet::new();
    words(&grammar["rules"], &mut used);
    assert_eq!(used, keywords());
}

#[test]
fn keywords_have_a_colour() {
    let coloured: BTreeSet<_> =
        tree_sitter_oal::HIGHLIGHTS_QUERY.split('"').skip(1).step_by(2).map(str::to_owned).collect();
    let nodes = ["true", "false", "null"];
    let missing: Vec<_> =
        keywords().into_iter().filter(|word| !coloured.contains(word) && !nodes.contains(&word.as_str())).collect();
    assert_eq!(missing, [""; 0]);
}

/// The versions that stand in other files are the package's.
#[test]
fn versions_are_one() {
    for file in ["tree-sitter.json", "package.json"] {
        let text = std::fs::read_to_string(package().join(file)).unwrap();
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        let version = json.pointer("/metadata/version").or_else(|| json.get("version")).unwrap();
        assert_eq!(version, env!("CARGO_PKG_VERSION"), "{file}");
    }
}

/// Needs `tree-sitter` (`cargo install tree-sitter-cli`) and Node; without them, the tests above still hold the words.
#[test]
fn parser_is_fresh() {
    let wanted = "0.27";
    let version = Command::new("tree-sitter").arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    if !version.contains(&format!(" {wanted}.")) {
        eprintln!("no tree-sitter {wanted} here: not looked at");
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("generated");
    std::fs::create_dir_all(&folder).unwrap();
    for file in ["grammar.js", "tree-sitter.json"] {
        std::fs::copy(package().join(file), folder.join(file)).unwrap();
    }
    let output = Command::new("tree-sitter").arg("generate").current_dir(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for file in ["parser.c", "grammar.json", "node-types.json"] {
        let now = std::fs::read(folder.join("src").join(file)).unwrap();
        let there = std::fs::read(package().join("src").join(file)).unwrap();
        assert!(now == there, "src/{file} is not that of grammar.js; `tree-sitter generate` rewrites it");
    }
    std::fs::remove_dir_all(folder).unwrap();
}
