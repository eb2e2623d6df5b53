//! The state that the static passes share: the program as it becomes known, the findings, and where in the source we are.
//! No rule lives here.

use crate::diagnostic::{Code, Diagnostic};
use crate::program::{DefId, KindId, Obligation, Owner, PackedRes, Place, Program, Res, Resolutions};
use crate::project::Project;
use crate::types::{Level, Ty};
use oal_syntax::ast::{ExprId, List, Tree};
use oal_syntax::{FileId, Span};
use rustc_hash::{FxHashMap, FxHashSet};

/// The state of a check.
pub(crate) struct Checker<'p> {
    pub(crate) project: &'p Project,
    pub(crate) program: Program,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Where we are.
    pub(crate) at: Context<'p>,
    /// Variables in scope, outermost first.
    pub(crate) locals: Vec<Local<'p>>,
    /// Whether the expression at hand can fail when it is computed.
    pub(crate) fallible: bool,
    /// Components that an environment declares although the file has one of that name.
    pub(crate) shadow_components: rustc_hash::FxHashSet<DefId>,
    /// Lets and types whose type is being worked out, to see circles.
    pub(crate) pending: Vec<DefId>,
    /// Kinds that have a number and nothing else yet.
    pub(crate) waiting: Vec<KindId>,
    /// Kinds being filled in, outermost first, to see circles.
    pub(crate) building: Vec<KindId>,
    /// Kinds whose bodies have still to be checked.
    pub(crate) to_check: Vec<KindId>,
    /// How often names were suggested.
    pub(crate) suggested: usize,
    /// Key types of repeated components, by file and loop.
    pub(crate) loop_keys: FxHashMap<(FileId, u32), Ty>,
    /// Imported names that are used, by the file that imports them.
    pub(crate) used_imports: FxHashSet<(FileId, DefId)>,
    /// The fields that a body has set so far; kept for its memory.
    pub(crate) set: Vec<(u16, Span)>,
    /// The slot of the entry at each place of the body that was checked last.
    pub(crate) usual_slots: Vec<u16>,
    /// First entry of each key of the large object at hand, and which object that is.
    pub(crate) key_table: (usize, FxHashMap<&'p str, usize>),
}

/// Where in the source a check is.
#[derive(Clone, Copy)]
pub(crate) struct Context<'p> {
    pub(crate) file: FileId,
    pub(crate) tree: &'p Tree,
    pub(crate) source: &'p str,
    pub(crate) owner: Owner,
    /// The kind whose fields bare names may mean.
    pub(crate) kind: Option<KindId>,
    /// The kind of the component whose body this is.
    pub(crate) component: Option<KindId>,
    /// The keys of the component's own `ports`, where they are written out.
    pub(crate) ports: Option<List<oal_syntax::ast::Entry>>,
    /// What the value at hand is for.
    pub(crate) sink: Sink<'p>,
}

/// What a value is for, to speak of it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sink<'p> {
    /// Name of the field, param, argument…
    pub(crate) name: &'p str,
    /// What that is: "field", "param"; empty where nothing is known.
    pub(crate) what: &'static str,
    /// Whose it is: a component's or kind's name; empty where it has no owner.
    pub(crate) of: &'p str,
    /// The kind of the owner.
    pub(crate) of_kind: &'p str,
}

impl Sink<'_> {
    /// "field `replicas` of service `api`"
    pub(crate) fn describe(&self) -> String {
        match (self.what, self.of) {
            ("", _) => "this place".to_owned(),
            (what, "") => format!("{what} `{}`", self.name),
            (what, of) if self.of_kind.is_empty() => format!("{what} `{}` of `{of}`", self.name),
            (what, of) => format!("{what} `{}` of {} `{of}`", self.name, self.of_kind),
        }
    }
}

/// A variable of a comprehension, a `for` component or a pattern.
#[derive(Clone, Copy)]
pub(crate) struct Local<'p> {
    pub(crate) name: &'p str,
    pub(crate) ty: Ty,
    pub(crate) level: Level,
}

/// What is known of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Typed {
    pub(crate) ty: Ty,
    pub(crate) level: Level,
}

