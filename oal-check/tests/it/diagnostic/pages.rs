//! The explanation of each code: its shape, and the index of all.

use oal_check::diagnostic::Applicability;
use oal_check::diagnostic::{Code, codes, syntax};
use oal_syntax::FileId;

use crate::golden;

/// A program of a page: its files, the root first.
pub(crate) type Program = Vec<(String, String)>;

/// The blocks of a page whose fence says `oal` and then this word; options of `oal check` may follow on the line.
pub(crate) fn programs(code: &Code, fence: &str) -> Vec<Program> {
    let mut found = Vec::new();
    let mut lines = code.page().lines();
    while let Some(line) = lines.next() {
        if line.strip_prefix("```oal ").and_then(|words| words.split(' ').next()) != Some(fence) {
            continue;
        }
        let mut files: Program = vec![("app.oal".to_owned(), String::new())];
        for line in lines.by_ref().take_while(|line| *line != "```") {
            if let Some(name) = line.strip_prefix("//# file: ") {
                files.push((name.to_owned(), String::new()));
            } else {
                let text = &mut files.last_mut().unwrap().1;
                text.push_str(line);
                text.push('\n');
            }
        }
        found.push(files);
    }
    found
}

/// The params that the fence of this word gives, as `oal check` would take them.
pub(crate) fn options(code: &Code, fence: &str) -> Vec<(String, String)> {
    let line =
        code.page().lines().find_map(|line| line.strip_prefix("```oal ")?.strip_prefix(fence)).unwrap_or_default();
    let words: Vec<&str> = line.split_whitespace().collect();
    let given = words.windows(2).filter(|pair| pair[0] == "--param").filter_map(|pair| pair[1].split_once('='));
    given.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Codes that no program can show: they are about files, the command line, or what is not there yet.
const WITHOUT_PROGRAM: &[&Code] = &[
    &codes::INVALID_UTF8,
    &codes::CONTROL_CHARACTER,
    &codes::FILE_TOO_LARGE,
    &codes::INVISIBLE_CHARACTER,
    &codes::NESTING_TOO_DEEP,
    &codes::TOO_LONG,
    &codes::UNREADABLE_FILE,
    &codes::TOO_MANY_ENVIRONMENTS,
    &codes::DATABASE_SHRINK,
];

#[test]
fn every_page_has_a_title_a_reason_and_both_programs() {
    for code in codes::ALL {
        let id = code.id;
        let mut lines = code.page().lines();
        assert_eq!(lines.next(), Some(format!("# {id}: {}", code.summary).as_str()));
        assert_eq!(lines.next(), Some(""), "{id}");
        assert!(code.page().contains("\n\nWhy: "), "{id} does not say why");
        let (failing, fixed) = (programs(code, "fails"), programs(code, "fixed"));
        if WITHOUT_PROGRAM.contains(code) {
            assert!(failing.is_empty() && fixed.is_empty(), "{id} has a program after all");
            assert!(code.page().contains("\n```text\n"), "{id} shows nothing");
        } else {
            assert_eq!((failing.len(), fixed.len()), (1, 1), "{id}");
            assert!(failing != fixed || code.page().contains("```oal fails --"), "{id}");
        }
        let fences = code.page().lines().filter(|line| line.starts_with("```")).count();
        assert_eq!(fences % 2, 0, "{id}");
    }
}

#[test]
fn pages_are_short_and_narrow() {
    for code in codes::ALL {
        assert!(code.page().lines().count() <= 80, "{} is long", code.id);
        assert!(code.page().ends_with('\n') && !code.page().ends_with("\n\n"), "{}", code.id);
        for line in code.page().lines() {
            assert!(line.chars().count() <= 120, "{}: {line}", code.id);
            assert!(!line.ends_with(' '), "{}: {line}", code.id);
        }
    }
}

#[test]
fn pages_of_lints_say_how_to_allow_them() {
    for code in codes::ALL {
        let says = code.page().contains(&format!("`allow({}, \"reason\")`", code.slug));
        assert_eq!(says, code.lint.is_some(), "{}", code.id);
    }
}

#[test]
fn there_is_no_page_without_a_code() {
    for entry in std::fs::read_dir(golden::package().join("docs/errors")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let id = name.strip_suffix(".md").unwrap();
        assert!(id == "index" || codes::lookup(id).is_some_and(|code| code.id == id), "{name}");
    }
}

#[test]
fn the_index_is_fresh() {
    let mut index =
        "# All diagnostics\n\nGenerated from the registry: `UPDATE=1 cargo test -p oal-check --test it`.\n".to_owned();
    let mut stage = "";
    for code in codes::ALL {
        if code.stage() != stage {
            stage = code.stage();
            let mut name = stage.to_owned();
            name[..1].make_ascii_uppercase();
            index.push_str(&format!(
                "\n## {name}\n\n| code | name | | since | what is wrong |\n|---|---|---|---|---|\n"
            ));
        }
        index.push_str(&format!(
            "| [{id}]({id}.md) | `{}` | {} | {} | {} |\n",
            code.slug,
            code.severity.name(),
            code.since,
            code.summary.replace('|', "\\|"),
            id = code.id,
        ));
    }
    golden::fresh(&golden::package().join("docs/errors/index.md"), &index);
}

/// The codes of the syntax errors of a program, with the place of each, for messages.
fn syntax_of(program: &Program) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for (index, (name, text)) in program.iter().enumerate() {
        let file = FileId(u32::try_from(index).unwrap());
        for error in oal_syntax::parse(text).errors {
            let said = syntax(file, text, &error);
            found.push((
                said.code.id,
                format!("{name}: {}: {} at {:?}", said.code.id, said.message, error.span.text(text)),
            ));
        }
    }
    found
}

