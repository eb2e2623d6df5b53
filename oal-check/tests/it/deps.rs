//! What the library is made of: a program that embeds it gets no terminal, no command line and no runtime along.

use std::collections::BTreeSet;
use std::process::Command;

/// The packages that the library is built with, itself included.
fn packages() -> BTreeSet<String> {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--manifest-path", manifest, "--package", "oal-check"])
        .args(["--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn the_library_knows_no_terminal_and_no_runtime() {
    let packages = packages();
    for expected in ["oal-check", "oal-syntax", "oal-ir"] {
        assert!(packages.contains(expected), "{packages:?}");
    }
    let unwanted = [
        "clap",
        "miette",
        "tokio",
        "async-std",
        "anyhow",
        "termcolor",
        "anstream",
        "crossterm",
        "supports-color",
        "is-terminal",
    ];
    for name in unwanted {
        let found = packages.iter().find(|package| *package == name || package.starts_with(&format!("{name}_")));
        assert_eq!(found, None, "the library is built with `{name}`");
    }
    // A reader of documents needs neither the language nor how findings are drawn.
    let ir = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--package", "oal-ir", "--edges", "normal", "--prefix", "none"])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .output()
        .unwrap();
    let text = String::from_utf8(ir.stdout).unwrap();
    assert!(text.starts_with("oal-ir "), "{text}");
    assert!(!text.contains("oal-syntax") && !text.contains("oal-check v") && !text.contains("codespan"), "{text}");
}
