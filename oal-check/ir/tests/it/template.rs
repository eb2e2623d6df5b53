//! Templates: one form for each text.

use oal_ir::v1::{Level, OutputRef, Part, SecretRef, Template};
use serde_json::json;

fn url() -> Part {
    let node = "database/orders".parse().unwrap();
    Part::Ref(OutputRef { node, output: "url".into(), level: Level::Secret })
}

#[test]
fn constant_text_is_a_string_even_where_it_looks_like_a_hole() {
    for text in ["", "plain", "${database/orders.url}", "{\"ref\":{}}"] {
        let template = Template::from(text);
        assert_eq!(serde_json::to_value(&template).unwrap(), json!(text));
        assert_eq!(serde_json::from_value::<Template>(json!(text)).unwrap(), template);
        assert_eq!((template.as_const(), template.level()), (Some(text), Level::Const));
    }
}

#[test]
fn parts_are_kept_in_one_form() {
    let text = |text: &str| Part::Text(text.into());
    let template = Template::new([text(""), text("a"), text("b"), url(), text(""), url(), text("c")]);
    assert_eq!(template.parts(), [text("ab"), url(), url(), text("c")]);
    assert_eq!(Template::new([text(""), text("")]), Template::from(""));
    let read: Template = serde_json::from_value(json!(["a", "", "b"])).unwrap();
    assert_eq!(read, Template::from("ab"));
}

#[test]
fn references_are_objects_with_one_member() {
    let secret = Part::Secret(SecretRef { node: "secret/key".parse().unwrap() });
    let template = Template::new([Part::Text("x".into()), url(), secret]);
    let json = json!([
        "x",
        { "ref": { "node": "database/orders", "output": "url", "level": "secret" } },
        { "secret": { "node": "secret/key" } },
    ]);
    assert_eq!(serde_json::to_value(&template).unwrap(), json);
    assert_eq!(serde_json::from_value::<Template>(json).unwrap(), template);
    assert_eq!((template.as_const(), template.level()), (None, Level::Secret));
    assert_eq!(template.to_string(), "x${database/orders.url}${secret/key}");
}

#[test]
fn other_parts_are_refused() {
    for (json, message) in [
        (json!(1), "expected a text or an array of parts"),
        (json!([["x"]]), "expected a text, `{\"ref\": …}` or `{\"secret\": …}`"),
        (json!([{ "env": "HOME" }]), "unknown variant `env`"),
        (json!([{ "secret": { "node": "secret/a", "value": "hunter2" } }]), "unknown field `value`"),
        (json!([{ "secret": { "node": "nonsense" } }]), "is no node id"),
        (
            json!([{ "ref": { "node": "service/a", "output": "url", "level": "const" } }]),
            "has the level `deploy` or `secret`, not `const`",
        ),
    ] {
        let error = serde_json::from_value::<Template>(json).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
