//! Names in the manifests of other tools, and in files of environment variables.

use std::collections::BTreeSet;

/// Whether a file of this name is a manifest.
pub(super) fn is_manifest(file: &str) -> bool {
    ["package.json", "Cargo.toml", "pyproject.toml", "go.mod"].contains(&file)
}

/// The name that a manifest gives.
pub(super) fn name(file: &str, text: &str) -> Option<String> {
    match file {
        "package.json" => package_json(text),
        "Cargo.toml" => toml(text, &["package"]),
        "pyproject.toml" => toml(text, &["project", "tool.poetry"]),
        "go.mod" => go_mod(text),
        _ => None,
    }
}

fn package_json(text: &str) -> Option<String> {
    let manifest: serde_json::Value = serde_json::from_str(text).ok()?;
    let name = manifest.get("name")?.as_str()?;
    // A scope is the owner's name.
    Some(name.rsplit('/').next().unwrap_or(name).to_owned())
}

/// `name = "…"` in one of these tables.
fn toml(text: &str, tables: &[&str]) -> Option<String> {
    let mut here = false;
    for line in text.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            here = table.split(']').next().is_some_and(|table| tables.contains(&table.trim()));
        } else if here
            && let Some((key, value)) = line.split_once('=')
            && key.trim() == "name"
        {
            let value = value.trim();
            let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
            return value.get(1..)?.split(quote).next().filter(|name| !name.is_empty()).map(str::to_owned);
        }
    }
    None
}

fn go_mod(text: &str) -> Option<String> {
    let path = text.lines().find_map(|line| line.trim().strip_prefix("module "))?.trim();
    let is_version = |part: &str| part.strip_prefix('v').is_some_and(|rest| rest.parse::<u32>().is_ok());
    path.rsplit('/').find(|part| !part.is_empty() && !is_version(part)).map(str::to_owned)
}

/// The names in lines of `NAME=value`. The rest of a line is not looked at.
pub(super) fn variables(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, _)| name.trim())
        .map(|name| name.strip_prefix("export ").unwrap_or(name).trim())
        .filter(|name| is_variable(name))
        .map(str::to_owned)
        .collect()
}

/// Whether it can be the name of an environment variable in a program.
pub(super) fn is_variable(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|first| first.is_ascii_uppercase())
        && letters.all(|letter| letter.is_ascii_uppercase() || letter.is_ascii_digit() || letter == b'_')
}
