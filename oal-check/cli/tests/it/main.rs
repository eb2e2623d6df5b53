//! The real `oal` binary, run as a user runs it: exit codes, what goes to which stream, what happens to files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

mod check;
mod color;
mod dependencies;
mod diff;
mod explain;
mod fmt;
mod formats;
mod help;
mod init;
mod inputs;
#[cfg(unix)]
mod interrupt;
mod lower;
mod lsp;
#[cfg(unix)]
mod permissions;
mod pipes;
mod readme;
mod sandbox;
mod watch;
