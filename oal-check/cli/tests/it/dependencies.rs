//! What the project depends on: licences and sources as `deny.toml` allows them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// All packages, those of other platforms too; without a network, those of this one.
fn metadata() -> Value {
    let rustc = Command::new("rustc").arg("-vV").output().map(|output| output.stdout).unwrap_or_default();
    let rustc = String::from_utf8(rustc).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or("x86_64-unknown-linux-gnu");
    let mut said = String::new();
    for more in [&[][..], &["--offline", "--filter-platform", host]] {
        let arguments = ["metadata", "--locked", "--format-version", "1"];
        let output = Command::new(env!("CARGO")).args(arguments).args(more).current_dir(root()).output().unwrap();
        if output.status.success() {
            return serde_json::from_slice(&output.stdout).unwrap();
        }
        said.push_str(&String::from_utf8_lossy(&output.stderr));
    }
    panic!("{said}");
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
