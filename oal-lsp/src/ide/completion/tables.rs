//! What a check knows of names, kinds and types, for text that it has not seen: all is found by name. Built-in kinds and types that the
//! program does not use yet come from a check of a program that uses them all, made once.

mod parts;

pub(crate) use parts::{Part, PartKind, component_parts, is_name, parts, step};

use oal_check::program::{Def, DefId, DefKind, FieldInfo, KindId, KindInfo, Place, Program};
use oal_check::types::{MemberInfo, TextType, Ty, TyData, VariantInfo};
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
    /// Whether it is a hole of a text, which takes all that has a text form.
    pub(crate) hole: bool,
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
            for name in TextType::ALL.iter().map(|text_type| text_type.name()) {
                for level in ["", "deploy", "secret"] {
                    text.push_str(&format!("type Text{level}{name} = {level} {name}\n"));
                }
            }
            check(&Project::single("library.oal", text), &Options::default())
        })
        .program()
}

impl<'a> Type<'a> {
    pub(crate) const fn new(program: &'a Program, ty: Ty) -> Self {
        Self { program, ty, list: false, of: None, hole: false }
    }

    /// What a hole of a text takes.
    pub(crate) const fn hole(program: &'a Program) -> Self {
        Self { hole: true, ..Self::new(program, Ty::STRING) }
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

/// A type by its written name, where it is a plain one; its level counts where it is a checked text.
pub(crate) fn named_type<'a>(program: &'a Program, file: FileId, name: &str) -> Option<Type<'a>> {
    let name = name.trim().trim_end_matches('?');
    let (level, name) = name.split_once(' ').unwrap_or(("", name));
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
    if TextType::from_name(name).is_some() {
        return definition(library, FileId(0), &format!("Text{level}{name}")).and_then(|(id, _)| of(library, id));
    }
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
    Type { of: Some(kind.id), ..Type::new(kind.program, Ty::UNKNOWN) }
}

/// The entries of the body or object in which a component's field is written.
pub(crate) fn written<'a>(program: &'a Program, def: DefId, field: &str) -> Option<(&'a Program, FileId, ExprId)> {
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
