//! Where the cursor is: the words before it are read as far as they go, and where they end something is wanted. Reads tokens and not the
//! tree, because what is being written mostly is no tree yet; knows what each place takes from the tables of the last check.

mod body;
mod calls;
mod expr;
mod types;

use super::tables::{self, Kind, Known, Type};
use oal_check::builtins::Builtin;
use oal_check::program::Program;
use oal_syntax::lexer::Lexer;
use oal_syntax::token::{Token, TokenKind};
use oal_syntax::{FileId, Parse, Span};

/// What is wanted at the cursor.
#[derive(Debug, Clone)]
pub(crate) enum Want<'a> {
    /// Nothing that could be listed: a new name, a text, a sign.
    Nothing,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A declaration of the file.
    Item,
    /// A key, or whatever else the braces take.
    Keys(Keys<'a>),
    /// The rest of a path in an environment's body: names so far.
    Path {
        /// What the path is of up to here.
        known: Known<'a>,
        /// Whether it is for `unset`.
        unset: bool,
    },
    /// The start of a path behind `unset`.
    UnsetPath,
    /// A value.
    Value(Option<Type<'a>>),
    /// What stands in brackets behind a value: one of its keys, or a value that says it.
    Index {
        /// What the keys are of.
        of: Known<'a>,
        /// The type of a value that says one; `None` where only a text may stand.
        key: Option<Option<Type<'a>>>,
    },
    /// An argument of a call, by name or the value itself.
    Argument {
        /// What is called.
        callee: Callee<'a>,
        /// Names and number of the arguments given before.
        given: Vec<String>,
        /// The type of the next one where it is given by position.
        expected: Option<Type<'a>>,
    },
    /// What follows a dot.
    Part {
        /// Of what.
        known: Known<'a>,
        /// What the place takes.
        expected: Option<Type<'a>>,
    },
    /// A pattern of a `match`.
    Pattern {
        /// What is matched.
        subject: Option<Type<'a>>,
        /// Patterns that stand there already.
        given: Vec<String>,
    },
    /// A type; of a used file where given.
    TypeName(Option<FileId>),
    /// A kind, to extend or to declare a component of; of a used file where given.
    KindName(Option<FileId>),
    /// What comes between a component's name and its body.
    Guard,
    /// The text of a `use`.
    UsePath,
    /// A name out of the file with this path, less those given.
    UseName {
        /// As written.
        path: String,
        /// Names that stand there already.
        given: Vec<String>,
    },
    /// A lint's name.
    Lint,
}

/// What a pair of braces takes.
#[derive(Debug, Clone)]
pub(crate) struct Keys<'a> {
    pub(super) of: KeysOf<'a>,
    /// Keys that stand there already, before the cursor and after it.
    pub(super) given: Vec<String>,
}

