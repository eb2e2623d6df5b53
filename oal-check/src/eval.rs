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
//! Every evaluation ends: each step is taken from a budget for the environment (several that are checked together share one, and each
//! is checked alone where that does not suffice), values have a largest size, and values that need
//! each other are found by the list of those in the making. The stack stays shallow: an evaluation that has gone deep stops and asks
//! for the value it needs (`Stop::Need`), which is then made first, from a list of its own instead of the stack.

pub(crate) mod compare;
pub mod error;
pub(crate) mod expr;
pub(crate) mod loops;
pub(crate) mod number;
mod path;
pub(crate) mod reach;
mod tasks;
pub(crate) mod text;

use crate::elaborate::instances::Unsaid;
use crate::elaborate::{InstanceId, World};
use crate::program::{DefId, ExprRef, Program, Resolutions};
use crate::project::SourceFile;
use crate::value::Value;
use error::{EvalError, Fault, Stop};
use oal_syntax::FileId;
use oal_syntax::ast::{ExprId, Tree};
use rustc_hash::{FxHashMap, FxHashSet};
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

/// Computes values of a program. Holds what has been computed, so that asking again is cheap.
pub struct Evaluator<'p> {
    /// The program.
    pub program: &'p Program,
    /// Its components.
    pub world: Arc<World>,
    memo: FxHashMap<(Task, u8), tasks::Memo>,
    /// Memory of the subject's own fields: nobody else will ask for most of them, so it is dropped with the subject.
    brief: Vec<(Task, u8)>,
    /// Tasks on the stack, outermost first.
    active: Vec<(Task, u8)>,
    /// Tasks that deep evaluations asked for, each needed by the one before.
    pending: Vec<(Task, u8)>,
    /// The same, to look into.
    waiting: FxHashSet<(Task, u8)>,
    pub(crate) locals: Vec<Value>,
    /// Where the variables of the expression at hand start.
    pub(crate) frame: usize,
    depth: u32,
    /// What is left of the budget for the environments that are checked.
    steps: u64,
    /// What is left of that for all others: what is looked at there must not change what is found here.
    steps_elsewhere: u64,
    /// Whether the budget for the environments that are checked did not suffice.
    exhausted: bool,
    pub(crate) trace: Trace,
    /// The component that [`Trace::SUBJECT`] and [`Trace::VALUES`] speak of.
    pub(crate) subject: Option<InstanceId>,
    pub(crate) patterns: FxHashMap<u32, Option<crate::text::regex::Pattern>>,
    /// Required parts of the record that was last filled in, which nothing gives.
    pub(crate) left_out: Vec<Box<str>>,
    /// How deep in a value that is being filled in.
    pub(crate) fit_depth: u32,
    /// Whether values of other types than their places take stay, to be told of: nobody has looked at what a caller gives.
    pub(crate) keeps_misfits: bool,
    /// What went wrong where nobody was told: each is a finding still to be said.
    pub(crate) unsaid: Vec<Unsaid>,
}

impl<'p> Evaluator<'p> {
    /// An evaluator that continues with known components.
    #[must_use]
    pub fn new(program: &'p Program, world: Arc<World>) -> Self {
        let exprs: usize = program.project.files().map(|(_, file)| file.parse.tree.exprs.len()).sum();
        let steps = BASE_STEPS + STEPS_PER_EXPR * exprs as u64;
        Self {
            program,
            world,
            memo: FxHashMap::default(),
            brief: Vec::new(),
            active: Vec::new(),
            pending: Vec::new(),
            waiting: FxHashSet::default(),
            locals: Vec::new(),
            frame: 0,
            depth: 0,
            steps,
            steps_elsewhere: steps,
            exhausted: false,
            trace: Trace::default(),
            subject: None,
            patterns: FxHashMap::default(),
            left_out: Vec::new(),
            fit_depth: 0,
            keeps_misfits: false,
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
    pub(crate) fn charge(&mut self, steps: u64, cx: Context<'_>, at: ExprId) -> Outcome<()> {
        let checked = self.world.selected.has(usize::from(cx.env));
        let left = if checked { &mut self.steps } else { &mut self.steps_elsewhere };
        if let Some(rest) = left.checked_sub(steps) {
            *left = rest;
            return Ok(());
        }
        *left = 0;
        self.exhausted |= checked;
        // Another environment may have steps left.
        self.note(Trace::ENVIRONMENT);
        Err(EvalError::stop(cx.at(at), Fault::Budget))
    }

    /// Whether the environments that are checked have taken more steps than one of them may.
    pub(crate) const fn is_exhausted(&self) -> bool {
        self.exhausted
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
