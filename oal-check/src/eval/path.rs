//! `head.field?.field[index]…`

use crate::elaborate::InstanceId;
use crate::eval::error::{EvalError, Fault};
use crate::eval::{Context, Evaluator, Outcome, Task, Trace};
use crate::program::{DefId, EnvSet, Res};
use crate::suggest;
use crate::value::Value;
use oal_syntax::ast::{ExprId, ExprKind, Guard, ItemKind, Step, StepKind};
use std::sync::Arc;

impl Evaluator<'_> {
    pub(crate) fn path(&mut self, cx: Context<'_>, id: ExprId, head: ExprId, first: u32, len: u16) -> Outcome<Value> {
        let steps = cx.tree().path_steps(first, len);
        let res_of = |expr: ExprId| -> Res { cx.names.exprs.get(expr.0 as usize).copied().unwrap_or_default().into() };
        let step_res =
            |index: usize| -> Res { cx.names.steps.get(first as usize + index).copied().unwrap_or_default().into() };
        let mut at = 0;
        let head_res = if matches!(cx.tree().expr(head).kind, ExprKind::Name) { res_of(head) } else { Res::None };
        let mut start = head_res;
        if matches!(head_res, Res::Namespace) {
            start = step_res(0);
            at = 1;
        }
        // One of many instances is looked up without making the map of all of them.
        let next = steps.get(at).map(|step| step.kind);
        let mut value = match (start, next) {
            (Res::Def(def), Some(StepKind::Index(index))) if self.is_repeated(def) => {
                at += 1;
                self.instance_by_key(cx, def, index)?
            }
            (Res::Def(def), _) => self.def_value(cx, def, id)?,
            _ if at == 0 => self.eval(cx, head)?,
            _ => Value::Unknown,
        };
        for (index, step) in steps.iter().enumerate().skip(at) {
            if value.is_null() {
                return Ok(Value::Null);
            }
            value = self.step(cx, id, value, step, step_res(index))?;
        }
        Ok(value)
    }

    fn step(&mut self, cx: Context<'_>, id: ExprId, value: Value, step: &Step, res: Res) -> Outcome<Value> {
        let name = match step.kind {
            StepKind::Index(index) => return self.index(cx, value, index),
            StepKind::Field | StepKind::OptionalField => step.name().text(&cx.source.text),
        };
        match (value, res) {
            (Value::Component(instance), Res::Field(slot)) => self.read_field(instance, slot, cx.env),
            (Value::Component(instance), Res::Output(output)) => self.output(instance, output, cx.env),
            (Value::Component(instance), Res::Nested(nested)) => self.nested_value(cx, instance, nested, id),
            (Value::Component(instance), Res::Port) => Ok(Value::Endpoint(instance, Arc::from(name))),
            (Value::Map(entries), _) => match entries.iter().find(|(key, _)| **key == *name) {
                Some((_, value)) => Ok(value.clone()),
                // Where it was a record, it has all its fields; so it is a map.
                None => Err(EvalError::stop(cx.at(id), missing(name, &entries))),
            },
            _ => Ok(Value::Unknown),
        }
    }

    fn index(&mut self, cx: Context<'_>, value: Value, index: ExprId) -> Outcome<Value> {
        let by = self.eval(cx, index)?;
        match value {
            Value::List(elements) => {
                let Value::Int(wanted) = by else { return Ok(Value::Unknown) };
                let found = usize::try_from(wanted).ok().and_then(|at| elements.get(at)).cloned();
                found.ok_or_else(|| {
                    EvalError::stop(cx.at(index), Fault::IndexOutOfRange { index: wanted, len: elements.len() })
                })
            }
            Value::Map(entries) => {
                let Some(key) = by.key() else { return Ok(Value::Unknown) };
                // Only instances are told apart by numbers; elsewhere one is a wrong index, which is said by its type.
                if by.as_int().is_some() && !matches!(entries.first(), Some((_, Value::Component(_)))) {
                    return Ok(Value::Unknown);
                }
                let found = entries.iter().find(|(name, _)| *name == key).map(|(_, value)| value.clone());
                found.ok_or_else(|| EvalError::stop(cx.at(index), missing(&key, &entries)))
            }
            _ => Ok(Value::Unknown),
        }
    }

    fn is_repeated(&self, def: DefId) -> bool {
        self.program.def(def).is_some_and(|info| {
            let item = self.program.project.file(info.item.file).parse.tree.item(info.item.item);
            matches!(item.kind, ItemKind::Component { guard: Guard::For(_), .. })
        })
    }

    /// `component["key"]`
    fn instance_by_key(&mut self, cx: Context<'_>, def: DefId, index: ExprId) -> Outcome<Value> {
        let value = self.eval(cx, index)?;
        let number = matches!(value, Value::Int(_));
        let Some(key) = value.key() else { return Ok(Value::Unknown) };
        self.ask(Task::Instances(def), 0)?;
        // A number among names is of the wrong type, which is said.
        let named = |id: &InstanceId| self.world.key(*id).is_some_and(|key| key.parse::<i64>().is_err());
        if self.world.is_broken(def) || number && self.world.instances_of(def).iter().any(named) {
            return Ok(Value::Unknown);
        }
        let found = self.world.with_key(def, &key);
        match found {
            Some(instance) if self.exists(instance, cx.env) => Ok(Value::Component(instance)),
            Some(instance) => Err(self.absent(cx, index, instance)),
            None => {
                let names: Vec<Arc<str>> =
                    self.world.instances_of(def).iter().filter_map(|i| self.world.key(*i)).map(Arc::from).collect();
                let names = || names.iter().map(|name| &**name);
                Err(EvalError::stop(
                    cx.at(index),
                    Fault::NoInstance {
                        component: def,
                        key: (*key).into(),
                        near: suggest::closest(&key, names()).map(Into::into),
                        some: names().take(6).map(Into::into).collect(),
                    },
                ))
            }
        }
    }

    /// Whether a component exists in the environment at hand.
    fn exists(&mut self, instance: InstanceId, env: u8) -> bool {
        let envs = self.world.presence(instance);
        if envs != EnvSet::first(self.environments()) {
            self.note(Trace::ENVIRONMENT);
        }
        envs.has(usize::from(env))
    }

    fn absent(&self, cx: Context<'_>, at: ExprId, instance: InstanceId) -> super::error::Stop {
        let component = self.world.path(self.program, instance).into_boxed_str();
        EvalError::stop(cx.at(at), Fault::Absent { component, def: self.world.def(instance) })
    }

    /// A component by name: itself, or the map of all its instances where it is repeated.
    pub(crate) fn component_value(&mut self, cx: Context<'_>, def: DefId, at: ExprId) -> Outcome<Value> {
        self.ask(Task::Instances(def), 0)?;
        if self.world.is_broken(def) {
            return Ok(Value::Unknown);
        }
        if !self.is_repeated(def) {
            let Some(&instance) = self.world.instances_of(def).first() else { return Ok(Value::Unknown) };
            return if self.exists(instance, cx.env) {
                Ok(Value::Component(instance))
            } else {
                Err(self.absent(cx, at, instance))
            };
        }
        let instances = self.world.instances_of(def).to_vec();
        self.charge(instances.len() as u64, cx, at)?;
        Ok(self.as_map(&instances, cx.env))
    }

    fn as_map(&mut self, instances: &[InstanceId], env: u8) -> Value {
        let mut map = Vec::with_capacity(instances.len());
        for &instance in instances {
            if self.exists(instance, env) {
                map.push((Arc::from(self.world.key(instance).unwrap_or_default()), Value::Component(instance)));
            }
        }
        Value::Map(map.into())
    }

    /// A component nested in `owner`, by its number in the kind.
    pub(crate) fn nested_value(
        &mut self,
        cx: Context<'_>,
        owner: InstanceId,
        nested: u32,
        at: ExprId,
    ) -> Outcome<Value> {
        let nested = u16::try_from(nested).unwrap_or(u16::MAX);
        self.ask(Task::Nested(owner, nested), 0)?;
        let (instances, repeated) = self.world.nested(owner, nested);
        let instances = instances.to_vec();
        if repeated {
            return Ok(self.as_map(&instances, cx.env));
        }
        match instances.first() {
            Some(&instance) if self.exists(instance, cx.env) => Ok(Value::Component(instance)),
            Some(&instance) => Err(self.absent(cx, at, instance)),
            None => Ok(Value::Unknown),
        }
    }
}

fn missing(key: &str, entries: &[(Arc<str>, Value)]) -> Fault {
    let names = || entries.iter().map(|(name, _)| &**name);
    Fault::KeyNotFound {
        key: key.into(),
        near: suggest::closest(key, names()).map(Into::into),
        some: names().take(6).map(Into::into).collect(),
    }
}
