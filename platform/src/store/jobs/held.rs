//! What a worker writes of the job it holds.

use std::time::Duration;

use chrono::{DateTime, Utc};
use helios_client::JobState;
use sqlx::postgres::types::PgInterval;
use uuid::Uuid;

use super::{End, TOO_LATE, end, send};
use crate::store::{Store, Tx};

/// A job that was taken.
#[derive(Debug, Clone)]
pub struct Held {
    /// The job.
    pub job: Uuid,
    /// The organisation.
    pub org: Uuid,
    /// The deployment it is part of.
    pub deployment: Option<Uuid>,
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// What every write for it must name.
    pub fence: i64,
    /// When it must have ended.
    pub deadline: DateTime<Utc>,
}

/// What a worker that was sent a job is to do.
#[derive(Debug, Clone)]
pub enum Claim {
    /// Work on it.
    Taken(Held),
    /// Nothing: it has ended, or there is a newer message.
    Over,
    /// Nothing now: another worker holds it.
    Elsewhere,
    /// There is no such job.
    Unknown,
}

#[derive(sqlx::FromRow)]
struct Row {
    org_id: Uuid,
    deployment_id: Option<Uuid>,
    #[sqlx(try_from = "String")]
    state: JobState,
    attempt: i32,
    sent: i32,
    fence: i64,
    deadline: DateTime<Utc>,
    late: bool,
    cancel_requested: bool,
}

/// Takes a job for `lease`. `message` is the number in the message that told of it.
///
/// # Errors
/// The server.
pub async fn claim(
    store: &Store,
    job: Uuid,
    message: u32,
    worker: &str,
    lease: Duration,
) -> Result<Claim, sqlx::Error> {
    let mut tx = store.system().await?;
    let row: Option<Row> = sqlx::query_as(
        "SELECT org_id, deployment_id, state, attempt, sent, fence, deadline, deadline <= now() AS late, cancel_requested \
         FROM jobs WHERE id = $1 FOR UPDATE",
    )
    .bind(job)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(Claim::Unknown) };
    let newer = i64::from(row.sent) > i64::from(message);
    let claim = match row.state {
        state if state.is_terminal() || newer => Claim::Over,
        JobState::Running => Claim::Elsewhere,
        _ if row.cancel_requested => {
            end(&mut tx, job, End::Cancelled).await?;
            Claim::Over
        }
        _ if row.late => {
            end(&mut tx, job, End::Failed(TOO_LATE.to_owned())).await?;
            Claim::Over
        }
        _ => {
            let (attempt, fence) = (row.attempt.saturating_add(1), row.fence.saturating_add(1));
            sqlx::query(
                "UPDATE jobs SET state = 'running', attempt = $2, fence = $3, worker = $4, lease_until = now() + $5 \
                 WHERE id = $1",
            )
            .bind(job)
            .bind(attempt)
            .bind(fence)
            .bind(worker)
            .bind(interval(lease)?)
            .execute(&mut *tx)
            .await?;
            Claim::Taken(Held {
                job,
                org: row.org_id,
                deployment: row.deployment_id,
                attempt: u32::try_from(attempt).unwrap_or_default(),
                fence,
                deadline: row.deadline,
            })
        }
    };
    // Also where nothing was written: a transaction that is only dropped keeps the row locked a while longer.
    tx.commit().await?;
    Ok(claim)
}

/// What a renewal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// Go on.
    Held,
    /// Go on, but only to stop.
    Cancelled,
    /// Another may hold it: touch nothing any more.
    Lost,
}

/// Holds a job for `lease` from now.
///
/// # Errors
/// The server.
pub async fn renew(store: &Store, job: Uuid, fence: i64, lease: Duration) -> Result<Renewal, sqlx::Error> {
    let row: Option<(bool,)> = sqlx::query_as(
        "UPDATE jobs SET lease_until = now() + $3 WHERE id = $1 AND fence = $2 AND state = 'running' \
         RETURNING cancel_requested",
    )
    .bind(job)
    .bind(fence)
    .bind(interval(lease)?)
    .fetch_optional(store.pool())
    .await?;
    Ok(match row {
        None => Renewal::Lost,
        Some((true,)) => Renewal::Cancelled,
        Some((false,)) => Renewal::Held,
    })
}