/// Whose braces they are.
#[derive(Debug, Clone, Copy)]
pub(crate) enum KeysOf<'a> {
    /// A component of this kind.
    Component(Kind<'a>),
    /// A kind, with its base.
    Kind(Option<Kind<'a>>),
    /// An environment.
    Environment,
    /// An object where a value of this type is wanted.
    Object(Option<Type<'a>>),
    /// `app`
    App(Option<Type<'a>>),
    /// A record type: names are new.
    New,
}

/// What is called.
#[derive(Debug, Clone)]
pub(crate) enum Callee<'a> {
    /// A built-in function.
    Function(&'static Builtin),
    /// A variant of a type.
    Variant(Type<'a>, String),
    /// Something unknown.
    Unknown,
}

/// The cursor in what was read.
#[derive(Debug)]
pub(crate) struct Site<'a> {
    /// What is wanted.
    pub(crate) want: Want<'a>,
    /// The part of a word before the cursor.
    pub(super) prefix: Span,
    /// The word that is replaced.
    pub(super) word: Span,
    /// The token in which the cursor is, if it is a text.
    pub(super) text: Option<Token>,
    /// Whether a colon follows the word already.
    pub(super) has_colon: bool,
    /// Names of loops and patterns in scope, innermost last.
    pub(super) locals: Vec<(String, Known<'a>)>,
    /// The name that is being declared.
    defining: Option<String>,
    /// The kind in whose declaration this is.
    pub(super) inside_kind: Option<Kind<'a>>,
    /// The kind of the component around, with the entries of its `ports`.
    pub(super) component: Option<Kind<'a>>,
    /// Names of ports that the component around declares.
    pub(super) own_ports: Vec<String>,
    /// What the word at the cursor stands directly behind, on the same line.
    pub(super) behind: Option<Behind>,
    /// The innermost call that is open, and the number or name of the argument at hand.
    pub(crate) call: Option<(Callee<'a>, Argument)>,
}

/// Something whole that may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behind {
    /// A value.
    Value,
    /// A type.
    Type,
}

/// Which argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Argument {
    Position(usize),
    Named(String),
}

/// The words before the cursor have ended; what is wanted is noted.
pub(super) struct End;
type Read<T> = Result<T, End>;

/// Reads the declaration in which the cursor is.
pub(super) struct Reader<'a, 's> {
    pub(super) program: &'a Program,
    file: FileId,
    source: &'s str,
    tokens: Vec<Token>,
    pos: usize,
    /// The first token that is not before the cursor, or their number while something behind it is read ahead.
    limit: usize,
    depth: usize,
    site: Site<'a>,
}

/// Nested deeper than this nothing is said.
const MAX_DEPTH: usize = 100;

/// Where an offset of a text is; `None` in a comment.
pub(crate) fn find<'a>(
    program: &'a Program,
    file: FileId,
    source: &str,
    parse: &Parse,
    offset: u32,
) -> Option<Site<'a>> {
    let comments = parse.comments.partition_point(|comment| comment.span.start < offset);
    let comment = comments.checked_sub(1).and_then(|at| parse.comments.get(at));
    if comment.is_some_and(|comment| offset <= comment.span.end) {
        return None;
    }
    let tree = &parse.tree;
    let word_start = super::super::selection::word(source, offset).map_or(offset, |word| word.start);
    let after = tree.top.partition_point(|item| tree.item(*item).span.start < word_start);
    let start = |at: usize| tree.top.get(at).map(|item| tree.item(*item).span);
    let first = after.checked_sub(1).and_then(start).map_or(0, |span| span.start);
    // An `allow` stands before its declaration, and a broken end of a declaration may be one of its own.
    let allow = tree.allows.iter().map(|allow| allow.lint.start).find(|at| *at <= offset && *at + 64 > offset);
    let first = if let Some(at) = allow.filter(|at| *at > first) { line_start(source, at) } else { first };
    let stop = start(after).map_or_else(|| crate::ide::offset(source.len()), |span| span.start.max(offset));
    let tokens: Vec<Token> = Lexer::<false>::new(source, first as usize)
        .take_while(|token| token.span.start < stop || token.span.start <= offset)
        .collect();
    let mut reader = Reader {
        program,
        file,
        source,
        tokens,
        pos: 0,
        limit: 0,
        depth: 0,
        site: Site {
            want: Want::Nothing,
            prefix: Span::empty(offset),
            word: Span::empty(offset),
            text: None,
            has_colon: false,
            locals: Vec::new(),
            defining: None,
            inside_kind: None,
            component: None,
            own_ports: Vec::new(),
            behind: None,
            call: None,
        },
    };
    reader.place(offset);
    let _ = reader.file();
    Some(reader.site)
}

fn line_start(source: &str, at: u32) -> u32 {
    let before = source.get(..at as usize).unwrap_or_default();
    before.rfind('\n').map_or(0, |line| crate::ide::offset(line + 1))
}

impl Site<'_> {
    /// Whether the cursor is in the declaration of a name.
    pub(super) fn defines(&self, name: &str) -> bool {
        self.defining.as_deref() == Some(name)
    }
}

