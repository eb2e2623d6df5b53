//! Behaviour of the lexer, the parser, the recovery and the formatter, one module for each.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]
#![allow(clippy::print_stderr, reason = "figures of a law for the eye")]

mod cases;
mod fmt;
mod grammar;
mod hostile;
mod lex;
mod literal;
mod outline;
mod places;
mod programs;
mod props;
mod random;
mod recover;
