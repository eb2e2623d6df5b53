//! The walk over the names of a file: each name with what it means. Items, bodies and types are here, expressions in `walk/exprs.rs`,
//! the paths of environments in `walk/paths.rs`.

mod exprs;
mod paths;

use super::keys::{Keys, Root};
use super::{Mention, Symbol};
use crate::Checked;
use crate::program::{DefId, DefKind, ItemRef, KindId, Owner, Place, Program};
use crate::resolve::Found;
use crate::types::Level;
use oal_syntax::ast::{
    Allow, Body, EntryValue, Guard, ItemId, ItemKind, List, Loop, Member, Tree, TypeId, TypeKind, UseName,
};
use oal_syntax::{FileId, Span};

/// How a name is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Declares,
    Writes,
    Reads,
    Imports,
}

/// The walk over one file.
struct Walk<'c, 'e> {
    checked: &'c Checked,
    program: &'c Program,
    file: FileId,
    tree: &'c Tree,
    source: &'c str,
    keys: Keys<'c>,
    /// Variables in scope, outermost first.
    locals: Vec<Place>,
    /// In whose body we are.
    owner: Owner,
    each: &'e mut dyn FnMut(Symbol, Mention),
}

/// Walks over all items of a file.
pub(super) fn file(checked: &Checked, file: FileId, each: &mut dyn FnMut(Symbol, Mention)) {
    let mut walk = Walk::new(checked, file, each);
    for item in &walk.tree.top {
        walk.item(*item);
    }
}

/// Walks over the item of a file that holds `offset`, ends at it, or starts behind the `allow` that does.
pub(super) fn item_at(checked: &Checked, file: FileId, offset: u32, each: &mut dyn FnMut(Symbol, Mention)) {
    let mut walk = Walk::new(checked, file, each);
    let top = &walk.tree.top;
    let after = top.partition_point(|item| walk.tree.item(*item).span.start <= offset);
    for at in [after.wrapping_sub(1), after] {
        if let Some(item) = top.get(at) {
            walk.item(*item);
        }
    }
}

