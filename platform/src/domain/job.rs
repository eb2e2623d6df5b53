//! Jobs: what a worker is asked to do and what comes of it. A job's body and result are kept in PostgreSQL; the bus carries the
//! body in an [`crate::bus::Envelope`].
//!
//! A job may be delivered twice, late, or to two workers at a time: whoever holds the row's lease works, and what a job does can
//! be done again without harm.

use std::collections::{BTreeMap, BTreeSet};

use helios_client::{DeploymentState, Failure};
use oal_ir::NodeId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

/// An IR document on its way: within the message, or by its digest in the artifact store where it is large.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IrPayload {
    /// The document itself.
    Inline(Box<RawValue>),
    /// `sha256:…` of the document's bytes.
    Artifact(String),
}

/// The most bytes of a document that travel within a message; the server's limit for a whole message is 1 MiB.
pub const INLINE_IR_BYTES: usize = 256 * 1024;

/// Which environment a job is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvironmentRef {
    /// The organisation.
    pub org: Uuid,
    /// Its name.
    pub org_name: String,
    /// The environment.
    pub id: Uuid,
    /// The application's name.
    pub app: String,
    /// The environment's name.
    pub name: String,
}

/// Check and lower a program: `helios.job.oal.check`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OalJob {
    /// The source bundle.
    pub source: String,
    /// The environment to lower for; all are checked.
    pub environment: String,
    /// The application's name the program must have, once the application is known.
    pub app: String,
    /// Values of params, by name, as OAL literals.
    pub params: BTreeMap<String, String>,
}

/// What came of an [`OalJob`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OalResult {
    /// It is sound.
    Lowered {
        /// The digest the document states of itself.
        ir_digest: String,
        /// The digest of its bytes in the artifact store.
        ir_artifact: String,
        /// For each component that is built, the digest of the sources it is built from: what has the same needs no new build.
        #[serde(default)]
        contexts: BTreeMap<NodeId, String>,
    },
    /// It is not.
    Rejected(Box<Failure>),
}

/// Make an image, or see that it is there: `helios.job.build.docker`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BuildJob {
    /// For whom.
    pub environment: EnvironmentRef,
    /// The program.
    pub ir: IrPayload,
    /// The source bundle.
    pub source: String,
    /// The component whose `build` or `image` it is; others with the same one share the result.
    pub node: NodeId,
    /// What is to be had.
    pub want: Want,
    /// Ids of secret versions by the name in `secrets`, of those that the build sees.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, Uuid>,
}

/// What a build job is to provide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// The image that the node's `build` describes.
    Build,
    /// This image, as its name stands in the program or comes from the platform's settings.
    Image {
        /// The name with tag or digest.
        name: String,
        /// Fetch it even if one of that name is there.
        always: bool,
    },
}

/// What came of a [`BuildJob`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuildResult {
    /// It is there.
    Image {
        /// The engine's id of it: `sha256:` of the image's configuration.
        image: String,
        /// The build key, for images that were built.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<String>,
        /// Whether an earlier build had made it.
        reused: bool,
        /// Bytes.
        size: u64,
        /// Which builder.
        builder: String,
    },
    /// It cannot be had.
    Failed(Box<Failure>),
}

/// Work on a target: `helios.job.deploy.<target>.<phase>`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct DeployJob {
    /// Where.
    pub environment: EnvironmentRef,
    /// What is to be done.
    pub phase: Phase,
    /// The release it is about.
    pub release: ReleasePayload,
    /// The release that ran before, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<ReleasePayload>,
    /// Components whose data the approved plan gives up: their volumes go at the very end of `drain`. All others stay.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub give_up: BTreeSet<NodeId>,
}

/// A release as a target needs it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReleasePayload {
    /// Its number in the environment.
    pub number: i64,
    /// The program.
    pub ir: IrPayload,
    /// The source bundle, for the files that components mount.
    pub source: String,
    /// Image ids by node.
    pub images: BTreeMap<NodeId, String>,
    /// How many copies are wanted of services whose number follows the load; of others, the fewest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub copies: BTreeMap<NodeId, u32>,
    /// Ids of secret versions by the name in `secrets`; the agent fetches and opens them, no message ever holds a value.
    pub secrets: BTreeMap<String, Uuid>,
}

