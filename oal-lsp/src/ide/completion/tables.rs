//! What a check knows of names, kinds and types, for text that it has not seen: all is found by name. Built-in kinds and types that the
//! program does not use yet come from a check of a program that uses them all, made once.

use oal_check::program::{Def, DefId, DefKind, FieldInfo, KindId, KindInfo, Place, Program};
use oal_check::types::{MemberInfo, Ty, TyData, VariantInfo};
use oal_check::{Checked, Options, Project, check};
use oal_syntax::ast::{EntryValue, ExprId, ExprKind, ItemKind, List};
use oal_syntax::{FileId, Span, key};
use std::sync::OnceLock;

/// A type of one of the two programs, or a list of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Type<'a> {
    pub(crate) program: &'a Program,
    pub(crate) ty: Ty,
    /// Whether a list of it is meant.
    pub(crate) list: bool,
    /// The kind whose components are meant, where the program has no number for their type.
    pub(crate) of: Option<KindId>,
}

/// A kind of one of the two programs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind<'a> {
    pub(crate) program: &'a Program,
    pub(crate) id: KindId,
}

/// A value as far as it is known.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known<'a> {
    /// Its type.
    pub(crate) ty: Option<Type<'a>>,
    /// The component that it is, or whose field it is.
    pub(crate) def: Option<(&'a Program, DefId)>,
    /// The expression that says it.
    pub(crate) value: Option<(&'a Program, FileId, ExprId)>,
    /// A file brought in as a whole.
    pub(crate) namespace: Option<FileId>,
}

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

/// All built-in kinds and types.
pub(crate) fn library() -> &'static Program {
    static LIBRARY: OnceLock<Checked> = OnceLock::new();
    LIBRARY
        .get_or_init(|| {
            let mut text = "app library {}\n".to_owned();
            for (at, name) in oal_check::std::names().enumerate() {
                if oal_check::std::is_kind(name) {
                    text.push_str(&format!("{name} of_{name} {{}}\n"));
                } else {
                    text.push_str(&format!("type T{at} = {name}\n"));
                }
            }
            check(&Project::single("library.oal", text), &Options::default())
        })
        .program()
}

impl<'a> Type<'a> {
    pub(crate) const fn new(program: &'a Program, ty: Ty) -> Self {
        Self { program, ty, list: false, of: None }
    }

    /// What it is without level, `?` and refinements; `None` for a list that is only meant.
    pub(crate) fn bare(self) -> Option<&'a TyData> {
        (!self.list && self.of.is_none()).then(|| self.program.types.data(self.program.types.bare(self.ty)))
    }

    pub(crate) fn with(self, ty: Ty) -> Self {
        Self::new(self.program, ty)
    }

    /// The type of a list's elements.
    pub(crate) fn element(self) -> Option<Self> {
        if self.list {
            return Some(Self { list: false, ..self });
        }
        match self.bare()? {
            TyData::List(inner) => Some(self.with(*inner)),
            TyData::Range => Some(self.with(Ty::INT)),
            _ => None,
        }
    }

    /// The type of a map's values.
    pub(crate) fn map_value(self) -> Option<Self> {
        match self.bare()? {
            TyData::Map(_, value) => Some(self.with(*value)),
            _ => None,
        }
    }

    /// The type of a map's keys.
    pub(crate) fn map_key(self) -> Option<Self> {
        match self.bare()? {
            TyData::Map(key, _) => Some(self.with(*key)),
            _ => None,
        }
    }

    pub(crate) fn record(self) -> Option<&'a [MemberInfo]> {
        match self.bare()? {
            TyData::Record(number) => self.program.types.record(*number).map(|record| record.fields.as_slice()),
            _ => None,
        }
    }

    pub(crate) fn variants(self) -> Option<&'a [VariantInfo]> {
        match self.bare()? {
            TyData::Union(number) => self.program.types.union(*number).map(|union| union.variants.as_slice()),
            _ => None,
        }
    }

    pub(crate) fn kind(self) -> Option<Kind<'a>> {
        if let Some(id) = self.of.filter(|_| !self.list) {
            return Some(Kind { program: self.program, id });
        }
        match self.bare()? {
            TyData::Kind(id) => Some(Kind { program: self.program, id: *id }),
            _ => None,
        }
    }

    pub(crate) fn show(self) -> String {
        let kind = self.of.and_then(|id| self.program.kind(id));
        let shown = kind.map_or_else(|| self.program.show_type(self.ty), |kind| kind.name.to_string());
        if self.list { format!("List<{shown}>") } else { shown }
    }

    pub(crate) fn is_optional(self) -> bool {
        !self.list && self.of.is_none() && self.program.types.is_optional(self.program.types.split_level(self.ty).0)
    }
}

