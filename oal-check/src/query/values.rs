//! What a name is worth in each environment, and which place of the source makes it so.

use super::{Root, Symbol, walk};
use crate::Checked;
use crate::elaborate::InstanceId;
use crate::elaborate::origin::{Layer, Origin};
use crate::eval::Evaluator;
use crate::program::{DefId, DefKind, EnvSet, ExprRef, Owner, Place, Target};
use crate::types::{Ty, TyData};
use crate::value::{Part as Piece, Value};
use oal_syntax::FileId;
use oal_syntax::ast::ItemKind;

/// A part of a value that a name leads to: a field of a component, a key of a map in it, a param.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is a part of.
    pub root: Root,
    /// The keys on the way, none for the whole of it.
    pub path: Vec<String>,
}

/// A value in the environments that have it.
#[derive(Debug, Clone, PartialEq)]
pub struct InEnvironments {
    /// The component, where it is one of several.
    pub instance: Option<InstanceId>,
    /// The environments.
    pub environments: EnvSet,
    /// The value; `None` where there is no such part.
    pub value: Option<Value>,
}

/// The part of a value that the name at `offset` leads to: that of a field's key, of a step of a path, of a param or `let`.
#[must_use]
pub fn part_at(checked: &Checked, file: FileId, offset: u32) -> Option<Part> {
    let mut best: Option<(u32, Part)> = None;
    walk::item_at(checked, file, offset, &mut |symbol, mention, path| {
        let span = mention.place.span;
        if !span.touches(offset) || best.as_ref().is_some_and(|(start, _)| *start >= span.start) {
            return;
        }
        let part = match (path, symbol) {
            (Some(path), _) => Part { root: path.root(), path: path.keys().map(str::to_owned).collect() },
            (None, Symbol::Def(def)) => Part { root: Root::Def(def), path: Vec::new() },
            _ => return,
        };
        best = Some((span.start, part));
    });
    best.map(|(_, part)| part)
}

/// The type of a part, with its level; `None` where it has none, or only a value tells.
#[must_use]
pub fn part_type(checked: &Checked, part: &Part) -> Option<Ty> {
    let program = checked.program();
    let whole = match part.root {
        Root::Def(def) => *program.def_types.get(&def)?,
        Root::Field(owner, slot) => {
            let kind = match owner {
                Owner::Component(def) => program.def(def)?.of?,
                Owner::Kind(kind) => kind,
                Owner::Nested(kind, index) => program.kind(kind)?.nested.get(usize::from(index))?.of?,
                Owner::File | Owner::Environment(_) => return None,
            };
            program.kind(kind)?.fields.get(usize::from(slot))?.ty
        }
    };
    part.path.iter().try_fold(whole, |ty, key| match *program.types.data(program.types.bare(ty)) {
        TyData::Map(_, value) => Some(value),
        TyData::Record(number) => {
            let fields = &program.types.record(number)?.fields;
            fields.iter().find(|field| *field.name == **key).map(|field| field.ty)
        }
        _ => None,
    })
}

/// What a part is worth, in all environments that are checked; for a component repeated with `for` once for each of its instances.
/// Nothing for what belongs to a kind, which has a value only in its components, and for what is no value.
#[must_use]
pub fn values(eval: &mut Evaluator<'_>, part: &Part) -> Vec<InEnvironments> {
    let said = eval.unsaid.len();
    let mut found = Vec::new();
    match part.root {
        Root::Def(def) => {
            let all = def_values(eval, def);
            push(&mut found, None, all, &part.path);
        }
        Root::Field(Owner::Component(def), slot) => {
            let world = eval.world.clone();
            let instances = world.instances_of(def);
            for instance in instances {
                let all = eval.groups(*instance, slot);
                let one_of_many = world.key(*instance).is_some();
                push(&mut found, one_of_many.then_some(*instance), all, &part.path);
            }
        }
        Root::Field(..) => {}
    }
    eval.unsaid.truncate(said);
    found
}

fn def_values(eval: &mut Evaluator<'_>, def: DefId) -> Vec<(EnvSet, Value)> {
    let mut groups: Vec<(EnvSet, Value)> = Vec::new();
    if !eval.program.def(def).is_some_and(|info| matches!(info.kind, DefKind::Param | DefKind::Let)) {
        return groups;
    }
    for env in eval.world.selected.iter() {
        let value = eval.value_of(def, env).unwrap_or(Value::Unknown);
        match groups.iter_mut().find(|(_, other)| *other == value) {
            Some((all, _)) => *all = all.or(EnvSet::only(env)),
            None => groups.push((EnvSet::only(env), value)),
        }
    }
    groups
}

