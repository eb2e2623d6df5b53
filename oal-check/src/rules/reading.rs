//! What the rules read: the values of fields for sets of environments, and the places where the source says so.

use super::Rules;
use super::shape::{Class, Shape, Watch};
use crate::diagnostic::Diagnostic;
use crate::elaborate::InstanceId;
use crate::elaborate::layers::Written;
use crate::program::{EnvSet, ExprRef, Place};
use crate::types::Ty;
use crate::value::Value;
use oal_syntax::Span;
use oal_syntax::ast::{Entry, EntryValue, Expr, ExprId, ExprKind};

/// What something is worth, for sets of environments that do not overlap.
pub(super) type Groups<T> = Vec<(EnvSet, T)>;

impl<'p> Rules<'_, 'p> {
    pub(super) fn shape(&self, id: InstanceId) -> Option<&Shape> {
        self.shapes.get(self.eval.world.kind(id).0 as usize)
    }

    pub(super) fn class(&self, id: InstanceId) -> Class {
        self.shape(id).map_or(Class::Composition, |shape| shape.class)
    }

    pub(super) fn slot(&self, id: InstanceId, watch: Watch) -> Option<u16> {
        self.shape(id)?.slot(watch)
    }

    /// What a field holds wherever the component exists, in checked environments and others: whether a finding names
    /// environments must not depend on which are checked. What has no value is left out.
    pub(super) fn values(&mut self, id: InstanceId, watch: Watch) -> Groups<Value> {
        let Some(slot) = self.slot(id, watch) else { return Vec::new() };
        if self.eval.may_be_garbled(id, slot) {
            return Vec::new();
        }
        let envs = self.eval.world.presence(id);
        let results = self.eval.run(|eval| eval.each_env(envs, |eval, env| eval.make_field(id, slot, env)));
        let Ok((results, _)) = results else { return Vec::new() };
        grouped(results.into_iter().filter_map(|(set, result)| Some((set, result.ok()?))))
    }

    /// What several fields hold together. A field that the kind does not have is `null`.
    pub(super) fn table<const N: usize>(&mut self, id: InstanceId, watches: [Watch; N]) -> Groups<[Value; N]> {
        let mut table: Groups<[Value; N]> = vec![(self.eval.world.presence(id), [const { Value::Null }; N])];
        for (at, watch) in watches.into_iter().enumerate() {
            if self.slot(id, watch).is_none() {
                continue;
            }
            let groups = self.values(id, watch);
            let mut next = Vec::with_capacity(table.len());
            for (set, row) in table {
                for (other, value) in &groups {
                    let both = set.and(*other);
                    if both.is_empty() {
                        continue;
                    }
                    let mut row = row.clone();
                    if let Some(cell) = row.get_mut(at) {
                        *cell = value.clone();
                    }
                    next.push((both, row));
                }
            }
            table = next;
        }
        table
    }

    /// What an expression of a file is worth in its place, in all environments.
    pub(super) fn expression(&mut self, at: ExprRef, ty: Ty) -> Groups<Value> {
        let every = self.every;
        let results = self.eval.run(|eval| {
            eval.each_env(every, |eval, env| {
                let cx = eval.context(at.file, None, env);
                let value = eval.eval(cx, at.expr)?;
                eval.normalise(cx, value, ty, at)
            })
        });
        let Ok((results, _)) = results else { return Vec::new() };
        grouped(results.into_iter().filter_map(|(set, result)| Some((set, result.ok()?))))
    }

    /// Says a finding that holds in these environments. Only the checked ones count, but for lints: an `allow` that is of use
    /// in another environment is of use, so what it allows there is left out later.
    pub(super) fn report(&mut self, envs: EnvSet, finding: Diagnostic) {
        if envs == self.every {
            self.findings.push(finding);
            return;
        }
        let checked = envs.and(self.eval.world.selected);
        let shown = if checked.is_empty() && finding.code.lint.is_some() { envs } else { checked };
        if !shown.is_empty() {
            let names = self.eval.env_names(shown);
            self.findings.push(finding.environments(names));
        }
    }

    pub(super) fn expr(&self, at: ExprRef) -> Expr {
        self.program.project.file(at.file).parse.tree.expr(at.expr)
    }

    pub(super) fn span_of(&self, at: ExprRef) -> Place {
        Place { file: at.file, span: self.expr(at).span }
    }

    /// What the component's own body says.
    pub(super) fn own(&self, id: InstanceId, watch: Watch) -> Option<Written> {
        self.eval.own_entry(id, self.slot(id, watch)?)
    }

    /// Where the component's own body says a part of a field, as far as it is written out; else the name of the component.
    pub(super) fn place(&self, id: InstanceId, watch: Watch, path: &[&str]) -> Place {
        match self.own(id, watch).filter(|own| crate::std::index(own.value.file).is_none()) {
            Some(own) => self.part(own.value, own.key, path),
            None => self.eval.user_place(id),
        }
    }

    /// The key of a field in the component's own body; else its name.
    pub(super) fn key_place(&self, id: InstanceId, watch: Watch) -> Place {
        match self.own(id, watch).filter(|own| crate::std::index(own.value.file).is_none()) {
            Some(own) => Place { file: own.value.file, span: own.key },
            None => self.eval.user_place(id),
        }
    }

    /// The key of an entry of a map, where the component's own body writes it out; else as [`Rules::place`].
    pub(super) fn entry_place(&self, id: InstanceId, watch: Watch, key: &str) -> Place {
        let own = self.own(id, watch).filter(|own| crate::std::index(own.value.file).is_none());
        let written = own.and_then(|own| {
            let source = self.program.project.file(own.value.file);
            let ExprKind::Object(entries) = self.expr(own.value).kind else { return None };
            let mut keys = source.parse.tree.entries(entries).iter().map(|entry| entry.key);
            let span = keys.find(|span| *oal_syntax::key::text(span.text(&source.text)) == *key)?;
            Some(Place { file: own.value.file, span })
        });
        written.unwrap_or_else(|| self.place(id, watch, &[key]))
    }

    /// A part that an object writes out, as far as it does: a short value itself, the key of a long one.
    pub(super) fn part(&self, whole: ExprRef, key: Span, path: &[&str]) -> Place {
        let file = self.program.project.file(whole.file);
        let tree = &file.parse.tree;
        let (mut span, mut expr) = (key, whole.expr);
        for step in path {
            let (ExprKind::Object(entries) | ExprKind::Call { args: entries, .. }) = tree.expr(expr).kind else {
                break;
            };
            let found = tree.entries(entries).iter().find_map(|entry| match entry.value {
                EntryValue::Set(value) if *oal_syntax::key::text(entry.key.text(&file.text)) == **step => {
                    Some((entry.key, value))
                }
                _ => None,
            });
            let Some((key, value)) = found else { break };
            (span, expr) = (key, value);
        }
        let value = tree.expr(expr);
        let long = matches!(value.kind, ExprKind::Object(_) | ExprKind::List(_) | ExprKind::Call { .. });
        Place { file: whole.file, span: if long { span } else { value.span } }
    }

    /// As [`Rules::place`], for findings about several components: where the body is not this component's alone, what tells
    /// it apart from the others is its name.
    pub(super) fn spot(&self, id: InstanceId, watch: Watch, path: &[&str]) -> Place {
        let world = &self.eval.world;
        if world.parent(id).is_some() || world.key(id).is_some() {
            return self.site(id);
        }
        self.place(id, watch, path)
    }

    /// The name of the component of the program that this one is, or is nested in.
    pub(super) fn site(&self, mut id: InstanceId) -> Place {
        while let Some(parent) = self.eval.world.parent(id) {
            id = parent;
        }
        self.eval.name_place(id)
    }

    /// Where the value of a field comes from in an environment, if an environment or a kind of the program says it, in words.
    pub(super) fn said_elsewhere(&self, id: InstanceId, watch: Watch, env: usize) -> Option<(Place, String)> {
        use crate::elaborate::origin::Layer;
        let slot = self.slot(id, watch)?;
        let origin = self.eval.origin(id, slot, &[], env).pop()?;
        if crate::std::index(origin.place.file).is_some() {
            return None;
        }
        let words = match origin.layer {
            Layer::Environment(env) => {
                let name = self.program.environments.get(usize::from(env)).map_or("", |env| &env.name);
                format!("set for `{name}`")
            }
            Layer::Kind(kind) => format!("set by kind `{}`", self.program.kind(kind).map_or("", |kind| &kind.name)),
            Layer::Component => "set here".to_owned(),
            Layer::Default => return None,
        };
        Some((origin.place, words))
    }

    /// The entries of an object, if the expression is one.
    pub(super) fn entries_of(&self, at: &super::Visit<'p>, expr: ExprId) -> Option<&'p [Entry]> {
        let tree = &at.source.parse.tree;
        match tree.expr(expr).kind {
            ExprKind::Object(entries) => Some(tree.entries(entries)),
            _ => None,
        }
    }

    /// "service `worker`": the component by the name in its item, whichever instance it is.
    pub(super) fn describe_body(&self, id: InstanceId) -> String {
        let kind = self.program.kind(self.eval.world.kind(id)).map_or("", |kind| &kind.name);
        format!("{kind} `{}`", self.eval.world.name(self.program, id))
    }

    /// "service `api`"
    pub(super) fn describe(&self, id: InstanceId) -> String {
        self.eval.describe(id)
    }

    /// The name as the source refers to it.
    pub(super) fn name(&self, id: InstanceId) -> String {
        self.eval.world.path(self.program, id)
    }

    /// Components in the order of their places, for "the later one".
    pub(super) fn in_order(&self, mut ids: Vec<InstanceId>) -> Vec<InstanceId> {
        ids.sort_by_cached_key(|id| (self.site(*id), *id));
        ids
    }

    /// The first environment of a set, for showing what holds in it.
    pub(super) fn sample(envs: EnvSet) -> usize {
        envs.iter().next().unwrap_or(0)
    }
}

/// Equal values together.
pub(super) fn grouped<T: PartialEq>(values: impl Iterator<Item = (EnvSet, T)>) -> Groups<T> {
    let mut groups: Groups<T> = Vec::with_capacity(1);
    for (set, value) in values {
        match groups.iter_mut().find(|(_, other)| *other == value) {
            Some((all, _)) => *all = all.or(set),
            None => groups.push((set, value)),
        }
    }
    groups
}

/// Puts a label of its own on a place.
pub(super) trait At {
    /// Adds the other end of the matter.
    #[must_use]
    fn also(self, place: Place, words: impl Into<String>) -> Self;
}

impl At for Diagnostic {
    fn also(self, place: Place, words: impl Into<String>) -> Self {
        self.secondary(place.file, place.span, words)
    }
}

/// A finding at a place.
pub(super) fn at(code: &'static crate::diagnostic::Code, place: Place, title: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, place.file, place.span, title)
}
