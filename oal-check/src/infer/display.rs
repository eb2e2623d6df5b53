//! Types in words, for messages and hover.

use crate::program::Program;
use crate::types::{Refinement, Ty, TyData};

impl Program {
    /// A type as a user would write it.
    #[must_use]
    pub fn show_type(&self, ty: Ty) -> String {
        match self.types.data(ty) {
            TyData::Unknown => "unknown".to_owned(),
            TyData::Null => "null".to_owned(),
            TyData::Bool => "Bool".to_owned(),
            TyData::Int => "Int".to_owned(),
            TyData::Float => "Float".to_owned(),
            TyData::String => "String".to_owned(),
            TyData::Duration => "Duration".to_owned(),
            TyData::Size => "Size".to_owned(),
            TyData::Cpu => "Cpu".to_owned(),
            TyData::Percent => "Percent".to_owned(),
            TyData::Port => "Port".to_owned(),
            TyData::Text(text) => text.name().to_owned(),
            TyData::PortName => "PortName".to_owned(),
            TyData::Endpoint => "Endpoint".to_owned(),
            TyData::Environment => "environment".to_owned(),
            TyData::Range => "range".to_owned(),
            TyData::List(inner) => format!("List<{}>", self.show_type(*inner)),
            TyData::Map(key, value) => format!("Map<{}, {}>", self.show_type(*key), self.show_type(*value)),
            TyData::Optional(inner) => match self.types.data(*inner) {
                TyData::Refined(..) => format!("({})?", self.show_type(*inner)),
                _ => format!("{}?", self.show_type(*inner)),
            },
            TyData::Record(number) => self.types.record(*number).map_or_else(String::new, |record| {
                record.name.as_ref().map_or_else(
                    || {
                        let fields: Vec<String> =
                            record.fields.iter().map(|f| format!("{}: {}", f.name, self.show_type(f.ty))).collect();
                        format!("{{ {} }}", fields.join(", "))
                    },
                    ToString::to_string,
                )
            }),
            TyData::Union(number) => self.types.union(*number).map_or_else(String::new, |union| {
                union.name.as_ref().map_or_else(
                    || union.variants.iter().map(|v| &*v.name).collect::<Vec<_>>().join(" | "),
                    ToString::to_string,
                )
            }),
            TyData::Kind(kind) => self.kind(*kind).map_or_else(String::new, |kind| kind.name.to_string()),
            TyData::Refined(inner, number) => self.types.refinement(*number).map_or_else(
                || self.show_type(*inner),
                |info| match info.rule {
                    Refinement::Range { .. } | Refinement::Matches(_) => {
                        format!("{} where {}", self.show_type(*inner), info.text)
                    }
                },
            ),
            TyData::Leveled(level, inner) => format!("{} {}", level.name(), self.show_type(*inner)),
        }
    }
}

impl crate::checker::Checker<'_> {
    /// A type in a message: `a String`, quoted.
    pub(crate) fn show(&self, ty: Ty) -> String {
        match self.program.types.data(self.program.types.bare(ty)) {
            TyData::Unknown | TyData::Null if ty == Ty::NULL => "null".to_owned(),
            TyData::Kind(_) => {
                let name = self.program.show_type(ty);
                let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
                format!("{article} {name}")
            }
            _ => format!("`{}`", self.program.show_type(ty)),
        }
    }
}

impl crate::checker::Checker<'_> {
    /// What a place takes, without its ranges and whether it may be left out: enough to say that something else stands there.
    pub(crate) fn show_plain(&self, ty: Ty) -> String {
        let mut plain = ty;
        while let TyData::Optional(inner) | TyData::Refined(inner, _) = *self.program.types.data(plain) {
            plain = inner;
        }
        self.show(plain)
    }
}

/// What to put where a value of a type must be filled in.
pub(crate) fn placeholder(shown: &str) -> &'static str {
    match shown.trim_matches('`') {
        "Bool" => "false",
        "Int" | "Port" => "0",
        "Duration" => "0s",
        "Size" => "0MiB",
        "String" | "Host" | "Url" | "HttpPath" | "FilePath" | "Image" | "Cron" | "Regex" | "Email" => "\"\"",
        other if other.starts_with("List<") => "[]",
        other if other.starts_with("Map<") => "{}",
        _ => "null",
    }
}
