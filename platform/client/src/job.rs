//! Work outside of deployments that somebody asked for: to run a job or a command now, to take an environment down.

use chrono::{DateTime, Utc};
use oal_ir::NodeId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::failure::Failure;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// It checks a program.
    Oal,
    /// It builds or fetches an image.
    Build,
    /// It changes what runs.
    Deploy,
    /// It runs a component to its end.
    Run,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// No worker has it yet.
    Queued,
    /// A worker has it.
    Running,
    /// It was done; for a run, see the exit code. Terminal.
    Done,
    /// It could not be done. Terminal.
    Failed,
    /// It was given up after too many attempts. Terminal.
    Dead,
    /// It was stopped on request. Terminal.
    Cancelled,
}

impl JobState {
    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Queued | Self::Running)
    }
}

impl TryFrom<String> for JobState {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let states = [Self::Queued, Self::Running, Self::Done, Self::Failed, Self::Dead, Self::Cancelled];
        states.into_iter().find(|state| state.name() == name).ok_or_else(|| format!("no state of a job: `{name}`"))
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Job {
    /// Its identifier.
    pub id: Uuid,
    /// The deployment it is part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Uuid>,
    /// What it does.
    pub kind: JobKind,
    /// What it is for: the state of its deployment, or `run`, `down`, `destroy`, `plan`.
    pub stage: String,
    /// Where it stands.
    pub state: JobState,
    /// How often it was tried.
    pub attempt: i32,
    /// The exit code of what ran, when it has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i64>,
    /// Why it did not go well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<Box<Failure>>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
}

/// A component to be run to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// A job of the program, or a service whose surroundings the command gets.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[a-z_][a-z0-9_]*/[a-z_][a-z0-9_]*$", max_length = 200))]
    pub node: NodeId,
    /// Program and arguments instead of the component's own; takes the scope `exec`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 200))]
    pub command: Option<Vec<String>>,
}

/// An environment to be taken down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewDown {
    /// Whether its volumes go, too, and all data with them; takes the scope `admin`.
    #[serde(default)]
    pub destroy: bool,
}
