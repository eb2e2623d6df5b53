//! The jobs of a deployment, as the driver sees them.

use sqlx::types::Json;
use uuid::Uuid;

use super::Tx;
use crate::store::jobs;

/// A job of a deployment.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StageJob {
    /// The job.
    pub id: Uuid,
    /// The deployment's state it was made for.
    pub stage: String,
    /// Which of several.
    pub slot: String,
    /// `queued`, `running`, `done`, `failed`, `dead`, `cancelled`.
    pub state: String,
    /// What came of it.
    pub result: Option<Json<serde_json::Value>>,
    /// Why nothing came of it.
    pub error: Option<String>,
}

impl StageJob {
    /// Whether it has not ended.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.state.as_str(), "queued" | "running")
    }
}

/// All jobs of a deployment, in the order they were made.
///
/// # Errors
/// The server.
pub async fn of_deployment(tx: &mut Tx, deployment: Uuid) -> Result<Vec<StageJob>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, stage, slot, state, result, error FROM jobs WHERE deployment_id = $1 ORDER BY created_at, id",
    )
    .bind(deployment)
    .fetch_all(&mut **tx)
    .await
}

/// Asks all open jobs of a deployment to stop.
///
/// # Errors
/// The server.
pub async fn stop(tx: &mut Tx, org: Uuid, deployment: Uuid) -> Result<(), sqlx::Error> {
    let open: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM jobs WHERE deployment_id = $1 AND state IN ('queued', 'running') AND NOT cancel_requested",
    )
    .bind(deployment)
    .fetch_all(&mut **tx)
    .await?;
    for job in open {
        jobs::cancel(tx, org, job).await?;
    }
    Ok(())
}

/// The last lines of a job's log about a component, or of all of it, in order.
///
/// # Errors
/// The server.
pub async fn tail(tx: &mut Tx, job: Uuid, node: Option<&str>, lines: i64) -> Result<Vec<String>, sqlx::Error> {
    let mut tail: Vec<String> = sqlx::query_scalar(
        "SELECT line FROM log_lines WHERE job_id = $1 AND ($2::text IS NULL OR node = $2) ORDER BY seq DESC LIMIT $3",
    )
    .bind(job)
    .bind(node)
    .bind(lines)
    .fetch_all(&mut **tx)
    .await?;
    tail.reverse();
    Ok(tail)
}
