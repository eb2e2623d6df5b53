//! The laws of the checker, each by its name. A function panics where its law is broken.

use super::mutate::{Broken, broken};
use crate::generate::choices::Choices;
use crate::generate::{Generated, project};
use oal_check::{Checked, Diagnostic, Options, Project, Severity, check, diagnostic, lower};

/// Files in one text, each behind a line `//# file: path`; what stands before the first such line is the root.
pub(crate) fn files_of(text: &str) -> Vec<(String, String)> {
    let mut files = vec![("app.oal".to_owned(), String::new())];
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("//# file: ") {
            Some(path) => files.push((path.trim().to_owned(), String::new())),
            None => files.last_mut().expect("there is a root").1.push_str(line),
        }
    }
    if files[0].1.trim().is_empty() && files.len() > 1 {
        files.remove(0);
    }
    files
}

pub(crate) fn listing(files: &[(String, String)]) -> String {
    files.iter().map(|(path, text)| format!("//# file: {path}\n{text}\n")).collect()
}

fn errors(checked: &Checked) -> Vec<Diagnostic> {
    checked.diagnostics().iter().filter(|found| found.severity == Severity::Error).cloned().collect()
}

/// Whatever the files hold, they can be checked, and what is found can be shown in every form. What has no errors can be lowered,
/// and what is lowered holds together.
pub(crate) fn check_no_panic(files: &[(String, String)]) -> Checked {
    let checked = check(&project(files), &Options { advice: true, ..Options::default() });
    let found = checked.diagnostics();
    for one in found {
        let labels = std::iter::once(&one.primary).chain(&one.secondary);
        for (at, label) in labels.enumerate() {
            let text = checked.project().text(label.file);
            assert!(text.get(label.span.range()).is_some(), "{one:?} is no place in the text\n{}", listing(files));
            let is_std = oal_check::std::index(label.file).is_some();
            assert!(at > 0 || !is_std, "{one:?} stands in the library\n{}", listing(files));
        }
        for edit in one.fixes.iter().flat_map(|fix| &fix.edits) {
            let text = checked.project().text(edit.file);
            assert!(text.get(edit.span.range()).is_some(), "{one:?} has a fix that is no place\n{}", listing(files));
        }
        assert!(!one.message.is_empty(), "{one:?}");
    }
    for text in [
        diagnostic::plain(found, &checked),
        diagnostic::short(found, &checked),
        diagnostic::render(found, &checked, diagnostic::Style::default()),
        diagnostic::json(found, &checked),
        diagnostic::sarif(found, &checked),
        diagnostic::github(found, &checked),
        diagnostic::junit(found, &checked, &[]),
    ] {
        assert!(found.is_empty() || !text.is_empty());
    }
    for name in checked.environments().map(str::to_owned).collect::<Vec<_>>().iter().take(3) {
        match lower(&checked, name) {
            Ok(ir) => {
                assert!(!checked.has_errors(), "lowered in spite of errors\n{}", listing(files));
                ir.verify().unwrap_or_else(|error| panic!("{error}\n{}", listing(files)));
            }
            Err(error) => assert!(checked.has_errors(), "{error}\n{}", listing(files)),
        }
    }
    checked
}

/// A well-formed program has no errors, and is lowered in all its environments.
pub(crate) fn well_formed_checks(made: &Generated) {
    let checked = check(&made.project(), &Options::default());
    let errors = errors(&checked);
    assert!(errors.is_empty(), "{}\n{}", made.listing(), diagnostic::plain(&errors, &checked));
    for environment in &made.environments {
        lower(&checked, environment).unwrap_or_else(|error| panic!("{}\n{error}", made.listing()));
    }
}

/// The same sources give the same findings, whoever checks them.
pub(crate) fn check_deterministic(files: &[(String, String)]) {
    let project = project(files);
    let first = check(&project, &Options::default());
    let second = std::thread::scope(|scope| {
        scope.spawn(|| check(&project, &Options::default())).join().expect("a check does not panic")
    });
    assert_eq!(first.diagnostics(), second.diagnostics(), "{}", listing(files));
}

/// The same sources give the same bytes; comments, white space and the order of declarations do not count.
pub(crate) fn lower_deterministic(made: &Generated) {
    let documents = |project: &Project| -> Vec<(Vec<u8>, String)> {
        let checked = check(project, &Options::default());
        made.environments
            .iter()
            .map(|environment| {
                let ir = lower(&checked, environment).unwrap_or_else(|error| panic!("{}\n{error}", made.listing()));
                (ir.to_canonical().expect("an IR has a canonical form"), ir.digest)
            })
            .collect()
    };
    let first = documents(&made.project());
    assert!(first == documents(&made.project()), "{}", made.listing());
    let digests = |all: Vec<(Vec<u8>, String)>| all.into_iter().map(|(_, digest)| digest).collect::<Vec<_>>();
    let first = digests(first);
    let commented: Vec<_> =
        made.files.iter().map(|(path, text)| (path.clone(), format!("// A comment.\n\n{text}"))).collect();
    assert!(first == digests(documents(&project(&commented))), "a comment counts\n{}", made.listing());
    let reordered = digests(documents(&project(&made.reordered)));
    assert!(
        first == reordered,
        "the order of declarations counts\n{}----\n{}",
        made.listing(),
        listing(&made.reordered)
    );
    let formatted: Vec<_> = made
        .files
        .iter()
        .map(|(path, text)| {
            let new = oal_syntax::fmt::format(text, &oal_syntax::parse(text));
            (path.clone(), new.unwrap_or_else(|refused| panic!("{refused:?}\n{text}")))
        })
        .collect();
    assert!(first == digests(documents(&project(&formatted))), "formatting counts\n{}", made.listing());
}

