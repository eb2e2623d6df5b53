//! Messages that nobody can do anything with, kept for people to look at.

use uuid::Uuid;

use super::Store;

/// Keeps a message that belongs to no job that could be ended.
///
/// # Errors
/// The server.
pub async fn add(store: &Store, subject: &str, payload: &[u8], reason: &str) -> Result<(), sqlx::Error> {
    let text = String::from_utf8_lossy(payload);
    // What is no JSON is kept as a string of it.
    let payload = match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => text.into_owned(),
        Err(_) => serde_json::Value::from(text).to_string(),
    };
    sqlx::query("INSERT INTO dead_letters (id, subject, payload, reason) VALUES ($1, $2, $3::text::json, $4)")
        .bind(Uuid::now_v7())
        .bind(subject)
        .bind(payload)
        .bind(reason)
        .execute(store.pool())
        .await?;
    Ok(())
}
