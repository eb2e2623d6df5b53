//! Keys of maps and ports: which place of the source counts as their declaration. A map field is put together from layers, so a key may
//! be written several times; the lowest layer that has it counts: the default, the kinds from the base on, the body, the environments
//! in their order.

use super::Symbol;
use crate::Checked;
use crate::program::{DefId, ExprRef, KindId, Owner, Place, Target};
use oal_syntax::Span;
use oal_syntax::ast::{EntryValue, ExprId, ExprKind, ItemKind};
use oal_syntax::key;
use rustc_hash::FxHashMap;

/// What a value belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Root {
    /// A field of a component, kind or nested component, by its slot.
    Field(Owner, u16),
    /// A param or let.
    Def(DefId),
}

/// A part of a value: keys on the way from the whole of it.
#[derive(Debug, Clone)]
pub(super) struct KeyPath {
    root: Root,
    /// The keys, each with a NUL before it.
    path: String,
}

impl KeyPath {
    pub(super) const fn new(root: Root) -> Self {
        Self { root, path: String::new() }
    }

    pub(super) fn then(&self, key: &str) -> Self {
        let mut path = String::with_capacity(self.path.len() + key.len() + 1);
        path.push_str(&self.path);
        path.push('\0');
        path.push_str(key);
        Self { root: self.root, path }
    }

    /// What it is a part of.
    pub(super) const fn root(&self) -> Root {
        self.root
    }

    /// The keys on the way.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.path.split('\0').skip(1)
    }

    /// Whose field it is.
    pub(super) const fn owner(&self) -> Option<Owner> {
        match self.root {
            Root::Field(owner, _) => Some(owner),
            Root::Def(_) => None,
        }
    }
}

/// Finds the places where keys are written first.
pub(super) struct Keys<'c> {
    checked: &'c Checked,
    known: FxHashMap<Root, FxHashMap<String, Place>>,
}

impl<'c> Keys<'c> {
    pub(super) fn new(checked: &'c Checked) -> Self {
        Self { checked, known: FxHashMap::default() }
    }

    /// The key at the end of a path; `None` where nothing in sight writes it.
    pub(super) fn symbol(&mut self, path: &KeyPath) -> Option<Symbol> {
        let place = *self.table(path.root).get(&path.path)?;
        let one = path.path.matches('\0').count() == 1;
        Some(if one && self.is_ports(path.root) { Symbol::Port(place) } else { Symbol::Key(place) })
    }

    /// The place of a port of a component.
    pub(super) fn port(&mut self, owner: Owner, name: &str) -> Option<Place> {
        let slot = self.kind_of(owner).and_then(|kind| self.checked.program().kind(kind)?.field_index.get("ports"))?;
        self.table(Root::Field(owner, *slot)).get(&format!("\0{name}")).copied()
    }

    fn is_ports(&self, root: Root) -> bool {
        let Root::Field(owner, slot) = root else { return false };
        let kind = self.kind_of(owner).and_then(|kind| self.checked.program().kind(kind));
        kind.and_then(|kind| kind.field_index.get("ports")) == Some(&slot)
    }

    fn kind_of(&self, owner: Owner) -> Option<KindId> {
        let program = self.checked.program();
        match owner {
            Owner::Component(def) => program.def(def)?.of,
            Owner::Kind(kind) => Some(kind),
            Owner::Nested(kind, index) => program.kind(kind)?.nested.get(usize::from(index))?.of,
            Owner::File | Owner::Environment(_) => None,
        }
    }

    fn table(&mut self, root: Root) -> &FxHashMap<String, Place> {
        if !self.known.contains_key(&root) {
            let mut table = FxHashMap::default();
            self.fill(root, &mut table);
            self.known.insert(root, table);
        }
        self.known.entry(root).or_default()
    }

