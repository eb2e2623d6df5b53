//! Applications, their environments, what was released to them and what runs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use oal_ir::NodeId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::backup::Backup;
use crate::deployment::Deployment;
use crate::text::{Digest, Name};

/// An application: what an OAL program with `app NAME` is deployed as.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct App {
    /// Its name, as in the program.
    pub name: Name,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// An environment of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Environment {
    /// The application's name.
    pub app: Name,
    /// Its name, as in the program; `default` where the program has none.
    pub name: Name,
    /// The target its releases run on.
    pub target: String,
    /// The number of the release that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_release: Option<i64>,
    /// Since when it is taken down, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub down_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What an environment is to be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewEnvironment {
    /// The target its releases run on; the platform's own if absent. That of an environment that is there cannot be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Name>,
}

/// The values that the program's params were given, as they were at some time. Never changed, only followed by a higher version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Params {
    /// Counts from 1; a release names it as its `config_version`.
    pub version: i64,
    /// The values by name, as OAL literals; a param without one has the value of the program.
    pub params: BTreeMap<String, String>,
    /// When they were first given.
    pub created_at: DateTime<Utc>,
}

/// A source bundle that was uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Source {
    /// The digest of its bytes.
    pub digest: Digest,
    /// Bytes.
    pub size: i64,
    /// When it was uploaded first.
    pub created_at: DateTime<Utc>,
}

/// A release: all that is needed to run a program again as it was. Never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Release {
    /// Counts from 1 within the environment.
    pub number: i64,
    /// The digest over everything below.
    pub digest: String,
    /// The digest of the program after lowering.
    pub ir_digest: String,
    /// The digest of the source bundle.
    pub source_digest: String,
    /// The engine's image ids by component.
    pub images: BTreeMap<String, String>,
    /// The version of the params' values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_version: Option<i64>,
    /// Ids of secret versions by the name of the secret.
    pub secret_versions: BTreeMap<String, Uuid>,
    /// The deployment that made it.
    pub deployment: Uuid,
    /// Whether it is what runs.
    pub live: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The name of the token with which it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The release that it repeats: of the same environment after a rollback, of another one after a promotion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeated>,
}

/// A release that another one repeats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Repeated {
    /// The name of its environment.
    pub environment: String,
    /// Its number there.
    pub number: i64,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The name of the token with which it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// A container as it was seen last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Instance {
    /// The engine's name of it.
    pub container: String,
    /// The component, as its id in the IR.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub node: NodeId,
    /// Counts from 0 within the component.
    pub replica: u32,
    /// The number of the release it was made for.
    pub release: i64,
    /// The id of its image.
    pub image: String,
    /// As the engine says it: `created`, `running`, `exited`, …
    pub state: String,
    /// `healthy`, `unhealthy`, `starting`; absent without a probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<String>,
    /// How often the engine started it again.
    pub restarts: u64,
    /// Of the last run, if it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// Whether the last run ended for want of memory.
    pub oom_killed: bool,
    /// When the present run began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it was seen so.
    pub observed_at: DateTime<Utc>,
}

/// How many copies of a service are wanted by the load they are under.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Scale {
    /// The service, as its id in the IR.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub node: NodeId,
    /// How many copies.
    pub copies: u32,
    /// Since when it is that number.
    pub changed_at: DateTime<Utc>,
}

/// How an environment is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnvironmentStatus {
    /// The environment.
    pub environment: Environment,
    /// The release that runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<Release>,
    /// The newest deployment, at its end or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Deployment>,
    /// The URLs under which the live release answers.
    pub urls: Vec<String>,
    /// What runs, by component and replica.
    pub instances: Vec<Instance>,
    /// How many copies are wanted of the services whose number has followed the load.
    #[serde(default)]
    pub scales: Vec<Scale>,
    /// The newest copy of each database's data, made or not.
    #[serde(default)]
    pub backups: Vec<Backup>,
}
