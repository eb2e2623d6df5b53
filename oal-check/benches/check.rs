//! Checking in process: the whole, and its parts, on the generated application.
//! `cargo bench -p oal-check --bench check`
#![allow(
    missing_docs,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a benchmark is no part of the library"
)]

#[allow(unreachable_pub, reason = "shared with a test")]
mod model;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use oal_check::{Options, Project, check};

/// Numbers of services.
const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];

fn main() {
    divan::main();
}

/// From text to findings.
#[divan::bench(args = SIZES)]
fn whole(bencher: Bencher<'_, '_>, services: usize) {
    let text = model::application(services);
    bencher
        .counter(BytesCount::of_str(&text))
        .with_inputs(|| text.clone())
        .bench_local_values(|text| check(&Project::single("app.oal", text), &Options::default()));
}

/// From tree to findings.
#[divan::bench(args = SIZES)]
fn check_only(bencher: Bencher<'_, '_>, services: usize) {
    let text = model::application(services);
    let project = Project::single("app.oal", text.clone());
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| check(black_box(&project), &Options::default()));
}

/// From text to tree.
#[divan::bench(args = SIZES)]
fn parse(bencher: Bencher<'_, '_>, services: usize) {
    let text = model::application(services);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| oal_syntax::parse(black_box(&text)));
}

/// From text to tokens.
#[divan::bench(args = SIZES)]
fn lex(bencher: Bencher<'_, '_>, services: usize) {
    let text = model::application(services);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| oal_syntax::lexer::tokens(black_box(&text)));
}

/// From tree to formatted text; the application is formatted already.
#[divan::bench(args = SIZES)]
fn fmt(bencher: Bencher<'_, '_>, services: usize) {
    let text = model::application(services);
    let parsed = oal_syntax::parse(&text);
    bencher.counter(BytesCount::of_str(&text)).bench_local(|| oal_syntax::fmt::format(black_box(&text), &parsed));
}

/// The least program with every built-in kind. The prelude is parsed once a process, so this is what a second check costs;
/// the first one is in the bench `start`.
#[divan::bench]
fn every_kind(bencher: Bencher<'_, '_>) {
    let text = "app a {}
service a { image: \"a:1\" }
job b { image: \"a:1\" }
database c { engine: postgres, version: 16 }
cache d {}
queue e { engine: nats }
bucket f {}
volume g {}
secret h {}
config i { files: {} }
external j { url: \"https://example.com\" }
";
    bencher.bench_local(|| check(&Project::single("app.oal", black_box(text)), &Options::default()));
}
