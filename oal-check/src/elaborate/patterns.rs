//! Patterns of components: which of the fields that the asserts of their kind speak of are written, and which of these are `null`.

use super::InstanceId;
use crate::eval::{Evaluator, Trace, reach};
use crate::program::{EnvSet, ExprRef, KindId, Res, Target};
use oal_syntax::ast::{EntryValue, ItemKind};

/// Most fields that patterns can tell apart: two bits each.
const MAX_FIELDS: usize = 64;
/// In place of a field's number: not mentioned.
const UNMENTIONED: u8 = u8::MAX;

/// The asserts of a kind and its bases.
pub(super) struct Asserts {
    /// Condition and message of each.
    pub(super) all: Vec<(ExprRef, ExprRef)>,
    /// For each slot its number among the fields that the asserts depend on.
    fields: Vec<u8>,
    /// Whether patterns can tell all of them apart.
    sorted: bool,
}

/// Patterns of a component, each with the environments where it has it.
pub(super) type Patterns = Vec<(EnvSet, Option<u128>)>;

/// What is known of the asserts of all components of a kind with one pattern.
#[derive(Default)]
pub(super) struct Verdict {
    /// Those that do not hold, in any environment.
    pub(super) broken: Vec<usize>,
    /// Those that need a look at each component.
    pub(super) open: Vec<usize>,
}

