//! What can be wrong with a text before any name is looked at.

use crate::span::Span;

/// A finding of the lexer, the bracket repair or the parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where the user can act.
    pub span: Span,
    /// What is wrong.
    pub kind: SyntaxErrorKind,
    /// The other end, such as the opening bracket.
    pub related: Option<Span>,
}

/// What is wrong. One variant for each mistake that deserves words of its own; the checker gives each its code and message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyntaxErrorKind {
    /// A character that starts no token.
    UnknownCharacter(char),
}
