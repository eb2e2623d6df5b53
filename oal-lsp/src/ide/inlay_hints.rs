//! What the text does not say and the program knows: types of `let`s, levels of values, what environments make of a value, and what a
//! component is that does not say it itself, by its kind.

mod defaults;

use oal_check::Checked;
use oal_check::elaborate::origin::Layer;
use oal_check::program::{DefId, ExprRef, ItemRef, KindId};
use oal_check::query::{self, Part, Root, Symbol};
use oal_check::types::Level;
use oal_syntax::ast::{Body, EntryValue, ExprId, ExprKind, ItemId, ItemKind};
use oal_syntax::key;
use oal_syntax::{FileId, Span};
use serde::{Deserialize, Serialize};

use super::describe;

/// What a hint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Says {
    /// A type.
    Type,
    /// A level above `const`.
    Level,
    /// The value in some environments.
    Value,
    /// What a kind of the program gives.
    Inherited,
    /// What a built-in kind gives.
    Default,
}

/// A few words between the words of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// Where they go.
    pub offset: u32,
    /// The words.
    pub label: String,
    /// What they say.
    pub says: Says,
    /// The name that they are about, to ask [`tooltip`] of.
    pub about: u32,
}

/// The hints of a part of a file, in order; with or without those on defaults of built-in kinds.
#[must_use]
pub fn hints(checked: &Checked, file: FileId, range: Span, defaults: bool) -> Vec<Hint> {
    let tree = &checked.project().file(file).parse.tree;
    let mut hinter = Hinter { checked, file, range, defaults, found: Vec::new() };
    for item in &tree.top {
        let span = tree.item(*item).span;
        if span.start <= range.end && range.start <= span.end {
            hinter.item(*item);
        }
    }
    hinter.found.retain(|hint| range.touches(hint.offset));
    hinter.found.sort_by_key(|hint| hint.offset);
    hinter.found
}

/// More of what a hint says, as Markdown.
#[must_use]
pub fn tooltip(checked: &Checked, file: FileId, about: u32, says: Says) -> Option<String> {
    if says == Says::Default {
        return defaults::list(checked, file, about);
    }
    super::hover::hover(checked, file, about).map(|hover| hover.markdown)
}

struct Hinter<'c> {
    checked: &'c Checked,
    file: FileId,
    range: Span,
    defaults: bool,
    found: Vec<Hint>,
}