fn push(found: &mut Vec<InEnvironments>, instance: Option<InstanceId>, groups: Vec<(EnvSet, Value)>, path: &[String]) {
    let first = found.len();
    for (environments, whole) in groups {
        let mut value = Some(&whole);
        for key in path {
            value = value.and_then(|value| value.get(key));
        }
        let value = value.cloned();
        let known = found.iter_mut().skip(first).find(|other| other.value == value);
        match known {
            Some(other) => other.environments = other.environments.or(environments),
            None => found.push(InEnvironments { instance, environments, value }),
        }
    }
}

/// The places that speak of a part in an environment, in rising order: the last one wins.
#[must_use]
pub fn origins(eval: &Evaluator<'_>, part: &Part, instance: Option<InstanceId>, env: usize) -> Vec<Origin> {
    let path: Vec<&str> = part.path.iter().map(String::as_str).collect();
    match part.root {
        Root::Field(Owner::Component(def), slot) => {
            let instance = instance.or_else(|| eval.world.instances_of(def).first().copied());
            instance.map_or_else(Vec::new, |instance| eval.origin(instance, slot, &path, env))
        }
        Root::Field(..) => Vec::new(),
        Root::Def(def) => def_origins(eval, def, env),
    }
}

fn def_origins(eval: &Evaluator<'_>, def: DefId, env: usize) -> Vec<Origin> {
    let Some(info) = eval.program.def(def) else { return Vec::new() };
    let item = eval.program.project.file(info.item.file).parse.tree.item(info.item.item);
    let place = Place { file: info.item.file, span: info.name };
    let value = match item.kind {
        ItemKind::Param { default, .. } => default,
        ItemKind::Let { value, .. } => Some(value),
        _ => None,
    };
    let value = value.map(|expr| ExprRef { file: info.item.file, expr });
    let mut found: Vec<Origin> =
        value.map(|value| Origin { layer: Layer::Default, place, value: Some(value) }).into_iter().collect();
    for index in eval.world.overrides_of(def) {
        if let Some(one) = eval.program.overrides.get(*index as usize)
            && usize::from(one.environment) == env
            && one.target == Target::Param(def)
        {
            found.push(Origin { layer: Layer::Environment(one.environment), place: one.at, value: one.value });
        }
    }
    found
}

/// A value as it would be written, with what only the platform knows as the reference that makes it: `"postgres://${orders.host}"`.
/// A secret is named, never shown.
#[must_use]
pub fn shown(checked: &Checked, value: &Value) -> String {
    let (program, world) = (checked.program(), checked.world());
    match value {
        Value::Component(instance) => world.path(program, *instance),
        Value::Endpoint(instance, port) => format!("{}.{port}", world.path(program, *instance)),
        Value::Template(pieces) => {
            let reference = |piece: &Piece| match piece {
                Piece::Text(_) => String::new(),
                Piece::Output(instance, output) => format!("{}.{output}", world.path(program, *instance)),
                Piece::Secret(instance) => world.path(program, *instance),
            };
            match &**pieces {
                [one @ (Piece::Output(..) | Piece::Secret(_))] => reference(one),
                all => {
                    let mut text = "\"".to_owned();
                    for piece in all {
                        match piece {
                            Piece::Text(known) => {
                                let quoted = Value::text(known).source();
                                text.push_str(quoted.get(1..quoted.len() - 1).unwrap_or_default());
                            }
                            other => text.push_str(&format!("${{{}}}", reference(other))),
                        }
                    }
                    text.push('"');
                    text
                }
            }
        }
        Value::List(elements) => {
            format!("[{}]", elements.iter().map(|element| shown(checked, element)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(entries) if !entries.is_empty() => format!("{{ {} }}", fields(checked, entries)),
        Value::Variant(name, entries) if !entries.is_empty() => format!("{name}({})", fields(checked, entries)),
        other => other.source(),
    }
}

fn fields(checked: &Checked, entries: &crate::value::Fields) -> String {
    let one = |(key, value): &(std::sync::Arc<str>, Value)| {
        let word = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        let key = if word { key.to_string() } else { Value::text(key).source() };
        format!("{key}: {}", shown(checked, value))
    };
    entries.iter().map(one).collect::<Vec<_>>().join(", ")
}
