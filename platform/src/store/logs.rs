//! The logs of jobs: lines in the order they were written, each once.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{LOG_CHANNEL, Store, Tx, notify};

/// A line of a job's log.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow, serde::Serialize)]
pub struct Line {
    /// Its place in the job's log, from 1.
    pub seq: i64,
    /// The component it is about.
    pub node: Option<String>,
    /// The line without its end.
    pub line: String,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// The place of the last line of a job's log; 0 if it has none.
///
/// # Errors
/// The server.
pub async fn last(store: &Store, job: Uuid) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM log_lines WHERE job_id = $1")
        .bind(job)
        .fetch_one(store.pool())
        .await
}

/// Adds lines to the log of a job that is held with this fence. False if it no longer is: nothing was written. May be called
/// again with the same lines if it is not known whether they were written.
///
/// # Errors
/// The server.
pub async fn append(store: &Store, org: Uuid, job: Uuid, fence: i64, lines: &[Line]) -> Result<bool, sqlx::Error> {
    let mut tx = store.system().await?;
    // Nobody takes the job between this and the commit.
    let held: Option<(bool,)> =
        sqlx::query_as("SELECT true FROM jobs WHERE id = $1 AND fence = $2 AND state = 'running' FOR SHARE")
            .bind(job)
            .bind(fence)
            .fetch_optional(&mut *tx)
            .await?;
    if held.is_none() {
        return Ok(false);
    }
    let seqs: Vec<i64> = lines.iter().map(|line| line.seq).collect();
    let nodes: Vec<Option<&str>> = lines.iter().map(|line| line.node.as_deref()).collect();
    let texts: Vec<&str> = lines.iter().map(|line| &*line.line).collect();
    let times: Vec<DateTime<Utc>> = lines.iter().map(|line| line.at).collect();
    sqlx::query(
        "INSERT INTO log_lines (job_id, org_id, seq, node, line, at) \
         SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::text[], $6::timestamptz[]) \
         ON CONFLICT (job_id, seq) DO NOTHING",
    )
    .bind(job)
    .bind(org)
    .bind(seqs)
    .bind(nodes)
    .bind(texts)
    .bind(times)
    .execute(&mut *tx)
    .await?;
    notify(&mut tx, LOG_CHANNEL, &job.to_string()).await?;
    tx.commit().await?;
    Ok(true)
}

/// Lines of a job's log after a place, in order, at most so many.
///
/// # Errors
/// The server.
pub async fn after(tx: &mut Tx, org: Uuid, job: Uuid, after: i64, most: i64) -> Result<Vec<Line>, sqlx::Error> {
    sqlx::query_as(
        "SELECT seq, node, line, at FROM log_lines WHERE org_id = $1 AND job_id = $2 AND seq > $3 ORDER BY seq LIMIT $4",
    )
    .bind(org)
    .bind(job)
    .bind(after)
    .bind(most)
    .fetch_all(&mut **tx)
    .await
}
