//! Laws of the checker, on the corpora of the fuzz targets and on a bounded random set.
//!
//! `RANDOM=10000` makes the set larger, `SEED=7` takes another one; with `KEEP_GOING=1` all that breaks a law is told.

pub(crate) mod laws;
pub(crate) mod mutate;
pub(crate) mod targets;

use crate::generate::choices::bytes;
use std::path::PathBuf;
use targets::TARGETS;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|text| text.parse().ok())
}

/// Runs a target; says which bytes they were where it panics.
fn run(name: &str, target: fn(&[u8]), data: &[u8], what: &str) {
    let result = std::panic::catch_unwind(|| target(data));
    if let Err(panic) = result {
        eprintln!("{name}: {what}");
        if std::env::var_os("KEEP_GOING").is_none() {
            std::panic::resume_unwind(panic);
        }
    }
}

fn on_corpus(name: &str, target: fn(&[u8])) {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(name);
    let mut paths: Vec<_> = std::fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{name} has no corpus");
    for path in paths {
        run(name, target, &std::fs::read(&path).unwrap(), &path.display().to_string());
    }
}

fn on_random(name: &str, target: fn(&[u8]), count: u64) {
    let first = number("SEED").unwrap_or(0);
    for seed in first..first + number("RANDOM").unwrap_or(count) {
        let mut data = bytes(seed, 40 + usize::try_from(seed).unwrap() * 37 % 1500);
        // Texts, programs and broken programs by turns, for the targets that take each of them.
        match seed % 4 {
            0 => data.insert(if name == "recover_local" { 3 } else { 0 }, 0xff),
            1 => data.insert(if name == "recover_local" { 3 } else { 0 }, 0xfe),
            2 => data.insert(0, 0xfd),
            _ => {}
        }
        run(name, target, &data, &format!("seed {seed}"));
    }
}

macro_rules! targets {
    ($($name:ident $count:literal;)*) => {
        $(
            #[test]
            fn $name() {
                let name = stringify!($name);
                let (_, target) = TARGETS.iter().find(|(other, _)| *other == name).expect("a target");
                on_corpus(name, *target);
                on_random(name, *target, $count);
            }
        )*

        #[test]
        fn every_target_is_run_here_and_is_one() {
            let here = [$(stringify!($name)),*];
            let there: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(here.as_slice(), there);
            let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../fuzz/targets");
            for name in here {
                let text = std::fs::read_to_string(directory.join(format!("{name}.rs"))).unwrap();
                assert!(text.contains(&format!("run(\"{name}\"")), "{name} runs another one");
            }
        }
    };
}

// How many random inputs each of them gets: together they take some ten seconds.
targets! {
    lex_total 400;
    parse_no_panic 400;
    recover_local 400;
    fmt_idempotent 200;
    fmt_same_tokens 200;
    check_no_panic 100;
    check_deterministic 60;
    lower_deterministic 40;
    ir_roundtrip 40;
    env_independent 80;
    well_formed_checks 200;
    broken_is_found 200;
}
