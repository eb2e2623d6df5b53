//! What actions leave is formatted, with the line ends of the document; and what is missing is written where it is missing.

use super::actions::{apply, becomes, everywhere, titles};
use super::{checked, corpus};
use oal_check::SourceFile;
use oal_lsp::ide::actions::uses;
use oal_lsp::ide::completion::{Directory, DirectoryEntry};
use oal_syntax::{FileId, Span, fmt};
use std::sync::Arc;

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

#[test]
fn declarations_become_secrets() {
    let job = "job t { image: \"a:1\", env: { P: password } }\n";
    becomes(
        &format!("app a {{}}\n\nlet password = \"sk_live_│4eC39HqLyjWDarjtT1zdp7dc\"\n\n{job}"),
        "Make it the secret `password`",
        &format!("app a {{}}\n\nsecret password {{}}\n\n{job}"),
    );
    becomes(
        &format!("app a {{}}\n\nparam password: String = \"sk_live_│4eC39HqLyjWDarjtT1zdp7dc\"\n\n{job}"),
        "Make it the secret `password`",
        &format!("app a {{}}\n\nsecret password {{}}\n\n{job}"),
    );
    let holes = "database d { engine: postgres, version: 16 }\n";
    becomes(
        &format!(
            "app a {{}}\n\n{holes}\njob t {{ image: \"a:1\", env: {{ URL: \"postgres://app:│hunter2@${{d.host}}\" }} }}\n"
        ),
        "Make it the secret `url`",
        &format!("app a {{}}\n\n{holes}\njob t {{ image: \"a:1\", env: {{ URL: url }} }}\n\nsecret url {{}}\n"),
    );
    // In a command nobody may write it.
    let said = titles(
        "app a {}\nlet password = \"sk_live_│4eC39HqLyjWDarjtT1zdp7dc\"\njob t { image: \"a:1\", command: [password] }\n",
    );
    assert!(!said.iter().any(|title| title.contains("the secret")), "{said:?}");
    // One action, not two that do the same.
    let said =
        titles("app a {}\njob t { image: \"a:1\", env: { DB_PASSWORD: \"sk_live_│4eC39HqLyjWDarjtT1zdp7dc\" } }\n");
    assert_eq!(said.iter().filter(|title| title.contains("secret ")).count(), 1, "{said:?}");
}

#[test]
fn what_is_unused_goes_and_an_app_comes() {
    becomes(
        "app a {}\n\n/// Ä.\nlet │x = 1\n\njob t { image: \"a:1\" }\n",
        "Remove `x`",
        "app a {}\n\njob t { image: \"a:1\" }\n",
    );
    becomes(
        "│/// Ä.\njob t { image: \"a:1\" }\n",
        "Declare `app my_app`",
        "app my_app { edition: 1 }\n\n/// Ä.\njob t { image: \"a:1\" }\n",
    );
}

/// The files of a project, as a server finds them.
struct Files(Vec<(String, String)>);

impl Directory for Files {
    fn entries(&self, path: &str) -> Vec<DirectoryEntry> {
        let below = |file: &str| match path {
            "" => Some(file.to_owned()),
            _ => file.strip_prefix(path)?.strip_prefix('/').map(str::to_owned),
        };
        let entry = |rest: String| match rest.split_once('/') {
            Some((name, _)) => DirectoryEntry { name: name.to_owned(), is_directory: true },
            None => DirectoryEntry { name: rest, is_directory: false },
        };
        self.0.iter().filter_map(|(file, _)| below(file)).map(entry).collect()
    }

    fn source(&self, path: &str) -> Option<Arc<SourceFile>> {
        let (path, text) = self.0.iter().find(|(name, _)| name == path)?;
        Some(Arc::new(SourceFile::new(path, text.clone())))
    }
}

#[test]
fn an_unknown_name_is_used_from_where_it_is() {
    let lib = "kind web extends service {}\nlet copies = 2\ntype Loud = no | yes_please\n";
    for (text, title, expected) in [
        (
            "app a {}\n\nweb│ w { image: \"a:1\" }\n",
            "Use `web` from ./lib/web.oal",
            "use \"./lib/web.oal\" { web }\n\napp a {}\n\nweb w { image: \"a:1\" }\n",
        ),
        (
            "use \"./lib/web.oal\" { web }\n\napp a {}\n\nweb w { image: \"a:1\", replicas: copies│ }\n",
            "Use `copies` from ./lib/web.oal",
            "use \"./lib/web.oal\" { web, copies }\n\napp a {}\n\nweb w { image: \"a:1\", replicas: copies }\n",
        ),
        (
            "use \"./other.oal\" as other\n\napp a {}\n\nparam l: Loud│\n",
            "Use `Loud` from ./lib/web.oal",
            "use \"./other.oal\" as other\nuse \"./lib/web.oal\" { Loud }\n\napp a {}\n\nparam l: Loud\n",
        ),
    ] {
        let (source, at) = super::cursor(text);
        let file = |path: &str, text: &str| (path.to_owned(), text.to_owned());
        let files = vec![file("app.oal", &source), file("lib/web.oal", lib), file("other.oal", "let x = 1\n")];
        let before = checked("app.oal", &files);
        let found = uses(&before, FileId(0), Span::empty(at), &Files(files.clone()));
        let action = found.iter().find(|action| action.title == title).unwrap_or_else(|| panic!("{title}: {found:?}"));
        assert!(action.preferred);
        let after = apply(&before, &files, &action.edits);
        assert_eq!(after[0].1, expected);
        let after = checked("app.oal", &after);
        assert!(
            !after.diagnostics().iter().any(|found| found.code.id.starts_with("OAL020")),
            "{:?}",
            after.diagnostics()
        );
    }
}