impl Typed {
    pub(crate) const UNKNOWN: Self = Self { ty: Ty::UNKNOWN, level: Level::Const };

    pub(crate) const fn constant(ty: Ty) -> Self {
        Self { ty, level: Level::Const }
    }
}

impl<'p> Checker<'p> {
    pub(crate) fn new(project: &'p Project) -> Self {
        let mut resolutions: Vec<Resolutions> = Vec::new();
        resolutions.resize_with(project.files().len() + crate::std::len(), Resolutions::default);
        let program = Program {
            project: project.clone(),
            scopes: std::iter::repeat_with(Default::default).take(project.files().len()).collect(),
            resolutions,
            ..Program::default()
        };
        Self {
            project,
            program,
            diagnostics: project.problems().to_vec(),
            at: Context {
                file: FileId(0),
                tree: &project.file(FileId(0)).parse.tree,
                source: project.text(FileId(0)),
                owner: Owner::File,
                kind: None,
                component: None,
                ports: None,
                sink: Sink::default(),
            },
            locals: Vec::new(),
            fallible: false,
            shadow_components: rustc_hash::FxHashSet::default(),
            pending: Vec::new(),
            waiting: Vec::new(),
            building: Vec::new(),
            to_check: Vec::new(),
            suggested: 0,
            loop_keys: FxHashMap::default(),
            used_imports: FxHashSet::default(),
            set: Vec::new(),
            usual_slots: Vec::new(),
            key_table: (0, FxHashMap::default()),
        }
    }

    /// What is wrong with the texts themselves.
    pub(crate) fn syntax_findings(&mut self) {
        for (file, source) in self.project.files() {
            if let Some((offset, place)) = source.invalid_utf8 {
                self.diagnostics.push(
                    Diagnostic::new(
                        &crate::diagnostic::codes::INVALID_UTF8,
                        file,
                        place,
                        format!("`{}` is not valid UTF-8 from byte {offset} on", source.path),
                    )
                    .label("this byte is no character")
                    .help("save the file as UTF-8"),
                );
            }
            for error in &source.parse.errors {
                self.diagnostics.push(crate::diagnostic::syntax(file, &source.text, error));
            }
        }
    }

    /// What stands on a line that could not be read may be a use of a name: nothing there is called unused.
    pub(crate) fn mark_broken_lines(&mut self) {
        for (file, source) in self.project.files() {
            if source.parse.errors.is_empty() {
                continue;
            }
            let context = self.context(file);
            self.within(context, |this| {
                for error in &source.parse.errors {
                    let (start, end) = (error.span.start as usize, error.span.end as usize);
                    let first = source.text.get(..start).and_then(|text| text.rfind('\n')).map_or(0, |line| line + 1);
                    let rest = source.text.get(end..).unwrap_or_default();
                    let last = end + rest.find('\n').unwrap_or(rest.len());
                    let small = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
                    this.mark_words(oal_syntax::Span::new(small(first), small(last)));
                }
            });
        }
    }

