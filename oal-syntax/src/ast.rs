//! The tree of one file: flat tables of small nodes that name each other by index.
//!
//! Why tables: building a tree is bound by fresh memory, not by thought, so nodes are small (an [`Expr`] is 20 bytes), hold
//! spans instead of text, and live in a few vectors. Dropping a tree frees a few blocks, whatever its depth.
//! Names and literals are read from the source by their span ([`Span::text`], `literal`).
//!
//! Depth: no chain of child nodes is longer than [`MAX_DEPTH`]; operator chains and access paths are flat lists. A walk may
//! therefore recurse. Order: the members of every [`List`] stand in source order.

use crate::span::Span;
use std::marker::PhantomData;

/// The greatest number of nodes on a way from an item down to a leaf; the parser answers deeper text with an error node.
pub const MAX_DEPTH: usize = 128;

/// A run of nodes in one of the tables of a [`Tree`].
pub struct List<T> {
    start: u32,
    len: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> List<T> {
    /// The run of `len` nodes from `start`.
    #[must_use]
    pub const fn new(start: u32, len: u32) -> Self {
        Self { start, len, of: PhantomData }
    }

    /// A run of none.
    pub const EMPTY: Self = Self::new(0, 0);

    /// How many nodes.
    #[must_use]
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Index of the first node in its table.
    #[must_use]
    pub const fn first(self) -> usize {
        self.start as usize
    }

    /// Indices of the nodes in their table.
    #[must_use]
    pub const fn indices(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for List<T> {}
impl<T> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.start, self.len) == (other.start, other.len)
    }
}
impl<T> Eq for List<T> {}
impl<T> std::fmt::Debug for List<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}+{}", self.start, self.len)
    }
}

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
    /// `for x in xs`: index into [`Tree::loops`] (its `filter` is `None`).
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
    /// `field name: Type = default`: index into [`Tree::members`].
    Field(u32),
    /// `output name: Type`: index into [`Tree::members`].
    Output(u32),
    /// A nested component, `let`, `assert` or any other item.
    Item(ItemId),
    /// `allow(…)` before the entry that follows, where that is `key: value` or `unset`: index into [`Tree::allows`]. Items and
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

/// An expression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expr {
    /// All of its text.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// What an [`Expr`] is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// An integer, decimal or dimensioned number; read it with `literal::number`.
    Number,
    /// A quoted text without holes (`"…"`, `"""…"""`, `r"…"`); read it with `literal::text`.
    Text,
    /// A quoted text with holes: pieces ([`ExprKind::Piece`]) and expressions, in [`Tree::expr_lists`].
    Template(List<ExprId>),
    /// A literal piece of a template; its span leaves quotes, `${` and `}` out.
    Piece,
    /// A bare name; also `environment` and names in upper case.
    Name,
    /// `head.step[step]…`
    Path {
        /// What the steps start from.
        head: ExprId,
        /// The first step in [`Tree::steps`]; see [`Tree::path_steps`].
        first: u32,
        /// How many, at least one.
        len: u16,
    },
    /// `name(arguments)`: a variant or a built-in function; see [`Expr::call_name`].
    Call {
        /// The arguments; a positional one has an empty key.
        args: List<Entry>,
        /// Length in bytes of the name, with which the expression starts.
        name_len: u16,
    },
    /// `[a, b]`, members in [`Tree::expr_lists`].
    List(List<ExprId>),
    /// `{ key: value }`
    Object(List<Entry>),
    /// `[e for x in xs if c]`
    ListFor {
        /// The element.
        element: ExprId,
        /// The loop, in [`Tree::loops`].
        over: u32,
    },
    /// `{k => v for x in xs if c}`
    MapFor {
        /// The two expressions `k` and `v`, from this index in [`Tree::expr_lists`].
        pair: u32,
        /// The loop, in [`Tree::loops`].
        over: u32,
    },
    /// Operators of one precedence between at least two operands, in [`Tree::links`].
    Chain(List<Link>),
    /// `not x`
    Not(ExprId),
    /// `-x`
    Negate(ExprId),
    /// `a..b` and `a..=b`
    Range {
        /// Lower end.
        low: ExprId,
        /// Upper end.
        high: ExprId,
        /// Whether the upper end belongs to it.
        inclusive: bool,
    },
    /// `if c then a else b`: index into [`Tree::branches`].
    If(u32),
    /// `match x { arms }`
    Match {
        /// What is looked at.
        subject: ExprId,
        /// The first arm in [`Tree::arms`]; see [`Tree::match_arms`].
        first: u32,
        /// How many.
        len: u16,
    },
    /// `(x)`
    Paren(ExprId),
    /// Text that is no expression; its finding stands in the parse's errors. Its type is unknown, which is silent.
    Error,
}

