//! Runs a program and holds what the checker says, computes and lowers against what the program states.

use super::case::{Case, Counts, Expected};
use oal_check::diagnostic::{Applicability, Diagnostic, Severity, codes};
use oal_check::{Checked, InMemory, Options, Project};
use oal_syntax::FileId;
use serde_json::Value as Json;
use std::fmt::Write as _;

/// Findings about loose ends, which a short program has.
const LOOSE_ENDS: std::ops::RangeInclusive<u16> = 901..=911;

/// A finding with its line in the chapter.
struct Found<'c> {
    line: usize,
    diagnostic: &'c Diagnostic,
}

/// All that is not as the program states, as text; `None` where everything is.
pub(super) fn run(case: &Case) -> Option<String> {
    let checked = check(case);
    let mut wrong = String::new();
    findings(case, &checked, &mut wrong);
    values(case, &checked, &mut wrong);
    lowered(case, &checked, &mut wrong);
    documents(&checked, &mut wrong);
    fixed(case, &checked, &mut wrong);
    (!wrong.is_empty()).then(|| format!("{}\n{wrong}", case.title()))
}

fn check(case: &Case) -> Checked {
    let mut loader: InMemory = case.files.iter().map(|file| (file.path.clone(), file.text())).collect();
    let project = Project::load(&case.files[0].path, &mut loader);
    let mut options = Options { advice: true, ..Options::default() };
    for (word, value) in &case.options {
        match word.as_str() {
            "--env" => options.environments.push(value.clone()),
            "--param" => {
                let (name, value) = value.split_once('=').expect("`--param name=value`");
                options.params.push((name.to_owned(), value.to_owned()));
            }
            _ => {}
        }
    }
    oal_check::check(&project, &options)
}

/// The severity that counts, after `--allow`, `--warn` and `--deny`; `None` where the finding does not.
fn severity(case: &Case, diagnostic: &Diagnostic) -> Option<Severity> {
    let mut severity = diagnostic.severity;
    for (word, lint) in &case.options {
        if diagnostic.code.lint == Some(lint.as_str()) {
            match word.as_str() {
                "--allow" => return None,
                "--warn" => severity = Severity::Warning,
                "--deny" => severity = Severity::Error,
                _ => {}
            }
        }
    }
    match case.counts {
        Counts::Most if LOOSE_ENDS.contains(&diagnostic.code.number) && severity != Severity::Error => None,
        Counts::Most | Counts::Warnings if severity == Severity::Note => None,
        _ => Some(severity),
    }
}

fn findings(case: &Case, checked: &Checked, wrong: &mut String) {
    let stated: Vec<&str> = case.values.iter().map(|value| value.name.as_str()).collect();
    let mut found: Vec<Found<'_>> = checked
        .diagnostics()
        .iter()
        .filter(|diagnostic| severity(case, diagnostic).is_some())
        // A `let` whose value is stated has its use.
        .filter(|diagnostic| {
            let name = checked.project().slice(diagnostic.primary.file, diagnostic.primary.span);
            diagnostic.code.number != codes::UNUSED_LET.number || !stated.contains(&name)
        })
        .map(|diagnostic| Found { line: line(case, checked, diagnostic), diagnostic })
        .collect();
    let mut missing: Vec<&Expected> = Vec::new();
    for expected in &case.expected {
        match found.iter().position(|found| says(case, expected, found)) {
            Some(at) => drop(found.remove(at)),
            None => missing.push(expected),
        }
    }
    for expected in missing {
        let words: String = expected.words.iter().map(|words| format!(" {words:?}")).collect();
        let environments = expected.environments.as_ref().map_or(String::new(), |e| format!(" [{}]", e.join(", ")));
        let (severity, code) = (expected.severity.name(), expected.code.id);
        let _ = writeln!(wrong, "  - {}: {severity} {code}{words}{environments}", expected.line);
    }
    for Found { line, diagnostic } in found {
        let severity = severity(case, diagnostic).map_or("", Severity::name);
        let environments = diagnostic.environments.join(", ");
        let _ = writeln!(wrong, "  + {line}: {severity} {} [{environments}]", diagnostic.code.id);
        for text in texts(diagnostic) {
            let _ = writeln!(wrong, "      {text}");
        }
    }
}

/// The line in the chapter where a finding stands; 0 where it stands in no line of the program.
fn line(case: &Case, checked: &Checked, diagnostic: &Diagnostic) -> usize {
    let path = checked.project().path(diagnostic.primary.file);
    let offset = diagnostic.primary.span.start as usize;
    case.files.iter().find(|file| file.path == path).map_or(0, |file| file.line_at(offset))
}

