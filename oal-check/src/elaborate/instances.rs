//! How components come about: conditions, loops, nesting.

use crate::Options;

use super::{Instance, InstanceId, Made, NONE, Rare, World};
use crate::diagnostic::Diagnostic;
use crate::eval::error::{EvalError, Fault, Size};
use crate::eval::loops::{Items, names};
use crate::eval::{Context, Evaluator, MAX_ELEMENTS, Outcome, Task, Trace};
use crate::program::{DefId, DefKind, EnvSet, ExprRef, ItemRef, KindId, Program, Target};
use crate::value::{Part, Value};
use oal_syntax::ast::{ExprId, Guard, ItemKind, Loop};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Deepest nest of components; kinds that contain themselves are refused before, so no program comes near.
const MAX_NEST: usize = 64;

/// Steps that a component costs that is nested or repeated: they may be many more than the source is long.
const COMPONENT: u64 = 64;

/// No expression of a file, for errors that have no better place.
const NOWHERE: ExprId = ExprId(u32::MAX);

/// What one environment or several say of something, and the environments.
pub(crate) type PerEnv<T> = Vec<(EnvSet, Result<T, Box<EvalError>>)>;

/// The rounds of a component's loop: key and values of its names.
type Rounds = Arc<[(Arc<str>, Vec<Value>)]>;

/// Something that went wrong, and where.
#[derive(Debug, Clone)]
pub(crate) struct Unsaid {
    pub(crate) error: Box<EvalError>,
    pub(crate) envs: EnvSet,
    /// Whether it is the same in all environments, so that none needs to be named.
    pub(crate) everywhere: bool,
    /// The component that it was found for.
    pub(crate) instance: Option<InstanceId>,
}

impl<'p> Evaluator<'p> {
    /// Makes all components of a program.
    #[must_use]
    pub fn begin(program: &'p Program, given: &Options) -> (Self, Vec<Diagnostic>) {
        let mut eval = Self::new(program, Arc::new(World::new(program)));
        let mut findings = Vec::new();
        eval.take_given(given, &mut findings);
        eval.make_plain();
        for index in 0..program.defs.len() {
            let def = DefId(u32::try_from(index).unwrap_or(NONE));
            let conditional = eval.world.plain.get(index).is_none_or(|id| id.0 == NONE);
            if conditional && program.def(def).is_some_and(|info| info.kind == DefKind::Component) {
                eval.force(Task::Instances(def));
            }
        }
        let mut at = 0;
        while at < eval.world.instances.len() {
            let instance = InstanceId(u32::try_from(at).unwrap_or(NONE));
            let count = program.kind(eval.world.kind(instance)).map_or(0, |kind| kind.nested.len());
            for nested in 0..u16::try_from(count).unwrap_or(u16::MAX) {
                eval.force(Task::Nested(instance, nested));
            }
            at += 1;
        }
        (eval, findings)
    }

    /// The table of components, to add to it: nobody else holds it while components are made.
    pub(crate) fn grow(&mut self) -> &mut World {
        Arc::make_mut(&mut self.world)
    }

    fn force(&mut self, task: Task) {
        if let Err(error) = self.run(|eval| eval.ask(task, 0)) {
            let budget = error.fault == Fault::Budget;
            if budget && !self.is_exhausted() {
                return;
            }
            let instance = match task {
                Task::Nested(owner, _) => Some(owner),
                _ => None,
            };
            self.unsaid.push(Unsaid { error, envs: self.world.selected, everywhere: !budget, instance });
        }
    }

    /// All environments.
    pub(crate) fn every(&self) -> EnvSet {
        EnvSet::first(self.environments())
    }

