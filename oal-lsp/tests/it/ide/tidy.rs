//! What actions leave is formatted, with the line ends of the document; and what is missing is written where it is missing.

use super::actions::{apply, becomes, everywhere};
use super::{checked, corpus};
use oal_syntax::fmt;

fn formatted(text: &str) -> Option<String> {
    fmt::format(text, &oal_syntax::parse(text)).ok()
}

/// Every action that any place of any example offers leaves what `oal fmt` writes, with LF and with CR LF.
#[test]
fn actions_leave_formatted_texts() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (number, program) in corpus::EXAMPLES.iter().enumerate() {
        for end in ["\n", "\r\n"] {
            // The same code: a third of the examples tell enough of the other line ends.
            if end == "\r\n" && !number.is_multiple_of(3) {
                continue;
            }
            let files: Vec<_> =
                program.files.iter().map(|(path, text)| (path.clone(), text.replace('\n', end))).collect();
            let before = checked(&program.root, &files);
            for (file, source) in before.project().files() {
                for (range, action) in everywhere(&before, file, &source.text) {
                    count += 1;
                    for ((path, text), (_, old)) in apply(&before, &files, &action.edits).iter().zip(&files) {
                        let plain = text.replace("\r\n", "\n");
                        let was = old.replace("\r\n", "\n");
                        if plain.replace('\n', end) != *text {
                            wrong.push(format!("{} `{}`: mixed line ends", program.title, action.title));
                        }
                        if formatted(&was).as_ref() == Some(&was) && formatted(&plain).as_ref() != Some(&plain) {
                            wrong.push(format!("{path} `{}` at {}\n{plain}", action.title, range.start));
                        }
                    }
                }
            }
        }
    }
    assert!(count > 1000, "{count}");
    let shown: Vec<&str> = wrong.iter().map(String::as_str).take(5).collect();
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), shown.join("\n---\n"));
}

#[test]
fn what_a_record_or_variant_lacks_is_added() {
    let types = "app a {}\n\ntype L = { a: Int, b: String? , c: Bool }\n".replace("? ,", "?,");
    becomes(
        &format!("{types}let l: L = {{│}}\n"),
        "Add `a`, `c`",
        &format!("{types}let l: L = {{ a: 0, c: false }}\n"),
    );
    becomes(
        &format!("{types}let l: L = {{│ c: true }}\n"),
        "Add `a`",
        &format!("{types}let l: L = {{ a: 0, c: true }}\n"),
    );
    becomes(
        &format!("{types}\nlet l: L = {{│\n  c: true\n}}\n"),
        "Add `a`",
        &format!("{types}\nlet l: L = {{\n  a: 0\n  c: true\n}}\n"),
    );
    let types = "app a {}\ntype T = no | two(n: Int, of: String)\n";
    becomes(
        &format!("{types}let t: T = two│()\n"),
        "Add `n`, `of`",
        &format!("{types}let t: T = two(n: 0, of: \"\")\n"),
    );
    becomes(&format!("{types}let t: T = two│(1)\n"), "Add `of`", &format!("{types}let t: T = two(1, of: \"\")\n"));
}

#[test]
fn missing_fields_and_arms_stand_as_others_do() {
    becomes(
        "app a {}\n\ndatabase d│ {\n}\n",
        "Add `engine`, `version`",
        "app a {}\n\ndatabase d {\n  engine: postgres\n  version: 1\n}\n",
    );
    let head = "app a {}\nenvironment dev {}\nenvironment prod {}\n";
    becomes(
        &format!("{head}let n: Int = match │environment {{}}\n"),
        "Add the missing arms",
        &format!("{head}let n: Int = match environment {{ dev => 0, prod => 0 }}\n"),
    );
    becomes(
        &format!("{head}\nlet n: Int = match │environment {{\n  dev => 1\n}}\n"),
        "Add the missing arms",
        &format!("{head}\nlet n: Int = match environment {{\n  dev => 1\n  prod => 0\n}}\n"),
    );
}

#[test]
fn an_entry_joins_others_on_lines_of_their_own() {
    becomes(
        "app a {}\n\nparam copies: Int = 1\n\nenvironment prod { copies: 4, api.replicas: 2 }\n\nservice api { image: \"a:1\", replicas: copies, init: │true }\n",
        "Set `api.init` in `prod`",
        "app a {}\n\nparam copies: Int = 1\n\nenvironment prod {\n  copies: 4\n  api.replicas: 2\n  api.init: true\n}\n\nservice api { image: \"a:1\", replicas: copies, init: true }\n",
    );
}
