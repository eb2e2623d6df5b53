//! What may stand behind a dot.

use super::{Kind, Known, Type, definition, keys, kind_ports, kind_type, library, ports, value_of, written};
use oal_check::program::{Place, Program};
use oal_check::types::{MemberInfo, Ty};

/// A part of a value: what may follow a dot.
#[derive(Debug, Clone)]
pub(crate) struct Part<'a> {
    pub(crate) name: String,
    pub(crate) known: Known<'a>,
    pub(crate) what: PartKind,
    /// Where it is declared.
    pub(crate) at: Option<(&'a Program, Place)>,
}

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartKind {
    Output,
    Field,
    Port,
    Nested,
    Member,
}

/// All that may stand behind a dot.
pub(crate) fn parts<'a>(known: Known<'a>) -> Vec<Part<'a>> {
    let Some(ty) = known.ty else {
        let written = known.value.map(keys).unwrap_or_default();
        let part = |(name, known, _)| Part { name, known, what: PartKind::Member, at: None };
        return written.into_iter().map(part).collect();
    };
    let part = |name: &str, ty: Ty, what, at| {
        let known = Known { ty: Some(Type::new(known_program(known), ty)), ..Known::default() };
        Part { name: name.to_owned(), known, what, at }
    };
    if let Some(kind) = ty.kind() {
        return component_parts(kind, known).into_iter().chain(component_fields(kind, known)).collect();
    }
    if let Some(fields) = ty.record() {
        let written = known.value.map(keys).unwrap_or_default();
        let one = |field: &MemberInfo| {
            let mut part = part(&field.name, field.ty, PartKind::Member, Some((ty.program, field.at)));
            part.known.ty = Some(ty.with(field.ty));
            part.known.value =
                written.iter().find(|(name, ..)| **name == *field.name).and_then(|(_, known, _)| known.value);
            part
        };
        return fields.iter().map(one).collect();
    }
    if let Some(inner) = ty.map_value() {
        let written = known.value.map(keys).unwrap_or_default().into_iter();
        return written
            .filter(|(name, ..)| is_name(name))
            .map(|(name, of, span)| {
                let at = of.value.map(|(program, file, _)| (program, Place { file, span }));
                Part { name, known: Known { ty: Some(inner), ..of }, what: PartKind::Member, at }
            })
            .collect();
    }
    Vec::new()
}

fn known_program(known: Known<'_>) -> &Program {
    match known.ty {
        Some(ty) => ty.program,
        None => library(),
    }
}

/// Whether a text can stand behind a dot.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What a component has beside its fields: outputs, ports, components in it.
pub(crate) fn component_parts<'a>(kind: Kind<'a>, known: Known<'a>) -> Vec<Part<'a>> {
    let program = kind.program;
    let Some(info) = kind.info() else { return Vec::new() };
    let typed = |ty: Ty| Known { ty: Some(Type::new(program, ty)), ..Known::default() };
    let mut found = Vec::new();
    for output in &info.outputs {
        let at = Some((program, output.at));
        found.push(Part { name: output.name.to_string(), known: typed(output.ty), what: PartKind::Output, at });
    }
    let ports = known.def.map_or_else(|| kind_ports(kind), |(program, def)| ports(program, def));
    for (name, place, of) in ports.into_iter().filter(|(name, ..)| is_name(name)) {
        let known = typed(Ty::ENDPOINT);
        found.push(Part { name, known, what: PartKind::Port, at: Some((of, place)) });
    }
    for nested in &info.nested {
        let ty = nested.of.map(|id| kind_type(Kind { program, id }));
        let item = program.project.file(nested.item.file).parse.tree.item(nested.item.item);
        let at = Some((program, Place { file: nested.item.file, span: item.span }));
        let known = Known { ty, ..Known::default() };
        found.push(Part { name: nested.name.to_string(), known, what: PartKind::Nested, at });
    }
    found
}

fn component_fields<'a>(kind: Kind<'a>, known: Known<'a>) -> impl Iterator<Item = Part<'a>> {
    let program = kind.program;
    kind.info().into_iter().flat_map(|info| &info.fields).map(move |field| {
        let value = known.def.and_then(|(program, def)| written(program, def, &field.name));
        let known = Known { ty: Some(Type::new(program, field.ty)), value, ..Known::default() };
        Part { name: field.name.to_string(), known, what: PartKind::Field, at: Some((program, field.at)) }
    })
}

/// One part by its name.
pub(crate) fn step<'a>(program: &'a Program, known: Known<'a>, name: &str) -> Known<'a> {
    if let Some(file) = known.namespace {
        return definition(program, file, name).map(|(id, _)| value_of(program, id)).unwrap_or_default();
    }
    if let Some(kind) = known.ty.and_then(Type::kind)
        && let Some(ty) = kind.field_type(name)
    {
        let value = known.def.and_then(|(program, def)| written(program, def, name));
        return Known { ty: Some(ty), value, ..Known::default() };
    }
    parts(known).into_iter().find(|part| part.name == name).map(|part| part.known).unwrap_or_default()
}
