//! The words for what is wrong with characters, texts, numbers and comments.

use oal_syntax::literal::NumberError;
use oal_syntax::{Span, SyntaxErrorKind as Kind};

use super::{Place, is_name};
use crate::diagnostic::{Diagnostic, Fix, codes, printable};

/// The diagnostic, if the kind is about characters, texts, numbers or comments.
pub(super) fn describe(at: Place<'_>, kind: &Kind) -> Option<Diagnostic> {
    Some(match kind {
        Kind::FileTooLarge => at
            .say(&codes::FILE_TOO_LARGE, "the file is larger than the checker reads")
            .help("split it into several files, or take data out of the program"),
        Kind::ControlCharacter(c) => at
            .say(&codes::CONTROL_CHARACTER, format!("the control character {} stands in the program", number_of(*c)))
            .label("cannot be seen")
            .help(format!("remove it, or write `{}` inside a text", c.escape_unicode()))
            .fix(at.maybe("remove it", "")),
        Kind::InvisibleCharacter(c) => {
            let visible: String = at.text().chars().filter(|c| !printable::is_hidden(*c)).collect();
            at.say(
                &codes::INVISIBLE_CHARACTER,
                format!("the invisible character {} stands in the program", number_of(*c)),
            )
            .label("cannot be seen")
            .help(format!("remove it, or write `{}` inside a text", c.escape_unicode()))
            .fix(at.maybe("remove it", if visible == at.text() { String::new() } else { visible }))
        }
        Kind::UnknownCharacter(c) => {
            let finding = at
                .say(&codes::UNKNOWN_CHARACTER, format!("`{}` has no meaning here", printable::line(&c.to_string())))
                .label("not a part of the language");
            match c {
                '\'' | '`' => finding.help("a text stands between `\"`"),
                _ => finding.fix(at.maybe("remove it", "")),
            }
        }
        Kind::ConfusableWord { found, looks_like } => {
            let right = at.text().replace(*found, &looks_like.to_string());
            let title = format!("{} holds a letter that only looks like `{looks_like}`", at.quoted());
            let finding = at
                .say(&codes::CONFUSABLE_CHARACTER, title)
                .label(format!("`{found}` is {}, not `{looks_like}`", number_of(*found)))
                .help("outside of texts and comments only the letters `a` to `z` and `A` to `Z` are used");
            if right.is_ascii() {
                finding.fix(at.sure(format!("write `{right}` in plain letters"), right))
            } else {
                finding
            }
        }
        Kind::ForeignLetters(c) => at
            .say(&codes::FOREIGN_LETTERS, format!("{} holds the letter `{c}`", at.quoted()))
            .label("not a letter of names")
            .help("names are made of `a` to `z`, `0` to `9` and `_`; texts stand between `\"`"),
        Kind::SmartQuote(c) => {
            let right = at.text().replace(['“', '”', '„', '‟', '«', '»', '‘', '’', '‚', '‛'], "\"");
            at.say(&codes::SMART_QUOTES, format!("`{c}` is no quote of the language"))
                .label("a typographic quote")
                .help("a text begins and ends with the plain `\"`")
                .fix(at.maybe("write plain quotes", right))
        }
        Kind::UnterminatedText => at
            .say(&codes::UNTERMINATED_TEXT, "a text has no closing `\"`")
            .label("begins here and does not end on this line")
            .help("a text of several lines stands between `\"\"\"`")
            .fix(Fix::maybe("add the `\"`", at.file, Span::empty(at.span.end), "\"")),
        Kind::TextOverLines => over_lines(at),
        Kind::UnterminatedBlockText => at
            .say(&codes::UNTERMINATED_BLOCK_TEXT, "a multi-line text has no closing `\"\"\"`")
            .label("begins here and does not end")
            .help("write `\"\"\"` on a line of its own where it ends"),
        Kind::UnterminatedHole => at
            .say(&codes::UNTERMINATED_INTERPOLATION, "a `${` in a text has no closing `}`")
            .label("opened here")
            .help("close it with `}`; where `${` itself is meant, write `\\${`"),
        Kind::EmptyHole => at
            .say(&codes::EMPTY_INTERPOLATION, "`${}` puts nothing into the text")
            .label("nothing between the braces")
            .help("write a value between the braces, or `\\${}` for the signs themselves"),
        Kind::UnknownEscape(c) => unknown_escape(at, *c),
        Kind::BadUnicodeEscape => at
            .say(&codes::BAD_UNICODE_ESCAPE, format!("{} names no character", at.quoted()))
            .label("not the number of a character")
            .help("`\\u{…}` holds one to six hexadecimal digits, at most `10ffff`"),
        Kind::BlockTextOpening => at
            .say(&codes::BLOCK_TEXT_OPENING, "a multi-line text begins on the line after its `\"\"\"`")
            .label("belongs on the next line"),
        Kind::BlockTextClosing => at
            .say(&codes::BLOCK_TEXT_CLOSING, "the closing `\"\"\"` stands on a line of its own")
            .label("belongs on the line before")
            .help("its place says how much indentation is taken off the lines"),
        Kind::BlockTextIndent => {
            let finding = at
                .say(&codes::BLOCK_TEXT_INDENT, "a line starts left of the closing `\"\"\"`")
                .label("has less indentation than the closing quotes")
                .help("indent the line, or move the closing `\"\"\"` to the left");
            match at.related {
                Some(closing) => finding.secondary(at.file, closing, "this indentation is taken off every line"),
                None => finding,
            }
        }
        Kind::SingleQuotes => single_quotes(at),
        Kind::ShellVariable => shell_variable(at),
        Kind::SpaceBeforeUnit => {
            let right: String = at.text().split_whitespace().collect();
            at.say(&codes::SPACE_BEFORE_UNIT, format!("{} has a space before its unit", at.quoted()))
                .label("a quantity is one word")
                .fix(at.sure(format!("write `{right}`"), right))
        }
        Kind::ForeignComment => foreign_comment(at),
        Kind::Semicolon => {
            at.say(&codes::SEMICOLON, "no `;` is needed").label("ends nothing").fix(at.sure("remove it", ""))
        }
        Kind::ForeignOperator { found: "->", .. } => at
            .say(&codes::MISSING_ARROW, "the arrow is `=>`")
            .label("as in another language")
            .fix(at.sure("write `=>`", "=>")),
        Kind::ForeignOperator { found, instead } => at
            .say(&codes::FOREIGN_OPERATOR, format!("`{found}` is written `{instead}`"))
            .label("as in another language")
            .fix(at.sure(format!("write `{instead}`"), operator(at, instead))),
        Kind::Number(error) => number(at, *error),
        _ => return None,
    })
}