    fn fill(&self, root: Root, table: &mut FxHashMap<String, Place>) {
        let program = self.checked.program();
        match root {
            Root::Def(def) => {
                let Some(info) = program.def(def) else { return };
                let file = info.item.file;
                let value = match program.project.file(file).parse.tree.item(info.item.item).kind {
                    ItemKind::Let { value, .. } => Some(value),
                    ItemKind::Param { default, .. } => default,
                    _ => None,
                };
                if let Some(expr) = value {
                    self.add(ExprRef { file, expr }, "", table);
                }
            }
            Root::Field(owner, slot) => {
                let Some(kind) = self.kind_of(owner) else { return };
                let field = program.kind(kind).and_then(|info| info.fields.get(usize::from(slot)));
                if let Some(default) = field.and_then(|field| field.default) {
                    self.add(default, "", table);
                }
                let mut kinds: Vec<KindId> =
                    std::iter::successors(Some(kind), |kind| program.kind(*kind).and_then(|info| info.base)).collect();
                kinds.reverse();
                for preset in kinds.iter().filter_map(|kind| program.kind(*kind)).flat_map(|info| &info.presets) {
                    if preset.slot == slot {
                        self.add(preset.value, "", table);
                    }
                }
                self.add_body(owner, slot, table);
                if let Owner::Component(def) = owner {
                    self.add_overrides(def, slot, table);
                }
            }
        }
    }

    /// What the component's own body writes.
    fn add_body(&self, owner: Owner, slot: u16, table: &mut FxHashMap<String, Place>) {
        let program = self.checked.program();
        let item = match owner {
            Owner::Component(def) => program.def(def).map(|info| info.item),
            Owner::Nested(kind, index) => {
                program.kind(kind).and_then(|info| info.nested.get(usize::from(index))).map(|nested| nested.item)
            }
            _ => None,
        };
        let Some(item) = item else { return };
        let tree = &program.project.file(item.file).parse.tree;
        let ItemKind::Component { body, .. } = tree.item(item.item).kind else { return };
        for (index, entry) in body.entries.indices().zip(tree.entries(body.entries)) {
            if let EntryValue::Set(expr) = entry.value
                && program.slot(item.file, index) == Some(slot)
            {
                self.add(ExprRef { file: item.file, expr }, "", table);
            }
        }
    }

    fn add_overrides(&self, def: DefId, slot: u16, table: &mut FxHashMap<String, Place>) {
        let program = self.checked.program();
        for index in self.checked.world().overrides_of(def) {
            let Some(one) = program.overrides.get(*index as usize) else { continue };
            let Target::Field { nested, slot: other, .. } = &one.target else { continue };
            if *other != slot || !nested.is_empty() {
                continue;
            }
            let mut prefix = String::new();
            let written = program.project.slice(one.at.file, one.at.span);
            let segments: Vec<Span> = key::segments(written).map(|segment| segment.span).collect();
            let skipped = segments.len().saturating_sub(one.path.len());
            for (name, span) in one.path.iter().zip(segments.iter().skip(skipped)) {
                prefix.push('\0');
                prefix.push_str(name);
                let span = Span::new(one.at.span.start + span.start, one.at.span.start + span.end);
                table.entry(prefix.clone()).or_insert(Place { file: one.at.file, span });
            }
            if let Some(value) = one.value {
                self.add(value, &prefix, table);
            }
        }
    }

    /// The keys of an object, and those of the objects in it; of the alternatives of `if`, `match` and `??` all.
    fn add(&self, at: ExprRef, prefix: &str, table: &mut FxHashMap<String, Place>) {
        let file = self.checked.project().file(at.file);
        let tree = &file.parse.tree;
        let again = |expr: ExprId, table: &mut FxHashMap<String, Place>| {
            self.add(ExprRef { file: at.file, expr }, prefix, table);
        };
        match tree.expr(at.expr).kind {
            ExprKind::Object(entries) => {
                for entry in tree.entries(entries).iter().filter(|entry| !entry.key.is_empty()) {
                    let path = format!("{prefix}\0{}", key::text(entry.key.text(&file.text)));
                    if let EntryValue::Set(expr) = entry.value {
                        self.add(ExprRef { file: at.file, expr }, &path, table);
                    }
                    table.entry(path).or_insert(Place { file: at.file, span: entry.key });
                }
            }
            ExprKind::Paren(inner) => again(inner, table),
            ExprKind::If(branch) => {
                if let Some(branch) = tree.branch(branch) {
                    again(branch.then, table);
                    again(branch.otherwise, table);
                }
            }
            ExprKind::Match { first, len, .. } => {
                tree.match_arms(first, len).iter().for_each(|arm| again(arm.value, table));
            }
            ExprKind::Chain(links) => tree.links(links).iter().for_each(|link| again(link.operand, table)),
            _ => {}
        }
    }
}
