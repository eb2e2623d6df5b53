//! Asserts, of files and of kinds.
//!
//! A kind's asserts hold for most of its components for the same reason: the fields they speak of are left out, or are there. So
//! components are sorted by a *pattern*, which fields are written and which of these are `null`, and an assert that looks at nothing
//! else is worked out once for each pattern.

use super::InstanceId;
use super::instances::Unsaid;
use crate::diagnostic::{Diagnostic, codes};
use crate::eval::{Evaluator, Outcome, Trace, reach};
use crate::program::{EnvSet, ExprRef, KindId, Place, Res, Target};
use crate::value::Value;
use oal_syntax::ast::{EntryValue, ExprId, ExprKind, ItemKind, Op};
use rustc_hash::FxHashMap;
use std::rc::Rc;

/// Most fields that patterns can tell apart: two bits each.
const MAX_FIELDS: usize = 64;
/// In place of a field's number: not mentioned.
const UNMENTIONED: u8 = u8::MAX;

/// The asserts of a kind and its bases.
struct Asserts {
    /// Condition and message of each.
    all: Vec<(ExprRef, ExprRef)>,
    /// For each slot its number among the fields that the asserts depend on.
    fields: Vec<u8>,
    /// Whether patterns can tell all of them apart.
    sorted: bool,
}

/// Patterns of a component, each with the environments where it has it.
type Patterns = Vec<(EnvSet, Option<u128>)>;

/// What is known of the asserts of all components of a kind with one pattern.
#[derive(Default)]
struct Verdict {
    /// Those that do not hold, in any environment.
    broken: Vec<usize>,
    /// Those that need a look at each component.
    open: Vec<usize>,
}

