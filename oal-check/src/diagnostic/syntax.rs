//! The words for what the lexer, the bracket repair and the parser find: each kind of syntax error gets its code, a title, a way
//! out and, where there is one, a fix. What tokens and texts are about is in `syntax/text.rs`.

mod habits;
mod text;

use oal_syntax::error::Expected;
use oal_syntax::token::TokenKind;
use oal_syntax::{FileId, Span, SyntaxError, SyntaxErrorKind as Kind};

use super::printable;
use super::{Code, Diagnostic, Fix, codes};

/// The diagnostic for a syntax error of a file with this text.
#[must_use]
pub fn syntax(file: FileId, source: &str, error: &SyntaxError) -> Diagnostic {
    let at = Place { file, source, span: error.span, related: error.related };
    text::describe(at, &error.kind).unwrap_or_else(|| describe(at, &error.kind))
}

/// Where a syntax error is.
#[derive(Clone, Copy)]
struct Place<'a> {
    file: FileId,
    source: &'a str,
    span: Span,
    related: Option<Span>,
}

impl<'a> Place<'a> {
    /// What stands there.
    fn text(self) -> &'a str {
        self.span.text(self.source)
    }

    /// What stands there, fit for a message: its first line, not too long.
    fn quoted(self) -> String {
        const MOST: usize = 40;
        let line = self.text().lines().next().unwrap_or_default().trim_end();
        let mut short: String = line.chars().take(MOST).collect();
        if short.len() < self.text().trim_end().len() {
            short.push('…');
        }
        format!("`{}`", printable::line(&short))
    }

    fn say(self, code: &'static Code, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.file, self.span, message)
    }

    /// A fix that puts a text in the place of what stands there.
    fn sure(self, title: impl Into<String>, text: impl Into<String>) -> Fix {
        Fix::sure(title, self.file, self.span, text)
    }

    /// The same, to be looked at.
    fn maybe(self, title: impl Into<String>, text: impl Into<String>) -> Fix {
        Fix::maybe(title, self.file, self.span, text)
    }

    /// The span with the blanks before it.
    fn with_blanks_before(self) -> Span {
        let before = self.source.get(..self.span.start as usize).unwrap_or_default();
        let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
        Span::new(self.span.start.saturating_sub(u32::try_from(blanks).unwrap_or(0)), self.span.end)
    }

    /// What follows on the line, without the blanks.
    fn after(self) -> &'a str {
        let after = self.source.get(self.span.end as usize..).unwrap_or_default();
        after.lines().next().unwrap_or_default().trim_start()
    }

    /// The line up to here.
    fn line_before(self) -> &'a str {
        let before = self.source.get(..self.span.start as usize).unwrap_or_default();
        before.rsplit('\n').next().unwrap_or_default()
    }

    /// The word before, and the blanks between.
    fn word_before(self) -> &'a str {
        let before = self.source.get(..self.span.start as usize).unwrap_or_default().trim_end();
        before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()
    }
}

