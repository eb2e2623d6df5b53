//! Why a field has its value: the layers that speak of it, each with its place. For hover and `oal why`.

use super::InstanceId;
use crate::eval::Evaluator;
use crate::program::{ExprRef, KindId, Place};
use oal_syntax::ast::{EntryValue, ExprKind};

/// Where a value can come from, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The default where the field is declared.
    Default,
    /// A preset of this kind.
    Kind(KindId),
    /// The component's own body.
    Component,
    /// An environment, by its index.
    Environment(u8),
}

/// A layer that speaks of a field or of a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin {
    /// Which one.
    pub layer: Layer,
    /// Where: the key of the entry that says it, or the value.
    pub place: Place,
    /// What it says; `None` for `unset`.
    pub value: Option<ExprRef>,
}

impl Evaluator<'_> {
    /// The layers that speak of a field in an environment, or of the part of it at `path`; the last one wins, those before it are what
    /// it replaces or adds to.
    #[must_use]
    pub fn origin(&self, instance: InstanceId, slot: u16, path: &[&str], env: usize) -> Vec<Origin> {
        let mut found = Vec::new();
        let Some(info) = self.field_info(instance, slot) else { return found };
        if let Some(default) = info.default {
            self.add_origin(&mut found, Layer::Default, info.at, default, path);
        }
        let mut kinds: Vec<KindId> = self.kinds(instance).collect();
        kinds.reverse();
        for kind in kinds {
            if let Some(preset) = self.preset(kind, slot) {
                let place = Place { file: preset.value.file, span: preset.key };
                self.add_origin(&mut found, Layer::Kind(kind), place, preset.value, path);
            }
        }
        if let Some(own) = self.own_entry(instance, slot) {
            let place = Place { file: own.value.file, span: own.key };
            self.add_origin(&mut found, Layer::Component, place, own.value, path);
        }
        for one in self.overrides_of_field(instance, slot).filter(|one| usize::from(one.environment) == env) {
            let layer = Layer::Environment(one.environment);
            let prefix = one.path.iter().zip(path).all(|(own, asked)| **own == **asked);
            if !prefix {
                continue;
            }
            match (one.value, path.get(one.path.len()..)) {
                (Some(value), Some(rest)) => self.add_origin(&mut found, layer, one.at, value, rest),
                (value, _) => found.push(Origin { layer, place: one.at, value }),
            }
        }
        found
    }

    /// A layer, where what it says has the part at all.
    fn add_origin(&self, found: &mut Vec<Origin>, layer: Layer, place: Place, value: ExprRef, path: &[&str]) {
        let file = self.program.project.file(value.file);
        let tree = &file.parse.tree;
        let (mut place, mut value) = (place, value);
        for name in path {
            let ExprKind::Object(entries) = tree.expr(value.expr).kind else { break };
            let entry =
                tree.entries(entries).iter().find(|entry| *oal_syntax::key::text(entry.key.text(&file.text)) == **name);
            let Some((entry, EntryValue::Set(inner))) = entry.map(|entry| (entry, entry.value)) else { return };
            place = Place { file: value.file, span: entry.key };
            value = ExprRef { file: value.file, expr: inner };
        }
        found.push(Origin { layer, place, value: Some(value) });
    }
}
