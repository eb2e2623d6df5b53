//! What each word is, for colours: from the text alone at once, and by what names stand for where a check of the same text is at hand.

mod names;

use oal_check::Checked;
use oal_syntax::lexer::Lexer;
use oal_syntax::token::{Token, TokenKind};
use oal_syntax::{CommentKind, FileId, Parse, Span};

/// A run of bytes of one line and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SemanticToken {
    /// The bytes; never with a line end.
    pub span: Span,
    /// What it is.
    pub kind: TokenType,
    /// What else is to be said of it, a set of [`modifier`] bits.
    pub modifiers: u32,
}

macro_rules! token_types {
    ($($(#[$doc:meta])* $variant:ident $name:literal,)*) => {
        /// What a token is, in the order of [`TokenType::NAMES`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum TokenType { $($(#[$doc])* $variant,)* }

        impl TokenType {
            /// The names of the protocol (LSP 3.17, `SemanticTokenTypes`), by number.
            pub const NAMES: &[&str] = &[$($name),*];
        }
    };
}

token_types! {
    /// A file brought in as a whole.
    Namespace "namespace",
    /// A type.
    Type "type",
    /// A kind.
    Class "class",
    /// The name of an environment.
    Enum "enum",
    /// A param, or a variable of a loop or pattern.
    Parameter "parameter",
    /// A component or a `let`.
    Variable "variable",
    /// A field, an output, a key.
    Property "property",
    /// A variant or an environment as a value.
    EnumMember "enumMember",
    /// A built-in function.
    Function "function",
    /// A word with a meaning of its own.
    Keyword "keyword",
    /// `secret` or `deploy` before a type.
    Modifier "modifier",
    /// A comment.
    Comment "comment",
    /// A text.
    String "string",
    /// A number.
    Number "number",
    /// A sign between values.
    Operator "operator",
    /// The name of a lint in `allow`.
    Decorator "decorator",
}

/// Bits of [`SemanticToken::modifiers`].
pub mod modifier {
    /// Where something is declared.
    pub const DECLARATION: u32 = 1;
    /// What no environment sets.
    pub const READONLY: u32 = 2;
    /// Of the prelude, or built in.
    pub const DEFAULT_LIBRARY: u32 = 4;
    /// A doc comment.
    pub const DOCUMENTATION: u32 = 8;
    /// What nobody may be shown.
    pub const SECRET: u32 = 16;
    /// The names of the protocol (LSP 3.17, `SemanticTokenModifiers`; `secret` is our own), by bit.
    pub const NAMES: &[&str] = &["declaration", "readonly", "defaultLibrary", "documentation", "secret"];
}

/// The tokens of a file, or of a range of it, in order. `checked` refines names where it holds the same text under the number.
#[must_use]
pub fn tokens(
    source: &str,
    parse: &Parse,
    checked: Option<(&Checked, FileId)>,
    range: Option<Span>,
) -> Vec<SemanticToken> {
    let tree = &parse.tree;
    let all = Span::new(0, crate::ide::offset(source.len()));
    let wanted = range.unwrap_or(all);
    // From the end of the last declaration that does not reach into the range: no token and no comment goes over it.
    let first = tree.top.partition_point(|item| tree.item(*item).span.end < wanted.start);
    let start =
        first.checked_sub(1).and_then(|before| tree.top.get(before)).map_or(0, |item| tree.item(*item).span.end);
    let names = names::names(source, parse, checked, wanted);
    let mut found = Vec::with_capacity(names.len() * 3);
    let mut next = names.into_iter().peekable();
    for token in Lexer::<false>::new(source, start as usize).take_while(|token| token.span.start < wanted.end) {
        while let Some(name) = next.next_if(|name| name.span.start < token.span.start) {
            found.push(name);
        }
        // A name of several tokens (`nightly-report`, which is none) holds those that follow, too.
        let mut inside = found.last().is_some_and(|last: &SemanticToken| last.span.end > token.span.start);
        while let Some(name) = next.next_if(|name| name.span.start < token.span.end) {
            found.push(name);
            inside = true;
        }
        if !inside && let Some((kind, modifiers)) = plain(token) {
            lines(source, text_span(source, token), kind, modifiers, &mut found);
        }
    }
    found.extend(next);
    let from = parse.comments.partition_point(|comment| comment.span.end <= wanted.start);
    for comment in parse.comments.get(from..).unwrap_or_default() {
        if comment.span.start >= wanted.end {
            break;
        }
        let modifiers = if comment.kind == CommentKind::Line { 0 } else { modifier::DOCUMENTATION };
        lines(source, comment.span, TokenType::Comment, modifiers, &mut found);
    }
    found.retain(|token| token.span.start < wanted.end && wanted.start < token.span.end);
    found.sort_unstable();
    found
}

/// What a token is by itself; nothing for names, which the tree tells, and for brackets.
fn plain(token: Token) -> Option<(TokenType, u32)> {
    use TokenKind as K;
    Some(match token.kind {
        K::Key => (TokenType::Property, 0),
        K::Int | K::Number => (TokenType::Number, 0),
        K::Text | K::TextStart | K::TextMiddle | K::TextEnd => (TokenType::String, 0),
        K::Arrow
        | K::Assign
        | K::Equal
        | K::NotEqual
        | K::Less
        | K::LessEqual
        | K::Greater
        | K::GreaterEqual
        | K::Plus
        | K::Minus
        | K::Star
        | K::Slash
        | K::Percent
        | K::Coalesce
        | K::QuestionDot
        | K::Range
        | K::RangeInclusive
        | K::Bar => (TokenType::Operator, 0),
        kind if kind.is_keyword() => (TokenType::Keyword, 0),
        _ => return None,
    })
}

/// A token without the `${` and `}` of holes.
fn text_span(source: &str, token: Token) -> Span {
    let text = token.span.text(source);
    let start = token.span.start + u32::from(text.starts_with('}') && is_text(token.kind));
    let end = if is_text(token.kind) && text.ends_with("${") { token.span.end - 2 } else { token.span.end };
    Span::new(start, end.max(start))
}

const fn is_text(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::TextStart | TokenKind::TextMiddle | TokenKind::TextEnd)
}

/// One token a line.
fn lines(source: &str, span: Span, kind: TokenType, modifiers: u32, found: &mut Vec<SemanticToken>) {
    let mut start = span.start;
    for line in span.text(source).split_inclusive('\n') {
        let end = start + crate::ide::offset(line.trim_end_matches(['\r', '\n']).len());
        if end > start {
            found.push(SemanticToken { span: Span::new(start, end), kind, modifiers });
        }
        start += crate::ide::offset(line.len());
    }
}
