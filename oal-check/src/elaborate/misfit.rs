//! Whether a computed value satisfies what its place asks beyond its type: ranges, lengths, patterns, the grammar of checked
//! texts, ports that exist.

use super::InstanceId;
use crate::eval::{Evaluator, Outcome};
use crate::program::Place;
use crate::text::{self, ProblemKind, TextProblem, TextType};
use crate::types::{Bound, Refinement, Ty, TyData};
use crate::value::Value;
use oal_syntax::ast::{EntryValue, ExprId, ExprKind, Tree};
use std::sync::Arc;

/// A step from a value to a part of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// A key of a map, a field of a record or variant.
    Key(Arc<str>),
    /// An element of a list.
    Index(usize),
    /// The key itself.
    TheKey,
}

/// A part of a value that its place does not take.
#[derive(Debug, Clone)]
pub(crate) struct Misfit {
    pub(crate) path: Vec<Step>,
    pub(crate) value: Value,
    pub(crate) problem: Problem,
}

/// What is wrong with it.
#[derive(Debug, Clone)]
pub(crate) enum Problem {
    /// Outside of a range; as written, and where.
    Range(Box<str>, Place),
    /// A text, list or map of the wrong length: how long it is, "short" or "long", the range and where it is written.
    Length(i64, &'static str, Box<str>, Place),
    /// Does not match a pattern.
    Pattern(Box<str>, Place),
    /// Breaks the grammar of a checked text.
    Text(TextType, Box<TextProblem>),
    /// No port number.
    Port,
    /// The component has no port of this name; its ports.
    NoPort(InstanceId, Vec<Arc<str>>),
    /// Of another type altogether: only what a caller gives can be.
    Type(Ty),
}

/// What a value is held against.
#[derive(Clone, Copy)]
pub(crate) struct Demand {
    /// The component whose ports a bare port name means.
    pub(crate) component: Option<InstanceId>,
    pub(crate) env: u8,
    /// Whether the type itself is in doubt.
    pub(crate) types_too: bool,
}

impl Evaluator<'_> {
    /// What is wrong with a value in its place.
    pub(crate) fn misfits(&mut self, value: &Value, ty: Ty, demand: Demand) -> Outcome<Vec<Misfit>> {
        let mut found = Vec::new();
        self.add_misfits(value, ty, demand, &mut Vec::new(), &mut found)?;
        Ok(found)
    }

