//! What a Dockerfile says about the outside: ports and stages.

use std::collections::BTreeMap;

use super::look::Port;

/// Endings of recipes that build the same thing in another way.
pub(super) const OTHER_WAYS: [&str; 10] =
    ["dev", "development", "prod", "production", "test", "testing", "ci", "local", "debug", "staging"];

/// What a recipe says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Recipe {
    /// Ports of `EXPOSE`.
    pub(super) ports: Vec<Port>,
    /// Names of the stages.
    pub(super) stages: Vec<String>,
}

/// The part of a recipe's file name that tells it from others, empty where there is none: `web` of `Dockerfile.web`. `None`
/// where the file is no recipe.
pub(super) fn variant(name: &str) -> Option<&str> {
    ["Dockerfile", "Containerfile"].into_iter().find_map(|plain| match name.strip_prefix(plain) {
        Some("") => Some(""),
        Some(rest) => rest.strip_prefix('.').filter(|rest| *rest != "dockerignore"),
        None => name.strip_suffix(plain)?.strip_suffix('.'),
    })
}

/// Reads a recipe.
pub(super) fn read(text: &str) -> Recipe {
    let mut recipe = Recipe::default();
    let mut values: BTreeMap<String, String> = BTreeMap::new();
    for line in instructions(text) {
        let mut words = line.split_whitespace();
        let instruction = words.next().unwrap_or_default().to_ascii_uppercase();
        match instruction.as_str() {
            "FROM" => {
                // What an earlier stage exposes stays there.
                recipe.ports.clear();
                let words: Vec<&str> = words.collect();
                if let [.., word, name] = words.as_slice()
                    && word.eq_ignore_ascii_case("as")
                {
                    recipe.stages.push((*name).to_owned());
                }
            }
            "ARG" | "ENV" => {
                for (name, value) in words.filter_map(|word| word.split_once('=')) {
                    values.insert(name.to_owned(), value.trim_matches('"').to_owned());
                }
            }
            "EXPOSE" => {
                for port in words.filter_map(|word| port(word, &values)) {
                    if !recipe.ports.contains(&port) {
                        recipe.ports.push(port);
                    }
                }
            }
            _ => {}
        }
    }
    recipe
}

/// `8080`, `53/udp`, `$PORT`, `${PORT:-8080}`.
fn port(word: &str, values: &BTreeMap<String, String>) -> Option<Port> {
    let (number, protocol) = word.split_once('/').unwrap_or((word, "tcp"));
    let number = match number.strip_prefix('$') {
        None => number,
        Some(name) => {
            let name = name.trim_start_matches('{').trim_end_matches('}');
            let (name, fallback) = name.split_once(":-").unwrap_or((name, ""));
            values.get(name).map_or(fallback, String::as_str)
        }
    };
    let inside = number.parse().ok().filter(|number| *number > 0)?;
    Some(Port { inside, outside: None, udp: protocol.eq_ignore_ascii_case("udp") })
}

/// The instructions, each on one line, without comments.
fn instructions(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        match line.strip_suffix('\\') {
            Some(start) => open.push_str(start),
            None => lines.push(std::mem::take(&mut open) + line),
        }
    }
    lines.push(open);
    lines
}
