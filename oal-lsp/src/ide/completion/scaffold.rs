//! Pieces of program with gaps: components, values of records and variants, keys with the brackets of their values.

use super::tables::{Kind, Type};
use oal_check::types::{MemberInfo, TyData};
use oal_syntax::ast::{EntryValue, ItemKind};
use oal_syntax::doc;

/// A text with gaps, written twice: with the signs of gaps and without.
#[derive(Debug, Default)]
pub(super) struct Scaffold {
    pub(super) snippet: String,
    pub(super) plain: String,
    gaps: usize,
}

impl Scaffold {
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.escaped(text, &['$', '\\'])
    }

    fn escaped(&mut self, text: &str, signs: &[char]) -> &mut Self {
        for letter in text.chars() {
            if signs.contains(&letter) {
                self.snippet.push('\\');
            }
            self.snippet.push(letter);
        }
        self.plain.push_str(text);
        self
    }

    /// A gap with what stands there until it is filled.
    pub(super) fn gap(&mut self, text: &str) -> &mut Self {
        self.gaps += 1;
        self.snippet.push_str(&format!("${{{}:", self.gaps));
        self.escaped(text, &['$', '\\', '}']);
        self.snippet.push('}');
        self
    }

    /// A gap with a value that is written down; its quotes stay.
    fn said(&mut self, value: &str) -> &mut Self {
        match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
            Some(text) => self.text("\"").gap(text).text("\""),
            None => self.gap(value),
        }
    }

    /// A gap for one of several words.
    fn choice(&mut self, words: &[&str]) -> &mut Self {
        let Some(first) = words.first() else { return self.gap("") };
        self.gaps += 1;
        self.snippet.push_str(&format!("${{{}|{}|}}", self.gaps, words.join(",")));
        self.plain.push_str(first);
        self
    }

    pub(super) fn end(&mut self) -> &mut Self {
        self.snippet.push_str("$0");
        self
    }

    /// A gap for a value of a type.
    pub(super) fn value(&mut self, ty: Type<'_>) -> &mut Self {
        if let Some(variants) = ty.variants() {
            let plain: Vec<&str> =
                variants.iter().filter(|variant| variant.fields.is_empty()).map(|variant| &*variant.name).collect();
            return match plain[..] {
                [] => self.gap(&variants.first().map_or_else(String::new, |variant| variant.name.to_string())),
                _ => self.choice(&plain),
            };
        }
        match ty.bare() {
            Some(TyData::Bool) => self.choice(&["true", "false"]),
            Some(TyData::String) => self.text("\"").gap("").text("\""),
            Some(TyData::Text(text)) => self.text("\"").gap(text.example()).text("\""),
            Some(TyData::Int) => self.gap("1"),
            Some(TyData::Float) => self.gap("1.0"),
            Some(TyData::Port) => self.gap("8080"),
            Some(TyData::Duration) => self.gap("30s"),
            Some(TyData::Size) => self.gap("1GiB"),
            Some(TyData::Cpu) => self.gap("500m"),
            Some(TyData::Percent) => self.gap("80%"),
            Some(TyData::List(_)) => self.text("[").gap("").text("]"),
            Some(TyData::Map(..) | TyData::Record(_)) => self.text("{ ").gap("").text(" }"),
            _ => self.gap(""),
        }
    }

    /// The members of a record or variant that must be given: `a: …, b: …`.
    pub(super) fn required(&mut self, ty: Type<'_>, members: &[MemberInfo]) -> &mut Self {
        let mut first = true;
        for member in members.iter().filter(|member| must(ty, member)) {
            if !first {
                self.text(", ");
            }
            first = false;
            self.text(&format!("{}: ", member.name)).value(ty.with(member.ty));
        }
        self
    }
}

/// Whether a member must be given.
pub(super) fn must(ty: Type<'_>, member: &MemberInfo) -> bool {
    member.default.is_none() && !ty.with(member.ty).is_optional()
}

/// A component of a kind, from its name on: with the fields that it must have, or else with those that the kind's own example has.
pub(super) fn component(kind: Kind<'_>, name: &str) -> Scaffold {
    let mut scaffold = Scaffold::default();
    scaffold.text(&format!("{name} ")).gap("name").text(" {");
    let Some(info) = kind.info() else {
        scaffold.text("\n  ").end().text("\n}");
        return scaffold;
    };
    let required: Vec<_> = info.required.iter().filter_map(|slot| info.fields.get(usize::from(*slot))).collect();
    let example = example(kind);
    for field in &required {
        let ty = Type::new(kind.program, field.ty);
        // A number or text of the example; names in it mean nothing here.
        let literal =
            |value: &str| value.starts_with(|c: char| c.is_ascii_digit() || c == '"') && ty.variants().is_none();
        let said = example.iter().find(|(key, value)| **key == *field.name && literal(value));
        scaffold.text(&format!("\n  {}: ", field.name));
        match said {
            Some((_, value)) => scaffold.said(value),
            None => scaffold.value(ty),
        };
    }
    let example = if required.is_empty() { example } else { Vec::new() };
    for (key, value) in &example {
        scaffold.text(&format!("\n  {key}: ")).said(value);
    }
    if required.is_empty() && example.is_empty() {
        scaffold.text("\n  ").end();
    }
    scaffold.text("\n}");
    scaffold
}

/// The fields of the first component in the example of a kind's documentation, which is OAL itself.
fn example(kind: Kind<'_>) -> Vec<(String, String)> {
    let Some(item) = kind.info().and_then(|info| info.item) else { return Vec::new() };
    let file = kind.program.project.file(item.file);
    let at = file.parse.tree.item(item.item).span.start;
    let docs = doc::doc_before(&file.parse, &file.text, at).unwrap_or_default();
    let Some((_, block)) = docs.split_once("```oal\n") else { return Vec::new() };
    let source = block.split("```").next().unwrap_or_default();
    let parse = oal_syntax::parse(source);
    let tree = &parse.tree;
    let body = tree.top.iter().find_map(|id| match tree.item(*id).kind {
        ItemKind::Component { of, body, .. } if of.text(source) == kind.name() => Some(body),
        _ => None,
    });
    let entries = body.map(|body| tree.entries(body.entries)).unwrap_or_default();
    let field = |entry: &oal_syntax::ast::Entry| match entry.value {
        EntryValue::Set(value) => {
            Some((entry.key.text(source).to_owned(), tree.expr(value).span.text(source).to_owned()))
        }
        _ => None,
    };
    entries.iter().filter_map(field).collect()
}

/// A key with the brackets of its value, and whether a value is to be completed in it at once.
pub(super) fn key(name: &str, ty: Type<'_>) -> (Scaffold, bool) {
    let mut scaffold = Scaffold::default();
    scaffold.text(&format!("{name}: "));
    let more = match ty.bare() {
        Some(TyData::List(_)) => {
            scaffold.text("[").end().text("]");
            true
        }
        Some(TyData::Map(..) | TyData::Record(_)) => {
            scaffold.text("{ ").end().text(" }");
            true
        }
        _ => {
            scaffold.end();
            true
        }
    };
    (scaffold, more)
}

/// A variant with what it must be given, or its bare name.
pub(super) fn variant(ty: Type<'_>, name: &str, fields: &[MemberInfo]) -> Option<Scaffold> {
    if fields.is_empty() {
        return None;
    }
    let mut scaffold = Scaffold::default();
    scaffold.text(&format!("{name}("));
    if fields.iter().any(|field| must(ty, field)) {
        scaffold.required(ty, fields).text(")").end();
    } else {
        scaffold.end().text(")");
    }
    Some(scaffold)
}
