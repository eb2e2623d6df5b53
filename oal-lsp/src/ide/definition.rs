//! From a name to where what it means is declared, to the declaration of its type, and to what is made of it.

use oal_check::Checked;
use oal_check::program::{DefId, DefKind, KindId, Place};
use oal_check::query::{self, Symbol};
use oal_check::types::Ty;
use oal_syntax::ast::ItemKind;
use oal_syntax::visit::{self, Node};
use oal_syntax::{FileId, Span};

use super::describe;

/// Where an answer leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The name to put the cursor on.
    pub name: Place,
    /// All of what it names, to show.
    pub full: Span,
}

/// The answer with the name that was asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// The name under the cursor.
    pub origin: Span,
    /// Where it leads, in order.
    pub targets: Vec<Target>,
}

/// Where what the name means is declared; of `lib` in `lib.name`, the file.
#[must_use]
pub fn definition(checked: &Checked, file: FileId, offset: u32) -> Option<Targets> {
    let (symbol, origin) = query::symbol_at(checked, file, offset)?;
    let place = match symbol {
        Symbol::Namespace(place) => used_file(checked, place).or(Some(place)),
        symbol => query::declaration(checked, &symbol),
    }?;
    Some(Targets { origin, targets: vec![target(checked, place)] })
}

/// Where a name is brought into the file, if it comes from another one; else its definition.
#[must_use]
pub fn declaration(checked: &Checked, file: FileId, offset: u32) -> Option<Targets> {
    let (symbol, origin) = query::symbol_at(checked, file, offset)?;
    let word = checked.project().slice(file, origin);
    let imported = query::mentions_in(checked, file, &symbol).into_iter().find(|mention| {
        let same = checked.project().slice(file, mention.place.span) == word;
        same && mention.is_import && mention.place.span != origin
    });
    let place = imported.map(|mention| mention.place).or_else(|| query::declaration(checked, &symbol))?;
    Some(Targets { origin, targets: vec![target(checked, place)] })
}

/// Where the type of what the name means is declared.
#[must_use]
pub fn type_definition(checked: &Checked, file: FileId, offset: u32) -> Option<Targets> {
    let (symbol, origin) = query::symbol_at(checked, file, offset)?;
    let def = match symbol {
        Symbol::Variant(place) => {
            let program = checked.program();
            let (union, _) = program.types.variant_at(place)?;
            let name = union.name.as_deref()?;
            (0..).map(DefId).zip(&program.defs).find_map(|(def, info)| {
                let item = program.project.file(info.item.file).parse.tree.item(info.item.item);
                let holds = info.item.file == place.file && item.span.contains(place.span);
                (info.kind == DefKind::Type && holds && program.def_name(def) == name).then_some(def)
            })
        }
        symbol => {
            let program = checked.program();
            // Of a component, repeated or not, it is the kind.
            let kind = match symbol {
                Symbol::Def(def) => program.def(def).and_then(|info| info.of),
                _ => None,
            };
            match kind {
                Some(kind) => program.kind(kind)?.def,
                None => describe::type_declaration(checked, type_of(checked, &symbol, file, origin)?),
            }
        }
    }?;
    let place = query::declaration(checked, &Symbol::Def(def))?;
    Some(Targets { origin, targets: vec![target(checked, place)] })
}

/// What is made of it: of a kind the kinds that extend it and its components, of a field or param the places that set it.
#[must_use]
pub fn implementation(checked: &Checked, file: FileId, offset: u32) -> Option<Targets> {
    let (symbol, origin) = query::symbol_at(checked, file, offset)?;
    let program = checked.program();
    let kind = match symbol {
        Symbol::Def(def) => program.kind_of.get(&def).copied(),
        _ => None,
    };
    let mut targets: Vec<Target> = match kind {
        Some(kind) => made_of(checked, kind).into_iter().map(|place| target(checked, place)).collect(),
        None => query::mentions(checked, &symbol)
            .into_iter()
            .filter(|mention| mention.is_write && !mention.is_declaration)
            .map(|mention| target(checked, mention.place))
            .collect(),
    };
    targets.sort_unstable();
    (!targets.is_empty()).then_some(Targets { origin, targets })
}

