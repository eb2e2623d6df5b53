//! The graph: what is waited for, how far, in which order.

use std::collections::BTreeMap;

use oal_ir::v1::{Component, Condition, Graph, Kind, NodeId, Why};
use serde_json::{Value, json};

use crate::sample::{component, shop, spec};

fn services(list: &[(&str, Value)]) -> BTreeMap<NodeId, Component> {
    list.iter().map(|(id, fields)| component(id, Kind::Service, fields.clone())).collect()
}

fn url_of(id: &str) -> Value {
    json!([{ "ref": { "node": id, "output": "url", "level": "deploy" } }])
}

#[test]
fn the_shop_starts_in_levels() {
    let order: Vec<Vec<String>> =
        shop().graph.order.iter().map(|level| level.iter().map(ToString::to_string).collect()).collect();
    assert_eq!(
        order,
        [
            vec!["cache/sessions", "database/orders", "secret/stripe_key", "volume/exports"],
            vec!["service/api", "service/worker[eu]"],
            vec!["job/report", "web/storefront"],
            vec!["web/storefront/route/site"],
        ]
    );
}

#[test]
fn edges_say_why_and_how_far() {
    let shop = shop();
    let edge = |from: &str, to: &str| {
        let edges: Vec<_> =
            shop.graph.edges.iter().filter(|edge| edge.from.as_str() == from && edge.to.as_str() == to).collect();
        let [edge] = edges.as_slice() else { panic!("{} edges from {from} to {to}", edges.len()) };
        (edge.why.iter().copied().collect::<Vec<_>>(), edge.until)
    };
    assert_eq!(edge("service/api", "database/orders"), (vec![Why::Reference], Condition::Healthy));
    assert_eq!(edge("service/api", "secret/stripe_key"), (vec![Why::Secret], Condition::Started));
    assert_eq!(edge("service/worker[eu]", "volume/exports"), (vec![Why::Volume], Condition::Started));
    assert_eq!(edge("web/storefront/route/site", "web/storefront"), (vec![Why::Route], Condition::Healthy));
    assert_eq!(edge("job/report", "service/api"), (vec![Why::AfterStarted], Condition::Started));
}

#[test]
fn what_is_told_counts_before_what_follows() {
    for (fields, why, until) in [
        (json!({ "env": { "A": url_of("service/b") } }), vec![Why::Reference], Condition::Healthy),
        (
            json!({ "env": { "A": url_of("service/b") }, "after_started": ["service/b"] }),
            vec![Why::AfterStarted, Why::Reference],
            Condition::Started,
        ),
        (
            json!({ "after": ["service/b"], "after_started": ["service/b"] }),
            vec![Why::After, Why::AfterStarted],
            Condition::Healthy,
        ),
        (
            json!({ "after_healthy": ["service/b"], "after_started": ["service/b"] }),
            vec![Why::AfterHealthy, Why::AfterStarted],
            Condition::Healthy,
        ),
        (json!({ "after_completed": ["service/b"] }), vec![Why::AfterCompleted], Condition::Completed),
        (json!({ "links": { "x": "service/b" } }), vec![Why::Link], Condition::Healthy),
        (json!({ "network_mode": { "share": { "with": "service/b" } } }), vec![Why::Network], Condition::Healthy),
    ] {
        let graph = Graph::of(&services(&[("service/a", fields), ("service/b", json!({}))])).unwrap();
        let [edge] = graph.edges.as_slice() else { panic!("{graph:?}") };
        assert_eq!((edge.why.iter().copied().collect::<Vec<_>>(), edge.until), (why, until));
    }
}

#[test]
fn a_job_waited_for_has_completed() {
    let components = BTreeMap::from([
        component("service/a", Kind::Service, json!({ "after": ["job/b"] })),
        component("job/b", Kind::Job, json!({})),
    ]);
    assert_eq!(Graph::of(&components).unwrap().edges[0].until, Condition::Completed);
}

#[test]
fn a_cycle_is_shown_from_end_to_end() {
    let components = services(&[
        ("service/before", json!({ "after": ["service/a"] })),
        ("service/a", json!({ "env": { "X": url_of("service/b") } })),
        ("service/b", json!({ "after": ["service/c"] })),
        ("service/c", json!({ "after_started": ["service/a"] })),
        ("service/free", json!({})),
    ]);
    let cycle = Graph::of(&components).unwrap_err();
    assert_eq!(
        cycle.to_string(),
        "components wait for each other: `service/a` → `service/b` → `service/c` → `service/a`"
    );
    let own = Graph::of(&services(&[("service/a", json!({ "after": ["service/a"] }))])).unwrap_err();
    assert_eq!(own.to_string(), "components wait for each other: `service/a` → `service/a`");
}

#[test]
fn a_long_chain_needs_no_stack() {
    let id = |n: usize| format!("service/s{n:05}");
    let ids: Vec<NodeId> = (0..20_000).map(|n| id(n).parse().unwrap()).collect();
    let (_, first) = component(&id(0), Kind::Service, json!({}));
    let mut components: BTreeMap<NodeId, Component> = BTreeMap::new();
    for (n, node) in ids.iter().enumerate() {
        let mut link = first.clone();
        if let oal_ir::v1::Spec::Service(service) = &mut link.spec {
            service.after = ids.get(n + 1).cloned().into_iter().collect();
        }
        components.insert(node.clone(), link);
    }
    assert_eq!(Graph::of(&components).unwrap().order.len(), 20_000);
}

#[test]
fn every_kind_has_a_sample() {
    for kind in Kind::ALL {
        assert!(spec(*kind, json!({})).is_object());
        assert_eq!(Kind::from_name(kind.name()), Some(*kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), json!(kind.name()));
    }
}

#[test]
fn ones_own_address_is_nothing_to_wait_for() {
    let graph = Graph::of(&services(&[("service/a", json!({ "env": { "SELF": url_of("service/a") } }))])).unwrap();
    assert_eq!((graph.edges.len(), graph.order.len()), (0, 1));
    let waits = Graph::of(&services(&[("service/a", json!({ "after_started": ["service/a"] }))]));
    assert_eq!(waits.unwrap_err().nodes.len(), 1);
}