    /// Components that exist everywhere, or in the one environment that declares them.
    fn make_plain(&mut self) {
        let every = self.every();
        for (index, def) in self.program.defs.iter().enumerate() {
            let (DefKind::Component, Some(kind)) = (def.kind, def.of) else { continue };
            let item = self.program.project.file(def.item.file).parse.tree.item(def.item.item);
            if !matches!(item.kind, ItemKind::Component { guard: Guard::None, .. }) {
                continue;
            }
            let envs = def.only_in.map_or(every, |env| EnvSet::only(usize::from(env)));
            let def_number = u32::try_from(index).unwrap_or(NONE);
            let id =
                self.grow().add(Instance { envs, item: def.item, kind, def: def_number, parent: NONE, rare: NONE });
            self.grow().set_plain(index, id);
        }
    }

    /// Does `work` in each of the environments: once where nothing in it differs, else in each.
    pub(crate) fn each_env<T: Clone>(
        &mut self,
        envs: EnvSet,
        mut work: impl FnMut(&mut Self, u8) -> Outcome<T>,
    ) -> Outcome<(PerEnv<T>, Trace)> {
        let outer = self.trace;
        let mut seen = Trace::default();
        let mut results: PerEnv<T> = Vec::new();
        for env in envs.iter() {
            self.trace = Trace::default();
            let outcome = work(self, u8::try_from(env).unwrap_or(0));
            seen = seen.with(self.trace);
            self.trace = outer;
            let result = match outcome {
                Ok(value) => Ok(value),
                Err(crate::eval::error::Stop::Error(error)) => Err(error),
                Err(need) => return Err(need),
            };
            if !seen.has(Trace::ENVIRONMENT) {
                results.push((envs, result));
                break;
            }
            results.push((EnvSet::only(env), result));
        }
        Ok((results, seen))
    }

    pub(crate) fn make_instances(&mut self, def: DefId) -> Outcome<Value> {
        let known =
            self.world.plain.get(def.0 as usize).is_some_and(|id| id.0 != NONE) || self.world.made.contains_key(&def);
        let Some(info) = self.program.def(def).filter(|_| !known) else { return Ok(Value::Null) };
        let Some(kind) = info.of else {
            self.grow().broken.insert(def);
            return Ok(Value::Null);
        };
        let envs = info.only_in.map_or(self.every(), |env| EnvSet::only(usize::from(env)));
        let (made, whole) = self.make_guarded(info.item, kind, def.0, None, envs)?;
        if !whole {
            self.grow().broken.insert(def);
        }
        for &instance in made.as_slice() {
            if let Some(key) = self.world.key(instance) {
                let key = Box::from(key);
                self.grow().by_key.insert((def, key), instance);
            }
        }
        self.grow().made.insert(def, made);
        Ok(Value::Null)
    }

    pub(crate) fn make_nested(&mut self, owner: InstanceId, nested: u16) -> Outcome<Value> {
        let program = self.program;
        if self.world.nested.contains_key(&(owner, nested)) || self.nest_of(owner) > MAX_NEST {
            return Ok(Value::Null);
        }
        let info = program.kind(self.world.kind(owner)).and_then(|kind| kind.nested.get(usize::from(nested)));
        let Some((item, kind)) = info.and_then(|info| Some((info.item, info.of?))) else { return Ok(Value::Null) };
        let envs = self.world.presence(owner);
        let (made, _) = self.make_guarded(item, kind, NONE, Some(owner), envs)?;
        self.grow().nested.insert((owner, nested), made);
        Ok(Value::Null)
    }

    fn nest_of(&self, mut instance: InstanceId) -> usize {
        let mut depth = 0;
        while let Some(parent) = self.world.parent(instance) {
            instance = parent;
            depth += 1;
        }
        depth
    }

