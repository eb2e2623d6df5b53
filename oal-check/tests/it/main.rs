//! Behaviour of the checker, one module for each part of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]
#![allow(clippy::print_stderr, reason = "a test that cannot run here says so")]

mod bench_model;
mod deps;
mod diagnostic;
mod elaborate;
mod eval;
mod examples;
mod found;
mod generate;
mod golden;
mod graph;
mod layering;
mod lower;
mod messages;
mod props;
mod query;
mod rules;
mod sketches;
mod slips;
mod spec;
mod text;
