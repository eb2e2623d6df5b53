//! How far work has come, for those who follow it: the jobs of a deployment, what runs of an environment.

use chrono::{DateTime, Utc};
use helios_client::{DeploymentState, Instance};
use uuid::Uuid;

use super::Tx;

/// A job whose lines are followed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Part {
    /// The job.
    #[sqlx(rename = "id")]
    pub job: Uuid,
    /// What it is for.
    pub stage: String,
}

/// The jobs of a deployment, in the order they were made, which never changes, and whether no line will follow.
///
/// # Errors
/// The server.
pub async fn of_deployment(tx: &mut Tx, org: Uuid, deployment: Uuid) -> Result<(Vec<Part>, bool), sqlx::Error> {
    // the state first: a deployment that has ended gets no more jobs
    let state: Option<String> = sqlx::query_scalar("SELECT state FROM deployments WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(deployment)
        .fetch_optional(&mut **tx)
        .await?;
    let ended = state.as_deref().and_then(DeploymentState::from_name).is_none_or(DeploymentState::is_terminal);
    let open: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM jobs WHERE org_id = $1 AND deployment_id = $2 AND state IN ('queued', 'running'))",
    )
    .bind(org)
    .bind(deployment)
    .fetch_one(&mut **tx)
    .await?;
    let parts =
        sqlx::query_as("SELECT id, stage FROM jobs WHERE org_id = $1 AND deployment_id = $2 ORDER BY created_at, id")
            .bind(org)
            .bind(deployment)
            .fetch_all(&mut **tx)
            .await?;
    Ok((parts, ended && !open))
}

/// A job, and whether no line will follow.
///
/// # Errors
/// The server.
pub async fn of_job(tx: &mut Tx, org: Uuid, job: Uuid) -> Result<(Vec<Part>, bool), sqlx::Error> {
    let row: Option<(String, bool)> =
        sqlx::query_as("SELECT stage, state NOT IN ('queued', 'running') FROM jobs WHERE org_id = $1 AND id = $2")
            .bind(org)
            .bind(job)
            .fetch_optional(&mut **tx)
            .await?;
    let over = row.as_ref().is_none_or(|(_, ended)| *ended);
    Ok((row.into_iter().map(|(stage, _)| Part { job, stage }).collect(), over))
}

/// What runs of an environment, as it was seen last, by component and replica.
///
/// # Errors
/// The server.
pub async fn instances(tx: &mut Tx, org: Uuid, environment: Uuid) -> Result<Vec<Instance>, sqlx::Error> {
    #[derive(sqlx::FromRow)]
    struct Row {
        container: String,
        node: String,
        replica: i32,
        release_number: i64,
        image: String,
        state: String,
        health: Option<String>,
        restarts: i64,
        exit_code: Option<i64>,
        oom_killed: bool,
        started_at: Option<DateTime<Utc>>,
        observed_at: DateTime<Utc>,
    }
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT container, node, replica, release_number, image, state, health, restarts, exit_code, oom_killed, started_at, \
         observed_at FROM instances WHERE org_id = $1 AND environment_id = $2 ORDER BY node, replica, container",
    )
    .bind(org)
    .bind(environment)
    .fetch_all(&mut **tx)
    .await?;
    let show = |row: Row| {
        Some(Instance {
            container: row.container,
            // what is no id was not written by this platform
            node: row.node.parse().ok()?,
            replica: u32::try_from(row.replica).unwrap_or_default(),
            release: row.release_number,
            image: row.image,
            state: row.state,
            health: row.health,
            restarts: u64::try_from(row.restarts).unwrap_or_default(),
            exit_code: row.exit_code,
            oom_killed: row.oom_killed,
            started_at: row.started_at,
            observed_at: row.observed_at,
        })
    };
    Ok(rows.into_iter().filter_map(show).collect())
}
