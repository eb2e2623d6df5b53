//! What `--deny`, `--warn` and `--allow` ask for.

use oal_check::LintLevel;
use oal_check::diagnostic::{Code, Severity, codes};
use oal_check::suggest::closest;

use super::Args;
use crate::failure::Failure;

/// All lints that are warnings unless someone says otherwise.
const WARNINGS: &str = "warnings";
/// All lints that only give advice.
const NOTES: &str = "notes";

/// Reads the flags, for the check: what is said of one lint wins over what is said of a group. The name of a lint may be its
/// code.
pub(super) fn read(args: &Args) -> Result<Vec<(String, LintLevel)>, Failure> {
    let flags = [(&args.deny, LintLevel::Deny), (&args.warn, LintLevel::Warn), (&args.allow, LintLevel::Allow)];
    let mut levels = Levels::default();
    for (names, level) in flags {
        for name in names.iter().flat_map(|names| names.split(',')) {
            levels.set(name.trim(), level)?;
        }
    }
    let mut lints = levels.groups;
    lints.extend(levels.lints);
    Ok(lints)
}

#[derive(Default)]
struct Levels {
    groups: Vec<(String, LintLevel)>,
    lints: Vec<(String, LintLevel)>,
}

impl Levels {
    fn set(&mut self, name: &str, level: LintLevel) -> Result<(), Failure> {
        match name {
            WARNINGS => put(&mut self.groups, name, level),
            NOTES => {
                let notes = codes::ALL.iter().filter(|code| code.severity == Severity::Note);
                notes.filter_map(|code| code.lint).try_for_each(|lint| put(&mut self.groups, lint, level))
            }
            _ => put(&mut self.lints, lint(name)?, level),
        }
    }
}

fn put(levels: &mut Vec<(String, LintLevel)>, name: &str, level: LintLevel) -> Result<(), Failure> {
    match levels.iter().find(|(known, _)| known == name) {
        Some((_, other)) if *other != level => {
            Err(Failure::new("oal::usage::lint_levels", format!("`{name}` is given two levels"))
                .help("name a lint after one of `--deny`, `--warn` and `--allow`"))
        }
        Some(_) => Ok(()),
        None => {
            levels.push((name.to_owned(), level));
            Ok(())
        }
    }
}

/// The name of the lint that is meant.
fn lint(name: &str) -> Result<&'static str, Failure> {
    match codes::lookup(name) {
        Some(Code { lint: Some(lint), .. }) => Ok(lint),
        Some(code) => {
            Err(Failure::new("oal::usage::not_a_lint", format!("{} (`{}`) is not a lint", code.id, code.slug))
                .help("only lints have levels that can be chosen; `oal explain --list` shows which they are"))
        }
        None => {
            let failure = Failure::new("oal::usage::unknown_lint", format!("there is no lint `{name}`"));
            Err(match closest(name, codes::lints().chain([WARNINGS, NOTES])) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure.help("`oal explain --list` shows all lints"),
            })
        }
    }
}
