//! What needs what: the graph of an environment, its order and its drawings.

use oal_check::graph::{Circle, Graph};
use oal_check::{InMemory, Options, Project, check};
use oal_ir::v1::{Condition, Why};

const SHOP: &str = r#"
app shop {}

environment dev {}
environment prod {}

secret token {}
volume data { size: 1GiB }
config conf { files: { "a": text(text: "at ${orders.host}") } }
database orders { engine: postgres, version: 16, backup: { to: copies } }
bucket copies {}
job migrate { image: "busybox:1.37", on: release, env: { URL: orders.url } }

service api {
  image: "nginx:1.27"
  ports: { http: 80 }
  env: { SELF: api.url, TOKEN: token, STORAGE: "${orders.storage}", URL: orders.url }
  files: { "/etc/app": config(config: conf) }
  volumes: { "/data": volume(volume: data) }
  after: [migrate]
  after_started: [orders]
}

service debug if environment == dev { image: "nginx:1.27", ports: { http: 80 }, links: { api: api } }
service worker for region in ["eu", "us"] { image: "nginx:1.27", ports: { http: 80 }, after: [api] }
route site { host: "shop.example.com", to: api.http }
"#;

fn graph(text: &str, environment: &str) -> Graph {
    let mut loader: InMemory = [("app.oal", text)].into_iter().collect();
    let checked = check(&Project::load("app.oal", &mut loader), &Options::default());
    let env = checked.environments().position(|name| name == environment).unwrap();
    Graph::of(&mut checked.evaluator(), env)
}

fn edges(graph: &Graph) -> Vec<(&str, &str)> {
    let name = |at: usize| graph.nodes[at].name.as_str();
    graph.edges.iter().map(|edge| (name(edge.from), name(edge.to))).collect()
}

#[test]
fn edges_are_what_values_hold() {
    let dev = graph(SHOP, "dev");
    let expected = [
        ("conf", "orders"),
        ("orders", "copies"),
        ("migrate", "orders"),
        ("api", "token"),
        ("api", "data"),
        ("api", "conf"),
        ("api", "orders"),
        ("api", "migrate"),
        ("debug", "api"),
        ("worker[\"eu\"]", "api"),
        ("worker[\"us\"]", "api"),
        ("site", "api"),
    ];
    assert_eq!(edges(&dev), expected);
    let prod = graph(SHOP, "prod");
    assert!(prod.nodes.iter().all(|node| node.name != "debug"));
    assert_eq!(edges(&prod).len(), expected.len() - 1);
}

#[test]
fn an_edge_says_why_and_how_far() {
    let graph = graph(SHOP, "prod");
    let edge = |from: &str, to: &str| {
        let found = graph.edges.iter().find(|e| graph.nodes[e.from].name == from && graph.nodes[e.to].name == to);
        let edge = found.unwrap();
        (edge.why.iter().copied().collect::<Vec<_>>(), edge.until)
    };
    assert_eq!(edge("api", "orders"), (vec![Why::AfterStarted, Why::Reference], Condition::Started));
    assert_eq!(edge("api", "migrate"), (vec![Why::After], Condition::Completed));
    assert_eq!(edge("api", "token"), (vec![Why::Secret], Condition::Started));
    assert_eq!(edge("site", "api"), (vec![Why::Route], Condition::Healthy));
    assert_eq!(edge("orders", "copies"), (vec![Why::Backup], Condition::Healthy));
}

#[test]
fn levels_are_as_early_as_can_be() {
    let graph = graph(SHOP, "prod");
    let levels = graph.levels().unwrap();
    let names: Vec<Vec<&str>> =
        levels.iter().map(|level| level.iter().map(|at| graph.nodes[*at].name.as_str()).collect()).collect();
    assert_eq!(
        names,
        [
            vec!["token", "data", "copies"],
            vec!["orders"],
            vec!["conf", "migrate"],
            vec!["api"],
            vec!["worker[\"eu\"]", "worker[\"us\"]", "site"],
        ]
    );
}

#[test]
fn a_circle_has_no_levels() {
    let text = r#"
app a {}
service x { image: "nginx:1.27", ports: { http: 80 }, env: { Y: y.url } }
service y { image: "nginx:1.27", ports: { http: 80 }, env: { Z: z.url } }
service z { image: "nginx:1.27", ports: { http: 80 }, env: { Y: y.url } }
"#;
    let graph = graph(text, "default");
    assert_eq!(graph.levels(), Err(Circle(vec![1, 2])));
    assert!(graph.json()["order"].is_null());
}

#[test]
fn drawings_name_all_nodes_and_edges() {
    let graph = graph(SHOP, "prod");
    let dot = graph.dot();
    assert!(dot.starts_with("digraph oal {\n") && dot.ends_with("}\n"));
    assert!(dot.contains(r#"  "service/worker[eu]" [label = "service\nworker[\"eu\"]"]"#), "{dot}");
    assert!(dot.contains(r#"  "service/api" -> "database/orders" [label = "after_started, reference"]"#), "{dot}");
    let mermaid = graph.mermaid();
    assert!(mermaid.starts_with("flowchart LR\n  n0[\"secret token\"]\n"), "{mermaid}");
    assert!(mermaid.contains("[\"service worker[#quot;eu#quot;]\"]"), "{mermaid}");
    assert_eq!(mermaid.matches("-->|").count(), graph.edges.len());
    let json = graph.json();
    assert_eq!(json["nodes"].as_array().unwrap().len(), graph.nodes.len());
    assert_eq!(json["edges"][1]["from"], "database/orders");
    assert_eq!(json["edges"][1]["why"], serde_json::json!(["backup"]));
    assert_eq!(json["order"][1], serde_json::json!(["database/orders"]));
}
