//! Comparing values as JSON: objects member by member, everything else as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::Pointer;
use crate::v1::{Component, Ir, SourcePath};
use crate::walk::Leaf;

/// A part of a document as JSON. All of it is JSON, so nothing is lost.
pub(super) fn of(part: &impl Serialize) -> Value {
    serde_json::to_value(part).unwrap_or_default()
}

/// What is told of each difference: its place, the old and the new value.
type Found<'f> = dyn FnMut(Pointer, Option<&Value>, Option<&Value>) + 'f;

/// Tells of each value that differs, in the order of the members.
pub(super) fn compare(old: &Value, new: &Value, found: &mut Found<'_>) {
    compare_at(&mut Pointer::root(), Some(old), Some(new), found);
}

fn compare_at(at: &mut Pointer, old: Option<&Value>, new: Option<&Value>, found: &mut Found<'_>) {
    match (old, new) {
        (Some(old), Some(new)) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) if !other_variant(old, new) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                at.push(key);
                compare_at(at, old.get(key), new.get(key), found);
                at.pop();
            }
        }
        _ => found(at.clone(), old, new),
    }
}

/// Whether two objects are different variants: each has one member, a record, and they have different names. Maps of records with
/// one entry each look the same; they hold what is named by its key, and to say that the one takes the other's place is as true.
fn other_variant(old: &Map<String, Value>, new: &Map<String, Value>) -> bool {
    let only = |map: &Map<String, Value>| match map.iter().next() {
        Some((key, Value::Object(_))) if map.len() == 1 => Some(key.clone()),
        _ => None,
    };
    matches!((only(old), only(new)), (Some(old), Some(new)) if old != new)
}

/// Files beside the program that a component uses in both documents at the same place and by the same path, and whose contents
/// differ: the place and both digests.
pub(super) fn contents(old: &Ir, before: &Component, new: &Ir, after: &Component) -> Vec<(Pointer, String, String)> {
    let files = |component: &Component| {
        let mut files: BTreeMap<Pointer, SourcePath> = BTreeMap::new();
        component.spec.walk(|at, leaf| {
            if let Leaf::Source(path) = leaf {
                files.insert(at.clone(), path.clone());
            }
        });
        files
    };
    let earlier = files(before);
    let same = files(after).into_iter().filter(|(at, path)| earlier.get(at) == Some(path));
    same.filter_map(|(at, path)| {
        let (old, new) = (old.files.get(&path)?, new.files.get(&path)?);
        (old.sha256 != new.sha256).then(|| (at, old.sha256.clone(), new.sha256.clone()))
    })
    .collect()
}
