//! What a symbol is, in a line of OAL: as its declaration would say it, with its type and level. And words for where a value comes from.

use oal_check::elaborate::origin::Layer;
use oal_check::program::{DefId, DefKind, KindId, Place};
use oal_check::query::{self, Symbol};
use oal_check::types::{MemberInfo, Ty, TyData};
use oal_check::{Checked, builtins};
use oal_syntax::ast::ItemKind;

/// One line that declares the symbol. `None` where nothing is known of it.
#[must_use]
pub fn declaration_line(checked: &Checked, symbol: &Symbol) -> Option<String> {
    let program = checked.program();
    let name = query::name(checked, symbol);
    Some(match *symbol {
        Symbol::Def(def) => def_line(checked, def)?,
        Symbol::Field(kind, slot) => {
            let field = program.kind(kind)?.fields.get(usize::from(slot))?;
            format!("field {name}: {}{}", program.show_type(field.ty), default_text(checked, field.default))
        }
        Symbol::Output(kind, index) => {
            let output = program.kind(kind)?.outputs.get(usize::from(index))?;
            format!("output {name}: {}", program.show_type(output.ty))
        }
        Symbol::Nested(kind, index) => {
            let of = program.kind(kind)?.nested.get(usize::from(index))?.of?;
            format!("{} {name}", kind_name(checked, of))
        }
        Symbol::Variant(place) => {
            let (_, variant) = program.types.variant_at(place)?;
            if variant.fields.is_empty() {
                name.to_owned()
            } else {
                format!("{name}({})", members(checked, &variant.fields))
            }
        }
        Symbol::Member(place) => {
            let member = program.types.member_at(place)?;
            format!("{name}: {}{}", program.show_type(member.ty), default_text(checked, member.default))
        }
        Symbol::Key(_) | Symbol::Port(_) | Symbol::Local(_) => return None,
        Symbol::Namespace(_) => format!("use … as {name}"),
        Symbol::File(_) => format!("use \"{name}\""),
        Symbol::App => format!("app {name}"),
        Symbol::Environment(_) => format!("environment {name}"),
        Symbol::CurrentEnvironment => {
            format!("environment: {}", checked.environments().collect::<Vec<_>>().join(" | "))
        }
        Symbol::Function(index) => builtins::get(u32::from(index))?.signature(),
        Symbol::Parameter(function, _) => {
            format!("{name}, of {}", builtins::get(u32::from(function))?.signature())
        }
        Symbol::BuiltinType(_) | Symbol::Level(_) => name.to_owned(),
        Symbol::Lint(_) => format!("allow({name}, \"…\")"),
    })
}

fn def_line(checked: &Checked, def: DefId) -> Option<String> {
    let program = checked.program();
    let info = program.def(def)?;
    let name = program.def_name(def);
    let file = program.project.file(info.item.file);
    let tree = &file.parse.tree;
    let item = tree.item(info.item.item);
    let typed = || program.def_types.get(&def).map_or_else(|| "unknown".to_owned(), |ty| program.show_type(*ty));
    Some(match (info.kind, item.kind) {
        (DefKind::Param, ItemKind::Param { default, .. }) => {
            let default = default.map(|value| short(tree.expr(value).span.text(&file.text)));
            format!("param {name}: {}{}", typed(), default.map_or_else(String::new, |value| format!(" = {value}")))
        }
        (DefKind::Let, _) => format!("let {name}: {}", typed()),
        (DefKind::Type, ItemKind::Type(ty)) => {
            format!("type {name} = {}", short(tree.ty(ty).span.text(&file.text)))
        }
        (DefKind::Kind, ItemKind::Kind { is_extern, base, .. }) => {
            let base = base.text(&file.text);
            let before = if is_extern { "extern kind" } else { "kind" };
            if base.is_empty() { format!("{before} {name}") } else { format!("{before} {name} extends {base}") }
        }
        (DefKind::Component, ItemKind::Component { of, .. }) => format!("{} {name}", of.text(&file.text)),
        _ => return None,
    })
}