/// An IR that is written can be read, and is then the same.
pub(crate) fn ir_roundtrip(made: &Generated) {
    let checked = check(&made.project(), &Options::default());
    for environment in &made.environments {
        let ir = lower(&checked, environment).unwrap_or_else(|error| panic!("{}\n{error}", made.listing()));
        let bytes = ir.to_canonical().expect("an IR has a canonical form");
        let read = oal_ir::read(&bytes).unwrap_or_else(|error| panic!("{error}\n{}", made.listing()));
        assert!(read == ir, "canonical: another document\n{}", made.listing());
        assert!(read.to_canonical().expect("an IR has a canonical form") == bytes, "{}", made.listing());
        let pretty = ir.to_pretty().expect("an IR has a pretty form");
        let read = oal_ir::read(pretty.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{}", made.listing()));
        assert!(read == ir, "pretty: another document\n{}", made.listing());
    }
}

/// Whatever the bytes, they are read or refused; what is read can be written and read again.
pub(crate) fn ir_read_total(bytes: &[u8]) {
    if let Ok(ir) = oal_ir::read(bytes) {
        let again = ir.to_canonical().expect("an IR has a canonical form");
        assert!(oal_ir::read(&again).is_ok_and(|read| read == ir));
    }
}

/// Checking one environment alone finds exactly what checking all says of it.
pub(crate) fn env_independent(files: &[(String, String)]) {
    let project = project(files);
    let all = check(&project, &Options::default());
    let names: Vec<String> = all.environments().map(str::to_owned).collect();
    for name in names.iter().take(3) {
        let options = Options { environments: vec![name.clone()], ..Options::default() };
        let alone = check(&project, &options);
        let expected = said_of(&all, name, names.len());
        let found = said_of(&alone, name, names.len());
        for one in &expected {
            assert!(found.contains(one), "of `{name}`, only checking all says {one}\n{}", listing(files));
        }
        for one in &found {
            assert!(expected.contains(one), "of `{name}`, only checking it alone says {one}\n{}", listing(files));
        }
    }
}

/// What is said of one environment: the findings about it and those about the text itself, without the names of environments.
/// Notes with values are those of the first environment concerned.
fn said_of(checked: &Checked, name: &str, count: usize) -> Vec<String> {
    let of_it = |one: &&Diagnostic| one.environments.is_empty() || one.environments.iter().any(|other| other == name);
    checked
        .diagnostics()
        .iter()
        .filter(of_it)
        // Says something about all of them.
        .filter(|one| one.code.number != diagnostic::codes::NEVER_PRESENT.number || count == 1)
        .map(|one| {
            let place = checked.project().path(one.primary.file);
            format!("{} at {place} {:?}", one.code.id, one.primary.span)
        })
        .collect()
}

/// With one thing broken there is an error, and it stands where the thing was broken; all else is found as before.
pub(crate) fn broken_is_found(made: &Generated, c: &mut Choices<'_>) {
    let before = check(&made.project(), &Options::default());
    let Some(broken) = broken(made, &before, c) else { return };
    let project = project(&broken.files);
    let after = check(&project, &Options::default());
    let errors = errors(&after);
    let shown = || format!("{}:\n{}\n{}", broken.what, broken.listing(), diagnostic::plain(&errors, &after));
    assert!(!errors.is_empty(), "nothing found for {}", shown());
    for error in &errors {
        assert!(is_home(&broken, &after, error), "an error elsewhere, after {}", shown());
    }
    let (before, after) = (others(&broken, &before, false), others(&broken, &after, true));
    // A file that is no longer used says nothing.
    let is_there = |path: &str| project.files().any(|(_, file)| file.path == path);
    for one in before.iter().filter(|one| is_there(&one.0)) {
        assert!(after.contains(one), "no longer said: {one:?}, after {}", shown());
    }
    for one in &after {
        assert!(before.contains(one), "said anew: {one:?}, after {}", shown());
    }
}

fn is_home(broken: &Broken, checked: &Checked, found: &Diagnostic) -> bool {
    let home = broken.home;
    checked.project().path(found.primary.file) == broken.path
        && home.start <= found.primary.span.start
        && found.primary.span.end <= home.end
}

/// Findings outside of what was broken, with the text they stand at. What looks at who uses or reaches something is left out: that
/// changes with the broken declaration, as it should.
fn others(broken: &Broken, checked: &Checked, is_after: bool) -> Vec<(String, &'static str, String, String)> {
    let follows = |number: u16| (901..=912).contains(&number) || number == 932;
    checked
        .diagnostics()
        .iter()
        .filter(|found| !follows(found.code.number))
        .filter(|found| !is_after || !is_home(broken, checked, found))
        .filter_map(|found| {
            let file = checked.project().file(found.primary.file);
            let (tree, at) = (&file.parse.tree, found.primary.span);
            let item = tree
                .top
                .iter()
                .map(|id| tree.item(*id).span)
                .find(|span| span.start <= at.start && at.end <= span.end)?;
            let text = item.text(&file.text).to_owned();
            // Before, the broken declaration is known by its place, which is the same up to where it starts. What is found in a kind
            // may be about the component that is broken now.
            let is_broken = !is_after && file.path == broken.path && item.start == broken.home.start;
            if is_broken || text.starts_with("kind ") {
                return None;
            }
            Some((file.path.clone(), found.code.id, found.message.clone(), text))
        })
        .collect()
}
