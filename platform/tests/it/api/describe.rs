//! The description of the API is committed, says what is so, and is all there is.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Served;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

pub(super) fn openapi() -> Value {
    serde_json::to_value(helios::api::serve::openapi()).unwrap()
}

/// Method, path and description of every operation.
pub(super) fn operations() -> Vec<(http::Method, String, Value)> {
    let api = openapi();
    let mut operations = Vec::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((method.to_uppercase().parse().unwrap(), path.clone(), operation.clone()));
        }
    }
    operations
}

#[test]
fn the_committed_description_is_fresh() {
    let text = serde_json::to_string_pretty(&openapi()).unwrap() + "\n";
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(FILE, &text).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(committed == text, "openapi.json is not fresh: run UPDATE=1 cargo test -p helios --test it describe");
}

#[test]
fn every_operation_states_its_scope_and_has_a_name_of_its_own() {
    let scopes: BTreeSet<&str> = helios_client::Scope::ALL.iter().map(|scope| scope.name()).collect();
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations() {
        let required =
            operation["security"][0]["token"][0].as_str().unwrap_or_else(|| panic!("{method} {path} states no scope"));
        assert!(scopes.contains(required), "{method} {path}: {required}");
        assert!(names.insert(operation["operationId"].to_string()), "{method} {path}: {}", operation["operationId"]);
        assert!(operation["summary"].is_string(), "{method} {path}");
    }
    assert!(names.len() > 30, "{}", names.len());
}

#[test]
fn bodies_of_requests_take_nothing_that_is_not_described() {
    let api = openapi();
    let schema =
        |reference: &Value| api.pointer(reference["$ref"].as_str().unwrap().trim_start_matches('#')).unwrap().clone();
    for (method, path, operation) in operations() {
        let Some(body) = operation.pointer("/requestBody/content/application~1json/schema") else { continue };
        let body = schema(body);
        let objects = body["oneOf"].as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
        for object in objects {
            assert_eq!(object["additionalProperties"], false, "{method} {path}: {object}");
        }
    }
}

#[tokio::test]
async fn the_reference_page_and_the_description_are_served() {
    let served = Served::start().await;
    let page = served.ask(http::Method::GET, "/docs/", &[], "").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("swagger-ui"), "{}", page.text);
    let script = served.ask(http::Method::GET, "/docs/swagger-initializer.js", &[], "").await;
    assert!(script.text.contains("/v1/openapi.json"), "{}", script.text);
    let described = served.ask(http::Method::GET, "/v1/openapi.json", &[], "").await.json();
    assert_eq!(described, openapi());
    served.ask(http::Method::GET, "/docs/none.js", &[], "").await.is_problem(404, "not-found");
}
