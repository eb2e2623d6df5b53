//! Jobs that make what runs equal to what should.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Tx, jobs};

/// The stage of these jobs.
pub const STAGE: &str = "converge";

/// Takes hold of an environment until the transaction ends, if this release still runs in it and nothing changes it.
///
/// # Errors
/// The server.
pub async fn hold(tx: &mut Tx, environment: Uuid, release: Uuid) -> Result<bool, sqlx::Error> {
    let held: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM environments WHERE id = $1 AND live_release_id = $2 AND down_at IS NULL \
         FOR NO KEY UPDATE SKIP LOCKED",
    )
    .bind(environment)
    .bind(release)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(held.is_some() && is_quiet(tx, environment).await?)
}

/// Whether nothing changes an environment that the transaction holds. Asked only once it is held: before, what somebody else has
/// just begun would not be seen.
async fn is_quiet(tx: &mut Tx, environment: Uuid) -> Result<bool, sqlx::Error> {
    let deployed: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM deployments WHERE environment_id = $1 \
         AND state NOT IN ('live', 'cancelled', 'rolled_back', 'failed', 'superseded'))",
    )
    .bind(environment)
    .fetch_one(&mut **tx)
    .await?;
    Ok(!deployed && !jobs::exclusive_open(tx, environment, None).await?)
}

/// Takes hold of an environment until the transaction ends, if nothing is live in it or it is to be down, and nothing changes it.
///
/// # Errors
/// The server.
pub async fn hold_empty(tx: &mut Tx, environment: Uuid) -> Result<bool, sqlx::Error> {
    let held: Option<Uuid> = sqlx::query_scalar(
        "SELECT id FROM environments WHERE id = $1 AND (live_release_id IS NULL OR down_at IS NOT NULL) \
         FOR NO KEY UPDATE SKIP LOCKED",
    )
    .bind(environment)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(held.is_some() && is_quiet(tx, environment).await?)
}

/// The environments in which nothing is live, or that are to be down, and in which something may be left: what was done there last
/// was not to take everything away, or did not go well.
///
/// # Errors
/// The server.
pub async fn remains(tx: &mut Tx) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT e.id FROM environments e CROSS JOIN LATERAL ( \
           SELECT state, stage, result FROM jobs j WHERE j.environment_id = e.id AND j.kind = 'deploy' \
           ORDER BY created_at DESC, id DESC LIMIT 1 \
         ) last WHERE (e.live_release_id IS NULL OR e.down_at IS NOT NULL) AND last.state NOT IN ('queued', 'running') \
         AND NOT (last.stage IN ('cleaning_up', 'cancelling', 'down', 'destroy') AND coalesce(last.result ? 'done', false))",
    )
    .fetch_all(&mut **tx)
    .await
}

/// How many jobs of a stage an environment had since then, and since another number of copies was wanted, and when the last one
/// ended.
///
/// # Errors
/// The server.
pub async fn recent(
    tx: &mut Tx,
    environment: Uuid,
    stage: &str,
    since: DateTime<Utc>,
) -> Result<(i64, Option<DateTime<Utc>>), sqlx::Error> {
    sqlx::query_as(
        "SELECT count(*), max(coalesce(finished_at, created_at)) FROM jobs \
         WHERE environment_id = $1 AND stage = $2 \
         AND created_at > greatest($3, (SELECT max(changed_at) FROM scales WHERE environment_id = $1))",
    )
    .bind(environment)
    .bind(stage)
    .bind(since)
    .fetch_one(&mut **tx)
    .await
}

/// Asks such jobs of an environment to stop, since something else is to begin there.
///
/// # Errors
/// The server.
pub async fn stop(tx: &mut Tx, org: Uuid, environment: Uuid) -> Result<(), sqlx::Error> {
    let open: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM jobs WHERE environment_id = $1 AND stage = $2 AND state IN ('queued', 'running') \
         AND NOT cancel_requested",
    )
    .bind(environment)
    .bind(STAGE)
    .fetch_all(&mut **tx)
    .await?;
    for job in open {
        jobs::cancel(tx, org, job).await?;
    }
    Ok(())
}
