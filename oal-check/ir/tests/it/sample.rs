//! Documents for the other modules: a small shop, as the checker would lower it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oal_ir::v1::{App, Component, FileDigest, Kind, NodeSource, Place, SourceMap, SourcePath, SourceText, Spec};
use oal_ir::{Ir, NodeId, Pointer, canonical};
use serde_json::{Value, json};

/// `fields` over the fields that every `kind` has.
pub(crate) fn spec(kind: Kind, fields: Value) -> Value {
    let workload = json!({
        "pull": "if_missing", "resources": {}, "stop_grace": 10_000, "network_mode": "groups", "dns": {},
        "capabilities": {}, "security": { "no_new_privileges": true, "seccomp": "default" }, "privileged": false,
        "read_only": false, "init": false, "ipc": "private", "pid": "private", "stdin": false, "tty": false,
    });
    let always = match kind {
        Kind::Service => merge(
            workload,
            json!({
                "replicas": 1, "restart": "always",
                "update": { "parallelism": 1, "delay": 0, "monitor": 5000, "on_failure": "roll_back" },
            }),
        ),
        Kind::Job => merge(
            workload,
            json!({
                "timezone": "UTC", "on": "manual", "timeout": 3_600_000, "retries": 0, "backoff": 10_000,
                "overlap": "skip", "keep": 10,
            }),
        ),
        Kind::Database => json!({
            "engine": "postgres", "version": 16, "storage": 21_474_836_480_u64, "resources": {}, "port": 5432, "name": "app",
            "user": "app", "publish_address": "127.0.0.1",
        }),
        Kind::Cache => json!({
            "engine": "redis", "version": 7, "memory": 268_435_456, "eviction": "lru", "resources": {}, "port": 6379,
            "publish_address": "127.0.0.1",
        }),
        Kind::Queue => json!({
            "engine": "nats", "version": 2, "resources": {}, "port": 4222, "user": "app", "publish_address": "127.0.0.1",
        }),
        Kind::Bucket => json!({ "access": "private", "versioning": false }),
        Kind::Volume => json!({ "access": "one_writer" }),
        Kind::Secret => json!({ "alphabet": "alphanumeric", "from": "platform" }),
        Kind::Config => json!({}),
        Kind::Route => json!({
            "path": "/", "path_match": "prefix", "tls": "automatic", "strip_path": false, "timeout": 60_000,
            "max_body": 104_857_600, "sticky": false,
        }),
        Kind::External => json!({}),
    };
    merge(always, fields)
}

fn merge(mut below: Value, above: Value) -> Value {
    for (key, value) in above.as_object().unwrap() {
        below[key] = value.clone();
    }
    below
}

pub(crate) fn component(id: &str, kind: Kind, fields: Value) -> (NodeId, Component) {
    let id: NodeId = id.parse().unwrap();
    let spec = Spec::from_value(kind, &spec(kind, fields)).unwrap_or_else(|error| panic!("{id}: {error}"));
    (id.clone(), Component { declared: id.kind().to_owned(), spec })
}

pub(crate) fn app() -> App {
    App {
        name: "shop".into(),
        owner: Some("team-shop@example.com".into()),
        description: None,
        edition: None,
        quota: serde_json::from_value(json!({})).unwrap(),
        networks: BTreeMap::new(),
    }
}

pub(crate) fn shop_components() -> BTreeMap<NodeId, Component> {
    let orders_url = json!([{ "ref": { "node": "database/orders", "output": "url", "level": "secret" } }]);
    BTreeMap::from([
        component("secret/stripe_key", Kind::Secret, json!({ "description": "restricted key, payments only" })),
        component("database/orders", Kind::Database, json!({})),
        component("cache/sessions", Kind::Cache, json!({})),
        component(
            "service/api",
            Kind::Service,
            json!({
                "build": { "context": "api", "dockerfile": "Dockerfile", "pull": false, "network": true },
                "ports": { "http": 8080 },
                "env": {
                    "DATABASE_URL": orders_url,
                    "REDIS_URL": [{ "ref": { "node": "cache/sessions", "output": "url", "level": "secret" } }],
                    "STRIPE_KEY": [{ "secret": { "node": "secret/stripe_key" } }],
                    "LOG_LEVEL": "info",
                    "PUBLIC_URL": "https://shop.example.com",
                },
                "resources": { "cpu": 500, "memory": 536_870_912 },
                "replicas": 6,
                "health": { "http": {
                    "path": "/healthz", "port": "http", "every": 10_000, "timeout": 5000, "retries": 3, "start_period": 0,
                } },
            }),
        ),
        component(
            "web/storefront",
            Kind::Service,
            json!({
                "image": "ghcr.io/acme/storefront:2.4.1",
                "ports": { "http": 3000 },
                "env": { "API_URL": [{ "ref": { "node": "service/api", "output": "url", "level": "deploy" } }] },
                "files": { "/etc/nginx/nginx.conf": { "file": { "path": "web/nginx.conf", "mode": "0444" } } },
            }),
        ),
        component(
            "web/storefront/route/site",
            Kind::Route,
            json!({ "host": "shop.example.com", "to": { "node": "web/storefront", "port": "http" } }),
        ),
        component("volume/exports", Kind::Volume, json!({ "size": 10_737_418_240_u64 })),
        component(
            "service/worker[eu]",
            Kind::Service,
            json!({
                "image": "ghcr.io/acme/worker:2.4.1",
                "command": ["./worker", "--region", "eu"],
                "env": { "DATABASE_URL": orders_url },
                "volumes": { "/exports": { "volume": { "volume": "volume/exports", "read_only": false } } },
                "restart": { "on_failure": { "max": 3 } },
            }),
        ),
        component(
            "job/report",
            Kind::Job,
            json!({
                "image": "ghcr.io/acme/api:2.4.1",
                "schedule": "0 3 * * *",
                "after_started": ["service/api"],
                "entrypoint": [],
                "timeout": 1_800_000,
            }),
        ),
    ])
}

pub(crate) fn source_map() -> SourceMap {
    let text = "service api {\n  env: {}\n}\n";
    let place = |start, end, line, column| Place { file: 0, start, end, line, column };
    SourceMap {
        files: vec![SourceText {
            path: "app.oal".into(),
            sha256: canonical::sha256(text.as_bytes()),
            size: text.len() as u64,
        }],
        nodes: BTreeMap::from([(
            "service/api".parse().unwrap(),
            NodeSource {
                at: place(0, 11, 1, 1),
                fields: BTreeMap::from([("/env".parse::<Pointer>().unwrap(), place(21, 23, 2, 8))]),
            },
        )]),
    }
}

pub(crate) fn shop() -> Ir {
    let conf = b"events {}\n";
    let digest = FileDigest { sha256: canonical::sha256(conf), size: conf.len() as u64 };
    let files = BTreeMap::from([(SourcePath("web/nginx.conf".into()), digest)]);
    Ir::assemble(app(), "prod".into(), shop_components(), files, Some(source_map())).unwrap()
}

pub(crate) fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// The committed text of `name`, rewritten under `UPDATE=1`.
pub(crate) fn snapshot(name: &str, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(data(name), text).unwrap();
    }
    let kept = std::fs::read_to_string(data(name)).unwrap_or_default();
    assert!(kept == text, "tests/data/{name} is out of date; look at what changes under UPDATE=1 cargo test -p oal-ir");
}

#[test]
fn the_shop_is_written_as_before() {
    snapshot("shop.json", &shop().to_pretty().unwrap());
    let canonical = String::from_utf8(shop().to_canonical().unwrap()).unwrap();
    snapshot("shop.canonical.json", &canonical);
}
