//! The OAL language server. What it answers is in [`ide`], as plain data about a checked program; how it speaks the protocol is
//! outside of it.

pub mod ide;