#[expect(clippy::too_many_lines, reason = "one arm for each kind; the words of a kind belong together")]
fn describe(at: Place<'_>, kind: &Kind) -> Diagnostic {
    match kind {
        Kind::Unclosed(open) => {
            let finding = at.say(&codes::UNCLOSED_BRACKET, format!("`{}` is never closed", open.spelling()));
            let finding = finding.label("opened here");
            match at.related {
                Some(end) => finding
                    .secondary(at.file, end, format!("its `{}` belongs before this", closer(*open)))
                    .help(format!("write `{}` there", closer(*open))),
                None => finding.help(format!("write `{}` where it ends", closer(*open))),
            }
        }
        Kind::Stray(close) => at
            .say(&codes::EXTRA_BRACKET, format!("`{}` closes nothing", close.spelling()))
            .label("no bracket is open here")
            .fix(at.maybe("remove it", "")),
        Kind::MissingOpen(open) => {
            let finding = at
                .say(&codes::MISSING_BRACKET, format!("`{}` is missing before this block", open.spelling()))
                .label(format!("`{}` belongs here", open.spelling()));
            let finding = match at.related {
                // The closing bracket is there, so nothing else is missing.
                Some(close) => finding
                    .secondary(at.file, close, "closed here")
                    .fix(at.sure(format!("write `{}`", open.spelling()), format!(" {}", open.spelling()))),
                None => finding,
            };
            finding.help("a block stands in brackets; indentation alone means nothing")
        }
        Kind::UnquotedText if at.line_before().ends_with("${") => habits::shell_default(at),
        Kind::UnquotedText => at
            .say(&codes::UNQUOTED_TEXT, format!("the text {} lacks its quotes", at.quoted()))
            .label("a bare word is a name")
            .fix(at.maybe("put it in quotes", format!("\"{}\"", at.text()))),
        Kind::Mismatched { open, close } => {
            let finding = at
                .say(
                    &codes::MISMATCHED_BRACKET,
                    format!("`{}` is closed by `{}`", open.spelling(), close.spelling()),
                )
                .label(format!("`{}` belongs here", closer(*open)))
                .fix(at.maybe(format!("write `{}`", closer(*open)), closer(*open)));
            match at.related {
                Some(start) => finding.secondary(at.file, start, "opened here"),
                None => finding,
            }
        }
        Kind::TooDeep => at
            .say(&codes::NESTING_TOO_DEEP, "brackets are nested too deep")
            .label(format!("deeper than {} from here on", oal_syntax::ast::MAX_DEPTH))
            .help("give inner parts names with `let`, and put the names in their place"),
        Kind::TooLong => at
            .say(&codes::TOO_LONG, "this has more parts than it can have")
            .label("more than 65,535 parts")
            .help("split it into several"),

        Kind::MissingValue => at
            .say(&codes::MISSING_VALUE, format!("{} has no value", at.quoted()))
            .label("a value belongs after the colon")
            .help("write a value, or `null` for none, or leave the key out"),
        Kind::MissingKey => at
            .say(&codes::MISSING_KEY, "a value stands here without a key")
            .label("which field is this for?")
            .help("write `name: value`; values without keys stand in a list, `[…]`"),
        Kind::EqualsForColon => at
            .say(&codes::EQUALS_FOR_COLON, "a field is set with `:`, not with `=`")
            .label("`:` belongs here")
            .fix(Fix::sure("write `:`", at.file, at.with_blanks_before(), ":")),
        Kind::ColonForEquals => at
            .say(&codes::COLON_FOR_EQUALS, "the value of a declaration comes after `=`")
            .label("after `:` stands a type, and this is none")
            .help("write `let name = value`, or `let name: Type = value`"),
        Kind::MissingColon => missing_colon(at),
        Kind::NamelessBody if crate::std::is_field(at.text()) => at
            .say(&codes::MISSING_COLON, format!("{} has no colon", at.quoted()))
            .label("`:` belongs after it")
            .fix(Fix::sure("add the `:`", at.file, Span::empty(at.span.end), ":")),
        Kind::NamelessBody => at
            .say(&codes::EXPECTED_NAME, "a name is missing here")
            .label("expected a name")
            .help("the name stands after the kind, `service api { … }`; a field has a colon, `ports: { … }`"),
        Kind::StrayColon => habits::stray_colon(at),
        Kind::SingleEquals => at
            .say(&codes::SINGLE_EQUALS, "values are compared with `==`")
            .label("a single `=` gives a value to a name")
            .fix(at.sure("write `==`", "==")),
        Kind::UnexpectedWord => at
            .say(&codes::UNEXPECTED_WORD, format!("{} begins nothing here", at.quoted()))
            .label("not understood")
            .help("a body holds fields, `name: value`"),
        Kind::ExpectedItem => at
            .say(&codes::EXPECTED_DECLARATION, format!("{} declares nothing", at.quoted()))
            .label("not a declaration")
            .help("a file holds `use`, `app`, `environment`, `param`, `let`, `type`, `kind`, `assert` and components such as `service name { … }`"),
        Kind::KeywordAsName(word) => at
            .say(&codes::KEYWORD_AS_NAME, format!("`{}` is a keyword and cannot be a name", word.spelling()))
            .label("a name belongs here")
            .help("choose another name; before a `:` every word may be used"),
        Kind::NameCase => name_case(at),
        Kind::HyphenInName => {
            let name = at.text().replace('-', "_");
            at.say(&codes::HYPHEN_IN_NAME, format!("the name {} has a hyphen", at.quoted()))
                .label("a `-` is a minus")
                .help("words of a name are joined with `_`; in host names it becomes `-`")
                .fix(at.sure(format!("write `{name}`"), name))
        }
        Kind::QuotedName => {
            let inner = at.text().trim_start_matches('r').trim_matches('"').replace('-', "_");
            let finding = at.say(&codes::QUOTED_NAME, format!("the name {} stands in quotes", at.quoted()));
            let finding = finding.label("a name is a plain word");
            if is_name(&inner) { finding.fix(at.sure(format!("write `{inner}`"), inner)) } else { finding }
        }
        Kind::EntryOutsideBody => at
            .say(&codes::ENTRY_OUTSIDE_BODY, format!("{} stands outside every declaration", at.quoted()))
            .label("belongs to nothing")
            .help(habits::outside_body(at.text())),
        Kind::ModifierFirst(word) => at
            .say(&codes::MODIFIER_FIRST, format!("{} stands before what it is for", at.quoted()))
            .label("belongs behind the component's name")
            .help(match word {
                TokenKind::For => "write `service worker for region in [\"eu\", \"us\"] { … }`, once for each component",
                _ => "write `service worker if environment == prod { … }`, once for each component",
            }),
        Kind::DeclarationNotAllowed => at
            .say(&codes::DECLARATION_NOT_ALLOWED, format!("{} may only stand at the top of a file", at.quoted()))
            .label("inside a body")
            .help("move it out of the body"),
        Kind::ComponentNotAllowed => at
            .say(&codes::COMPONENT_NOT_ALLOWED, "no component may stand here")
            .label("inside something that holds none")
            .help("move it to the top of the file; components that belong together are a `kind`"),
        Kind::FieldOutsideKind => at
            .say(&codes::FIELD_OUTSIDE_KIND, format!("{} stands outside a kind", at.quoted()))
            .label("only a kind declares fields and outputs")
            .help("set a field with `name: value`; new fields are declared in `kind name extends … { … }`"),
        Kind::UnsetOutsideEnvironment => at
            .say(&codes::UNSET_OUTSIDE_ENVIRONMENT, "`unset` stands outside an environment")
            .label("only an environment takes fields away")
            .help("leave the field out, or write `null`"),
        Kind::PathOutsideEnvironment => at
            .say(&codes::PATH_OUTSIDE_ENVIRONMENT, format!("the path {} stands outside an environment", at.quoted()))
            .label("only an environment sets fields by path")
            .help("write inner fields in braces, `a: { b: value }`; a map's key with dots stands in quotes"),
        Kind::BadAllow => at
            .say(&codes::BAD_ALLOW, "an `allow` names a lint and a reason")
            .label("one of them is missing")
            .help("write `allow(lint, \"why it is fine here\")`"),
        Kind::DanglingAllow => at
            .say(&codes::DANGLING_ALLOW, "an `allow` has nothing after it")
            .label("holds for nothing")
            .help("it stands before a declaration or a field; remove it, or move it there"),
        Kind::MissingAssertMessage => at
            .say(&codes::MISSING_ASSERT_MESSAGE, "an `assert` needs a message")
            .label("a comma and a text in quotes belong here")
            .help("say what must hold and why: `assert condition, \"why\"`"),
        Kind::AssertMessageNotText => at
            .say(&codes::EXPECTED_TEXT, "the message of an `assert` is a text in quotes")
            .label("not a text")
            .help("say what must hold and why: `assert condition, \"why\"`"),
        Kind::BadPath => at
            .say(&codes::BAD_PATH, "the path after `unset` cannot be read")
            .label("not a path")
            .help("a path is names with dots, and keys in brackets: `api.env.LOG_LEVEL`, `worker[\"eu\"].hostname`"),
        Kind::YamlList => at
            .say(&codes::YAML_LIST, "a list stands in brackets, not behind dashes")
            .label("as in YAML")
            .help("write `[first, second]`"),
        Kind::TabAfterDash => at
            .say(&codes::TAB_AFTER_DASH, "a list stands in brackets, not behind dashes")
            .label("a dash with a tab after it, which YAML forbids, too")
            .help("write `[first, second]`"),
        Kind::YamlAnchor => at
            .say(&codes::YAML_ANCHOR, format!("{} is an anchor or alias of YAML", at.quoted()))
            .label("has no meaning here")
            .help("give the value a name with `let`, and write the name where it is used"),
        Kind::FunctionDefinition => at
            .say(&codes::FUNCTION_DEFINITION, "there are no functions of one's own")
            .label("a function")
            .help("use a built-in function, a comprehension, or a `kind` with fields"),
        Kind::ForeignImport => at
            .say(&codes::FOREIGN_IMPORT, "another file is brought in with `use`")
            .label("as in another language")
            .help("write `use \"./file.oal\" { name }`"),
        Kind::ForeignDeclaration => foreign_declaration(at),
        Kind::PlainTextNeeded => at
            .say(&codes::PLAIN_TEXT_NEEDED, "only a plain text may stand here")
            .label("holds `${…}`")
            .help("this is read before any value is known: write it out"),

        Kind::MissingComma => at
            .say(&codes::MISSING_COMMA, "a comma is missing between two elements")
            .label("`,` belongs here")
            .fix(Fix::sure("add the `,`", at.file, Span::empty(at.span.start), ",")),
        Kind::ExtraComma => at
            .say(&codes::EXTRA_COMMA, "a comma separates nothing")
            .label("nothing before it")
            .fix(at.sure("remove it", "")),
        Kind::ChainedComparison => at
            .say(&codes::CHAINED_COMPARISON, "comparisons cannot stand in a row")
            .label("the second comparison")
            .help("say how they belong together: `a < b and b < c`"),
        Kind::BareIf => at
            .say(&codes::BARE_IF_OPERAND, format!("{} after an operator stands in parentheses", at.quoted()))
            .label("parentheses belong around this")
            .help("without them it is not clear where it ends"),
        Kind::BareNot => at
            .say(&codes::BARE_NOT_OPERAND, "`not` after an operator stands in parentheses")
            .label("parentheses belong around this")
            .help("`not` takes all of a comparison: write `a == (not b)`"),
        Kind::QuestionOperator => at
            .say(&codes::QUESTION_OPERATOR, "a choice is written `if … then … else …`")
            .label("as in another language")
            .help("write `if condition then a else b`"),
        Kind::MissingThen => at
            .say(&codes::MISSING_THEN, "an `if` has no `then`")
            .label("its `then` is missing")
            .help("write `if condition then a else b`"),
        Kind::MissingElse => at
            .say(&codes::MISSING_ELSE, "an `if` has no `else`")
            .label("a value is needed for the other case, too")
            .help(if at.after().contains(" elif ") || at.after().contains(" elseif ") {
                "`elif` is written `else if … then …`"
            } else {
                "write `if condition then a else b`; `else null` where there is none"
            }),
        Kind::MissingArrow => at
            .say(&codes::MISSING_ARROW, "a `=>` is missing")
            .label("`=>` belongs here")
            .help("an arm of a `match` is `pattern => value`, a map comprehension `{key => value for …}`"),
        Kind::BadComprehension => at
            .say(&codes::BAD_COMPREHENSION, "this `for` is not in its place")
            .label("cannot stand here")
            .help("write `[value for x in xs if condition]` or `{key => value for k, v in map if condition}`"),
        Kind::BadPattern => at
            .say(&codes::BAD_PATTERN, format!("{} is no pattern", at.quoted()))
            .label("a pattern belongs here")
            .help("a pattern is `_`, a literal, or a variant such as `http(path)`"),
        Kind::UnexpectedKey => habits::unexpected_key(at),
        Kind::PositionalAfterNamed => at
            .say(&codes::POSITIONAL_AFTER_NAMED, "an argument without a name stands after one with a name")
            .label("which one is this?")
            .help("put it first, or give it its name"),
        Kind::MethodCall => {
            let (value, function) = at.text().rsplit_once('.').unwrap_or_default();
            let (value, function) = (printable::line(value.trim()), printable::line(function.trim()));
            let help = match &*function {
                "map" | "filter" | "forEach" | "for_each" => format!("write `[… for x in {value}]`, with `if …` behind"),
                "length" | "size" | "count" => format!("write `len({value})`"),
                "includes" | "has" => format!("write `x in {value}`"),
                _ => format!("write `{function}({value})`"),
            };
            at.say(&codes::METHOD_CALL, format!("{} is called like a method", at.quoted()))
                .label("functions stand before their arguments")
                .help(help)
        }
        Kind::TypeAsVariant => at
            .say(&codes::TYPE_AS_VARIANT, format!("{} is a type, and `|` joins variants", at.quoted()))
            .label("a variant begins with a small letter")
            .help("give each case a name: `text(value: String) | number(value: Int)`"),
        Kind::DoubleOptional => at
            .say(&codes::DOUBLE_OPTIONAL, "one `?` is enough")
            .label("the second says nothing more")
            .fix(at.sure("remove it", "")),
        Kind::BadRefinement => at
            .say(&codes::BAD_REFINEMENT, "what stands after `where` is no refinement")
            .label("a range or `matches` belongs here")
            .help("write plain bounds, `1..=50`, or `matches \"pattern\"`; other conditions are an `assert`"),
        Kind::Unexpected { found, expected } => unexpected(at, *found, *expected),
        // Kinds of a newer parser, until they have words here.
        _ if at.text().is_empty() => at.say(&codes::UNEXPECTED_WORD, "something is missing here"),
        _ => at.say(&codes::UNEXPECTED_WORD, format!("{} cannot stand here", at.quoted())),
    }
}

