//! The OAL checker: from the source files of a program to what is wrong with it, for every environment at once, and to its IR.
//!
//! No disk, no terminal, no network: files come through a [`Loader`], findings go out as data. All of it in another program:
//!
//! ```
//! use oal_check::{InMemory, Options, Project, check, diagnostic, lower};
//!
//! /// The IR of a program in all its environments, or what is wrong with it.
//! fn compile(root: &str, files: &[(&str, &str)]) -> Result<Vec<oal_ir::Ir>, String> {
//!     let mut files: InMemory = files.iter().copied().collect();
//!     let checked = check(&Project::load(root, &mut files), &Options::default());
//!     if checked.has_errors() {
//!         return Err(diagnostic::render(checked.diagnostics(), &checked, diagnostic::Style::default()));
//!     }
//!     checked.environments().map(|name| lower(&checked, name).map_err(|error| error.to_string())).collect()
//! }
//!
//! let app = "use \"./lib.oal\" { port }\napp shop {}\nservice api { image: \"nginx:1.27\", ports: { http: port } }\n";
//! let documents = compile("app.oal", &[("app.oal", app), ("lib.oal", "let port = 8080\n")])?;
//! assert!(documents.iter().all(|ir| ir.verify().is_ok()));
//!
//! let found = compile("app.oal", &[("app.oal", "app shop {}\nservice api { prots: {} }\n")]).unwrap_err();
//! assert!(found.contains("did you mean `ports`?"), "{found}");
//! # Ok::<(), String>(())
//! ```
//!
//! Where things are: [`project`] has the files, [`program`] the names, [`types`] the types, [`elaborate`] the components and their
//! values in each environment, [`diagnostic`] the findings with their codes and forms, [`lower`](mod@lower) the way to the IR. A check
//! is deterministic; [`Project`] and [`Checked`] can be sent to another thread.

mod bodies;
pub mod builtins;
mod checker;
pub mod diagnostic;
pub mod elaborate;
pub mod eval;
pub mod graph;
mod infer;
mod kinds;
pub mod lower;
mod order;
mod overrides;
mod previous;
pub mod program;
pub mod project;
pub mod query;
mod resolve;
mod rules;
pub mod std;
pub mod suggest;
pub mod text;
mod type_names;
pub mod types;
pub mod value;

use ::std::sync::Arc;
use elaborate::{Evaluator, World};
use program::Program;

use diagnostic::codes;
pub use diagnostic::{Applicability, Code, Diagnostic, Edit, Fix, Label, Severity};
pub use lower::{LowerError, lower};
pub use oal_syntax::{FileId, Span};
pub use previous::shrunk;
pub use project::{InMemory, LoadError, Loader, Project, SourceFile};

/// What a check is asked beyond the files.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// Values of params, as `--param NAME=VALUE` gives them: name and an OAL literal.
    pub params: Vec<(String, String)>,
    /// Names of the environments to speak of; empty for all.
    pub environments: Vec<String>,
    /// Lints, by name or code, that matter more or less than usual; `warnings` means all of them. A later entry wins.
    pub lints: Vec<(String, LintLevel)>,
    /// Whether advice is wanted, too: lints that are notes. Where `lints` names one of them, it is.
    pub advice: bool,
    /// Whether the types of all expressions are kept and all of the prelude is looked into, for [`query`]: an editor's questions.
    pub record_types: bool,
}

impl Options {
    /// Whether lints that are only advice are looked for: most programs break some of them in many places.
    pub(crate) fn wants_advice(&self) -> bool {
        let asked = |name: &str| codes::lookup(name).is_some_and(|code| code.severity == Severity::Note);
        self.advice || self.lints.iter().any(|(name, level)| *level != LintLevel::Allow && asked(name))
    }
}

/// How much a lint matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LintLevel {
    /// Not at all.
    Allow,
    /// It is said.
    Warn,
    /// It keeps the program from being deployed.
    Deny,
}

/// A program with all that was found about it.
#[derive(Debug, Default)]
pub struct Checked {
    program: Program,
    world: Arc<World>,
    diagnostics: Vec<Diagnostic>,
}