impl Evaluator<'_> {
    /// Asserts of files.
    pub(crate) fn check_asserts(&mut self, findings: &mut Vec<Diagnostic>) {
        let program = self.program;
        for item in &program.asserts {
            let Some((condition, message)) = self.assert_of(*item) else { continue };
            let selected = self.world.selected;
            let held = |eval: &mut Self, env: u8| {
                let cx = eval.context(condition.file, None, env);
                eval.eval(cx, condition.expr)
            };
            let Ok((results, seen)) = self.run(|eval| eval.each_env(selected, held)) else { continue };
            let everywhere = !seen.has(Trace::ENVIRONMENT);
            for (envs, result) in results {
                match result {
                    Ok(Value::Bool(false)) => {
                        let found = self.broken_assert(condition, message, envs);
                        findings.push(self.in_envs(found, envs, everywhere));
                    }
                    Ok(_) => {}
                    Err(error) => self.unsaid.push(Unsaid { error, envs, everywhere, instance: None }),
                }
            }
        }
    }

    fn broken_assert(&mut self, condition: ExprRef, message: ExprRef, envs: EnvSet) -> Diagnostic {
        let env = u8::try_from(envs.iter().next().unwrap_or(0)).unwrap_or(0);
        let words = self.assert_words(message, None, env);
        let span = self.program.project.file(condition.file).parse.tree.expr(condition.expr).span;
        let mut diagnostic =
            Diagnostic::new(&codes::ASSERT_FAILED, condition.file, span, words).label("this does not hold");
        for note in self.involved(condition, None, env) {
            diagnostic = diagnostic.note(note);
        }
        diagnostic.help("change one of the values, or the assert")
    }

    /// The message of an assert.
    fn assert_words(&mut self, message: ExprRef, instance: Option<InstanceId>, env: u8) -> String {
        let value = self.run(|eval| {
            let cx = eval.context(message.file, instance, env);
            eval.eval(cx, message.expr)
        });
        match value {
            Ok(Value::Text(text)) if !text.is_empty() => text.to_string(),
            _ => "an assert does not hold".to_owned(),
        }
    }

    /// "`orders.storage` is 20GiB": the values that a condition compares.
    fn involved(&mut self, condition: ExprRef, instance: Option<InstanceId>, env: u8) -> Vec<String> {
        let file = self.program.project.file(condition.file);
        let tree = &file.parse.tree;
        let mut operands: Vec<ExprId> = Vec::new();
        reach::each(tree, condition.expr, &mut |id| match tree.expr(id).kind {
            ExprKind::Chain(links) => {
                let links = tree.links(links);
                let compares = links.iter().any(|link| {
                    matches!(
                        link.op,
                        Op::Equal | Op::NotEqual | Op::Less | Op::LessEqual | Op::Greater | Op::GreaterEqual | Op::In
                    )
                });
                if compares {
                    operands.extend(links.iter().map(|link| link.operand));
                }
            }
            ExprKind::Call { args, .. } => {
                operands.extend(tree.entries(args).iter().filter_map(|arg| match arg.value {
                    EntryValue::Set(value) => Some(value),
                    _ => None,
                }))
            }
            _ => {}
        });
        operands.sort_by_key(|id| tree.expr(*id).span);
        operands.dedup();
        let mut notes = Vec::new();
        for id in operands {
            let expr = tree.expr(id);
            if !matches!(expr.kind, ExprKind::Name | ExprKind::Path { .. } | ExprKind::Call { .. } | ExprKind::Chain(_))
            {
                continue;
            }
            let res = self.program.res(condition.file, id);
            if matches!(res, Res::Variant(_) | Res::EnvironmentName(_) | Res::Environment | Res::Local(_)) {
                continue;
            }
            let value = self.run(|eval| {
                let cx = eval.context(condition.file, instance, env);
                eval.eval(cx, id)
            });
            // What is not known is not shown, and a secret is never known.
            let Ok(value) = value else { continue };
            let words = expr.span.text(&file.text);
            if !matches!(value, Value::Unknown | Value::Template(_) | Value::Component(_) | Value::Endpoint(..))
                && !words.contains('\n')
                && notes.len() < 4
            {
                let note = format!("`{words}` is {}", value.show());
                if !notes.contains(&note) {
                    notes.push(note);
                }
            }
        }
        notes
    }

    /// Asserts of kinds, for each component.
    pub(crate) fn check_kind_asserts(&mut self, findings: &mut Vec<Diagnostic>) {
        let program = self.program;
        let mut by_kind: Vec<Option<Rc<Asserts>>> = vec![None; program.kinds.len()];
        let mut verdicts: FxHashMap<(KindId, u128), Rc<Verdict>> = FxHashMap::default();
        for index in 0..self.world.len() {
            let instance = InstanceId(u32::try_from(index).unwrap_or(u32::MAX));
            let kind = self.world.kind(instance);
            let Some(known) = by_kind.get_mut(kind.0 as usize) else { continue };
            let asserts = match known {
                Some(asserts) => asserts.clone(),
                None => {
                    let made = Rc::new(self.asserts_of(kind));
                    if let Some(place) = by_kind.get_mut(kind.0 as usize) {
                        *place = Some(made.clone());
                    }
                    made
                }
            };
            let envs = self.world.presence(instance).and(self.world.selected);
            if asserts.all.is_empty() || envs.is_empty() {
                continue;
            }
            let (patterns, differs) = self.patterns_of(instance, &asserts, envs);
            // Named are the environments of what some environment makes different.
            let everywhere = !differs && self.world.presence(instance) == self.every();
            for (set, pattern) in patterns {
                let key = (kind, pattern.unwrap_or(0));
                let verdict = match verdicts.get(&key).filter(|_| pattern.is_some()) {
                    Some(verdict) => verdict.clone(),
                    None => {
                        let verdict = Rc::new(self.verdict(instance, &asserts, set, pattern.is_some()));
                        if pattern.is_some() {
                            verdicts.insert(key, verdict.clone());
                        }
                        verdict
                    }
                };
                for &broken in &verdict.broken {
                    self.report_kind_assert(instance, &asserts, broken, (set, everywhere), findings);
                }
                for &open in &verdict.open {
                    self.check_kind_assert(instance, &asserts, open, (set, everywhere), findings);
                }
            }
        }
    }

    /// The asserts of a kind and its bases, and the fields they depend on.
    fn asserts_of(&self, kind: KindId) -> Asserts {
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
    fn patterns_of(&mut self, instance: InstanceId, asserts: &Asserts, envs: EnvSet) -> (Patterns, bool) {
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
                // A field that is wrong already may be the one that the rule misses.
                if matches!(entry.value, EntryValue::Set(_) | EntryValue::Error) {
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
    fn verdict(&mut self, instance: InstanceId, asserts: &Asserts, envs: EnvSet, sorted: bool) -> Verdict {
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

    fn holds(&mut self, condition: ExprRef, instance: InstanceId, env: u8) -> Outcome<bool> {
        let cx = self.context(condition.file, Some(instance), env);
        Ok(self.eval(cx, condition.expr)? != Value::Bool(false))
    }

    fn check_kind_assert(
        &mut self,
        instance: InstanceId,
        asserts: &Asserts,
        index: usize,
        (envs, everywhere): (EnvSet, bool),
        findings: &mut Vec<Diagnostic>,
    ) {
        let Some((condition, _)) = asserts.all.get(index).copied() else { return };
        let outcome = self.run(|eval| eval.each_env(envs, |eval, env| eval.holds(condition, instance, env)));
        let Ok((results, seen)) = outcome else { return };
        let everywhere = everywhere && !seen.has(Trace::ENVIRONMENT);
        let mut broken = EnvSet::EMPTY;
        for (set, result) in results {
            match result {
                Ok(true) => {}
                Ok(false) => broken = broken.or(set),
                Err(error) => self.unsaid.push(Unsaid { error, envs: set, everywhere, instance: Some(instance) }),
            }
        }
        if !broken.is_empty() {
            self.report_kind_assert(instance, asserts, index, (broken, everywhere), findings);
        }
    }

    fn report_kind_assert(
        &mut self,
        instance: InstanceId,
        asserts: &Asserts,
        index: usize,
        (envs, everywhere): (EnvSet, bool),
        findings: &mut Vec<Diagnostic>,
    ) {
        let Some((condition, message)) = asserts.all.get(index).copied() else { return };
        let env = u8::try_from(envs.iter().next().unwrap_or(0)).unwrap_or(0);
        let words = self.assert_words(message, Some(instance), env);
        let own = self.entries_in(instance, condition);
        let what = self.describe(instance);
        let name = self.user_place(instance);
        // One field that breaks the rule is where to act; several break it together.
        let place = if let [one] = own.as_slice() { *one } else { name };
        let mut diagnostic =
            Diagnostic::new(&codes::KIND_ASSERT_FAILED, place.file, place.span, format!("{what}: {words}"));
        diagnostic = diagnostic.label("breaks a rule of its kind");
        if place != name {
            diagnostic = diagnostic.secondary(name.file, name.span, "the component");
        }
        for entry in own.iter().filter(|entry| **entry != place).take(3) {
            diagnostic = diagnostic.secondary(entry.file, entry.span, "takes part");
        }
        let rule = self.program.project.file(condition.file).parse.tree.expr(condition.expr).span;
        diagnostic = diagnostic.secondary(condition.file, rule, "the rule");
        for note in self.involved(condition, Some(instance), env) {
            diagnostic = diagnostic.note(note);
        }
        let fields = self.fields_in(condition);
        let help = match fields.as_slice() {
            [] => "change what the rule speaks of".to_owned(),
            [one] => format!("change `{one}`"),
            several => format!("set, change or leave out one of `{}`", several.join("`, `")),
        };
        findings.push(self.in_envs(diagnostic.help(help), envs, everywhere));
    }

    /// The fields that a rule speaks of, in its order.
    fn fields_in(&self, condition: ExprRef) -> Vec<String> {
        let names = self.program.resolved(condition.file);
        let file = self.program.project.file(condition.file);
        let mut found: Vec<String> = Vec::new();
        reach::each(&file.parse.tree, condition.expr, &mut |id| {
            let res: Res = names.exprs.get(id.0 as usize).copied().unwrap_or_default().into();
            let name = file.parse.tree.expr(id).span.text(&file.text);
            if matches!(res, Res::Field(_)) && !found.iter().any(|other| other == name) && !name.contains('.') {
                found.push(name.to_owned());
            }
        });
        found
    }

    /// The keys of the entries of a component's body that a rule speaks of.
    fn entries_in(&self, instance: InstanceId, condition: ExprRef) -> Vec<Place> {
        let names = self.program.resolved(condition.file);
        let tree = &self.program.project.file(condition.file).parse.tree;
        let mut found: Vec<Place> = Vec::new();
        reach::each(tree, condition.expr, &mut |id| {
            if let Res::Field(slot) = names.exprs.get(id.0 as usize).copied().unwrap_or_default().into()
                && let Some(own) = self.own_entry(instance, u16::try_from(slot).unwrap_or(u16::MAX))
                && crate::std::index(own.value.file).is_none()
            {
                found.push(Place { file: own.value.file, span: own.key });
            }
        });
        found.sort_unstable();
        found.dedup();
        found
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
