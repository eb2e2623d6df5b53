//! Lines of builds, of jobs and of running containers.

use chrono::{DateTime, Utc};
use oal_ir::NodeId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A line. Secrets are blanked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// When it was written.
    pub at: DateTime<Utc>,
    /// The component it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub node: Option<NodeId>,
    /// The job that wrote it; none for a running container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Uuid>,
    /// What the job is for: `building`, `releasing`, `run`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Which copy of the component; none for a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica: Option<u32>,
    /// Whether it came by standard error.
    #[serde(default)]
    pub stderr: bool,
    /// The line, without its end.
    pub line: String,
}

/// Which lines of running containers are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct LogQuery {
    /// Only this component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(value_type = Option<String>, pattern = "^[a-z_][a-z0-9_]*/[a-z_][a-z0-9_]*$", max_length = 200))]
    pub node: Option<NodeId>,
    /// Only lines since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Only so many of the last lines of each container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(maximum = 10_000))]
    pub tail: Option<u32>,
    /// Go on with new lines.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follow: bool,
}
