//! Which artifacts an organisation has. The bytes are shared between organisations; the right to them is not.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Tx;
use super::releases::kept;

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

/// Digests that something still needs, where so many releases of each environment are kept: those of kept releases, of deployments
/// under way, and whatever looks like one in a job that has not ended or belongs to such a deployment.
///
/// # Errors
/// The server.
pub async fn needed(tx: &mut Tx, releases: u32) -> Result<BTreeSet<String>, sqlx::Error> {
    let digests: Vec<String> = sqlx::query_scalar(concat!(
        kept!(),
        ", open AS ( \
           SELECT id, source_digest, ir_artifact FROM deployments \
           WHERE state NOT IN ('live', 'cancelled', 'rolled_back', 'failed', 'superseded') \
         ), texts AS ( \
           SELECT body::text || coalesce(result::text, '') AS text FROM jobs \
           WHERE state IN ('queued', 'running') OR deployment_id IN (SELECT id FROM open) \
         ) \
         SELECT unnest(ARRAY[source_digest, ir_artifact]) FROM kept \
         UNION SELECT digest FROM open, unnest(ARRAY[source_digest, ir_artifact]) AS digest WHERE digest IS NOT NULL \
         UNION SELECT (regexp_matches(text, 'sha256:[0-9a-f]{64}', 'g'))[1] FROM texts"
    ))
    .bind(i64::from(releases))
    .fetch_all(&mut **tx)
    .await?;
    Ok(digests.into_iter().collect())
}

/// Forgets that anybody has an artifact. Who puts it meanwhile waits for the end of the transaction, and then has it.
///
/// # Errors
/// The server.
pub async fn forget(tx: &mut Tx, digest: &str) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM artifacts WHERE digest = $1").bind(digest).execute(&mut **tx).await?;
    Ok(())
}
