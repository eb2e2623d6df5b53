//! What is to be published, written with the change it tells of.

use std::time::Duration;

use sqlx::postgres::types::PgInterval;

use super::{OUTBOX_CHANNEL, Store, Tx, notify};

/// Adds a message; the relay is told at commit.
///
/// # Errors
/// The server.
pub async fn add(tx: &mut Tx, subject: &str, message_id: &str, payload: &serde_json::Value) -> Result<(), sqlx::Error> {
    add_text(tx, subject, message_id, &payload.to_string(), Duration::ZERO).await
}

/// Adds a message whose payload is JSON already, to be published after `delay`.
///
/// # Errors
/// The server.
pub async fn add_text(
    tx: &mut Tx,
    subject: &str,
    message_id: &str,
    payload: &str,
    delay: Duration,
) -> Result<(), sqlx::Error> {
    let delay = PgInterval::try_from(delay).map_err(sqlx::Error::Encode)?;
    sqlx::query(
        "INSERT INTO outbox (subject, message_id, payload, due_at) VALUES ($1, $2, $3::text::json, now() + $4)",
    )
    .bind(subject)
    .bind(message_id)
    .bind(payload)
    .bind(delay)
    .execute(&mut **tx)
    .await?;
    notify(tx, OUTBOX_CHANNEL, "").await
}

/// A message that is due.
#[derive(Debug, sqlx::FromRow)]
pub struct Due {
    /// Its row.
    pub id: i64,
    /// Where it goes.
    pub subject: String,
    /// What makes it one message however often it is published.
    pub message_id: String,
    /// JSON.
    pub payload: String,
}

/// The next messages that are due, kept from other relays until the transaction ends. Claimed by what they lack, not by a last
/// id: rows commit in another order than they get their ids.
///
/// # Errors
/// The server.
pub async fn due(tx: &mut Tx, most: i64) -> Result<Vec<Due>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, subject, message_id, payload::text FROM outbox WHERE published_at IS NULL AND due_at <= now() \
         ORDER BY due_at, id LIMIT $1 FOR UPDATE SKIP LOCKED",
    )
    .bind(most)
    .fetch_all(&mut **tx)
    .await
}

/// Marks messages as published.
///
/// # Errors
/// The server.
pub async fn published(tx: &mut Tx, ids: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE outbox SET published_at = clock_timestamp() WHERE id = ANY($1)")
        .bind(ids)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Puts messages off that the bus did not take: from 100 ms, doubled each time, to 5 s.
///
/// # Errors
/// The server.
pub async fn put_off(tx: &mut Tx, ids: &[i64]) -> Result<(), sqlx::Error> {
    sqlx::query(
        "UPDATE outbox SET attempts = attempts + 1, \
         due_at = clock_timestamp() + least(interval '100 ms' * power(2, least(attempts, 10)), interval '5 s') \
         WHERE id = ANY($1)",
    )
    .bind(ids)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How long the oldest message that is due has been so; zero if none is.
///
/// # Errors
/// The server.
pub async fn lag(store: &Store) -> Result<Duration, sqlx::Error> {
    let seconds: Option<f64> = sqlx::query_scalar(
        "SELECT extract(epoch FROM now() - min(due_at))::float8 FROM outbox WHERE published_at IS NULL AND due_at <= now()",
    )
    .fetch_one(store.pool())
    .await?;
    Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or_default())
}

/// Removes messages that were published a day ago. Returns how many.
///
/// # Errors
/// The server.
pub async fn prune(store: &Store) -> Result<u64, sqlx::Error> {
    let pruned = sqlx::query(
        "DELETE FROM outbox WHERE id IN \
         (SELECT id FROM outbox WHERE published_at < now() - interval '1 day' ORDER BY id LIMIT 10000)",
    );
    Ok(pruned.execute(store.pool()).await?.rows_affected())
}
