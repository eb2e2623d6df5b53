//! Behaviour of the language server, one module for each part of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test fails by panicking"
)]

mod client;
mod folders;
mod fuzz;
mod ide;
mod navigation;
mod progress;
mod robust;
mod same;
mod shared;
mod workspace;
mod writing;
