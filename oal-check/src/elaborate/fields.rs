//! What fields hold: the layers put together, in one environment or in all.

use super::InstanceId;
use super::layers::Written;
use crate::eval::{Context, Evaluator, Outcome, Trace};
use crate::program::{EnvSet, ExprRef, Override, Target};
use crate::types::{Ty, TyData};
use crate::value::Value;
use oal_syntax::ast::ExprKind;
use std::sync::Arc;

impl<'p> Evaluator<'p> {
    /// The value of a field in an environment where the component exists. Defaults of records and variants are filled in; what is
    /// wrong, and said elsewhere, is [`Value::Unknown`].
    pub fn field(&mut self, instance: InstanceId, slot: u16, env: usize) -> Value {
        let env = u8::try_from(env).unwrap_or(0);
        match self.run(|eval| eval.make_field(instance, slot, env)) {
            Ok(value) => value,
            Err(error) => {
                let envs = EnvSet::only(usize::from(env));
                self.unsaid.push(super::instances::Unsaid { error, envs, everywhere: false, instance: Some(instance) });
                Value::Unknown
            }
        }
    }

    /// The values of a field, each with the environments where it holds it; together, all checked ones where the component exists.
    /// Worked out once where no environment makes a difference.
    pub fn groups(&mut self, instance: InstanceId, slot: u16) -> Vec<(EnvSet, Value)> {
        let envs = self.world.presence(instance).and(self.world.selected);
        self.group(instance, envs, |eval, env| eval.make_field(instance, slot, env))
    }

    /// As [`Evaluator::groups`], for an output by its number in the kind. What the platform makes is a [`Value::Template`].
    pub fn output_groups(&mut self, instance: InstanceId, output: u16) -> Vec<(EnvSet, Value)> {
        let envs = self.world.presence(instance).and(self.world.selected);
        self.group(instance, envs, |eval, env| eval.output(instance, u32::from(output), env))
    }

    /// As [`Evaluator::groups`], for an expression of a file with the type its place has, such as a field of `app`.
    pub fn value_groups(&mut self, at: ExprRef, ty: Ty) -> Vec<(EnvSet, Value)> {
        let envs = self.world.selected;
        let group = |eval: &mut Self, env: u8| {
            let cx = eval.context(at.file, None, env);
            let value = eval.eval(cx, at.expr)?;
            eval.normalise(cx, value, ty, at)
        };
        self.group_of(None, envs, group)
    }

    fn group(
        &mut self,
        instance: InstanceId,
        envs: EnvSet,
        work: impl FnMut(&mut Self, u8) -> Outcome<Value>,
    ) -> Vec<(EnvSet, Value)> {
        self.group_of(Some(instance), envs, work)
    }

    fn group_of(
        &mut self,
        instance: Option<InstanceId>,
        envs: EnvSet,
        mut work: impl FnMut(&mut Self, u8) -> Outcome<Value>,
    ) -> Vec<(EnvSet, Value)> {
        let mut groups: Vec<(EnvSet, Value)> = Vec::with_capacity(1);
        let Ok((results, seen)) = self.run(|eval| eval.each_env(envs, &mut work)) else { return groups };
        let everywhere = !seen.has(Trace::ENVIRONMENT) && envs == self.every();
        for (set, result) in results {
            let value = result.unwrap_or_else(|error| {
                self.unsaid.push(super::instances::Unsaid { error, envs: set, everywhere, instance });
                Value::Unknown
            });
            match groups.iter_mut().find(|(_, other)| *other == value) {
                Some((all, _)) => *all = all.or(set),
                None => groups.push((set, value)),
            }
        }
        groups
    }

    /// The value of a field, from its layers.
    pub(crate) fn make_field(&mut self, instance: InstanceId, slot: u16, env: u8) -> Outcome<Value> {
        self.note_of(instance, Trace::SUBJECT);
        let said = self.said_in(instance, slot, env);
        self.put_together(instance, slot, env, &said)
    }

    /// The value that a field would have without one of the things that an environment says of it.
    pub(crate) fn field_without(&mut self, instance: InstanceId, slot: u16, one: &Override) -> Outcome<Value> {
        let mut said = self.said_in(instance, slot, one.environment);
        said.retain(|other| other.at != one.at);
        self.put_together(instance, slot, one.environment, &said)
    }

