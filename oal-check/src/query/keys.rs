//! Keys of maps and ports: which place of the source counts as their declaration. A map field is put together from layers, so a key may
//! be written several times; the lowest layer that has it counts: the default, the kinds from the base on, the body, the environments
//! in their order.

use super::Symbol;
use crate::Checked;
use crate::program::{DefId, ExprRef, KindId, Owner, Place, Program, Res, Target};
use oal_syntax::Span;
use oal_syntax::ast::{EntryValue, ExprId, ExprKind, Guard, ItemKind, Tree};
use oal_syntax::key;
use rustc_hash::{FxHashMap, FxHashSet};

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

/// Where the app says which network groups there are.
#[must_use]
pub fn network_groups(program: &Program) -> Option<ExprRef> {
    let (_, app) = program.app.as_ref()?;
    let source = program.project.file(app.file);
    let ItemKind::App(body) = source.parse.tree.item(app.item).kind else { return None };
    source.parse.tree.entries(body.entries).iter().find_map(|entry| match entry.value {
        EntryValue::Set(expr) if entry.key.text(&source.text) == "networks" => Some(ExprRef { file: app.file, expr }),
        _ => None,
    })
}

/// Finds the places where keys are written first.
pub(super) struct Keys<'c> {
    checked: &'c Checked,
    known: FxHashMap<Root, Table>,
    groups: Option<Table>,
    instances: FxHashMap<DefId, Table>,
    iterated: Option<FxHashSet<ExprRef>>,
}

/// Where keys are written, by their path.
type Table = FxHashMap<String, Place>;

impl<'c> Keys<'c> {
    pub(super) fn new(checked: &'c Checked) -> Self {
        Self { checked, known: FxHashMap::default(), groups: None, instances: FxHashMap::default(), iterated: None }
    }

    /// The key at the end of a path; `None` where nothing in sight writes it.
    pub(super) fn symbol(&mut self, path: &KeyPath) -> Option<Symbol> {
        let place = *self.table(path.root).get(&path.path)?;
        let one = path.path.matches('\0').count() == 1;
        Some(if one && self.is_field(path.root, "ports") {
            Symbol::Port(place)
        } else if one && self.is_field(path.root, "networks") {
            // A group is declared in `app`; components join it by its name.
            if self.groups.is_none() {
                self.groups = Some(self.find_groups());
            }
            let declared = self.groups.as_ref().and_then(|groups| groups.get(&path.path));
            Symbol::Key(declared.copied().unwrap_or(place))
        } else {
            Symbol::Key(place)
        })
    }

    /// The network groups of the app, by name after a NUL.
    fn find_groups(&self) -> Table {
        let mut table = Table::default();
        if let Some(groups) = network_groups(self.checked.program()) {
            self.add(self.written(groups), "", &mut table);
        }
        table
    }

    /// Where the key of an instance of a repeated component stands.
    pub(super) fn instance(&mut self, def: DefId, key: &str) -> Option<Place> {
        if !self.instances.contains_key(&def) {
            let found = self.find_instances(def);
            self.instances.insert(def, found);
        }
        self.instances.get(&def)?.get(&format!("\0{key}")).copied()
    }

    /// The keys of the map or texts of the list that the loop of a repeated component goes through, where that or the `let` that it
    /// names is written out, after a NUL each.
    pub(super) fn find_instances(&self, def: DefId) -> Table {
        let mut table = Table::default();
        if let Some(at) = self.iterable(def).map(|at| self.written(at)) {
            self.add(at, "", &mut table);
            let file = self.checked.project().file(at.file);
            for span in texts(&file.parse.tree, at.expr) {
                let key = format!("\0{}", key::text(span.text(&file.text)));
                table.entry(key).or_insert(Place { file: at.file, span });
            }
        }
        table
    }

    /// What the loop of a repeated component goes through.
    fn iterable(&self, def: DefId) -> Option<ExprRef> {
        let item = self.checked.program().def(def)?.item;
        let tree = &self.checked.project().file(item.file).parse.tree;
        let ItemKind::Component { guard: Guard::For(head), .. } = tree.item(item.item).kind else { return None };
        Some(ExprRef { file: item.file, expr: tree.loop_head(head)?.iterable })
    }

    /// Whether the loop of some component goes through this expression, or through the `let` whose value it is.
    pub(super) fn is_iterated(&mut self, at: ExprRef) -> bool {
        if self.iterated.is_none() {
            let defs = (0..).map(DefId).take(self.checked.program().defs.len());
            let over = defs.filter_map(|def| self.iterable(def));
            self.iterated = Some(over.map(|over| self.written(over)).collect());
        }
        self.iterated.as_ref().is_some_and(|iterated| iterated.contains(&at))
    }

    /// Where a value is written: itself, or that of the `let` that it names.
    fn written(&self, at: ExprRef) -> ExprRef {
        let program = self.checked.program();
        let tree = &program.project.file(at.file).parse.tree;
        let value = match (tree.expr(at.expr).kind, program.res(at.file, at.expr)) {
            (ExprKind::Name, Res::Def(def)) => program.def(def).and_then(|info| {
                let tree = &program.project.file(info.item.file).parse.tree;
                match tree.item(info.item.item).kind {
                    ItemKind::Let { value, .. } => Some(ExprRef { file: info.item.file, expr: value }),
                    _ => None,
                }
            }),
            _ => None,
        };
        value.unwrap_or(at)
    }

    /// The place of a port of a component.
    pub(super) fn port(&mut self, owner: Owner, name: &str) -> Option<Place> {
        let slot = self.kind_of(owner).and_then(|kind| self.checked.program().kind(kind)?.field_index.get("ports"))?;
        self.table(Root::Field(owner, *slot)).get(&format!("\0{name}")).copied()
    }

    /// Whether it is this field of the built-in library.
    fn is_field(&self, root: Root, name: &str) -> bool {
        let Root::Field(owner, slot) = root else { return false };
        let kind = self.kind_of(owner).and_then(|kind| self.checked.program().kind(kind));
        let field = kind.and_then(|kind| kind.fields.get(usize::from(slot)));
        field.is_some_and(|field| *field.name == *name && crate::std::index(field.at.file).is_some())
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
            let mut table = Table::default();
            self.fill(root, &mut table);
            self.known.insert(root, table);
        }
        self.known.entry(root).or_default()
    }

    fn fill(&self, root: Root, table: &mut Table) {
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
    fn add_body(&self, owner: Owner, slot: u16, table: &mut Table) {
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

    fn add_overrides(&self, def: DefId, slot: u16, table: &mut Table) {
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
    fn add(&self, at: ExprRef, prefix: &str, table: &mut Table) {
        let file = self.checked.project().file(at.file);
        let tree = &file.parse.tree;
        let again = |expr: ExprId, table: &mut Table| {
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

/// The texts of a list that is written out.
pub(super) fn texts(tree: &Tree, list: ExprId) -> impl Iterator<Item = Span> {
    let elements = match tree.expr(list).kind {
        ExprKind::List(elements) => tree.exprs(elements),
        _ => &[],
    };
    elements
        .iter()
        .map(|element| tree.expr(*element))
        .filter(|element| element.kind == ExprKind::Text)
        .map(|text| text.span)
}
