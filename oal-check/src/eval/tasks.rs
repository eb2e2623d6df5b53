//! Values that are made once and remembered, and how deep chains of them are made without a deep stack.

use super::error::{EvalError, Fault, Size, Stop};
use super::{Evaluator, Outcome, Task, Trace};
use crate::elaborate::InstanceId;
use crate::program::{DefId, DefKind, ExprRef};
use crate::types::Ty;
use crate::value::Value;
use oal_syntax::FileId;
use oal_syntax::ast::{ExprId, ItemKind};

/// Deepest nest of lists, maps and variants in the value of a `let`.
const MAX_NEST: usize = 64;
/// How deep evaluation goes before it asks for what it needs.
const DEEP: u32 = 96;

/// Memory of a task: what it gave and what it looked at.
#[derive(Debug, Clone)]
pub(crate) struct Memo {
    value: Result<Value, Box<EvalError>>,
    trace: Trace,
    /// The subject of that time, of which the trace speaks.
    subject: Option<InstanceId>,
}

/// In place of an environment's number: the same in all.
const EVERY: u8 = u8::MAX;

impl Evaluator<'_> {
    /// Does `work` until it has all it needs. The way in from outside for whatever evaluates; inside, `?` carries the need up to here.
    pub(crate) fn run<T>(&mut self, mut work: impl FnMut(&mut Self) -> Outcome<T>) -> Result<T, Box<EvalError>> {
        let floor = self.pending.len();
        loop {
            let depth = self.depth;
            let (locals, frame, active, trace) = (self.locals.len(), self.frame, self.active.len(), self.trace);
            let next = (self.pending.len() > floor).then(|| self.pending.last().copied()).flatten();
            let outcome = match next {
                Some((task, env)) => self.make(task, env).map(|_| None),
                None => work(self).map(Some),
            };
            if outcome.is_err() {
                self.locals.truncate(locals);
                self.active.truncate(active);
                (self.frame, self.depth) = (frame, depth);
            }
            match outcome {
                Ok(Some(result)) => {
                    self.forget();
                    return Ok(result);
                }
                Ok(None) => {
                    self.drop_pending();
                    self.trace = trace;
                }
                Err(Stop::Need(task, env)) => {
                    self.pending.push((task, env));
                    self.waiting.insert((task, env));
                }
                Err(Stop::Error(error)) => {
                    // The error is in the memory of the task now: whoever needs it will find it there.
                    if next.is_none() {
                        return Err(error);
                    }
                    self.drop_pending();
                    self.trace = trace;
                }
            }
        }
    }

    fn drop_pending(&mut self) {
        if let Some(done) = self.pending.pop() {
            self.waiting.remove(&done);
        }
    }

    fn forget(&mut self) {
        if self.active.is_empty() {
            for key in self.brief.drain(..) {
                self.memo.remove(&key);
            }
        }
    }

    /// Gives what a task gave, or does it now.
    pub(crate) fn ask(&mut self, task: Task, env: u8) -> Outcome<Value> {
        if let Some(memo) = self.memo.get(&(task, EVERY)).or_else(|| self.memo.get(&(task, env))) {
            let (value, trace, subject) = (memo.value.clone(), memo.trace, memo.subject);
            self.replay(task, trace, subject);
            return value.map_err(Stop::Error);
        }
        if self.depth > DEEP && !self.is_being_made(task, env) {
            return Err(Stop::Need(task, env));
        }
        self.make(task, env)
    }

    fn is_being_made(&self, task: Task, env: u8) -> bool {
        self.active.contains(&(task, env)) || self.waiting.contains(&(task, env))
    }

    /// Adds what a task has looked at to what the evaluation at hand has.
    fn replay(&mut self, task: Task, trace: Trace, subject: Option<InstanceId>) {
        if subject == self.subject {
            self.note(trace);
            return;
        }
        if trace.has(Trace::ENVIRONMENT) {
            self.note(Trace::ENVIRONMENT);
        }
        // From a time with another subject: it cannot tell what of this one was looked at.
        if let Task::Field(instance, _) | Task::Output(instance, _) | Task::Nested(instance, _) = task
            && self.subject.is_some_and(|subject| self.world.is_within(instance, subject))
        {
            self.note(Trace::SUBJECT.with(Trace::VALUES));
        }
    }

    /// Does a task and remembers the outcome.
    fn make(&mut self, task: Task, env: u8) -> Outcome<Value> {
        let key = (task, env);
        let driven = self.pending.last() == Some(&key);
        if self.active.contains(&key) || !driven && self.waiting.contains(&key) {
            return Err(Stop::Error(self.cycle(task, env)));
        }
        self.active.push(key);
        let outer = std::mem::take(&mut self.trace);
        let (frame, locals) = (self.frame, self.locals.len());
        self.frame = locals;
        self.depth += 1;
        let outcome = match task {
            Task::Def(def) => self.make_def(def, env),
            Task::Field(instance, slot) => self.make_field(instance, slot, env),
            Task::Output(instance, output) => self.make_output(instance, output, env),
            Task::Instances(def) => self.make_instances(def),
            Task::Nested(instance, nested) => self.make_nested(instance, nested),
        };
        self.depth = self.depth.saturating_sub(1);
        self.locals.truncate(locals);
        self.frame = frame;
        self.active.pop();
        // Where components exist is noted by whoever looks at one of them.
        let made = matches!(task, Task::Instances(_) | Task::Nested(..));
        let own = if made { Trace::default() } else { self.trace };
        self.trace = outer.with(own);
        let value = match outcome {
            Ok(value) => Ok(value),
            Err(Stop::Error(error)) => Err(error),
            need => return need,
        };
        let env = if own.has(Trace::ENVIRONMENT) { env } else { EVERY };
        if let Task::Field(instance, _) | Task::Output(instance, _) = task
            && self.subject == Some(instance)
        {
            self.brief.push((task, env));
        }
        self.memo.insert((task, env), Memo { value: value.clone(), trace: own, subject: self.subject });
        value.map_err(Stop::Error)
    }

    /// The value of a param or a let.
    fn make_def(&mut self, def: DefId, env: u8) -> Outcome<Value> {
        let program = self.program;
        let Some(info) = program.def(def) else { return Ok(Value::Unknown) };
        if program.def_types.get(&def).is_some_and(|ty| *ty == Ty::UNKNOWN) {
            return Ok(Value::Unknown);
        }
        match info.kind {
            DefKind::Param => self.param(def, env),
            DefKind::Let => {
                let cx = self.context(info.item.file, None, env);
                let ItemKind::Let { ty, value } = cx.tree().item(info.item.item).kind else {
                    return Ok(Value::Unknown);
                };
                let result = self.eval(cx, value)?;
                if nests_deeper(&result, MAX_NEST) {
                    return Err(EvalError::stop(cx.at(value), Fault::TooLarge(Size::Nest)));
                }
                match program.def_types.get(&def) {
                    Some(declared) if ty.is_some() => self.normalise(cx, result, *declared, cx.at(value)),
                    _ => Ok(result),
                }
            }
            DefKind::Type | DefKind::Kind | DefKind::Component => Ok(Value::Unknown),
        }
    }

    /// The finding for a task that needs itself. It stands at the first of those on the way, wherever the evaluation came in.
    fn cycle(&self, task: Task, env: u8) -> Box<EvalError> {
        let key = (task, env);
        let all = || self.pending.iter().chain(&self.active);
        let start = all().position(|other| *other == key).unwrap_or(0);
        let mut way: Vec<Task> = all().skip(start).map(|(step, _)| *step).collect();
        way.dedup();
        let place = |task: &Task| {
            self.task_place(*task).map_or((u32::MAX, u32::MAX), |at| {
                (at.file.0, self.program.project.file(at.file).parse.tree.expr(at.expr).span.start)
            })
        };
        let first = (0..way.len()).min_by_key(|at| way.get(*at).map(place)).unwrap_or(0);
        way.rotate_left(first);
        let at = way.first().and_then(|task| self.task_place(*task));
        let at = at.unwrap_or(ExprRef { file: FileId(0), expr: ExprId(u32::MAX) });
        let mut names: Vec<Box<str>> = way.iter().take(8).map(|step| self.task_name(*step).into_boxed_str()).collect();
        if way.len() > names.len() {
            names.push("…".into());
        }
        names.extend(names.first().cloned());
        Box::new(EvalError { at, fault: Fault::Cycle { way: names } })
    }

    /// As a message calls a task.
    fn task_name(&self, task: Task) -> String {
        let field = |instance: InstanceId, name: Option<&str>| {
            format!("{}.{}", self.world.path(self.program, instance), name.unwrap_or("?"))
        };
        match task {
            Task::Def(def) | Task::Instances(def) => self.program.def_name(def).to_owned(),
            Task::Field(instance, slot) => field(instance, self.field_info(instance, slot).map(|info| &*info.name)),
            Task::Output(instance, output) => {
                let kind = self.program.kind(self.world.kind(instance));
                field(instance, kind.and_then(|kind| kind.outputs.get(usize::from(output))).map(|info| &*info.name))
            }
            Task::Nested(instance, nested) => {
                let kind = self.program.kind(self.world.kind(instance));
                field(instance, kind.and_then(|kind| kind.nested.get(usize::from(nested))).map(|info| &*info.name))
            }
        }
    }

    /// An expression that stands for a task.
    fn task_place(&self, task: Task) -> Option<ExprRef> {
        let program = self.program;
        match task {
            Task::Def(def) => {
                let item = program.def(def)?.item;
                match program.project.file(item.file).parse.tree.item(item.item).kind {
                    ItemKind::Let { value, .. } => Some(ExprRef { file: item.file, expr: value }),
                    ItemKind::Param { default, .. } => Some(ExprRef { file: item.file, expr: default? }),
                    _ => None,
                }
            }
            Task::Field(instance, slot) => self.top_layer(instance, slot),
            Task::Output(instance, output) => {
                program.kind(self.world.kind(instance))?.outputs.get(usize::from(output))?.value
            }
            Task::Instances(def) => self.guard_place(program.def(def)?.item),
            Task::Nested(instance, nested) => {
                self.guard_place(program.kind(self.world.kind(instance))?.nested.get(usize::from(nested))?.item)
            }
        }
    }
}

/// Whether lists, maps and variants nest deeper than this.
fn nests_deeper(value: &Value, most: usize) -> bool {
    let Some(most) = most.checked_sub(1) else { return true };
    match value {
        Value::List(elements) => elements.iter().any(|element| nests_deeper(element, most)),
        Value::Map(entries) | Value::Variant(_, entries) => entries.iter().any(|(_, value)| nests_deeper(value, most)),
        _ => false,
    }
}