fn members(checked: &Checked, fields: &[MemberInfo]) -> String {
    let one = |member: &MemberInfo| {
        let ty = checked.program().show_type(member.ty);
        format!("{}: {ty}{}", member.name, default_text(checked, member.default))
    };
    fields.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn default_text(checked: &Checked, default: Option<oal_check::program::ExprRef>) -> String {
    default.map_or_else(String::new, |at| {
        let file = checked.project().file(at.file);
        format!(" = {}", short(file.parse.tree.expr(at.expr).span.text(&file.text)))
    })
}

/// A noun with `a` or `an`.
pub(super) fn article(noun: &str) -> String {
    let an = noun.starts_with(['a', 'e', 'i', 'o', 'u']);
    format!("{} {noun}", if an { "an" } else { "a" })
}

/// A text on one line, cut where it is long.
pub(super) fn short(text: &str) -> String {
    const MOST: usize = 80;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or_default()),
        None => line,
    }
}

/// The name of a kind.
pub(super) fn kind_name(checked: &Checked, kind: KindId) -> &str {
    checked.program().kind(kind).map_or("", |info| &info.name)
}

/// The name of what a symbol is, for lists: `component`, `field`.
#[must_use]
pub fn noun(checked: &Checked, symbol: &Symbol) -> &'static str {
    match *symbol {
        Symbol::Def(def) => checked.program().def(def).map_or("name", |info| info.kind.name()),
        Symbol::Field(..) | Symbol::Member(_) => "field",
        Symbol::Output(..) => "output",
        Symbol::Nested(..) => "component",
        Symbol::Variant(_) => "variant",
        Symbol::Key(_) => "key",
        Symbol::Port(_) => "port",
        Symbol::Local(_) => "variable",
        Symbol::Namespace(_) | Symbol::File(_) => "used file",
        Symbol::App => "app",
        Symbol::Environment(_) => "environment",
        Symbol::CurrentEnvironment => "built-in value",
        Symbol::Function(_) => "built-in function",
        Symbol::Parameter(..) => "parameter",
        Symbol::BuiltinType(_) => "built-in type",
        Symbol::Level(_) => "level",
        Symbol::Lint(_) => "lint",
    }
}

/// Which layer gives a value, in words.
#[must_use]
pub fn layer_words(checked: &Checked, layer: Layer) -> String {
    match layer {
        Layer::Default => "default".to_owned(),
        Layer::Kind(kind) => format!("kind `{}`", kind_name(checked, kind)),
        Layer::Component => "body".to_owned(),
        Layer::Environment(index) => {
            let name = checked.environments().nth(usize::from(index)).unwrap_or_default();
            format!("environment `{name}`")
        }
    }
}

/// `lib/web.oal:12`
#[must_use]
pub fn place_words(checked: &Checked, place: Place) -> String {
    let file = checked.project().file(place.file);
    let before = file.text.get(..place.span.start as usize).unwrap_or_default();
    format!("{}:{}", file.path, before.matches('\n').count() + 1)
}

/// The declaration of a type that has one: of a list, map or `T?` that of its elements.
#[must_use]
pub fn type_declaration(checked: &Checked, ty: Ty) -> Option<DefId> {
    let program = checked.program();
    let inside = |place: Place, name: &str| {
        (0..).map(DefId).zip(&program.defs).find_map(|(def, info)| {
            let item = program.project.file(info.item.file).parse.tree.item(info.item.item);
            let holds = info.item.file == place.file && item.span.contains(place.span);
            (info.kind == DefKind::Type && holds && program.def_name(def) == name).then_some(def)
        })
    };
    match *program.types.data(program.types.bare(ty)) {
        TyData::Kind(kind) => program.kind(kind)?.def,
        TyData::Record(number) => {
            let record = program.types.record(number)?;
            inside(record.fields.first()?.at, record.name.as_deref()?)
        }
        TyData::Union(number) => {
            let union = program.types.union(number)?;
            inside(union.variants.first()?.at, union.name.as_deref()?)
        }
        TyData::List(inner) | TyData::Map(_, inner) => type_declaration(checked, inner),
        _ => None,
    }
}
