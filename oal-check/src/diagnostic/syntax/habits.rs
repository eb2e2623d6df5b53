//! The words for what other languages write, where the parser sees only that something does not fit.

use oal_syntax::Span;
use oal_syntax::error::Expected;
use oal_syntax::token::TokenKind;

use super::Place;
use crate::diagnostic::{Diagnostic, Fix, codes, printable};

/// A `:` that ends no key: of `a ? b : c`, of `<<: *base`, of `80: 8080`.
pub(super) fn stray_colon(at: Place<'_>) -> Diagnostic {
    let before = at.line_before().trim_end();
    if before.contains(" ? ") {
        return at
            .say(&codes::QUESTION_OPERATOR, "a choice is written `if … then … else …`")
            .label("as in another language")
            .help("write `if condition then a else b`");
    }
    if before.ends_with("<<") {
        return at
            .say(&codes::YAML_ANCHOR, "`<<:` is a merge key of YAML")
            .label("has no meaning here")
            .help("what several components share is a `kind`, or a `let` that each of them names");
    }
    let finding = at.say(&codes::STRAY_COLON, "a `:` stands where it ends no key");
    if before.ends_with('?') {
        return finding.label("the `?` before it belongs to a type").help("write it behind the type: `name: Type?`");
    }
    if before.ends_with(']') {
        return finding
            .label("an element of a list has no path")
            .help("an environment replaces lists as a whole; a map's keys stand in quotes: `api.labels[\"a\"]: …`");
    }
    if before.ends_with(|c: char| c.is_ascii_digit()) {
        return finding
            .label("a number is no key")
            .help("a key is a name or a text in quotes; ports have names: `{ http: 8080 }`");
    }
    finding
        .label("no key before it")
        .help("a key is a name or a text in quotes, directly before its `:`")
        .fix(at.maybe("remove it", ""))
}

/// `${TAG:-latest}`
pub(super) fn shell_default(at: Place<'_>) -> Diagnostic {
    let name = at.text().split(':').next().unwrap_or_default();
    let small = name.to_ascii_lowercase();
    at.say(&codes::UNEXPECTED_KEY, format!("`{name}` has a default as in a shell"))
        .label("no key may stand here")
        .help(format!("declare it with its default, `param {small}: String = \"…\"`, and write `${{{small}}}`"))
}

/// A key where none may stand.
pub(super) fn unexpected_key(at: Place<'_>) -> Diagnostic {
    if at.line_before().ends_with("${") {
        return shell_default(at);
    }
    let value = at.line_before().trim_end().ends_with(':');
    if value {
        return at
            .say(&codes::UNEXPECTED_KEY, format!("the key {} has no braces around it", at.quoted()))
            .label("no key may stand here")
            .help(format!("inner fields stand in braces: `{{ {}: … }}`", at.text()));
    }
    at.say(&codes::UNEXPECTED_KEY, format!("the key {} cannot stand here", at.quoted()))
        .label("no key may stand here")
        .help("elements of a list have no keys; what has keys stands in `{…}`")
}

/// What does not fit and is known from other languages.
pub(super) fn unexpected(at: Place<'_>, expected: Expected) -> Option<Diagnostic> {
    let line = at.line_before();
    let here = at.source.get(at.span.start as usize..).unwrap_or_default();
    let rest = at.after();
    match expected {
        _ if here.starts_with("/*") => Some(block_comment(at, here)),
        Expected::Value if line.trim_start().starts_with("- ") => Some(
            at.say(&codes::YAML_LIST, "a list stands in brackets, not behind dashes")
                .label("an item as YAML writes it")
                .help("write `[first, second]`, with texts in quotes"),
        ),
        Expected::Value if at.text() == ">" && line.ends_with('<') => {
            let whole = Span::new(at.span.start.saturating_sub(1), at.span.end);
            Some(
                Diagnostic::new(&codes::FOREIGN_OPERATOR, at.file, whole, "`<>` is written `!=`")
                    .label("as in another language")
                    .fix(Fix::sure("write `!=`", at.file, whole, "!=")),
            )
        }
        Expected::Entry if rest.starts_with("+=") || rest.starts_with("-=") => Some(
            at.say(&codes::FOREIGN_OPERATOR, format!("{} is not changed by `{}`", at.quoted(), rest.get(..2)?))
                .label("as in another language")
                .help("write the whole new value: `name: value`; maps merge by key, lists are replaced"),
        ),
        Expected::Entry if rest.starts_with("=>") => Some(
            at.say(&codes::BAD_COMPREHENSION, "`=>` needs a `for` behind its value")
                .label("a single key is written out")
                .help("write `{ \"key\": value }`, or `{key => value for key in keys}`"),
        ),
        Expected::Entry if rest.starts_with('=') && !rest.starts_with("==") => {
            let blanks = at.source.get(at.span.end as usize..).and_then(|text| text.find('='))?;
            let end = at.span.end + u32::try_from(blanks).ok()?;
            let sign = Span::new(end, end + 1);
            Some(
                Diagnostic::new(&codes::EQUALS_FOR_COLON, at.file, sign, "a field is set with `:`, not with `=`")
                    .label("`:` belongs here")
                    .fix(Fix::sure("write `:`", at.file, Span::new(at.span.end, end + 1), ":")),
            )
        }
        Expected::Entry => unquoted_key(at, here),
        Expected::Value if here.starts_with("...") || here.starts_with("..") && line.ends_with(['[', ' ']) => {
            Some(at.say(&codes::EXPECTED_EXPRESSION, "a value belongs here, not `...`").label("expected a value").help(
                "lists are put together by `flatten([first, second])`; maps merge where an environment sets their keys",
            ))
        }
        Expected::Type if rest.starts_with(':') && !at.text().is_empty() => Some(
            at.say(&codes::COLON_FOR_EQUALS, "the value of a declaration comes after `=`")
                .label("the `:` behind it makes it a key")
                .help("write `name: Type = value`"),
        ),
        Expected::Token(TokenKind::Assign) if at.text() == "(" && line.trim_start().starts_with("let ") => Some(
            at.say(&codes::FUNCTION_DEFINITION, "there are no functions of one's own")
                .label("parameters")
                .help("use a built-in function, a comprehension, or a `kind` with fields"),
        ),
        _ => None,
    }
}

