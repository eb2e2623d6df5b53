//! A component: its kind, its declared kind and what its kind says about it.

use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, Visitor};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Bucket, Cache, Config, Database, External, Job, Level, Queue, Route, Secret, Service, Volume, Workload};
use crate::Pointer;
use crate::read::tree::{Node, ShapeError};
use crate::walk::{Leaf, LeafMut, Step, StepMut, Walk};

/// A component with its values, all known fields filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The kind it was declared with, by that kind's own name: `web` for a kind that extends `service`. Equal to the
    /// name of [`Spec::kind`] where a built-in kind was used, and always to the last kind in the component's id.
    pub declared: String,
    /// The values of the built-in kind that the declared one is or extends.
    pub spec: Spec,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, [$($output:literal: $level:ident),*];)*) => {
        /// A built-in kind. What a consumer must be able to deploy.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum Kind {
            $($(#[$doc])* $kind,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name as the language writes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }

            /// The outputs that a [`super::OutputRef`] to a component of this kind may name, with their levels. Outputs
            /// that the checker can compute are not among them: they stand in the document as text.
            #[must_use]
            pub const fn outputs(self) -> &'static [(&'static str, Level)] {
                match self {
                    $(Self::$kind => &[$(($output, Level::$level)),*],)*
                }
            }
        }

        /// The values of a component, by its built-in kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(clippy::large_enum_variant, reason = "most components are services, the largest")]
        pub enum Spec {
            $($(#[$doc])* $kind($kind),)*
        }

        impl Spec {
            /// The built-in kind.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$kind(_) => Kind::$kind,)*
                }
            }

            /// Takes the values of a component of `kind` from any source serde can read.
            ///
            /// # Errors
            /// The source's own, where a field is missing, unknown or of another type.
            pub fn deserialize<'de, D: Deserializer<'de>>(kind: Kind, fields: D) -> Result<Self, D::Error> {
                match kind {
                    $(Kind::$kind => <$kind as Deserialize>::deserialize(fields).map(Self::$kind),)*
                }
            }

            fn walk_with<'a>(&'a self, step: &mut Step<'_, 'a>) {
                match self {
                    $(Self::$kind(spec) => spec.walk(step),)*
                }
            }

            fn walk_mut_with(&mut self, step: &mut StepMut<'_>) {
                match self {
                    $(Self::$kind(spec) => spec.walk_mut(step),)*
                }
            }
        }

        /// The values alone; the kind stands beside them in [`Component`].
        impl Serialize for Spec {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$kind(spec) => spec.serialize(serializer),)*
                }
            }
        }

        $(impl From<$kind> for Spec {
            fn from(spec: $kind) -> Self {
                Self::$kind(spec)
            }
        })*

        #[cfg(test)]
        impl Component {
            /// Each kind with the schema of its values.
            pub(crate) fn spec_schemas(generator: &mut schemars::SchemaGenerator) -> Vec<(Kind, schemars::Schema)> {
                vec![$((Kind::$kind, generator.subschema_for::<$kind>())),*]
            }
        }
    };
}

kinds! {
    /// A program that runs all the time and answers others.
    Service = "service", ["url": Deploy, "host": Deploy];
    /// A program that runs to its end.
    Job = "job", [];
    /// A database that the platform runs and keeps.
    Database = "database", ["url": Secret, "host": Deploy];
    /// A store for what can be computed again.
    Cache = "cache", ["url": Secret, "host": Deploy];
    /// A broker that carries messages.
    Queue = "queue", ["url": Secret, "host": Deploy];
    /// A store for files, reached over the S3 protocol.
    Bucket = "bucket", [
        "url": Deploy, "endpoint": Deploy, "name": Deploy, "region": Deploy, "access_key": Secret, "secret_key": Secret
    ];
    /// A disk that outlives the containers that use it.
    Volume = "volume", ["name": Deploy];
    /// A value that nobody may see.
    Secret = "secret", [];
    /// Files that several components mount.
    Config = "config", [];
    /// A name and a path under which the world reaches a service.
    Route = "route", [];
    /// Something that is run elsewhere.
    External = "external", ["host": Secret, "port": Secret];
}