/// A word in the place of a sign needs blanks where the sign had none.
fn operator(at: Place<'_>, instead: &str) -> String {
    let touches = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_' || c == '"');
    let is_word = instead.bytes().all(|b| b.is_ascii_lowercase());
    let before = at.source.get(..at.span.start as usize).and_then(|text| text.chars().next_back());
    let after = at.source.get(at.span.end as usize..).and_then(|text| text.chars().next());
    let blank = |needed: bool| if is_word && needed { " " } else { "" };
    format!("{}{instead}{}", blank(touches(before)), blank(touches(after) || after == Some('(')))
}

fn unknown_escape(at: Place<'_>, c: char) -> Diagnostic {
    let (fix, help) = match c {
        '\'' | '{' | '}' | '/' | '`' => (at.sure("remove the `\\`", c.to_string()), "this character needs no `\\`"),
        'r' => (at.sure("write `\\u{d}`", "\\u{d}"), "a carriage return is `\\u{d}`"),
        '0' => (at.sure("write `\\u{0}`", "\\u{0}"), "a NUL is `\\u{0}`"),
        'e' => (at.sure("write `\\u{1b}`", "\\u{1b}"), "an escape character is `\\u{1b}`"),
        _ => (
            Fix::maybe("write `\\\\` for the `\\` itself", at.file, Span::empty(at.span.start), "\\"),
            "the escapes are `\\n`, `\\t`, `\\\"`, `\\\\`, `\\$` and `\\u{…}`; a text without escapes is `r\"…\"`",
        ),
    };
    at.say(&codes::UNKNOWN_ESCAPE, format!("{} is no escape", at.quoted()))
        .label("not one of the escapes")
        .help(help)
        .fix(fix)
}

