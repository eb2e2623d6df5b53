//! What newcomers get wrong, and all that they are told, word by word: `tests/data/messages.md`, to be read by a person.
//! `UPDATE=1 cargo test` rewrites what stands below the programs; a new case is a heading and a program.

use super::golden;
use oal_check::diagnostic::{Style, render};
use oal_check::{Applicability, Checked, Diagnostic, Options, Project};

/// The longest a finding may be.
const MOST_LINES: usize = 13;

/// Heading, program.
fn cases(text: &str) -> Vec<(&str, &str)> {
    text.split("\n## ")
        .skip(1)
        .map(|case| {
            let (heading, rest) = case.split_once('\n').unwrap();
            let (_, program) = rest.split_once("```oal\n").expect(heading);
            let (program, _) = program.split_once("```\n").expect(heading);
            (heading, program)
        })
        .collect()
}

fn check(program: &str) -> Checked {
    oal_check::check(&Project::single("app.oal", program), &Options::default())
}

/// The findings without advice about what short programs lack.
fn told(checked: &Checked) -> Vec<Diagnostic> {
    checked.diagnostics().iter().filter(|finding| finding.code.number < 910).cloned().collect()
}

#[test]
fn newcomers_are_told_one_thing_for_each_mistake() {
    let path = golden::package().join("tests/data/messages.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (intro, _) = text.split_once("\n## ").unwrap();
    let mut written = intro.trim_end().to_owned();
    let mut wrong = Vec::new();
    for (heading, program) in cases(&text) {
        let checked = check(program);
        let told = told(&checked);
        let shown = render(&told, &checked, Style::default());
        written.push_str(&format!("\n\n## {heading}\n\n```oal\n{program}```\n\n```text\n{}\n```", shown.trim_end()));
        for finding in &told {
            wrong.extend(bad_manners(finding, &checked).map(|why| format!("{heading}: {why}: {}", finding.message)));
            wrong.extend(bad_fix(finding, program).map(|why| format!("{heading}: {why}: {}", finding.message)));
        }
    }
    written.push('\n');
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    golden::fresh(&path, &written);
}

/// What is wrong with how a finding is put.
fn bad_manners(finding: &Diagnostic, checked: &Checked) -> Option<&'static str> {
    let title = &finding.message;
    let shown = render(std::slice::from_ref(finding), checked, Style::default());
    let first = title.chars().next()?;
    if shown.trim_end().lines().count() > MOST_LINES {
        return Some("is too long");
    }
    if shown.contains("``") {
        return Some("quotes twice or nothing");
    }
    if first.is_uppercase() || title.ends_with('.') {
        return Some("is no title");
    }
    finding.help.is_none().then_some(()).filter(|()| finding.fixes.is_empty()).map(|()| "knows no way out")
}

/// A fix that tools may apply without asking takes its finding away and brings none of syntax.
fn bad_fix(finding: &Diagnostic, program: &str) -> Option<&'static str> {
    let fix = finding.fixes.iter().find(|fix| fix.applicability == Applicability::MachineApplicable)?;
    let mut fixed = program.to_owned();
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    for edit in edits {
        fixed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    let after = check(&fixed);
    let left = |other: &Diagnostic| other.message == finding.message || other.code.number < 200;
    let before = check(program).diagnostics().iter().filter(|other| left(other)).count();
    (after.diagnostics().iter().filter(|other| left(other)).count() >= before).then_some("the fix does not help")
}
