//! Reading: every way in which bytes are no document has an answer.

use oal_ir::v1::{Flaw, VerifyError};
use oal_ir::{AnyIr, Limits, ReadError, read};
use serde_json::{Value, json};

use crate::sample::{shop, snapshot};

/// The shop as JSON after `change`, without a new digest.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut document = serde_json::to_value(shop()).unwrap();
    change(&mut document);
    serde_json::to_vec(&document).unwrap()
}

/// The same with the digest that a writer of such a document would state.
fn resealed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    changed(|document| {
        change(document);
        let mut bare = document.clone();
        bare.as_object_mut().unwrap().retain(|key, _| key != "digest" && key != "source_map");
        document["digest"] = oal_ir::canonical::sha256(&oal_ir::canonical::to_canonical(&bare).unwrap()).into();
    })
}

fn api(document: &mut Value) -> &mut Value {
    &mut document["components"]["service/api"]["spec"]
}

#[test]
fn messages_say_what_is_wrong_and_what_to_do() {
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", b"".to_vec()),
        ("not JSON", b"app shop {}".to_vec()),
        ("cut off", changed(|_| {})[..900].to_vec()),
        ("two documents", b"{\"oal_ir\": 1} {}".to_vec()),
        ("byte order mark", b"\xef\xbb\xbf{}".to_vec()),
        ("not UTF-8", b"{\"oal_ir\": \"\xff\"}".to_vec()),
        ("NUL", b"\0".to_vec()),
        ("too deep", deep.into_bytes()),
        ("array", b"[]".to_vec()),
        ("no version", b"{}".to_vec()),
        ("version as text", br#"{"oal_ir": "1"}"#.to_vec()),
        ("version with a fraction", br#"{"oal_ir": 1.5}"#.to_vec()),
        ("version 2", br#"{"oal_ir": 2, "modules": []}"#.to_vec()),
        ("version 0", br#"{"oal_ir": 0}"#.to_vec()),
        ("member twice", br#"{"oal_ir": 1, "app": {"name": "a", "name": "b"}}"#.to_vec()),
        ("member twice, one escaped", br#"{"oal_ir": 1, "oal_i\u0072": 1}"#.to_vec()),
        ("null", changed(|document| api(document)["image"] = Value::Null)),
        ("number too large", changed(|document| document["files"]["web/nginx.conf"]["size"] = json!(1_u64 << 53))),
        (
            "missing member",
            changed(|document| api(document).as_object_mut().unwrap().retain(|key, _| key != "replicas")),
        ),
        ("member of another type", changed(|document| api(document)["replicas"] = json!("six"))),
        ("array for an object", changed(|document| api(document)["dns"] = json!([]))),
        ("port 0", changed(|document| api(document)["ports"]["http"] = json!(0))),
        ("id that is none", changed(|document| document["components"]["api"] = json!({}))),
        ("newer member", changed(|document| api(document)["mesh"] = json!(true))),
        ("newer member of the document", changed(|document| document["policy"] = json!({}))),
        ("newer kind", changed(|document| document["components"]["service/api"]["kind"] = json!("function"))),
        ("newer variant", changed(|document| api(document)["restart"] = json!("sometimes"))),
        ("newer variant with fields", changed(|document| api(document)["health"] = json!({ "quic": {} }))),
        ("newer part", changed(|document| api(document)["env"]["A"] = json!([{ "param": "x" }]))),
        ("two variants", changed(|document| api(document)["health"] = json!({ "tcp": {}, "http": {} }))),
        ("fields of a plain variant", changed(|document| api(document)["restart"] = json!({ "always": {} }))),
        ("changed by hand", changed(|document| api(document)["replicas"] = json!(7))),
        ("empty list written", resealed(|document| api(document)["groups"] = json!([]))),
        ("neighbouring texts", resealed(|document| api(document)["env"]["A"] = json!(["a", "b"]))),
        ("missing component", resealed(|document| api(document)["after"] = json!(["service/nobody"]))),
        (
            "missing output",
            resealed(|document| api(document)["env"]["DATABASE_URL"][0]["ref"]["output"] = json!("dsn")),
        ),
        (
            "weaker level",
            resealed(|document| api(document)["env"]["DATABASE_URL"][0]["ref"]["level"] = json!("deploy")),
        ),
        (
            "secret that is none",
            resealed(|document| {
                api(document)["env"]["STRIPE_KEY"] = json!([{ "secret": { "node": "database/orders" } }]);
            }),
        ),
        (
            "missing port",
            resealed(|document| {
                document["components"]["web/storefront/route/site"]["spec"]["to"]["port"] = json!("https");
            }),
        ),
        ("declared otherwise", resealed(|document| document["components"]["service/api"]["declared"] = json!("web"))),
        (
            "order with a gap",
            resealed(|document| {
                document["graph"]["order"].as_array_mut().unwrap().pop();
            }),
        ),
        ("order reversed", resealed(|document| document["graph"]["order"].as_array_mut().unwrap().reverse())),
        ("source map of another program", changed(|document| document["source_map"]["files"] = json!([]))),
    ];
    let mut text = String::new();
    for (name, bytes) in cases {
        let message = read(&bytes).expect_err(name).to_string();
        assert!(!message.ends_with('.'), "{message}");
        text.push_str(&format!("{name}\n    {}\n", message.replace("; ", ";\n    ")));
    }
    snapshot("messages.txt", &text);
}

#[test]
fn white_space_and_order_of_members_do_not_matter() {
    let shop = shop();
    assert_eq!(read(&shop.to_canonical().unwrap()).unwrap(), shop);
    assert_eq!(read(shop.to_pretty().unwrap().as_bytes()).unwrap(), shop);
    // `spec` before `kind`: the values wait until their kind is known.
    let text = String::from_utf8(shop.to_canonical().unwrap()).unwrap();
    let kind = r#""kind":"volume","spec":{"access":"one_writer","size":10737418240}"#;
    assert!(text.contains(kind));
    let other = text.replace(kind, r#""spec":{"size":10737418240,"access":"one_writer"},"kind":"volume""#);
    assert_eq!(serde_json::from_str::<oal_ir::Ir>(&other).unwrap(), shop);
}

#[test]
fn limits_hold() {
    let bytes = shop().to_canonical().unwrap();
    let values = |limit| AnyIr::read(&bytes, &Limits::new(bytes.len(), limit));
    assert!(matches!(AnyIr::read(&bytes, &Limits::new(bytes.len() - 1, 1000)), Err(ReadError::TooLarge { .. })));
    assert!(matches!(values(100), Err(ReadError::TooManyValues { limit: 100 })));
    values(1000).unwrap();
}

#[test]
fn a_bomb_of_brackets_ends_at_once() {
    for open in ["[", "{\"a\":", "[{\"a\":["] {
        let bomb = open.repeat(1_000_000);
        assert!(matches!(read(bomb.as_bytes()), Err(ReadError::TooDeep { limit: 32, .. })));
    }
}

#[test]
fn every_flaw_is_told() {
    let bytes = resealed(|document| {
        api(document)["after"] = json!(["service/x", "service/y"]);
        document["components"]["web/storefront/route/site"]["spec"]["to"]["node"] = json!("service/z");
    });
    let Err(ReadError::NotVerified(VerifyError::Broken(flaws))) = read(&bytes) else { panic!() };
    let missing: Vec<_> = flaws
        .iter()
        .filter_map(|flaw| match flaw {
            Flaw::NoSuchNode { to, .. } => Some(to.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(missing, ["service/x", "service/y", "service/z"]);
}

#[test]
fn one_value_is_taken_with_a_place() {
    let spec = crate::sample::spec(oal_ir::v1::Kind::Service, json!({ "publish": { "http": 70_000 } }));
    let error = oal_ir::v1::Spec::from_value(oal_ir::v1::Kind::Service, &spec).unwrap_err();
    assert_eq!(error.at.as_str(), "/publish/http");
    assert!(error.to_string().contains("70000"), "{error}");
}