/// A text of one line with its quotes on a later one.
fn over_lines(at: Place<'_>) -> Diagnostic {
    let finding = at
        .say(&codes::UNTERMINATED_TEXT, "a text has its closing `\"` on a later line")
        .label("a text in plain quotes ends on its line")
        .help("write a text of several lines between `\"\"\"`, or `\\n` for a line end");
    let Some(inner) = at.text().strip_prefix('"').and_then(|text| text.strip_suffix('"')) else { return finding };
    let before = at.line_before();
    let indent = before.len() - before.trim_start().len();
    let indent = before.get(..indent).unwrap_or_default();
    let mut right = "\"\"\"\n".to_owned();
    for line in inner.lines() {
        let line = line.strip_prefix(indent).unwrap_or(line).trim_end();
        if !line.is_empty() {
            right.extend([indent, "  ", line]);
        }
        right.push('\n');
    }
    right.extend([indent, "  \"\"\""]);
    finding.fix(at.maybe("write `\"\"\"`", right))
}

fn single_quotes(at: Place<'_>) -> Diagnostic {
    let inner = at.text().strip_prefix('\'').and_then(|text| text.strip_suffix('\'')).unwrap_or_default();
    let mut right = String::with_capacity(inner.len() + 2);
    right.push('"');
    for c in inner.chars() {
        if matches!(c, '"' | '\\') {
            right.push('\\');
        }
        right.push(c);
    }
    right.push('"');
    let fix = if inner.contains(['$', '\\']) { at.maybe("write `\"`", right) } else { at.sure("write `\"`", right) };
    at.say(&codes::SINGLE_QUOTES, "a text stands between `\"`, not between `'`").label("in single quotes").fix(fix)
}

fn shell_variable(at: Place<'_>) -> Diagnostic {
    let inner = at.text().trim_start_matches('$').trim_start_matches('{').trim_end_matches('}');
    let finding = at
        .say(&codes::INTERPOLATION_OUTSIDE_TEXT, format!("{} stands outside of a text", at.quoted()))
        .label("outside of a text the name alone is the value")
        .help("a value from outside is declared: `param name: Type = default`");
    let name = inner.to_ascii_lowercase();
    if is_name(&name) { finding.fix(at.maybe(format!("write `{name}`"), name)) } else { finding }
}

pub(super) fn foreign_comment(at: Place<'_>) -> Diagnostic {
    let finding = at.say(&codes::FOREIGN_COMMENT, "a comment begins with `//`").label("as in another language");
    let text = at.text();
    if let Some(rest) = text.strip_prefix('#') {
        let words = rest.trim_start_matches('#');
        let blank = if words.starts_with([' ', '\t']) || words.is_empty() { "" } else { " " };
        return finding.fix(at.sure("write `//`", format!("//{blank}{words}")));
    }
    let Some(inner) = text.strip_prefix("/*").map(|text| text.strip_suffix("*/").unwrap_or(text)) else {
        return finding;
    };
    let indent = " ".repeat(
        at.source
            .get(..at.span.start as usize)
            .map_or(0, |before| before.len() - before.rfind('\n').map_or(0, |end| end + 1)),
    );
    let lines = inner.lines().map(|line| line.trim().trim_start_matches('*').trim()).filter(|line| !line.is_empty());
    let right = lines.map(|line| format!("// {line}")).collect::<Vec<_>>().join(&format!("\n{indent}"));
    finding.fix(at.maybe("write `//` before each line", right))
}

