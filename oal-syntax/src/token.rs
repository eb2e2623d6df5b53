//! The one table of tokens: how each is spelled and what it is called. What spans several tokens of this table (keys, texts with
//! holes, dotted paths) is put together in `lexer`; nothing else may know a spelling.

use crate::span::Span;
use logos::Logos;

/// A token: what it is and where it stands. White space and comments are no tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Its bytes; for a [`TokenKind::Key`] without the colon.
    pub span: Span,
}

/// What a token is.
#[derive(Logos, Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[logos(skip r"[ \t\r\n]+")]
#[repr(u8)]
pub enum TokenKind {
    // Words.
    /// `use`
    #[token("use")]
    Use,
    /// `app`
    #[token("app")]
    App,
    /// `as`
    #[token("as")]
    As,
    /// `environment`
    #[token("environment")]
    Environment,
    /// `unset`
    #[token("unset")]
    Unset,
    /// `param`
    #[token("param")]
    Param,
    /// `let`
    #[token("let")]
    Let,
    /// `type`
    #[token("type")]
    Type,
    /// `assert`
    #[token("assert")]
    Assert,
    /// `kind`
    #[token("kind")]
    Kind,
    /// `extern`
    #[token("extern")]
    Extern,
    /// `extends`
    #[token("extends")]
    Extends,
    /// `field`
    #[token("field")]
    Field,
    /// `output`
    #[token("output")]
    Output,
    /// `allow`
    #[token("allow")]
    Allow,
    /// `if`
    #[token("if")]
    If,
    /// `then`
    #[token("then")]
    Then,
    /// `else`
    #[token("else")]
    Else,
    /// `match`
    #[token("match")]
    Match,
    /// `for`
    #[token("for")]
    For,
    /// `in`
    #[token("in")]
    In,
    /// `where`
    #[token("where")]
    Where,
    /// `matches`
    #[token("matches")]
    Matches,
    /// `and`
    #[token("and")]
    And,
    /// `or`
    #[token("or")]
    Or,
    /// `not`
    #[token("not")]
    Not,
    /// `true`
    #[token("true")]
    True,
    /// `false`
    #[token("false")]
    False,
    /// `null`
    #[token("null")]
    Null,

    // Names, keys and literals.
    /// A name: `api`, `_`.
    #[regex("[a-z_][a-z0-9_]*")]
    Name,
    /// A name with a capital first: a type's, or an upper-case map key.
    #[regex("[A-Z][A-Za-z0-9_]*")]
    Upper,
    /// Names joined by dots, the last one in lower case: `web.site`. Made for the parser only.
    Path,
    /// Names joined by dots, the last one with a capital first: `lib.Size`. Made for the parser only.
    UpperPath,
    /// A name, dotted path or quoted text with a colon after it; its span leaves the colon out.
    Key,
    /// A key of several steps: `a.b["c"].d:`. Made for the parser only.
    PathKey,
    /// An integer without a unit.
    #[regex("[0-9][0-9_]*")]
    Int,
    /// Any other number: a decimal, a dimensioned or a misspelled one.
    #[regex(r"[0-9][0-9_]*(\.[0-9][0-9_]*)*([A-Za-z_%][A-Za-z0-9_]*)?", priority = 1)]
    Number,
    /// A text without holes, quotes included, in any of its three forms.
    Text,
    /// `"text ${`
    TextStart,
    /// `} text ${`
    TextMiddle,
    /// `} text"`
    TextEnd,

    // Brackets and signs.
    /// `{`
    #[token("{")]
    LBrace,
    /// `}`
    #[token("}")]
    RBrace,
    /// `(`
    #[token("(")]
    LParen,
    /// `)`
    #[token(")")]
    RParen,
    /// `[`
    #[token("[")]
    LBracket,
    /// `]`
    #[token("]")]
    RBracket,
    /// `,`
    #[token(",")]
    Comma,
    /// `.`
    #[token(".")]
    Dot,
    /// `?.`
    #[token("?.")]
    QuestionDot,
    /// `?`
    #[token("?")]
    Question,
    /// `??`
    #[token("??")]
    Coalesce,
    /// `..`
    #[token("..")]
    Range,
    /// `..=`
    #[token("..=")]
    RangeInclusive,
    /// `=`
    #[token("=")]
    Assign,
    /// `=>`
    #[token("=>")]
    Arrow,
    /// `==`
    #[token("==")]
    Equal,
    /// `!=`
    #[token("!=")]
    NotEqual,
    /// `<`
    #[token("<")]
    Less,
    /// `<=`
    #[token("<=")]
    LessEqual,
    /// `>`
    #[token(">")]
    Greater,
    /// `>=`
    #[token(">=")]
    GreaterEqual,
    /// `+`
    #[token("+")]
    Plus,
    /// `-`
    #[token("-")]
    Minus,
    /// `*`
    #[token("*")]
    Star,
    /// `/`
    #[token("/")]
    Slash,
    /// `%`
    #[token("%")]
    Percent,
    /// `|`
    #[token("|")]
    Bar,

    /// Text that starts no token; the lexer has a finding about it.
    Error,

