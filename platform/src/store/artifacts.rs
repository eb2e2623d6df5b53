//! Which artifacts an organisation has. The bytes are shared between organisations; the right to them is not.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Tx;

/// Notes that an organisation has an artifact; `kind` is `source` or `ir`. Returns its size, since when, and whether that is new.
///
/// # Errors
/// The server.
pub async fn put(
    tx: &mut Tx,
    org: Uuid,
    digest: &str,
    kind: &str,
    size: i64,
) -> Result<(DateTime<Utc>, bool), sqlx::Error> {
    // The update changes nothing; it makes `RETURNING` give the row that is there already, whose `xmax` is not 0.
    sqlx::query_as(
        "INSERT INTO artifacts (org_id, digest, kind, size) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (org_id, digest) DO UPDATE SET size = excluded.size RETURNING created_at, xmax = 0",
    )
    .bind(org)
    .bind(digest)
    .bind(kind)
    .bind(size)
    .fetch_one(&mut **tx)
    .await
}

/// Whether an organisation has an artifact of that kind.
///
/// # Errors
/// The server.
pub async fn has(tx: &mut Tx, org: Uuid, digest: &str, kind: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM artifacts WHERE org_id = $1 AND digest = $2 AND kind = $3)")
        .bind(org)
        .bind(digest)
        .bind(kind)
        .fetch_one(&mut **tx)
        .await
}
