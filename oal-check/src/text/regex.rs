//! Regular expressions: what RE2, Go and Rust read alike. Look-around and back-references do not exist in a matcher
//! of linear time; Unicode tables, nested classes and verbose mode are left out so that every reader agrees.
//! `regex-syntax` places the errors, `regex-lite` (small, a bounded virtual machine) matches.

use regex_syntax::ast::{self, Ast, ErrorKind, parse::ParserBuilder};

use super::problem::{ProblemKind as Kind, TextProblem, part, quoted};
use super::stray;

const NOUN: &str = "a regular expression";
/// Longest pattern, in bytes.
const PATTERN_MOST: usize = 4096;
/// Deepest nest of groups and repetitions.
const NEST_MOST: u32 = 40;
/// Largest repetition count, that of RE2.
const COUNT_MOST: u32 = 1000;
/// Largest compiled program, in bytes. Time to match is at most this times the text.
const PROGRAM_MOST: usize = 1 << 18;

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Pattern(regex_lite::Regex);

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// As [`check`].
    pub fn new(pattern: &str) -> Result<Self, TextProblem> {
        if pattern.is_empty() {
            return Err(stray::empty(NOUN));
        }
        if pattern.len() > PATTERN_MOST {
            let message = format!("a regular expression has at most {PATTERN_MOST} bytes, this has {}", pattern.len());
            return Err(TextProblem::new(Kind::RegexTooLarge, 0..pattern.len(), message));
        }
        let ast = ParserBuilder::new().nest_limit(NEST_MOST).build().parse(pattern).map_err(|e| syntax(pattern, &e))?;
        ast::visit(&ast, Portable { pattern })?;
        regex_lite::RegexBuilder::new(pattern)
            .size_limit(PROGRAM_MOST)
            .nest_limit(NEST_MOST * 4)
            .build()
            .map(Self)
            .map_err(|_| {
                let message = "a regular expression is too large once its counts are multiplied out";
                TextProblem::new(Kind::RegexTooLarge, 0..pattern.len(), message).help("make the counts smaller")
            })
    }

    /// Whether the pattern occurs in the text; `^` and `$` tie it to the ends. Time is linear in the text.
    #[must_use]
    pub fn occurs_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// Checks a pattern.
///
/// # Errors
/// The part that does not parse, is not portable, or is too large.
pub fn check(text: &str) -> Result<(), TextProblem> {
    Pattern::new(text).map(drop)
}

/// Whether a pattern occurs in a text; compiles the pattern each time.
///
/// # Errors
/// As [`check`].
pub fn matches(pattern: &str, text: &str) -> Result<bool, TextProblem> {
    Pattern::new(pattern).map(|pattern| pattern.occurs_in(text))
}

/// A problem at a span of the parser, at least one character wide.
fn at(pattern: &str, span: &ast::Span, kind: Kind, message: impl Into<String>) -> TextProblem {
    let (mut start, mut end) = (span.start.offset, span.end.offset.min(pattern.len()));
    if end <= start {
        start = start.min(pattern.len());
        match part(pattern, start, pattern.len()).chars().next() {
            Some(c) => end = start + c.len_utf8(),
            None => {
                start = part(pattern, 0, start).char_indices().next_back().map_or(0, |(at, _)| at);
                end = pattern.len();
            }
        }
    }
    TextProblem::new(kind, start..end, message)
}

