//! What a user may set, in the editor or by the client's options for starting. What is not understood is left as it was.

use std::collections::BTreeMap;

use oal_check::diagnostic::codes;
use oal_check::{LintLevel, Options};
use serde_json::{Map, Value};

use crate::key::Key;

/// The settings of a session.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Scoped {
    /// For what is in no folder that has its own.
    pub(crate) everywhere: Settings,
    /// Those of folders, by their directories.
    pub(crate) folders: BTreeMap<Key, Settings>,
}

impl Scoped {
    /// Those for a document: of the innermost folder that has its own.
    pub(crate) fn of(&self, key: &str) -> &Settings {
        let around = self.folders.iter().filter(|(folder, _)| key.starts_with(&***folder));
        around.max_by_key(|(folder, _)| folder.len()).map_or(&self.everywhere, |(_, settings)| settings)
    }
}

/// What can be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `oal.lints`: a lint's name, or `warnings`, to `allow`, `warn` or `deny`.
    pub(crate) lints: Vec<(String, LintLevel)>,
    /// `oal.params`: a param's name to an OAL literal.
    pub(crate) params: Vec<(String, String)>,
    /// `oal.environments`: those to speak of; empty for all.
    pub(crate) environments: Vec<String>,
    /// `oal.advice`: whether lints that are only advice are shown.
    pub(crate) advice: bool,
    /// `oal.defaults`: whether hints tell the defaults of built-in kinds.
    pub(crate) defaults: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lints: Vec::new(), params: Vec::new(), environments: Vec::new(), advice: true, defaults: true }
    }
}

impl Settings {
    /// Takes what a client sent, with or without the section's name around it. Words on what was not understood.
    pub(crate) fn read(sent: &Value) -> (Self, Vec<String>) {
        let mut settings = Self::default();
        let mut wrong = Vec::new();
        let section = sent.get("oal").unwrap_or(sent);
        let Some(section) = section.as_object() else { return (settings, wrong) };
        for (name, level) in entries(section, "lints") {
            let level = match level.as_str() {
                Some("allow") => LintLevel::Allow,
                Some("warn") => LintLevel::Warn,
                Some("deny") => LintLevel::Deny,
                _ => {
                    wrong.push(format!("`oal.lints.{name}` is one of `allow`, `warn` and `deny`"));
                    continue;
                }
            };
            if name == "warnings" || codes::lookup(name).is_some_and(|code| code.lint.is_some()) {
                settings.lints.push((name.clone(), level));
            } else {
                wrong.push(format!("`oal.lints`: there is no lint `{name}`"));
            }
        }
        // What is said of one lint wins over what is said of all.
        settings.lints.sort_by_key(|(name, _)| name != "warnings");
        for (name, value) in entries(section, "params") {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            settings.params.push((name.clone(), value));
        }
        match section.get("environments") {
            None | Some(Value::Null) => {}
            Some(Value::Array(names)) => {
                settings.environments.extend(names.iter().filter_map(Value::as_str).map(str::to_owned));
            }
            Some(_) => wrong.push("`oal.environments` is a list of names".to_owned()),
        }
        settings.advice = section.get("advice").and_then(Value::as_bool).unwrap_or(settings.advice);
        settings.defaults = section.get("defaults").and_then(Value::as_bool).unwrap_or(settings.defaults);
        (settings, wrong)
    }

    /// The options of a check of a program that declares these environments and params: one of many need not have them all.
    pub(crate) fn options(&self, environments: &[&str], params: &[&str]) -> Options {
        let mut options = Options {
            params: self.params.clone(),
            environments: self.environments.clone(),
            lints: self.lints.clone(),
            advice: self.advice,
            record_types: true,
        };
        options.environments.retain(|name| environments.contains(&name.as_str()));
        options.params.retain(|(name, _)| params.contains(&name.as_str()));
        options
    }
}

fn entries<'a>(section: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    section.get(name).and_then(Value::as_object).into_iter().flatten()
}