impl<'a> Kind<'a> {
    pub(crate) fn info(self) -> Option<&'a KindInfo> {
        self.program.kind(self.id)
    }

    pub(crate) fn name(self) -> &'a str {
        self.info().map_or("", |info| &info.name)
    }

    pub(crate) fn field(self, name: &str) -> Option<&'a FieldInfo> {
        let info = self.info()?;
        info.fields.get(usize::from(*info.field_index.get(name)?))
    }

    pub(crate) fn field_type(self, name: &str) -> Option<Type<'a>> {
        self.field(name).map(|field| Type::new(self.program, field.ty))
    }

    /// Whether a value of this kind is taken where `other` is wanted.
    pub(crate) fn is(self, other: Self) -> bool {
        if std::ptr::eq(self.program, other.program) {
            return self.program.extends(self.id, other.id);
        }
        let mut at = Some(self.id);
        while let Some(info) = at.and_then(|id| self.program.kind(id)) {
            if info.name == other.info().map_or_else(Box::default, |other| other.name.clone()) {
                return true;
            }
            at = info.base;
        }
        false
    }
}

/// The definition of a name in a file.
pub(crate) fn definition<'a>(program: &'a Program, file: FileId, name: &str) -> Option<(DefId, &'a Def)> {
    let id = program.named(file, name)?;
    Some((id, program.def(id)?))
}

/// A kind by its written path: `web`, `lib.web`.
pub(crate) fn kind<'a>(program: &'a Program, file: FileId, path: &str) -> Option<Kind<'a>> {
    let own = match path.split_once('.') {
        Some((space, name)) => {
            program.namespace(file, space.trim()).and_then(|file| definition(program, file, name.trim()))
        }
        None => definition(program, file, path),
    };
    if let Some((_, def)) = own.filter(|(_, def)| def.kind == DefKind::Kind) {
        let at = program.kinds.iter().position(|info| info.item == Some(def.item))?;
        return Some(Kind { program, id: KindId(u32::try_from(at).ok()?) });
    }
    built_in_kind(program, path)
}

fn built_in_kind<'a>(program: &'a Program, name: &str) -> Option<Kind<'a>> {
    let find = |program: &'a Program| {
        let at = program.kinds.iter().position(|info| {
            &*info.name == name && info.item.is_some_and(|item| oal_check::std::index(item.file).is_some())
        })?;
        // One that is only mentioned as a type is not filled in.
        let filled = program.kinds.get(at).is_some_and(|info| !info.fields.is_empty());
        filled.then(|| u32::try_from(at).ok().map(|id| Kind { program, id: KindId(id) }))?
    };
    find(program).or_else(|| find(library()))
}

/// A type by its written name, where it is a plain one.
pub(crate) fn named_type<'a>(program: &'a Program, file: FileId, name: &str) -> Option<Type<'a>> {
    let name = name.trim().trim_end_matches('?');
    let primitive = [
        ("Bool", Ty::BOOL),
        ("Int", Ty::INT),
        ("Float", Ty::FLOAT),
        ("String", Ty::STRING),
        ("Duration", Ty::DURATION),
        ("Size", Ty::SIZE),
        ("Cpu", Ty::CPU),
        ("Percent", Ty::PERCENT),
        ("Port", Ty::PORT),
        ("PortName", Ty::PORT_NAME),
        ("Endpoint", Ty::ENDPOINT),
    ];
    if let Some((_, ty)) = primitive.iter().find(|(known, _)| *known == name) {
        return Some(Type::new(program, *ty));
    }
    let of = |program: &'a Program, id: DefId| program.def_types.get(&id).map(|ty| Type::new(program, *ty));
    let own = match name.split_once('.') {
        Some((space, name)) => program.namespace(file, space).and_then(|file| definition(program, file, name)),
        None => definition(program, file, name),
    };
    if let Some((id, _)) = own.filter(|(_, def)| def.kind == DefKind::Type) {
        return of(program, id);
    }
    if let Some(kind) = kind(program, file, name) {
        return Some(kind_type(kind));
    }
    let library = library();
    let at = library.defs.iter().position(|def| {
        def.kind == DefKind::Type
            && oal_check::std::index(def.item.file).is_some()
            && library.project.slice(def.item.file, def.name) == name
    })?;
    of(library, DefId(u32::try_from(at).ok()?))
}

