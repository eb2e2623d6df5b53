//! What the rules say of the programs in `tests/data/rules`: beside each stands the report. What each rule means stands in
//! `grammar/spec/12-deployability.md` and `13-lints.md`; here are the corners.

use crate::golden;
use oal_check::diagnostic::{Style, render};
use oal_check::{Checked, InMemory, LintLevel, Options, Project, check};

fn checked(text: &str, options: &Options) -> Checked {
    let mut loader: InMemory = [("app.oal", text)].into_iter().collect();
    check(&Project::load("app.oal", &mut loader), options)
}

/// Checks a program of the directory, with advice where it is about that, and holds the report against the one beside it.
fn report(name: &str) {
    let text = std::fs::read_to_string(golden::package().join(format!("tests/data/rules/{name}.oal"))).unwrap();
    let checked = checked(&text, &Options { advice: ["images", "evolution"].contains(&name), ..Options::default() });
    golden::data(&format!("rules/{name}.txt"), &render(checked.diagnostics(), &checked, Style::default()));
}

#[test]
fn network() {
    report("network");
}

#[test]
fn waiting() {
    report("waiting");
}

#[test]
fn storage() {
    report("storage");
}

#[test]
fn names() {
    report("names");
}

#[test]
fn images() {
    report("images");
}

#[test]
fn evolution() {
    report("evolution");
}

#[test]
fn what_only_looks_wrong_is_not() {
    report("quiet");
}

/// The findings with the names of their environments, but for those of other environments than this one.
fn in_environment(checked: &Checked, environment: &str) -> Vec<String> {
    let concerned = |names: &[String]| names.is_empty() || names.iter().any(|name| name == environment);
    let all = checked.diagnostics().iter().filter(|found| concerned(&found.environments));
    all.map(|found| format!("{} {:?} {}", found.code.id, found.primary.span, found.message)).collect()
}

#[test]
fn one_environment_is_told_what_all_are_told_of_it() {
    for name in ["network", "waiting", "storage", "names", "images", "evolution"] {
        let text = std::fs::read_to_string(golden::package().join(format!("tests/data/rules/{name}.oal"))).unwrap();
        let all = checked(&text, &Options { advice: true, ..Options::default() });
        for environment in all.environments() {
            let environments = vec![environment.to_owned()];
            let one = checked(&text, &Options { advice: true, environments, ..Options::default() });
            assert_eq!(in_environment(&one, environment), in_environment(&all, environment), "{name} {environment}");
        }
    }
}

#[test]
fn an_allow_for_another_environment_is_of_use() {
    let text = r#"
allow(latest_tag, "of the whole program")
app a {}
environment dev {
  task.image: "busybox:latest"
}
environment prod {}
job task { image: "busybox:1.37" }
"#;
    for environment in ["dev", "prod"] {
        let options = Options { environments: vec![environment.to_owned()], ..Options::default() };
        let checked = checked(text, &options);
        assert!(checked.diagnostics().is_empty(), "{environment}: {:#?}", checked.diagnostics());
    }
}

#[test]
fn advice_is_found_where_it_is_asked_for() {
    let text = "app a {}\njob task { image: \"busybox:1.37\" }\n";
    let found = |options: Options| checked(text, &options).diagnostics().iter().map(|f| f.code.id).collect::<Vec<_>>();
    assert!(found(Options::default()).is_empty());
    assert_eq!(found(Options { advice: true, ..Options::default() }), ["OAL0941", "OAL0922"]);
    let asked = |name: &str, level| Options { lints: vec![(name.to_owned(), level)], ..Options::default() };
    assert!(found(asked("OAL0922", LintLevel::Warn)).contains(&"OAL0922"));
    assert!(found(asked("missing_digest", LintLevel::Allow)).is_empty());
    let allowed = "app a { edition: 1 }\nallow(missing_digest, \"x\")\njob task { image: \"busybox:1.37\" }\n";
    assert!(checked(allowed, &Options::default()).diagnostics().is_empty(), "nobody looked");
}
