//! Behaviour of `oal-ir`, one module per promise.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests say what is wrong by failing"
)]

mod canonical;
mod diff;
mod graph;
mod node_id;
mod prelude;
mod read;
mod roundtrip;
mod sample;
mod schema;
mod template;
mod upgrade;
mod walk;
