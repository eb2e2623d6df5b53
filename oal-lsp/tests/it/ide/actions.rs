//! Code actions: what each does, and the laws they keep on all programs.

use super::corpus::{self, Program};
use super::{checked, checked_one, cursor, cursors, line_ends, options};
use oal_check::diagnostic::Severity;
use oal_check::{Checked, Edit, lower};
use oal_lsp::ide::actions::{Action, ActionKind, actions, fix_all, moves, organise};
use oal_syntax::{FileId, Span};
use std::collections::BTreeMap;

pub(super) type Files = Vec<(String, String)>;

/// The files after the edits.
pub(super) fn apply(checked: &Checked, files: &[(String, String)], edits: &[Edit]) -> Files {
    let mut changed = files.to_vec();
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| (edit.file, edit.span.start, edit.span.end));
    for pair in edits.windows(2) {
        let apart = pair[0].file != pair[1].file || pair[0].span.end <= pair[1].span.start;
        assert!(apart, "edits overlap: {edits:?}");
    }
    for edit in edits.iter().rev() {
        let path = checked.project().path(edit.file);
        let text = &mut changed.iter_mut().find(|(name, _)| name == path).unwrap().1;
        text.replace_range(edit.span.range(), &edit.text);
    }
    changed
}

/// The text of a file of one program after the action of this title, at the cursor or between two of them.
fn after(text: &str, title: &str) -> String {
    let (source, marks) = cursors(text);
    let range = Span::new(marks[0], *marks.last().unwrap());
    let checked = checked_one(&source);
    let found = actions(&checked, FileId(0), range);
    let titles: Vec<&str> = found.iter().map(|action| action.title.as_str()).collect();
    let action =
        found.iter().find(|action| action.title == title).unwrap_or_else(|| panic!("no `{title}`: {titles:?}"));
    let files = [("app.oal".to_owned(), source)];
    apply(&checked, &files, &action.edits).remove(0).1
}

/// The same with both line ends.
pub(super) fn becomes(text: &str, title: &str, expected: &str) {
    for (text, expected) in line_ends(text).iter().zip(line_ends(expected)) {
        assert_eq!(after(text, title), expected, "{text}");
    }
}

pub(super) fn titles(text: &str) -> Vec<String> {
    let (source, at) = cursor(text);
    actions(&checked_one(&source), FileId(0), Span::empty(at)).into_iter().map(|action| action.title).collect()
}

#[test]
fn a_fix_comes_with_its_finding() {
    becomes(
        "app a {}\nservice api { im│ag: \"a:1\", ports: { http: 80 } }\n",
        "Write `image`",
        "app a {}\nservice api { image: \"a:1\", ports: { http: 80 } }\n",
    );
    let found = actions(&checked_one("app a {}\nlet x = yes\n"), FileId(0), Span::empty(18));
    assert!(found[0].preferred && found[0].findings.len() == 1, "{found:?}");
}

#[test]
fn a_lint_can_be_allowed() {
    becomes(
        "app a {}\n\njob t {\n  image: \"busybox│:latest\"\n}\n",
        "Allow `latest_tag` here",
        "app a {}\n\njob t {\n  allow(latest_tag, \"say why\")\n  image: \"busybox:latest\"\n}\n",
    );
    becomes(
        "app a {}\n\nlet │x = 1\n",
        "Allow `unused_let` here",
        "app a {}\n\nallow(unused_let, \"say why\")\nlet x = 1\n",
    );
}

#[test]
fn missing_arms_and_fields() {
    becomes(
        "app a {}\ntype T = one | two(n: Int)\nparam t: T = one\nlet x = match │t { one => \"ä\" }\n",
        "Add the missing arms",
        "app a {}\ntype T = one | two(n: Int)\nparam t: T = one\nlet x = match t { one => \"ä\", two(n) => \"\" }\n",
    );
    becomes(
        "app a {}\ndatabase │x { version: 16 }\n",
        "Add `engine`",
        "app a {}\ndatabase x { engine: postgres, version: 16 }\n",
    );
}

