//! One file for each verb: its flags, its help with an example, what it does.

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod explain;
pub(crate) mod fmt;
pub(crate) mod init;
pub(crate) mod lower;
pub(crate) mod lsp;
pub(crate) mod one;
pub(crate) mod program;
pub(crate) mod schema;
