//! The grammar for editors: it takes what the language's own parser takes, its colours are where they should be, and what was
//! generated is fresh.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]
#![allow(clippy::print_stderr, reason = "says what could not be looked at on this machine")]

mod corpus;
mod generated;
mod highlight;
mod programs;
mod queries;
mod trees;

#[path = "../../../../oal-syntax/tests/support/gen.rs"]
mod r#gen;
