//! Version 1 of the document. Frozen once released: a later version of this crate may add optional members only, left out
//! where they are absent, so that documents that do not use them keep their digest. Anything else is version 2.

mod app;
mod bucket;
mod build;
mod cache;
mod component;
mod config;
mod container;
mod database;
mod external;
mod graph;
mod job;
mod mount;
mod network;
mod node_id;
mod number;
mod queue;
mod resources;
mod route;
mod secret;
mod service;
mod shape;
mod source_map;
pub(crate) mod template;
mod text;
mod verify;
mod volume;
mod workload;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

pub use app::{App, Network, Quota};
pub use bucket::{Bucket, BucketAccess};
pub use build::{Build, Pull};
pub use cache::{Cache, CacheEngine, Eviction};
pub use component::{Component, Kind, Spec};
pub use config::{Config, ConfigFile};
pub use container::{
    Capabilities, Capability, Device, Logging, Namespace, Seccomp, Security, Signal, Ulimit, UlimitName,
};
pub use database::{Backup, Database, DatabaseEngine};
pub use external::External;
pub use graph::{Condition, Cycle, Edge, Graph, Why};
pub use job::{Overlap, Trigger};
pub use mount::{File, Mount};
pub use network::{Dns, Endpoint, HostAddress, Membership, NetworkMode};
pub use node_id::{NodeId, NodeIdError, NodeIdProblem, Segment};
pub use number::{BasisPoints, Bytes, MilliCpu, Millis, Port};
pub use queue::{Queue, QueueEngine, Topic};
pub use resources::{Gpu, GpuVendor, Resources};
pub use route::{PathMatch, Route, Tls};
pub use secret::{Alphabet, Secret, SecretSource};
pub use service::{Autoscale, PortRange, Probe, Protocol, Restart, Update, UpdateFailure, UpdateOrder};
pub use source_map::{NodeSource, Place, SourceMap, SourceText};
pub use template::{Level, OutputRef, Part, SecretRef, Template};
pub use text::{Cron, EnvName, FilePath, Host, HttpPath, Image, IpAddr, PortName, SourcePath, Url};
pub use verify::{Flaw, VerifyError};
pub use volume::{Volume, VolumeAccess};
pub use workload::{Job, Service, Workload};

use crate::Pointer;
use crate::canonical::{CanonicalError, sha256, to_canonical, to_canonical_without};
use crate::walk::Leaf;

/// The number of this version.
pub const VERSION: u64 = 1;

/// One application in one environment, ready to be deployed.
///
/// In JSON nothing is `null`: an optional value that is absent and a list or map that is empty are left out, everything
/// else is written. All numbers are whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ir {
    /// The version of this format.
    #[serde(rename = "oal_ir")]
    pub version: VersionTag,
    /// What the program says about the application as a whole.
    pub app: App,
    /// The environment this document is for.
    pub environment: String,
    /// The components by their id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub components: BTreeMap<NodeId, Component>,
    /// Who needs whom, and in which order the components start.
    pub graph: Graph,
    /// The files beside the program that components use and whose contents were known when the document was written, by
    /// path. Files of the program itself are in the source map. Directories, such as build contexts, are not listed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<SourcePath, FileDigest>,
    /// Where everything was written. Can be left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_map: Option<SourceMap>,
    /// The digest of what is deployed: SHA-256 over the canonical form (RFC 8785) of this document without `digest` and
    /// `source_map`, written `sha256:` and 64 lower-case hexadecimal digits. A comment in the sources changes nothing.
    #[cfg_attr(test, schemars(regex(pattern = "^sha256:[0-9a-f]{64}$")))]
    pub digest: String,
}

/// The contents of a file that a component uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FileDigest {
    /// The digest of its bytes: `sha256:` and 64 lower-case hexadecimal digits.
    #[cfg_attr(test, schemars(regex(pattern = "^sha256:[0-9a-f]{64}$")))]
    pub sha256: String,
    /// Its length in bytes.
    pub size: u64,
}

/// The number 1, and nothing else, in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VersionTag;

/// Why a document could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AssembleError {
    /// Components wait for each other.
    Cycle(Cycle),
    /// The parts contradict each other, or a number is too large.
    Invalid(VerifyError),
}

impl Ir {
    /// Makes a document: works out graph and digest and looks whether the parts fit together.
    ///
    /// # Errors
    /// A cycle, a reference without a target, a number beyond 2^53 - 1.
    pub fn assemble(
        app: App,
        environment: String,
        components: BTreeMap<NodeId, Component>,
        files: BTreeMap<SourcePath, FileDigest>,
        source_map: Option<SourceMap>,
    ) -> Result<Self, AssembleError> {
        let graph = Graph::of(&components).map_err(AssembleError::Cycle)?;
        let mut ir =
            Self { version: VersionTag, app, environment, components, graph, files, source_map, digest: String::new() };
        let invalid = AssembleError::Invalid;
        ir.seal().map_err(|error| invalid(VerifyError::NotCanonical(error)))?;
        let flaws = ir.flaws();
        if flaws.is_empty() { Ok(ir) } else { Err(invalid(VerifyError::Broken(flaws))) }
    }

    /// Writes the digest anew, after a change.
    ///
    /// # Errors
    /// A number beyond 2^53 - 1.
    pub fn seal(&mut self) -> Result<(), CanonicalError> {
        self.digest = self.compute_digest()?;
        Ok(())
    }

    /// The digest the document should have.
    ///
    /// # Errors
    /// A number beyond 2^53 - 1.
    pub fn compute_digest(&self) -> Result<String, CanonicalError> {
        digest_of(self)
    }

    /// The whole document in canonical form (RFC 8785): one line, members sorted.
    ///
    /// # Errors
    /// A number beyond 2^53 - 1.
    pub fn to_canonical(&self) -> Result<Vec<u8>, CanonicalError> {
        to_canonical(self)
    }

    /// The whole document for people: indented, members in the order of this description, a line feed at the end.
    /// [`crate::read`] reads it as well.
    ///
    /// # Errors
    /// None in practice: everything in a document is JSON.
    pub fn to_pretty(&self) -> Result<String, CanonicalError> {
        let pretty = serde_json::to_string_pretty(self).map_err(|error| CanonicalError::NotJson(error.to_string()))?;
        Ok(pretty + "\n")
    }

    /// Reports every template, image, reference and project file of every component, with its place in the component's
    /// values.
    pub fn walk<'a>(&'a self, mut found: impl FnMut(&'a NodeId, &Pointer, Leaf<'a>)) {
        for (id, component) in &self.components {
            component.spec.walk(|at, leaf| found(id, at, leaf));
        }
    }
}

/// The digest of a document of this version: over everything but `digest` and `source_map`.
pub(crate) fn digest_of(document: &impl Serialize) -> Result<String, CanonicalError> {
    Ok(sha256(&to_canonical_without(document, &["digest", "source_map"])?))
}

impl Serialize for VersionTag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(VERSION)
    }
}

impl<'de> Deserialize<'de> for VersionTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u64::deserialize(deserializer)? {
            VERSION => Ok(Self),
            other => Err(de::Error::invalid_value(de::Unexpected::Unsigned(other), &"1")),
        }
    }
}

impl fmt::Display for AssembleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cycle(cycle) => cycle.fmt(f),
            Self::Invalid(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AssembleError {}