/// One step of a path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// From the dot or bracket to the end of the name or bracket.
    pub span: Span,
    /// What it does.
    pub kind: StepKind,
}

/// What a [`Step`] does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// `.name`; the name is the span less the dot.
    Field,
    /// `?.name`; the name is the span less `?.`.
    OptionalField,
    /// `[index]`
    Index(ExprId),
}

impl Step {
    /// Where the name of a field step stands; empty for an index.
    #[must_use]
    pub const fn name(self) -> Span {
        match self.kind {
            StepKind::Field => Span::new(self.span.start + 1, self.span.end),
            StepKind::OptionalField => Span::new(self.span.start + 2, self.span.end),
            StepKind::Index(_) => Span::empty(self.span.end),
        }
    }
}

/// An operand of a chain with the operator before it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// The operator before the operand; [`Op::First`] for the first one.
    pub op: Op,
    /// Offset of the operator.
    pub at: u32,
    /// The operand.
    pub operand: ExprId,
}

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Op {
    /// None: before the first operand of a chain.
    First,
    /// `??`
    Coalesce,
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `in`
    In,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`, the remainder
    Remainder,
}

impl Op {
    /// As it is written; empty for [`Op::First`].
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::First => "",
            Self::Coalesce => "??",
            Self::Or => "or",
            Self::And => "and",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }
}

/// `if condition then then else otherwise`
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Branch {
    /// Decides.
    pub condition: ExprId,
    /// Where it holds.
    pub then: ExprId,
    /// Where it does not.
    pub otherwise: ExprId,
}

/// `for first, second in iterable if filter`
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Loop {
    /// The first name.
    pub first: Span,
    /// The second name; empty where there is none.
    pub second: Span,
    /// What is gone through.
    pub iterable: ExprId,
    /// Which elements take part.
    pub filter: Option<ExprId>,
}

/// `pattern => value`
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arm {
    /// What it stands for.
    pub pattern: Pattern,
    /// Its value.
    pub value: ExprId,
}

/// What an arm of a `match` looks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pattern {
    /// All of its text.
    pub span: Span,
    /// What it is.
    pub kind: PatternKind,
}

/// What a [`Pattern`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatternKind {
    /// `_`
    Any,
    /// `name` or `name(bindings)`: a variant; the bindings stand in [`Tree::names`].
    Variant {
        /// Its name.
        name: Span,
        /// Names of its fields' values, in order; `_` binds nothing.
        bindings: List<Span>,
    },
    /// A number, text, `true`, `false` or `null`.
    Literal(ExprId),
    /// Text that is no pattern.
    Error,
}

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
    /// `T where …`: index into [`Tree::refinements`].
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

impl Expr {
    /// Where the name of a call stands; empty for anything else.
    #[must_use]
    pub fn call_name(&self) -> Span {
        match self.kind {
            ExprKind::Call { name_len, .. } => Span::new(self.span.start, self.span.start + u32::from(name_len)),
            _ => Span::empty(self.span.start),
        }
    }
}

// The sizes are what keeps memory per source byte low: see the benchmarks.
const _: () = assert!(size_of::<Expr>() == 20 && size_of::<Entry>() == 16 && size_of::<Step>() == 16);
