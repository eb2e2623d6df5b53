//! Copies of databases' data: which there are, which are being made, which could not be made.

use chrono::{DateTime, TimeDelta, Utc};
use oal_ir::NodeId;
use serde_json::json;
use sqlx::FromRow;
use uuid::Uuid;

use super::jobs::{self, NewJob};
use super::{Tx, events};
use crate::domain::job::{DataCopy, EnvironmentRef, RunResult};

/// The stage of jobs that make copies; their slot is the component.
pub const BACKUP: &str = "backup";
/// The stage of jobs that bring copies back; their slot is the component.
pub const RESTORE: &str = "restore";

/// A copy was made; data is `{node, backup, size, digest}`.
const DONE: &str = "backup.done";
/// A copy could not be made; data is `{node, backup, failure}`.
const FAILED: &str = "backup.failed";

/// A copy, or the attempt at one.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Backup {
    /// Its identifier, and its name on the target.
    pub id: Uuid,
    /// The database.
    pub node: String,
    /// Whether its time had come, or somebody asked for it.
    pub scheduled: bool,
    /// `running`, `done`, `failed`.
    pub state: String,
    /// Bytes.
    pub size: Option<i64>,
    /// `sha256:…` of them.
    pub digest: Option<String>,
    /// Why it was not made.
    pub failure: Option<String>,
    /// The job that makes it, as long as that is known.
    pub job_id: Option<Uuid>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// When it was made, or given up.
    pub finished_at: Option<DateTime<Utc>>,
}

/// What a copy is says its digest, and its job where it has none.
macro_rules! state {
    () => {
        "CASE WHEN b.digest IS NOT NULL THEN 'done' WHEN b.finished_at IS NULL AND j.state IN ('queued', 'running') \
         THEN 'running' ELSE 'failed' END"
    };
}

macro_rules! select {
    () => {
        concat!(
            "SELECT b.id, b.node, b.scheduled, ",
            state!(),
            " AS state, b.size, b.digest, CASE WHEN b.digest IS NULL THEN coalesce(b.failure, j.error) END AS failure, \
             b.job_id, b.created_at, coalesce(b.finished_at, j.finished_at) AS finished_at \
             FROM backups b LEFT JOIN jobs j ON j.id = b.job_id \
             WHERE b.org_id = $1 AND b.environment_id = $2 AND b.removed_at IS NULL "
        )
    };
}

/// Takes hold of an environment's copies until the transaction ends; whether nothing is being done with those of this database.
///
/// # Errors
/// The server.
pub async fn hold(tx: &mut Tx, environment: Uuid, node: &str) -> Result<bool, sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('helios backups ' || $1, 0))")
        .bind(environment.to_string())
        .execute(&mut **tx)
        .await?;
    sqlx::query_scalar(
        "SELECT NOT EXISTS (SELECT FROM jobs WHERE environment_id = $1 AND stage IN ($2, $3) AND slot = $4 \
         AND state IN ('queued', 'running'))",
    )
    .bind(environment)
    .bind(BACKUP)
    .bind(RESTORE)
    .bind(node)
    .fetch_one(&mut **tx)
    .await
}