/// What remains: something else was expected.
fn unexpected(at: Place<'_>, found: Option<TokenKind>, expected: Expected) -> Diagnostic {
    if let Some(finding) = habits::unexpected(at, expected) {
        return finding;
    }
    let (code, what): (&'static Code, &str) = match expected {
        Expected::Value => (&codes::EXPECTED_EXPRESSION, "a value"),
        Expected::Operator => (&codes::EXPECTED_OPERATOR, "an operator or the end of the value"),
        Expected::Entry => (&codes::UNEXPECTED_WORD, "a field or `}`"),
        Expected::Item => (&codes::EXPECTED_DECLARATION, "a declaration"),
        Expected::Type => (&codes::EXPECTED_TYPE, "a type"),
        Expected::Name => (&codes::EXPECTED_NAME, "a name"),
        Expected::Body => (&codes::EXPECTED_BODY, "a body in braces"),
        Expected::CommaOrClose => (&codes::MISSING_COMMA, "a comma or the closing bracket"),
        Expected::Pattern => (&codes::BAD_PATTERN, "a pattern"),
        Expected::Text => (&codes::EXPECTED_TEXT, "a text in quotes"),
        Expected::Token(_) => (&codes::EXPECTED_SIGN, ""),
    };
    let what = match expected {
        Expected::Token(token) => format!("`{}`", token.spelling()),
        _ => what.to_owned(),
    };
    // Where a name is missing, the word before its place is shown.
    let head = matches!(expected, Expected::Name) && matches!(at.text(), "kind" | "app" | "environment" | "extern");
    let finding = if found.is_none() || at.text().is_empty() || head {
        at.say(code, format!("{what} is missing here"))
    } else {
        at.say(code, format!("{what} belongs here, not {}", at.quoted()))
    };
    let finding = finding.label(format!("expected {what}"));
    if let Some(help) = habits::way_out(at, expected) {
        return finding.help(help);
    }
    match expected {
        Expected::Name => finding.help("the name stands after the kind or keyword: `service api { … }`"),
        Expected::Body => finding.help("the body stands in braces, even where it is empty: `app shop {}`"),
        Expected::Type => {
            finding.help("a type is `String`, `Int`, `List<String>`, `Map<String, Int>`, a kind, or one of your own")
        }
        Expected::Item => finding
            .help("a file holds `use`, `app`, `environment`, `param`, `let`, `type`, `kind`, `assert` and components"),
        _ => finding,
    }
}

