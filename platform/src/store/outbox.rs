//! What is to be published, written with the change it tells of.

use sqlx::types::Json;

use super::{OUTBOX_CHANNEL, Tx};

/// Adds a message; the relay is told at commit.
///
/// # Errors
/// The server.
pub async fn add(tx: &mut Tx, subject: &str, message_id: &str, payload: &serde_json::Value) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO outbox (subject, message_id, payload) VALUES ($1, $2, $3)")
        .bind(subject)
        .bind(message_id)
        .bind(Json(payload))
        .execute(&mut **tx)
        .await?;
    sqlx::query("SELECT pg_notify($1, '')").bind(OUTBOX_CHANNEL).execute(&mut **tx).await?;
    Ok(())
}
