//! Source text to tokens, tree and syntax errors.

pub mod span;

pub use span::{FileId, Span};
