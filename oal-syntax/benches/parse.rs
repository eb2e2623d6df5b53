//! Lexing and parsing the generated application of 1,000 and 10,000 services, warm, and what a token costs.
//! `cargo bench -p oal-syntax --bench parse`
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark may fail by panic"
)]

#[path = "../../oal-check/benches/model.rs"]
mod model;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use oal_syntax::lexer::Lexer;
use oal_syntax::parse;

fn main() {
    divan::main();
}

const SERVICES: [usize; 2] = [1_000, 10_000];

fn tokens(source: &str) -> usize {
    Lexer::<true>::new(source, 0).count()
}

#[divan::bench(args = SERVICES)]
fn lex(bencher: Bencher<'_, '_>, services: usize) {
    let source = model::application(services);
    let counter = BytesCount::of_str(&source);
    bencher.counter(counter).bench_local(|| tokens(black_box(&source)));
}

#[divan::bench(args = SERVICES)]
fn parse_all(bencher: Bencher<'_, '_>, services: usize) {
    let source = model::application(services);
    let counter = BytesCount::of_str(&source);
    bencher.counter(counter).bench_local(|| parse(black_box(&source)));
}

/// The same with tokens as what is counted: items per second are tokens per second.
#[divan::bench(args = SERVICES)]
fn parse_per_token(bencher: Bencher<'_, '_>, services: usize) {
    let source = model::application(services);
    let counter = ItemsCount::new(tokens(&source));
    bencher.counter(counter).bench_local(|| parse(black_box(&source)));
}

/// One broken value in the middle: from there on every item is parsed alone.
#[divan::bench(args = SERVICES)]
fn parse_broken(bencher: Bencher<'_, '_>, services: usize) {
    let source = model::application(services);
    let middle = source.len() / 2;
    let at = middle + source.get(middle..).and_then(|rest| rest.find("replicas: ")).unwrap() + "replicas: ".len();
    let (before, after) = source.split_at(at);
    let source = format!("{before}= {after}");
    assert_eq!(parse(&source).errors.len(), 1);
    let counter = BytesCount::of_str(&source);
    bencher.counter(counter).bench_local(|| parse(black_box(&source)));
}
