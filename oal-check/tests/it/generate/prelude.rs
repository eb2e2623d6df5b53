//! The built-in kinds as the checker knows them: every field with its type, every output with its level. Read from the checker's own
//! tables, so that a field that is added to the library is generated from then on.

use super::model::{Default, Member, Record, Rule, Ty, Union};
use oal_check::program::Program;
use oal_check::types::{self, Bound, Refinement, TyData};
use oal_check::{Options, Project, check};
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

/// A kind.
#[derive(Debug, Clone)]
pub(crate) struct Kind {
    pub(crate) name: String,
    /// Its own name and those of all that it extends.
    pub(crate) bases: Vec<String>,
    pub(crate) fields: Vec<Field>,
    pub(crate) outputs: Vec<(String, Ty)>,
}

/// A field of a kind.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) required: bool,
}

/// The kinds of which programs can declare components.
pub(crate) fn kinds() -> &'static [Kind] {
    static KINDS: OnceLock<Vec<Kind>> = OnceLock::new();
    KINDS.get_or_init(read)
}

pub(crate) fn kind(name: &str) -> &'static Kind {
    kinds().iter().find(|kind| kind.name == name).expect("a built-in kind")
}

fn read() -> Vec<Kind> {
    let mut text = "app probe {}\n".to_owned();
    for kind in oal_check::std::kind_names() {
        let _ = writeln!(text, "{kind} a_{kind} {{}}");
    }
    let checked = check(&Project::single("probe.oal", text), &Options::default());
    let program = checked.program();
    oal_check::std::kind_names()
        .map(|name| {
            let info = program.kinds.iter().find(|kind| &*kind.name == name).expect("a kind with a component is known");
            let mut bases = vec![name.to_owned()];
            let mut base = info.base;
            while let Some(next) = base.and_then(|base| program.kind(base)) {
                bases.push(next.name.to_string());
                base = next.base;
            }
            Kind {
                name: name.to_owned(),
                bases,
                fields: info
                    .fields
                    .iter()
                    .map(|field| {
                        let ty = ty(program, field.ty);
                        let optional = matches!(&ty, Ty::Optional(_))
                            || matches!(&ty, Ty::Leveled(_, inner) if matches!(**inner, Ty::Optional(_)));
                        let required = field.default.is_none() && !field.preset && !optional;
                        Field { name: field.name.to_string(), ty, required }
                    })
                    .collect(),
                outputs: info.outputs.iter().map(|out| (out.name.to_string(), ty(program, out.ty))).collect(),
            }
        })
        .collect()
}

fn members(program: &Program, fields: &[types::MemberInfo]) -> Vec<Member> {
    fields
        .iter()
        .map(|field| {
            let ty = ty(program, field.ty);
            let default = match &ty {
                _ if field.default.is_some() => Default::Unknown,
                Ty::Optional(_) => Default::Known(super::model::Val::Null),
                Ty::Leveled(_, inner) if matches!(**inner, Ty::Optional(_)) => Default::Unknown,
                _ => Default::Required,
            };
            Member { name: field.name.to_string(), ty, default }
        })
        .collect()
}

fn ty(program: &Program, of: types::Ty) -> Ty {
    let part = |inner: types::Ty| Arc::new(ty(program, inner));
    match *program.types.data(of) {
        TyData::Bool => Ty::Bool,
        TyData::Int => Ty::Int,
        TyData::Float => Ty::Float,
        TyData::String => Ty::String,
        TyData::Duration => Ty::Duration,
        TyData::Size => Ty::Size,
        TyData::Cpu => Ty::Cpu,
        TyData::Percent => Ty::Percent,
        TyData::Port => Ty::Port,
        TyData::Text(text) => Ty::Text(text),
        TyData::PortName => Ty::PortName,
        TyData::Endpoint => Ty::Endpoint,
        TyData::Environment => Ty::Environment,
        TyData::List(inner) => Ty::List(part(inner)),
        TyData::Map(key, value) => Ty::Map(part(key), part(value)),
        TyData::Optional(inner) => Ty::Optional(part(inner)),
        TyData::Leveled(level, inner) => Ty::Leveled(level, part(inner)),
        TyData::Record(number) => {
            let record = program.types.record(number).expect("a record of the table");
            let name = record.name.as_ref().map(ToString::to_string);
            Ty::Record(Arc::new(Record { name, fields: members(program, &record.fields) }))
        }
        TyData::Union(number) => {
            let union = program.types.union(number).expect("a union of the table");
            let variants = union.variants.iter().map(|v| (v.name.to_string(), members(program, &v.fields))).collect();
            Ty::Union(Arc::new(Union { name: union.name.as_ref().map(ToString::to_string), variants }))
        }
        TyData::Kind(kind) => Ty::Kind(program.kind(kind).expect("a kind of the table").name.to_string()),
        TyData::Refined(base, number) => {
            let rule = match &program.types.refinement(number).expect("a refinement of the table").rule {
                Refinement::Range { low, high } => Rule::Range(low.map(Bound::as_f64), high.map(Bound::as_f64)),
                Refinement::Matches(pattern) => Rule::Matches(pattern.to_string()),
            };
            Ty::Refined(part(base), rule)
        }
        TyData::Unknown | TyData::Null | TyData::Range => panic!("a field of the library has no such type"),
    }
}