/// Checks a program in all its environments. Never fails: what is wrong is in the result.
#[must_use]
pub fn check(project: &Project, options: &Options) -> Checked {
    let mut checker = checker::Checker::new(project);
    if options.record_types {
        checker.record_types();
    }
    checker.syntax_findings();
    checker.declare_all();
    checker.define_in_order();
    checker.assign_kinds();
    checker.declare_overrides();
    checker.check_items();
    if options.record_types {
        checker.check_prelude();
    }
    checker.mark_broken_lines();
    checker.require_app();
    checker.find_unused();
    let (program, mut diagnostics) = (checker.program, checker.diagnostics);
    let (world, checked) = {
        let (mut evaluator, found) = Evaluator::begin(&program, options);
        diagnostics.extend(found);
        let stated = diagnostics.len();
        work_out(&mut evaluator, options, &mut diagnostics);
        let checked = evaluator.env_names(evaluator.world.selected);
        if evaluator.is_exhausted() && checked.len() > 1 {
            diagnostics.truncate(stated);
            work_out_alone(&program, options, &checked, &mut diagnostics);
        }
        (evaluator.world, checked)
    };
    rules::allow::apply(project, options, &mut diagnostics);
    diagnostics
        .retain(|found| found.environments.is_empty() || found.environments.iter().any(|env| checked.contains(env)));
    diagnostic::sort_and_fold(&mut diagnostics, |file| file.0 as usize);
    Checked { program, world, diagnostics }
}

fn work_out(evaluator: &mut Evaluator<'_>, options: &Options, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.extend(evaluator.check());
    rules::run(evaluator, options.wants_advice(), diagnostics);
}

/// Works out one environment after the other, each with a budget of its own. To check several together takes no more steps than each
/// of them alone, so this is needed only where together is too much.
fn work_out_alone(program: &Program, options: &Options, environments: &[String], diagnostics: &mut Vec<Diagnostic>) {
    let mut found: Vec<Vec<Diagnostic>> = Vec::with_capacity(environments.len());
    for name in environments {
        let alone = Options { environments: vec![name.clone()], ..options.clone() };
        let (mut evaluator, _) = Evaluator::begin(program, &alone);
        // Rules look at what else was found.
        let mut all = diagnostics.clone();
        work_out(&mut evaluator, &alone, &mut all);
        let mut own = all.split_off(diagnostics.len());
        diagnostic::sort_and_fold(&mut own, |file| file.0 as usize);
        found.push(own);
    }
    // What holds everywhere is found in each of them; else it holds where it was found.
    let mut untied: Vec<&Diagnostic> = found.iter().flatten().filter(|one| one.environments.is_empty()).collect();
    untied.sort_by(|a, b| a.compare_content(b));
    let everywhere = |one: &Diagnostic| {
        let start = untied.partition_point(|other| other.compare_content(one).is_lt());
        let same = untied.iter().skip(start).take_while(|other| other.compare_content(one).is_eq());
        same.count() == environments.len()
    };
    let mut merged = Vec::new();
    for (name, of_one) in environments.iter().zip(&found) {
        for one in of_one {
            let tied = !one.environments.is_empty() || everywhere(one);
            merged.push(if tied { one.clone() } else { one.clone().environments(vec![name.clone()]) });
        }
    }
    diagnostics.append(&mut merged);
}

impl Checked {
    /// What was found, in the order of files and places.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Whether anything found keeps the program from being deployed.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// The program as names and tables.
    #[must_use]
    pub const fn program(&self) -> &Program {
        &self.program
    }

    /// The components, in all environments.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Computes values of the program: fields, outputs, `let`s.
    #[must_use]
    pub fn evaluator(&self) -> Evaluator<'_> {
        Evaluator::new(&self.program, self.world.clone())
    }

    /// The value of a param or `let` of the root file in an environment, by their names; `None` where there is none.
    #[must_use]
    pub fn value(&self, name: &str, environment: &str) -> Option<value::Value> {
        let (id, _) = (0..).map(program::DefId).zip(&self.program.defs).find(|(id, def)| {
            def.item.file == oal_syntax::FileId(0)
                && matches!(def.kind, program::DefKind::Let | program::DefKind::Param)
                && self.program.def_name(*id) == name
        })?;
        let env = self.environments().position(|known| known == environment)?;
        self.evaluator().value_of(id, env).ok()
    }

    /// The files.
    #[must_use]
    pub const fn project(&self) -> &Project {
        &self.program.project
    }

    /// Name of the application.
    #[must_use]
    pub fn app_name(&self) -> Option<&str> {
        self.program.app.as_ref().map(|(name, _)| &**name)
    }

    /// Names of the environments, as declared.
    pub fn environments(&self) -> impl ExactSizeIterator<Item = &str> {
        self.program.environments.iter().map(|environment| &*environment.name)
    }

    /// How many components are declared.
    #[must_use]
    pub fn component_count(&self) -> usize {
        self.program.defs.iter().filter(|def| def.kind == program::DefKind::Component).count()
    }
}

impl diagnostic::Sources for Checked {
    fn name(&self, file: oal_syntax::FileId) -> &str {
        self.project().path(file)
    }

    fn text(&self, file: oal_syntax::FileId) -> &str {
        self.project().text(file)
    }
}
