//! Caddy's configuration from all rows: pure. The form is that of <https://caddyserver.com/docs/json/>, as 2.6 reads it.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::Listen;
use super::pools::{HOST, Pools};
use super::site::{EdgeRoutes, Pool, Scheme, Site, Tls};
use crate::domain::naming::short_hash;

/// How long, in seconds, the edge looks for another copy when one does not take the connection.
const TRY_SECONDS: u64 = 5;

/// The whole configuration, and the mark by which Caddy can be asked whether it runs it: a digest of what it serves. Addresses
/// of copies are not in it, they stand in the pools.
///
/// `base` is what runs now: its `admin` and `storage` stay, for a load replaces everything.
#[must_use]
pub fn compose(base: &Value, all: &[EdgeRoutes], listen: Listen, pools: &Pools) -> (Value, String) {
    let mut sites: Vec<&Site> = all.iter().flat_map(|routes| &routes.sites).collect();
    sites.sort_by_key(|site| order(site));
    let served: BTreeSet<String> = sites.iter().map(|site| site.pool().name).collect();
    let gone: Vec<&Pool> = all.iter().flat_map(|routes| &routes.draining).map(|draining| &draining.pool).collect();

    let (plain, encrypted): (Vec<&Site>, Vec<&Site>) = sites.iter().partition(|site| site.tls == Tls::Off);
    let mut http: Vec<Value> = plain.iter().map(|site| route(site, pools)).collect();
    http.insert(0, pools.seen());
    let mut https: Vec<Value> = encrypted.iter().map(|site| route(site, pools)).collect();
    http.extend(plain.iter().filter_map(|site| redirect(site, "http", listen.http, 80)));
    https.extend(encrypted.iter().filter_map(|site| redirect(site, "https", listen.https, 443)));
    http.extend(encrypted.iter().map(|site| to_https(site, listen.https)));
    let nobody = json!({ "handle": [{ "handler": "static_response", "status_code": 404, "body": "no such site\n" }] });
    http.push(nobody.clone());
    https.push(nobody);

    let mut servers = Map::new();
    let address = |port: u16| match listen.address {
        Some(std::net::IpAddr::V6(address)) => format!("[{address}]:{port}"),
        Some(address) => format!("{address}:{port}"),
        None => format!(":{port}"),
    };
    servers.insert("http".to_owned(), json!({
        "listen": [address(listen.http)], "routes": http, "errors": errors(), "automatic_https": { "disable": true },
    }));
    if !encrypted.is_empty() {
        servers.insert(
            "https".to_owned(),
            json!({
                "listen": [address(listen.https)], "routes": https, "errors": errors(),
                "tls_connection_policies": [{}], "automatic_https": { "disable_redirects": true },
            }),
        );
    }
    let mut apps = Map::new();
    apps.insert("http".to_owned(), json!({ "http_port": listen.http, "https_port": listen.https, "servers": servers }));
    if !encrypted.is_empty() {
        apps.insert("tls".to_owned(), tls(&encrypted));
        // Whoever wants to trust the machine's own authority does so himself.
        apps.insert("pki".to_owned(), json!({ "certificate_authorities": { "local": { "install_trust": false } } }));
    }
    let mut configuration = Map::new();
    for kept in ["admin", "storage", "logging"] {
        if let Some(value) = base.get(kept).filter(|value| !value.is_null()) {
            configuration.insert(kept.to_owned(), value.clone());
        }
    }
    configuration.insert("apps".to_owned(), Value::Object(apps));
    let mut configuration = Value::Object(configuration);
    let mark = format!("helios-{}", short_hash(&[&configuration.to_string()], 32));
    if let Some(http) = configuration.pointer_mut("/apps/http/servers/http").and_then(Value::as_object_mut) {
        http.insert("@id".to_owned(), Value::String(mark.clone()));
        let counted: Vec<Value> =
            gone.iter().filter(|pool| !served.contains(&pool.name)).flat_map(|pool| pool.dials()).collect();
        // Not in the mark: that there is nothing more to count is no reason to load.
        if let (false, Some(routes)) = (counted.is_empty(), http.get_mut("routes").and_then(Value::as_array_mut)) {
            let never = json!({
                "match": [{ "host": [HOST] }],
                "handle": [{ "handler": "reverse_proxy", "upstreams": counted }],
            });
            routes.insert(1, never);
        }
    }
    (configuration, mark)
}

/// Names with a star after those without, exact paths before prefixes, long ones before short ones; the rest for its own sake.
fn order(site: &Site) -> (bool, bool, std::cmp::Reverse<usize>, String) {
    let identity = format!("{} {} {}", site.host, site.path, site.node);
    (site.host.starts_with('*'), !site.exact, std::cmp::Reverse(site.path.len()), identity)
}

fn hosts(site: &Site) -> Vec<&str> {
    std::iter::once(&site.host).chain(&site.aliases).map(String::as_str).collect()
}

fn paths(site: &Site) -> Vec<String> {
    let path = site.path.trim_end_matches('/');
    match (site.exact, path.is_empty()) {
        (true, true) => vec!["/".to_owned()],
        (true, false) => vec![site.path.clone()],
        (false, true) => vec!["/*".to_owned()],
        (false, false) => vec![path.to_owned(), format!("{path}/*")],
    }
}

