//! Jobs that nobody brings to an end: the worker is gone, the message is lost, the time is over.

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::held::{interval, queue};
use super::{End, TOO_LATE, end, send};
use crate::store::{Store, Tx};

/// So many at a time; the rest at the next round.
const BATCH: i64 = 100;

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reaped {
    /// Leases that had run out.
    pub expired: u64,
    /// Jobs that ended: cancelled while nobody held them, deadline, out of attempts.
    pub ended: u64,
    /// Jobs that were sent again.
    pub sent: u64,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    running: bool,
    cancel_requested: bool,
    late: bool,
    spent: bool,
}

/// Takes jobs away from workers that have let their lease run out, and ends those that nobody holds and nobody need begin: begun
/// too often, cancelled, past their deadline.
///
/// # Errors
/// The server.
pub async fn reap(store: &Store) -> Result<Reaped, sqlx::Error> {
    let mut tx = store.system().await?;
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, state = 'running' AS running, cancel_requested, deadline <= now() AS late, attempt >= max_attempts AS spent \
         FROM jobs WHERE state = 'running' AND lease_until <= now() \
         OR state = 'queued' AND (cancel_requested OR deadline <= now()) \
         ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED",
    )
    .bind(BATCH)
    .fetch_all(&mut *tx)
    .await?;
    let mut reaped = Reaped::default();
    for row in rows {
        reaped.expired += u64::from(row.running);
        let how = if row.cancel_requested {
            Some(End::Cancelled)
        } else if row.late {
            Some(End::Failed(TOO_LATE.to_owned()))
        } else if row.spent {
            Some(End::Dead("the worker that held it was lost, and it was begun as often as it may be".to_owned()))
        } else {
            None
        };
        match how {
            Some(how) => {
                end(&mut tx, row.id, how).await?;
                reaped.ended += 1;
            }
            None => {
                queue(&mut tx, row.id).await?;
                send(&mut tx, row.id, Duration::ZERO).await?;
                reaped.sent += 1;
            }
        }
    }
    tx.commit().await?;
    Ok(reaped)
}

/// Sends jobs again whose message the bus may have lost: sent before `wiped`, when the stream was made anew, or so long ago that
/// a worker should have taken it. The wait doubles from `taken` to ten minutes: that no worker is there is no reason to send a
/// message every second.
///
/// # Errors
/// The server.
pub async fn send_lost(store: &Store, wiped: Option<DateTime<Utc>>, taken: Duration) -> Result<u64, sqlx::Error> {
    let mut tx = store.system().await?;
    let jobs: Vec<Uuid> = sqlx::query_scalar(
        "SELECT jobs.id FROM jobs LEFT JOIN outbox ON outbox.message_id = jobs.id || ':' || jobs.sent \
         WHERE jobs.state = 'queued' AND (outbox.id IS NULL OR outbox.published_at < $1 \
         OR outbox.published_at < now() - least($3 * power(2, least(jobs.sent - 1, 10)), interval '10 min')) \
         ORDER BY jobs.id LIMIT $2 FOR UPDATE OF jobs SKIP LOCKED",
    )
    .bind(wiped)
    .bind(BATCH)
    .bind(interval(taken)?)
    .fetch_all(&mut *tx)
    .await?;
    for job in &jobs {
        send(&mut tx, *job, Duration::ZERO).await?;
    }
    tx.commit().await?;
    Ok(jobs.len() as u64)
}

/// Sends a job again if no worker holds it. False if one does, or it has ended.
///
/// # Errors
/// The server.
pub async fn send_again(store: &Store, job: Uuid) -> Result<bool, sqlx::Error> {
    let mut tx = store.system().await?;
    let waits = lock_queued(&mut tx, job).await?;
    if waits {
        send(&mut tx, job, Duration::ZERO).await?;
        tx.commit().await?;
    }
    Ok(waits)
}

async fn lock_queued(tx: &mut Tx, job: Uuid) -> Result<bool, sqlx::Error> {
    let found: Option<(Uuid,)> = sqlx::query_as("SELECT id FROM jobs WHERE id = $1 AND state = 'queued' FOR UPDATE")
        .bind(job)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(found.is_some())
}

/// Ends a job whose message can never be delivered, if it has not ended.
///
/// # Errors
/// The server.
pub async fn give_up(store: &Store, job: Uuid, why: &str) -> Result<bool, sqlx::Error> {
    let mut tx = store.system().await?;
    let waits = lock_queued(&mut tx, job).await?;
    if waits {
        end(&mut tx, job, End::Dead(why.to_owned())).await?;
        tx.commit().await?;
    }
    Ok(waits)
}