#[test]
fn an_unused_import_goes_as_a_whole() {
    let lib = ("lib.oal".to_owned(), "let a = 1\nlet b = 2\nlet c = 3\n".to_owned());
    for (uses, expected) in [
        ("use \"./lib.oal\" { a, b as x, c }\n", "use \"./lib.oal\" { a, c }\n"),
        ("use \"./lib.oal\" { b as x, a, c }\n", "use \"./lib.oal\" { a, c }\n"),
        ("use \"./lib.oal\" { a, c, b as x }\n", "use \"./lib.oal\" { a, c }\n"),
        ("use \"./lib.oal\" { b as x }\n", ""),
        ("use \"./lib.oal\" as x\n", ""),
    ] {
        let rest = if uses.contains("a, c") || uses.contains("a,") { "let d = a + c\n" } else { "" };
        let files = vec![("app.oal".to_owned(), format!("{uses}app p {{}}\n{rest}")), lib.clone()];
        let checked = checked("app.oal", &files);
        let at = u32::try_from(files[0].1.find('x').unwrap()).unwrap();
        let found = actions(&checked, FileId(0), Span::empty(at));
        let action = found.iter().find(|action| action.title == "Remove it").unwrap();
        assert_eq!(apply(&checked, &files, &action.edits)[0].1, format!("{expected}app p {{}}\n{rest}"));
    }
}

#[test]
fn everything_sure_at_once() {
    let source = "app a {}\nlet x = yes\nlet y = None\nlet z = copis\nlet copies = 1\n";
    let checked = checked_one(source);
    let action = fix_all(&checked, FileId(0)).unwrap();
    let files = [("app.oal".to_owned(), source.to_owned())];
    let text = &apply(&checked, &files, &action.edits)[0].1;
    assert_eq!(text, "app a { edition: 1 }\nlet x = true\nlet y = null\nlet z = copis\nlet copies = 1\n");
    assert!(fix_all(&checked_one("app a { edition: 1 }\n"), FileId(0)).is_none());
}

#[test]
fn uses_are_organised() {
    let files = vec![
        (
            "app.oal".to_owned(),
            "//! Ä.\n\nuse \"./z.oal\" { d, c as k, unused }\nuse \"./lib.oal\" as lib\n\nuse \"./z.oal\" { T, b }\n// stays\nuse \"./gone.oal\" { e }\n\napp p {}\nlet x = d + k + b + lib.a\nparam t: T = one\n"
                .to_owned(),
        ),
        ("lib.oal".to_owned(), "let a = 1\n".to_owned()),
        ("z.oal".to_owned(), "let b = 1\nlet c = 1\nlet d = 1\nlet unused = 1\ntype T = one | two\n".to_owned()),
        ("gone.oal".to_owned(), "let e = 1\n".to_owned()),
    ];
    let first = checked("app.oal", &files);
    let action = organise(&first, FileId(0)).unwrap();
    assert_eq!(action.kind, ActionKind::OrganiseImports);
    let changed = apply(&first, &files, &action.edits);
    assert_eq!(
        changed[0].1,
        "//! Ä.\n\nuse \"./lib.oal\" as lib\nuse \"./z.oal\" { T, b, c as k, d }\n// stays\napp p {}\nlet x = d + k + b + lib.a\nparam t: T = one\n"
    );
    assert!(organise(&checked("app.oal", &changed), FileId(0)).is_none());
}

#[test]
fn a_value_becomes_a_let_or_a_param() {
    becomes(
        "app a {}\n\n/// Ä.\nservice api {\n  image: │\"a:1\"│\n  ports: { http: 80 }\n}\n",
        "Extract to let `image`",
        "app a {}\n\nlet image = \"a:1\"\n\n/// Ä.\nservice api {\n  image: image\n  ports: { http: 80 }\n}\n",
    );
    becomes(
        "app a {}\n\nservice api { image: \"a:1\", replicas: │3 }\n",
        "Extract to param `replicas`",
        "app a {}\n\nparam replicas: Int where 0..=10000 = 3\n\nservice api { image: \"a:1\", replicas: replicas }\n",
    );
    becomes(
        "app a {}\nservice api { image: \"a:1\", ports: { http: 80 }, health: http }\n\nroute r { host: │\"*.example.com\", to: api.http }\n",
        "Extract to param `host`",
        "app a {}\nservice api { image: \"a:1\", ports: { http: 80 }, health: http }\n\nparam host: String = \"*.example.com\"\n\nroute r { host: host, to: api.http }\n",
    );
    let inner = titles("app a {}\nservice api for r in [\"a\"] { image: \"a:${│r}\" }\n");
    assert!(!inner.iter().any(|title| title.starts_with("Extract to let")), "{inner:?}");
}