/// What a name declared or used in a file is as a value.
pub(crate) fn value_of<'a>(program: &'a Program, id: DefId) -> Known<'a> {
    let Some(def) = program.def(id) else { return Known::default() };
    match def.kind {
        DefKind::Param | DefKind::Let => {
            let item = program.project.file(def.item.file).parse.tree.item(def.item.item);
            let value = match item.kind {
                ItemKind::Let { value, .. } => Some(value),
                ItemKind::Param { default, .. } => default,
                _ => None,
            };
            Known {
                ty: program.def_types.get(&id).map(|ty| Type::new(program, *ty)),
                value: value.map(|value| (program, def.item.file, value)),
                ..Known::default()
            }
        }
        DefKind::Component => {
            let ty = def.of.map(|id| kind_type(Kind { program, id }));
            Known { ty, def: Some((program, id)), ..Known::default() }
        }
        DefKind::Type | DefKind::Kind => Known::default(),
    }
}

/// The type that has the components of a kind as values.
pub(crate) const fn kind_type(kind: Kind<'_>) -> Type<'_> {
    Type { program: kind.program, ty: Ty::UNKNOWN, list: false, of: Some(kind.id) }
}

/// The entries of the body or object in which a component's field is written.
fn written<'a>(program: &'a Program, def: DefId, field: &str) -> Option<(&'a Program, FileId, ExprId)> {
    let item = program.def(def)?.item;
    let tree = &program.project.file(item.file).parse.tree;
    let ItemKind::Component { body, .. } = tree.item(item.item).kind else { return None };
    tree.entries(body.entries).iter().find_map(|entry| match entry.value {
        EntryValue::Set(value) if program.project.slice(item.file, entry.key) == field => {
            Some((program, item.file, value))
        }
        _ => None,
    })
}

/// The keys of an object that is written down, with what they say.
pub(crate) fn keys<'a>(value: (&'a Program, FileId, ExprId)) -> Vec<(String, Known<'a>, Span)> {
    let (program, file, expr) = value;
    let source = program.project.file(file);
    let fields = match source.parse.tree.expr(expr).kind {
        ExprKind::Object(fields) => fields,
        _ => List::EMPTY,
    };
    let one = |entry: &oal_syntax::ast::Entry| {
        let EntryValue::Set(inner) = entry.value else { return None };
        let name = key::text(entry.key.text(&source.text)).into_owned();
        let known = Known { value: Some((program, file, inner)), ..Known::default() };
        Some((name, known, entry.key))
    };
    source.parse.tree.entries(fields).iter().filter_map(one).collect()
}

/// The names of a component's ports, and where they are declared: its own and those of its kind.
pub(crate) fn ports(program: &Program, def: DefId) -> Vec<(String, Place, &Program)> {
    let mut found = Vec::new();
    if let Some(value) = written(program, def, "ports") {
        found.extend(keys(value).into_iter().map(|(name, _, span)| (name, Place { file: value.1, span }, value.0)));
    }
    let kind = program.def(def).and_then(|def| def.of).map(|id| Kind { program, id });
    found.extend(kind.map(kind_ports).unwrap_or_default());
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

/// The names of the ports that a kind and its bases set.
pub(crate) fn kind_ports(kind: Kind<'_>) -> Vec<(String, Place, &Program)> {
    let mut found = Vec::new();
    let mut next = Some(kind.id);
    while let Some(info) = next.and_then(|id| kind.program.kind(id)) {
        let slot = info.field_index.get("ports");
        for preset in info.presets.iter().filter(|preset| Some(&preset.slot) == slot) {
            let value = (kind.program, preset.value.file, preset.value.expr);
            let places =
                keys(value).into_iter().map(|(name, _, span)| (name, Place { file: value.1, span }, kind.program));
            found.extend(places);
        }
        next = info.base;
    }
    found
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
