//! The published schema: closed, described, true to the types; and a source of random values for other modules.

use std::sync::LazyLock;

use jsonschema::Validator;
use oal_ir::v1::Kind;
use proptest::prelude::*;
use proptest::strategy::Union;
use serde_json::{Map, Value, json};

use crate::sample::shop;

pub(crate) static SCHEMA: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(oal_ir::schema()).unwrap());
static VALIDATOR: LazyLock<Validator> = LazyLock::new(|| jsonschema::draft202012::new(&SCHEMA).unwrap());

pub(crate) fn validator() -> &'static Validator {
    &VALIDATOR
}

/// Calls `look` for every schema in the document with its place.
fn schemas(value: &Value, at: &str, look: &mut dyn FnMut(&str, &Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            look(at, members);
            members.iter().for_each(|(key, value)| schemas(value, &format!("{at}/{key}"), look));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| schemas(value, &format!("{at}/{index}"), look));
        }
        _ => {}
    }
}

#[test]
fn the_schema_is_a_schema() {
    jsonschema::draft202012::meta::validate(&SCHEMA).unwrap();
    assert_eq!(SCHEMA["$schema"], "https://json-schema.org/draft/2020-12/schema");
}

#[test]
fn every_object_is_closed() {
    schemas(&SCHEMA, "", &mut |at, members| {
        if members.get("type") == Some(&json!("object")) && !at.ends_with("/contains") {
            let rest = &members["additionalProperties"];
            let closed = rest == &json!(false);
            let map = rest.is_object() && !members.contains_key("properties");
            assert!(closed || map, "{at} is open");
        }
    });
}

#[test]
fn every_member_and_type_is_described() {
    let described = |schema: &Value| schema.get("description").is_some();
    for (name, schema) in SCHEMA["$defs"].as_object().unwrap() {
        assert!(described(schema) || name == "Reference", "{name} has no description");
    }
    schemas(&SCHEMA, "", &mut |at, members| {
        for (name, schema) in members.get("properties").and_then(Value::as_object).into_iter().flatten() {
            // The value of a component, the fields of a variant, a map whose keys are known: described as a whole.
            let structural = name == "spec" || at.contains("/oneOf/") || at.ends_with("/ulimits");
            assert!(described(schema) || structural, "{at}/properties/{name} has no description");
        }
        let text = members.get("description").and_then(Value::as_str).unwrap_or_default();
        assert!(!text.contains("[`") && !text.contains("crate::"), "{at} links into the library: {text}");
    });
}

#[test]
fn nothing_is_null_and_every_number_is_kept() {
    schemas(&SCHEMA, "", &mut |at, members| {
        assert_ne!(members.get("type"), Some(&json!("null")), "{at}");
        assert!(members.get("type").is_none_or(|kind| !kind.is_array()), "{at}");
        assert_ne!(members.get("type"), Some(&json!("number")), "{at}");
        if members.get("type") == Some(&json!("integer")) && members.get("const").is_none() {
            assert!(members["maximum"].as_i64().unwrap() < 1 << 53, "{at}");
        }
    });
}

