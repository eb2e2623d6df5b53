//! The fuzz targets. What each of them does is told, and tested on stable, in `oal-check/tests/it/props`; this package only drives
//! them with libFuzzer: `cargo +nightly fuzz run check_no_panic`.
#![allow(dead_code, reason = "includes modules of tests, and takes a part of them")]

#[path = "../../oal-check/tests/it/generate.rs"]
mod generate;
#[path = "../../oal-check/tests/it/props/laws.rs"]
mod laws;
#[path = "../../oal-check/tests/it/props/mutate.rs"]
mod mutate;
#[path = "../../oal-check/tests/it/props/targets.rs"]
mod targets;

/// Runs a target on some bytes.
///
/// # Panics
/// Where a law is broken, and where there is no such target.
pub fn run(name: &str, data: &[u8]) {
    let (_, target) = targets::TARGETS.iter().find(|(other, _)| *other == name).expect("a target of that name");
    target(data);
}