fn says(case: &Case, expected: &Expected, found: &Found<'_>) -> bool {
    let said = texts(found.diagnostic);
    expected.line == found.line
        && expected.code.number == found.diagnostic.code.number
        && Some(expected.severity) == severity(case, found.diagnostic)
        && expected.words.iter().all(|words| said.iter().any(|text| text.contains(words.as_str())))
        && expected.environments.as_ref().is_none_or(|names| *names == found.diagnostic.environments)
}

/// All that a finding says.
fn texts(diagnostic: &Diagnostic) -> Vec<String> {
    let mut texts = vec![diagnostic.message.clone(), diagnostic.primary.message.clone()];
    texts.extend(diagnostic.secondary.iter().map(|label| label.message.clone()));
    texts.extend(diagnostic.notes.iter().cloned());
    texts.extend(diagnostic.help.iter().cloned());
    texts.extend(diagnostic.fixes.iter().map(|fix| fix.title.clone()));
    texts.retain(|text| !text.is_empty());
    texts
}

fn values(case: &Case, checked: &Checked, wrong: &mut String) {
    for stated in &case.values {
        let environments: Vec<&str> = match &stated.environment {
            Some(name) => vec![name],
            None => checked.environments().collect(),
        };
        for environment in environments {
            let value = checked.value(&stated.name, environment);
            let value = value.map_or_else(|| "no value".to_owned(), |value| value.source());
            if value != stated.value {
                let (line, name) = (stated.line, &stated.name);
                let _ = writeln!(wrong, "  - {line}: {name} is {} in {environment}\n  + {value}", stated.value);
            }
        }
    }
}

fn lowered(case: &Case, checked: &Checked, wrong: &mut String) {
    for (environment, expected) in &case.ir {
        let environment = environment.as_deref().unwrap_or("default");
        match oal_check::lower(checked, environment) {
            Ok(ir) => differences(expected, &serde_json::to_value(&ir).unwrap(), "", wrong),
            Err(error) => drop(writeln!(wrong, "  no IR of {environment}: {error}")),
        }
    }
}

/// A program without errors has an IR in each environment that was looked at, and each is valid.
fn documents(checked: &Checked, wrong: &mut String) {
    if checked.has_errors() {
        return;
    }
    for environment in checked.environments() {
        match oal_check::lower(checked, environment) {
            Ok(ir) => {
                let json = serde_json::to_value(&ir).unwrap();
                for error in crate::examples::SCHEMA.iter_errors(&json) {
                    let _ = writeln!(wrong, "  IR of {environment}: {error} at {}", error.instance_path());
                }
                if let Err(error) = ir.verify() {
                    let _ = writeln!(wrong, "  IR of {environment}: {error}");
                }
            }
            Err(oal_check::LowerError::NotChecked(_)) => {}
            Err(error) => drop(writeln!(wrong, "  no IR of {environment}: {error}")),
        }
    }
}

/// What is expected and not there. Members of objects may be left out, elements of lists may not.
fn differences(expected: &Json, found: &Json, at: &str, wrong: &mut String) {
    match (expected, found) {
        (Json::Object(expected), Json::Object(members)) => {
            for (key, value) in expected {
                let at = format!("{at}/{key}");
                match members.get(key) {
                    Some(member) => differences(value, member, &at, wrong),
                    None => drop(writeln!(wrong, "  - {at}: {value}\n  + nothing there")),
                }
            }
        }
        (Json::Array(expected), Json::Array(elements)) if expected.len() == elements.len() => {
            for (index, (expected, element)) in expected.iter().zip(elements).enumerate() {
                differences(expected, element, &format!("{at}/{index}"), wrong);
            }
        }
        _ if expected == found => {}
        _ => drop(writeln!(wrong, "  - {at}: {expected}\n  + {found}")),
    }
}

/// Applies the first fix of each finding, where it is sure.
fn fixed(case: &Case, checked: &Checked, wrong: &mut String) {
    let Some(expected) = &case.fixed else { return };
    let mut edits: Vec<_> = checked
        .diagnostics()
        .iter()
        .filter_map(|diagnostic| diagnostic.fixes.first())
        .filter(|fix| fix.applicability == Applicability::MachineApplicable)
        .flat_map(|fix| &fix.edits)
        .filter(|edit| edit.file == FileId(0))
        .collect();
    edits.sort_by_key(|edit| std::cmp::Reverse((edit.span.start, edit.span.end)));
    let mut text = case.files[0].text();
    for edit in edits {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    let text = case.without_app(&text);
    if text.trim_end() != expected.trim_end() {
        let _ = writeln!(wrong, "  the fixes make of it\n{text}\n  and not\n{expected}");
    }
}