/// `app/name: "x"`, `/data: …`: a key of signs that only quotes hold together.
fn unquoted_key(at: Place<'_>, here: &str) -> Option<Diagnostic> {
    let line = here.lines().next().unwrap_or_default();
    let word = line.get(..line.find(": ")?)?;
    let strange = |c: char| c.is_whitespace() || matches!(c, '{' | '}' | '"' | '\'' | ',' | '(' | ')' | '=');
    if word.is_empty() || word.contains(strange) || !word.contains(['/', '-', '.', '@']) {
        return None;
    }
    let end = at.span.start + u32::try_from(word.len()).ok()?;
    let span = Span::new(at.span.start, end);
    let shown = printable::line(word);
    Some(
        Diagnostic::new(&codes::UNEXPECTED_WORD, at.file, span, format!("the key `{shown}` has no quotes"))
            .label("not a plain word")
            .help("a key that is more than letters, digits and `_` stands in quotes")
            .fix(Fix::maybe("put it into quotes", at.file, span, format!("\"{word}\""))),
    )
}

/// `/* … */`
fn block_comment(at: Place<'_>, here: &str) -> Diagnostic {
    let length = here.find("*/").map_or_else(|| here.lines().next().unwrap_or_default().len(), |end| end + 2);
    let span = Span::new(at.span.start, at.span.start + u32::try_from(length).unwrap_or(0));
    super::text::foreign_comment(Place { span, ..at })
}

/// What to do where something else is expected, said of the line at hand.
pub(super) fn way_out(at: Place<'_>, expected: Expected) -> Option<&'static str> {
    let line = at.line_before().trim_start();
    let word = line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default();
    Some(match (word, expected) {
        ("use", Expected::Text) => "write the path in quotes: `use \"./file.oal\" { name }`",
        ("use", Expected::Token(_)) => {
            "say what to take from it: `use \"./file.oal\" { name }`, or `… as name` for all of it"
        }
        ("use", Expected::Name) => {
            "name what to take, with commas between; for all of it write `use \"./file.oal\" as name`"
        }
        ("secret", Expected::Body) => {
            "a secret has no value in the program: write `secret name {}`, and set it on the platform"
        }
        ("param", Expected::Type) if at.text() == "=" => "a param says its type: `param name: Type = default`",
        ("type", Expected::Token(_)) => "write `type Name = …`, also before braces",
        ("type", Expected::Type) if at.text().starts_with('"') => "variants are plain words: `debug | info`",
        (_, Expected::Type) if at.text() == "null" => "a value that may be null has a `?` behind its type: `String?`",
        ("kind", Expected::Body) if at.text() == "(" => "inputs of a kind stand in its body: `field domain: Host`",
        ("kind", Expected::Body) if at.text() == "," => "a kind extends one other kind",
        (_, Expected::Body) if matches!(at.text(), "unless" | "when" | "where") => {
            "a component that is not everywhere is written `service name if condition { … }`"
        }
        (_, Expected::Body | Expected::Operator) if line.contains(" for ") => {
            "several alike are written `service name for x in xs { … }`"
        }
        (_, Expected::Name) if at.line_before().starts_with([' ', '\t']) => {
            "the name stands after the kind, `service api { … }`; an environment sets fields by path, `api.replicas: 3`"
        }
        (_, Expected::Type) if matches!(at.text(), "[" | "(") || at.line_before().trim_end().ends_with('(') => {
            "a list of texts is `List<String>`, a map is `Map<String, String>`"
        }
        _ => return None,
    })
}

/// What a key outside of all bodies was meant for.
pub(super) fn outside_body(key: &str) -> &'static str {
    match key {
        "services" | "volumes" | "secrets" | "configs" => {
            "each component is declared by itself: `service api { … }`, `volume data { … }`"
        }
        "networks" => "network groups stand in `app name { networks: { front: {} } }`",
        "version" | "name" => "a file needs no version, and the application's name stands in `app name { … }`",
        _ => "settings of the application stand in `app name { … }`; a value with a name is `let name = value`",
    }
}