fn number(at: Place<'_>, error: NumberError) -> Diagnostic {
    let text = at.text();
    match error {
        NumberError::Underscore => {
            let right = text.split('_').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("_");
            at.say(&codes::MALFORMED_NUMBER, format!("a `_` in {} does not stand between two digits", at.quoted()))
                .label("cannot be read")
                .fix(at.maybe(format!("write `{right}`"), right))
        }
        NumberError::LeadingZero => {
            let right = text.trim_start_matches(['0', '_']);
            let right = if right.starts_with(|c: char| c.is_ascii_digit()) { right.to_owned() } else { format!("0{right}") };
            at.say(&codes::MALFORMED_NUMBER, format!("{} begins with a zero", at.quoted()))
                .label("octal elsewhere, and nothing here")
                .help("numbers are decimal; a file's access rights are a text: `\"0644\"`")
                .fix(at.maybe(format!("write `{right}`"), right))
                .fix(at.maybe("put it into quotes", format!("\"{text}\"")))
        }
        NumberError::Points => at
            .say(&codes::MALFORMED_NUMBER, format!("{} has more than one decimal point", at.quoted()))
            .label("cannot be read as a number")
            .help("versions and addresses are texts")
            .fix(at.maybe("put it into quotes", format!("\"{text}\""))),
        NumberError::TooLarge => at
            .say(&codes::INTEGER_TOO_LARGE, format!("{} is too large", at.quoted()))
            .label("more than can be held")
            .help(if text.ends_with(|last: char| last.is_ascii_digit()) {
                "the greatest whole number is 9,223,372,036,854,775,807"
            } else {
                "the greatest quantity is 9,007,199,254,740,991 milliseconds, bytes or thousandths of a core"
            }),
        NumberError::TooPrecise => at
            .say(&codes::TOO_PRECISE, format!("{} is finer than its smallest unit", at.quoted()))
            .label("cannot be held exactly")
            .help("durations are whole milliseconds, sizes whole bytes, CPU whole thousandths of a core, shares whole hundredths of a percent"),
        NumberError::UnknownUnit { unit, suggestion } => unknown_unit(at, unit, suggestion),
    }
}

fn unknown_unit(at: Place<'_>, unit: Span, suggestion: Option<&'static str>) -> Diagnostic {
    let written = unit.text(at.text());
    let number = at.text().get(..unit.start as usize).unwrap_or_default();
    // Docker and Compose count small letters in steps of 1024, Kubernetes capitals in steps of 1000.
    let binary = match written {
        "k" | "kb" => Some("KiB"),
        "m" | "mb" => Some("MiB"),
        "g" | "gb" => Some("GiB"),
        "t" | "tb" => Some("TiB"),
        _ => None,
    };
    let suggestion = binary.or(suggestion);
    let is_size = suggestion.is_some_and(|unit| unit.ends_with('B')) && !written.starts_with("byte");
    let (code, title) = if is_size {
        (&codes::FOREIGN_UNIT, format!("{} is a size as another tool writes it", at.quoted()))
    } else {
        (&codes::UNKNOWN_UNIT, format!("there is no unit `{}`", printable::line(written)))
    };
    let finding = at.say(code, title).label(format!("`{}` is no unit", printable::line(written)));
    let finding = if is_size {
        finding.help(
            "sizes end in `KB`, `MB`, `GB`, `TB` (steps of 1000) or in `KiB`, `MiB`, `GiB`, `TiB` (steps of 1024)",
        )
    } else {
        finding.help("durations end in `ms`, `s`, `min`, `h`, `d`; sizes in `B`, `KB` to `TB` or `KiB` to `TiB`; cores in `m`; shares in `%`")
    };
    let Some(right) = suggestion.map(|unit| format!("{number}{unit}")) else {
        let Some(advice) = crate::suggest::foreign_quantity(at.text(), None) else { return finding };
        let finding = finding.help(advice.why);
        return match advice.replacement {
            Some(right) => finding.fix(at.sure(format!("write `{right}`"), right)),
            None => finding,
        };
    };
    let is_same = matches!(written, "Ki" | "Mi" | "Gi" | "Ti") || !is_size;
    let title = format!("write `{right}`");
    let finding = if binary.is_some() {
        finding.note(format!("in Compose `{written}` counts in steps of 1024"))
    } else {
        finding
    };
    if is_same {
        return finding.fix(at.sure(title, right));
    }
    let decimal = binary.map(|unit| format!("{number}{}", unit.replace('i', "")));
    let finding = finding.fix(at.maybe(title, right));
    match decimal {
        Some(right) => finding.fix(at.maybe(format!("write `{right}`, in steps of 1000"), right)),
        None => finding,
    }
}

/// `U+00A0`
fn number_of(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}
