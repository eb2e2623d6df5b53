//! Text that is completed when the application is placed: [`Template`] and its [`Part`]s.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::NodeId;

/// When a value is known and who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Known to the checker; stands in the document itself.
    Const,
    /// Known when the platform places things; may be shown.
    Deploy,
    /// Known when the platform places things; must never be shown or logged.
    Secret,
}

/// One part of a [`Template`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Part {
    /// Text as it stands.
    Text(String),
    /// An output of a component, such as `url` of `database/orders`.
    Ref(OutputRef),
    /// The value of a secret component.
    Secret(SecretRef),
}

/// An output of a component: filled in by the platform once the component has its place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OutputRef {
    /// The component whose output it is.
    pub node: NodeId,
    /// The output's name, as the component's kind declares it.
    pub output: String,
    /// Whether the output may be shown: `deploy` may, `secret` may not. Never `const`.
    #[cfg_attr(test, schemars(schema_with = "crate::schema::shapes::output_level"))]
    pub level: Level,
}

/// The value of a secret. The document names secrets and never holds one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// The component of kind `secret`.
    pub node: NodeId,
}

/// A text that may have parts known only to the platform.
///
/// In JSON a constant is a plain string. Anything else is an array of parts in order, at least one of which is no text:
/// a string is text as it stands, `{"ref": {"node": …, "output": …, "level": …}}` an output of a component,
/// `{"secret": {"node": …}}` the value of a secret. So a reader never searches text for holes, and text that looks
/// like a hole is text.
///
/// The parts are kept in one form: no empty text, no two texts in a row.
///
/// ```
/// use oal_ir::v1::{Part, SecretRef, Template};
/// let secret = SecretRef { node: "secret/token".parse()? };
/// let header = Template::new([Part::Text("Bearer ".into()), Part::Secret(secret)]);
/// assert_eq!(serde_json::to_string(&header)?, r#"["Bearer ",{"secret":{"node":"secret/token"}}]"#);
/// assert_eq!(serde_json::to_string(&Template::from("plain"))?, r#""plain""#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Template(Vec<Part>);

impl Template {
    /// Puts parts together; joins neighbouring texts and drops empty ones.
    #[must_use]
    pub fn new(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut kept: Vec<Part> = Vec::new();
        for part in parts {
            match (kept.last_mut(), part) {
                (_, Part::Text(text)) if text.is_empty() => {}
                (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
                (_, part) => kept.push(part),
            }
        }
        Self(kept)
    }

    /// The parts in order; none for the empty text.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The text, where all of it is constant.
    #[must_use]
    pub fn as_const(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The highest level of the parts.
    #[must_use]
    pub fn level(&self) -> Level {
        self.0.iter().map(Part::level).max().unwrap_or(Level::Const)
    }
}

impl Part {
    /// When the part is known and who may see it.
    #[must_use]
    pub const fn level(&self) -> Level {
        match self {
            Self::Text(_) => Level::Const,
            Self::Ref(output) => output.level,
            Self::Secret(_) => Level::Secret,
        }
    }

    /// The component the part refers to.
    #[must_use]
    pub const fn node(&self) -> Option<&NodeId> {
        match self {
            Self::Text(_) => None,
            Self::Ref(output) => Some(&output.node),
            Self::Secret(secret) => Some(&secret.node),
        }
    }
}

impl From<String> for Template {
    fn from(text: String) -> Self {
        Self::new([Part::Text(text)])
    }
}

impl From<&str> for Template {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// For people: references as `${node.output}`. Not a form to be read back.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Ref(OutputRef { node, output, .. }) => write!(f, "${{{node}.{output}}}"),
            Part::Secret(SecretRef { node }) => write!(f, "${{{node}}}"),
        })
    }
}

/// The parts that are objects in JSON: one member, named after what the part is.
#[derive(Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reference {
    /// An output of a component.
    Ref(OutputRef),
    /// The value of a secret.
    Secret(SecretRef),
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Ref(output) => serializer.serialize_newtype_variant("Reference", 0, "ref", output),
            Self::Secret(secret) => serializer.serialize_newtype_variant("Reference", 1, "secret", secret),
        }
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartVisitor)
    }
}

struct PartVisitor;

impl<'de> Visitor<'de> for PartVisitor {
    type Value = Part;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, `{\"ref\": …}` or `{\"secret\": …}`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Part, E> {
        Ok(Part::Text(text.to_owned()))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Part, A::Error> {
        match Reference::deserialize(de::value::MapAccessDeserializer::new(map))? {
            Reference::Ref(output) if output.level == Level::Const => {
                Err(de::Error::custom("a reference to an output has the level `deploy` or `secret`, not `const`"))
            }
            Reference::Ref(output) => Ok(Part::Ref(output)),
            Reference::Secret(secret) => Ok(Part::Secret(secret)),
        }
    }
}

impl Serialize for Template {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.as_const() {
            Some(text) => serializer.serialize_str(text),
            None => self.0.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TemplateVisitor)
    }
}

struct TemplateVisitor;

impl<'de> Visitor<'de> for TemplateVisitor {
    type Value = Template;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or an array of parts")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Template, E> {
        Ok(Template::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Template, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = seq.next_element()? {
            parts.push(part);
        }
        Ok(Template::new(parts))
    }
}
