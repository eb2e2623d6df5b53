//! Every program of every page, checked: the failing one says its code and nothing else that is wrong, the fixed one is
//! clean. `tests/data/diagnostic/pages_not_yet.txt` lists the codes whose rule is still to come; `UPDATE=1` shortens it.

use std::collections::BTreeSet;

use oal_check::diagnostic::{Code, Severity, Style, codes, render};
use oal_check::{Checked, InMemory, Options, Project, check, lower};

use super::pages::{Program, options, programs};
use crate::golden;

fn checked(program: &Program, params: Vec<(String, String)>) -> Checked {
    let mut files: InMemory = program.iter().cloned().collect();
    let project = Project::load("app.oal", &mut files);
    check(&project, &Options { params, advice: true, ..Options::default() })
}

fn said(checked: &Checked) -> String {
    render(checked.diagnostics(), checked, Style::default())
}

/// What is wrong with the programs of a code's page, if anything.
fn wrong(code: &Code) -> Option<String> {
    for program in programs(code, "fails") {
        let checked = checked(&program, options(code, "fails"));
        let found = checked.diagnostics();
        let says = found.iter().any(|found| *found.code == *code);
        let others = found.iter().any(|found| found.severity == Severity::Error && *found.code != *code);
        if !says || others {
            return Some(format!("{} {}: the failing program is said as\n{}", code.id, code.slug, said(&checked)));
        }
    }
    for program in programs(code, "fixed") {
        let checked = checked(&program, options(code, "fixed"));
        if checked.diagnostics().iter().any(|found| found.severity < Severity::Note || *found.code == *code) {
            return Some(format!("{} {}: the fixed program is said as\n{}", code.id, code.slug, said(&checked)));
        }
        for environment in checked.environments() {
            if let Err(error) = lower(&checked, environment) {
                return Some(format!("{} {}: the fixed program is not lowered: {error}", code.id, code.slug));
            }
        }
    }
    None
}

#[test]
fn programs_of_pages_fail_and_are_fixed_as_they_say() {
    let path = golden::package().join("tests/data/diagnostic/pages_not_yet.txt");
    let not_yet = std::fs::read_to_string(&path).unwrap_or_default();
    let not_yet: BTreeSet<&str> = not_yet.lines().collect();
    let wrong: Vec<_> = codes::ALL.iter().filter_map(|code| Some((code.id, wrong(code)?))).collect();
    let new: Vec<_> = wrong.iter().filter(|(id, _)| !not_yet.contains(id)).map(|(_, said)| said.as_str()).collect();
    assert!(new.is_empty(), "{} pages\n\n{}", new.len(), new.join("\n"));
    if std::env::var_os("UPDATE").is_some() {
        let left: String = wrong.iter().map(|(id, _)| format!("{id}\n")).collect();
        std::fs::write(path, left).unwrap();
    }
}
