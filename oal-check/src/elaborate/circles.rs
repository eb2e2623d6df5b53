//! Fields of a kind that need each other through its own defaults and presets. Circles that lead through a component by its name are
//! found when the values that name it are worked out; these here name nothing but fields, and nobody may ask for them.

use super::InstanceId;
use super::instances::Unsaid;
use crate::eval::{Evaluator, Task, Trace, reach};
use crate::program::{ExprRef, KindId, Res};

impl Evaluator<'_> {
    /// Works out the fields that may need each other, for each component of their kinds.
    pub(crate) fn check_circles(&mut self) {
        let program = self.program;
        let kinds = (0..u32::try_from(program.kinds.len()).unwrap_or(0)).map(KindId);
        let suspects: Vec<(KindId, Vec<u16>)> =
            kinds.map(|kind| (kind, self.suspects(kind))).filter(|(_, slots)| !slots.is_empty()).collect();
        if suspects.is_empty() {
            return;
        }
        for index in 0..self.world.len() {
            let instance = InstanceId(u32::try_from(index).unwrap_or(u32::MAX));
            let kind = self.world.kind(instance);
            let Some((_, slots)) = suspects.iter().find(|(suspect, _)| *suspect == kind) else { continue };
            let envs = self.world.presence(instance).and(self.world.selected);
            for &slot in slots {
                let asked =
                    self.run(|eval| eval.each_env(envs, |eval, env| eval.ask(Task::Field(instance, slot), env)));
                let Ok((results, seen)) = asked else { continue };
                let everywhere = !seen.has(Trace::ENVIRONMENT) && self.world.presence(instance) == self.every();
                for (envs, result) in results {
                    if let Err(error) = result {
                        self.unsaid.push(Unsaid { error, envs, everywhere, instance: Some(instance) });
                    }
                }
            }
        }
    }

    /// Slots of a kind on a circle or before one, as far as its own text tells.
    fn suspects(&self, kind: KindId) -> Vec<u16> {
        let program = self.program;
        let Some(info) = program.kind(kind) else { return Vec::new() };
        if info.item.is_none_or(|item| crate::std::index(item.file).is_some()) {
            return Vec::new();
        }
        let mut needs: Vec<Vec<u16>> = vec![Vec::new(); info.fields.len()];
        let mut add = |slot: u16, at: ExprRef| {
            let names = program.resolved(at.file);
            let Some(needs) = needs.get_mut(usize::from(slot)) else { return };
            reach::each(&program.project.file(at.file).parse.tree, at.expr, &mut |id| {
                if let Res::Field(other) = names.exprs.get(id.0 as usize).copied().unwrap_or_default().into() {
                    needs.push(u16::try_from(other).unwrap_or(u16::MAX));
                }
            });
        };
        for (slot, field) in (0..).zip(&info.fields) {
            if let Some(default) = field.default.filter(|at| crate::std::index(at.file).is_none()) {
                add(slot, default);
            }
        }
        let chain = std::iter::successors(Some(kind), |kind| program.kind(*kind).and_then(|info| info.base)).take(64);
        for preset in chain.filter_map(|kind| program.kind(kind)).flat_map(|info| &info.presets) {
            add(preset.slot, preset.value);
        }
        // What needs nothing that is left cannot be on a circle.
        let mut left: Vec<u16> = (0..).take(needs.len()).collect();
        loop {
            let before = left.len();
            let settled = left.clone();
            left.retain(|slot| {
                needs
                    .get(usize::from(*slot))
                    .is_some_and(|needs| needs.iter().any(|other| settled.binary_search(other).is_ok()))
            });
            if left.len() == before {
                return left;
            }
        }
    }
}
