//! Which kind extends which, and which component uses which.

use std::collections::BTreeMap;

use oal_check::Checked;
use oal_check::program::{DefKind, ItemRef, KindId, Place};
use oal_check::query::{self, Symbol};
use oal_syntax::ast::{EntryValue, ItemKind};
use oal_syntax::{FileId, Span};

use super::definition::{Target, target};
use super::describe;

/// A kind, component or other declaration in a hierarchy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub symbol: Symbol,
    /// Its name.
    pub name: String,
    /// Its declaration in short.
    pub detail: String,
    /// Where it is declared.
    pub target: Target,
}

/// A use of one by another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The other end.
    pub node: Node,
    /// The places of the mentions, all in one file: that of the one that uses the other.
    pub places: Vec<Place>,
}

fn node(checked: &Checked, symbol: Symbol) -> Option<Node> {
    let place = query::declaration(checked, &symbol)?;
    Some(Node {
        symbol,
        name: query::name(checked, &symbol).to_owned(),
        detail: describe::declaration_line(checked, &symbol).unwrap_or_default(),
        target: target(checked, place),
    })
}

fn kind_of(checked: &Checked, symbol: &Symbol) -> Option<KindId> {
    let program = checked.program();
    match *symbol {
        Symbol::Def(def) => {
            let info = program.def(def)?;
            if info.kind == DefKind::Component { info.of } else { program.kind_of.get(&def).copied() }
        }
        Symbol::Nested(kind, index) => program.kind(kind)?.nested.get(usize::from(index))?.of,
        _ => None,
    }
}

/// The kind at `offset`; of a component, its kind.
#[must_use]
pub fn kind_at(checked: &Checked, file: FileId, offset: u32) -> Option<Node> {
    let (symbol, _) = query::symbol_at(checked, file, offset)?;
    let kind = kind_of(checked, &symbol)?;
    node(checked, Symbol::Def(checked.program().kind(kind)?.def?))
}

/// The kind that a kind extends.
#[must_use]
pub fn supertypes(checked: &Checked, symbol: &Symbol) -> Vec<Node> {
    let program = checked.program();
    let base = kind_of(checked, symbol).and_then(|kind| program.kind(kind)?.base);
    base.and_then(|base| node(checked, Symbol::Def(program.kind(base)?.def?))).into_iter().collect()
}

/// The kinds that extend a kind.
#[must_use]
pub fn subtypes(checked: &Checked, symbol: &Symbol) -> Vec<Node> {
    let Some(kind) = kind_of(checked, symbol) else { return Vec::new() };
    let derived = checked.program().kinds.iter().filter(|info| info.base == Some(kind));
    let mut found: Vec<Node> = derived.filter_map(|info| node(checked, Symbol::Def(info.def?))).collect();
    found.sort_by_key(|node| node.target.name);
    found
}

/// The declaration at `offset` that others may use: a component, kind, param, `let` or type.
#[must_use]
pub fn used_at(checked: &Checked, file: FileId, offset: u32) -> Option<Node> {
    let (symbol, _) = query::symbol_at(checked, file, offset)?;
    matches!(symbol, Symbol::Def(_) | Symbol::Nested(..)).then(|| node(checked, symbol)).flatten()
}

/// Who uses a declaration: the components, kinds and others in which it is mentioned.
#[must_use]
pub fn incoming(checked: &Checked, symbol: &Symbol) -> Vec<Call> {
    let mut by_user: BTreeMap<Place, (Symbol, Vec<Place>)> = BTreeMap::new();
    for mention in query::mentions(checked, symbol) {
        if mention.is_declaration || mention.is_import {
            continue;
        }
        let user = declared_around(checked, mention.place.file, mention.place.span);
        let Some((user, at)) = user.and_then(|user| Some((user, query::declaration(checked, &user)?))) else {
            continue;
        };
        by_user.entry(at).or_insert_with(|| (user, Vec::new())).1.push(mention.place);
    }
    by_user.into_values().filter_map(|(user, places)| Some(Call { node: node(checked, user)?, places })).collect()
}

/// What a declaration uses.
#[must_use]
pub fn outgoing(checked: &Checked, symbol: &Symbol) -> Vec<Call> {
    let Some(place) = query::declaration(checked, symbol) else { return Vec::new() };
    let around = target(checked, place).full;
    let mut used: BTreeMap<Place, (Symbol, Vec<Place>)> = BTreeMap::new();
    query::names_around(checked, place.file, place.span.start, &mut |other, mention| {
        let inside = around.contains(mention.place.span) && other != *symbol && !mention.is_declaration;
        if inside
            && matches!(other, Symbol::Def(_) | Symbol::Nested(..))
            && let Some(at) = query::declaration(checked, &other)
        {
            used.entry(at).or_insert_with(|| (other, Vec::new())).1.push(mention.place);
        }
    });
    used.into_values()
        .filter_map(|(other, mut places)| {
            places.sort_unstable();
            Some(Call { node: node(checked, other)?, places })
        })
        .collect()
}

/// The innermost declaration in which a place stands.
fn declared_around(checked: &Checked, file: FileId, at: Span) -> Option<Symbol> {
    let program = checked.program();
    let tree = &checked.project().file(file).parse.tree;
    let after = tree.top.partition_point(|item| tree.item(*item).span.start <= at.start);
    let top = *tree.top.get(after.checked_sub(1)?)?;
    let item = tree.item(top);
    let symbol = |id, name: Span| {
        let here = ItemRef { file, item: id };
        query::symbol_at(checked, file, name.start).map(|(symbol, _)| symbol).filter(|symbol| match *symbol {
            Symbol::Def(def) => program.def(def).is_some_and(|info| info.item == here),
            Symbol::Nested(kind, index) => program
                .kind(kind)
                .and_then(|kind| kind.nested.get(usize::from(index)))
                .is_some_and(|nested| nested.item == here),
            Symbol::Environment(_) | Symbol::App => true,
            _ => false,
        })
    };
    let body = match item.kind {
        ItemKind::Kind { body, .. } | ItemKind::Environment(body) => body,
        _ => return symbol(top, item.name),
    };
    let inner = tree.entries(body.entries).iter().find_map(|entry| match entry.value {
        EntryValue::Item(id) if tree.item(id).span.contains(at) => Some(id),
        _ => None,
    });
    inner.and_then(|id| symbol(id, tree.item(id).name)).or_else(|| symbol(top, item.name))
}