/// What the parser found, in our words.
fn syntax(pattern: &str, error: &ast::Error) -> TextProblem {
    let span = error.span();
    let shown = quoted(part(pattern, span.start.offset, span.end.offset));
    let problem = |message: String| at(pattern, span, Kind::RegexSyntax, message);
    match error.kind() {
        ErrorKind::UnsupportedLookAround => {
            at(pattern, span, Kind::RegexUnsupported, format!("a regular expression has no look-around, {shown}"))
                .help("match the whole text, or check the condition in an `assert` of its own")
        }
        ErrorKind::UnsupportedBackreference => {
            at(pattern, span, Kind::RegexUnsupported, format!("a regular expression has no back-references, {shown}"))
        }
        ErrorKind::NestLimitExceeded(most) => {
            let message = format!("groups in a regular expression nest at most {most} deep");
            at(pattern, span, Kind::RegexTooLarge, message)
        }
        ErrorKind::CaptureLimitExceeded => {
            at(pattern, span, Kind::RegexTooLarge, "a regular expression has too many groups")
        }
        ErrorKind::ClassUnclosed => problem("the class that starts with `[` is never closed".into()),
        ErrorKind::ClassRangeInvalid => problem(format!("the range {shown} in a class goes downwards")),
        ErrorKind::ClassRangeLiteral => problem(format!("a range in a class goes between two characters, not {shown}"))
            .help("a hyphen itself stands first or last in the class"),
        ErrorKind::ClassEscapeInvalid => problem(format!("the escape {shown} has no meaning in a class")),
        ErrorKind::GroupUnclosed => problem("the group that starts with `(` is never closed".into()),
        ErrorKind::GroupUnopened => problem("the `)` closes no group".into()).help("a plain parenthesis is `\\)`"),
        ErrorKind::GroupNameEmpty => problem("the name of a group is empty".into()),
        ErrorKind::GroupNameInvalid => problem(format!("the name of a group holds {shown}"))
            .help("names of groups are made of letters, digits and `_`"),
        ErrorKind::GroupNameUnexpectedEof => problem("the name of a group is never closed by `>`".into()),
        ErrorKind::GroupNameDuplicate { .. } => problem(format!("two groups have the name {shown}")),
        ErrorKind::RepetitionMissing => problem("there is nothing before this repetition to repeat".into()).help(
            format!("the plain character is written `\\{}`", part(pattern, span.start.offset, span.start.offset + 1)),
        ),
        ErrorKind::RepetitionCountInvalid => problem(format!("the count {shown} goes downwards")),
        ErrorKind::RepetitionCountDecimalEmpty | ErrorKind::DecimalEmpty => {
            problem("a number is missing after `{`".into()).help("a plain brace is written `\\{`")
        }
        ErrorKind::RepetitionCountUnclosed => {
            problem("the count that starts with `{` is never closed".into()).help("a plain brace is written `\\{`")
        }
        ErrorKind::DecimalInvalid => problem(format!("the count {shown} is too large")),
        ErrorKind::EscapeUnrecognized => unknown_escape(pattern, span),
        ErrorKind::EscapeUnexpectedEof => problem("a regular expression does not end with a lone backslash".into())
            .help("a plain backslash is written `\\\\`"),
        ErrorKind::EscapeHexEmpty | ErrorKind::EscapeHexInvalid => {
            problem(format!("the escape {shown} is no character"))
        }
        ErrorKind::EscapeHexInvalidDigit => problem(format!("{shown} is no hexadecimal digit")),
        ErrorKind::FlagUnrecognized if matches!(shown.as_str(), "`>`" | "`#`" | "`|`" | "`P`") => at(
            pattern,
            span,
            Kind::RegexUnsupported,
            format!("a regular expression has no groups of the form `(?{}`", shown.replace('`', "")),
        ),
        ErrorKind::FlagUnrecognized => {
            problem(format!("there is no flag {shown}")).help("the flags are `i`, `m`, `s` and `U`")
        }
        ErrorKind::FlagDuplicate { .. } => problem(format!("the flag {shown} stands twice")),
        ErrorKind::FlagDanglingNegation | ErrorKind::FlagRepeatedNegation { .. } | ErrorKind::FlagUnexpectedEof => {
            problem("the flags of a group are incomplete".into()).help("flags stand as in `(?i)` or `(?i-s:…)`")
        }
        ErrorKind::UnicodeClassInvalid => {
            at(pattern, span, Kind::RegexUnsupported, format!("a regular expression has no Unicode classes, {shown}"))
        }
        ErrorKind::SpecialWordBoundaryUnclosed
        | ErrorKind::SpecialWordBoundaryUnrecognized
        | ErrorKind::SpecialWordOrRepetitionUnexpectedEof => {
            problem("after `\\b` stands no brace".into()).help("a plain brace is written `\\{`")
        }
        _ => problem(format!("{shown} is no part of a regular expression")),
    }
}

fn unknown_escape(pattern: &str, span: &ast::Span) -> TextProblem {
    let escape = part(pattern, span.start.offset, span.end.offset);
    let shown = quoted(escape);
    let unsupported = |message: String| at(pattern, span, Kind::RegexUnsupported, message);
    match escape {
        "\\Z" => unsupported("the end of the text is `\\z`, not `\\Z`".into()).fix("\\z"),
        "\\h" => unsupported("white space is `\\s` or `[ \\t]`, not `\\h`".into()).fix("[ \\t]"),
        "\\k" | "\\g" => unsupported(format!("a regular expression has no back-references, {shown}")),
        "\\Q" | "\\E" => unsupported(format!("a regular expression has no quoting by {shown}"))
            .help("escape each special character with a backslash"),
        "\\R" | "\\X" | "\\G" | "\\K" | "\\C" | "\\N" => unsupported(format!("a regular expression has no {shown}")),
        _ => at(pattern, span, Kind::RegexSyntax, format!("the escape {shown} has no meaning in a regular expression"))
            .help("letters and digits are escaped only where that has a meaning; a plain backslash is `\\\\`"),
    }
}

/// Walks a pattern that parses and refuses what other readers take differently or not at all.
struct Portable<'a> {
    pattern: &'a str,
}