#[test]
fn fixed_programs_are_well_formed() {
    let mut wrong = Vec::new();
    for code in codes::ALL {
        for program in programs(code, "fixed") {
            wrong.extend(syntax_of(&program).into_iter().map(|(_, said)| format!("{}: {said}", code.id)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn failing_programs_of_later_stages_are_well_formed() {
    let mut wrong = Vec::new();
    for code in codes::ALL.iter().filter(|code| code.number >= 200) {
        for program in programs(code, "fails") {
            wrong.extend(syntax_of(&program).into_iter().map(|(_, said)| format!("{}: {said}", code.id)));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn syntax_errors_are_said_in_the_style_of_the_house() {
    for code in codes::ALL {
        for (_, text) in programs(code, "fails").into_iter().flatten() {
            for error in oal_syntax::parse(&text).errors {
                let said = syntax(FileId(0), &text, &error);
                let words = [&said.message, &said.primary.message].into_iter().chain(&said.help);
                for word in words.filter(|word| !word.is_empty()) {
                    assert!(!word.starts_with(char::is_uppercase), "{word}");
                    assert!(!word.ends_with('.') && !word.contains('\n'), "{word}");
                    assert!(word.chars().count() <= 140, "{word}");
                    assert_eq!(word.matches('`').count() % 2, 0, "{word}");
                }
            }
        }
    }
}

#[test]
fn sure_fixes_of_syntax_errors_repair_the_program() {
    let mut repaired = 0;
    for code in codes::ALL.iter().filter(|code| code.number < 200) {
        for (_, mut text) in programs(code, "fails").into_iter().flatten() {
            let before = text.clone();
            let errors = oal_syntax::parse(&text).errors;
            let said: Vec<_> = errors.iter().map(|error| syntax(FileId(0), &text, error)).collect();
            let fixes = said.iter().filter_map(|said| said.fixes.first());
            let mut edits: Vec<_> = fixes
                .filter(|fix| fix.applicability == Applicability::MachineApplicable)
                .flat_map(|fix| &fix.edits)
                .collect();
            if edits.len() < said.len() || said.is_empty() {
                continue;
            }
            edits.sort_by_key(|edit| std::cmp::Reverse(edit.span));
            for edit in edits {
                text.replace_range(edit.span.range(), &edit.text);
            }
            let left = oal_syntax::parse(&text).errors;
            assert!(left.is_empty(), "{}\n{before}\nbecame\n{text}\nwith {left:?}", code.id);
            repaired += 1;
        }
    }
    assert!(repaired > 5, "only {repaired}");
}