impl Kind {
    /// The kind called `name`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// The level of the output called `name`, if components of this kind have it.
    #[must_use]
    pub fn output(self, name: &str) -> Option<Level> {
        self.outputs().iter().find(|(output, _)| *output == name).map(|(_, level)| *level)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Spec {
    /// Takes the values of a component of `kind` from a JSON object.
    ///
    /// # Errors
    /// A missing or unknown field or a value of another type, with its place in `fields`.
    pub fn from_value(kind: Kind, fields: &Value) -> Result<Self, ShapeError> {
        Self::deserialize(kind, Node::new(fields)).map_err(crate::read::tree::TreeError::into_shape)
    }

    /// What services and jobs have in common; `None` for every other kind.
    #[must_use]
    pub const fn workload(&self) -> Option<Workload<'_>> {
        match self {
            Self::Service(service) => Some(service.workload()),
            Self::Job(job) => Some(job.workload()),
            _ => None,
        }
    }

    /// Reports every template, image, reference and project file, each with its place in the values.
    pub fn walk<'a>(&'a self, mut found: impl FnMut(&Pointer, Leaf<'a>)) {
        self.walk_with(&mut Step::new(&mut found));
    }

    /// As [`Spec::walk`], letting `found` change what it is given. A changed document needs a new digest:
    /// [`super::Ir::seal`].
    pub fn walk_mut(&mut self, mut found: impl FnMut(&Pointer, LeafMut<'_>)) {
        self.walk_mut_with(&mut StepMut::new(&mut found));
    }
}

impl Component {
    /// The built-in kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.spec.kind()
    }
}

const MEMBERS: &[&str] = &["declared", "kind", "spec"];

impl Serialize for Component {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Component", 3)?;
        object.serialize_field("kind", &self.kind())?;
        object.serialize_field("declared", &self.declared)?;
        object.serialize_field("spec", &self.spec)?;
        object.end()
    }
}

impl<'de> Deserialize<'de> for Component {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("Component", MEMBERS, ComponentVisitor)
    }
}

struct ComponentVisitor;

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Member {
    Kind,
    Declared,
    Spec,
}

struct SpecSeed(Kind);

impl<'de> DeserializeSeed<'de> for SpecSeed {
    type Value = Spec;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Spec, D::Error> {
        Spec::deserialize(self.0, deserializer)
    }
}

impl<'de> Visitor<'de> for ComponentVisitor {
    type Value = Component;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a component: an object with `kind`, `declared` and `spec`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Component, A::Error> {
        let (mut kind, mut declared, mut spec) = (None, None, None);
        // Values that come before their kind are kept as they are until it is known.
        let mut early: Option<Value> = None;
        while let Some(member) = map.next_key()? {
            match (member, kind) {
                (Member::Kind, Some(_)) => return Err(de::Error::duplicate_field("kind")),
                (Member::Declared, _) if declared.is_some() => return Err(de::Error::duplicate_field("declared")),
                (Member::Spec, _) if spec.is_some() || early.is_some() => {
                    return Err(de::Error::duplicate_field("spec"));
                }
                (Member::Kind, None) => kind = Some(map.next_value()?),
                (Member::Declared, _) => declared = Some(map.next_value()?),
                (Member::Spec, Some(kind)) => spec = Some(map.next_value_seed(SpecSeed(kind))?),
                (Member::Spec, None) => early = Some(map.next_value()?),
            }
        }
        let kind = kind.ok_or_else(|| de::Error::missing_field("kind"))?;
        let declared = declared.ok_or_else(|| de::Error::missing_field("declared"))?;
        let spec = match (spec, early) {
            (Some(spec), _) => spec,
            (None, Some(values)) => Spec::from_value(kind, &values).map_err(de::Error::custom)?,
            (None, None) => return Err(de::Error::missing_field("spec")),
        };
        Ok(Component { declared, spec })
    }
}