fn route(site: &Site, pools: &Pools) -> Value {
    let mut steps = Vec::new();
    if !site.allow_from.is_empty() {
        steps.push(json!({
            "match": [{ "not": [{ "remote_ip": { "ranges": site.allow_from } }] }],
            "handle": [{ "handler": "static_response", "status_code": 403 }],
            "terminal": true,
        }));
    }
    let mut handlers = Vec::new();
    if !site.users.is_empty() {
        let accounts: Vec<Value> = site
            .users
            .iter()
            .map(|(name, hash)| {
                json!({ "username": name, "password": base64::engine::general_purpose::STANDARD.encode(hash) })
            })
            .collect();
        // Without the cache every request would cost a whole hash.
        handlers.push(json!({
            "handler": "authentication",
            "providers": { "http_basic": { "hash": { "algorithm": "bcrypt" }, "accounts": accounts, "hash_cache": {} } },
        }));
    }
    if !site.headers.is_empty() {
        let set: BTreeMap<&String, [&String; 1]> = site.headers.iter().map(|(name, value)| (name, [value])).collect();
        handlers.push(json!({ "handler": "headers", "response": { "set": set, "deferred": true } }));
    }
    handlers.push(json!({ "handler": "request_body", "max_size": site.max_body }));
    if site.strip_path && site.path != "/" {
        handlers.push(json!({ "handler": "rewrite", "strip_path_prefix": site.path.trim_end_matches('/') }));
    }
    steps.push(json!({ "handle": handlers }));
    steps.extend(pools.routes(&site.pool(), |upstreams| proxy(site, &upstreams)));
    json!({
        "match": [{ "host": hosts(site), "path": paths(site) }],
        "handle": [{ "handler": "subroute", "routes": steps }],
        "terminal": true,
    })
}

fn proxy(site: &Site, upstreams: &[Value]) -> Value {
    let policy = if site.sticky {
        // The secret only keeps visitors from choosing a copy.
        let secret = short_hash(&["sticky", site.node.as_str(), &site.host], 32);
        json!({ "policy": "cookie", "name": "helios_copy", "secret": secret })
    } else {
        json!({ "policy": "least_conn" })
    };
    let mut transport = json!({
        "protocol": "http",
        "dial_timeout": "2s",
        "response_header_timeout": format!("{}ms", site.timeout),
        "keep_alive": { "enabled": true, "idle_timeout": "30s" },
    });
    if let Some(transport) = transport.as_object_mut() {
        match site.scheme {
            Scheme::Http => {}
            Scheme::Https => drop(transport.insert("tls".to_owned(), json!({ "insecure_skip_verify": true }))),
            Scheme::H2c => drop(transport.insert("versions".to_owned(), json!(["h2c", "2"]))),
        }
    }
    json!({
        "handler": "reverse_proxy",
        "upstreams": upstreams,
        // No `flush_interval`: with -1 Caddy 2.6 breaks off requests under way at each load. Answers without a length and
        // server-sent events it passes on at once by itself.
        "load_balancing": {
            "selection_policy": policy,
            "try_duration": format!("{TRY_SECONDS}s"),
            "try_interval": "100ms",
        },
        "transport": transport,
    })
}

fn redirect(site: &Site, scheme: &str, port: u16, usual: u16) -> Option<Value> {
    if site.redirect_from.is_empty() {
        return None;
    }
    let port = if port == usual { String::new() } else { format!(":{port}") };
    Some(json!({
        "match": [{ "host": site.redirect_from }],
        "handle": [moved(&format!("{scheme}://{}{port}{{http.request.uri}}", site.host))],
        "terminal": true,
    }))
}

fn to_https(site: &Site, port: u16) -> Value {
    let port = if port == 443 { String::new() } else { format!(":{port}") };
    let names: Vec<&str> = hosts(site).into_iter().chain(site.redirect_from.iter().map(String::as_str)).collect();
    json!({
        "match": [{ "host": names }],
        "handle": [moved(&format!("https://{{http.request.host}}{port}{{http.request.uri}}"))],
        "terminal": true,
    })
}

/// 308 keeps the method (RFC 9110, section 15.4.9).
fn moved(location: &str) -> Value {
    json!({ "handler": "static_response", "status_code": 308, "headers": { "Location": [location] } })
}

/// The proxy calls a body that is too large a bad gateway; it is the visitor's.
fn errors() -> Value {
    json!({ "routes": [{
        "match": [{ "expression": "{http.error.message}.contains('request body too large')" }],
        "handle": [{ "handler": "static_response", "status_code": 413 }],
    }] })
}

fn tls(sites: &[&Site]) -> Value {
    let local = |name: &str| name == "localhost" || name.ends_with(".localhost");
    let own: Vec<Value> = sites
        .iter()
        .filter_map(|site| match &site.tls {
            Tls::Certificate(certificate) => {
                Some(json!({ "certificate": certificate.chain, "key": certificate.key, "tags": [site.node.as_str()] }))
            }
            _ => None,
        })
        .collect();
    let internal: BTreeSet<&str> = sites
        .iter()
        .flat_map(|site| hosts(site).into_iter().chain(site.redirect_from.iter().map(String::as_str)))
        .filter(|name| local(name))
        .collect();
    let mut tls = Map::new();
    if !own.is_empty() {
        tls.insert("certificates".to_owned(), json!({ "load_files": own }));
    }
    if !internal.is_empty() {
        let policy = json!({ "subjects": internal, "issuers": [{ "module": "internal" }] });
        tls.insert("automation".to_owned(), json!({ "policies": [policy] }));
    }
    Value::Object(tls)
}
