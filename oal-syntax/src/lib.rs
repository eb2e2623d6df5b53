//! Source text to tokens, tree and syntax errors.

pub mod ast;
mod builder;
mod depth;
pub mod doc;
pub mod error;
pub mod fmt;
pub mod key;
pub mod lexer;
pub mod literal;
mod parser;
mod recover;
mod repair;
pub mod source;
pub mod span;
pub mod token;
pub mod trivia;
pub mod visit;

pub use error::{SyntaxError, SyntaxErrorKind};
pub use parser::parse;
pub use span::{FileId, Span};
pub use trivia::{Comment, CommentKind};

/// What became of a text: a tree, always, and what is wrong with it.
#[derive(Debug, Default, Clone)]
pub struct Parse {
    /// The tree; broken parts are error nodes.
    pub tree: ast::Tree,
    /// All findings, in source order; none where the text is well formed.
    pub errors: Vec<SyntaxError>,
    /// All comments, in source order.
    pub comments: Vec<Comment>,
}
