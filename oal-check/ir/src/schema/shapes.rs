//! Schemas of the types whose JSON is written by hand.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::Pointer;
use crate::v1::{Component, NodeId, Port, Template, UlimitName, VersionTag, template};

const WORD: &str = "[a-z_][a-z0-9_]*";
const KEY: &str = r#"(\[([A-Za-z0-9_.-]+|"([^"\\\u0000-\u001f]|\\["\\bfnrt]|\\u00[01][0-9a-f])*")\])?"#;

impl JsonSchema for NodeId {
    fn schema_name() -> Cow<'static, str> {
        "NodeId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let segment = format!("{WORD}/{WORD}{KEY}");
        json_schema!({
            "description": "The stable name of a component: kind and name, a loop value in brackets, after those of the \
                components it is declared in, such as `service/api`, `service/worker[eu]`, `web/storefront/route/site`. A \
                loop value of other characters than letters, digits, `_`, `-` and `.` is written as a JSON string.",
            "type": "string",
            "pattern": format!("^{segment}(/{segment})*$"),
        })
    }
}

impl JsonSchema for Pointer {
    fn schema_name() -> Cow<'static, str> {
        "Pointer".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A JSON Pointer (RFC 6901).",
            "type": "string",
            "pattern": "^(/([^/~]|~[01])*)*$",
        })
    }
}

impl JsonSchema for VersionTag {
    fn schema_name() -> Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "description": "The version of this format.", "type": "integer", "const": 1 })
    }
}

impl JsonSchema for Template {
    fn schema_name() -> Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let reference = generator.subschema_for::<template::Reference>();
        json_schema!({
            "description": "A text that may have parts known only to the platform. A string is constant text. Otherwise an \
                array of parts in order, at least one of which is no text: a string is text as it stands, an object a \
                reference to be filled in. Fields of type string never hold references.",
            "oneOf": [
                { "type": "string" },
                {
                    "type": "array",
                    "minItems": 1,
                    "contains": { "type": "object" },
                    "items": { "anyOf": [{ "type": "string", "minLength": 1 }, reference] },
                },
            ],
        })
    }
}

/// The level of an output: one that is const stands in the document as text.
pub(crate) fn output_level(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ["deploy", "secret"] })
}

impl JsonSchema for Component {
    fn schema_name() -> Cow<'static, str> {
        "Component".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let kinds: Vec<Schema> = Self::spec_schemas(generator)
            .into_iter()
            .map(|(kind, spec)| {
                json_schema!({
                    "type": "object",
                    "properties": {
                        "kind": { "description": "The built-in kind, which says what `spec` holds.", "const": kind.name() },
                        "declared": {
                            "description": "The kind it was declared with: the built-in one, or one that extends it.",
                            "type": "string",
                            "pattern": format!("^{WORD}$"),
                        },
                        "spec": spec,
                    },
                    "required": ["kind", "declared", "spec"],
                    "additionalProperties": false,
                })
            })
            .collect();
        json_schema!({
            "description": "A component with its values, all known fields filled in.",
            "oneOf": kinds,
        })
    }
}

impl JsonSchema for Port {
    fn schema_name() -> Cow<'static, str> {
        "Port".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A TCP, UDP or SCTP port number.", "type": "integer", "minimum": 1, "maximum": 65535,
        })
    }
}

/// Stands as the name of members, which schemars closes for a plain list of words only.
impl JsonSchema for UlimitName {
    fn schema_name() -> Cow<'static, str> {
        "UlimitName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Self::ALL.iter().map(|limit| limit.name()).collect();
        json_schema!({ "description": "The limits of getrlimit(2), without `RLIMIT_`.", "type": "string", "enum": names })
    }
}