#[test]
fn a_component_becomes_a_kind() {
    becomes(
        "app a {}\n\nservice a│pi {\n  image: \"a:1\"\n}\n",
        "Extract to kind `api_kind`",
        "app a {}\n\nkind api_kind extends service {\n  image: \"a:1\"\n}\n\napi_kind api {}\n",
    );
}

#[test]
fn a_let_is_inlined() {
    becomes(
        "app a {}\n\n/// Ä.\nlet x = 1 + 2\n\nlet y = 2 * │x\nlet z = \"${x}\"\n",
        "Inline `x`",
        "app a {}\n\nlet y = 2 * (1 + 2)\nlet z = \"${1 + 2}\"\n",
    );
}

#[test]
fn a_value_is_set_in_an_environment() {
    becomes(
        "app a {}\nenvironment prod {}\njob t {\n  image: \"a:1\"\n  resources: { memory: │1GiB }\n}\n",
        "Set `t.resources.memory` in `prod`",
        "app a {}\n\nenvironment prod {\n  t.resources.memory: 1GiB\n}\n\njob t {\n  image: \"a:1\"\n  resources: { memory: 1GiB }\n}\n",
    );
    becomes(
        "app a {}\nenvironment prod {\n  t.retries: 2\n}\nparam n: Int = │1\njob t { image: \"a:1\" }\n",
        "Set `n` in `prod`",
        "app a {}\nenvironment prod {\n  t.retries: 2\n  n: 1\n}\nparam n: Int = 1\njob t { image: \"a:1\" }\n",
    );
    let said = titles("app a {}\nenvironment prod { t.retries: 2 }\njob t { image: \"a:1\", retries: │1 }\n");
    assert!(!said.iter().any(|title| title.starts_with("Set")), "{said:?}");
}

/// The text after the move of this title; every title that is offered.
fn moved(text: &str, title: &str) -> (String, Vec<String>) {
    let mut results = line_ends(text).map(|text| {
        let (source, at) = cursor(&text);
        let checked = checked_one(&source);
        let found = moves(&checked, &options(), FileId(0), Span::empty(at));
        let titles: Vec<String> = found.iter().map(|action| action.title.clone()).collect();
        let action = found.iter().find(|action| action.title == title);
        let files = [("app.oal".to_owned(), source.clone())];
        let after = action.map_or(source, |action| apply(&checked, &files, &action.edits).remove(0).1);
        (after.replace("\r\n", "\n"), titles)
    });
    assert_eq!(results[0], results[1], "with CR LF");
    std::mem::take(&mut results[0])
}

#[test]
fn a_value_moves_to_an_environment() {
    let head = "app a {}\nenvironment dev {}\nenvironment prod {}\n";
    let set = |entry: &str| format!("app a {{}}\nenvironment dev {{}}\n\nenvironment prod {{\n  {entry}\n}}\n\n");
    let job = |inside: &str| format!("job t {{\n  image: \"a:1\"\n{inside}}}\n");
    let to_prod = |path: &str| format!("Move `{path}` to `prod`, which `dev` loses");
    let (after, _) = moved(&format!("{head}{}", job("  retries: │2\n  init: true\n")), &to_prod("t.retries"));
    assert_eq!(after, set("t.retries: 2") + &job("  init: true\n"));
    let (after, _) =
        moved(&format!("{head}{}", job("  resources: { memory: │1GiB, cpu: 1 }\n")), &to_prod("t.resources.memory"));
    assert_eq!(after, set("t.resources.memory: 1GiB") + &job("  resources: { cpu: 1 }\n"));
    let (after, _) = moved(&format!("{head}{}", job("  env: { A: \"x\", B: │\"y\" }\n")), &to_prod("t.env.B"));
    assert_eq!(after, set("t.env.B: \"y\"") + &job("  env: { A: \"x\" }\n"));
    // Where all others say their own, nobody loses it, required or not.
    let all = "app a {}\nenvironment dev { n: 1 }\nenvironment prod {}\nparam n: Int = │2\njob t { image: \"a:1\", retries: n }\n";
    let (after, _) = moved(all, "Move `n` to `prod`");
    assert_eq!(after, all.replace("environment prod {}", "\nenvironment prod {\n  n: 2\n}\n").replace(" = │2", ""));
    // No gap stays between braces.
    let alone = "app a {}\n\nenvironment prod {}\n\ncache c { memory: │64MiB }\n";
    let (after, _) = moved(alone, "Move `c.memory` to `prod`");
    assert_eq!(after, "app a {}\n\nenvironment prod {\n  c.memory: 64MiB\n}\n\ncache c {}\n");
}

