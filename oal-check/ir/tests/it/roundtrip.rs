//! Exactness: what is written is read back the same, whatever the document holds; and no bytes make reading panic.

use std::collections::BTreeMap;

use oal_ir::v1::{Component, Endpoint, Kind, OutputRef, Part, Spec, Template};
use oal_ir::{Ir, LeafMut, NodeId, read};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::sample::{app, component, shop};
use crate::schema::{any_spec, validator};

fn id(text: &str) -> NodeId {
    text.parse().unwrap()
}

/// A document with the component `kind/subject` of the given values, whose references all have targets.
fn document(kind: Kind, mut spec: Spec) -> Ir {
    spec.walk_mut(|at, leaf| match leaf {
        LeafMut::Node(node) => *node = id(target(at.as_str())),
        LeafMut::Endpoint(endpoint) => *endpoint = Endpoint { node: id("service/target"), port: "http".into() },
        LeafMut::Template(template) => {
            let parts = template.parts().iter().cloned().map(|part| match part {
                Part::Ref(OutputRef { level, .. }) => {
                    Part::Ref(OutputRef { node: id("bucket/target"), output: output(level).into(), level })
                }
                Part::Secret(mut secret) => {
                    secret.node = id("secret/target");
                    Part::Secret(secret)
                }
                other => other,
            });
            *template = Template::new(parts);
        }
        _ => {}
    });
    let components: BTreeMap<NodeId, Component> = BTreeMap::from([
        component("volume/target", Kind::Volume, json!({})),
        component("secret/target", Kind::Secret, json!({})),
        component("config/target", Kind::Config, json!({})),
        component("bucket/target", Kind::Bucket, json!({})),
        component("service/target", Kind::Service, json!({ "ports": { "http": 80 } })),
        (NodeId::new(kind.name(), "subject", None).unwrap(), Component { declared: kind.name().to_owned(), spec }),
    ]);
    Ir::assemble(app(), "default".into(), components, BTreeMap::new(), None).unwrap()
}

/// A component of the kind that can stand in the field at `at`.
fn target(at: &str) -> &'static str {
    match at.split('/').nth(1) {
        Some("files") => "config/target",
        Some("network_mode") => "service/target",
        Some("backup") => "bucket/target",
        _ => "volume/target",
    }
}

fn output(level: oal_ir::v1::Level) -> &'static str {
    match level {
        oal_ir::v1::Level::Secret => "access_key",
        _ => "endpoint",
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_the_schema_allows_the_types_keep(case in any_spec()) {
        let (kind, json) = case;
        let spec = Spec::from_value(kind, &json).unwrap();
        prop_assert_eq!(serde_json::to_value(&spec).unwrap(), json);
    }

    #[test]
    fn documents_come_back_the_same(case in any_spec()) {
        let (kind, json) = case;
        let ir = document(kind, Spec::from_value(kind, &json).unwrap());
        let canonical = ir.to_canonical().unwrap();
        let again = read(&canonical).unwrap();
        prop_assert_eq!(&again, &ir);
        prop_assert_eq!(again.to_canonical().unwrap(), canonical);
        prop_assert_eq!(&read(ir.to_pretty().unwrap().as_bytes()).unwrap(), &ir);
        prop_assert_eq!(&serde_json::from_slice::<Ir>(&serde_json::to_vec(&ir).unwrap()).unwrap(), &ir);
        prop_assert!(validator().is_valid(&serde_json::to_value(&ir).unwrap()));
    }

    #[test]
    fn no_bytes_make_reading_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn no_json_like_text_makes_reading_panic(text in r#"(\{|\}|\[|\]|,|:|"|\\|null|true|1|-|e9|\.5|oal_ir|"oal_ir":1|"app"| |é|\u{0}){0,60}"#) {
        let _ = read(text.as_bytes());
        let _ = read(format!("{{\"oal_ir\":1,\"a\":{text}}}").as_bytes());
    }

    #[test]
    fn no_damage_goes_unnoticed(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let shop = shop();
        let mut bytes = shop.to_canonical().unwrap();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        // What is still read has the same meaning; only the source map is not covered by the digest.
        if let Ok(mut read) = read(&bytes) {
            read.source_map = shop.source_map.clone();
            prop_assert_eq!(read, shop);
        }
    }

    /// Values of other types, members from elsewhere: refused, or kept in a form that the schema knows.
    #[test]
    fn what_is_accepted_fits_the_schema(
        case in any_spec(),
        place in any::<prop::sample::Index>(),
        put in prop_oneof![
            Just(Value::Null), Just(json!(0)), Just(json!(-1)), Just(json!("x")), Just(json!([])), Just(json!({})),
            Just(json!(true)), Just(json!("always")), Just(json!(["a", "b"])), Just(json!({ "tcp": {} })),
        ],
    ) {
        let (kind, mut json) = case;
        let mut places = Vec::new();
        pointers(&json, String::new(), &mut places);
        *json.pointer_mut(&places[place.index(places.len())]).unwrap() = put;
        if let Ok(spec) = Spec::from_value(kind, &json) {
            let ir = document(kind, spec);
            let written = serde_json::to_value(&ir).unwrap();
            let wrong: Vec<_> = validator().iter_errors(&written).map(|error| error.to_string()).collect();
            prop_assert!(wrong.is_empty(), "{:?}", wrong);
        }
    }
}

fn pointers(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                pointers(value, format!("{at}/{key}"), places);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
    places.push(at);
}
