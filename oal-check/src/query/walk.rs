//! The walk over the names of a file: each name with what it means, and of which part of which component it speaks. Items are here;
//! bodies, types, expressions and the paths of environments have a file each.

mod bodies;
mod exprs;
mod paths;
mod types;

use super::keys::{KeyPath, Keys, Root};
use super::{Mention, Symbol};
use crate::Checked;
use crate::program::{DefId, DefKind, ItemRef, KindId, Owner, Place, Program};
use crate::resolve::Found;
use oal_syntax::ast::{Allow, ItemId, ItemKind, List, Tree, UseName};
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
    each: &'e mut Each<'e>,
}

/// Takes a symbol, where its name stands, and the part of a value that the name leads to.
pub(super) type Each<'e> = dyn FnMut(Symbol, Mention, Option<&KeyPath>) + 'e;

/// Walks over all items of a file.
pub(super) fn file<'e>(checked: &Checked, file: FileId, each: &'e mut Each<'e>) {
    let mut walk = Walk::new(checked, file, each);
    for item in &walk.tree.top {
        walk.item(*item);
    }
}

/// Walks over the items of a file that hold one of these words.
pub(super) fn items_with<'e>(checked: &Checked, file: FileId, words: &[&str], each: &'e mut Each<'e>) {
    let mut walk = Walk::new(checked, file, each);
    let finders: Vec<_> = words.iter().map(|word| memchr::memmem::Finder::new(word.as_bytes())).collect();
    let mut before = 0;
    for item in &walk.tree.top {
        // What is allowed of an item stands before it.
        let end = walk.tree.item(*item).span.end;
        let text = Span::new(before, end).text(walk.source).as_bytes();
        before = end;
        if finders.iter().any(|finder| finder.find(text).is_some()) {
            walk.item(*item);
        }
    }
}

/// Walks over the item of a file that holds `offset`, ends at it, or starts behind the `allow` that does.
pub(super) fn item_at<'e>(checked: &Checked, file: FileId, offset: u32, each: &'e mut Each<'e>) {
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
    fn new(checked: &'c Checked, file: FileId, each: &'e mut Each<'e>) -> Self {
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
        self.emit_part(symbol, span, role, None);
    }

    /// As [`Walk::emit`], for a name that leads to a part of a value.
    fn emit_part(&mut self, symbol: Symbol, span: Span, role: Role, part: Option<&KeyPath>) {
        if span.is_empty() {
            return;
        }
        let mention = Mention {
            place: self.place(span),
            is_declaration: role == Role::Declares,
            is_write: matches!(role, Role::Declares | Role::Writes),
            is_import: role == Role::Imports,
        };
        (self.each)(symbol, mention, part);
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
        // One of two of the same name is found by its place: definitions stand in the order of files and items.
        found.or_else(|| {
            let at = self.program.defs.partition_point(|def| def.item < item);
            u32::try_from(at).ok().map(DefId).filter(is).filter(|_| !name.is_empty())
        })
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
