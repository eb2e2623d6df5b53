//! What can be wrong with a text before any name is looked at. Plain data; the words are the checker's.

use crate::span::Span;
use crate::token::TokenKind;

pub use crate::literal::NumberError;

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

impl SyntaxError {
    /// A finding without another end.
    #[must_use]
    pub const fn new(span: Span, kind: SyntaxErrorKind) -> Self {
        Self { span, kind, related: None }
    }
}

/// What would have been right at a place, in as few words as a user wants to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expected {
    /// A value: any expression.
    Value,
    /// An operator, or the end of the value.
    Operator,
    /// A field or the end of the body.
    Entry,
    /// A declaration.
    Item,
    /// A type.
    Type,
    /// The name of what is declared.
    Name,
    /// `{` and a body.
    Body,
    /// `,` or the closing bracket.
    CommaOrClose,
    /// A pattern of a `match`.
    Pattern,
    /// A quoted text.
    Text,
    /// This very sign or word.
    Token(TokenKind),
}

/// What is wrong. One variant for each mistake that deserves words of its own; the checker gives each its code and message.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyntaxErrorKind {
    // Text and tokens.
    /// The file is longer than spans can count or anyone can mean.
    FileTooLarge,
    /// NUL or another control character.
    ControlCharacter(char),
    /// A character that starts no token; the span holds all that follow it directly.
    UnknownCharacter(char),
    /// A word with a letter that looks like an ASCII one; the span is the word.
    ConfusableWord {
        /// The first such letter.
        found: char,
        /// What it looks like.
        looks_like: char,
    },
    /// A word with letters beyond ASCII that look like no others.
    ForeignLetters(char),
    /// A quotation mark that is none here: `“`.
    SmartQuote(char),
    /// Invisible or direction-changing.
    InvisibleCharacter(char),
    /// A text that its line ends.
    UnterminatedText,
    /// A text in plain quotes that goes over several lines.
    TextOverLines,
    /// A `"""` without its end.
    UnterminatedBlockText,
    /// A `${` in a text that the line ends.
    UnterminatedHole,
    /// `${}`
    EmptyHole,
    /// A backslash before a character that needs none.
    UnknownEscape(char),
    /// A `\u{…}` that names no character.
    BadUnicodeEscape,
    /// Something after the opening `"""` on its line.
    BlockTextOpening,
    /// Something before the closing `"""` on its line.
    BlockTextClosing,
    /// A line of a block text that starts left of its closing quotes.
    BlockTextIndent,
    /// `'text'`; the span holds the quotes.
    SingleQuotes,
    /// `${NAME}` or `$NAME` outside a text.
    ShellVariable,
    /// A number that cannot be read.
    Number(NumberError),
    /// `10 s`: the span is from the number to the unit.
    SpaceBeforeUnit,
    /// `# …`, `/* … */`
    ForeignComment,
    /// `;`
    Semicolon,
    /// An operator of another language.
    ForeignOperator {
        /// As written.
        found: &'static str,
        /// What OAL writes.
        instead: &'static str,
    },

    // Brackets.
    /// An opening bracket that nothing closes.
    Unclosed(TokenKind),
    /// The opening bracket of a block is missing; the span is where it belongs, `related` is the closing one.
    MissingOpen(TokenKind),
    /// A closing bracket that closes nothing.
    Stray(TokenKind),
    /// A bracket closed by one of another kind; `related` is the opening one.
    Mismatched {
        /// The opening bracket.
        open: TokenKind,
        /// The closing bracket that stands there.
        close: TokenKind,
    },
    /// Nested deeper than [`crate::ast::MAX_DEPTH`].
    TooDeep,
    /// More steps, arms or letters in a name than a node can count.
    TooLong,

    // Entries and items.
    /// A key without a value; the span is the key.
    MissingValue,
    /// A value without a key.
    MissingKey,
    /// A key with `=` instead of `:`; the span is the `=`.
    EqualsForColon,
    /// A declaration with `:` instead of `=`, `let x: 5`; the span is where the `=` belongs.
    ColonForEquals,
    /// A name that lacks its colon.
    MissingColon,
    /// A word before braces in a body: a field that lacks its colon, or a component that lacks its name. The span is the word.
    NamelessBody,
    /// A `:` that ends no key.
    StrayColon,
    /// `=` where `==` is meant.
    SingleEquals,
    /// Words that begin nothing in a body.
    UnexpectedWord,
    /// Between the items something that is none.
    ExpectedItem,
    /// A keyword where a name is declared.
    KeywordAsName(TokenKind),
    /// A declared name with capitals inside, or a type's name without.
    NameCase,
    /// A name with a hyphen; the span is the whole name.
    HyphenInName,
    /// A declared name in quotes.
    QuotedName,
    /// A `key: value` outside every declaration.
    EntryOutsideBody,
    /// A declaration where only entries or components may stand.
    DeclarationNotAllowed,
    /// A component where none may stand.
    ComponentNotAllowed,
    /// A `for` or `if` before the component that it is for; the span is the word.
    ModifierFirst(TokenKind),
    /// A `field` or `output` outside a kind.
    FieldOutsideKind,
    /// An `unset` outside an environment.
    UnsetOutsideEnvironment,
    /// A dotted key outside an environment.
    PathOutsideEnvironment,
    /// An `allow` that is not `allow(name, "reason")`.
    BadAllow,
    /// An `allow` with nothing after it.
    DanglingAllow,
    /// An `assert` without a message.
    MissingAssertMessage,
    /// The message of an `assert` is no text.
    AssertMessageNotText,
    /// A path of `unset` that cannot be read.
    BadPath,
    /// A text without quotes, `nginx:latest`.
    UnquotedText,
    /// `- item` lines.
    YamlList,
    /// A tab after the dash of such a line.
    TabAfterDash,
    /// `&name`, `*name`, `<<:`
    YamlAnchor,
    /// `fn`, `function`, `def`, …
    FunctionDefinition,
    /// `import …`, `from … import`, …
    ForeignImport,
    /// `resource "a" "b" {`, `var x = …` and the like.
    ForeignDeclaration,
    /// A text with holes where only a plain one may stand.
    PlainTextNeeded,

    // Expressions, types, lists.
    /// Two elements without a comma; the span is empty, where it belongs.
    MissingComma,
    /// A comma that separates nothing.
    ExtraComma,
    /// `a < b < c`; the span is the second operator.
    ChainedComparison,
    /// `if` as an operand without parentheses.
    BareIf,
    /// `a == not b`: `not` binds looser than what stands before it.
    BareNot,
    /// `a ? b : c`
    QuestionOperator,
    /// An `if` without its `then`.
    MissingThen,
    /// An `if` without its `else`.
    MissingElse,
    /// `=>` is missing.
    MissingArrow,
    /// A `for` in the wrong shape.
    BadComprehension,
    /// Something that is no pattern.
    BadPattern,
    /// A key in a list or before something that takes none.
    UnexpectedKey,
    /// A positional argument after a named one.
    PositionalAfterNamed,
    /// A call of what is no plain name: `a.b(c)`.
    MethodCall,
    /// `A | B` between types; OAL has variants, which start with a lower-case letter.
    TypeAsVariant,
    /// `T??`
    DoubleOptional,
    /// What stands behind `where` is no range and no `matches`.
    BadRefinement,
    /// Anything else.
    Unexpected {
        /// What stands there; `None` at the end of the file.
        found: Option<TokenKind>,
        /// What would have been right.
        expected: Expected,
    },
}