#[test]
fn what_others_need_does_not_move() {
    let head = "app a {}\nenvironment dev {}\nenvironment prod {}\n";
    for rest in [
        // Every job needs an image, and here so does `dev`.
        "job t { image: │\"a:1\" }\n",
        "param n: Int = │2\njob t { image: \"a:1\", retries: n }\n",
        "database d { engine: postgres, version: │16 }\njob t { image: \"a:1\", env: { U: d.url } }\n",
        // What is said of it would go, or stand for nothing.
        "job t {\n  image: \"a:1\"\n  // Twice is enough.\n  retries: │2\n}\n",
        "job t {\n  image: \"a:1\"\n  retries: │2 // twice\n}\n",
        // Somebody reads it.
        "job t { image: \"a:1\", env: { A: │\"x\" } }\njob u { image: \"a:1\", env: { B: t.env.A } }\n",
    ] {
        let (_, titles) = moved(&format!("{head}{rest}"), "");
        assert!(titles.is_empty(), "{rest}: {titles:?}");
    }
}

#[test]
fn a_text_becomes_a_secret() {
    becomes(
        "app a {}\njob t {\n  image: \"a:1\"\n  env: { GREETING: \"ä│\" }\n}\n",
        "Make it the secret `greeting`",
        "app a {}\njob t {\n  image: \"a:1\"\n  env: { GREETING: greeting }\n}\n\nsecret greeting {}\n",
    );
    assert!(!titles("app a {}\njob t { image: \"a:│1\" }\n").iter().any(|title| title.contains("secret")));
}

#[test]
fn texts_are_written_otherwise() {
    becomes(
        "let a = \"o│ne\\n\\\"two\\\"\\n\"\n",
        "Write over several lines",
        "let a = \"\"\"\n  one\n  \"two\"\n\n  \"\"\"\n",
    );
    becomes(
        "let a = \"\"\"\n  │one\n  t${\"w\"}o\n  \"\"\"\nlet b = \"\"\"\n  x\n  y\n  \"\"\"\n"
            .replace("${\"w\"}", "w")
            .as_str(),
        "Write on one line",
        "let a = \"one\\ntwo\"\nlet b = \"\"\"\n  x\n  y\n  \"\"\"\n",
    );
    becomes("let a = r\"│\\d+\"\n", "Write in plain quotes", "let a = \"\\\\d+\"\n");
}

/// The codes of what is wrong with a program.
fn errors(checked: &Checked) -> Vec<u16> {
    let wrong = checked.diagnostics().iter().filter(|found| found.severity == Severity::Error);
    let mut found: Vec<u16> = wrong.map(|found| found.code.number).collect();
    found.sort_unstable();
    found
}

/// The IR of each environment without its source map; `None` where it has none.
fn irs(checked: &Checked) -> Vec<Option<serde_json::Value>> {
    let names: Vec<String> = checked.environments().map(str::to_owned).collect();
    let of = |name: &String| {
        let mut ir = lower(checked, name).ok()?;
        ir.source_map = None;
        serde_json::to_value(&ir).ok()
    };
    names.iter().map(of).collect()
}

/// Every action that some place of a file offers, each once.
pub(super) fn everywhere(checked: &Checked, file: FileId, text: &str) -> Vec<(Span, Action)> {
    let mut found: BTreeMap<String, (Span, Action)> = BTreeMap::new();
    for token in oal_syntax::lexer::tokens(text).tokens {
        let range = Span::empty(token.span.start);
        for action in actions(checked, file, range) {
            found.entry(format!("{} {:?}", action.title, action.edits)).or_insert((range, action));
        }
    }
    found.into_values().collect()
}

