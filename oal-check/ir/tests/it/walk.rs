//! The walk: finds everything, at the place it says.

use oal_ir::v1::{Image, Kind, SourcePath, Spec};
use oal_ir::{Leaf, LeafMut, Pointer};
use serde_json::{Value, json};

use crate::sample::{shop, spec};

/// The JSON of a leaf, to be compared with what stands at its place.
fn json_of(leaf: Leaf<'_>) -> Value {
    match leaf {
        Leaf::Template(template) => serde_json::to_value(template),
        Leaf::Image(image) => serde_json::to_value(image),
        Leaf::Node(node) => serde_json::to_value(node),
        Leaf::Endpoint(endpoint) => serde_json::to_value(endpoint),
        Leaf::Source(path) => serde_json::to_value(path),
        other => panic!("{other:?}"),
    }
    .unwrap()
}

#[test]
fn every_leaf_stands_where_the_walk_says() {
    let shop = shop();
    let json = serde_json::to_value(&shop).unwrap();
    let mut seen = 0;
    shop.walk(|id, at, leaf| {
        let spec = &json["components"][id.as_str()]["spec"];
        assert_eq!(spec.pointer(at.as_str()), Some(&json_of(leaf)), "{id}{at}");
        seen += 1;
    });
    assert_eq!(seen, 15);
}

#[test]
fn a_walk_goes_into_variants_maps_with_enum_keys_and_lists() {
    let fields = json!({
        "files": {
            "/etc/a": { "text": { "text": "x", "mode": "0444" } },
            "/etc/b": { "config": { "config": "config/c" } },
        },
        "security": { "no_new_privileges": true, "seccomp": { "profile": { "path": "seccomp.json" } } },
        "ulimits": { "nofile": { "soft": 1024, "hard": -1 } },
        "build": {
            "context": "a", "dockerfile": "Dockerfile", "pull": false, "network": true, "tags": ["a:1", "a:2"],
            "contexts": { "x/y": "vendor" }, "secrets": { "npm": [{ "secret": { "node": "secret/npm" } }] },
        },
    });
    let spec = Spec::from_value(Kind::Service, &spec(Kind::Service, fields)).unwrap();
    let mut found = Vec::new();
    spec.walk(|at, leaf| found.push((at.to_string(), json_of(leaf))));
    let expected = [
        ("/build/context", json!("a")),
        ("/build/secrets/npm", json!([{ "secret": { "node": "secret/npm" } }])),
        ("/build/tags/0", json!("a:1")),
        ("/build/tags/1", json!("a:2")),
        ("/build/contexts/x~1y", json!("vendor")),
        ("/files/~1etc~1a/text/text", json!("x")),
        ("/files/~1etc~1b/config/config", json!("config/c")),
        ("/security/seccomp/profile/path", json!("seccomp.json")),
    ];
    assert_eq!(found, expected.map(|(at, leaf)| (at.to_owned(), leaf)));
}

#[test]
fn a_changing_walk_goes_the_same_way() {
    let mut shop = shop();
    let mut there: Vec<(String, Pointer)> = Vec::new();
    shop.walk(|id, at, _| there.push((id.to_string(), at.clone())));
    let mut here = Vec::new();
    for (id, component) in &mut shop.components {
        component.spec.walk_mut(|at, leaf| {
            here.push((id.to_string(), at.clone()));
            match leaf {
                LeafMut::Image(image) => *image = Image::from("pinned@sha256:0"),
                LeafMut::Source(path) => *path = SourcePath(format!("sub/{path}")),
                _ => {}
            }
        });
    }
    assert_eq!(here, there);
    let json = serde_json::to_value(&shop).unwrap();
    assert_eq!(json["components"]["service/api"]["spec"]["build"]["context"], "sub/api");
    assert_eq!(json["components"]["web/storefront"]["spec"]["image"], "pinned@sha256:0");
    assert!(shop.verify().is_err());
    shop.seal().unwrap();
    shop.verify().unwrap();
}

#[test]
fn services_and_jobs_share_a_view() {
    let shop = shop();
    let images: Vec<_> =
        shop.components.values().filter_map(|c| c.spec.workload()).filter_map(|w| w.image.as_deref()).collect();
    assert_eq!(images, ["ghcr.io/acme/api:2.4.1", "ghcr.io/acme/worker:2.4.1", "ghcr.io/acme/storefront:2.4.1"]);
}

#[test]
fn a_place_is_found_in_the_sources() {
    let shop = shop();
    let map = shop.source_map.as_ref().unwrap();
    let find = |id: &str, at: &str| {
        map.find(&id.parse().unwrap(), &at.parse().unwrap()).map(|place| (place.line, place.column))
    };
    assert_eq!(find("service/api", "/env"), Some((2, 8)));
    assert_eq!(find("service/api", "/env/DATABASE_URL"), Some((2, 8)), "the map around it");
    assert_eq!(find("service/api", "/ports/http"), Some((1, 1)), "the component");
    assert_eq!(find("service/api/route/site", "/host"), Some((1, 1)), "the component around it");
    assert_eq!(find("service/other", ""), None);
    assert_eq!(map.file(map.find(&"service/api".parse().unwrap(), &Pointer::root()).unwrap()).unwrap().path, "app.oal");
}
