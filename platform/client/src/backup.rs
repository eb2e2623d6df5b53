//! Copies of databases' data that the platform makes and keeps.

use chrono::{DateTime, Utc};
use oal_ir::NodeId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a copy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BackupState {
    /// It is being made.
    Running,
    /// It is whole and can be brought back.
    Done,
    /// It could not be made.
    Failed,
}

/// A copy of a database's data, or the attempt at one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Backup {
    /// Its identifier.
    pub id: Uuid,
    /// The database, as its id in the IR.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub node: NodeId,
    /// Where it stands.
    pub state: BackupState,
    /// Whether the program's schedule asked for it, and nobody else.
    pub scheduled: bool,
    /// Bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<i64>,
    /// `sha256:…` of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Why it could not be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The job that makes it, whose log says more; jobs are forgotten after a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Uuid>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it was made, or could not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
}

/// A copy to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewBackup {
    /// The database.
    #[cfg_attr(feature = "openapi", schema(value_type = String, pattern = "^[a-z_][a-z0-9_]*/[a-z_][a-z0-9_]*$", max_length = 200))]
    pub node: NodeId,
}
