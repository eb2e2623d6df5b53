//! Jobs that make what runs equal to what should.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Tx, jobs};

/// The stage of these jobs.
pub const STAGE: &str = "converge";

/// Takes hold of an environment until the transaction ends, if this release still runs in it, no deployment is under way and no
/// such job is open.
///
/// # Errors
/// The server.
pub async fn hold(tx: &mut Tx, environment: Uuid, release: Uuid) -> Result<bool, sqlx::Error> {
    let held: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM environments e WHERE id = $1 AND live_release_id = $2 AND down_at IS NULL \
         AND NOT EXISTS (SELECT FROM deployments d WHERE d.environment_id = e.id \
           AND d.state NOT IN ('live', 'cancelled', 'rolled_back', 'failed', 'superseded')) \
         AND NOT EXISTS (SELECT FROM jobs j WHERE j.environment_id = e.id AND j.stage = $3 AND j.state IN ('queued', 'running')) \
         FOR UPDATE SKIP LOCKED",
    )
    .bind(environment)
    .bind(release)
    .bind(STAGE)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(held.is_some())
}

/// How many such jobs an environment had since then, and since another number of copies was wanted, and when the last one ended.
///
/// # Errors
/// The server.
pub async fn recent(
    tx: &mut Tx,
    environment: Uuid,
    since: DateTime<Utc>,
) -> Result<(i64, Option<DateTime<Utc>>), sqlx::Error> {
    sqlx::query_as(
        "SELECT count(*), max(coalesce(finished_at, created_at)) FROM jobs \
         WHERE environment_id = $1 AND stage = $2 \
         AND created_at > greatest($3, (SELECT max(changed_at) FROM scales WHERE environment_id = $1))",
    )
    .bind(environment)
    .bind(STAGE)
    .bind(since)
    .fetch_one(&mut **tx)
    .await
}

/// Asks such jobs of an environment to stop, since a deployment is to begin; whether one of them still runs.
///
/// # Errors
/// The server.
pub async fn stop(tx: &mut Tx, org: Uuid, environment: Uuid) -> Result<bool, sqlx::Error> {
    let open: Vec<(Uuid, bool)> = sqlx::query_as(
        "SELECT id, cancel_requested FROM jobs WHERE environment_id = $1 AND stage = $2 AND state IN ('queued', 'running')",
    )
    .bind(environment)
    .bind(STAGE)
    .fetch_all(&mut **tx)
    .await?;
    for (job, _) in open.iter().filter(|(_, asked)| !asked) {
        jobs::cancel(tx, org, *job).await?;
    }
    // One that nobody had taken has ended by this.
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM jobs WHERE environment_id = $1 AND stage = $2 AND state IN ('queued', 'running'))",
    )
    .bind(environment)
    .bind(STAGE)
    .fetch_one(&mut **tx)
    .await
}
