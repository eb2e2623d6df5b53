//! Environments: what the steps of their paths mean.

use super::super::keys::{KeyPath, Root};
use super::{Role, Walk};
use crate::program::{DefId, DefKind, ItemRef, KindId, Owner};
use crate::query::Symbol;
use crate::resolve::Found;
use crate::types::{Ty, TyData};
use oal_syntax::Span;
use oal_syntax::ast::{Body, EntryValue, ItemKind};
use oal_syntax::key;

impl Walk<'_, '_> {
    /// An environment with all that it sets and unsets, and the components that only it has.
    pub(super) fn environment(&mut self, here: ItemRef, name: Span, body: Body) {
        let index = self.program.environments.iter().position(|environment| environment.item == Some(here));
        if let Some(index) = index {
            self.emit(Symbol::Environment(super::small(index)), name, Role::Declares);
        }
        for entry in self.tree.entries(body.entries) {
            match entry.value {
                EntryValue::Set(value) => {
                    let (owner, root) = self.override_path(entry.key);
                    self.owner = owner;
                    self.value_below(value, root);
                    self.owner = Owner::File;
                }
                EntryValue::Unset | EntryValue::Error => {
                    self.override_path(entry.key);
                }
                EntryValue::Item(id) => {
                    if let ItemKind::Component { .. } = self.tree.item(id).kind {
                        self.item(id);
                    }
                }
                EntryValue::Allow(index) => {
                    if let Some(allow) = self.tree.allows.get(index as usize) {
                        self.allow(*allow);
                    }
                }
                EntryValue::Field(_) | EntryValue::Output(_) => {}
            }
        }
    }

    /// The path of an override: in whose body its value counts as standing, and what it is the value of.
    fn override_path(&mut self, path: Span) -> (Owner, Option<KeyPath>) {
        let written = self.text(path);
        let mut parts = key::segments(written).map(|segment| {
            let at = Span::new(path.start + segment.span.start, path.start + segment.span.end);
            (segment.text.into_owned(), at, segment.quoted)
        });
        let none = (Owner::File, None);
        let Some((word, at, _)) = parts.next() else { return none };
        let Found::Def(def) = self.program.find_in(self.source, self.file, &word) else { return none };
        let last = path.end == at.end;
        self.emit(Symbol::Def(def), at, if last { Role::Writes } else { Role::Reads });
        let Some(info) = self.program.def(def) else { return none };
        match info.kind {
            DefKind::Param => (Owner::File, Some(KeyPath::new(Root::Def(def)))),
            DefKind::Component => self.component_path(def, info.of, &mut parts, path.end),
            _ => none,
        }
    }

    fn component_path(
        &mut self,
        def: DefId,
        kind: Option<KindId>,
        parts: &mut dyn Iterator<Item = (String, Span, bool)>,
        end: u32,
    ) -> (Owner, Option<KeyPath>) {
        let mut owner = Owner::Component(def);
        let Some(mut kind) = kind else { return (owner, None) };
        let (mut keys, mut ty) = loop {
            let Some((word, at, quoted)) = parts.next() else { return (owner, None) };
            if quoted {
                self.instance(owner, &word, at);
                continue;
            }
            let Some(info) = self.program.kind(kind) else { return (owner, None) };
            if let Some(slot) = info.field_index.get(word.as_str()).copied() {
                let keys = KeyPath::new(Root::Field(owner, slot));
                if let Some(field) = self.field(kind, u32::from(slot)) {
                    let role = if at.end == end { Role::Writes } else { Role::Reads };
                    self.emit_part(field, at, role, Some(&keys));
                }
                let ty = info.fields.get(usize::from(slot)).map_or(Ty::UNKNOWN, |field| field.ty);
                break (keys, ty);
            }
            let Some(index) = info.nested.iter().position(|nested| *nested.name == *word) else {
                return (owner, None);
            };
            if let Some(symbol) = self.nested(kind, u32::from(super::small(index))) {
                self.emit(symbol, at, Role::Reads);
                if let Symbol::Nested(of, index) = symbol {
                    owner = Owner::Nested(of, index);
                }
            }
            let Some(of) = info.nested.get(index).and_then(|nested| nested.of) else { return (owner, None) };
            kind = of;
        };
        for (word, at, _) in parts {
            let role = if at.end >= end.saturating_sub(1) { Role::Writes } else { Role::Reads };
            let below = keys.then(&word);
            match *self.program.types.data(self.program.types.bare(ty)) {
                TyData::Record(number) => {
                    let Some(member) = self.program.types.record(number).and_then(|record| {
                        record.fields.iter().find(|field| *field.name == *word).map(|field| (field.at, field.ty))
                    }) else {
                        break;
                    };
                    self.emit_part(Symbol::Member(member.0), at, role, Some(&below));
                    ty = member.1;
                }
                TyData::Map(key, value) => {
                    let symbol = self.key_symbol(key, &word, Some(&below), at);
                    let declares =
                        matches!(symbol, Symbol::Key(place) | Symbol::Port(place) if place == self.place(at));
                    self.emit_part(symbol, at, if declares { Role::Declares } else { role }, Some(&below));
                    ty = value;
                }
                _ => break,
            }
            keys = below;
        }
        (owner, Some(keys))
    }
}
