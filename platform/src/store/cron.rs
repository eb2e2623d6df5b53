//! Runs of what has a schedule. The key of `cron_runs` makes each time count once, however many schedulers look.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Tx, jobs};
use crate::domain::schedule::Runs;

/// The stage of the jobs that a schedule starts; their slot is the component.
pub const STAGE: &str = "cron";

/// Environments in which something runs: themselves and their release.
///
/// # Errors
/// The server.
pub async fn live(tx: &mut Tx) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, live_release_id FROM environments WHERE live_release_id IS NOT NULL AND down_at IS NULL ORDER BY id",
    )
    .fetch_all(&mut **tx)
    .await
}

/// Takes a time; whether nobody had taken it.
///
/// # Errors
/// The server.
pub async fn take(
    tx: &mut Tx,
    org: Uuid,
    environment: Uuid,
    node: &str,
    due: DateTime<Utc>,
) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query(
        "INSERT INTO cron_runs (environment_id, org_id, node, due_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(environment)
    .bind(org)
    .bind(node)
    .bind(due)
    .execute(&mut **tx)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Whether a time was taken.
///
/// # Errors
/// The server.
pub async fn is_taken(tx: &mut Tx, environment: Uuid, node: &str, due: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM cron_runs WHERE environment_id = $1 AND node = $2 AND due_at = $3)")
        .bind(environment)
        .bind(node)
        .bind(due)
        .fetch_one(&mut **tx)
        .await
}

/// Says which job a time started.
///
/// # Errors
/// The server.
pub async fn started(
    tx: &mut Tx,
    environment: Uuid,
    node: &str,
    due: DateTime<Utc>,
    job: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE cron_runs SET job_id = $4 WHERE environment_id = $1 AND node = $2 AND due_at = $3")
        .bind(environment)
        .bind(node)
        .bind(due)
        .bind(job)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What is known of the runs of a component: of its jobs of these stages.
///
/// # Errors
/// The server.
pub async fn runs(tx: &mut Tx, environment: Uuid, stages: &[&str], node: &str) -> Result<Runs, sqlx::Error> {
    let (open, ended_at): (bool, Option<DateTime<Utc>>) = sqlx::query_as(
        "SELECT coalesce(bool_or(state IN ('queued', 'running')), false), max(finished_at) FROM jobs \
         WHERE environment_id = $1 AND stage = ANY($2) AND slot = $3",
    )
    .bind(environment)
    .bind(stages)
    .bind(node)
    .fetch_one(&mut **tx)
    .await?;
    Ok(Runs { open, ended_at })
}

/// Asks the open runs of a component to stop.
///
/// # Errors
/// The server.
pub async fn stop(tx: &mut Tx, org: Uuid, environment: Uuid, stages: &[&str], node: &str) -> Result<(), sqlx::Error> {
    let open: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM jobs WHERE environment_id = $1 AND stage = ANY($2) AND slot = $3 AND state IN ('queued', 'running') \
         AND NOT cancel_requested",
    )
    .bind(environment)
    .bind(stages)
    .bind(node)
    .fetch_all(&mut **tx)
    .await?;
    for job in open {
        jobs::cancel(tx, org, job).await?;
    }
    Ok(())
}

/// Forgets ended runs of a component and their logs, but for the last `keep`. That the times were taken is not forgotten.
///
/// # Errors
/// The server.
pub async fn trim(tx: &mut Tx, environment: Uuid, stages: &[&str], node: &str, keep: i64) -> Result<(), sqlx::Error> {
    let old: Vec<Uuid> = sqlx::query_scalar(
        "SELECT id FROM jobs j WHERE environment_id = $1 AND stage = ANY($2) AND slot = $3 AND state NOT IN ('queued', 'running') \
         AND NOT EXISTS (SELECT FROM dead_letters d WHERE d.job_id = j.id) ORDER BY created_at DESC, id DESC OFFSET $4",
    )
    .bind(environment)
    .bind(stages)
    .bind(node)
    .bind(keep)
    .fetch_all(&mut **tx)
    .await?;
    for statement in [
        "UPDATE cron_runs SET job_id = NULL WHERE job_id = ANY($1)",
        "DELETE FROM log_lines WHERE job_id = ANY($1)",
        "DELETE FROM jobs WHERE id = ANY($1)",
    ] {
        sqlx::query(statement).bind(&old).execute(&mut **tx).await?;
    }
    Ok(())
}