/// Locks the job's row if the fence still holds it: the attempts so far and the most there may be.
async fn lock(tx: &mut Tx, job: Uuid, fence: i64) -> Result<Option<(i32, i32)>, sqlx::Error> {
    sqlx::query_as(
        "SELECT attempt, max_attempts FROM jobs WHERE id = $1 AND fence = $2 AND state = 'running' FOR UPDATE",
    )
    .bind(job)
    .bind(fence)
    .fetch_optional(&mut **tx)
    .await
}

/// Ends a job. False if the fence no longer holds it: nothing was written.
///
/// # Errors
/// The server.
pub async fn finish(store: &Store, job: Uuid, fence: i64, how: End) -> Result<bool, sqlx::Error> {
    let mut tx = store.system().await?;
    if lock(&mut tx, job, fence).await?.is_none() {
        return Ok(false);
    }
    end(&mut tx, job, how).await?;
    tx.commit().await?;
    Ok(true)
}

/// What became of a job that failed in a way worth another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retried {
    /// It is sent again later.
    Queued,
    /// That was the last attempt; it is among the dead letters.
    Dead,
    /// The fence no longer holds it: nothing was written.
    Lost,
}

/// Sends a job again after `delay`, if it may be begun once more.
///
/// # Errors
/// The server.
pub async fn retry(store: &Store, job: Uuid, fence: i64, error: &str, delay: Duration) -> Result<Retried, sqlx::Error> {
    let mut tx = store.system().await?;
    let Some((attempt, most)) = lock(&mut tx, job, fence).await? else { return Ok(Retried::Lost) };
    let retried = if attempt >= most {
        end(&mut tx, job, End::Dead(error.to_owned())).await?;
        Retried::Dead
    } else {
        again(&mut tx, job, error, delay).await?;
        Retried::Queued
    };
    tx.commit().await?;
    Ok(retried)
}

/// The same where the attempt does not count: what the job needs was away. The deadline alone ends that.
///
/// # Errors
/// The server.
pub async fn wait(store: &Store, job: Uuid, fence: i64, error: &str, delay: Duration) -> Result<Retried, sqlx::Error> {
    let mut tx = store.system().await?;
    if lock(&mut tx, job, fence).await?.is_none() {
        return Ok(Retried::Lost);
    }
    sqlx::query("UPDATE jobs SET attempt = attempt - 1 WHERE id = $1").bind(job).execute(&mut *tx).await?;
    again(&mut tx, job, error, delay).await?;
    tx.commit().await?;
    Ok(Retried::Queued)
}

/// Queues a job once more, with the reason.
async fn again(tx: &mut Tx, job: Uuid, error: &str, delay: Duration) -> Result<(), sqlx::Error> {
    queue(tx, job).await?;
    sqlx::query("UPDATE jobs SET error = $2 WHERE id = $1")
        .bind(job)
        .bind(error.replace('\0', "\u{fffd}"))
        .execute(&mut **tx)
        .await?;
    send(tx, job, delay).await
}

/// Gives a job back as if it had not been begun, for any worker to take on its next delivery. False if the fence no longer holds
/// it.
///
/// # Errors
/// The server.
pub async fn release(store: &Store, job: Uuid, fence: i64) -> Result<bool, sqlx::Error> {
    let mut tx = store.system().await?;
    if lock(&mut tx, job, fence).await?.is_none() {
        return Ok(false);
    }
    sqlx::query("UPDATE jobs SET attempt = attempt - 1 WHERE id = $1").bind(job).execute(&mut *tx).await?;
    queue(&mut tx, job).await?;
    tx.commit().await?;
    Ok(true)
}

/// Nobody holds it any more.
pub(super) async fn queue(tx: &mut Tx, job: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE jobs SET state = 'queued', lease_until = NULL, worker = NULL WHERE id = $1")
        .bind(job)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(super) fn interval(duration: Duration) -> Result<PgInterval, sqlx::Error> {
    PgInterval::try_from(duration).map_err(sqlx::Error::Encode)
}