/// The names of the kinds that extend a kind, and of the components of all of these.
fn made_of(checked: &Checked, kind: KindId) -> Vec<Place> {
    let program = checked.program();
    let mut found = Vec::new();
    for (id, info) in (0..).map(KindId).zip(&program.kinds) {
        if !program.extends(id, kind) {
            continue;
        }
        if id != kind {
            found.extend(info.def.and_then(|def| query::declaration(checked, &Symbol::Def(def))));
        }
    }
    for (id, info) in (0..).map(DefId).zip(&program.defs) {
        if info.of.is_some_and(|of| program.extends(of, kind)) {
            found.extend(query::declaration(checked, &Symbol::Def(id)));
        }
    }
    for (id, info) in (0..).map(KindId).zip(&program.kinds) {
        for (index, nested) in (0_u16..).zip(&info.nested) {
            if nested.owner == id && nested.of.is_some_and(|of| program.extends(of, kind)) {
                found.extend(query::declaration(checked, &Symbol::Nested(id, index)));
            }
        }
    }
    found
}

/// The type of what a name means, where it has one.
#[must_use]
pub fn type_of(checked: &Checked, symbol: &Symbol, file: FileId, at: Span) -> Option<Ty> {
    let program = checked.program();
    match *symbol {
        Symbol::Field(kind, slot) => program.kind(kind)?.fields.get(usize::from(slot)).map(|field| field.ty),
        Symbol::Output(kind, index) => program.kind(kind)?.outputs.get(usize::from(index)).map(|output| output.ty),
        Symbol::Member(place) => program.types.member_at(place).map(|member| member.ty),
        _ => {
            let here = typed_here(checked, file, at).map(|(ty, _)| ty);
            here.or_else(|| match *symbol {
                Symbol::Def(def) => program.def_types.get(&def).copied().or_else(|| kind_type(checked, def)),
                Symbol::Key(_) | Symbol::Port(_) => {
                    query::part_type(checked, &query::part_at(checked, file, at.start)?)
                }
                // Where it is bound it has no expression; where it is used it has.
                Symbol::Local(_) => query::mentions_in(checked, file, symbol)
                    .into_iter()
                    .find_map(|mention| typed_here(checked, file, mention.place.span))
                    .map(|(ty, _)| ty),
                _ => None,
            })
        }
    }
}

/// The type of a component, as the values of its kind have it.
fn kind_type(checked: &Checked, def: DefId) -> Option<Ty> {
    let of = checked.program().def(def)?.of?;
    checked.program().types.known(oal_check::types::TyData::Kind(of))
}

/// The type and level of the expression or step whose name stands at a place.
#[must_use]
pub fn typed_here(checked: &Checked, file: FileId, at: Span) -> Option<(Ty, oal_check::types::Level)> {
    let tree = &checked.project().file(file).parse.tree;
    let mut found = None;
    for node in visit::path_at(tree, at.start) {
        let typed = match node {
            Node::Expr(expr) if tree.expr(expr).span == at => {
                query::type_at(checked, oal_check::program::ExprRef { file, expr })
            }
            Node::Step(index) if tree.steps.get(index as usize).is_some_and(|step| step.name() == at) => {
                query::step_type(checked, file, index as usize)
            }
            _ => None,
        };
        found = typed.or(found);
    }
    found
}

/// The file of a `use … as name`.
fn used_file(checked: &Checked, name: Place) -> Option<Place> {
    let scope = checked.program().scopes.get(name.file.0 as usize)?;
    let space = scope.namespaces.iter().find(|space| space.name == name.span)?;
    query::declaration(checked, &Symbol::File(space.file))
}

/// A name with all that it names.
pub(super) fn target(checked: &Checked, name: Place) -> Target {
    let source = checked.project().file(name.file);
    if name.span.is_empty() {
        return Target { name, full: Span::new(0, u32::try_from(source.text.len()).unwrap_or(u32::MAX)) };
    }
    let tree = &source.parse.tree;
    let mut full = name.span;
    for node in visit::path_at(tree, name.span.start) {
        let own = match node {
            Node::Item(id) => {
                let item = tree.item(id);
                item.name == name.span && !matches!(item.kind, ItemKind::Use { .. })
            }
            Node::Entry(index) => tree.entries.get(index as usize).is_some_and(|entry| entry.key == name.span),
            Node::Member(index) => tree.member(index).is_some_and(|member| member.name == name.span),
            Node::Variant(index) => tree.variants.get(index as usize).is_some_and(|variant| variant.name == name.span),
            _ => false,
        };
        if own {
            full = visit::span(tree, node);
            break;
        }
    }
    Target { name, full: full.cover(name.span) }
}