    /// The context of a file's own items.
    pub(crate) fn context(&self, file: FileId) -> Context<'p> {
        let source = self.project.file(file);
        Context {
            file,
            tree: &source.parse.tree,
            source: &source.text,
            owner: Owner::File,
            kind: None,
            component: None,
            ports: None,
            sink: Sink::default(),
        }
    }

    /// Does `work` in another context, with no local variables, and comes back.
    pub(crate) fn within<T>(&mut self, at: Context<'p>, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.at, at);
        let locals = std::mem::take(&mut self.locals);
        let fallible = std::mem::replace(&mut self.fallible, false);
        let result = work(self);
        self.at = before;
        self.locals = locals;
        self.fallible = fallible;
        result
    }

    /// Text of a span of the file at hand.
    pub(crate) fn text(&self, span: Span) -> &'p str {
        span.text(self.at.source)
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        Place { file: self.at.file, span }
    }

    /// A finding in the file at hand. One inside the prelude would be a bug of ours and is still shown.
    pub(crate) fn finding(&self, code: &'static Code, span: Span, title: impl Into<String>) -> Diagnostic {
        Diagnostic::new(code, self.at.file, span, title)
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Notes what a name stands for.
    pub(crate) fn resolve_expr(&mut self, expr: ExprId, res: Res) {
        let index = self.program.resolution_index(self.at.file);
        let count = self.at.tree.exprs.len();
        if let Some(table) = self.program.resolutions.get_mut(index) {
            if table.exprs.is_empty() {
                table.exprs = vec![PackedRes::default(); count];
            }
            if let Some(slot) = table.exprs.get_mut(expr.0 as usize) {
                *slot = res.into();
            }
        }
    }

    /// Notes what a step stands for.
    pub(crate) fn resolve_step(&mut self, step: usize, res: Res) {
        let index = self.program.resolution_index(self.at.file);
        let count = self.at.tree.steps.len();
        if let Some(table) = self.program.resolutions.get_mut(index) {
            if table.steps.is_empty() {
                table.steps = vec![PackedRes::default(); count];
            }
            if let Some(slot) = table.steps.get_mut(step) {
                *slot = res.into();
            }
        }
    }

    /// Notes which field an entry sets.
    pub(crate) fn resolve_entry(&mut self, entry: usize, slot: u16) {
        let index = self.program.resolution_index(self.at.file);
        let count = self.at.tree.entries.len();
        if let Some(table) = self.program.resolutions.get_mut(index) {
            if table.slots.is_empty() {
                table.slots = vec![0; count];
            }
            if let Some(place) = table.slots.get_mut(entry) {
                *place = slot + 1;
            }
        }
    }

    /// Notes that a value must be computed in each environment.
    pub(crate) fn oblige(&mut self, expr: ExprId, expected: Ty, slot: Option<u16>) {
        self.program.obligations.push(Obligation {
            value: crate::program::ExprRef { file: self.at.file, expr },
            expected,
            owner: self.at.owner,
            slot,
        });
    }
}

impl Program {
    /// The index in `resolutions` of a file.
    pub(crate) fn resolution_index(&self, file: FileId) -> usize {
        crate::std::index(file).map_or(file.0 as usize, |index| self.project.files().len() + index)
    }

    /// What the names of a file stand for.
    #[must_use]
    pub fn resolved(&self, file: FileId) -> &Resolutions {
        const NONE: &Resolutions = &Resolutions { exprs: Vec::new(), steps: Vec::new(), slots: Vec::new() };
        self.resolutions.get(self.resolution_index(file)).unwrap_or(NONE)
    }

    /// What is known of the expressions of a file, where it was asked for.
    #[must_use]
    pub fn facts_of(&self, file: FileId) -> Option<&crate::program::Facts> {
        self.facts.get(self.resolution_index(file))
    }

    /// What a name or call stands for.
    #[must_use]
    pub fn res(&self, file: FileId, expr: ExprId) -> Res {
        self.resolved(file).exprs.get(expr.0 as usize).copied().unwrap_or_default().into()
    }

    /// What a step, by its index in the tree's `steps`, stands for.
    #[must_use]
    pub fn step_res(&self, file: FileId, step: usize) -> Res {
        self.resolved(file).steps.get(step).copied().unwrap_or_default().into()
    }

    /// The field that an entry, by its index in the tree's `entries`, sets.
    #[must_use]
    pub fn slot(&self, file: FileId, entry: usize) -> Option<u16> {
        self.resolved(file).slots.get(entry).and_then(|slot| slot.checked_sub(1))
    }

    /// The definition.
    #[must_use]
    pub fn def(&self, id: DefId) -> Option<&crate::program::Def> {
        self.defs.get(id.0 as usize)
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self, id: KindId) -> Option<&crate::program::KindInfo> {
        self.kinds.get(id.0 as usize)
    }

    /// The name of a definition.
    #[must_use]
    pub fn def_name(&self, id: DefId) -> &str {
        self.def(id).map_or("", |def| self.project.slice(def.item.file, def.name))
    }

    /// Whether `kind` is `base` or extends it.
    #[must_use]
    pub fn extends(&self, mut kind: KindId, base: KindId) -> bool {
        loop {
            if kind == base {
                return true;
            }
            match self.kind(kind).and_then(|info| info.base) {
                Some(next) => kind = next,
                None => return false,
            }
        }
    }
}
