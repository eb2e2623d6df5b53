//! The help texts: each verb has an example, and `docs/helios.md` shows what they say.

use std::path::Path;

use super::sandbox::Sandbox;

const VERBS: [&str; 22] = [
    "up",
    "login",
    "deploy",
    "plan",
    "status",
    "logs",
    "open",
    "run",
    "exec",
    "rollback",
    "promote",
    "secrets",
    "backups",
    "env",
    "releases",
    "token",
    "audit",
    "down",
    "serve",
    "doctor",
    "completions",
    "",
];

/// Verbs of verbs.
const BELOW: [&[&str]; 14] = [
    &["backups", "list"],
    &["backups", "create"],
    &["backups", "restore"],
    &["secrets", "list"],
    &["secrets", "versions"],
    &["secrets", "set"],
    &["secrets", "rotate"],
    &["env", "list"],
    &["env", "params"],
    &["env", "create"],
    &["token", "create"],
    &["token", "list"],
    &["token", "revoke"],
    &["token", "bootstrap"],
];

fn verbs() -> impl Iterator<Item = &'static str> {
    VERBS.into_iter().filter(|verb| !verb.is_empty())
}

#[test]
fn every_verb_has_an_example() {
    let any = Sandbox::new();
    let help = any.run(&["--help"]).code(0).out("Example").out;
    for verb in verbs() {
        assert!(help.contains(&format!("\n  {verb} ")), "{verb} in {help}");
        for flag in ["--help", "-h"] {
            any.run(&[verb, flag]).code(0).out("Example").out(&format!("  helios {verb}"));
        }
    }
    let listed =
        help.lines().skip_while(|line| !line.starts_with("Verbs:")).skip(1).take_while(|line| !line.is_empty());
    assert_eq!(listed.count(), verbs().count(), "{help}");
}

#[test]
fn the_documentation_of_the_command_is_fresh() {
    let any = Sandbox::new();
    let mut text = String::from(
        "# The `helios` command\n\nWhat `helios VERB --help` says. Written by `UPDATE=1 cargo test -p helios help`.\n",
    );
    let mut add = |arguments: &[&str]| {
        let mut all = arguments.to_vec();
        all.push("--help");
        let help = any.run(&all).code(0).out;
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        for line in &help {
            assert!(line.chars().count() <= 100, "{arguments:?}: {line}");
        }
        let title = ["helios"].iter().chain(arguments).copied().collect::<Vec<_>>().join(" ");
        text.push_str(&format!("\n## `{title}`\n\n```text\n{}\n```\n", help.join("\n")));
    };
    add(&[]);
    for verb in verbs() {
        add(&[verb]);
        BELOW.iter().filter(|below| below[0] == verb).for_each(|below| add(below));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/helios.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "run `UPDATE=1 cargo test -p helios help`");
}

#[test]
fn completions_know_the_verbs() {
    let any = Sandbox::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = any.run(&["completions", shell]).code(0).out;
        assert!(verbs().all(|verb| script.contains(verb)), "{shell}");
    }
}