    /// The value of a field, with this said by the environment.
    fn put_together(&mut self, instance: InstanceId, slot: u16, env: u8, said: &[&Override]) -> Outcome<Value> {
        let Some(info) = self.field_info(instance, slot) else { return Ok(Value::Unknown) };
        let (ty, default) = (info.ty, info.default);
        if ty == Ty::UNKNOWN {
            return Ok(Value::Unknown);
        }
        let merges =
            matches!(self.program.types.data(self.program.types.bare(ty)), TyData::Map(..) | TyData::Record(_));
        // What is replaced as a whole need not be worked out, unless it can add to what replaces it.
        let from = said.iter().rposition(|one| one.path.is_empty() && (one.value.is_none() || !merges)).unwrap_or(0);
        let replaced = said.get(from).is_some_and(|one| one.path.is_empty() && (one.value.is_none() || !merges));
        let mut layers = Layers { found: None, merges, full: false };
        let unset = said.get(from).is_some_and(|one| one.path.is_empty() && one.value.is_none());
        if !replaced {
            self.add_lower(&mut layers, instance, slot, ty, env)?;
        }
        if let Some(default) = default.filter(|_| !layers.full && (!replaced || unset || merges)) {
            let cx = self.context(default.file, Some(instance), env);
            self.add_layer(&mut layers, cx, default, ty)?;
        }
        let mut value = layers.found;
        let mut at = self.top_layer(instance, slot);
        for one in said.get(from..).unwrap_or_default() {
            let Some(new) = one.value else {
                if !one.path.is_empty() {
                    value = value.map(|below| put(&below, &one.path, None, &mut |_, new| new));
                }
                continue;
            };
            at = Some(new);
            let cx = self.context(new.file, None, env);
            let said = self.eval(cx, new.expr)?;
            let said = self.localise(cx, said, self.part_type(ty, &one.path), new)?;
            let below = value.unwrap_or(Value::Null);
            value = Some(if one.path.is_empty() {
                self.merge(ty, &below, said)
            } else {
                put(&below, &one.path, Some(said), &mut |below, new| self.merged(ty, &one.path, below, new))
            });
        }
        let Some(value) = value else {
            return Ok(if self.program.types.is_optional(ty) { Value::Null } else { Value::Unknown });
        };
        let Some(at) = at else { return Ok(value) };
        let own = self.own_entry(instance, slot).is_some();
        let around = if own { self.world.parent(instance) } else { Some(instance) };
        let cx = self.context(at.file, around, env);
        self.normalise(cx, value, ty, at)
    }

