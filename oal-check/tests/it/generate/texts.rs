//! Texts: as literals of all forms, and computed.

use super::exprs::{Code, indices, prec};
use super::model::{Ty, Val, Vals};
use super::{Maker, Place};

/// In double quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    escape(text, &mut out);
    out.push('"');
    out
}

fn escape(text: &str, out: &mut String) {
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '$' if rest.peek() == Some(&'{') => out.push_str("\\$"),
            _ => out.push(c),
        }
    }
}

impl Maker<'_> {
    pub(super) fn text_literal(&mut self, text: &str, at: Place) -> Code {
        match self.c.below(8) {
            6 if !text.contains(['"', '\n', '\r']) => Code::atom(format!("r\"{text}\"")),
            7 if !at.hole && !text.contains("\"\"\"") && !text.contains(['\r', '\t']) && !text.is_empty() => {
                let mut out = "\"\"\"\n".to_owned();
                for line in text.split('\n') {
                    let mut escaped = String::new();
                    escape(line, &mut escaped);
                    // Spaces at the ends of lines would not be seen.
                    let escaped = match escaped.strip_suffix(' ') {
                        Some(start) => format!("{start}\\u{{20}}"),
                        None => escaped,
                    };
                    out.push_str("  ");
                    out.push_str(&escaped);
                    out.push('\n');
                }
                out.push_str("  \"\"\"");
                Code::atom(out)
            }
            5 => {
                let mut out = "\"".to_owned();
                for c in text.chars() {
                    if self.c.once_in(8) {
                        out.push_str(&format!("\\u{{{:X}}}", c as u32));
                    } else if c == '$' {
                        out.push_str("\\$");
                    } else {
                        escape(&c.to_string(), &mut out);
                    }
                }
                out.push('"');
                Code::atom(out)
            }
            _ => Code::atom(quoted(text)),
        }
    }

    /// A text that is computed.
    pub(super) fn text_form(&mut self, vals: &Vals, at: Place) -> Option<Code> {
        let all: Option<Vec<&str>> = indices(at.mask).map(|env| text_of(&vals[env])).collect();
        let all = all?;
        match self.c.below(8) {
            0 => self.cased(&all, vals, at),
            1 => self.joined(vals, at),
            2 => self.element_of_split(vals, at),
            3 => self.replaced(vals, at),
            _ => self.template(vals, at),
        }
    }

    /// A text with one hole.
    fn template(&mut self, vals: &Vals, at: Place) -> Option<Code> {
        let all: Vec<String> = indices(at.mask).filter_map(|env| text_of(&vals[env]).map(str::to_owned)).collect();
        let first = all.first()?.clone();
        let (prefix, suffix) = if all.iter().all(|text| *text == first) {
            let length = first.chars().count();
            let from = self.c.below(length + 1);
            let to = from + self.c.below(length - from + 1);
            let chars: Vec<char> = first.chars().collect();
            (chars[..from].iter().collect::<String>(), chars[to..].iter().collect::<String>())
        } else {
            let prefix = common(&all, |text| text.chars().collect());
            let rest: Vec<String> = all.iter().map(|text| text[prefix.len()..].to_owned()).collect();
            let suffix = common(&rest, |text| text.chars().rev().collect()).chars().rev().collect();
            (prefix, suffix)
        };
        let inner = |text: &str| text[prefix.len()..text.len() - suffix.len()].to_owned();
        let parts = self.each(vals, at, |val| text_of(val).map(|text| Val::Text(inner(text))))?;
        let place = Place { hole: true, ..at.free() };
        let hole = self.hole(&parts, place)?;
        let mut out = "\"".to_owned();
        escape(&prefix, &mut out);
        // A dollar sign before the hole is a dollar sign.
        let space = if self.c.once_in(6) { " " } else { "" };
        out.push_str(&format!("${{{space}{}{space}}}", hole.text));
        escape(&suffix, &mut out);
        out.push('"');
        Some(Code::atom(out))
    }

    /// An expression whose text form is this.
    fn hole(&mut self, parts: &Vals, at: Place) -> Option<Code> {
        let ints: Option<Vals> = parts
            .iter()
            .map(|val| {
                let text = text_of(val)?;
                let number: i64 = text.parse().ok()?;
                (number.to_string() == text).then_some(Val::Int(number))
            })
            .collect();
        if let Some(ints) = ints {
            return self.expr(&ints, &Ty::Int, at);
        }
        let bools: Option<Vals> = parts.iter().map(|val| text_of(val)?.parse::<bool>().ok().map(Val::Bool)).collect();
        if let Some(bools) = bools {
            return self.expr(&bools, &Ty::Bool, at);
        }
        if indices(at.mask).all(|env| text_of(&parts[env]) == Some(&self.envs[env])) {
            return Some(Code::atom("environment"));
        }
        self.expr(parts, &Ty::String, at)
    }

    fn cased(&mut self, all: &[&str], vals: &Vals, at: Place) -> Option<Code> {
        let plain = |text: &str| text.is_ascii();
        if !all.iter().all(|text| plain(text)) {
            return None;
        }
        let (name, other): (_, fn(&str) -> String) = if all.iter().all(|text| *text == text.to_lowercase()) {
            ("lower", |text| text.to_uppercase())
        } else if all.iter().all(|text| *text == text.to_uppercase()) {
            ("upper", |text| text.to_lowercase())
        } else {
            return None;
        };
        let parts = self.each(vals, at, |val| text_of(val).map(|text| Val::Text(other(text))))?;
        let inner = self.expr(&parts, &Ty::String, at.free())?;
        Some(Code::new(prec::POSTFIX, format!("{name}({})", inner.text)))
    }

    fn joined(&mut self, vals: &Vals, at: Place) -> Option<Code> {
        let first = text_of(self.one(vals, at.mask)?)?.to_owned();
        let separator = [",", "", "-", ".", " "][self.c.below(5)];
        let parts: Vec<Val> = if separator.is_empty() {
            let middle = first.char_indices().nth(first.chars().count() / 2).map_or(first.len(), |(at, _)| at);
            vec![Val::text(&first[..middle]), Val::text(&first[middle..])]
        } else {
            first.split(separator).map(Val::text).collect()
        };
        let list = self.expr(&self.same(Val::List(parts)), &Ty::list(Ty::String), at.free())?;
        Some(Code::new(
            prec::POSTFIX,
            match (separator, self.c.below(3)) {
                ("", 0) => format!("join({})", list.text),
                (_, 1) => format!("join({}, separator: {})", list.text, quoted(separator)),
                (_, 2) => format!("join(separator: {}, list: {})", quoted(separator), list.text),
                _ => format!("join({}, {})", list.text, quoted(separator)),
            },
        ))
    }

    fn element_of_split(&mut self, vals: &Vals, at: Place) -> Option<Code> {
        let text = text_of(self.one(vals, at.mask)?)?.to_owned();
        if text.contains('|') {
            return None;
        }
        let index = self.c.below(3);
        let mut all = vec!["x"; index];
        all.push(&text);
        all.push("y");
        let whole = self.expr(&self.same(Val::text(all.join("|"))), &Ty::String, at.free())?;
        let index = self.expr(&self.same(Val::Int(i64::try_from(index).ok()?)), &Ty::Int, at.free())?;
        Some(Code::new(prec::POSTFIX, format!("split({}, \"|\")[{}]", whole.text, index.text)))
    }

    fn replaced(&mut self, vals: &Vals, at: Place) -> Option<Code> {
        let text = text_of(self.one(vals, at.mask)?)?.to_owned();
        let (from, to) = [("@@", "-"), ("#", "."), ("zz", "")][self.c.below(3)];
        if text.contains(from) || to.is_empty() && text.contains('z') {
            return None;
        }
        let before = if to.is_empty() { format!("{from}{text}{from}") } else { text.replace(to, from) };
        if before.replace(from, to) != text {
            return None;
        }
        let inner = self.expr(&self.same(Val::text(before)), &Ty::String, at.free())?;
        Some(Code::new(prec::POSTFIX, format!("replace({}, {}, {})", inner.text, quoted(from), quoted(to))))
    }
}

pub(super) fn text_of(val: &Val) -> Option<&str> {
    match val {
        Val::Text(text) => Some(text),
        _ => None,
    }
}

/// What all begin with, as some way of reading their characters has it.
fn common(all: &[String], read: impl Fn(&str) -> Vec<char>) -> String {
    let mut start = all.first().map(|text| read(text)).unwrap_or_default();
    for text in all {
        let same = start.iter().zip(read(text)).take_while(|(a, b)| **a == *b).count();
        start.truncate(same);
    }
    start.into_iter().collect()
}
