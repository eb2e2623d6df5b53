//! What is wrong although every name, type and level is right. One family of rules a file; each rule has a code of its own.

pub(crate) mod allow;
mod unused;
