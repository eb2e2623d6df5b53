//! What expressions are worth: the evaluator, its memory and its limits. What each form means is in the submodules; which component
//! exists where, and how a field's layers make its value, in `elaborate`.
//!
//! The reference (`grammar/spec/06-expressions.md` and `11-elaboration.md`) says what each form means. What matters to other passes:
//!
//! - **Variables** ([`crate::program::Res::Local`]) are numbered from the outermost one: the names of the `for` component around, then
//!   those of comprehensions and patterns. Every name written takes a number, `_` too.
//! - **Loops.** One name over a list or range is the element, over a map the *value*; two names are index and element, or key and
//!   value. A repeated component is keyed by the elements of a list or range, and by the keys of a map, also with one name.
//! - **Texts and names.** A text equals, and matches, the plain variant of its name, for the keys of a map are texts even where their
//!   type is an enum.
//! - **Zero.** The sum of an empty list is `0`, which counts as a quantity beside one.
//! - **`?.`** on `null` makes the rest of the path `null`.
//! - **Components** stay components; only where a text is wanted, a `secret` becomes its value ([`crate::value::Part::Secret`]).
//!
//! Every evaluation ends: each step is taken from a budget for the whole check, values have a largest size, and values that need
//! each other are found by the list of those in the making. The stack stays shallow: an evaluation that has gone deep stops and asks
//! for the value it needs (`Stop::Need`), which is then made first, from a list of its own instead of the stack.

pub(crate) mod compare;
pub mod error;
pub(crate) mod expr;
pub(crate) mod loops;
pub(crate) mod number;
mod path;
pub(crate) mod reach;
pub(crate) mod text;

use crate::elaborate::instances::Unsaid;
use crate::elaborate::{InstanceId, World};
use crate::program::{DefId, DefKind, ExprRef, Program, Resolutions};
use crate::project::SourceFile;
use crate::types::Ty;
use crate::value::Value;
use error::{EvalError, Fault, Stop};
use oal_syntax::FileId;
use oal_syntax::ast::{ExprId, ItemKind, Tree};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What became of an evaluation.
pub(crate) type Outcome<T> = Result<T, Stop>;

/// Longest list and map.
pub const MAX_ELEMENTS: usize = 1 << 18;
/// Longest text, in bytes.
pub const MAX_TEXT: usize = 1 << 20;
/// Steps that every check may take, before those its size grants.
const BASE_STEPS: u64 = 2_000_000;
/// Steps for each expression in the source.
const STEPS_PER_EXPR: u64 = 256;
/// Steps that a round of a loop costs, and an element that a function makes: each takes memory.
pub(crate) const ROUND: u64 = 8;
/// Deepest nest of lists, maps and variants in the value of a `let`.
const MAX_NEST: usize = 64;
/// How deep evaluation goes before it asks for what it needs.
const DEEP: u32 = 96;

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Context<'p> {
    pub(crate) file: FileId,
    pub(crate) source: &'p SourceFile,
    pub(crate) names: &'p Resolutions,
    /// The component whose kind's body it stands in: what bare names of fields mean.
    pub(crate) instance: Option<InstanceId>,
    /// The environment.
    pub(crate) env: u8,
}

impl<'p> Context<'p> {
    pub(crate) fn tree(&self) -> &'p Tree {
        &self.source.parse.tree
    }

    pub(crate) fn at(&self, expr: ExprId) -> ExprRef {
        ExprRef { file: self.file, expr }
    }
}

/// Something that is made once and that others ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Task {
    /// The value of a param or let.
    Def(DefId),
    /// The value of a field of a component.
    Field(InstanceId, u16),
    /// The value of an output that is computed from fields.
    Output(InstanceId, u16),
    /// The instances of a component of the program; in all environments at once.
    Instances(DefId),
    /// The instances of a component nested in another; in all environments at once.
    Nested(InstanceId, u16),
}

/// What an evaluation has looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Trace(u8);

impl Trace {
    /// Something that differs by environment.
    pub(crate) const ENVIRONMENT: Self = Self(1);
    /// The subject: one of its fields, or which component it is.
    pub(crate) const SUBJECT: Self = Self(2);
    /// More of the subject than which fields are written and which of these are `null`.
    pub(crate) const VALUES: Self = Self(4);

    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(crate) const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Memory of a task: what it gave and what it looked at.
#[derive(Debug, Clone)]
struct Memo {
    value: Result<Value, Box<EvalError>>,
    trace: Trace,
}

/// In place of an environment's number: the same in all.
const EVERY: u8 = u8::MAX;

/// Computes values of a program. Holds what has been computed, so that asking again is cheap.
pub struct Evaluator<'p> {
    /// The program.
    pub program: &'p Program,
    /// Its components.
    pub world: Arc<World>,
    memo: FxHashMap<(Task, u8), Memo>,
    /// Tasks on the stack, outermost first.
    active: Vec<(Task, u8)>,
    /// Tasks that deep evaluations asked for, each needed by the one before.
    pending: Vec<(Task, u8)>,
    pub(crate) locals: Vec<Value>,
    /// Where the variables of the expression at hand start.
    pub(crate) frame: usize,
    depth: u32,
    steps: u64,
    pub(crate) trace: Trace,
    /// The component that [`Trace::SUBJECT`] and [`Trace::VALUES`] speak of.
    pub(crate) subject: Option<InstanceId>,
    pub(crate) patterns: FxHashMap<u32, Option<crate::text::regex::Pattern>>,
    /// Required parts of the record that was last filled in, which nothing gives.
    pub(crate) left_out: Vec<Box<str>>,
    /// How deep in a value that is being filled in.
    pub(crate) fit_depth: u32,
    /// What went wrong where nobody was told: each is a finding still to be said.
    pub(crate) unsaid: Vec<Unsaid>,
}

