//! Expressions and their parts.

use super::{Entry, ExprId, List};
use crate::span::Span;

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
    /// A quoted text with holes: pieces ([`ExprKind::Piece`]) and expressions, in [`Tree::expr_lists`](super::Tree::expr_lists).
    Template(List<ExprId>),
    /// A literal piece of a template; its span leaves quotes, `${` and `}` out.
    Piece,
    /// A bare name; also `environment` and names in upper case.
    Name,
    /// `head.step[step]…`
    Path {
        /// What the steps start from.
        head: ExprId,
        /// The first step in [`Tree::steps`](super::Tree::steps); see [`Tree::path_steps`](super::Tree::path_steps).
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
    /// `[a, b]`, members in [`Tree::expr_lists`](super::Tree::expr_lists).
    List(List<ExprId>),
    /// `{ key: value }`
    Object(List<Entry>),
    /// `[e for x in xs if c]`
    ListFor {
        /// The element.
        element: ExprId,
        /// The loop, in [`Tree::loops`](super::Tree::loops).
        over: u32,
    },
    /// `{k => v for x in xs if c}`
    MapFor {
        /// The two expressions `k` and `v`, from this index in [`Tree::expr_lists`](super::Tree::expr_lists).
        pair: u32,
        /// The loop, in [`Tree::loops`](super::Tree::loops).
        over: u32,
    },
    /// Operators of one precedence between at least two operands, in [`Tree::links`](super::Tree::links).
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
    /// `if c then a else b`: index into [`Tree::branches`](super::Tree::branches).
    If(u32),
    /// `match x { arms }`
    Match {
        /// What is looked at.
        subject: ExprId,
        /// The first arm in [`Tree::arms`](super::Tree::arms); see [`Tree::match_arms`](super::Tree::match_arms).
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
    /// `name` or `name(bindings)`: a variant; the bindings stand in [`Tree::names`](super::Tree::names).
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