/// A key whose colon is missing behind it: the span is the key, or the place after it.
fn missing_colon(at: Place<'_>) -> Diagnostic {
    let word = if at.text().is_empty() { format!("`{}`", at.word_before()) } else { at.quoted() };
    if at.after().starts_with('=') {
        return at
            .say(&codes::MISSING_COLON, format!("{word} does not say its type"))
            .label("a colon and a type belong after it")
            .help("write `name: Type = default`, such as `domain: String = \"…\"`");
    }
    at.say(&codes::MISSING_COLON, format!("{word} has no colon")).label("`:` belongs after it").fix(Fix::maybe(
        "add the `:`",
        at.file,
        Span::empty(at.span.end),
        ":",
    ))
}

/// A declaration of another tool, with what it is called here.
fn foreign_declaration(at: Place<'_>) -> Diagnostic {
    let word = at.text().split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    let help = match word {
        "variable" | "parameter" | "input" => "a value from outside is `param name: Type = default`",
        "var" | "const" | "locals" | "local" | "val" | "def" => "a value with a name is `let name = value`",
        "resource" | "module" | "component" => "a component is its kind and its name: `service api { … }`",
        "services" | "volumes" | "secrets" | "configs" => {
            "each component is declared by itself: `service api { … }`, `volume data { … }`"
        }
        "networks" => "network groups stand in `app name { networks: { front: {} } }`",
        "schema" | "interface" | "struct" | "enum" | "class" => {
            "a type is `type Name = …`, a family of components `kind name { … }`"
        }
        _ => "components are `service api { … }`, values from outside `param`, values with a name `let`",
    };
    at.say(&codes::FOREIGN_DECLARATION, format!("{} declares nothing here", at.quoted()))
        .label("as in another tool")
        .help(help)
}