    // What the lexer looks for and turns into something else: these never reach a token list.
    /// A comment; the lexer keeps it aside.
    #[regex(r"//[^\n]*", allow_greedy = true)]
    Comment,
    /// A `"`, with which a text starts.
    #[token("\"")]
    Quote,
    /// A `"""`, with which a text of several lines starts.
    #[token("\"\"\"")]
    TripleQuote,
    /// An `r"`, with which a raw text starts.
    #[token("r\"")]
    RawQuote,
    /// A word with a colon directly behind it.
    #[regex("[A-Za-z_][A-Za-z0-9_]*:")]
    WordKey,
    /// A word with letters beyond ASCII.
    #[regex(r"[A-Za-z0-9_]*[^\x00-\x7F]([A-Za-z0-9_]|[^\x00-\x7F])*")]
    ForeignWord,
    /// A name with capitals inside: `apiVersion`.
    #[regex("[a-z_][a-z0-9_]*[A-Z][A-Za-z0-9_]*")]
    MixedCase,
    /// A sign of another language, or one that is none.
    #[token(";")]
    #[token("&&")]
    #[token("||")]
    #[token("!")]
    #[token("->")]
    #[token(":")]
    #[token("'")]
    #[token("`")]
    #[token("$")]
    #[token("#")]
    #[token("===")]
    #[token("!==")]
    #[token("/*")]
    #[token("<<")]
    ForeignSign,

    // What recovery hands to the grammar; never in a token list.
    /// Starts the tokens of a whole file.
    StartFile,
    /// Starts the tokens of one expression.
    StartExpr,
    /// Starts the tokens of one type.
    StartType,
    /// Starts the tokens of some entries of a body.
    StartEntries,
    /// Starts the tokens of some arms of a `match`.
    StartArms,
    /// An expression that is in the tree already; the span's start is its id.
    ReadyExpr,
    /// A type that is in the tree already; the span's start is its id.
    ReadyType,
    /// Entries that are built already; the span's start says where they are.
    ReadyEntries,
}

/// The words with a meaning of their own, in the order of the table. Before a colon each is an ordinary key.
pub const KEYWORDS: &[TokenKind] = {
    use TokenKind as K;
    &[
        K::Use,
        K::App,
        K::As,
        K::Environment,
        K::Unset,
        K::Param,
        K::Let,
        K::Type,
        K::Assert,
        K::Kind,
        K::Extern,
        K::Extends,
        K::Field,
        K::Output,
        K::Allow,
        K::If,
        K::Then,
        K::Else,
        K::Match,
        K::For,
        K::In,
        K::Where,
        K::Matches,
        K::And,
        K::Or,
        K::Not,
        K::True,
        K::False,
        K::Null,
    ]
};

impl TokenKind {
    /// Whether it is a word with a meaning of its own.
    #[must_use]
    pub const fn is_keyword(self) -> bool {
        self as u8 <= Self::Null as u8
    }

    /// As it is written, for tokens with one spelling; empty for the others.
    #[must_use]
    pub const fn spelling(self) -> &'static str {
        match self {
            Self::Use => "use",
            Self::App => "app",
            Self::As => "as",
            Self::Environment => "environment",
            Self::Unset => "unset",
            Self::Param => "param",
            Self::Let => "let",
            Self::Type => "type",
            Self::Assert => "assert",
            Self::Kind => "kind",
            Self::Extern => "extern",
            Self::Extends => "extends",
            Self::Field => "field",
            Self::Output => "output",
            Self::Allow => "allow",
            Self::If => "if",
            Self::Then => "then",
            Self::Else => "else",
            Self::Match => "match",
            Self::For => "for",
            Self::In => "in",
            Self::Where => "where",
            Self::Matches => "matches",
            Self::And => "and",
            Self::Or => "or",
            Self::Not => "not",
            Self::True => "true",
            Self::False => "false",
            Self::Null => "null",
            Self::LBrace => "{",
            Self::RBrace => "}",
            Self::LParen => "(",
            Self::RParen => ")",
            Self::LBracket => "[",
            Self::RBracket => "]",
            Self::Comma => ",",
            Self::Dot => ".",
            Self::QuestionDot => "?.",
            Self::Question => "?",
            Self::Coalesce => "??",
            Self::Range => "..",
            Self::RangeInclusive => "..=",
            Self::Assign => "=",
            Self::Arrow => "=>",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Plus => "+",
            Self::Minus => "-",
            Self::Star => "*",
            Self::Slash => "/",
            Self::Percent => "%",
            Self::Bar => "|",
            _ => "",
        }
    }

    /// What it is called in a message: its spelling in backticks, or words.
    #[must_use]
    pub const fn friendly(self) -> &'static str {
        match self {
            Self::Name => "a name",
            Self::Upper => "a type's name",
            Self::Path | Self::UpperPath => "a path",
            Self::Key | Self::PathKey => "a key",
            Self::Int | Self::Number => "a number",
            Self::Text | Self::TextStart | Self::TextMiddle | Self::TextEnd => "a text",
            _ if self.is_keyword() => "a keyword",
            _ => "a sign",
        }
    }
}
