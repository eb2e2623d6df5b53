//! When colours are used. Standard output is no terminal here.

use crate::sandbox::{BROKEN, Ran, Sandbox};

fn colored(arguments: &[&str], variables: &[(&str, &str)]) -> bool {
    let shop = Sandbox::with(BROKEN);
    let mut command = shop.command(arguments);
    command.envs(variables.iter().copied());
    let ran = Ran::from(command.output().unwrap());
    format!("{}{}", ran.out, ran.err).contains('\u{1b}')
}

#[test]
fn only_where_they_are_wanted() {
    assert!(!colored(&["check"], &[]));
    assert!(colored(&["check", "--color", "always"], &[]));
    assert!(colored(&["--color=always", "check"], &[]));
    assert!(colored(&["check"], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colored(&["check"], &[("CLICOLOR_FORCE", "0")]));
    assert!(!colored(&["check"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    assert!(colored(&["check"], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")]));
    assert!(colored(&["check", "--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!colored(&["check", "--color", "never"], &[("CLICOLOR_FORCE", "1")]));
}

#[test]
fn in_failures_and_help_too() {
    assert!(colored(&["check", "nothing", "--color", "always"], &[]));
    assert!(!colored(&["check", "nothing"], &[]));
    assert!(colored(&["check", "--fromat", "--color", "always"], &[]));
    assert!(!colored(&["check", "--fromat"], &[]));
    assert!(colored(&["--help", "--color", "always"], &[]));
    assert!(!colored(&["--help"], &[]));
}

#[test]
fn never_in_what_machines_read() {
    for format in ["json", "sarif", "github", "junit", "short"] {
        let shop = Sandbox::with(BROKEN);
        let ran = shop.run(&["check", "--format", format, "--color", "always"]).code(1);
        assert!(!ran.out.contains('\u{1b}'), "{format}: {}", ran.out);
    }
}
