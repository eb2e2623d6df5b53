//! Laws of the checker on random programs.

use crate::generate::{self, Generated, choices::bytes};
use oal_check::{Checked, Options, Severity, check, lower};

/// The program of a seed: from a few declarations to some dozens.
fn program(seed: u64) -> Generated {
    let length = 100 + usize::try_from(seed).unwrap() * 37 % 1500;
    generate::program(&bytes(seed, length))
}

/// Seeds of a bounded random set; `PROGRAMS=10000` is a larger one, `SEED=7` another one.
fn seeds(count: u64) -> std::ops::Range<u64> {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let first = number("SEED").unwrap_or(0);
    first..first + number("PROGRAMS").unwrap_or(count)
}

fn errors(checked: &Checked) -> String {
    let errors: Vec<_> =
        checked.diagnostics().iter().filter(|found| found.severity == Severity::Error).cloned().collect();
    oal_check::diagnostic::plain(&errors, checked)
}

/// What is wrong with a program that should check and lower; nothing, hopefully.
fn wrong(made: &Generated) -> String {
    let checked = check(&made.project(), &Options::default());
    let mut wrong = errors(&checked);
    if wrong.is_empty() {
        for environment in &made.environments {
            if let Err(error) = lower(&checked, environment) {
                wrong.push_str(&format!("{environment}: {error}\n"));
            }
        }
    }
    wrong
}

/// With `SHOW=1` all programs that break the law are shown, without their texts.
#[test]
fn well_formed_programs_check_and_lower() {
    let mut broken = 0;
    for seed in seeds(300) {
        let made = program(seed);
        let wrong = wrong(&made);
        if wrong.is_empty() {
            continue;
        }
        assert!(std::env::var_os("SHOW").is_some(), "seed {seed}:\n{}{wrong}", made.listing());
        broken += 1;
        eprintln!("seed {seed}:\n{wrong}");
    }
    assert_eq!(broken, 0);
}