fn laws(program: &Program, one_in: usize, wrong: &mut Vec<String>) {
    let before = checked(&program.root, &program.files);
    let (was, ir) = (errors(&before), irs(&before));
    for (file, source) in before.project().files() {
        for (range, action) in everywhere(&before, file, &source.text).into_iter().step_by(one_in) {
            let changed = apply(&before, &program.files, &action.edits);
            let after = checked(&program.root, &changed);
            let now = errors(&after);
            let mut say = |what: &str| {
                let text = &changed.iter().find(|(path, _)| *path == source.path).unwrap().1;
                wrong.push(format!("{} `{}` at {}: {what}\n{text}\n{now:?}", program.title, action.title, range.start));
            };
            match action.kind {
                ActionKind::QuickFix | ActionKind::Remove => {
                    let finding = &before.diagnostics()[action.findings[0]];
                    let same = |checked: &Checked| {
                        let like = |found: &&oal_check::Diagnostic| {
                            found.code == finding.code && found.message == finding.message
                        };
                        checked.diagnostics().iter().filter(like).count()
                    };
                    if same(&after) >= same(&before) {
                        say("the finding is still there");
                    }
                    if action.preferred && now.iter().any(|error| !was.contains(error)) {
                        say("a sure fix adds an error");
                    }
                }
                ActionKind::Extract | ActionKind::Inline => {
                    if now != was {
                        say("errors differ");
                    } else if !action.title.contains("kind") && irs(&after) != ir {
                        say("the IR differs");
                    }
                }
                ActionKind::Rewrite => {
                    if now != was {
                        say("errors differ");
                    }
                }
                ActionKind::FixAll | ActionKind::OrganiseImports => {}
            }
        }
        for action in fix_all(&before, file).into_iter().chain(organise(&before, file)) {
            let changed = apply(&before, &program.files, &action.edits);
            let after = checked(&program.root, &changed);
            let now = errors(&after);
            if now.iter().any(|error| !was.contains(error)) {
                wrong.push(format!("{} `{}` adds errors {now:?}", program.title, action.title));
            }
            if action.kind == ActionKind::OrganiseImports {
                let file = after.project().files().find(|(_, other)| other.path == source.path).unwrap().0;
                if organise(&after, file).is_some() {
                    wrong.push(format!("{} organise twice\n{}", program.title, after.project().text(file)));
                }
            }
        }
    }
}

/// What moves leaves the findings, and the IR of the environment that it moves to, as they were.
#[test]
fn laws_of_moves() {
    let mut count = 0;
    let mut turn = 0usize;
    for program in corpus::all() {
        let before = checked(&program.root, &program.files);
        if before.has_errors() || before.environments().count() < 2 {
            continue;
        }
        let names: Vec<String> = before.environments().map(str::to_owned).collect();
        let text = before.project().text(FileId(0)).to_owned();
        for token in oal_syntax::lexer::tokens(&text).tokens {
            turn += 1;
            if !turn.is_multiple_of(11) {
                continue;
            }
            for action in moves(&before, &options(), FileId(0), Span::empty(token.span.start)) {
                let changed = apply(&before, &program.files, &action.edits);
                let after = checked(&program.root, &changed);
                let whole = &changed.iter().find(|(path, _)| *path == program.root).unwrap().1;
                assert!(!after.has_errors(), "{} {}\n{whole}", program.title, action.title);
                let to = names.iter().position(|name| action.title.contains(&format!("to `{name}`"))).unwrap();
                assert_eq!(irs(&after)[to], irs(&before)[to], "{} {}\n{whole}", program.title, action.title);
                count += 1;
            }
        }
    }
    assert!(count > 20, "{count}");
}

fn hold(programs: impl Iterator<Item = &'static Program>, one_in: usize) {
    // All of them where someone has the time.
    let one_in = if std::env::var_os("OAL_LAWS").is_some() { 1 } else { one_in };
    let mut wrong = Vec::new();
    for program in programs {
        laws(program, one_in, &mut wrong);
    }
    let shown: Vec<&str> = wrong.iter().map(String::as_str).take(30).collect();
    assert!(wrong.is_empty(), "{} broken laws:\n{}", wrong.len(), shown.join("\n---\n"));
}

#[test]
fn laws_on_examples() {
    hold(corpus::EXAMPLES.iter(), 61);
}

#[test]
fn laws_on_the_specification() {
    hold(corpus::SPEC.iter(), 7);
}
