//! What went wrong, in words.

use super::InstanceId;
use super::misfit::{Misfit, Problem, Step, locate};
use crate::diagnostic::{Code, Diagnostic, codes};
use crate::eval::Evaluator;
use crate::eval::error::{EvalError, Fault, Size};
use crate::infer::literals::{article, code_of};
use crate::program::{EnvSet, ExprRef, ItemRef, Place};
use oal_syntax::Span;
use oal_syntax::ast::{ExprKind, Guard, ItemKind};

impl Evaluator<'_> {
    /// Names of environments, in their order.
    pub(crate) fn env_names(&self, envs: EnvSet) -> Vec<String> {
        envs.iter().filter_map(|at| self.program.environments.get(at)).map(|env| env.name.to_string()).collect()
    }

    /// Ties a finding to environments, unless it is the same in all.
    pub(crate) fn in_envs(&self, diagnostic: Diagnostic, envs: EnvSet, everywhere: bool) -> Diagnostic {
        if everywhere { diagnostic } else { diagnostic.environments(self.env_names(envs)) }
    }

    /// Where the name of a component stands.
    pub(crate) fn name_place(&self, instance: InstanceId) -> Place {
        let item = self
            .world
            .instance(instance)
            .map_or(ItemRef { file: oal_syntax::FileId(0), item: oal_syntax::ast::ItemId(0) }, |i| i.item);
        let tree = &self.program.project.file(item.file).parse.tree;
        Place { file: item.file, span: tree.item(item.item).name }
    }

    /// The nearest place around a component that is not in the prelude.
    pub(crate) fn user_place(&self, mut instance: InstanceId) -> Place {
        loop {
            let place = self.name_place(instance);
            match self.world.parent(instance) {
                Some(parent) if crate::std::index(place.file).is_some() => instance = parent,
                _ => return place,
            }
        }
    }

    /// "service `api`"
    pub(crate) fn describe(&self, instance: InstanceId) -> String {
        let kind = self.program.kind(self.world.kind(instance)).map_or("", |kind| &kind.name);
        format!("{kind} `{}`", self.world.path(self.program, instance))
    }

    /// Where an expression stands, or a component that it is evaluated for.
    fn place_of(&self, at: ExprRef, instance: Option<InstanceId>) -> Place {
        let span = self.program.project.file(at.file).parse.tree.expr(at.expr).span;
        match instance {
            Some(instance) if crate::std::index(at.file).is_some() || span.is_empty() => self.user_place(instance),
            _ => Place { file: at.file, span },
        }
    }

    /// The text of an expression, on one line.
    fn words(&self, place: Place) -> String {
        let text = self.program.project.slice(place.file, place.span);
        let line: String = text.lines().next().unwrap_or_default().chars().take(60).collect();
        if line.len() < text.len() { format!("{line}…") } else { line }
    }

    /// A failed evaluation in words.
    pub(crate) fn explain(&self, error: &EvalError, instance: Option<InstanceId>) -> Diagnostic {
        let place = self.place_of(error.at, instance);
        let words = self.words(place);
        let new = |code: &'static Code, title: String| Diagnostic::new(code, place.file, place.span, title);
        match &error.fault {
            Fault::DivisionByZero => new(&codes::DIVISION_BY_ZERO, format!("`{words}` divides by zero"))
                .label("what it is divided by is 0")
                .help("say what to take instead: `if n == 0 then … else … / n`"),
            Fault::Overflow(sum) => new(&codes::OVERFLOW, format!("`{sum}` is too large"))
                .label("more than can be held")
                .help("calculate with smaller numbers"),
            Fault::NegativeQuantity(sum) => new(&codes::NEGATIVE_QUANTITY, format!("`{sum}` is below zero"))
                .label("there is no negative quantity")
                .help("take the smaller from the larger one, or take `max(…)` of both first"),
            Fault::IndexOutOfRange { index, len } => {
                let title = match len {
                    0 => format!("there is no element {index} in an empty list"),
                    1 => format!("there is no element {index} in a list of 1 element"),
                    len => format!("there is no element {index} in a list of {len} elements"),
                };
                let help = match len {
                    0 => "ask `len(…) > 0` first".to_owned(),
                    len => format!("elements are counted from 0, so the last one is {}", len - 1),
                };
                new(&codes::INDEX_OUT_OF_RANGE, title).label("past the end").help(help)
            }
            Fault::KeyNotFound { key, near, some } => {
                let diagnostic = new(&codes::KEY_NOT_FOUND, format!("there is no key `{key}`")).label("no such key");
                diagnostic.help(match near {
                    Some(near) => format!("did you mean `{near}`?"),
                    None if some.is_empty() => "the map is empty; ask `key in map` first".to_owned(),
                    None => format!("its keys are {}", list(some)),
                })
            }
            Fault::NoInstance { component, key, near, some } => {
                let name = self.program.def_name(*component);
                let title = format!("`{name}` has no instance `{key}`");
                let diagnostic = new(&codes::UNKNOWN_INSTANCE, title).label("no such instance").help(match near {
                    Some(near) => format!("did you mean `\"{near}\"`?"),
                    None if some.is_empty() => format!("`{name}` has no instances at all"),
                    None => format!("its instances are {}", list(some)),
                });
                self.declared_at(diagnostic, *component)
            }
            Fault::Absent { component, def } => {
                let title = format!("`{component}` does not exist in every environment that uses it");
                let diagnostic = new(&codes::ABSENT_COMPONENT, title)
                    .label("absent here")
                    .help("use it only where it exists, such as behind the same `if`");
                match def {
                    Some(def) => self.guarded_at(diagnostic, *def),
                    None => diagnostic,
                }
            }
            Fault::Cycle { way } => {
                let first = way.first().map_or("", |name| name);
                new(&codes::VALUE_CYCLE, format!("`{first}` depends on itself"))
                    .label("needs its own value")
                    .note(format!("the way around: `{}`", way.join("` → `")))
                    .help("give one of them a value of its own")
            }
            Fault::Budget => new(&codes::BUDGET_EXCEEDED, "the program takes too many steps to work out".to_owned())
                .label("stopped here")
                .help("go through fewer elements, or filter before loops are nested"),
            Fault::TooLarge(size) => self.too_large(*size, place),
            Fault::DuplicateInstance(key) => {
                new(&codes::DUPLICATE_INSTANCE, format!("two instances would have the key `{key}`"))
                    .label("one component for each element")
                    .help("leave repetitions out with `unique(…)`, or go over a map")
            }
            Fault::DuplicateKey(key) => {
                new(&codes::DUPLICATE_COMPREHENSION_KEY, format!("the key `{key}` is made twice"))
                    .label("not the first time")
                    .help("make keys that differ, or filter the repetitions out")
            }
            Fault::EmptyList(function) => new(&codes::EMPTY_LIST_ARGUMENT, format!("`{function}` of an empty list"))
                .label("there is no element to choose")
                .help(format!("put a first element before the others: `{function}(flatten([[0], xs]))`")),
            Fault::BadArgument { function, parameter, problem } => {
                new(&codes::BAD_ARGUMENT_VALUE, format!("`{function}` cannot work with this `{parameter}`"))
                    .label(problem.to_string())
                    .help(format!("`oal explain` shows what `{function}` takes"))
            }
        }
    }

    fn too_large(&self, size: Size, place: Place) -> Diagnostic {
        let (title, help) = match size {
            Size::Text => ("a text of more than 1 MiB", "put long texts into files"),
            Size::List => ("a list of more than 262,144 elements", "go through fewer elements"),
            Size::Map => ("a map of more than 262,144 entries", "go through fewer elements"),
            Size::Instances => ("a component repeated more than 262,144 times", "repeat it less often"),
            Size::Nest => ("lists or maps nested more than 64 deep", "build the value in fewer steps"),
        };
        Diagnostic::new(&codes::VALUE_TOO_LARGE, place.file, place.span, title).label("grows too large").help(help)
    }

    fn declared_at(&self, diagnostic: Diagnostic, def: crate::program::DefId) -> Diagnostic {
        match self.program.def(def) {
            Some(info) => diagnostic.secondary(info.item.file, info.name, "declared here"),
            None => diagnostic,
        }
    }

    fn guarded_at(&self, diagnostic: Diagnostic, def: crate::program::DefId) -> Diagnostic {
        let Some(info) = self.program.def(def) else { return diagnostic };
        let tree = &self.program.project.file(info.item.file).parse.tree;
        match self.guard(info.item) {
            Guard::If(condition) => {
                diagnostic.secondary(info.item.file, tree.expr(condition).span, "it exists only where this holds")
            }
            _ if info.only_in.is_some() => {
                diagnostic.secondary(info.item.file, info.name, "declared for one environment only")
            }
            _ => diagnostic.secondary(info.item.file, info.name, "declared here"),
        }
    }

    /// A value that its place does not take, in words. `None` where the part is written out as a literal, which is said when its type
    /// is looked at.
    pub(crate) fn refuse(
        &self,
        at: ExprRef,
        misfit: &Misfit,
        what: &str,
        instance: Option<InstanceId>,
    ) -> Option<Diagnostic> {
        let file = self.program.project.file(at.file);
        let key = misfit.path.last() == Some(&Step::TheKey);
        let (expr, whole) = locate(&file.parse.tree, &file.text, at.expr, &misfit.path);
        let kind = file.parse.tree.expr(expr).kind;
        if whole && matches!(kind, ExprKind::Number | ExprKind::Text) || key && matches!(kind, ExprKind::Object(_)) {
            return None;
        }
        let place = self.place_of(ExprRef { file: at.file, expr }, instance);
        let new = |code: &'static Code, title: String| Diagnostic::new(code, place.file, place.span, title);
        let part = if whole { String::new() } else { part_of(&misfit.path) };
        let shown = misfit.value.show();
        let ruled = |diagnostic: Diagnostic, at: &Place, words: &str| {
            if crate::std::index(at.file).is_some() {
                diagnostic
            } else {
                diagnostic.secondary(at.file, at.span, words)
            }
        };
        let diagnostic = match &misfit.problem {
            Problem::Range(rule, at) => ruled(
                new(&codes::OUT_OF_RANGE, format!("{shown} is outside `{rule}`"))
                    .label(format!("{what} takes {rule}"))
                    .help("choose a value in that range"),
                at,
                "the range is set here",
            ),
            Problem::Length(count, words, rule, at) => {
                let (noun, units) = match &misfit.value {
                    crate::value::Value::Text(_) => ("text", "characters"),
                    crate::value::Value::List(_) => ("list", "elements"),
                    _ => ("map", "entries"),
                };
                ruled(
                    new(&codes::WRONG_LENGTH, format!("a {noun} of {count} {units} is too {words}"))
                        .label(format!("{what} takes {rule} {units}"))
                        .help("change its length"),
                    at,
                    "the rule is set here",
                )
            }
            Problem::Pattern(pattern, at) => ruled(
                new(&codes::PATTERN_NOT_MATCHED, format!("{shown} does not match `{pattern}`"))
                    .label(format!("{what} takes only what matches"))
                    .help("change the text so that it matches"),
                at,
                "the rule is set here",
            ),
            Problem::Text(text_type, problem) => {
                let diagnostic = new(code_of(*text_type, problem.kind), problem.message.clone())
                    .label(format!("{what} takes {}", article(*text_type)))
                    .note(format!("the value is {shown}"));
                match &problem.help {
                    Some(help) => diagnostic.help(help.clone()),
                    None => diagnostic.help("change what the text is made of"),
                }
            }
            Problem::Port => new(&codes::BAD_PORT, format!("{shown} is no port"))
                .label("ports go from 1 to 65535")
                .help("choose a number in that range"),
            Problem::NoPort(component, known) => {
                let port = match &misfit.value {
                    crate::value::Value::Variant(port, _) | crate::value::Value::Endpoint(_, port) => port.clone(),
                    _ => "".into(),
                };
                let names = || known.iter().map(|name| &**name);
                let title = format!("{} has no port `{port}`", self.describe(*component));
                new(&codes::UNKNOWN_PORT, title).label("no such port").help(
                    match crate::suggest::closest(&port, names()) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None if known.is_empty() => "declare it in `ports`".to_owned(),
                        None => format!("its ports are `{}`", names().collect::<Vec<_>>().join("`, `")),
                    },
                )
            }
            Problem::Type(ty) => {
                new(&codes::WRONG_PARAM_VALUE, format!("{shown} is no `{}`", self.program.show_type(*ty)))
            }
        };
        Some(if part.is_empty() { diagnostic } else { diagnostic.note(part) })
    }

    /// A required part of a field that no layer gives.
    pub(crate) fn left_out(&self, at: ExprRef, name: &str, what: &str, instance: Option<InstanceId>) -> Diagnostic {
        let place = self.place_of(at, instance);
        Diagnostic::new(&codes::MISSING_FIELD, place.file, place.span, format!("{what} needs `{name}`"))
            .label(format!("without `{name}`"))
            .help("add what is missing")
    }

    /// Whether an item is an assert, and its parts.
    pub(crate) fn assert_of(&self, item: ItemRef) -> Option<(ExprRef, ExprRef)> {
        match self.program.project.file(item.file).parse.tree.item(item.item).kind {
            ItemKind::Assert { condition, message } => {
                Some((ExprRef { file: item.file, expr: condition }, ExprRef { file: item.file, expr: message }))
            }
            _ => None,
        }
    }
}

/// Names in backticks, with more to come.
fn list(some: &[Box<str>]) -> String {
    let shown: Vec<String> = some.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if some.len() > 5 { ", …" } else { "" };
    format!("{}{more}", shown.join(", "))
}

/// Which part of a computed value is meant.
fn part_of(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.push_str(&format!(".{key}")),
            Step::Index(index) => text.push_str(&format!("[{index}]")),
            Step::TheKey => return format!("the key `{text}` of the value"),
        }
    }
    if text.is_empty() { text } else { format!("it is `{text}` of the value") }
}

/// An empty place at the start of a file.
pub(crate) const fn start(file: oal_syntax::FileId) -> Place {
    Place { file, span: Span::empty(0) }
}
