//! Words of Compose, Kubernetes, Terraform, Bicep and YAML, and what OAL calls them. The table is `words.txt`: one
//! line a habit, prose that no formatter should break.

use std::borrow::Cow;

use super::Advice;

/// Literals of other languages: `yes`, `True`, `None`. `None` for what is OAL.
#[must_use]
pub fn foreign_literal(word: &str) -> Option<Advice> {
    let own = match word {
        "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "enabled" => "true",
        "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "disabled" => "false",
        "None" | "nil" | "Nil" | "NIL" | "undefined" | "NULL" | "Null" | "nullptr" | "~" => "null",
        _ => return None,
    };
    let why = match own {
        "null" => "the absent value is `null`",
        _ => "the two values of `Bool` are `true` and `false`",
    };
    Some(Advice { replacement: Some(own.into()), why: why.into() })
}

/// The table; its head says how to read it.
const TABLE: &str = include_str!("words.txt");

/// The line of a section that holds a word.
fn look_up(section: &str, word: &str) -> Option<Advice> {
    rows(section).find(|(words, _)| words.split(' ').any(|known| known == word)).map(|(_, advice)| advice)
}

/// The lines of a section: their words, and what to say.
fn rows(section: &str) -> impl Iterator<Item = (&'static str, Advice)> {
    TABLE
        .lines()
        .skip_while(move |line| title(line) != Some(section))
        .skip(1)
        .take_while(|line| title(line).is_none())
        .filter_map(row)
}

/// `[service]`
fn title(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.strip_suffix(']')
}

fn row(line: &'static str) -> Option<(&'static str, Advice)> {
    let (words, rest) = line.split_once(" | ")?;
    let (own, why) = rest.split_once(" | ")?;
    let replacement = (own != "-").then_some(Cow::Borrowed(own));
    Some((words, Advice { replacement, why: Cow::Borrowed(why) }))
}

/// Every replacement of a section, for a test against the prelude.
pub fn foreign_replacements(section: &str) -> impl Iterator<Item = String> {
    rows(section).filter_map(|(_, advice)| advice.replacement.map(Cow::into_owned))
}

/// The sections of the table: the kinds with fields, `workload` for `service` and `job` together, `kinds`, `types`, `functions`.
pub fn foreign_sections() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter_map(title)
}

/// What a field of another tool is called in a component of this built-in kind (the base, for derived kinds), or in
/// `app`. The replacement may be a path, `resources.memory`.
#[must_use]
pub fn foreign_field(kind: &str, key: &str) -> Option<Advice> {
    if matches!(kind, "kinds" | "types" | "functions") {
        return None;
    }
    look_up(kind, key).or_else(|| if matches!(kind, "service" | "job") { look_up("workload", key) } else { None })
}

/// What a kind, block or statement of another tool is called: `deployment`, `variable`.
#[must_use]
pub fn foreign_kind(word: &str) -> Option<Advice> {
    look_up("kinds", word)
}

/// What a type of another language is called: `string`, `boolean`, `list`.
#[must_use]
pub fn foreign_type(word: &str) -> Option<Advice> {
    look_up("types", word)
}

/// What a function of another language is called: `length`, `jsonencode`.
#[must_use]
pub fn foreign_function(word: &str) -> Option<Advice> {
    look_up("functions", word)
}