#[test]
fn the_samples_fit() {
    let document = serde_json::to_value(shop()).unwrap();
    let wrong: Vec<_> = validator().iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn what_reading_refuses_the_schema_refuses() {
    for (at, put) in [
        ("/oal_ir", json!(2)),
        ("/policy", json!({})),
        ("/components/service~1api/kind", json!("job")),
        ("/components/service~1api/spec/mesh", json!(true)),
        ("/components/service~1api/spec/image", Value::Null),
        ("/components/service~1api/spec/restart", json!("sometimes")),
        ("/components/service~1api/spec/env/A", json!(["only", "text"])),
        ("/components/service~1api/spec/command", json!([[{ "secret": { "node": "secret/stripe_key" } }]])),
        ("/components/API", json!({})),
        ("/digest", json!("sha256:00")),
    ] {
        let mut document = serde_json::to_value(shop()).unwrap();
        let (parent, key) = at.rsplit_once('/').unwrap();
        document.pointer_mut(parent).unwrap()[key.replace("~1", "/")] = put;
        assert!(!validator().is_valid(&document), "{at}");
        assert!(
            serde_json::from_value::<oal_ir::Ir>(document.clone()).is_err()
                || at.contains("image")
                || at.contains("digest")
                || at.contains("env"),
            "{at}"
        );
        assert!(oal_ir::read(&serde_json::to_vec(&document).unwrap()).is_err(), "{at}");
    }
}

/// Values of a component of any kind, as the schema allows them, in normal form.
pub(crate) fn any_spec() -> impl Strategy<Value = (Kind, Value)> {
    prop::sample::select(Kind::ALL).prop_flat_map(|kind| {
        let choices = SCHEMA["$defs"]["Component"]["oneOf"].as_array().unwrap();
        let is_kind = |choice: &&Value| choice["properties"]["kind"]["const"] == kind.name();
        let spec = &choices.iter().find(is_kind).unwrap()["properties"]["spec"];
        value_of(spec).prop_map(move |mut value| {
            // A map whose keys are known looks like a record, which may be empty where a map may not.
            value.as_object_mut().unwrap().retain(|name, value| name != "ulimits" || value != &json!({}));
            (kind, value)
        })
    })
}

fn text() -> BoxedStrategy<Value> {
    prop_oneof![4 => "[a-z/.:0-9]{1,8}", 1 => "\\PC{1,4}", 1 => Just("${x} \"\\\u{1}".to_owned())]
        .prop_map(Value::from)
        .boxed()
}

fn value_of(schema: &Value) -> BoxedStrategy<Value> {
    if let Some(name) = schema["$ref"].as_str() {
        return match name.rsplit('/').next().unwrap() {
            "Template" => template(),
            name => value_of(&SCHEMA["$defs"][name]),
        };
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        return Union::new(choices.iter().map(value_of).collect::<Vec<_>>()).boxed();
    }
    if let Some(value) = schema.get("const") {
        return Just(value.clone()).boxed();
    }
    if let Some(values) = schema["enum"].as_array() {
        return prop::sample::select(values.clone()).boxed();
    }
    match schema["type"].as_str().unwrap_or_else(|| panic!("no type: {schema}")) {
        "boolean" => any::<bool>().prop_map(Value::from).boxed(),
        "integer" => {
            let (low, high) = (schema["minimum"].as_i64().unwrap(), schema["maximum"].as_i64().unwrap());
            prop_oneof![low..=high, low..=high.min(100), Just(high)].prop_map(Value::from).boxed()
        }
        "string" => match schema["pattern"].as_str() {
            Some(_) => "[a-z]{1,5}/[a-z]{1,5}(\\[[a-z]{1,3}\\])?".prop_map(Value::from).boxed(),
            None => text(),
        },
        "array" => prop::collection::vec(value_of(&schema["items"]), 1..3).prop_map(Value::from).boxed(),
        "object" if schema["properties"].is_object() => record(schema),
        "object" => map(schema),
        other => panic!("{other}"),
    }
}

fn template() -> BoxedStrategy<Value> {
    let reference = value_of(&SCHEMA["$defs"]["Reference"]);
    let lead = prop::option::of(text());
    let holes = (lead, reference).prop_map(|(lead, reference)| Value::from_iter(lead.into_iter().chain([reference])));
    prop_oneof![text(), holes].boxed()
}

fn record(schema: &Value) -> BoxedStrategy<Value> {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap()).collect();
    let members: Vec<BoxedStrategy<Option<(String, Value)>>> = schema["properties"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, schema)| {
            let name = name.clone();
            let value = value_of(schema);
            let there = if required.contains(&name.as_str()) {
                value.prop_map(Some).boxed()
            } else {
                prop::option::weighted(0.3, value).boxed()
            };
            there.prop_map(move |value| value.map(|value| (name.clone(), value))).boxed()
        })
        .collect();
    members.prop_map(|members| Value::Object(members.into_iter().flatten().collect())).boxed()
}

fn map(schema: &Value) -> BoxedStrategy<Value> {
    let (key, value) = match schema["patternProperties"].as_object() {
        Some(patterns) => {
            let (_, value) = patterns.iter().next().unwrap();
            ("[a-z]{1,5}/[a-z]{1,5}".boxed(), value.clone())
        }
        None => ("[a-z~/.]{1,6}".boxed(), schema["additionalProperties"].clone()),
    };
    prop::collection::btree_map(key, value_of(&value), 1..3)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
        .boxed()
}