impl Hinter<'_> {
    fn add(&mut self, offset: u32, label: String, says: Says, about: Span) {
        self.found.push(Hint { offset, label, says, about: about.start });
    }

    fn item(&mut self, id: ItemId) {
        let checked = self.checked;
        let tree = &checked.project().file(self.file).parse.tree;
        let item = *tree.item(id);
        let def = self.def_of(id, item.name);
        match item.kind {
            ItemKind::Let { ty, value } => {
                let ty = if ty.is_some() { None } else { def.and_then(|def| checked.program().def_types.get(&def)) };
                if let Some(ty) = ty {
                    self.add(
                        item.name.end,
                        format!(": {}", describe::short(&checked.program().show_type(*ty))),
                        Says::Type,
                        item.name,
                    );
                }
                self.values(def.map(|def| Part { root: Root::Def(def), path: Vec::new() }), value, item.name);
            }
            ItemKind::Param { ty, default } => {
                let part = def.map(|def| Part { root: Root::Def(def), path: Vec::new() });
                let end = default.map_or(tree.ty(ty).span.end, |value| tree.expr(value).span.end);
                self.values_at(part, end, item.name);
            }
            ItemKind::Component { body, .. } => {
                if let Some(def) = def {
                    self.component(def, item.name, body);
                }
            }
            ItemKind::Environment(body) => {
                for entry in tree.entries(body.entries) {
                    match entry.value {
                        EntryValue::Set(value) => self.level(value, entry.key),
                        EntryValue::Item(inner) => self.item(inner),
                        _ => {}
                    }
                }
            }
            ItemKind::Kind { body, .. } => {
                for entry in tree.entries(body.entries) {
                    if let EntryValue::Set(value) = entry.value {
                        self.levels(value, entry.key);
                    }
                }
            }
            _ => {}
        }
    }

    fn def_of(&self, id: ItemId, name: Span) -> Option<DefId> {
        let here = ItemRef { file: self.file, item: id };
        match query::symbol_at(self.checked, self.file, name.start) {
            Some((Symbol::Def(def), _)) => {
                self.checked.program().def(def).filter(|info| info.item == here).map(|_| def)
            }
            _ => None,
        }
    }

    fn component(&mut self, def: DefId, name: Span, body: Body) {
        let checked = self.checked;
        let tree = &checked.project().file(self.file).parse.tree;
        let program = checked.program();
        let mut own = Vec::new();
        for (index, entry) in body.entries.indices().zip(tree.entries(body.entries)) {
            let EntryValue::Set(value) = entry.value else { continue };
            self.levels(value, entry.key);
            let Some(slot) = program.slot(self.file, index) else { continue };
            own.push(slot);
            let span = tree.expr(value).span;
            if entry.key.start <= self.range.end && self.range.start <= span.end {
                let part =
                    Part { root: Root::Field(oal_check::program::Owner::Component(def), slot), path: Vec::new() };
                self.field_values(&part, value, entry.key);
            }
        }
        if let Some(kind) = program.def(def).and_then(|info| info.of) {
            self.inherited(kind, &own, name, body);
        }
        if self.defaults && self.range.touches(body.open + 1) {
            self.default_values(def, name, body);
        }
    }

    /// Fields that the kinds of a component set and it does not.
    fn inherited(&mut self, kind: KindId, own: &[u16], name: Span, body: Body) {
        let program = self.checked.program();
        let kinds = std::iter::successors(Some(kind), |kind| program.kind(*kind).and_then(|info| info.base));
        for kind in kinds {
            let Some(info) = program.kind(kind) else { continue };
            let mut names: Vec<&str> = info
                .presets
                .iter()
                .filter(|preset| !own.contains(&preset.slot))
                .filter_map(|preset| info.fields.get(usize::from(preset.slot)))
                .map(|field| &*field.name)
                .collect();
            names.dedup();
            if !names.is_empty() {
                self.add(body.open + 1, format!(" {} from {}", names.join(", "), info.name), Says::Inherited, name);
            }
        }
    }

    /// Values of a field and of the entries of its object.
    fn field_values(&mut self, part: &Part, value: ExprId, name: Span) {
        let source = self.checked.project().file(self.file);
        let tree = &source.parse.tree;
        if let ExprKind::Object(entries) = tree.expr(value).kind {
            for entry in tree.entries(entries) {
                if let EntryValue::Set(inner) = entry.value {
                    let mut part = part.clone();
                    part.path.push(key::text(entry.key.text(&source.text)).into_owned());
                    self.values(Some(part), inner, entry.key);
                }
            }
            return;
        }
        self.values(Some(part.clone()), value, name);
    }

    fn values(&mut self, part: Option<Part>, value: ExprId, name: Span) {
        let span = self.checked.project().file(self.file).parse.tree.expr(value).span;
        self.values_at(part, span.end, name);
    }

    /// Where a value is not the same in all environments, what it is in each; but what the text says plainly is not said again.
    fn values_at(&mut self, part: Option<Part>, end: u32, name: Span) {
        const MOST: usize = 4;
        let Some(part) = part.filter(|_| self.checked.environments().len() > 1) else { return };
        if !self.range.touches(end) {
            return;
        }
        let mut eval = self.checked.evaluator();
        let found = query::values(&mut eval, &part);
        if found.iter().any(|one| one.instance.is_some()) || found.len() < 2 || found.len() > MOST {
            return;
        }
        let all: Vec<&str> = self.checked.environments().collect();
        let mut words = Vec::new();
        let overridden = |one: &query::InEnvironments| {
            let layer = |env| query::origins(&eval, &part, None, env).pop().map(|origin| origin.layer);
            one.environments.iter().any(|env| matches!(layer(env), Some(Layer::Environment(_))))
        };
        let (changed, own): (Vec<_>, Vec<_>) = found.iter().partition(|one| overridden(one));
        let said = if own.len() == 1 { changed } else { found.iter().collect() };
        for one in said {
            let names: Vec<&str> = one.environments.iter().filter_map(|env| all.get(env).copied()).collect();
            let value =
                one.value.as_ref().map_or_else(|| "not set".to_owned(), |value| query::shown(self.checked, value));
            words.push(format!("{}: {}", names.join(", "), shorter(&value)));
        }
        if !words.is_empty() {
            self.add(end, format!(" {}", words.join("; ")), Says::Value, name);
        }
    }

    /// Levels of a value, or of the entries of its object.
    fn levels(&mut self, value: ExprId, name: Span) {
        let tree = &self.checked.project().file(self.file).parse.tree;
        match tree.expr(value).kind {
            ExprKind::Object(entries) => {
                for entry in tree.entries(entries) {
                    if let EntryValue::Set(inner) = entry.value {
                        self.levels(inner, entry.key);
                    }
                }
            }
            _ => self.level(value, name),
        }
    }

    fn level(&mut self, value: ExprId, name: Span) {
        let at = ExprRef { file: self.file, expr: value };
        if let Some((_, level @ (Level::Deploy | Level::Secret))) = query::type_at(self.checked, at) {
            let end = self.checked.project().file(self.file).parse.tree.expr(value).span.end;
            self.add(end, format!(" {}", level.name()), Says::Level, name);
        }
    }
}

/// A value in the space of a hint.
fn shorter(value: &str) -> String {
    const MOST: usize = 24;
    match value.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", value.get(..at).unwrap_or_default()),
        None => value.to_owned(),
    }
}