    fn add_misfits(
        &mut self,
        value: &Value,
        ty: Ty,
        demand: Demand,
        path: &mut Vec<Step>,
        found: &mut Vec<Misfit>,
    ) -> Outcome<()> {
        if found.len() >= 8 || matches!(value, Value::Unknown | Value::Template(_)) {
            return Ok(());
        }
        let program = self.program;
        let types = &program.types;
        let mut bare = ty;
        let mut optional = false;
        loop {
            bare = match *types.data(bare) {
                TyData::Optional(inner) => {
                    optional = true;
                    inner
                }
                TyData::Leveled(_, inner) => inner,
                TyData::Refined(inner, number) => {
                    if let Some(problem) = self.breaks(value, number) {
                        found.push(Misfit { path: path.clone(), value: value.clone(), problem });
                        return Ok(());
                    }
                    inner
                }
                _ => break,
            };
        }
        let mut refuse = |problem: Problem| found.push(Misfit { path: path.clone(), value: value.clone(), problem });
        match (types.data(bare), value) {
            (_, Value::Null) if optional || !demand.types_too => {}
            (TyData::Port, Value::Int(number)) => {
                if !(1..=65535).contains(number) {
                    refuse(Problem::Port);
                }
            }
            (TyData::Text(kind), Value::Text(written)) => {
                if let Err(problem) = text::check(*kind, written)
                    && !self.lets_pass(problem.kind, demand)
                {
                    refuse(Problem::Text(*kind, Box::new(problem)));
                }
            }
            (TyData::PortName, Value::Variant(port, _)) => {
                if let Some(component) = demand.component
                    && let Some(known) = self.lacks_port(component, port, demand.env)?
                {
                    refuse(Problem::NoPort(component, known));
                }
            }
            (TyData::Endpoint, Value::Endpoint(component, port)) => {
                if let Some(known) = self.lacks_port(*component, port, demand.env)? {
                    refuse(Problem::NoPort(*component, known));
                }
            }
            (TyData::List(element), Value::List(elements)) => {
                for (index, value) in elements.iter().enumerate() {
                    path.push(Step::Index(index));
                    self.add_misfits(value, *element, demand, path, found)?;
                    path.pop();
                }
            }
            (TyData::Map(key_type, element), Value::Map(entries)) => {
                let plain = matches!(types.data(*key_type), TyData::String | TyData::PortName);
                for (key, value) in entries.iter() {
                    path.push(Step::Key(key.clone()));
                    if !plain {
                        path.push(Step::TheKey);
                        self.add_misfits(&Value::Text(key.clone()), *key_type, demand, path, found)?;
                        path.pop();
                    }
                    self.add_misfits(value, *element, demand, path, found)?;
                    path.pop();
                }
            }
            (TyData::Record(number), Value::Map(entries)) => {
                for member in types.record(*number).into_iter().flat_map(|record| &record.fields) {
                    let Some((key, value)) = entries.iter().find(|(key, _)| **key == *member.name) else { continue };
                    path.push(Step::Key(key.clone()));
                    self.add_misfits(value, member.ty, demand, path, found)?;
                    path.pop();
                }
            }
            (TyData::Union(number), Value::Variant(name, fields)) => {
                let variant = types.union(*number).and_then(|union| union.variants.iter().find(|v| *v.name == **name));
                let Some(variant) = variant else {
                    if demand.types_too {
                        refuse(Problem::Type(ty));
                    }
                    return Ok(());
                };
                for (member, (key, value)) in variant.fields.iter().zip(fields.iter()) {
                    path.push(Step::Key(key.clone()));
                    self.add_misfits(value, member.ty, demand, path, found)?;
                    path.pop();
                }
            }
            (data, value) => {
                if demand.types_too && !same_type(data, value) {
                    refuse(Problem::Type(ty));
                }
            }
        }
        Ok(())
    }

    /// How a value breaks a refinement, if it does.
    fn breaks(&mut self, value: &Value, number: u32) -> Option<Problem> {
        let program = self.program;
        let info = program.types.refinement(number)?;
        match (&info.rule, value) {
            (_, Value::Null) => None,
            (Refinement::Matches(pattern), Value::Text(written)) => {
                let compiled = self.patterns.entry(number).or_insert_with(|| text::regex::Pattern::new(pattern).ok());
                let matches = compiled.as_ref().is_none_or(|compiled| compiled.occurs_in(written));
                (!matches).then(|| Problem::Pattern(pattern.clone(), info.at))
            }
            (Refinement::Range { low, high }, Value::Text(_) | Value::List(_) | Value::Map(_)) => {
                let count = match value {
                    Value::Text(written) => written.chars().count(),
                    Value::List(elements) => elements.len(),
                    _ => value.entries().len(),
                };
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                let words = crate::infer::literals::outside(count, *low, *high)?;
                Some(Problem::Length(count, words, info.text.clone(), info.at))
            }
            (Refinement::Range { low, high }, _) => {
                let below = |bound: &Bound| compare(value, *bound).is_some_and(std::cmp::Ordering::is_lt);
                let above = |bound: &Bound| compare(value, *bound).is_some_and(std::cmp::Ordering::is_gt);
                let outside = low.as_ref().is_some_and(below) || high.as_ref().is_some_and(above);
                outside.then(|| Problem::Range(info.text.clone(), info.at))
            }
            (Refinement::Matches(_), _) => None,
        }
    }