impl<'a> Reader<'a, '_> {
    /// Finds the word at the cursor; what is read ends before it.
    fn place(&mut self, offset: u32) {
        use TokenKind as K;
        self.limit = self.tokens.partition_point(|token| token.span.end < offset);
        let Some(token) = self.tokens.get(self.limit).copied() else { return };
        if token.span.start >= offset {
            return;
        }
        let ends_here = token.span.end == offset;
        match token.kind {
            K::Key => {
                // Of `a.b.c:` the part at the cursor; those before it are read as names.
                let text = token.span.text(self.source);
                let before = text.get(..(offset - token.span.start) as usize).unwrap_or_default();
                let open = before.rfind('[').filter(|open| !before.get(*open..).unwrap_or_default().contains(']'));
                if let Some(open) = open {
                    let rest = text.get(open + 1..).unwrap_or_default();
                    let start = token.span.start + crate::ide::offset(open + 1);
                    let span = Span::new(start, start + crate::ide::offset(rest.find(']').unwrap_or(rest.len())));
                    self.site.text = rest.starts_with('"').then_some(Token { kind: K::Text, span });
                    self.site.prefix = Span::new(start, offset);
                    self.site.word = span;
                    return self.split_key(token.span, start);
                }
                let from = before.rfind('.').map_or(0, |dot| dot + 1);
                let rest = text.get(from..).unwrap_or_default();
                let len = rest.find(['.', '[']).unwrap_or(rest.len());
                let start = token.span.start + crate::ide::offset(from);
                self.site.prefix = Span::new(start, offset);
                self.site.word = Span::new(start, start + crate::ide::offset(len));
                self.site.has_colon = true;
                if from > 0 {
                    self.split_key(token.span, start);
                }
            }
            K::Name | K::Upper | K::Int | K::Number => {
                self.site.prefix = Span::new(token.span.start, offset);
                self.site.word = token.span;
            }
            kind if kind.is_keyword() => {
                self.site.prefix = Span::new(token.span.start, offset);
                self.site.word = token.span;
            }
            K::Error => {
                // A word that is none: letters beyond ASCII, `camelCase`.
                self.site.prefix = Span::new(token.span.start, offset);
                self.site.word = token.span;
            }
            K::Text | K::TextStart | K::TextMiddle | K::TextEnd => {
                let text = token.span.text(self.source);
                let closed = token.kind == K::Text && text.len() > 1 && text.ends_with('"');
                let after = ends_here && (closed || (token.kind != K::Text && !text.is_empty()));
                let after = after && !(token.kind == K::Text && text == "\"");
                if after {
                    self.limit += 1;
                } else {
                    self.site.text = Some(token);
                    self.site.prefix = Span::new(token.span.start, offset);
                    self.site.word = token.span;
                }
            }
            _ => self.limit += 1,
        }
    }

    /// Turns the start of a dotted key into names and dots.
    fn split_key(&mut self, key: Span, end: u32) {
        let mut at = key.start;
        let mut parts = Vec::new();
        while at < end {
            let rest = Span::new(at, end).text(self.source);
            let (kind, len) = if rest.starts_with('.') {
                (TokenKind::Dot, 1)
            } else if rest.starts_with('[') {
                (TokenKind::LBracket, 1)
            } else if rest.starts_with(']') {
                (TokenKind::RBracket, 1)
            } else if rest.starts_with('"') {
                (TokenKind::Text, rest.get(1..).and_then(|rest| rest.find('"')).map_or(rest.len(), |quote| quote + 2))
            } else {
                (TokenKind::Name, rest.find(['.', '[', ']']).unwrap_or(rest.len()))
            };
            let len = crate::ide::offset(len.max(1));
            parts.push(Token { kind, span: Span::new(at, at + len) });
            at += len;
        }
        let count = parts.len();
        self.tokens.splice(self.limit..=self.limit, parts);
        self.limit += count;
    }

    /// The next token before the cursor; without one, `want` is what is wanted.
    fn peek(&mut self, want: impl FnOnce(&mut Self) -> Want<'a>) -> Read<Token> {
        match self.next_token() {
            Some(token) => Ok(token),
            None => {
                self.site.want = want(self);
                Err(End)
            }
        }
    }

    fn next_token(&self) -> Option<Token> {
        self.tokens.get(self.pos).copied().filter(|_| self.pos < self.limit)
    }

    fn kind(&self) -> Option<TokenKind> {
        self.next_token().map(|token| token.kind)
    }

    /// Whether the words before the cursor have ended, on the line of the cursor.
    fn ends_on_line(&self) -> bool {
        let before = self.pos.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |token| token.span.end);
        let gap = Span::new(before, self.site.prefix.start).text(self.source);
        self.next_token().is_none() && !gap.contains('\n')
    }

    fn take(&mut self, kind: TokenKind) -> bool {
        let found = self.kind() == Some(kind);
        self.pos += usize::from(found);
        found
    }

    fn text(&self, token: Token) -> &str {
        token.span.text(self.source)
    }

    /// Goes one step deeper; too deep, nothing is wanted.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= MAX_DEPTH {
            self.site.want = Want::Nothing;
            return Err(End);
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn file(&mut self) -> Read<()> {
        loop {
            self.peek(|_| Want::Item)?;
            self.site.inside_kind = None;
            self.site.component = None;
            self.site.locals.clear();
            self.site.defining = None;
            self.item()?;
        }
    }

    /// What a bare name is here.
    fn lookup(&self, name: &str) -> Known<'a> {
        if let Some((_, known)) = self.site.locals.iter().rev().find(|(local, _)| local == name) {
            return *known;
        }
        if let Some(kind) = self.site.inside_kind {
            if let Some(ty) = kind.field_type(name) {
                return Known { ty: Some(ty), ..Known::default() };
            }
            let nested = kind.info().and_then(|info| info.nested.iter().find(|nested| &*nested.name == name));
            if let Some(id) = nested.and_then(|nested| nested.of) {
                let ty = tables::kind_type(Kind { program: kind.program, id });
                return Known { ty: Some(ty), ..Known::default() };
            }
        }
        if let Some((id, _)) = tables::definition(self.program, self.file, name) {
            return tables::value_of(self.program, id);
        }
        Known { namespace: self.program.namespace(self.file, name), ..Known::default() }
    }
}