fn small(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

impl<'c, 'e> Walk<'c, 'e> {
    fn new(checked: &'c Checked, file: FileId, each: &'e mut dyn FnMut(Symbol, Mention)) -> Self {
        let program = checked.program();
        let source = program.project.file(file);
        Self {
            checked,
            program,
            file,
            tree: &source.parse.tree,
            source: &source.text,
            keys: Keys::new(checked),
            locals: Vec::new(),
            owner: Owner::File,
            each,
        }
    }

    fn text(&self, span: Span) -> &'c str {
        span.text(self.source)
    }

    fn place(&self, span: Span) -> Place {
        Place { file: self.file, span }
    }

    fn emit(&mut self, symbol: Symbol, span: Span, role: Role) {
        if span.is_empty() {
            return;
        }
        let mention = Mention {
            place: self.place(span),
            is_declaration: role == Role::Declares,
            is_write: matches!(role, Role::Declares | Role::Writes),
            is_import: role == Role::Imports,
        };
        (self.each)(symbol, mention);
    }

    /// What a bare name of a kind, type or value means in this file, without variables and fields.
    fn find(&self, name: &str) -> Found {
        if crate::std::index(self.file).is_none() {
            let found = self.program.find_in(self.source, self.file, name);
            if found != Found::None {
                return found;
            }
        }
        self.program.std_defs.get(name).map_or(Found::None, |def| Found::Def(*def))
    }

    /// What a name means that another file declares itself.
    fn find_own(&self, file: FileId, name: &str) -> Option<DefId> {
        let found = match crate::std::index(file) {
            Some(_) => self.program.std_defs.get(name).copied(),
            None => match self.program.find_in(self.program.project.text(file), file, name) {
                Found::Def(def) => Some(def),
                _ => None,
            },
        };
        found.filter(|def| self.program.def(*def).is_some_and(|info| info.item.file == file))
    }

    /// What an item declares.
    fn def_of(&self, item: ItemRef, name: Span) -> Option<DefId> {
        let is = |def: &DefId| self.program.def(*def).is_some_and(|info| info.item == item);
        let found = self.find_own(item.file, self.text(name)).filter(is);
        // One of two of the same name.
        found.or_else(|| (!name.is_empty()).then(|| (0..).map(DefId).take(self.program.defs.len()).find(is)).flatten())
    }

    fn kind_of(&self, def: DefId) -> Option<KindId> {
        self.program.kind_of.get(&def).copied()
    }

    fn item(&mut self, id: ItemId) {
        let item = *self.tree.item(id);
        let here = ItemRef { file: self.file, item: id };
        self.allows(item.allows);
        match item.kind {
            ItemKind::Use { path, names } => self.import(id, path, names),
            ItemKind::UseAs { path } => {
                self.used_file(id, path);
                self.emit(Symbol::Namespace(self.place(item.name)), item.name, Role::Declares);
            }
            ItemKind::App(body) => {
                let own = self.program.app.as_ref().is_some_and(|(_, app)| *app == here);
                if own {
                    self.emit(Symbol::App, item.name, Role::Declares);
                }
                self.app_body(body);
            }
            ItemKind::Environment(body) => self.environment(here, item.name, body),
            ItemKind::Param { ty, default } => {
                let def = self.declared(here, item.name);
                self.ty(ty);
                if let Some(default) = default {
                    self.value(default, def.map(Root::Def));
                }
            }
            ItemKind::Let { ty, value } => {
                let def = self.declared(here, item.name);
                ty.into_iter().for_each(|ty| self.ty(ty));
                self.value(value, def.map(Root::Def));
            }
            ItemKind::Type(ty) => {
                self.declared(here, item.name);
                self.type_body(ty);
            }
            ItemKind::Assert { condition, message } => {
                self.value(condition, None);
                self.value(message, None);
            }
            ItemKind::Kind { base, body, .. } => {
                let def = self.declared(here, item.name);
                self.def_path(base);
                if let Some(kind) = def.and_then(|def| self.kind_of(def)) {
                    self.owner = Owner::Kind(kind);
                }
                self.kind_body(body);
                self.owner = Owner::File;
            }
            ItemKind::Component { of, guard, body } => {
                self.def_path(of);
                let def = self.declared(here, item.name);
                if let Some(def) = def {
                    self.owner = Owner::Component(def);
                }
                self.component_body(guard, body);
                self.owner = Owner::File;
            }
            ItemKind::Error => {}
        }
    }

    /// The name of an item of the file.
    fn declared(&mut self, item: ItemRef, name: Span) -> Option<DefId> {
        let def = self.def_of(item, name)?;
        self.emit(Symbol::Def(def), name, Role::Declares);
        Some(def)
    }

    fn allows(&mut self, list: List<Allow>) {
        for allow in self.tree.allows(list) {
            self.allow(*allow);
        }
    }

    fn allow(&mut self, allow: Allow) {
        if let Some(code) = crate::diagnostic::codes::lint(self.text(allow.lint)) {
            self.emit(Symbol::Lint(code.number), allow.lint, Role::Reads);
        }
    }

    /// The path of a `use`, and the file that it leads to.
    fn used_file(&mut self, id: ItemId, path: Span) -> Option<FileId> {
        let file = match crate::std::index(self.file) {
            Some(_) => {
                let written = oal_syntax::literal::text(self.text(path));
                crate::std::file_named(written.strip_prefix("std:")?)?
            }
            None => self.program.project.uses(self.file).iter().find(|used| used.item == id)?.file?,
        };
        self.emit(Symbol::File(file), path, Role::Reads);
        Some(file)
    }

    fn import(&mut self, id: ItemId, path: Span, names: List<UseName>) {
        let Some(file) = self.used_file(id, path) else { return };
        for name in self.tree.use_names(names) {
            if let Some(def) = self.find_own(file, self.text(name.name)) {
                self.emit(Symbol::Def(def), name.name, Role::Imports);
                if name.local != name.name {
                    self.emit(Symbol::Def(def), name.local, Role::Imports);
                }
            }
        }
    }

    /// A kind's or type's name, or the path of one through a namespace.
    fn def_path(&mut self, path: Span) {
        let written = self.text(path);
        let Some((space, name)) = written.split_once('.') else {
            if let Found::Def(def) = self.find(written) {
                self.emit(Symbol::Def(def), path, Role::Reads);
            }
            return;
        };
        let space_at = Span::new(path.start, path.start + len(space.trim_end()));
        let name_at = Span::new(path.end - len(name.trim_start()), path.end);
        if let Some(def) = self.namespace(space_at).and_then(|file| self.find_own(file, name.trim())) {
            self.emit(Symbol::Def(def), name_at, Role::Reads);
        }
    }

    /// The name of a used file before a dot.
    fn namespace(&mut self, at: Span) -> Option<FileId> {
        let Found::Namespace(index) = self.find(self.text(at)) else { return None };
        let space = *self.program.scopes.get(self.file.0 as usize)?.namespaces.get(index)?;
        self.emit(Symbol::Namespace(self.place(space.name)), at, Role::Reads);
        Some(space.file)
    }

    /// `type Name = …`: a lone small word that names no kind is an enum of one.
    fn type_body(&mut self, id: TypeId) {
        let node = self.tree.ty(id);
        if let TypeKind::Name = node.kind {
            let written = self.text(node.span);
            let small = written.starts_with(|c: char| c.is_ascii_lowercase()) && !written.contains('.');
            if small && self.find(written) == Found::None {
                self.emit(Symbol::Variant(self.place(node.span)), node.span, Role::Declares);
                return;
            }
        }
        self.ty(id);
    }

    fn ty(&mut self, id: TypeId) {
        let node = self.tree.ty(id);
        match node.kind {
            TypeKind::Error => {}
            TypeKind::Name => self.type_name(node.span),
            TypeKind::Apply { args, name_len } => {
                self.type_name(Span::new(node.span.start, node.span.start + u32::from(name_len)));
                self.tree.types(args).iter().for_each(|arg| self.ty(*arg));
            }
            TypeKind::Record(members) => self.members(members),
            TypeKind::Union(variants) => {
                for variant in self.tree.variants(variants) {
                    self.emit(Symbol::Variant(self.place(variant.name)), variant.name, Role::Declares);
                    self.members(variant.fields);
                }
            }
            TypeKind::Level(inner) => {
                let before = Span::new(node.span.start, self.tree.ty(inner).span.start);
                let word = self.text(before).split_whitespace().next().unwrap_or_default();
                let levels = [Level::Const, Level::Deploy, Level::Secret];
                if let Some(level) = levels.into_iter().find(|level| level.name() == word) {
                    let at = Span::new(before.start, before.start + len(word));
                    self.emit(Symbol::Level(level), at, Role::Reads);
                }
                self.ty(inner);
            }
            TypeKind::Optional(inner) | TypeKind::Where(inner, _) | TypeKind::Paren(inner) => self.ty(inner),
        }
    }

    fn type_name(&mut self, at: Span) {
        match crate::type_names::builtin_name(self.text(at)) {
            Some(name) => self.emit(Symbol::BuiltinType(name), at, Role::Reads),
            None => self.def_path(at),
        }
    }

    /// Fields of a record type or of a variant.
    fn members(&mut self, list: List<Member>) {
        for member in self.tree.members(list) {
            self.emit(Symbol::Member(self.place(member.name)), member.name, Role::Declares);
            self.ty(member.ty);
            member.default.into_iter().for_each(|value| self.value(value, None));
        }
    }

    fn kind_body(&mut self, body: Body) {
        let kind = match self.owner {
            Owner::Kind(kind) => Some(kind),
            _ => None,
        };
        for (index, entry) in body.entries.indices().zip(self.tree.entries(body.entries)) {
            match entry.value {
                EntryValue::Set(_) | EntryValue::Unset | EntryValue::Allow(_) | EntryValue::Error => {
                    self.body_entry(kind, index);
                }
                EntryValue::Field(member) | EntryValue::Output(member) => self.kind_member(kind, member),
                EntryValue::Item(id) => self.nested_item(kind, id),
            }
        }
    }

    /// A `field` or `output`.
    fn kind_member(&mut self, kind: Option<KindId>, member: u32) {
        let Some(member) = self.tree.member(member).copied() else { return };
        self.allows(member.allows);
        let at = self.place(member.name);
        let found = kind.and_then(|kind| {
            let info = self.program.kind(kind)?;
            if let Some(slot) = info.fields.iter().position(|field| field.at == at) {
                return Some((Symbol::Field(kind, small(slot)), Some(Root::Field(self.owner, small(slot)))));
            }
            let index = info.outputs.iter().position(|output| output.at == at)?;
            Some((Symbol::Output(kind, small(index)), None))
        });
        if let Some((symbol, _)) = found {
            self.emit(symbol, member.name, Role::Declares);
        }
        self.ty(member.ty);
        if let Some(default) = member.default {
            self.value(default, found.and_then(|(_, root)| root));
        }
    }

    /// What stands in the body of a kind and is an item: a component nested in it, an assert.
    fn nested_item(&mut self, kind: Option<KindId>, id: ItemId) {
        let item = *self.tree.item(id);
        self.allows(item.allows);
        match item.kind {
            ItemKind::Assert { condition, message } => {
                self.value(condition, None);
                self.value(message, None);
            }
            ItemKind::Component { of, guard, body } => {
                self.def_path(of);
                let here = ItemRef { file: self.file, item: id };
                let nested = kind.and_then(|kind| {
                    let index = self.program.kind(kind)?.nested.iter().position(|nested| nested.item == here)?;
                    Some((kind, small(index)))
                });
                let outer = self.owner;
                if let Some((kind, index)) = nested {
                    self.emit(Symbol::Nested(kind, index), item.name, Role::Declares);
                    self.owner = Owner::Nested(kind, index);
                }
                self.component_body(guard, body);
                self.owner = outer;
            }
            _ => {}
        }
    }

    /// The kind of the component whose body we are in.
    fn kind_here(&self) -> Option<KindId> {
        match self.owner {
            Owner::Component(def) => self.program.def(def)?.of,
            Owner::Kind(kind) => Some(kind),
            Owner::Nested(kind, index) => self.program.kind(kind)?.nested.get(usize::from(index))?.of,
            Owner::File | Owner::Environment(_) => None,
        }
    }

    fn component_body(&mut self, guard: Guard, body: Body) {
        let kind = self.kind_here();
        let depth = self.locals.len();
        match guard {
            Guard::None => {}
            Guard::If(condition) => self.value(condition, None),
            Guard::For(index) => {
                if let Some(head) = self.tree.loop_head(index) {
                    self.loop_head(head);
                }
            }
        }
        for index in body.entries.indices() {
            self.body_entry(kind, index);
        }
        self.locals.truncate(depth);
    }

    /// `for names in values`: the names are in scope from here on.
    fn loop_head(&mut self, head: &Loop) {
        self.value(head.iterable, None);
        for name in [head.first, head.second] {
            self.bind(name);
        }
        head.filter.into_iter().for_each(|filter| self.value(filter, None));
    }

    fn bind(&mut self, name: Span) {
        if !name.is_empty() && self.text(name) != "_" {
            let place = self.place(name);
            self.locals.push(place);
            self.emit(Symbol::Local(place), name, Role::Declares);
        }
    }

    /// One entry of the body of a component or kind.
    fn body_entry(&mut self, kind: Option<KindId>, index: usize) {
        let Some(entry) = self.tree.entries.get(index).copied() else { return };
        match entry.value {
            EntryValue::Set(value) => {
                let slot = self.program.slot(self.file, index).filter(|_| kind.is_some());
                let field = slot.and_then(|slot| self.field(kind?, u32::from(slot)));
                if let Some(field) = field {
                    self.emit(field, entry.key, Role::Writes);
                }
                self.value(value, slot.map(|slot| Root::Field(self.owner, slot)));
            }
            EntryValue::Allow(index) => {
                if let Some(allow) = self.tree.allows.get(index as usize) {
                    self.allow(*allow);
                }
            }
            EntryValue::Item(id) => {
                if let ItemKind::Let { value, .. } = self.tree.item(id).kind {
                    self.value(value, None);
                }
            }
            EntryValue::Unset | EntryValue::Field(_) | EntryValue::Output(_) | EntryValue::Error => {}
        }
    }

    /// The field of a slot, by the kind that declares it.
    fn field(&self, kind: KindId, slot: u32) -> Option<Symbol> {
        let field = self.program.kind(kind)?.fields.get(slot as usize)?;
        Some(Symbol::Field(field.owner, u16::try_from(slot).ok()?))
    }

    /// The output of an index, by the kind that declares it.
    fn output(&self, mut kind: KindId, index: u32) -> Option<Symbol> {
        self.program.kind(kind)?.outputs.get(index as usize)?;
        while let Some(base) = self.program.kind(kind)?.base
            && self.program.kind(base)?.outputs.len() > index as usize
        {
            kind = base;
        }
        Some(Symbol::Output(kind, u16::try_from(index).ok()?))
    }

    /// The nested component of an index, by the kind that declares it.
    fn nested(&self, kind: KindId, index: u32) -> Option<Symbol> {
        let nested = self.program.kind(kind)?.nested.get(index as usize)?;
        Some(Symbol::Nested(nested.owner, u16::try_from(index).ok()?))
    }

    /// Whether a definition is a component.
    fn is_component(&self, def: DefId) -> bool {
        self.program.def(def).is_some_and(|info| info.kind == DefKind::Component)
    }
}

/// The length of a piece of a file, as spans count.
fn len(text: &str) -> u32 {
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}