    /// A wildcard host is right where requests are sorted by it, and a query where one request is described.
    fn lets_pass(&self, problem: ProblemKind, demand: Demand) -> bool {
        let root = demand
            .component
            .and_then(|instance| self.program.kind(self.world.kind(instance)))
            .and_then(|kind| kind.root)
            .and_then(|root| self.program.kind(root));
        let is_route = root.is_some_and(|root| &*root.name == "route");
        match problem {
            ProblemKind::HostWildcard => is_route,
            ProblemKind::PathQuery => root.is_some() && !is_route,
            _ => false,
        }
    }

    /// The ports of a component, where this is none of them.
    pub(crate) fn lacks_port(&mut self, component: InstanceId, port: &str, env: u8) -> Outcome<Option<Vec<Arc<str>>>> {
        let kind = self.program.kind(self.world.kind(component));
        let Some(slot) = kind.and_then(|kind| kind.field_index.get("ports")) else { return Ok(None) };
        if self.may_be_garbled(component, *slot) {
            return Ok(None);
        }
        let ports = self.read_field(component, u32::from(*slot), env)?;
        let Value::Map(entries) = ports else { return Ok(None) };
        if entries.iter().any(|(name, _)| **name == *port) {
            return Ok(None);
        }
        Ok(Some(entries.iter().map(|(name, _)| name.clone()).collect()))
    }
}

/// A number or quantity beside a bound in its own unit.
#[expect(clippy::cast_precision_loss, reason = "only where one side is a float anyway")]
fn compare(value: &Value, bound: Bound) -> Option<std::cmp::Ordering> {
    match (value, bound) {
        (Value::Int(a) | Value::Duration(a) | Value::Size(a) | Value::Cpu(a), Bound::Int(b)) => Some(a.cmp(&b)),
        (Value::Int(a) | Value::Duration(a) | Value::Size(a) | Value::Cpu(a), bound) => {
            (*a as f64).partial_cmp(&bound.as_f64())
        }
        (Value::Float(a) | Value::Percent(a), bound) => a.partial_cmp(&bound.as_f64()),
        _ => None,
    }
}

/// Whether a value without parts is of a type without parts.
fn same_type(data: &TyData, value: &Value) -> bool {
    matches!(
        (data, value),
        (TyData::Unknown, _)
            | (_, Value::Unknown)
            | (TyData::Bool, Value::Bool(_))
            | (TyData::Int | TyData::Port, Value::Int(_))
            | (TyData::Float, Value::Float(_))
            | (TyData::String | TyData::Text(_), Value::Text(_))
            | (TyData::Duration, Value::Duration(_))
            | (TyData::Size, Value::Size(_))
            | (TyData::Cpu, Value::Cpu(_))
            | (TyData::Percent, Value::Percent(_))
            | (TyData::Environment, Value::Variant(..))
    )
}

/// The expression that writes out a part of a value, as far as one does, and whether it reaches the part itself.
pub(crate) fn locate(tree: &Tree, source: &str, mut expr: ExprId, path: &[Step]) -> (ExprId, bool) {
    let mut steps = path.iter();
    loop {
        while let ExprKind::Paren(inner) = tree.expr(expr).kind {
            expr = inner;
        }
        let Some(step) = steps.next() else { return (expr, true) };
        let next = match (tree.expr(expr).kind, step) {
            (ExprKind::Object(entries) | ExprKind::Call { args: entries, .. }, Step::Key(key)) => {
                tree.entries(entries).iter().find_map(|entry| match entry.value {
                    EntryValue::Set(value) if *oal_syntax::key::text(entry.key.text(source)) == **key => Some(value),
                    _ => None,
                })
            }
            (ExprKind::List(members), Step::Index(index)) => tree.exprs(members).get(*index).copied(),
            _ => None,
        };
        match next {
            Some(next) => expr = next,
            None => return (expr, false),
        }
    }
}
