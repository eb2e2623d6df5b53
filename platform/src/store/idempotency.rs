//! Requests that carry an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): what was answered to the first one.

use uuid::Uuid;

use super::Tx;

/// How long a key is remembered, in hours.
pub const KEPT_HOURS: i32 = 24;

/// After how many seconds a request that has not been answered is taken for lost with its process.
const LOST_SECONDS: i32 = 120;

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Nothing: it is this request's now.
    Fresh,
    /// A request with it is under way.
    InFlight,
    /// It was answered.
    Answered {
        /// The status.
        status: u16,
        /// The headers worth repeating.
        headers: serde_json::Value,
        /// The body, sealed.
        body: Vec<u8>,
        /// Over the request it was the answer to.
        fingerprint: Vec<u8>,
    },
}

/// Takes a key for a request, or says why it cannot be had.
///
/// # Errors
/// The server.
pub async fn take(tx: &mut Tx, org: Uuid, key: &str, fingerprint: &[u8]) -> Result<Known, sqlx::Error> {
    let taken = sqlx::query(
        "INSERT INTO idempotency_keys (org_id, key, fingerprint) VALUES ($1, $2, $3) ON CONFLICT (org_id, key) DO UPDATE \
         SET fingerprint = excluded.fingerprint, created_at = now(), status = NULL, headers = NULL, body = NULL \
         WHERE idempotency_keys.created_at < now() - make_interval(hours => $4) \
         OR (idempotency_keys.status IS NULL AND idempotency_keys.created_at < now() - make_interval(secs => $5))",
    )
    .bind(org)
    .bind(key)
    .bind(fingerprint)
    .bind(KEPT_HOURS)
    .bind(f64::from(LOST_SECONDS))
    .execute(&mut **tx)
    .await?;
    if taken.rows_affected() > 0 {
        return Ok(Known::Fresh);
    }
    type Row = (Option<i32>, Option<serde_json::Value>, Option<Vec<u8>>, Vec<u8>);
    let row: Option<Row> = sqlx::query_as(
        "SELECT status, headers, body, fingerprint FROM idempotency_keys WHERE org_id = $1 AND key = $2",
    )
    .bind(org)
    .bind(key)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(match row {
        Some((Some(status), headers, body, fingerprint)) => Known::Answered {
            status: u16::try_from(status).unwrap_or(500),
            headers: headers.unwrap_or_default(),
            body: body.unwrap_or_default(),
            fingerprint,
        },
        // given up between the two statements, or under way: the caller comes again
        _ => Known::InFlight,
    })
}

/// Keeps the answer to the request that has the key.
///
/// # Errors
/// The server.
pub async fn keep(
    tx: &mut Tx,
    org: Uuid,
    key: &str,
    status: u16,
    headers: &serde_json::Value,
    body: &[u8],
) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE idempotency_keys SET status = $3, headers = $4, body = $5 WHERE org_id = $1 AND key = $2")
        .bind(org)
        .bind(key)
        .bind(i32::from(status))
        .bind(headers)
        .bind(body)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Gives a key back: the request came to nothing and may be tried again.
///
/// # Errors
/// The server.
pub async fn give_back(tx: &mut Tx, org: Uuid, key: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM idempotency_keys WHERE org_id = $1 AND key = $2 AND status IS NULL")
        .bind(org)
        .bind(key)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets keys that are old, of all organisations; how many.
///
/// # Errors
/// The server.
pub async fn forget_old(tx: &mut Tx) -> Result<u64, sqlx::Error> {
    let gone = sqlx::query("DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(hours => $1)")
        .bind(KEPT_HOURS)
        .execute(&mut **tx)
        .await?;
    Ok(gone.rows_affected())
}