    /// The components of an item, and whether its condition or loop was all known.
    fn make_guarded(
        &mut self,
        item: ItemRef,
        kind: KindId,
        def: u32,
        owner: Option<InstanceId>,
        envs: EnvSet,
    ) -> Outcome<(Made, bool)> {
        let guard = self.guard(item);
        let parent = owner.map_or(NONE, |owner| owner.0);
        let plain = Instance { envs, item, kind, def, parent, rare: NONE };
        let env = envs.and(self.world.selected).iter().chain(envs.iter()).next().unwrap_or(0);
        let cx = self.context(item.file, owner, u8::try_from(env).unwrap_or(0));
        match guard {
            Guard::None => {
                self.charge(COMPONENT, cx, NOWHERE)?;
                Ok((Made::One(self.grow().add(plain)), true))
            }
            Guard::If(condition) => {
                self.charge(COMPONENT, cx, condition)?;
                let (results, seen) = self.each_env(envs, |eval, env| {
                    let cx = eval.context(item.file, owner, env);
                    eval.eval(cx, condition)
                })?;
                let mut present = EnvSet::EMPTY;
                let mut whole = true;
                for (set, result) in results {
                    match result {
                        Ok(Value::Bool(true)) => present = present.or(set),
                        Ok(Value::Bool(false)) => {}
                        Ok(_) => whole = false,
                        Err(error) => {
                            whole = false;
                            self.guard_failed(error, set, seen, owner);
                        }
                    }
                }
                Ok((Made::One(self.grow().add(Instance { envs: present, ..plain })), whole))
            }
            Guard::For(index) => {
                let tree = &self.program.project.file(item.file).parse.tree;
                let Some(head) = tree.loop_head(index) else { return Ok((Made::Many(Box::default()), false)) };
                let (results, seen) = self.each_env(envs, |eval, env| {
                    let cx = eval.context(item.file, owner, env);
                    eval.component_rounds(cx, head)
                })?;
                let mut rounds = Vec::new();
                let mut whole = true;
                for (set, result) in results {
                    match result {
                        Ok(Some(found)) => rounds.push((set, found)),
                        Ok(None) => whole = false,
                        Err(error) => {
                            whole = false;
                            self.guard_failed(error, set, seen, owner);
                        }
                    }
                }
                Ok((Made::Many(self.add_repeated(plain, &rounds)), whole))
            }
        }
    }

    fn guard_failed(&mut self, error: Box<EvalError>, envs: EnvSet, seen: Trace, instance: Option<InstanceId>) {
        let everywhere = !seen.has(Trace::ENVIRONMENT) && envs == self.every();
        self.unsaid.push(Unsaid { error, envs, everywhere, instance });
    }

    pub(crate) fn guard(&self, item: ItemRef) -> Guard {
        match self.program.project.file(item.file).parse.tree.item(item.item).kind {
            ItemKind::Component { guard, .. } => guard,
            _ => Guard::None,
        }
    }

    /// The condition or what the loop goes through.
    pub(crate) fn guard_place(&self, item: ItemRef) -> Option<ExprRef> {
        let expr = match self.guard(item) {
            Guard::None => return None,
            Guard::If(condition) => condition,
            Guard::For(index) => self.program.project.file(item.file).parse.tree.loop_head(index)?.iterable,
        };
        Some(ExprRef { file: item.file, expr })
    }

    /// The rounds of a component's loop in one environment; `None` where something in them is not known.
    fn component_rounds(&mut self, cx: Context<'_>, head: &Loop) -> Outcome<Option<Rounds>> {
        let Some(items) = Items::new(self.eval(cx, head.iterable)?) else { return Ok(None) };
        let keyed = items.keyed();
        let mut seen: FxHashMap<Arc<str>, ()> = FxHashMap::default();
        let mut rounds = Vec::new();
        for round in items {
            self.charge(COMPONENT, cx, head.iterable)?;
            if rounds.len() >= MAX_ELEMENTS {
                return Err(EvalError::stop(cx.at(head.iterable), Fault::TooLarge(Size::Instances)));
            }
            let Some(key) = (if keyed { round.key.key() } else { round.element.key() }) else { return Ok(None) };
            if seen.insert(key.clone(), ()).is_some() {
                return Err(EvalError::stop(cx.at(head.iterable), Fault::DuplicateInstance((*key).into())));
            }
            rounds.push((key, round.bind(names(head)).collect()));
        }
        Ok(Some(rounds.into()))
    }

