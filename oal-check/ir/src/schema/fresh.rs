//! Writes the schema from the types and says whether the published one is that.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::path::Path;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::{Value, json};

use super::schema;
use crate::Ir;
use crate::canonical::MAX_INTEGER;

/// What the types cannot say: nothing is `null`, and every number is whole and kept exactly by every reader.
fn tighten(schema: &mut Schema) {
    let Some(members) = schema.as_object_mut() else { return };
    if let Some(Value::String(description)) = members.get_mut("description") {
        let paragraphs: Vec<String> = description.split("\n\n").map(|text| text.replace('\n', " ")).collect();
        *description = paragraphs.join("\n\n");
    }
    if let Some(Value::Array(types)) = members.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            members.insert("type".into(), only);
        }
    }
    if let Some(Value::Array(choices)) = members.get_mut("anyOf") {
        choices.retain(|choice| *choice != json!({ "type": "null" }));
        if let [only] = choices.as_slice() {
            let only = only.as_object().cloned().unwrap_or_default();
            members.remove("anyOf");
            members.extend(only);
        }
    }
    if members.get("type") == Some(&json!("integer")) && !members.contains_key("const") {
        members.remove("format");
        members.entry("minimum").or_insert(json!(-i64::try_from(MAX_INTEGER).unwrap()));
        members.entry("maximum").or_insert(json!(MAX_INTEGER));
    }
}

fn generate() -> String {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Ir>();
    RecursiveTransform(tighten).transform(&mut schema);
    schema.insert("$id".into(), "urn:oal:ir:1".into());
    schema.insert("title".into(), "OAL IR, version 1".into());
    serde_json::to_string_pretty(&schema).unwrap() + "\n"
}

#[test]
fn the_published_schema_is_that_of_the_types() {
    let generated = generate();
    if std::env::var_os("UPDATE").is_some() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/v1.json");
        std::fs::write(path, generated).unwrap();
    } else if generated != schema() {
        panic!("schema/v1.json is not that of the types any more; write it with UPDATE=1 cargo test -p oal-ir");
    }
}