impl Portable<'_> {
    fn no<T>(&self, span: &ast::Span, message: impl Into<String>) -> Result<T, TextProblem> {
        Err(at(self.pattern, span, Kind::RegexUnsupported, message))
    }

    fn shown(&self, span: &ast::Span) -> String {
        quoted(part(self.pattern, span.start.offset, span.end.offset))
    }

    fn unicode(&self, span: &ast::Span) -> Result<(), TextProblem> {
        let shown = self.shown(span);
        Err(at(
            self.pattern,
            span,
            Kind::RegexUnsupported,
            format!("a regular expression has no Unicode classes, {shown}"),
        )
        .help("name the letters, as in `[a-zA-Zäöü]`, or allow any but some, as in `[^ /]`"))
    }

    fn flags(&self, flags: &ast::Flags) -> Result<(), TextProblem> {
        for item in &flags.items {
            let ast::FlagsItemKind::Flag(flag) = item.kind else { continue };
            if matches!(flag, ast::Flag::Unicode | ast::Flag::CRLF | ast::Flag::IgnoreWhitespace) {
                let message = format!("a regular expression has no flag {}", self.shown(&item.span));
                return Err(at(self.pattern, &item.span, Kind::RegexUnsupported, message)
                    .help("the flags are `i`, `m`, `s` and `U`"));
            }
        }
        Ok(())
    }

    fn repetition(&self, repetition: &ast::Repetition) -> Result<(), TextProblem> {
        let op = &repetition.op;
        if let Ast::Repetition(_) = *repetition.ast {
            let message = format!("the repetition {} follows another one", self.shown(&op.span));
            return Err(at(self.pattern, &op.span, Kind::RegexSyntax, message)
                .help("to repeat a repetition, put it in a group, as in `(?:a+)*`"));
        }
        let most = match &op.kind {
            ast::RepetitionKind::Range(
                ast::RepetitionRange::Exactly(n)
                | ast::RepetitionRange::AtLeast(n)
                | ast::RepetitionRange::Bounded(_, n),
            ) => *n,
            _ => 0,
        };
        if most > COUNT_MOST {
            let message = format!("a repetition counts to {COUNT_MOST} at most, not {}", self.shown(&op.span));
            return Err(at(self.pattern, &op.span, Kind::RegexTooLarge, message));
        }
        Ok(())
    }
}

impl ast::Visitor for Portable<'_> {
    type Output = ();
    type Err = TextProblem;

    fn finish(self) -> Result<(), TextProblem> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), TextProblem> {
        match ast {
            Ast::ClassUnicode(class) => self.unicode(&class.span),
            Ast::Flags(set) => self.flags(&set.flags),
            Ast::Group(group) => match &group.kind {
                ast::GroupKind::NonCapturing(flags) => self.flags(flags),
                ast::GroupKind::CaptureName { name, .. } if !name.name.is_ascii() => {
                    self.no(&name.span, "the name of a group is made of letters a to z, digits and `_`")
                }
                _ => Ok(()),
            },
            Ast::Repetition(repetition) => self.repetition(repetition),
            Ast::Assertion(assertion) => match assertion.kind {
                ast::AssertionKind::StartLine
                | ast::AssertionKind::EndLine
                | ast::AssertionKind::StartText
                | ast::AssertionKind::EndText
                | ast::AssertionKind::WordBoundary
                | ast::AssertionKind::NotWordBoundary => Ok(()),
                _ => {
                    let message = format!("a word boundary is `\\b`, not {}", self.shown(&assertion.span));
                    self.no(&assertion.span, message)
                }
            },
            _ => Ok(()),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), TextProblem> {
        match item {
            ast::ClassSetItem::Unicode(class) => self.unicode(&class.span),
            ast::ClassSetItem::Bracketed(class) if self.shown(&class.span).starts_with("`[:") => Err(at(
                self.pattern,
                &class.span,
                Kind::RegexSyntax,
                format!("there is no named class {}", self.shown(&class.span)),
            )
            .help("named classes are `[:alpha:]`, `[:digit:]`, `[:alnum:]`, `[:space:]` and the like")),
            ast::ClassSetItem::Bracketed(class) => {
                Err(at(self.pattern, &class.span, Kind::RegexUnsupported, "a class holds no other class")
                    .help("a plain bracket in a class is written `\\[`"))
            }
            _ => Ok(()),
        }
    }

    fn visit_class_set_binary_op_pre(&mut self, op: &ast::ClassSetBinaryOp) -> Result<(), TextProblem> {
        Err(at(self.pattern, &op.span, Kind::RegexUnsupported, "a class has no set operators `&&`, `--`, `~~`")
            .help("escape the characters, as in `\\&\\&`, to mean themselves"))
    }
}