/// A declared name in the wrong case; the word before it tells a type from the rest.
fn name_case(at: Place<'_>) -> Diagnostic {
    let (right, help) = if at.word_before() == "type" {
        (camel(at.text()), "the name of a type begins with a capital and has no `_`")
    } else {
        (snake(at.text()), "names are written in small letters, with `_` between words")
    };
    let finding = at.say(&codes::NAME_CASE, format!("the name {} is in the wrong case", at.quoted())).help(help);
    let finding = finding.label(format!("would be `{right}`"));
    // Other places may use the name as it is written.
    if right.is_empty() || right == at.text() {
        finding
    } else {
        finding.fix(at.maybe(format!("write `{right}`"), right))
    }
}

fn snake(name: &str) -> String {
    let mut right = String::with_capacity(name.len() + 4);
    let mut small_before = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && small_before {
            right.push('_');
        }
        small_before = c.is_ascii_lowercase() || c.is_ascii_digit();
        right.push(c.to_ascii_lowercase());
    }
    right
}

fn camel(name: &str) -> String {
    let mut right = String::with_capacity(name.len());
    for word in name.split('_') {
        let mut letters = word.chars();
        right.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        right.push_str(letters.as_str());
    }
    right
}

/// Whether it could be declared as a component's, param's or value's name.
fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !oal_syntax::token::KEYWORDS.iter().any(|keyword| keyword.spelling() == text)
}

const fn closer(open: TokenKind) -> &'static str {
    match open {
        TokenKind::LParen => ")",
        TokenKind::LBracket => "]",
        _ => "}",
    }
}
