//! What changes between two documents, and what that means.

use std::collections::BTreeMap;
use std::path::Path;

use oal_ir::diff::{Action, Change, Consequence, Diff, diff};
use oal_ir::v1::{Component, Kind};
use oal_ir::{Ir, NodeId};
use serde_json::{Value, json};

use crate::sample::{app, component, shop, shop_components};

fn document(components: BTreeMap<NodeId, Component>) -> Ir {
    Ir::assemble(app(), "prod".into(), components, BTreeMap::new(), None).unwrap()
}

/// The difference when the shop has other components of these ids; `null` takes one away.
fn shop_with(others: &[(&str, Kind, Value)]) -> Diff {
    let mut components = shop_components();
    for (id, kind, fields) in others {
        let node: NodeId = id.parse().unwrap();
        if fields.is_null() {
            components.remove(&node);
            continue;
        }
        let mut value = match components.get(&node) {
            Some(component) => serde_json::to_value(&component.spec).unwrap(),
            None => crate::sample::spec(*kind, json!({})),
        };
        for (key, field) in fields.as_object().unwrap() {
            match field {
                Value::Null => drop(value.as_object_mut().unwrap().remove(key)),
                field => value[key] = field.clone(),
            }
        }
        components.extend([component(id, *kind, value)]);
    }
    diff(&document(shop_components()), &document(components))
}

fn change<'d>(diff: &'d Diff, node: &str) -> &'d Change {
    let found = diff.components.iter().find(|change| change.node.to_string() == node);
    found.unwrap_or_else(|| panic!("nothing of {node} in {diff:#?}"))
}

#[test]
fn the_same_is_no_difference_whatever_its_sources() {
    let mut moved = shop();
    moved.source_map = None;
    assert!(diff(&shop(), &moved).is_empty());
}

#[test]
fn how_grave_a_change_is() {
    use Consequence::{DataLoss, Downtime, None, Replace, RollingRestart};
    let cases = [
        ("service/api", Kind::Service, json!({ "replicas": 9 }), None),
        ("service/api", Kind::Service, json!({ "resources": { "cpu": 900 } }), RollingRestart),
        ("service/api", Kind::Service, json!({ "labels": { "a": "b" } }), RollingRestart),
        // One copy of a service with a volume for one writer: the old one stops first.
        ("service/worker[eu]", Kind::Service, json!({ "command": ["./worker"] }), Downtime),
        ("service/worker[eu]", Kind::Service, json!({ "volumes": null, "replicas": 1 }), Downtime),
        ("job/report", Kind::Job, json!({ "image": "ghcr.io/acme/api:2.5.0" }), None),
        ("database/orders", Kind::Database, json!({ "storage": 42_949_672_960_u64 }), None),
        ("database/orders", Kind::Database, json!({ "storage": 1_073_741_824 }), DataLoss),
        ("database/orders", Kind::Database, json!({ "version": 17 }), Downtime),
        ("database/orders", Kind::Database, json!({ "version": 15 }), DataLoss),
        ("database/orders", Kind::Database, json!({ "engine": "mysql" }), DataLoss),
        ("database/orders", Kind::Database, json!({ "name": "other" }), DataLoss),
        ("database/orders", Kind::Database, json!({ "settings": { "max_connections": "200" } }), Downtime),
        ("cache/sessions", Kind::Cache, json!({ "engine": "valkey" }), Replace),
        ("cache/sessions", Kind::Cache, json!({ "memory": 134_217_728 }), Downtime),
        ("volume/exports", Kind::Volume, json!({ "size": null }), DataLoss),
        ("volume/exports", Kind::Volume, json!({ "size": 21_474_836_480_u64 }), None),
        ("volume/exports", Kind::Volume, json!({ "driver": "nfs" }), DataLoss),
        ("secret/stripe_key", Kind::Secret, json!({ "description": "another" }), None),
    ];
    for (id, kind, fields, wanted) in cases {
        let diff = shop_with(&[(id, kind, fields.clone())]);
        assert_eq!(change(&diff, id).effect.consequence, wanted, "{id} {fields}");
    }
}

#[test]
fn messages_and_files_that_are_kept_for_less_long() {
    let queue = |topics: Value| {
        let id = "queue/events";
        let fields = json!({ "storage": 1_073_741_824, "topics": topics });
        document(BTreeMap::from([component(id, Kind::Queue, fields)]))
    };
    let before = queue(json!({ "a": { "partitions": 1, "keep": 1000 }, "b": { "partitions": 1 } }));
    let loses = |topics| diff(&before, &queue(topics)).effect().consequence == Consequence::DataLoss;
    assert!(loses(json!({ "a": { "partitions": 1, "keep": 1000 } })), "a topic that goes");
    assert!(loses(json!({ "a": { "partitions": 1, "keep": 10 }, "b": { "partitions": 1 } })), "a shorter time");
    assert!(
        loses(json!({ "a": { "partitions": 1, "keep": 1000 }, "b": { "partitions": 1, "keep": 9 } })),
        "a first time"
    );
    assert!(!loses(json!({ "a": { "partitions": 1, "keep": 9000 }, "b": { "partitions": 4 } })));
}

