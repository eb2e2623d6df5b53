//! What `--deny`, `--warn` and `--allow` make of a finding.

use oal_check::diagnostic::{Code, Diagnostic, Severity, codes};
use oal_check::suggest::closest;

use super::Args;
use crate::failure::Failure;

/// All lints that are warnings unless someone says otherwise.
const WARNINGS: &str = "warnings";
/// All lints that only give advice.
const NOTES: &str = "notes";

/// The wishes of a command line.
#[derive(Debug, Default)]
pub(super) struct Levels {
    /// Lints with the severity they are to have; `None` leaves them out.
    lints: Vec<(&'static Code, Option<Severity>)>,
    /// The same for all lints of a group.
    groups: Vec<(Severity, Option<Severity>)>,
}

impl Levels {
    /// Reads the flags. The name of a lint may be its code.
    pub(super) fn new(args: &Args) -> Result<Self, Failure> {
        let mut levels = Self::default();
        let flags = [(&args.deny, Some(Severity::Error)), (&args.warn, Some(Severity::Warning)), (&args.allow, None)];
        for (names, level) in flags {
            for name in names.iter().flat_map(|names| names.split(',')) {
                levels.set(name.trim(), level)?;
            }
        }
        Ok(levels)
    }

    fn set(&mut self, name: &str, level: Option<Severity>) -> Result<(), Failure> {
        let twice = || {
            Failure::new("oal::usage::lint_levels", format!("`{name}` is given two levels"))
                .help("name a lint after one of `--deny`, `--warn` and `--allow`")
        };
        let group = match name {
            WARNINGS => Some(Severity::Warning),
            NOTES => Some(Severity::Note),
            _ => None,
        };
        if let Some(group) = group {
            return match self.groups.iter().find(|(known, _)| *known == group) {
                Some((_, other)) if *other != level => Err(twice()),
                _ => {
                    self.groups.push((group, level));
                    Ok(())
                }
            };
        }
        let Some(code) = codes::lookup(name).filter(|code| code.lint.is_some()) else {
            return Err(unknown(name));
        };
        match self.lints.iter().find(|(known, _)| known.number == code.number) {
            Some((_, other)) if *other != level => Err(twice()),
            Some(_) => Ok(()),
            None => {
                self.lints.push((code, level));
                Ok(())
            }
        }
    }

    /// The severity a finding is to have; `None` leaves it out. What is said of one lint wins over what is said of a group.
    /// Advice is left out unless it is asked for: it has its place in the editor.
    pub(super) fn of(&self, found: &Diagnostic) -> Option<Severity> {
        if found.code.lint.is_none() && found.severity != Severity::Warning {
            return Some(found.severity);
        }
        if let Some((_, level)) = self.lints.iter().find(|(code, _)| code.number == found.code.number) {
            return *level;
        }
        match self.groups.iter().find(|(group, _)| *group == found.severity) {
            Some((_, level)) => *level,
            None if found.severity == Severity::Note => None,
            None => Some(found.severity),
        }
    }
}

fn unknown(name: &str) -> Failure {
    if let Some(code) = codes::lookup(name) {
        return Failure::new("oal::usage::not_a_lint", format!("{} (`{}`) is not a lint", code.id, code.slug))
            .help("only lints have levels that can be chosen; `oal explain --list` shows which they are");
    }
    let failure = Failure::new("oal::usage::unknown_lint", format!("there is no lint `{name}`"));
    match closest(name, codes::lints().chain([WARNINGS, NOTES])) {
        Some(near) => failure.help(format!("did you mean `{near}`?")),
        None => failure.help("`oal explain --list` shows all lints"),
    }
}
