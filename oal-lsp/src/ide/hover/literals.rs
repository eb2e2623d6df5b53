//! What is to be said of numbers with units, texts and other expressions that are no names, and of keywords.

use oal_check::Checked;
use oal_check::program::ExprRef;
use oal_check::query;
use oal_syntax::ast::{ExprId, ExprKind};
use oal_syntax::literal::{self, Number};
use oal_syntax::token::{Token, TokenKind};
use oal_syntax::visit::{self, Node};
use oal_syntax::{FileId, Span};

use super::{Hover, level_words, paragraph, text_type};

/// What is to be said of the literal or keyword that holds `offset`.
pub(super) fn hover(checked: &Checked, file: FileId, offset: u32) -> Option<Hover> {
    let source = checked.project().file(file);
    let tree = &source.parse.tree;
    let expr = visit::path_at(tree, offset).into_iter().rev().find_map(|node| match node {
        Node::Expr(id) => Some(id),
        _ => None,
    });
    // The lines of a text have no keywords.
    let in_text = |id: ExprId| {
        let node = tree.expr(id);
        matches!(node.kind, ExprKind::Text | ExprKind::Piece) && node.span.start < offset && offset < node.span.end
    };
    if !expr.is_some_and(in_text)
        && let Some(found) = keyword(&source.text, offset)
    {
        return Some(found);
    }
    let Some(expr) = expr else { return bound(&source.text, offset) };
    let node = tree.expr(expr);
    match node.kind {
        ExprKind::Number => number(checked, file, expr, node.span),
        ExprKind::Text | ExprKind::Template(_) | ExprKind::Piece | ExprKind::Bool(_) | ExprKind::Null => {
            typed(checked, file, expr, node.span)
        }
        _ => None,
    }
}

/// What a number beside `..` in a type means.
fn bound(source: &str, offset: u32) -> Option<Hover> {
    let before = source.get(..offset as usize)?;
    let digit = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let behind = source.get(offset as usize..)?;
    let (start, end) = (before.trim_end_matches(digit).len(), source.len() - behind.trim_start_matches(digit).len());
    let (before, behind) = (source.get(..start)?, source.get(end..)?);
    let side = match (before.ends_with("..="), before.ends_with("..")) {
        (true, _) => "the most: it is included",
        (_, true) => "what values stay below",
        _ if behind.starts_with("..") => "the least: it is included",
        _ => return None,
    };
    let span = Span::new(super::super::offset(start), super::super::offset(end));
    let number = span.text(source);
    number
        .starts_with(|c: char| c.is_ascii_digit())
        .then(|| Hover { span, markdown: format!("```oal\n{number}\n```\n\n{side}") })
}

/// Type and level of an expression; of a checked text what it must look like.
fn typed(checked: &Checked, file: FileId, expr: ExprId, span: Span) -> Option<Hover> {
    let at = ExprRef { file, expr };
    let program = checked.program();
    let (ty, level) = query::type_at(checked, at)?;
    let wanted = query::expected_at(checked, at).map_or(ty, |(wanted, _)| wanted);
    let bare = *program.types.data(program.types.bare(wanted));
    let text = text_type(&bare);
    let shown = if text.is_some() { program.types.bare(wanted) } else { ty };
    let line = program.show_type(shown);
    let mut markdown = format!("```oal\n{line}\n```");
    paragraph(&mut markdown, text.map_or("", |text| text.description()));
    paragraph(&mut markdown, &level_words(Some(level), &line).unwrap_or_default());
    Some(Hover { span, markdown })
}

/// What a number with a unit comes to.
fn number(checked: &Checked, file: FileId, expr: ExprId, span: Span) -> Option<Hover> {
    let words = match literal::number(checked.project().slice(file, span)).ok()? {
        Number::Duration(ms) => format!("{} ms, {} s", grouped(ms), fraction(ms, 1000)),
        Number::Size(bytes) => {
            format!("{} bytes, {} MiB, {} MB", grouped(bytes), fraction(bytes, 1 << 20), fraction(bytes, 1_000_000))
        }
        Number::Cpu(milli) => format!("{} thousandths of a core, {} cores", grouped(milli), fraction(milli, 1000)),
        Number::Percent(percent) => format!("{}", percent / 100.0),
        Number::Int(_) | Number::Float(_) => String::new(),
    };
    let mut hover = typed(checked, file, expr, span)?;
    paragraph(&mut hover.markdown, &words);
    Some(hover)
}