#[test]
fn what_goes_and_what_comes() {
    let without =
        shop_with(&[("volume/exports", Kind::Volume, Value::Null), ("service/worker[eu]", Kind::Service, Value::Null)]);
    assert_eq!(change(&without, "volume/exports").effect.consequence, Consequence::DataLoss);
    assert_eq!(change(&without, "service/worker[eu]").effect.consequence, Consequence::Downtime);
    assert!(without.components.iter().all(|change| change.action == Action::Remove));

    let to = json!({ "node": "service/api", "port": "http" });
    let with = shop_with(&[
        ("route/api", Kind::Route, json!({ "host": "api.example.com", "to": to })),
        ("bucket/files", Kind::Bucket, json!({})),
    ]);
    let route = change(&with, "route/api");
    assert_eq!((route.action, route.effect.widens_access), (Action::Create, true));
    assert!(!change(&with, "bucket/files").effect.widens_access);
}

#[test]
fn who_may_reach_it() {
    let site = "web/storefront/route/site";
    let of_route = |fields: Value| {
        let diff = shop_with(&[(site, Kind::Route, fields)]);
        let effect = change(&diff, site).effect;
        (effect.widens_access, effect.breaks)
    };
    assert_eq!(of_route(json!({ "host": "www.example.com" })), (true, true));
    assert_eq!(of_route(json!({ "aliases": ["www.example.com"] })), (true, false));
    assert_eq!(of_route(json!({ "allow_from": ["10.0.0.0/8"] })), (false, true));
    assert_eq!(of_route(json!({ "users": { "ann": "secret" } })), (true, true));
    assert_eq!(of_route(json!({ "tls": "off" })), (true, false));
    assert_eq!(of_route(json!({ "timeout": 1000 })), (false, false));

    let of_api = |fields: Value| change(&shop_with(&[("service/api", Kind::Service, fields)]), "service/api").effect;
    assert!(of_api(json!({ "publish": { "http": 80 } })).widens_access);
    assert!(!of_api(json!({ "publish": { "http": 80 }, "publish_address": "127.0.0.1" })).widens_access);
    assert_eq!(of_api(json!({ "publish": { "http": 80 } })).consequence, Consequence::RollingRestart, "one of six");

    let open = json!({ "publish": 5432, "publish_address": "0.0.0.0" });
    assert!(change(&shop_with(&[("database/orders", Kind::Database, open)]), "database/orders").effect.widens_access);
}

#[test]
fn those_who_use_it_take_it_over() {
    let moved = shop_with(&[("database/orders", Kind::Database, json!({ "port": 5433 }))]);
    let api = change(&moved, "service/api");
    assert_eq!(api.because_of.iter().map(ToString::to_string).collect::<Vec<_>>(), ["database/orders"]);
    assert!(api.fields.is_empty());
    assert_eq!(api.effect.consequence, Consequence::RollingRestart);
    assert!(
        moved.components.iter().all(|change| change.node.to_string() != "web/storefront"),
        "its api stays where it is"
    );

    let grown = shop_with(&[("database/orders", Kind::Database, json!({ "storage": 42_949_672_960_u64 }))]);
    assert_eq!(grown.components.len(), 1, "nobody notices: {grown:#?}");

    let kept = shop_with(&[("secret/stripe_key", Kind::Secret, json!({ "from": { "store": { "name": "stripe" } } }))]);
    assert!(!change(&kept, "service/api").because_of.is_empty());
}

#[test]
fn files_beside_the_program_count_by_their_contents() {
    let (old, mut new) = (shop(), shop());
    let file = new.files.values_mut().next().unwrap();
    file.sha256 = oal_ir::canonical::sha256(b"events { worker_connections 9; }\n");
    let diff = diff(&old, &new);
    let storefront = change(&diff, "web/storefront");
    assert_eq!(storefront.fields[0].at.to_string(), "/files/~1etc~1nginx~1nginx.conf/file/path");
    assert_eq!(storefront.effect.consequence, Consequence::RollingRestart);
}

#[test]
fn it_is_written_for_other_tools() {
    let diff = shop_with(&[("service/api", Kind::Service, json!({ "replicas": 9 }))]);
    let wanted = json!({ "components": [{
        "node": "service/api", "kind": "service", "action": "change", "consequence": "none", "widens_access": false,
        "breaks": false,
        "fields": [{ "at": "/replicas", "old": 6, "new": 9, "consequence": "none", "widens_access": false, "breaks": false }],
    }] });
    assert_eq!(serde_json::to_value(&diff).unwrap(), wanted);
    assert_eq!(diff.digest().unwrap(), diff.clone().digest().unwrap());
}

/// Between any two documents of the examples: each component that differs is named, and none that is the same and that nothing reaches.
#[test]
fn every_difference_is_named() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut documents = Vec::new();
    let mut open = vec![examples];
    while let Some(directory) = open.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.parent().unwrap().ends_with("ir") && path.extension().is_some_and(|end| end == "json") {
                documents.push(oal_ir::read(&std::fs::read(path).unwrap()).unwrap());
            }
        }
    }
    assert!(documents.len() > 20);
    let mut pairs = 0;
    for old in &documents {
        for new in documents.iter().filter(|new| new.app.name == old.app.name) {
            let diff = diff(old, new);
            pairs += 1;
            let ids = old.components.keys().chain(new.components.keys());
            for id in ids {
                let differs = old.components.get(id) != new.components.get(id);
                let named = diff.components.iter().find(|change| change.node == *id);
                assert!(
                    !differs
                        || named.is_some_and(|change| change.action != Action::Change || !change.fields.is_empty())
                );
                assert!(
                    differs || named.is_none_or(|change| change.fields.is_empty() && !change.because_of.is_empty())
                );
            }
            assert!(diff.components.is_sorted_by(|a, b| a.node < b.node));
        }
    }
    assert!(pairs > documents.len());
}
