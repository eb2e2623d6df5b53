//! What a part of a value is worth in each environment, and who says so.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use oal_check::Checked;
use oal_check::elaborate::origin::Layer;
use oal_check::program::{DefKind, EnvSet};
use oal_check::query::{self, InEnvironments, Part, Root};
use oal_check::value::Value;

use super::environments;
use crate::ide::describe;

/// A value with who says so, in these environments of these instances.
struct Row {
    environments: EnvSet,
    keys: Vec<String>,
    value: String,
    /// Who says so.
    said: Option<String>,
}

/// One line where the value is the same everywhere and comes from one place, else a table.
pub(super) fn words(checked: &Checked, part: &Part) -> String {
    const MOST: usize = 24;
    let mut eval = checked.evaluator();
    let found = query::values(&mut eval, part);
    let mut rows: Vec<Row> = Vec::new();
    for one in found.iter().filter(|one| !one.environments.is_empty()) {
        let key = one.instance.and_then(|instance| checked.world().key(instance));
        let value = shown(checked, one);
        let first = rows.len();
        for env in one.environments.iter() {
            let said = query::origins(&eval, part, one.instance, env).pop().map(|origin| {
                let place = describe::place_words(checked, origin.place);
                match origin.layer {
                    // The column before says which one.
                    Layer::Environment(_) => format!("environment ({place})"),
                    layer => format!("{} ({place})", describe::layer_words(checked, layer)),
                }
            });
            match rows.iter_mut().skip(first).find(|row| row.said == said) {
                Some(row) => row.environments = row.environments.or(EnvSet::only(env)),
                None => rows.push(Row {
                    environments: EnvSet::only(env),
                    keys: key.map(str::to_owned).into_iter().collect(),
                    value: value.clone(),
                    said,
                }),
            }
        }
    }
    let instances = rows.iter().flat_map(|row| &row.keys).collect::<BTreeSet<_>>().len();
    let mut merged: Vec<Row> = Vec::new();
    for row in rows {
        let same = |other: &&mut Row| {
            (other.environments, &other.value, &other.said) == (row.environments, &row.value, &row.said)
        };
        match merged.iter_mut().find(same) {
            Some(other) => other.keys.extend(row.keys),
            None => merged.push(row),
        }
    }
    let is_let = matches!(part.root, Root::Def(def)
        if checked.program().def(def).is_some_and(|info| info.kind == DefKind::Let));
    if let [row] = &merged[..] {
        return match &row.said {
            Some(words) if !is_let => format!("= `{}`, set by the {words}", row.value),
            _ => format!("= `{}`", row.value),
        };
    }
    if merged.is_empty() {
        return String::new();
    }
    let rest = merged.len().saturating_sub(MOST);
    merged.truncate(MOST);
    let mut text = "| environment | value | set by |\n| --- | --- | --- |".to_owned();
    for row in merged {
        let names = environments(checked, row.environments);
        let of = if row.keys.is_empty() || row.keys.len() == instances {
            String::new()
        } else {
            format!(" of `{}`", row.keys.join("`, `"))
        };
        let said = row.said.unwrap_or_default();
        let _ = write!(text, "\n| {names}{of} | `{}` | {said} |", row.value.replace('|', "\\|"));
    }
    if rest > 0 {
        let _ = write!(text, "\n\n… and {rest} more");
    }
    text
}

/// A value without what is null or empty in it: the parts that were left out.
fn shown(checked: &Checked, one: &InEnvironments) -> String {
    one.value
        .as_ref()
        .map_or_else(|| "not set".to_owned(), |value| describe::short(&query::shown(checked, &without_empty(value))))
}

fn without_empty(value: &Value) -> Value {
    let kept = |entries: &oal_check::value::Fields| {
        let is_empty = |value: &Value| match value {
            Value::Null => true,
            Value::List(elements) => elements.is_empty(),
            Value::Map(entries) => entries.is_empty(),
            _ => false,
        };
        let kept = entries.iter().filter(|(_, value)| !is_empty(value));
        kept.map(|(key, value)| (key.clone(), without_empty(value))).collect()
    };
    match value {
        Value::Map(entries) => Value::Map(kept(entries)),
        Value::Variant(name, entries) => Value::Variant(name.clone(), kept(entries)),
        other => other.clone(),
    }
}
