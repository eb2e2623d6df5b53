//! Comprehensions, and what a loop goes through.

use crate::eval::error::{EvalError, Fault, Size};
use crate::eval::{Context, Evaluator, MAX_ELEMENTS, Outcome, ROUND};
use crate::value::Value;
use oal_syntax::ast::{ExprId, Loop};
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// Goes through a list, map or range.
pub(crate) struct Items {
    value: Value,
    at: usize,
}

/// One round of a loop.
pub(crate) struct Round {
    /// The index, or the key of a map.
    pub(crate) key: Value,
    /// The element, or the value of a map.
    pub(crate) element: Value,
}

impl Items {
    /// What a loop over the value goes through; `None` where it has no elements to go through.
    pub(crate) fn new(value: Value) -> Option<Self> {
        matches!(value, Value::List(_) | Value::Map(_) | Value::Range(..)).then_some(Self { value, at: 0 })
    }

    /// Whether it is a map, whose rounds have keys.
    pub(crate) const fn keyed(&self) -> bool {
        matches!(self.value, Value::Map(_))
    }
}

impl Iterator for Items {
    type Item = Round;

    fn next(&mut self) -> Option<Round> {
        let at = self.at;
        let index = i64::try_from(at).ok()?;
        self.at += 1;
        match &self.value {
            Value::List(elements) => Some(Round { key: Value::Int(index), element: elements.get(at)?.clone() }),
            Value::Map(entries) => {
                let (key, element) = entries.get(at)?;
                Some(Round { key: Value::Text(key.clone()), element: element.clone() })
            }
            Value::Range(low, high) => {
                let element = low.checked_add(index).filter(|element| element <= high)?;
                Some(Round { key: Value::Int(index), element: Value::Int(element) })
            }
            _ => None,
        }
    }
}

impl Round {
    /// The values of a loop's names, in order.
    pub(crate) fn bind(self, names: usize) -> impl Iterator<Item = Value> {
        let key = (names > 1).then_some(self.key);
        key.into_iter().chain(std::iter::once(self.element))
    }
}

/// How many names a loop binds.
pub(crate) const fn names(head: &Loop) -> usize {
    if head.second.is_empty() { 1 } else { 2 }
}

impl Evaluator<'_> {
    /// `[element for … in …]`
    pub(crate) fn list_for(&mut self, cx: Context<'_>, id: ExprId, element: ExprId, over: u32) -> Outcome<Value> {
        let mut list = Vec::new();
        let whole = self.rounds(cx, id, over, |eval| {
            if list.len() >= MAX_ELEMENTS {
                return Err(EvalError::stop(cx.at(id), Fault::TooLarge(Size::List)));
            }
            list.push(eval.eval(cx, element)?);
            Ok(())
        })?;
        Ok(if whole { Value::List(list.into()) } else { Value::Unknown })
    }

    /// `{key => value for … in …}`
    pub(crate) fn map_for(&mut self, cx: Context<'_>, id: ExprId, pair: u32, over: u32) -> Outcome<Value> {
        let Some((key, value)) = cx.tree().pair(pair) else { return Ok(Value::Unknown) };
        let mut map: Vec<(Arc<str>, Value)> = Vec::new();
        let mut seen: FxHashSet<Arc<str>> = FxHashSet::default();
        let mut keyed = true;
        let whole = self.rounds(cx, id, over, |eval| {
            if map.len() >= MAX_ELEMENTS {
                return Err(EvalError::stop(cx.at(id), Fault::TooLarge(Size::Map)));
            }
            let Some(name) = eval.eval(cx, key)?.key() else {
                keyed = false;
                return Ok(());
            };
            if !seen.insert(name.clone()) {
                return Err(EvalError::stop(cx.at(key), Fault::DuplicateKey((*name).into())));
            }
            map.push((name, eval.eval(cx, value)?));
            Ok(())
        })?;
        Ok(if whole && keyed { Value::Map(map.into()) } else { Value::Unknown })
    }

    /// Does `work` for each round of a loop that its filter lets pass, with the loop's names bound. Whether everything was known.
    fn rounds(
        &mut self,
        cx: Context<'_>,
        id: ExprId,
        over: u32,
        mut work: impl FnMut(&mut Self) -> Outcome<()>,
    ) -> Outcome<bool> {
        let Some(head) = cx.tree().loop_head(over) else { return Ok(false) };
        let Some(items) = Items::new(self.eval(cx, head.iterable)?) else { return Ok(false) };
        let names = names(head);
        let floor = self.locals.len();
        let mut known = true;
        for round in items {
            self.charge(ROUND, cx, id)?;
            self.locals.extend(round.bind(names));
            let pass = match head.filter {
                Some(filter) => self.eval(cx, filter)?.as_bool(),
                None => Some(true),
            };
            match pass {
                Some(true) => work(self)?,
                Some(false) => {}
                None => known = false,
            }
            self.locals.truncate(floor);
        }
        Ok(known)
    }
}