    /// What an environment says of a field: what is said of all instances before what is said of one.
    fn said_in(&mut self, instance: InstanceId, slot: u16, env: u8) -> Vec<&'p Override> {
        if !self.has_overrides(instance) {
            return Vec::new();
        }
        let mut said: Vec<&Override> = self.overrides_of_field(instance, slot).collect();
        if !said.is_empty() {
            self.note(Trace::ENVIRONMENT);
            self.note_of(instance, Trace::VALUES);
        }
        said.retain(|one| one.environment == env);
        said.sort_by_key(|one| matches!(one.target, Target::Field { key: Some(_), .. }));
        said
    }

    /// The layers of the component's body and its kinds.
    fn add_lower(&mut self, layers: &mut Layers, instance: InstanceId, slot: u16, ty: Ty, env: u8) -> Outcome<()> {
        if let Some(own) = self.own_entry(instance, slot).filter(|_| !layers.full) {
            self.note_of(instance, Trace::VALUES);
            self.add_own(layers, instance, own, ty, env)?;
        }
        for kind in self.kinds(instance) {
            if layers.full {
                break;
            }
            if let Some(preset) = self.preset(kind, slot) {
                let cx = self.context(preset.value.file, Some(instance), env);
                self.add_layer(layers, cx, preset.value, ty)?;
            }
        }
        Ok(())
    }

    /// What a field of maps or records would hold if environments said nothing of it; without its defaults.
    pub(crate) fn below_environment(&mut self, instance: InstanceId, slot: u16, env: u8) -> Outcome<Value> {
        let Some(info) = self.field_info(instance, slot) else { return Ok(Value::Unknown) };
        let mut layers = Layers { found: None, merges: true, full: false };
        self.add_lower(&mut layers, instance, slot, info.ty, env)?;
        Ok(layers.found.unwrap_or(Value::Null))
    }

    /// A layer of the component's own body, which sees what stands around the component and the names of its loop.
    fn add_own(&mut self, layers: &mut Layers, instance: InstanceId, own: Written, ty: Ty, env: u8) -> Outcome<()> {
        let cx = self.context(own.value.file, self.world.parent(instance), env);
        let (frame, floor) = (self.frame, self.locals.len());
        self.frame = floor;
        self.bind_rounds(instance, env);
        let outcome = self.add_layer(layers, cx, own.value, ty);
        self.locals.truncate(floor);
        self.frame = frame;
        outcome
    }

    /// Puts a layer below those that there are.
    fn add_layer(&mut self, layers: &mut Layers, cx: Context<'_>, at: ExprRef, ty: Ty) -> Outcome<()> {
        let value = self.eval(cx, at.expr)?;
        let value = self.localise(cx, value, ty, at)?;
        // `null` and what is wrong have no parts to merge.
        layers.full = !layers.merges || !matches!(value, Value::Map(_));
        layers.found = Some(match layers.found.take() {
            None => value,
            // What is wrong may have held anything.
            Some(Value::Map(_)) if matches!(value, Value::Unknown) => value,
            Some(above) if layers.full => above,
            Some(above) => self.merge(ty, &value, above),
        });
        Ok(())
    }

    /// `above` over `below`: maps and records by key, all else taken from above. What is wrong below may have held anything.
    pub(crate) fn merge(&self, ty: Ty, below: &Value, above: Value) -> Value {
        let types = &self.program.types;
        let bare = types.bare(ty);
        if !matches!(types.data(bare), TyData::Map(..) | TyData::Record(_)) {
            return above;
        }
        let (lower, upper) = match (below, &above) {
            (Value::Map(lower), Value::Map(upper)) => (lower, upper),
            (Value::Unknown, Value::Map(_)) => return Value::Unknown,
            _ => return above,
        };
        let part = |key: &str| match types.data(bare) {
            TyData::Map(_, value) => *value,
            TyData::Record(number) => types
                .record(*number)
                .and_then(|record| record.fields.iter().find(|field| &*field.name == key))
                .map_or(Ty::UNKNOWN, |field| field.ty),
            _ => Ty::UNKNOWN,
        };
        let mut merged: Vec<(Arc<str>, Value)> = Vec::with_capacity(lower.len() + upper.len());
        for (key, value) in lower.iter() {
            let over = above.get(key).map(|over| self.merge(part(key), value, over.clone()));
            merged.push((key.clone(), over.unwrap_or_else(|| value.clone())));
        }
        let rest = upper.iter().filter(|(key, _)| below.get(key).is_none());
        merged.extend(rest.cloned());
        Value::Map(merged.into())
    }

    /// A new value for a part of a field, over what is there.
    fn merged(&self, ty: Ty, path: &[Box<str>], below: Option<&Value>, new: Value) -> Value {
        match below {
            Some(below) => self.merge(self.part_type(ty, path), below, new),
            None => new,
        }
    }

    /// The type of a part of a field.
    pub(crate) fn part_type(&self, ty: Ty, path: &[Box<str>]) -> Ty {
        let types = &self.program.types;
        path.iter().fold(ty, |ty, key| match types.data(types.bare(ty)) {
            TyData::Map(_, value) => *value,
            TyData::Record(number) => types
                .record(*number)
                .and_then(|record| record.fields.iter().find(|field| field.name == *key))
                .map_or(Ty::UNKNOWN, |field| field.ty),
            _ => Ty::UNKNOWN,
        })
    }

    /// Whether an expression is the word `null`.
    pub(crate) fn is_null_literal(&self, at: ExprRef) -> bool {
        matches!(self.program.project.file(at.file).parse.tree.expr(at.expr).kind, ExprKind::Null)
    }

    /// Whether a field is `null`, looking at no more than that needs.
    pub(crate) fn field_is_null(&mut self, instance: InstanceId, slot: u16, env: u8) -> Outcome<bool> {
        self.note_of(instance, Trace::SUBJECT);
        let plain = if self.has_overrides(instance) { self.overridden_in(instance, slot).is_empty() } else { true };
        if plain && let Some(own) = self.own_entry(instance, slot) {
            if self.is_surely_there(own.value) {
                return Ok(false);
            }
            if self.is_null_literal(own.value) {
                return Ok(true);
            }
        }
        // What is looked at below is the value; what is told is only whether there is one.
        let values = self.trace.has(Trace::VALUES);
        let value = self.read_field(instance, u32::from(slot), env)?;
        if !values && (!plain || self.own_entry(instance, slot).is_some()) {
            self.trace = self.trace.without(Trace::VALUES);
        }
        Ok(value.is_null())
    }
}

/// Layers put together so far, from the highest down.
struct Layers {
    found: Option<Value>,
    /// Whether lower ones can add to it.
    merges: bool,
    /// Whether lower ones no longer count.
    full: bool,
}

/// `value` with a part set or taken away.
fn put(
    value: &Value,
    path: &[Box<str>],
    new: Option<Value>,
    merge: &mut dyn FnMut(Option<&Value>, Value) -> Value,
) -> Value {
    let Some((first, rest)) = path.split_first() else {
        return new.map_or(Value::Null, |new| merge(Some(value), new));
    };
    if matches!(value, Value::Unknown) {
        return Value::Unknown;
    }
    let mut entries = value.entries().to_vec();
    let at = entries.iter().position(|(key, _)| **key == **first);
    match (at, rest.is_empty(), new) {
        (Some(at), true, None) => {
            entries.remove(at);
        }
        (None, _, None) => {}
        (Some(at), _, new) => {
            if let Some((_, below)) = entries.get_mut(at) {
                *below = put(below, rest, new, merge);
            }
        }
        (None, _, Some(new)) => {
            let part = if rest.is_empty() {
                merge(None, new)
            } else {
                put(&Value::Map(Arc::from([])), rest, Some(new), merge)
            };
            entries.push((Arc::from(&**first), part));
        }
    }
    Value::Map(entries.into())
}
