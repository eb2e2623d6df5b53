//! The tree of one file: flat tables of small nodes that name each other by index.
//!
//! Why tables: building a tree is bound by fresh memory, not by thought, so nodes are small (an [`Expr`] is 20 bytes), hold
//! spans instead of text, and live in a few vectors. Dropping a tree frees a few blocks, whatever its depth.
//! Names and literals are read from the source by their span ([`Span::text`], `literal`).
//!
//! Depth: no chain of child nodes is longer than [`MAX_DEPTH`]; operator chains and access paths are flat lists. A walk may
//! therefore recurse. Order: the members of every [`List`] stand in source order.

mod expr;
mod item;
mod list;
mod types;

pub use expr::{Arm, Branch, Expr, ExprKind, Link, Loop, Op, Pattern, PatternKind, Step, StepKind};
pub use item::{Allow, Body, Entry, EntryValue, Guard, Item, ItemKind, Member, UseName};
pub use list::List;
pub use types::{Refinement, RefinementKind, Type, TypeKind, Variant};

use crate::span::Span;

/// The greatest number of nodes on a way from an item down to a leaf; the parser answers deeper text with an error node.
pub const MAX_DEPTH: usize = 128;

/// An expression in [`Tree::exprs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(pub u32);

/// A type in [`Tree::types`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);

/// An item in [`Tree::items`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u32);

/// The tree of one file.
#[derive(Debug, Default, Clone)]
pub struct Tree {
    /// All items, nested ones too; a nested one stands before its parent.
    pub items: Vec<Item>,
    /// The items of the file itself, in order.
    pub top: Vec<ItemId>,
    /// Entries of bodies and objects, arguments of calls: whatever has a key and a value.
    pub entries: Vec<Entry>,
    /// All expressions; a child stands before its parent.
    pub exprs: Vec<Expr>,
    /// All types.
    pub types: Vec<Type>,
    /// Members of [`ExprKind::List`], [`ExprKind::Template`] and others that have many expressions.
    pub expr_lists: Vec<ExprId>,
    /// Steps of [`ExprKind::Path`].
    pub steps: Vec<Step>,
    /// Operators and operands of [`ExprKind::Chain`].
    pub links: Vec<Link>,
    /// Arms of [`ExprKind::Match`].
    pub arms: Vec<Arm>,
    /// Parts of [`ExprKind::If`].
    pub branches: Vec<Branch>,
    /// Comprehensions and `for` heads.
    pub loops: Vec<Loop>,
    /// Type arguments.
    pub type_lists: Vec<TypeId>,
    /// Fields of record types, parameters of variants, `field`s and `output`s of kinds.
    pub members: Vec<Member>,
    /// Variants of union types.
    pub variants: Vec<Variant>,
    /// What stands behind `where`.
    pub refinements: Vec<Refinement>,
    /// Plain names: the bindings of a pattern.
    pub names: Vec<Span>,
    /// Names brought in by `use`.
    pub use_names: Vec<UseName>,
    /// `allow(…)` before items and entries.
    pub allows: Vec<Allow>,
}

impl Tree {
    /// The item, or an error item where the id is of another tree.
    #[must_use]
    pub fn item(&self, id: ItemId) -> &Item {
        const NONE: &Item =
            &Item { span: Span::empty(0), name: Span::empty(0), allows: List::EMPTY, kind: ItemKind::Error };
        self.items.get(id.0 as usize).unwrap_or(NONE)
    }

    /// The expression, or an error node where the id is of another tree.
    #[must_use]
    pub fn expr(&self, id: ExprId) -> Expr {
        const NONE: Expr = Expr { span: Span::empty(0), kind: ExprKind::Error };
        self.exprs.get(id.0 as usize).copied().unwrap_or(NONE)
    }

    /// The type, or an error node where the id is of another tree.
    #[must_use]
    pub fn ty(&self, id: TypeId) -> Type {
        const NONE: Type = Type { span: Span::empty(0), kind: TypeKind::Error };
        self.types.get(id.0 as usize).copied().unwrap_or(NONE)
    }

    /// The entries of a body, an object or a call.
    #[must_use]
    pub fn entries(&self, list: List<Entry>) -> &[Entry] {
        self.entries.get(list.indices()).unwrap_or_default()
    }

    /// The members of a list or the parts of a template.
    #[must_use]
    pub fn exprs(&self, list: List<ExprId>) -> &[ExprId] {
        self.expr_lists.get(list.indices()).unwrap_or_default()
    }

    /// The key and the value of a [`ExprKind::MapFor`].
    #[must_use]
    pub fn pair(&self, pair: u32) -> Option<(ExprId, ExprId)> {
        match self.exprs(List::new(pair, 2)) {
            [key, value] => Some((*key, *value)),
            _ => None,
        }
    }

    /// The steps of a [`ExprKind::Path`].
    #[must_use]
    pub fn path_steps(&self, first: u32, len: u16) -> &[Step] {
        self.steps.get(List::<Step>::new(first, u32::from(len)).indices()).unwrap_or_default()
    }

    /// The links of a [`ExprKind::Chain`].
    #[must_use]
    pub fn links(&self, list: List<Link>) -> &[Link] {
        self.links.get(list.indices()).unwrap_or_default()
    }

    /// The arms of a [`ExprKind::Match`].
    #[must_use]
    pub fn match_arms(&self, first: u32, len: u16) -> &[Arm] {
        self.arms.get(List::<Arm>::new(first, u32::from(len)).indices()).unwrap_or_default()
    }

    /// The parts of a [`ExprKind::If`].
    #[must_use]
    pub fn branch(&self, index: u32) -> Option<&Branch> {
        self.branches.get(index as usize)
    }

    /// A comprehension's or component's `for`.
    #[must_use]
    pub fn loop_head(&self, index: u32) -> Option<&Loop> {
        self.loops.get(index as usize)
    }

    /// The arguments of a [`TypeKind::Apply`].
    #[must_use]
    pub fn types(&self, list: List<TypeId>) -> &[TypeId] {
        self.type_lists.get(list.indices()).unwrap_or_default()
    }

    /// The fields of a record type or a variant.
    #[must_use]
    pub fn members(&self, list: List<Member>) -> &[Member] {
        self.members.get(list.indices()).unwrap_or_default()
    }

    /// The `field` or `output` of an entry.
    #[must_use]
    pub fn member(&self, index: u32) -> Option<&Member> {
        self.members.get(index as usize)
    }

    /// The variants of a [`TypeKind::Union`].
    #[must_use]
    pub fn variants(&self, list: List<Variant>) -> &[Variant] {
        self.variants.get(list.indices()).unwrap_or_default()
    }

    /// The refinement of a [`TypeKind::Where`].
    #[must_use]
    pub fn refinement(&self, index: u32) -> Option<&Refinement> {
        self.refinements.get(index as usize)
    }

    /// The bindings of a pattern.
    #[must_use]
    pub fn names(&self, list: List<Span>) -> &[Span] {
        self.names.get(list.indices()).unwrap_or_default()
    }

    /// The names of a `use`.
    #[must_use]
    pub fn use_names(&self, list: List<UseName>) -> &[UseName] {
        self.use_names.get(list.indices()).unwrap_or_default()
    }

    /// The `allow`s of an item or member.
    #[must_use]
    pub fn allows(&self, list: List<Allow>) -> &[Allow] {
        self.allows.get(list.indices()).unwrap_or_default()
    }
}

// The sizes are what keeps memory per source byte low: see the benchmarks.
const _: () = assert!(size_of::<Expr>() == 20 && size_of::<Entry>() == 16 && size_of::<Step>() == 16);
