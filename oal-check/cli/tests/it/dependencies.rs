//! What the project depends on: licences and sources as `deny.toml` allows them, and no terminal, server or program error
//! crate below the library.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The texts of a list in `deny.toml`.
fn allowed(list: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let (_, rest) = text.split_once(&format!("\n{list} = [")).unwrap();
    rest.split(']').next().unwrap().split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Whether an SPDX expression can be met: `OR` binds looser than `AND`, `/` is an old `OR`.
fn met(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let expression = expression.replace('/', " OR ");
    let outer = |word: &str| -> Vec<String> {
        let (mut parts, mut depth) = (vec![String::new()], 0);
        for token in expression.replace('(', "( ").replace(')', " )").split_whitespace() {
            depth += i32::from(token == "(") - i32::from(token == ")");
            if depth == 0 && token == word {
                parts.push(String::new());
            } else {
                let last = parts.last_mut().unwrap();
                last.push_str(if last.is_empty() { "" } else { " " });
                last.push_str(token);
            }
        }
        parts
    };
    let (any, all) = (outer("OR"), outer("AND"));
    if any.len() > 1 {
        return any.iter().any(|part| met(part, allowed));
    }
    if all.len() > 1 {
        return all.iter().all(|part| met(part, allowed));
    }
    match expression.trim().strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => met(inner, allowed),
        None => allowed.contains(expression.trim()),
    }
}

#[test]
fn licences_and_sources_are_allowed() {
    let (licences, registries) = (allowed("allow"), allowed("allow-registry"));
    for package in metadata()["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(met(licence, &licences), "{name}: `{licence}` is not allowed by deny.toml");
        if let Some(source) = package["source"].as_str() {
            let known = source.strip_prefix("registry+").is_some_and(|registry| registries.contains(registry));
            assert!(known, "{name} comes from {source}");
        }
    }
}

#[test]
fn the_libraries_know_no_terminal_and_no_server() {
    let metadata = metadata();
    let names: BTreeMap<&str, &str> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (package["id"].as_str().unwrap(), package["name"].as_str().unwrap()))
        .collect();
    let nodes: BTreeMap<&str, &Value> = metadata["resolve"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|node| (node["id"].as_str().unwrap(), node))
        .collect();
    let below = |library: &str| {
        let (id, _) = names.iter().find(|(_, name)| **name == library).unwrap();
        let (mut found, mut waiting) = (BTreeSet::new(), vec![*id]);
        while let Some(id) = waiting.pop() {
            for dependency in nodes[id]["deps"].as_array().unwrap() {
                let is_normal = dependency["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null());
                let id = dependency["pkg"].as_str().unwrap();
                if is_normal && found.insert(names[id]) {
                    waiting.push(id);
                }
            }
        }
        found
    };
    let strangers = [
        "clap",
        "miette",
        "tokio",
        "termcolor",
        "anstream",
        "terminal_size",
        "crossterm",
        "notify",
        "reqwest",
        "regex",
    ];
    for library in ["oal-syntax", "oal-ir", "oal-check"] {
        let below = below(library);
        for stranger in strangers {
            assert!(!below.contains(stranger), "{library} depends on {stranger}");
        }
    }
    assert!(!below("oal-ir").contains("oal-syntax"), "who deploys needs no parser");
    assert!(!below("oal-syntax").contains("serde"), "the parser knows no format");
}

#[test]
fn expressions_are_understood() {
    let some: BTreeSet<String> = ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
    for (expression, is_met) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("(MIT OR GPL-3.0) AND Zlib", true),
        ("(MIT AND GPL-3.0) OR GPL-3.0", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("Apache-2.0", false),
        ("", false),
    ] {
        assert_eq!(met(expression, &some), is_met, "{expression}");
    }
}
