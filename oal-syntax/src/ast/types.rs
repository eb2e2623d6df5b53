//! Types as they are written.

use super::{List, Member, TypeId};
use crate::span::Span;

/// A type.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Type {
    /// All of its text.
    pub span: Span,
    /// What it is.
    pub kind: TypeKind,
}

/// What a [`Type`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeKind {
    /// A type's or kind's name or path: `Int`, `service`, `lib.Size`.
    Name,
    /// `Name<arguments>`
    Apply {
        /// The arguments.
        args: List<TypeId>,
        /// Length in bytes of the name, with which the type starts.
        name_len: u16,
    },
    /// `{ a: T, b: T = default }`
    Record(List<Member>),
    /// `a | b(x: T)`
    Union(List<Variant>),
    /// `T?`
    Optional(TypeId),
    /// `secret T`: the level's name starts the type.
    Level(TypeId),
    /// `T where …`: index into [`Tree::refinements`](super::Tree::refinements).
    Where(TypeId, u32),
    /// `(T)`
    Paren(TypeId),
    /// Text that is no type.
    Error,
}

/// What stands behind `where`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refinement {
    /// Its text without `where`.
    pub span: Span,
    /// What it asks.
    pub kind: RefinementKind,
}

/// What a [`Refinement`] asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefinementKind {
    /// `low..high`, `low..`, `..=high`: spans of the numbers with their signs, empty where left out.
    Range {
        /// Least value.
        low: Span,
        /// Greatest value.
        high: Span,
        /// Whether the greatest value belongs to it.
        inclusive: bool,
    },
    /// `matches "regex"`: the quoted text.
    Matches(Span),
    /// Text that is no refinement.
    Error,
}

/// One variant of a union.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// Its name.
    pub name: Span,
    /// Its fields, none for a plain one.
    pub fields: List<Member>,
}
