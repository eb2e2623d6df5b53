//! The help texts: each verb has an example, and `docs/oal.md` shows what they say.

use std::path::Path;

use crate::sandbox::Sandbox;

const VERBS: [&str; 9] = ["check", "lower", "diff", "fmt", "explain", "schema", "init", "lsp", "completions"];

#[test]
fn every_verb_has_an_example() {
    let any = Sandbox::new();
    let help = any.run(&["--help"]).code(0).quiet().out("Example").out;
    for verb in VERBS {
        assert!(help.contains(&format!("\n  {verb} ")), "{verb} in {help}");
        for flag in ["--help", "-h"] {
            any.run(&[verb, flag]).code(0).quiet().out("Example").out(&format!("  oal {verb}"));
        }
    }
    let listed =
        help.lines().skip_while(|line| !line.starts_with("Verbs:")).skip(1).take_while(|line| !line.is_empty());
    assert_eq!(listed.count(), VERBS.len(), "{help}");
}

#[test]
fn the_version_tells_of_language_and_format() {
    let any = Sandbox::new();
    let version = any.run(&["--version"]).code(0).quiet().out;
    assert_eq!(version, format!("oal {} (edition 1, IR {})\n", env!("CARGO_PKG_VERSION"), oal_ir::NEWEST_VERSION));
    assert_eq!(any.run(&["-V"]).code(0).out, version);
}

#[test]
fn no_line_of_help_is_too_long() {
    for verb in VERBS {
        for line in Sandbox::new().run(&[verb, "--help"]).out.lines() {
            assert!(line.chars().count() <= 110, "{verb}: {line}");
        }
    }
}

#[test]
fn the_documentation_is_fresh() {
    let any = Sandbox::new();
    let mut text = String::from(
        "# The `oal` command\n\nWhat `oal VERB --help` says. Written by `UPDATE=1 cargo test -p oal-cli`.\n",
    );
    let mut add = |title: &str, arguments: &[&str]| {
        let help = any.run(arguments).code(0).out;
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        text.push_str(&format!("\n## `{title}`\n\n```text\n{}\n```\n", help.join("\n")));
    };
    add("oal", &["--help"]);
    for verb in VERBS {
        add(&format!("oal {verb}"), &[verb, "--help"]);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/oal.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "run `UPDATE=1 cargo test -p oal-cli`");
}
