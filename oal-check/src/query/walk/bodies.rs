//! Bodies of kinds and components: their fields, outputs and nested components, conditions and loops.

use super::super::keys::{KeyPath, Root};
use super::{Role, Walk};
use crate::program::{ItemRef, KindId, Owner};
use crate::query::Symbol;
use oal_syntax::Span;
use oal_syntax::ast::{Body, EntryValue, Guard, ItemId, ItemKind, Loop};

impl Walk<'_, '_> {
    pub(super) fn kind_body(&mut self, body: Body) {
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
                return Some((
                    Symbol::Field(kind, super::small(slot)),
                    Some(Root::Field(self.owner, super::small(slot))),
                ));
            }
            let index = info.outputs.iter().position(|output| output.at == at)?;
            Some((Symbol::Output(kind, super::small(index)), None))
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
                    Some((kind, super::small(index)))
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

    pub(super) fn component_body(&mut self, guard: Guard, body: Body) {
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
    pub(super) fn loop_head(&mut self, head: &Loop) {
        self.value(head.iterable, None);
        for name in [head.first, head.second] {
            self.bind(name);
        }
        head.filter.into_iter().for_each(|filter| self.value(filter, None));
    }

    pub(super) fn bind(&mut self, name: Span) {
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
                let part = slot.map(|slot| KeyPath::new(Root::Field(self.owner, slot)));
                if let Some(field) = field {
                    self.emit_part(field, entry.key, Role::Writes, part.as_ref());
                }
                self.value_below(value, part);
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
}
