//! The layers that give a field its value: default, kinds, body, environment.

use super::InstanceId;
use crate::eval::Evaluator;
use crate::program::{DefId, EnvSet, ExprRef, FieldInfo, KindId, Override, Target};
use oal_syntax::Span;
use oal_syntax::ast::{EntryValue, ItemKind};

/// Where an entry of a body stands: its key and its value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) key: Span,
    pub(crate) value: ExprRef,
}

impl<'p> Evaluator<'p> {
    /// The field of a slot.
    pub(crate) fn field_info(&self, instance: InstanceId, slot: u16) -> Option<&'p FieldInfo> {
        self.program.kind(self.world.kind(instance))?.fields.get(usize::from(slot))
    }

    /// What the component's own body says.
    pub(crate) fn own_entry(&self, instance: InstanceId, slot: u16) -> Option<Written> {
        let item = self.world.instance(instance)?.item;
        let tree = &self.program.project.file(item.file).parse.tree;
        let ItemKind::Component { body, .. } = tree.item(item.item).kind else { return None };
        let slots = self.program.resolved(item.file).slots.get(body.entries.indices())?;
        let at = slots.iter().position(|found| *found == slot.saturating_add(1))?;
        let entry = tree.entries(body.entries).get(at)?;
        match entry.value {
            EntryValue::Set(value) => Some(Written { key: entry.key, value: ExprRef { file: item.file, expr: value } }),
            _ => None,
        }
    }

    /// Whether a field that the body does not write may be what something in the body, or in its kinds, was meant to be: something
    /// that means nothing as it stands, which is said.
    pub(crate) fn may_be_garbled(&self, instance: InstanceId, slot: u16) -> bool {
        self.own_entry(instance, slot).is_none() && self.is_garbled(instance)
    }

    /// Whether the body, or its kinds, hold something that means nothing.
    pub(crate) fn is_garbled(&self, instance: InstanceId) -> bool {
        let kind = self.program.kind(self.world.kind(instance));
        let Some(item) = self.world.instance(instance).map(|instance| instance.item) else { return false };
        let tree = &self.program.project.file(item.file).parse.tree;
        let ItemKind::Component { body, .. } = tree.item(item.item).kind else { return false };
        let slots = self.program.resolved(item.file).slots.get(body.entries.indices()).unwrap_or_default();
        let slots = slots.iter().copied().chain(std::iter::repeat(0));
        kind.is_some_and(|kind| kind.garbled)
            || tree
                .entries(body.entries)
                .iter()
                .zip(slots)
                .any(|(entry, slot)| slot == 0 && !matches!(entry.value, EntryValue::Allow(_)))
    }

    /// The kinds of a component, the derived ones before their bases.
    pub(crate) fn kinds(&self, instance: InstanceId) -> impl Iterator<Item = KindId> + use<'p> {
        let program = self.program;
        std::iter::successors(Some(self.world.kind(instance)), move |kind| {
            program.kind(*kind).and_then(|info| info.base)
        })
    }

    /// What a kind itself presets.
    pub(crate) fn preset(&self, kind: KindId, slot: u16) -> Option<Written> {
        let preset = self.program.kind(kind)?.presets.iter().find(|preset| preset.slot == slot)?;
        Some(Written { key: preset.key, value: preset.value })
    }

    /// What environments say of the fields of a component; all environments together.
    pub(crate) fn overrides(&self, instance: InstanceId) -> impl Iterator<Item = &'p Override> + '_ {
        let (root, _) = self.root(instance);
        let program = self.program;
        root.map_or(&[][..], |def| self.world.overrides_of(def))
            .iter()
            .filter_map(move |index| program.overrides.get(*index as usize))
            .filter(move |one| self.is_target(one, instance))
    }

    /// What environments say of one field of a component.
    pub(crate) fn overrides_of_field(
        &self,
        instance: InstanceId,
        slot: u16,
    ) -> impl Iterator<Item = &'p Override> + '_ {
        self.overrides(instance)
            .filter(move |one| matches!(one.target, Target::Field { slot: other, .. } if other == slot))
    }

    /// Whether environments say anything of the fields of a component or those nested in it.
    pub(crate) fn has_overrides(&self, instance: InstanceId) -> bool {
        self.root(instance).0.is_some_and(|def| !self.world.overrides_of(def).is_empty())
    }

    /// The definition around a component, and how deep in it that stands.
    fn root(&self, mut instance: InstanceId) -> (Option<DefId>, usize) {
        let mut depth = 0;
        while let Some(parent) = self.world.parent(instance) {
            instance = parent;
            depth += 1;
        }
        (self.world.def(instance), depth)
    }

    /// The components whose field an override concerns: none for a param, and where there is no such component.
    pub(crate) fn targets(&self, one: &Override) -> Vec<InstanceId> {
        let Target::Field { component, key, nested, .. } = &one.target else { return Vec::new() };
        let mut found = match key {
            Some(key) => self.world.with_key(*component, key).into_iter().collect(),
            None => self.world.instances_of(*component).to_vec(),
        };
        for name in nested {
            found = found.into_iter().flat_map(|owner| self.nested_named(owner, name).to_vec()).collect();
        }
        found
    }

    /// The components of a name nested in another.
    fn nested_named(&self, owner: InstanceId, name: &str) -> &[InstanceId] {
        let index = self
            .program
            .kind(self.world.kind(owner))
            .and_then(|kind| kind.nested.iter().position(|nested| &*nested.name == name))
            .and_then(|index| u16::try_from(index).ok());
        index.map_or(&[], |index| self.world.nested(owner, index).0)
    }

    /// Whether an override of the definition around is one of this component.
    fn is_target(&self, one: &Override, instance: InstanceId) -> bool {
        let Target::Field { key, nested, .. } = &one.target else { return false };
        let mut at = instance;
        for name in nested.iter().rev() {
            let Some(parent) = self.world.parent(at).filter(|_| self.world.name(self.program, at) == &**name) else {
                return false;
            };
            at = parent;
        }
        self.world.parent(at).is_none() && key.as_deref().is_none_or(|key| self.world.key(at) == Some(key))
    }

    /// Whether anything but a default gives the field its value, in some environment.
    #[must_use]
    pub fn written(&self, instance: InstanceId, slot: u16) -> bool {
        self.field_info(instance, slot).is_some_and(|info| info.preset)
            || self.own_entry(instance, slot).is_some()
            || self.has_overrides(instance) && self.overrides_of_field(instance, slot).any(|one| one.value.is_some())
    }

    /// The environments where an override of this field takes part.
    pub(crate) fn overridden_in(&self, instance: InstanceId, slot: u16) -> EnvSet {
        if !self.has_overrides(instance) {
            return EnvSet::EMPTY;
        }
        self.overrides_of_field(instance, slot)
            .fold(EnvSet::EMPTY, |all, one| all.or(EnvSet::only(usize::from(one.environment))))
    }

    /// The expression that decides a field where no environment does: of the body, else of the kinds, else the default.
    pub(crate) fn top_layer(&self, instance: InstanceId, slot: u16) -> Option<ExprRef> {
        self.own_entry(instance, slot)
            .or_else(|| self.kinds(instance).find_map(|kind| self.preset(kind, slot)))
            .map(|written| written.value)
            .or_else(|| self.field_info(instance, slot).and_then(|info| info.default))
    }
}