impl Evaluator<'_> {
    /// The asserts of a kind and its bases, and the fields they depend on.
    pub(super) fn asserts_of(&self, kind: KindId) -> Asserts {
        let program = self.program;
        let mut chain: Vec<KindId> =
            std::iter::successors(Some(kind), |kind| program.kind(*kind).and_then(|k| k.base)).take(64).collect();
        chain.reverse();
        let infos = || chain.iter().filter_map(|kind| program.kind(*kind));
        let all: Vec<(ExprRef, ExprRef)> =
            infos().flat_map(|info| &info.asserts).filter_map(|item| self.assert_of(*item)).collect();
        let count = program.kind(kind).map_or(0, |info| info.fields.len());
        let mut fields = vec![UNMENTIONED; count];
        let mut mentioned = 0_usize;
        let mut open: Vec<ExprRef> = all.iter().map(|(condition, _)| *condition).collect();
        while let Some(at) = open.pop() {
            let tree = &program.project.file(at.file).parse.tree;
            let names = program.resolved(at.file);
            reach::each(tree, at.expr, &mut |id| {
                let Res::Field(slot) = names.exprs.get(id.0 as usize).copied().unwrap_or_default().into() else {
                    return;
                };
                let Some(number) = fields.get_mut(slot as usize).filter(|number| **number == UNMENTIONED) else {
                    return;
                };
                *number = u8::try_from(mentioned).unwrap_or(UNMENTIONED - 1).min(UNMENTIONED - 1);
                mentioned += 1;
                let slot = u16::try_from(slot).unwrap_or(u16::MAX);
                // What gives the field its value where it is not written counts as well.
                open.extend(
                    program
                        .kind(kind)
                        .and_then(|info| info.fields.get(usize::from(slot)))
                        .and_then(|info| info.default),
                );
                open.extend(
                    infos()
                        .flat_map(|info| &info.presets)
                        .filter(|preset| preset.slot == slot)
                        .map(|preset| preset.value),
                );
            });
        }
        Asserts { all, fields, sorted: mentioned <= MAX_FIELDS }
    }

    /// The pattern of a component in sets of environments, `None` where it has to be looked at by itself; and whether environments
    /// differ in it.
    pub(super) fn patterns_of(&mut self, instance: InstanceId, asserts: &Asserts, envs: EnvSet) -> (Patterns, bool) {
        // What is wrong already may be what the rule misses.
        if self.program.kind(self.world.kind(instance)).is_some_and(|kind| kind.garbled) {
            return (Vec::new(), false);
        }
        if !asserts.sorted {
            return (vec![(envs, None)], false);
        }
        let Some(item) = self.world.instance(instance).map(|instance| instance.item) else {
            return (Vec::new(), false);
        };
        let program = self.program;
        let tree = &program.project.file(item.file).parse.tree;
        let ItemKind::Component { body, .. } = tree.item(item.item).kind else { return (Vec::new(), false) };
        let slots = program.resolved(item.file).slots.get(body.entries.indices()).unwrap_or_default();
        let mut pattern = 0_u128;
        let mut unclear: Vec<u16> = Vec::new();
        let number = |slot: u16| asserts.fields.get(usize::from(slot)).copied().filter(|number| *number != UNMENTIONED);
        for (entry, slot) in tree.entries(body.entries).iter().zip(slots.iter().copied().chain(std::iter::repeat(0))) {
            let Some(slot) = slot.checked_sub(1) else {
                if !matches!(entry.value, EntryValue::Allow(_)) {
                    return (Vec::new(), false);
                }
                continue;
            };
            let (Some(number), EntryValue::Set(value)) = (number(slot), entry.value) else { continue };
            let value = ExprRef { file: item.file, expr: value };
            if self.is_surely_there(value) {
                pattern |= there(number);
            } else if self.is_null_literal(value) {
                pattern |= null(number);
            } else {
                unclear.push(slot);
            }
        }
        if self.has_overrides(instance) {
            for one in self.overrides(instance) {
                let Target::Field { slot, .. } = one.target else { continue };
                let Some(number) = number(slot) else { continue };
                let is_there = one.value.is_some_and(|value| self.is_surely_there(value));
                // Another value in place of one makes no other pattern.
                if !is_there || pattern & there(number) == 0 {
                    unclear.push(slot);
                }
            }
        }
        if unclear.is_empty() {
            return (vec![(envs, Some(pattern))], false);
        }
        unclear.sort_unstable();
        unclear.dedup();
        for slot in &unclear {
            if let Some(number) = number(*slot) {
                pattern &= !(there(number) | null(number));
            }
        }
        let nulls = self.run(|eval| {
            eval.each_env(envs, |eval, env| {
                let mut found = pattern;
                for slot in &unclear {
                    let Some(number) = number(*slot) else { continue };
                    if eval.is_written_in(instance, *slot, env) {
                        found |= if eval.field_is_null(instance, *slot, env)? { null(number) } else { there(number) };
                    }
                }
                Ok(found)
            })
        });
        let Ok((results, seen)) = nulls else { return (vec![(envs, None)], false) };
        let patterns = results.into_iter().map(|(set, result)| (set, result.ok())).collect();
        (patterns, seen.has(Trace::ENVIRONMENT))
    }

    /// Whether the body or an environment gives the field its value in this environment.
    fn is_written_in(&mut self, instance: InstanceId, slot: u16, env: u8) -> bool {
        let mut written = self.own_entry(instance, slot).is_some();
        let mut any = false;
        for one in self.overrides_of_field(instance, slot) {
            any = true;
            if one.environment == env {
                written = one.value.is_some() || written && !one.path.is_empty();
            }
        }
        if any {
            self.note(Trace::ENVIRONMENT);
        }
        written
    }

    /// What holds for all components with the pattern of this one.
    pub(super) fn verdict(&mut self, instance: InstanceId, asserts: &Asserts, envs: EnvSet, sorted: bool) -> Verdict {
        let mut verdict = Verdict::default();
        for (index, (condition, _)) in asserts.all.iter().enumerate() {
            if !sorted {
                verdict.open.push(index);
                continue;
            }
            self.subject = Some(instance);
            let outcome = self.run(|eval| eval.each_env(envs, |eval, env| eval.holds(*condition, instance, env)));
            self.subject = None;
            match outcome {
                Ok((results, seen)) if !seen.has(Trace::VALUES) && !seen.has(Trace::ENVIRONMENT) => {
                    match results.first() {
                        Some((_, Ok(true))) => {}
                        Some((_, Ok(false))) => verdict.broken.push(index),
                        _ => verdict.open.push(index),
                    }
                }
                _ => verdict.open.push(index),
            }
        }
        verdict
    }
}

/// The bits of a field that is written and not `null`.
const fn there(number: u8) -> u128 {
    2 << (2 * (number & 63))
}

/// The bits of a field that is written as `null`.
const fn null(number: u8) -> u128 {
    1 << (2 * (number & 63))
}