/// What a deploy job does. Each can be done twice without harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Networks, volumes, managed components until they are ready, then the jobs with `on: release` in the graph's order.
    Release,
    /// New containers of services that changed; where a service must stop first, only its image and volumes are prepared.
    Start,
    /// Waits until the new containers are healthy and stay so.
    Verify,
    /// Tells the edge; services that must stop first are replaced here.
    Shift,
    /// Waits for running requests of the old containers, stops and removes them and what the release no longer has. Volumes stay
    /// but for those in `give_up`.
    Drain,
    /// Makes `previous` run and serve again and removes what `release` started.
    RollBack,
    /// Removes what `release` started before traffic went over; the reverse of `release` and `start`.
    CleanUp,
    /// Makes what runs equal to `release` again after something else changed it: engine restart, a removed container, a new edge.
    Converge,
    /// Removes everything of the environment but its volumes.
    Down,
    /// The same with its volumes.
    Destroy,
}

impl Phase {
    /// The phase that does the work of a state, for states that have work for a target.
    #[must_use]
    pub const fn of(state: DeploymentState) -> Option<Self> {
        Some(match state {
            DeploymentState::Releasing => Self::Release,
            DeploymentState::Starting => Self::Start,
            DeploymentState::Verifying => Self::Verify,
            DeploymentState::Shifting => Self::Shift,
            DeploymentState::Draining => Self::Drain,
            DeploymentState::RollingBack => Self::RollBack,
            DeploymentState::Cancelling | DeploymentState::CleaningUp => Self::CleanUp,
            _ => return None,
        })
    }

    /// The name in subjects.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Release => "release",
            Self::Start => "start",
            Self::Verify => "verify",
            Self::Shift => "shift",
            Self::Drain => "drain",
            Self::RollBack => "roll_back",
            Self::CleanUp => "clean_up",
            Self::Converge => "converge",
            Self::Down => "down",
            Self::Destroy => "destroy",
        }
    }
}

/// What came of a [`DeployJob`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeployResult {
    /// It is so, observed.
    Done {
        /// What runs now.
        observed: Vec<Instance>,
        /// The URLs that the edge answers, after `shift` and `converge`.
        #[serde(default)]
        urls: Vec<String>,
    },
    /// It is not.
    Failed {
        /// Why.
        failure: Box<Failure>,
        /// What runs now.
        observed: Vec<Instance>,
    },
}

/// A container as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// The engine's name of it.
    pub container: String,
    /// The component.
    pub node: NodeId,
    /// Counts from 0 within the component.
    pub replica: u32,
    /// The release it was made for.
    pub release: i64,
    /// The id of its image.
    pub image: String,
    /// As the engine says it: `created`, `running`, `exited`, …
    pub state: String,
    /// `healthy`, `unhealthy`, `starting`; none without a probe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<String>,
    /// How often the engine started it again.
    pub restarts: u64,
    /// Of the last run, if it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// Whether the last run ended for want of memory.
    pub oom_killed: bool,
    /// When the present run began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// Run a job of the program now, or a command with a service's surroundings: `helios.job.run.<target>`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunJob {
    /// Where.
    pub environment: EnvironmentRef,
    /// The live release.
    pub release: ReleasePayload,
    /// The component.
    pub node: NodeId,
    /// The command instead of the component's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Vec<String>>,
    /// What is done with copies of its data instead, where it is a database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<DataWork>,
}

/// What is done with copies of a database's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataWork {
    /// A copy is made, and those that were kept long enough are removed.
    Backup {
        /// The row in `backups`.
        id: Uuid,
        /// Milliseconds that copies are kept; none for ever.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        keep: Option<u64>,
    },
    /// A copy is brought back.
    Restore {
        /// The row in `backups`.
        id: Uuid,
        /// Of the copy: `sha256:…`.
        digest: String,
    },
}

/// A copy of a database's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataCopy {
    /// Bytes.
    pub size: u64,
    /// `sha256:…` of them.
    pub digest: String,
}

/// What came of a [`RunJob`]. Its output is in the job's log.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunResult {
    /// The exit code of the last try; none if it was stopped.
    pub exit_code: Option<i64>,
    /// Why it did not go well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Box<Failure>>,
    /// The copy that was made, if that was the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copy: Option<DataCopy>,
}

/// Why a job did not go well, as its result says.
#[must_use]
pub fn failure(result: &serde_json::Value) -> Option<Failure> {
    // of a run `failure`, of the others `failed` or `rejected` with or as the failure
    let places = ["/failure", "/failed/failure", "/failed", "/rejected"];
    places.into_iter().find_map(|at| Failure::deserialize(result.pointer(at)?).ok())
}
