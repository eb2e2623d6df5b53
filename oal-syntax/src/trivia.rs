//! Comments: what the grammar does not see. They stand beside the tree, in source order.

use crate::span::Span;

/// A comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment {
    /// From the first slash to the end of the line, without the line end.
    pub span: Span,
    /// Which of the three it is.
    pub kind: CommentKind,
}

/// The three forms of a comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommentKind {
    /// `// …`
    Line,
    /// `/// …`: documents the next item, entry or variant.
    Doc,
    /// `//! …`: documents the file.
    File,
}