/// `1_234_567`
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push('_');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// A quotient with at most three digits behind the point.
fn fraction(number: i64, by: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "for people to read")]
    let quotient = number as f64 / by as f64;
    let text = format!("{quotient:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What a keyword or operator is for.
fn keyword(source: &str, offset: u32) -> Option<Hover> {
    use TokenKind as K;
    let from = line_start(source, offset as usize);
    // Behind a dot and before a colon every word is a name, and in comments and texts nothing is a keyword.
    let tokens = oal_syntax::lexer::tokens(source.get(from..line_end(source, offset as usize))?).tokens;
    let from = u32::try_from(from).ok()?;
    let at = offset - from;
    let here = |token: &&Token| token.span.start <= at && at <= token.span.end;
    let says = |token: &&Token| {
        token.kind.is_keyword() || meaning(token.span.text(source.get(from as usize..).unwrap_or_default())).is_some()
    };
    let token = tokens
        .iter()
        .filter(here)
        .find(|token| at < token.span.end && says(token))
        .or_else(|| tokens.iter().filter(here).find(says))?;
    if matches!(
        token.kind,
        K::Text | K::TextStart | K::TextMiddle | K::TextEnd | K::Name | K::Upper | K::Key | K::Error
    ) {
        return None;
    }
    let span = Span::new(from + token.span.start, from + token.span.end);
    let text = span.text(source);
    Some(Hover { span, markdown: format!("```oal\n{text}\n```\n\n{}", meaning(text)?) })
}

fn line_start(source: &str, at: usize) -> usize {
    source.get(..at).and_then(|text| text.rfind('\n')).map_or(0, |line| line + 1)
}

fn line_end(source: &str, at: usize) -> usize {
    source.get(at..).and_then(|text| text.find('\n')).map_or(source.len(), |line| at + line)
}

fn meaning(word: &str) -> Option<&'static str> {
    Some(match word {
        "use" => "brings names of another file into this one: `use \"./lib/web.oal\" { web }`",
        "app" => "names the application; the file that has it is where a program starts",
        "environment" => "declares an environment with what it sets and unsets; as a value, the environment looked at",
        "unset" => "takes a value away in an environment",
        "param" => "a value that environments and callers may set: `param replicas: Int = 2`",
        "let" => "a name for a value",
        "type" => "a name for a type: an enum, variants with fields, a record, a refinement",
        "assert" => "what must hold in every environment, and what is said where it does not",
        "kind" => "a kind of component, made of other kinds",
        "extern" => "before `kind`: made by the platform; only the built-in library has such",
        "extends" => "the kind that a kind is made from",
        "field" => "an input of a kind, with its type and default",
        "output" => "what a kind's components give to others",
        "allow" => "keeps a lint quiet here, with a reason",
        "where" => "narrows a type: a range, or a pattern",
        "matches" => "the pattern that the whole text must match",
        "in" => "what a loop goes through; between values, whether the right one holds the left one",
        "for" => "once for each element",
        "if" => "the value of one of two branches; before a component's or element's braces, where it is there at all",
        "then" => "what the value is where the condition holds",
        "else" => "what the value is where the condition does not hold",
        "and" => "whether both hold; the right side is looked at only where the left one holds",
        "or" => "whether one of both holds; the right side is looked at only where the left one does not hold",
        "not" => "the opposite",
        "as" => "the name that it has in this file",
        "??" => "the left value, or the right one where that is null",
        "?." => "a part of what may be null; null where it is",
        "==" => "whether both are the same",
        "!=" => "whether both are different",
        "<" | "<=" | ">" | ">=" => "compares numbers by size, and texts by their letters",
        ".." => "from the left bound to before the right one; a missing bound is none",
        "..=" => "from the left bound to the right one, both included",
        "match" => "chooses by the variant or value; every case has an arm",
        _ => return None,
    })
}
