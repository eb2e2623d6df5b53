//! Values that can fail: each is worked out wherever it counts, and held against its place.

use super::InstanceId;
use super::instances::Unsaid;
use super::misfit::{Demand, Misfit};
use crate::diagnostic::Diagnostic;
use crate::eval::error::Fault;
use crate::eval::{Evaluator, Outcome, Task, Trace};
use crate::program::{DefId, DefKind, EnvSet, ExprRef, Obligation, Override, Owner};
use crate::types::Ty;
use rustc_hash::FxHashMap;

/// What became of an obligation in one environment.
#[derive(Clone)]
struct Met {
    misfits: Vec<Misfit>,
    left_out: Vec<Box<str>>,
}

/// For whom an expression is worked out.
#[derive(Clone, Copy)]
struct Case {
    /// The component whose kind's body it stands in.
    around: Option<InstanceId>,
    /// The component whose body it stands in.
    component: Option<InstanceId>,
    envs: EnvSet,
}

impl Evaluator<'_> {
    /// Works out all that can fail, and says what did: params, overrides, values, asserts.
    pub fn check(&mut self) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        self.check_params(&mut findings);
        self.check_overrides(&mut findings);
        self.discharge(&mut findings);
        self.check_lets();
        self.check_circles();
        self.check_asserts(&mut findings);
        self.check_kind_asserts(&mut findings);
        findings.extend(self.take_findings());
        findings
    }

    /// Every `let` has a value: one that nobody asks for, too, and one whose parts are fine and only together too large.
    fn check_lets(&mut self) {
        for (index, def) in (0..).zip(&self.program.defs) {
            if def.kind != DefKind::Let {
                continue;
            }
            let selected = self.world.selected;
            let asked = self.run(|eval| eval.each_env(selected, |eval, env| eval.ask(Task::Def(DefId(index)), env)));
            let Ok((results, seen)) = asked else { continue };
            for (envs, result) in results {
                if let Err(error) = result {
                    let everywhere = !seen.has(Trace::ENVIRONMENT);
                    self.unsaid.push(Unsaid { error, envs, everywhere, instance: None });
                }
            }
        }
    }

    /// What queries since the last call have found to be wrong. The same as [`Evaluator::check`] has said already, where it was
    /// called; folding leaves one of each.
    pub fn take_findings(&mut self) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        let mut exhausted = false;
        for Unsaid { error, envs, everywhere, instance } in std::mem::take(&mut self.unsaid) {
            let envs = envs.and(self.world.selected);
            let budget = error.fault == Fault::Budget;
            if envs.is_empty() || budget && exhausted {
                continue;
            }
            exhausted |= budget;
            findings.push(self.in_envs(
                self.explain(&error, instance),
                envs,
                everywhere || budget && self.environments() == 1,
            ));
        }
        findings
    }

    /// Works out every obligation.
    fn discharge(&mut self, findings: &mut Vec<Diagnostic>) {
        let program = self.program;
        let mut all: Option<Vec<InstanceId>> = None;
        let mut targets: Option<FxHashMap<ExprRef, &'_ Override>> = None;
        for obligation in &program.obligations {
            if crate::std::index(obligation.value.file).is_some() {
                continue;
            }
            let cases = match obligation.owner {
                Owner::File => vec![Case { around: None, component: None, envs: self.every() }],
                Owner::Environment(env) => {
                    let targets = targets.get_or_insert_with(|| {
                        program.overrides.iter().filter_map(|one| Some((one.value?, one))).collect()
                    });
                    let target = targets.get(&obligation.value).copied();
                    let envs = EnvSet::only(usize::from(env));
                    let components = target.map(|one| self.targets(one)).unwrap_or_default();
                    // The value does not depend on whose it becomes, so one of them stands for all.
                    let component = components.first().copied();
                    vec![Case { around: None, component, envs }]
                }
                Owner::Component(def) => self.cases_of(def),
                Owner::Kind(kind) | Owner::Nested(kind, _) => {
                    let all = all.get_or_insert_with(|| self.world.all(program));
                    let of_kind = all.iter().copied().filter(|id| program.extends(self.world.kind(*id), kind));
                    self.cases_in(of_kind, obligation.owner)
                }
            };
            self.meet(obligation, &cases, findings);
        }
    }

    fn cases_of(&self, def: DefId) -> Vec<Case> {
        let case = |id: &InstanceId| Case { around: None, component: Some(*id), envs: self.world.presence(*id) };
        self.world.instances_of(def).iter().map(case).collect()
    }

    fn cases_in(&self, owners: impl Iterator<Item = InstanceId>, owner: Owner) -> Vec<Case> {
        let case = |around, id| Case { around: Some(around), component: Some(id), envs: self.world.presence(id) };
        match owner {
            Owner::Nested(_, nested) => owners
                .flat_map(|around| self.world.nested(around, nested).0.iter().map(move |id| case(around, *id)))
                .collect(),
            _ => owners.map(|id| case(id, id)).collect(),
        }
    }

    /// Works out one obligation for all components concerned; once, where none makes a difference.
    fn meet(&mut self, obligation: &Obligation, cases: &[Case], findings: &mut Vec<Diagnostic>) {
        let Some(first) = cases.first() else { return };
        let alike = cases.iter().all(|case| case.envs == first.envs);
        for case in cases {
            let envs = case.envs.and(self.world.selected);
            if envs.is_empty() {
                continue;
            }
            self.subject = case.around;
            let result = self.run(|eval| eval.each_env(envs, |eval, env| eval.meet_one(obligation, *case, env)));
            self.subject = None;
            let Ok((results, seen)) = result else { continue };
            let everywhere = !seen.has(Trace::ENVIRONMENT) && case.envs == self.every();
            let what = self.what(obligation, case.component);
            for (set, result) in results {
                match result {
                    Ok(met) => {
                        for misfit in &met.misfits {
                            if let Some(found) = self.refuse(obligation.value, misfit, &what, case.component) {
                                findings.push(self.in_envs(found, set, everywhere));
                            }
                        }
                        for name in &met.left_out {
                            let found = self.left_out(obligation.value, name, &what, case.component);
                            findings.push(self.in_envs(found, set, everywhere));
                        }
                    }
                    Err(error) => self.unsaid.push(Unsaid { error, envs: set, everywhere, instance: case.component }),
                }
            }
            // Nothing of the component was looked at: what holds for it holds for all.
            let repeated = case.component.is_some_and(|id| self.world.key(id).is_some());
            if alike && !repeated && !seen.has(Trace::SUBJECT) {
                return;
            }
        }
    }

    fn meet_one(&mut self, obligation: &Obligation, case: Case, env: u8) -> Outcome<Met> {
        let at = obligation.value;
        let cx = self.context(at.file, case.around, env);
        let (frame, floor) = (self.frame, self.locals.len());
        self.frame = floor;
        if let Some(component) = case.component
            && matches!(obligation.owner, Owner::Component(_) | Owner::Nested(..))
        {
            self.bind_rounds(component, env);
        }
        let value = self.eval(cx, at.expr);
        self.locals.truncate(floor);
        self.frame = frame;
        let value = value?;
        if obligation.expected == Ty::UNKNOWN {
            return Ok(Met { misfits: Vec::new(), left_out: Vec::new() });
        }
        self.left_out.clear();
        let value = self.normalise(cx, value, obligation.expected, at)?;
        let mut left_out = std::mem::take(&mut self.left_out);
        let demand = Demand { component: case.component, env, types_too: false };
        let misfits = self.misfits(&value, obligation.expected, demand)?;
        if !left_out.is_empty() {
            // A record may get the rest of its parts from other layers.
            left_out.clear();
            if let (Some(slot), Some(component)) = (obligation.slot, case.component) {
                self.make_field(component, slot, env)?;
                left_out = std::mem::take(&mut self.left_out);
            }
        }
        Ok(Met { misfits, left_out })
    }

    /// "field `replicas` of service `api`"
    fn what(&self, obligation: &Obligation, component: Option<InstanceId>) -> String {
        match (obligation.slot, component) {
            (Some(slot), Some(component)) => match self.field_info(component, slot) {
                Some(info) => format!("field `{}` of {}", info.name, self.describe(component)),
                None => "this place".to_owned(),
            },
            _ => "this place".to_owned(),
        }
    }
}
