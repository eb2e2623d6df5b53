//! Items and what stands in their bodies.

use super::{ExprId, ItemId, List, TypeId};
use crate::span::Span;

/// A declaration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Item {
    /// From the first word (after any `allow`) to the last byte.
    pub span: Span,
    /// The declared name; empty where it is missing or the item has none (`use`, `assert`).
    pub name: Span,
    /// Lints allowed here.
    pub allows: List<Allow>,
    /// What it declares.
    pub kind: ItemKind,
}

/// What an [`Item`] declares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ItemKind {
    /// `use "path" { names }`
    Use {
        /// The quoted path, quotes included.
        path: Span,
        /// The names.
        names: List<UseName>,
    },
    /// `use "path" as name`; the name is the item's.
    UseAs {
        /// The quoted path, quotes included.
        path: Span,
    },
    /// `app name { … }`
    App(Body),
    /// `environment name { … }`
    Environment(Body),
    /// `param name: Type = default`
    Param {
        /// Type of its value.
        ty: TypeId,
        /// Value where no environment and no caller sets it.
        default: Option<ExprId>,
    },
    /// `let name = value`, `let name: Type = value`
    Let {
        /// Type, where written.
        ty: Option<TypeId>,
        /// Its value.
        value: ExprId,
    },
    /// `type Name = …`
    Type(TypeId),
    /// `assert condition, "message"`
    Assert {
        /// Must hold.
        condition: ExprId,
        /// Text or template shown where it does not.
        message: ExprId,
    },
    /// `kind name extends base { … }`, `extern kind name { … }`
    Kind {
        /// Whether it is `extern`: made by the platform instead of by other kinds.
        is_extern: bool,
        /// Path of the base kind (`web` or `lib.web`); empty where there is none.
        base: Span,
        /// Its `field`s, `output`s, presets and nested components.
        body: Body,
    },
    /// `kind name { … }`: a component.
    Component {
        /// Path of the kind (`web` or `lib.web`).
        of: Span,
        /// `if` or `for` between name and body.
        guard: Guard,
        /// Its fields and nested components.
        body: Body,
    },
    /// Text that is no item; its finding stands in the parse's errors.
    Error,
}

/// Between a component's name and its body.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Guard {
    /// Nothing.
    None,
    /// `if condition`
    If(ExprId),
    /// `for x in xs`: index into [`Tree::loops`](super::Tree::loops) (its `filter` is `None`).
    For(u32),
}

/// What stands between braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body {
    /// Offset of `{`; the body ends at the end of its item.
    pub open: u32,
    /// The entries, in order.
    pub entries: List<Entry>,
}

/// One entry of a body, a field of an object, or an argument of a call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// The key without its colon: a name, a dotted path, a quoted text; the path of `unset`, the name of `field` and `output`;
    /// empty for a positional argument, a nested item, and where it is missing.
    pub key: Span,
    /// What it holds.
    pub value: EntryValue,
}

/// What an [`Entry`] holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum EntryValue {
    /// `key: value`
    Set(ExprId),
    /// `unset path`
    Unset,
    /// `field name: Type = default`: index into [`Tree::members`](super::Tree::members).
    Field(u32),
    /// `output name: Type`: index into [`Tree::members`](super::Tree::members).
    Output(u32),
    /// A nested component, `let`, `assert` or any other item.
    Item(ItemId),
    /// `allow(…)` before the entry that follows, where that is `key: value` or `unset`: index into [`Tree::allows`](super::Tree::allows). Items and
    /// members have their own list instead.
    Allow(u32),
    /// Text that is no entry. Where there is a key, it counts as given.
    Error,
}

/// A typed name: a `field` or `output` of a kind, a field of a record type, a parameter of a variant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// Its name.
    pub name: Span,
    /// Its type.
    pub ty: TypeId,
    /// Its default.
    pub default: Option<ExprId>,
    /// Lints allowed here.
    pub allows: List<Allow>,
}

/// `allow(lint, "reason")`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allow {
    /// Name of the lint.
    pub lint: Span,
    /// The quoted reason, quotes included; empty where it is missing.
    pub reason: Span,
}

/// `name` or `name as other` in a `use`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UseName {
    /// Name in the other file.
    pub name: Span,
    /// Name here; the same span where nothing else is said.
    pub local: Span,
}
