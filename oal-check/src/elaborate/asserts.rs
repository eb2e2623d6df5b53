//! Asserts, of files and of kinds.
//!
//! A kind's asserts hold for most of its components for the same reason: the fields they speak of are left out, or are there. So
//! components are sorted by a *pattern*, which fields are written and which of these are `null`, and an assert that looks at nothing
//! else is worked out once for each pattern.

use super::InstanceId;
use super::instances::Unsaid;
use super::patterns::{Asserts, Verdict};
use crate::diagnostic::{Diagnostic, codes};
use crate::eval::{Evaluator, Outcome, Trace, reach};
use crate::program::{EnvSet, ExprRef, KindId, Place, Res};
use crate::value::Value;
use oal_syntax::ast::{EntryValue, ExprId, ExprKind, Op};
use rustc_hash::FxHashMap;
use std::rc::Rc;

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

    pub(super) fn holds(&mut self, condition: ExprRef, instance: InstanceId, env: u8) -> Outcome<bool> {
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
