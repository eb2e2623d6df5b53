//! The executable specification `grammar/spec/`: reads its chapters, runs every program and holds what the checker says against
//! what stands beside the program. How a program states what it expects is told in `grammar/spec/README.md`.

mod case;
mod markdown;
mod run;

use case::Case;
use markdown::{Block, Chapter};
use oal_check::diagnostic::codes;
use std::fmt::Write as _;
use std::path::PathBuf;

/// All chapters, in order.
fn chapters() -> Vec<Chapter> {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../grammar/spec");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .filter(|path| path.extension().is_some_and(|e| e == "md") && !path.ends_with("README.md"))
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            Chapter::read(name, &std::fs::read_to_string(path).unwrap())
        })
        .collect()
}

/// All programs, in order.
fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut wrong = Vec::new();
    for chapter in chapters() {
        let first = cases.len();
        for block in chapter.blocks {
            let own = cases.get_mut(first..).unwrap_or_default();
            if let Err(problem) = case::read(&chapter.file, block, own).map(|case| cases.extend(case)) {
                wrong.push(problem);
            }
        }
    }
    report(&wrong, "these blocks cannot be read");
    cases
}

/// Every program with its title: the paths and texts of its files, the root first.
pub(crate) fn programs() -> Vec<(String, Vec<(String, String)>)> {
    let files = |case: &Case| case.files.iter().map(|file| (file.path.clone(), file.text())).collect();
    cases().iter().map(|case| (case.title(), files(case))).collect()
}

/// Fails with all that is wrong, if anything is.
fn report(wrong: &[String], title: &str) {
    if !wrong.is_empty() {
        let mut text = String::new();
        for problem in wrong {
            let _ = writeln!(text, "\n{problem}");
        }
        panic!("{title} ({}):\n{text}", wrong.len());
    }
}

/// Sections are numbered by chapter and place, so that `5.7` can be cited.
#[test]
fn sections_are_numbered() {
    let mut wrong = Vec::new();
    for chapter in chapters() {
        let number: u32 = chapter.file[..2].parse().unwrap();
        let mut expected = 1;
        for (line, heading) in &chapter.headings {
            let prefix = match heading.strip_prefix("# ") {
                Some(_) => format!("# {number} "),
                None => format!("## {number}.{expected} "),
            };
            if heading.starts_with("## ") {
                expected += 1;
            }
            if !heading.starts_with(&prefix) {
                wrong.push(format!("{}:{line}: `{heading}` does not start with `{prefix}`", chapter.file));
            }
        }
    }
    report(&wrong, "headings out of order");
}

/// A block that is neither a program nor belongs to one would never be looked at.
#[test]
fn every_block_says_what_it_is() {
    const PROSE: &[&str] = &["text", "sh", "console", "ebnf"];
    let mut wrong = Vec::new();
    for chapter in chapters() {
        for Block { line, info, .. } in &chapter.blocks {
            let word = info.split_whitespace().next().unwrap_or_default();
            if !["oal", "json"].contains(&word) && !PROSE.contains(&word) {
                wrong.push(format!("{}:{line}: a block of `{word}`", chapter.file));
            }
        }
    }
    report(&wrong, "blocks of an unknown kind");
}

/// Every program is what it states.
#[test]
fn programs_are_what_they_state() {
    let wrong: Vec<String> = cases().iter().filter_map(run::run).collect();
    report(&wrong, "programs that are not what they state");
}

/// Every code is raised by some program, or it is told why not.
#[test]
fn every_code_has_a_program() {
    let cases = cases();
    let mut wrong = Vec::new();
    for code in codes::ALL {
        let raised = cases.iter().flat_map(|case| &case.expected).any(|e| e.code.number == code.number);
        let excepted = NO_PROGRAM.iter().any(|(number, _)| *number == code.number);
        match (raised, excepted) {
            (false, false) => {
                wrong.push(format!("{}: no program of grammar/spec raises it: {}", code.id, code.summary))
            }
            (true, true) => wrong.push(format!("{}: raised, and among the exceptions", code.id)),
            _ => {}
        }
    }
    report(&wrong, "codes and programs do not match");
}

/// Codes that no program in a Markdown file can raise, and why.
const NO_PROGRAM: &[(u16, &str)] = &[
    (1, "a Markdown file is UTF-8 itself"),
    (3, "100 MB of text"),
    (118, "65536 letters or arms"),
    (222, "files in memory can always be read"),
    (832, "needs an IR from before"),
];

/// Programs are written as the formatter writes them, so that a reader sees one style only.
#[test]
fn programs_are_formatted() {
    let mut wrong = Vec::new();
    for case in cases().iter().filter(|case| !case.unformatted) {
        for file in &case.files {
            let text = file.text();
            let parse = oal_syntax::parse(&text);
            if !parse.errors.is_empty() {
                continue;
            }
            match oal_syntax::fmt::format(&text, &parse) {
                Ok(formatted) if formatted == text => {}
                Ok(formatted) => wrong.push(format!("{}: {}\n{}", case.title(), file.path, changes(&text, &formatted))),
                Err(refused) => wrong.push(format!("{}: {}: {refused:?}", case.title(), file.path)),
            }
        }
    }
    report(&wrong, "programs that are not formatted");
}

/// Where a program shows what the formatter makes of it, that is what it makes.
#[test]
fn formatted_programs_are_as_shown() {
    let mut wrong = Vec::new();
    for case in &cases() {
        let Some(expected) = &case.formatted else { continue };
        let text = case.files[0].text();
        let formatted = oal_syntax::fmt::format(&text, &oal_syntax::parse(&text)).unwrap_or_default();
        let formatted = case.without_app(&formatted);
        if formatted.trim_end() != expected.trim_end() {
            wrong.push(format!("{}\n{}", case.title(), changes(expected.trim_end(), formatted)));
        }
    }
    report(&wrong, "programs that are formatted in another way");
}

/// The lines that differ between the first and the last difference.
fn changes(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let mut text = String::new();
    for (sign, lines) in [('-', &old), ('+', &new)] {
        for line in &lines[start..lines.len() - end] {
            let _ = writeln!(text, "  {sign} {line}");
        }
    }
    text
}