impl<'p> Evaluator<'p> {
    /// An evaluator that continues with known components.
    #[must_use]
    pub fn new(program: &'p Program, world: Arc<World>) -> Self {
        let exprs: usize = program.project.files().map(|(_, file)| file.parse.tree.exprs.len()).sum();
        Self {
            program,
            world,
            memo: FxHashMap::default(),
            active: Vec::new(),
            pending: Vec::new(),
            locals: Vec::new(),
            frame: 0,
            depth: 0,
            steps: BASE_STEPS + STEPS_PER_EXPR * exprs as u64,
            trace: Trace::default(),
            subject: None,
            patterns: FxHashMap::default(),
            left_out: Vec::new(),
            fit_depth: 0,
            unsaid: Vec::new(),
        }
    }

    /// How many environments the program has.
    #[must_use]
    pub fn environments(&self) -> usize {
        self.program.environments.len()
    }

    /// The context of a file's own items.
    pub(crate) fn context(&self, file: FileId, instance: Option<InstanceId>, env: u8) -> Context<'p> {
        let program = self.program;
        Context { file, source: program.project.file(file), names: program.resolved(file), instance, env }
    }

    /// Takes steps from the budget.
    pub(crate) fn charge(&mut self, steps: u64, at: ExprRef) -> Outcome<()> {
        match self.steps.checked_sub(steps) {
            Some(rest) => {
                self.steps = rest;
                Ok(())
            }
            None => {
                self.steps = 0;
                Err(EvalError::stop(at, Fault::Budget))
            }
        }
    }

    /// Notes what the evaluation at hand has looked at.
    pub(crate) fn note(&mut self, trace: Trace) {
        self.trace = self.trace.with(trace);
    }

    /// Notes a look at a component: of interest where it is the subject.
    pub(crate) fn note_of(&mut self, instance: InstanceId, trace: Trace) {
        if self.subject == Some(instance) {
            self.note(trace);
        }
    }

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
                Ok(Some(result)) => return Ok(result),
                Ok(None) => {
                    self.pending.pop();
                    self.trace = trace;
                }
                Err(Stop::Need(task, env)) => self.pending.push((task, env)),
                Err(Stop::Error(error)) => {
                    // The error is in the memory of the task now: whoever needs it will find it there.
                    if next.is_none() {
                        return Err(error);
                    }
                    self.pending.pop();
                    self.trace = trace;
                }
            }
        }
    }

    /// Gives what a task gave, or does it now.
    pub(crate) fn ask(&mut self, task: Task, env: u8) -> Outcome<Value> {
        if let Some(memo) = self.memo.get(&(task, EVERY)).or_else(|| self.memo.get(&(task, env))) {
            let (value, trace) = (memo.value.clone(), memo.trace);
            self.replay(task, trace);
            return value.map_err(Stop::Error);
        }
        if self.depth > DEEP && !self.is_being_made(task, env) {
            return Err(Stop::Need(task, env));
        }
        self.make(task, env)
    }

    fn is_being_made(&self, task: Task, env: u8) -> bool {
        self.active.contains(&(task, env)) || self.pending.contains(&(task, env))
    }

    /// Adds what a task has looked at to what the evaluation at hand has.
    fn replay(&mut self, task: Task, trace: Trace) {
        if trace.has(Trace::ENVIRONMENT) {
            self.note(Trace::ENVIRONMENT);
        }
        // Memory may stem from a time when another component was the subject, so it cannot tell what of this one was looked at.
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
        let waiting = self.pending.len() - usize::from(driven);
        if self.active.contains(&key) || self.pending.iter().take(waiting).any(|other| *other == key) {
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
        self.memo.insert((task, env), Memo { value: value.clone(), trace: own });
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
                    return Err(EvalError::stop(cx.at(value), Fault::TooLarge(error::Size::Nest)));
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

    /// The value of a param or `let`.
    ///
    /// # Errors
    /// Why it has no value.
    pub fn value_of(&mut self, def: DefId, env: usize) -> Result<Value, Box<EvalError>> {
        let env = u8::try_from(env).unwrap_or(0);
        self.run(|eval| eval.ask(Task::Def(def), env))
    }

    /// Evaluates an expression of a file, with no component around it.
    ///
    /// # Errors
    /// Why it has no value.
    pub fn evaluate(&mut self, at: ExprRef, env: usize) -> Result<Value, Box<EvalError>> {
        let cx = self.context(at.file, None, u8::try_from(env).unwrap_or(0));
        self.run(|eval| eval.eval(cx, at.expr))
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
