//! Values in the form that the document has them.

use super::Lowering;
use crate::elaborate::InstanceId;
use crate::value::{Part, Value};
use oal_ir::{NodeId, Pointer};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

/// The greatest whole number that every reader of JSON takes as it is.
const MOST: i64 = (1 << 53) - 1;

/// What cannot be said in the document, and where in the value.
pub(super) struct Wrong {
    pub(super) at: Pointer,
    pub(super) why: String,
}

impl Wrong {
    fn new(why: impl Into<String>) -> Self {
        Self { at: Pointer::root(), why: why.into() }
    }

    /// Seen from one level further up.
    fn within(self, key: &str) -> Self {
        let mut at = Pointer::root();
        at.push(key);
        for token in self.at.tokens() {
            at.push(&token);
        }
        Self { at, ..self }
    }
}

impl Lowering<'_> {
    /// A value; `null` where there is none.
    pub(super) fn json(&self, value: &Value) -> Result<Json, Wrong> {
        Ok(match value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Int(value) if (-MOST..=MOST).contains(value) => Json::from(*value),
            Value::Int(_) => return Err(Wrong::new(format!("a number is at most {MOST}"))),
            Value::Duration(amount) | Value::Size(amount) | Value::Cpu(amount) => quantity(*amount)?,
            Value::Percent(share) => quantity(hundredths(*share))?,
            Value::Text(text) => Json::from(&**text),
            Value::List(elements) => {
                let mut list = Vec::with_capacity(elements.len());
                for (index, element) in elements.iter().enumerate() {
                    list.push(self.json(element).map_err(|wrong| wrong.within(&index.to_string()))?);
                }
                Json::Array(list)
            }
            Value::Map(entries) => Json::Object(self.members(entries)?),
            Value::Variant(name, fields) if fields.is_empty() => Json::from(&**name),
            Value::Variant(name, fields) => {
                let fields = self.members(fields).map_err(|wrong| wrong.within(name))?;
                Json::Object(Map::from_iter([(name.to_string(), Json::Object(fields))]))
            }
            Value::Component(instance) => Json::from(self.id(*instance)?.as_str()),
            Value::Endpoint(instance, port) => json!({ "node": self.id(*instance)?.as_str(), "port": &**port }),
            Value::Template(parts) => Json::Array(parts.iter().map(|part| self.part(part)).collect::<Result<_, _>>()?),
            Value::Unknown => return Err(Wrong::new("its value cannot be worked out")),
            Value::Float(_) => return Err(Wrong::new("a decimal number has no place in the IR")),
            Value::Range(..) => return Err(Wrong::new("a range has no place in the IR")),
        })
    }

    /// Entries of a map, fields of a record or variant; those that are `null` are left out.
    fn members(&self, entries: &[(Arc<str>, Value)]) -> Result<Map<String, Json>, Wrong> {
        let mut members = Map::new();
        for (key, value) in entries.iter().filter(|(_, value)| !value.is_null()) {
            members.insert(key.to_string(), self.json(value).map_err(|wrong| wrong.within(key))?);
        }
        Ok(members)
    }

    fn part(&self, part: &Part) -> Result<Json, Wrong> {
        Ok(match part {
            Part::Text(text) => Json::from(&**text),
            Part::Secret(instance) => json!({ "secret": { "node": self.id(*instance)?.as_str() } }),
            Part::Output(instance, name) => {
                let level = self.root(*instance).and_then(|(_, kind)| kind.output(name));
                let level =
                    level.ok_or_else(|| Wrong::new(format!("`{name}` is no output that the platform makes")))?;
                let id = self.id(*instance)?;
                json!({ "ref": { "node": id.as_str(), "output": &**name, "level": level } })
            }
        })
    }

    /// The id of a component that exists in the environment.
    fn id(&self, instance: InstanceId) -> Result<&NodeId, Wrong> {
        let id = self.ids.get(instance.0 as usize).and_then(Option::as_ref);
        id.ok_or_else(|| {
            let path = self.eval.world.path(self.program, instance);
            Wrong::new(format!("`{path}` does not exist in this environment"))
        })
    }
}

fn quantity(amount: i64) -> Result<Json, Wrong> {
    match amount {
        0..=MOST => Ok(Json::from(amount)),
        ..0 => Err(Wrong::new("a quantity is not negative")),
        _ => Err(Wrong::new(format!("a quantity is at most {MOST} of its smallest unit"))),
    }
}

/// A percentage in hundredths of a percent.
#[expect(clippy::cast_possible_truncation, reason = "out of range saturates, which is refused as a quantity")]
fn hundredths(share: f64) -> i64 {
    (share * 100.0).round() as i64
}
