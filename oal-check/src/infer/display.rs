//! Types in words, for messages and hover.

use crate::program::{Def, Program};
use crate::types::{MemberInfo, Refinement, Ty, TyData};

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

    /// What to put where a value of a type must be filled in: one that fits, where the type tells one, so that only its
    /// worth is left to think about; of a union the first variant with what it needs.
    pub(crate) fn placeholder(&self, ty: Ty) -> String {
        self.placeholder_within(ty, 4)
    }

    fn placeholder_within(&self, ty: Ty, depth: u8) -> String {
        let types = &self.program.types;
        let inner = |ty: Ty| self.placeholder_within(ty, depth.saturating_sub(1));
        let members = |members: &[MemberInfo]| {
            let needed = members.iter().filter(|member| member.default.is_none() && !types.is_optional(member.ty));
            needed.map(|member| format!("{}: {}", member.name, inner(member.ty))).collect::<Vec<_>>().join(", ")
        };
        match types.data(ty) {
            TyData::Bool => "false".to_owned(),
            TyData::Int => "0".to_owned(),
            TyData::Float => "0.0".to_owned(),
            TyData::Port => "8080".to_owned(),
            TyData::Cpu => "1".to_owned(),
            TyData::Percent => "0%".to_owned(),
            TyData::Duration => "0s".to_owned(),
            TyData::Size => "0MiB".to_owned(),
            TyData::String | TyData::Text(_) => "\"\"".to_owned(),
            TyData::Range => "0..1".to_owned(),
            TyData::List(_) => "[]".to_owned(),
            TyData::Map(..) => "{}".to_owned(),
            TyData::Leveled(_, ty) => self.placeholder_within(*ty, depth),
            TyData::Refined(base, number) => {
                // The least of a range of numbers is in it.
                let least =
                    types.refinement(*number).and_then(|info| info.text.split_once("..")).map(|(least, _)| least);
                let counted = matches!(
                    types.data(types.bare(*base)),
                    TyData::List(_) | TyData::Map(..) | TyData::String | TyData::Text(_)
                );
                match least.filter(|least| !least.is_empty() && !counted) {
                    Some(least) => least.to_owned(),
                    None => self.placeholder_within(*base, depth),
                }
            }
            TyData::Record(number) if depth > 0 => match types.record(*number).map(|record| members(&record.fields)) {
                Some(fields) if !fields.is_empty() => format!("{{ {fields} }}"),
                _ => "{}".to_owned(),
            },
            TyData::Union(number) if depth > 0 => match types.union(*number).and_then(|union| union.variants.first()) {
                Some(variant) => match members(&variant.fields) {
                    fields if fields.is_empty() => variant.name.to_string(),
                    fields => format!("{}({fields})", variant.name),
                },
                None => "null".to_owned(),
            },
            TyData::Kind(kind) => {
                let of_kind = |def: &&Def| def.of.is_some_and(|of| self.program.extends(of, *kind));
                let component = self.program.defs.iter().find(of_kind);
                component
                    .map_or_else(|| "null".to_owned(), |def| self.project.slice(def.item.file, def.name).to_owned())
            }
            _ => "null".to_owned(),
        }
    }
}
