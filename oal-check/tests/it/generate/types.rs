//! Types of the program's own.

use super::model::{Default, Member, Record, Rule, Ty, Union, Val};
use super::{Maker, Place};
use oal_check::text::TextType;
use std::sync::Arc;

/// A type that the program declares.
#[derive(Debug, Clone)]
pub(super) struct Named {
    file: usize,
    name: String,
    ty: Ty,
}

const SCALARS: [Ty; 9] =
    [Ty::Int, Ty::String, Ty::Bool, Ty::Duration, Ty::Size, Ty::Cpu, Ty::Float, Ty::Percent, Ty::Port];

const TEXTS: [TextType; 10] = [
    TextType::Host,
    TextType::Url,
    TextType::HttpPath,
    TextType::FilePath,
    TextType::Image,
    TextType::Cron,
    TextType::Email,
    TextType::EnvName,
    TextType::Digest,
    TextType::IpAddr,
];

impl Maker<'_> {
    /// A random type whose values can be written down, as it can be named in a file.
    pub(super) fn ty(&mut self, file: usize, depth: usize) -> Ty {
        match self.c.below(if depth > 2 { 6 } else { 13 }) {
            0..=3 => SCALARS[self.c.below(SCALARS.len())].clone(),
            4 => Ty::Text(TEXTS[self.c.below(TEXTS.len())]),
            5 => self.refined(),
            6 | 7 => {
                let fitting: Vec<usize> = (0..self.types.len()).filter(|at| self.types[*at].file <= file).collect();
                if fitting.is_empty() { Ty::Int } else { self.types[fitting[self.c.below(fitting.len())]].ty.clone() }
            }
            8 => self.ty(file, depth + 1).optional(),
            9 => Ty::list(self.ty(file, depth + 1)),
            10 => Ty::map(self.ty(file, depth + 1)),
            11 => self.record(file, depth + 1),
            _ => Ty::Map(Arc::new(Ty::Text(TextType::EnvName)), Arc::new(self.ty(file, depth + 1))),
        }
    }

    fn refined(&mut self) -> Ty {
        let (ty, low, high) = match self.c.below(7) {
            0 => (Ty::Int, -5.0, 50.0),
            1 => (Ty::Duration, 1_000.0, 3_600_000.0),
            2 => (Ty::Size, 1024.0, 1_073_741_824.0),
            3 => (Ty::Port, 1024.0, 2048.0),
            4 => (Ty::Percent, 1.0, 100.0),
            5 => (Ty::list(Ty::Int), 1.0, 3.0),
            _ => (Ty::String, 1.0, 12.0),
        };
        let rule = match self.c.below(4) {
            0 => Rule::Range(Some(low), None),
            1 => Rule::Range(None, Some(high)),
            2 if ty == Ty::String => Rule::Matches(
                self.c.of(&["^[a-z][a-z0-9]*$", "^v[0-9]+\\.[0-9]+$", "^(eu|us)-[a-c]$", "[0-9]{2,3}"]).to_owned(),
            ),
            _ => Rule::Range(Some(low), Some(high)),
        };
        Ty::Refined(Arc::new(ty), rule)
    }

    fn declared_members(&mut self, file: usize, depth: usize, count: usize) -> Vec<Member> {
        let mut members: Vec<Member> = Vec::new();
        for _ in 0..count {
            let ty = self.ty(file, depth + 1);
            let default = match self.c.below(3) {
                0 => Default::Known(self.value(&ty)),
                _ if matches!(ty, Ty::Optional(_)) => Default::Known(Val::Null),
                _ => Default::Required,
            };
            let name = self.c.of(&["size", "calls", "path", "if", "type", "name", "in", "match", "level"]).to_owned();
            let name = format!("{name}{}", if self.c.once_in(2) { "_1" } else { "" });
            if members.iter().all(|member| member.name != name) {
                members.push(Member { name, ty, default });
            }
        }
        members
    }

    fn record(&mut self, file: usize, depth: usize) -> Ty {
        let count = 1 + self.c.below(3);
        Ty::Record(Arc::new(Record { name: None, fields: self.declared_members(file, depth, count) }))
    }

    /// `type Name = …`
    pub(super) fn declare_type(&mut self) {
        let file = self.some_file();
        self.serial += 1;
        let name = format!("{}{}", self.c.of(&["Tier", "Limit", "Store", "X"]), self.serial);
        let at = self.top(file);
        let (ty, text) = match self.c.below(4) {
            0 => {
                let count = 1 + self.c.below(4);
                let record = Record { name: Some(name.clone()), fields: self.declared_members(file, 0, count) };
                let text = self.record_text(&record.fields, at);
                (Ty::Record(Arc::new(record)), text)
            }
            1 | 2 => {
                let mut variants: Vec<(String, Vec<Member>)> = Vec::new();
                for index in 0..2 + self.c.below(3) {
                    let word = self.c.of(&["free", "paid", "disk", "memory", "off", "a"]);
                    let count = if self.c.once_in(3) { 1 + self.c.below(2) } else { 0 };
                    let fields = self.declared_members(file, 1, count);
                    variants.push((format!("{word}{index}"), fields));
                }
                let mut text = String::new();
                for (at_variant, (variant, fields)) in variants.iter().enumerate() {
                    if at_variant > 0 {
                        text.push_str(" | ");
                    }
                    text.push_str(variant);
                    if !fields.is_empty() {
                        let all: Vec<String> = fields.iter().map(|field| self.member_text(field, at)).collect();
                        text.push_str(&format!("({})", all.join(", ")));
                    }
                }
                (Ty::Union(Arc::new(Union { name: Some(name.clone()), variants })), text)
            }
            _ => {
                let ty = self.ty(file, 0);
                // A name for a type that has one already would be the same type under another name.
                let text = self.type_text(&ty, at);
                (ty, text)
            }
        };
        let doc = if self.c.once_in(3) { "/// What it is for.\n" } else { "" };
        self.declare(file, format!("{doc}type {name} = {text}\n"));
        self.types.push(Named { file, name, ty });
    }

    /// A type as it is written.
    pub(super) fn type_text(&mut self, ty: &Ty, at: Place) -> String {
        match ty {
            Ty::Bool => "Bool".to_owned(),
            Ty::Int => "Int".to_owned(),
            Ty::Float => "Float".to_owned(),
            Ty::String => "String".to_owned(),
            Ty::Duration => "Duration".to_owned(),
            Ty::Size => "Size".to_owned(),
            Ty::Cpu => "Cpu".to_owned(),
            Ty::Percent => "Percent".to_owned(),
            Ty::Port => "Port".to_owned(),
            Ty::PortName => "PortName".to_owned(),
            Ty::Endpoint => "Endpoint".to_owned(),
            Ty::Environment => "Environment".to_owned(),
            Ty::Text(text) => text.name().to_owned(),
            Ty::Kind(kind) => kind.clone(),
            Ty::List(inner) => format!("List<{}>", self.type_text(inner, at)),
            Ty::Map(key, inner) => format!("Map<{}, {}>", self.type_text(key, at), self.type_text(inner, at)),
            Ty::Leveled(level, inner) => format!("{} {}", level.name(), self.type_text(inner, at)),
            Ty::Optional(inner) => match &**inner {
                Ty::Refined(..) => format!("({})?", self.type_text(inner, at)),
                _ => format!("{}?", self.type_text(inner, at)),
            },
            Ty::Refined(inner, rule) => format!("{} where {}", self.type_text(inner, at), self.rule_text(inner, rule)),
            Ty::Record(record) => match &record.name {
                Some(_) => self.type_name(ty, at),
                None => self.record_text(&record.fields, at),
            },
            Ty::Union(_) => self.type_name(ty, at),
        }
    }

    fn type_name(&mut self, ty: &Ty, at: Place) -> String {
        match self.types.iter().find(|named| named.ty == *ty).cloned() {
            Some(named) => self.refer(named.file, &named.name, at),
            None => match ty {
                Ty::Record(record) => record.name.clone().unwrap_or_default(),
                Ty::Union(union) => union.name.clone().unwrap_or_default(),
                _ => panic!("{ty:?} has no name"),
            },
        }
    }

    fn record_text(&mut self, fields: &[Member], at: Place) -> String {
        let all: Vec<String> = fields.iter().map(|field| self.member_text(field, at)).collect();
        super::literals::braces(&all)
    }

    fn member_text(&mut self, field: &Member, at: Place) -> String {
        let ty = self.type_text(&field.ty, at);
        match &field.default {
            Default::Known(val) if !(matches!(field.ty, Ty::Optional(_)) && *val == Val::Null) => {
                let vals = self.same(val.clone());
                let value = self.told(&vals, &field.ty, Place { depth: 9, ..at });
                format!("{}: {ty} = {}", field.name, value.text)
            }
            _ => format!("{}: {ty}", field.name),
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "bounds are whole")]
    fn rule_text(&mut self, base: &Ty, rule: &Rule) -> String {
        let (low, high) = match rule {
            Rule::Matches(pattern) if self.c.once_in(2) => return format!("matches r\"{pattern}\""),
            Rule::Matches(pattern) => return format!("matches {}", super::texts::quoted(pattern)),
            Rule::Range(low, high) => (*low, *high),
        };
        match (low, high) {
            (Some(low), Some(high)) => {
                let low = self.bound(base, low);
                if matches!(base.bare(), Ty::Int | Ty::Port | Ty::String | Ty::List(_)) && self.c.once_in(2) {
                    format!("{low}..{}", high as i64 + 1)
                } else {
                    let high = self.bound(base, high);
                    format!("{low}..={high}")
                }
            }
            (Some(low), None) => format!("{}..", self.bound(base, low)),
            (None, Some(high)) => format!("..={}", self.bound(base, high)),
            (None, None) => panic!("a range has an end"),
        }
    }

    /// An end of a range.
    #[expect(clippy::cast_possible_truncation, reason = "bounds are whole")]
    fn bound(&mut self, base: &Ty, x: f64) -> String {
        let val = match base.bare() {
            Ty::Duration => Val::Duration(x as i64),
            Ty::Size => Val::Size(x as i64),
            Ty::Cpu => Val::Cpu(x as i64),
            Ty::Percent => Val::Percent(x),
            _ => Val::Int(x as i64),
        };
        let ty = if matches!(val, Val::Int(_)) { Ty::Int } else { base.bare().clone() };
        let top = self.top(self.root());
        let code = self.literal(&val, &ty, Place { free: true, ..top });
        code.map(|code| code.text).unwrap_or_default()
    }
}
