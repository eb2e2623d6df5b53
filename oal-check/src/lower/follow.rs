//! From an expression that only refers to a value to the one that writes it out: through conditions whose outcome is known, names of
//! `let`s and params, fields of components.

use super::Lowering;
use crate::elaborate::InstanceId;
use crate::eval::Context;
use crate::program::{DefId, DefKind, ExprRef, Res, Target};
use crate::value::Value;
use oal_syntax::ast::{ExprId, ExprKind, ItemKind, Op, StepKind};
use oal_syntax::{FileId, Span};
use std::sync::Arc;

/// How deep parts of parts are looked for.
const MAX_DEPTH: u8 = 100;

/// An expression with what gives its names their meaning.
#[derive(Clone, Copy)]
pub(super) struct At<'p> {
    pub(super) cx: Context<'p>,
    pub(super) expr: ExprId,
    /// The component in whose body it stands: the names of its loop are in scope.
    pub(super) bound: Option<InstanceId>,
}

/// What an expression comes to.
pub(super) enum Settled<'p> {
    /// A value written out.
    Written(At<'p>),
    /// A field of a component.
    Field(InstanceId, u16),
    /// Nothing that is written out: what the caller gave for a param, the default of a record. The file that asks for it.
    Implied(FileId),
}

/// What a layer says of a field or of a part of it.
pub(super) struct Layer<'p> {
    /// The key before the value.
    pub(super) key: Span,
    /// The part.
    pub(super) path: &'p [Box<str>],
    /// The value; `None` for `unset`.
    pub(super) at: Option<At<'p>>,
}

/// What a path starts from.
#[derive(Clone, Copy)]
enum Head<'p> {
    At(At<'p>),
    Field(InstanceId, u16),
    Implied(FileId),
}