    /// One component for each key, with the environments where it occurs.
    fn add_repeated(&mut self, plain: Instance, per_env: &[(EnvSet, Rounds)]) -> Box<[InstanceId]> {
        let mut order: Vec<Arc<str>> = Vec::new();
        let mut by_key: FxHashMap<Arc<str>, Vec<(EnvSet, Vec<Value>)>> = FxHashMap::default();
        for (envs, rounds) in per_env {
            for (key, values) in rounds.iter() {
                let known = by_key.entry(key.clone()).or_insert_with(|| {
                    order.push(key.clone());
                    Vec::new()
                });
                match known.iter_mut().find(|(_, other)| other == values) {
                    Some((set, _)) => *set = set.or(*envs),
                    None => known.push((*envs, values.clone())),
                }
            }
        }
        let mut made = Vec::with_capacity(order.len());
        for key in order {
            let rounds = by_key.remove(&key).unwrap_or_default();
            let envs = rounds.iter().fold(EnvSet::EMPTY, |all, (set, _)| all.or(*set));
            let rare = u32::try_from(self.world.rare.len()).unwrap_or(NONE);
            self.grow().rare.push(Rare { key: (*key).into(), rounds });
            made.push(self.grow().add(Instance { envs, rare, ..plain }));
        }
        made.into()
    }

    /// Brings the names of a repeated component's loop into scope.
    pub(crate) fn bind_rounds(&mut self, instance: InstanceId, env: u8) {
        let Some(rare) = self.world.rare_of(instance) else { return };
        let differs = rare.rounds.len() > 1;
        let values = rare.rounds.iter().find(|(set, _)| set.has(usize::from(env))).map(|(_, values)| values.clone());
        if differs {
            self.note(Trace::ENVIRONMENT);
        }
        self.locals.extend(values.unwrap_or_default());
    }

    /// The value of a secret, where the component is one.
    pub(crate) fn secret_part(&self, instance: InstanceId) -> Option<Part> {
        self.world.secrets.contains(&self.world.kind(instance)).then_some(Part::Secret(instance))
    }
}

impl World {
    /// No components yet.
    fn new(program: &Program) -> Self {
        let is_secret = |id: KindId| {
            let root = program.kind(id).and_then(|kind| kind.root).and_then(|root| program.kind(root));
            root.is_some_and(|root| &*root.name == "secret" && root.is_extern)
        };
        let kinds = (0..u32::try_from(program.kinds.len()).unwrap_or(0)).map(KindId);
        let def_of = |target: &Target| match target {
            Target::Param(def) => *def,
            Target::Field { component, .. } => *component,
        };
        // Counted, then put in their places, so that those of one definition stay in their order.
        let mut overrides_at: Vec<u32> = Vec::new();
        let mut overrides: Vec<u32> = Vec::new();
        if !program.overrides.is_empty() {
            let mut starts = vec![0_u32; program.defs.len() + 2];
            for one in &program.overrides {
                if let Some(count) = starts.get_mut(def_of(&one.target).0 as usize + 2) {
                    *count += 1;
                }
            }
            let mut sum = 0;
            for start in &mut starts {
                sum += *start;
                *start = sum;
            }
            overrides.resize(program.overrides.len(), 0);
            for (index, one) in (0..).zip(&program.overrides) {
                let Some(next) = starts.get_mut(def_of(&one.target).0 as usize + 1) else { continue };
                if let Some(place) = overrides.get_mut(*next as usize) {
                    *place = index;
                }
                *next += 1;
            }
            overrides_at = starts;
        }
        Self {
            overrides,
            overrides_at,
            secrets: kinds.filter(|id| is_secret(*id)).collect(),
            selected: EnvSet::first(program.environments.len()),
            ..Self::default()
        }
    }

    fn add(&mut self, instance: Instance) -> InstanceId {
        self.instances.push(instance);
        InstanceId(u32::try_from(self.instances.len() - 1).unwrap_or(NONE))
    }

    fn set_plain(&mut self, def: usize, id: InstanceId) {
        if self.plain.len() <= def {
            self.plain.resize(def + 1, InstanceId(NONE));
        }
        if let Some(place) = self.plain.get_mut(def) {
            *place = id;
        }
    }
}
