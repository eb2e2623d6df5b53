//! Formatting: a text that is formatted already (nothing is left to prove), and one with other white space everywhere.
//! `cargo bench -p oal-syntax --bench fmt`
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark may fail by panic")]

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use oal_syntax::fmt::format;
use oal_syntax::parse;

fn main() {
    divan::main();
}

/// About a megabyte of ordinary program.
fn formatted() -> String {
    include_str!("../../examples/15-marketplace/services.oal").repeat(150)
}

fn spaced() -> String {
    formatted().replace(": ", ":  ").replace("\n  ", "\n\t")
}

#[divan::bench]
fn formatted_already(bencher: Bencher<'_, '_>) {
    run(bencher, &formatted());
}

#[divan::bench]
fn other_white_space(bencher: Bencher<'_, '_>) {
    run(bencher, &spaced());
}

fn run(bencher: Bencher<'_, '_>, source: &str) {
    let parsed = parse(source);
    bencher.counter(BytesCount::of_str(source)).bench_local(|| format(black_box(source), &parsed).unwrap());
}