impl<'p> Lowering<'p> {
    /// What the program itself says of a field, the layer that wins last.
    pub(super) fn layers(&self, instance: InstanceId, slot: u16) -> Vec<Layer<'p>> {
        let mut layers = Vec::new();
        let layer = |key: Span, path: &'p [Box<str>], value: Option<ExprRef>, around, bound| {
            let at =
                value.map(|value| At { cx: self.eval.context(value.file, around, self.env), expr: value.expr, bound });
            Layer { key, path, at }
        };
        let own = |value: &ExprRef| crate::std::index(value.file).is_none();
        let default = self.eval.field_info(instance, slot).and_then(|info| info.default).filter(own);
        layers.extend(default.map(|value| layer(Span::empty(0), &[], Some(value), Some(instance), None)));
        let mut kinds: Vec<_> = self.eval.kinds(instance).filter_map(|kind| self.eval.preset(kind, slot)).collect();
        kinds.retain(|preset| own(&preset.value));
        let presets = kinds.iter().rev();
        layers.extend(presets.map(|preset| layer(preset.key, &[], Some(preset.value), Some(instance), None)));
        if let Some(written) = self.eval.own_entry(instance, slot) {
            layers.push(layer(written.key, &[], Some(written.value), self.eval.world.parent(instance), Some(instance)));
        }
        if self.eval.has_overrides(instance) {
            let mut said: Vec<_> = self.eval.overrides_of_field(instance, slot).collect();
            said.retain(|one| one.environment == self.env);
            said.sort_by_key(|one| matches!(one.target, Target::Field { key: Some(_), .. }));
            layers.extend(said.into_iter().map(|one| layer(one.at.span, &one.path, one.value, None, None)));
        }
        layers
    }

    /// The value of an expression, if it has one.
    pub(super) fn evaluate(&mut self, at: At<'p>) -> Option<Value> {
        self.with_names(at, |this, cx| this.eval.run(|eval| eval.eval(cx, at.expr)).ok())
    }

    /// Does `work` with the names of the component's loop in scope.
    fn with_names<T>(&mut self, at: At<'p>, work: impl FnOnce(&mut Self, Context<'p>) -> T) -> T {
        let (frame, floor) = (self.eval.frame, self.eval.locals.len());
        self.eval.frame = floor;
        if let Some(bound) = at.bound {
            self.eval.bind_rounds(bound, self.env);
        }
        let result = work(self, at.cx);
        self.eval.locals.truncate(floor);
        self.eval.frame = frame;
        result
    }

    /// Follows an expression to what it comes to.
    pub(super) fn settle(&mut self, at: At<'p>) -> Settled<'p> {
        self.settle_at(at, 0)
    }

    fn settle_at(&mut self, mut at: At<'p>, depth: u8) -> Settled<'p> {
        // Chains of `let`s are short: the check refuses others.
        loop {
            let tree = at.cx.tree();
            let next = match tree.expr(at.expr).kind {
                ExprKind::Paren(inner) => Some(At { expr: inner, ..at }),
                ExprKind::If(branch) => tree.branch(branch).copied().and_then(|branch| {
                    match self.evaluate(At { expr: branch.condition, ..at }) {
                        Some(Value::Bool(true)) => Some(At { expr: branch.then, ..at }),
                        Some(Value::Bool(false)) => Some(At { expr: branch.otherwise, ..at }),
                        _ => None,
                    }
                }),
                ExprKind::Match { subject, first, len } => self.arm(at, subject, first, len),
                ExprKind::Chain(links) => {
                    let links = tree.links(links);
                    let coalesce = links.iter().skip(1).all(|link| link.op == Op::Coalesce);
                    let mut operands = links.iter().filter(|_| coalesce).map(|link| At { expr: link.operand, ..at });
                    operands.find(|operand| self.evaluate(*operand).is_some_and(|value| !value.is_null()))
                }
                ExprKind::Name | ExprKind::Path { .. } => match self.named(at, depth) {
                    Some(Head::At(next)) => Some(next),
                    Some(Head::Field(instance, slot)) => return Settled::Field(instance, slot),
                    Some(Head::Implied(file)) => return Settled::Implied(file),
                    None => None,
                },
                _ => None,
            };
            match next {
                Some(next) => at = next,
                None => return Settled::Written(at),
            }
        }
    }

    /// The arm of a `match` that counts, where it binds no names.
    fn arm(&mut self, at: At<'p>, subject: ExprId, first: u32, len: u16) -> Option<At<'p>> {
        let value = self.evaluate(At { expr: subject, ..at })?;
        let tree = at.cx.tree();
        for arm in tree.match_arms(first, len) {
            let (fits, bound) = self.with_names(at, |this, cx| {
                let before = this.eval.locals.len();
                let fits = this.eval.run(|eval| eval.matches(cx, arm.pattern, &value)).ok();
                (fits, this.eval.locals.len() > before)
            });
            if fits? {
                return (!bound).then_some(At { expr: arm.value, ..at });
            }
        }
        None
    }

    /// What a name or path refers to.
    fn named(&mut self, at: At<'p>, depth: u8) -> Option<Head<'p>> {
        let cx = at.cx;
        let ExprKind::Path { head, first, len } = cx.tree().expr(at.expr).kind else {
            return self.head(cx, self.program.res(cx.file, at.expr));
        };
        let steps = cx.tree().path_steps(first, len);
        let step_res = |index: usize| self.program.step_res(cx.file, first as usize + index);
        let last = (0..steps.len()).rev().find_map(|index| match step_res(index) {
            Res::Field(slot) => Some((index, u16::try_from(slot).ok()?)),
            _ => None,
        });
        let (start, rest) = match (last, self.program.res(cx.file, head)) {
            (Some((index, slot)), _) => {
                let before = u16::try_from(index).ok()?;
                let owner = self
                    .with_names(at, |this, cx| this.eval.run(|eval| eval.path(cx, at.expr, head, first, before)).ok());
                (Head::Field(owner?.as_component()?, slot), index + 1)
            }
            (None, Res::Namespace) => (self.head(cx, step_res(0))?, 1),
            (None, res) if matches!(cx.tree().expr(head).kind, ExprKind::Name) => (self.head(cx, res)?, 0),
            _ => return None,
        };
        let mut keys: Vec<Arc<str>> = Vec::new();
        for step in steps.iter().skip(rest) {
            keys.push(match step.kind {
                StepKind::Index(index) => self.evaluate(At { expr: index, ..at })?.key()?,
                StepKind::Field | StepKind::OptionalField => Arc::from(step.name().text(&cx.source.text)),
            });
        }
        if keys.is_empty() {
            return Some(start);
        }
        if let Some(at) = self.part_of(start, &keys, depth + 1) {
            return Some(Head::At(at));
        }
        // A default of what does stand somewhere.
        let around = (0..keys.len()).rev().find_map(|len| self.part_of(start, keys.get(..len)?, depth + 1));
        around.map(|around| Head::Implied(around.cx.file))
    }

    fn head(&self, cx: Context<'p>, res: Res) -> Option<Head<'p>> {
        match res {
            Res::Def(def) => self.definition(def),
            Res::Field(slot) => Some(Head::Field(cx.instance?, u16::try_from(slot).ok()?)),
            _ => None,
        }
    }

    /// What gives a param or `let` its value.
    fn definition(&self, def: DefId) -> Option<Head<'p>> {
        let info = self.program.def(def)?;
        let written = |value: ExprRef| {
            Head::At(At { cx: self.eval.context(value.file, None, self.env), expr: value.expr, bound: None })
        };
        let own = |expr: ExprId| written(ExprRef { file: info.item.file, expr });
        match (info.kind, self.program.project.file(info.item.file).parse.tree.item(info.item.item).kind) {
            (DefKind::Let, ItemKind::Let { value, .. }) => Some(own(value)),
            (DefKind::Param, _) if self.eval.world.is_given(def) => Some(Head::Implied(FileId(0))),
            (DefKind::Param, ItemKind::Param { default, .. }) => {
                let said =
                    self.program.overrides.iter().rev().find(|one| {
                        one.environment == self.env && one.target == Target::Param(def) && one.path.is_empty()
                    });
                said.and_then(|one| one.value).map(written).or_else(|| default.map(own))
            }
            _ => None,
        }
    }

    /// The expression that gives a part of a value.
    fn part_of(&mut self, of: Head<'p>, keys: &[Arc<str>], depth: u8) -> Option<At<'p>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let settled = match of {
            Head::At(at) => self.settle_at(at, depth),
            Head::Field(instance, slot) => Settled::Field(instance, slot),
            Head::Implied(file) => Settled::Implied(file),
        };
        match settled {
            Settled::Written(at) => match keys.split_first() {
                None => Some(at),
                Some((key, rest)) => {
                    let inner = self.member(at, key)?;
                    self.part_of(Head::At(inner), rest, depth + 1)
                }
            },
            Settled::Field(instance, slot) => self.layers(instance, slot).into_iter().rev().find_map(|layer| {
                let inside = layer.path.iter().zip(keys).all(|(own, asked)| **own == **asked);
                let rest = keys.get(layer.path.len()..).filter(|_| inside)?;
                self.part_of(Head::At(layer.at?), rest, depth + 1)
            }),
            Settled::Implied(_) => None,
        }
    }

    /// The entry or element of a value that is written out.
    fn member(&self, at: At<'p>, key: &str) -> Option<At<'p>> {
        let (tree, source) = (at.cx.tree(), &at.cx.source.text);
        let expr = match tree.expr(at.expr).kind {
            ExprKind::Object(entries) => tree.entries(entries).iter().find_map(|entry| match entry.value {
                oal_syntax::ast::EntryValue::Set(value) if *oal_syntax::key::text(entry.key.text(source)) == *key => {
                    Some(value)
                }
                _ => None,
            }),
            ExprKind::List(members) => tree.exprs(members).get(key.parse::<usize>().ok()?).copied(),
            _ => None,
        };
        expr.map(|expr| At { expr, ..at })
    }
}