/// Begins a copy: its row and its job, whose body names the row. The job.
///
/// # Errors
/// The server.
pub async fn begin(
    tx: &mut Tx,
    id: Uuid,
    scheduled: bool,
    environment: Uuid,
    job: &NewJob,
) -> Result<Option<Uuid>, sqlx::Error> {
    let made = jobs::create(tx, job).await?;
    sqlx::query(
        "INSERT INTO backups (id, org_id, environment_id, node, scheduled, job_id) VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(id)
    .bind(job.org)
    .bind(environment)
    .bind(&job.slot)
    .bind(scheduled)
    .bind(made)
    .execute(&mut **tx)
    .await?;
    Ok(made)
}

/// The copy of that row, if it was made.
///
/// # Errors
/// The server.
pub async fn made(tx: &mut Tx, id: Uuid) -> Result<Option<DataCopy>, sqlx::Error> {
    let row: Option<(i64, String)> =
        sqlx::query_as("SELECT size, digest FROM backups WHERE id = $1 AND digest IS NOT NULL")
            .bind(id)
            .fetch_optional(&mut **tx)
            .await?;
    Ok(row.map(|(size, digest)| DataCopy { size: u64::try_from(size).unwrap_or_default(), digest }))
}

/// Writes down how a copy went, once, and tells of it. After a good one, those older than `keep` milliseconds are given up, but
/// for this one; the copies of the database that are left, or nothing if this one was not made.
///
/// # Errors
/// The server.
pub async fn record(
    tx: &mut Tx,
    environment: &EnvironmentRef,
    node: &NodeId,
    id: Uuid,
    keep: Option<u64>,
    result: &RunResult,
) -> Result<Option<Vec<Uuid>>, sqlx::Error> {
    let failure = match (&result.copy, &result.failure) {
        (Some(_), _) => None,
        (None, Some(failure)) => Some(failure.message.clone()),
        (None, None) => Some(String::from("it ended without a copy")),
    };
    let copy = result.copy.as_ref();
    let changed = sqlx::query(
        "UPDATE backups SET size = $2, digest = $3, failure = $4, finished_at = now() WHERE id = $1 AND digest IS NULL",
    )
    .bind(id)
    .bind(copy.map(|copy| i64::try_from(copy.size).unwrap_or(i64::MAX)))
    .bind(copy.map(|copy| &copy.digest))
    .bind(&failure)
    .execute(&mut **tx)
    .await?;
    if changed.rows_affected() == 1 {
        let (kind, data) = match copy {
            Some(copy) => (DONE, json!({ "node": node, "backup": id, "size": copy.size, "digest": copy.digest })),
            None => (FAILED, json!({ "node": node, "backup": id, "failure": failure })),
        };
        events::record(tx, environment.org, Some(environment.id), None, kind, &data).await?;
    }
    if copy.is_none() {
        return Ok(None);
    }
    if let Some(keep) = keep {
        let keep = TimeDelta::milliseconds(i64::try_from(keep).unwrap_or(i64::MAX).min(A_CENTURY));
        sqlx::query(
            "UPDATE backups SET removed_at = now() WHERE environment_id = $1 AND node = $2 AND id <> $3 \
             AND removed_at IS NULL AND created_at < $4",
        )
        .bind(environment.id)
        .bind(node.as_str())
        .bind(id)
        .bind(Utc::now() - keep)
        .execute(&mut **tx)
        .await?;
    }
    let left = sqlx::query_scalar(
        "SELECT id FROM backups WHERE environment_id = $1 AND node = $2 AND digest IS NOT NULL AND removed_at IS NULL",
    )
    .bind(environment.id)
    .bind(node.as_str())
    .fetch_all(&mut **tx)
    .await?;
    Ok(Some(left))
}

/// Milliseconds.
const A_CENTURY: i64 = 100 * 365 * 24 * 3600 * 1000;

/// The copies of an environment that is destroyed are gone.
///
/// # Errors
/// The server.
pub async fn forget(tx: &mut Tx, environment: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE backups SET removed_at = now() WHERE environment_id = $1 AND removed_at IS NULL")
        .bind(environment)
        .execute(&mut **tx)
        .await
        .map(drop)
}

/// The copies of an environment, newest first, from before `before` on.
///
/// # Errors
/// The server.
pub async fn list(
    tx: &mut Tx,
    org: Uuid,
    environment: Uuid,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Backup>, sqlx::Error> {
    sqlx::query_as(concat!(select!(), "AND ($3::uuid IS NULL OR b.id < $3) ORDER BY b.id DESC LIMIT $4"))
        .bind(org)
        .bind(environment)
        .bind(before)
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
}

/// A copy of an environment.
///
/// # Errors
/// The server.
pub async fn find(tx: &mut Tx, org: Uuid, environment: Uuid, id: Uuid) -> Result<Option<Backup>, sqlx::Error> {
    sqlx::query_as(concat!(select!(), "AND b.id = $3"))
        .bind(org)
        .bind(environment)
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
}

/// The last one of each database, made or not.
///
/// # Errors
/// The server.
pub async fn last(tx: &mut Tx, org: Uuid, environment: Uuid) -> Result<Vec<Backup>, sqlx::Error> {
    sqlx::query_as(concat!("SELECT DISTINCT ON (node) * FROM (", select!(), ") l ORDER BY node, id DESC"))
        .bind(org)
        .bind(environment)
        .fetch_all(&mut **tx)
        .await
}

/// How many were made and how many could not be, ever: `(done, failed)`.
///
/// # Errors
/// The server.
pub async fn counts(pool: &sqlx::PgPool) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(concat!(
        "SELECT count(*) FILTER (WHERE state = 'done'), count(*) FILTER (WHERE state = 'failed') FROM (SELECT ",
        state!(),
        " AS state FROM backups b LEFT JOIN jobs j ON j.id = b.job_id) s"
    ))
    .fetch_one(pool)
    .await
}
