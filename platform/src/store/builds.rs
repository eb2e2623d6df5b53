//! Finished builds by their key, and which images are still needed.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::releases::kept;
use super::{Lock, Store, Tx};

/// A finished build.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Build {
    /// Its organisation.
    pub org_id: Uuid,
    /// Its key.
    pub key: String,
    /// The engine's id of the image.
    pub image: String,
    /// Bytes.
    pub size: i64,
    /// Which builder made it.
    pub builder: String,
    /// The job that has its log.
    pub job_id: Uuid,
    /// When it was last asked for.
    pub last_used_at: DateTime<Utc>,
}

/// A build to be kept.
#[derive(Debug, Clone)]
pub struct NewBuild<'a> {
    /// As in [`Build`].
    pub org: Uuid,
    /// As in [`Build`].
    pub key: &'a str,
    /// As in [`Build`].
    pub image: &'a str,
    /// As in [`Build`].
    pub size: u64,
    /// As in [`Build`].
    pub builder: &'a str,
    /// As in [`Build`].
    pub job: Uuid,
}

/// The build of that key, if there is one; it counts as used now.
///
/// # Errors
/// The server.
pub async fn find(tx: &mut Tx, org: Uuid, key: &str) -> Result<Option<Build>, sqlx::Error> {
    sqlx::query_as(
        "UPDATE builds SET last_used_at = now() WHERE org_id = $1 AND key = $2 \
         RETURNING org_id, key, image, size, builder, job_id, last_used_at",
    )
    .bind(org)
    .bind(key)
    .fetch_optional(&mut **tx)
    .await
}

/// Keeps a build; one of the same key is replaced, its image is gone.
///
/// # Errors
/// The server.
pub async fn keep(tx: &mut Tx, new: &NewBuild<'_>) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO builds (id, org_id, key, image, size, builder, job_id) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (org_id, key) DO UPDATE SET image = excluded.image, size = excluded.size, builder = excluded.builder, \
         job_id = excluded.job_id, last_used_at = now(), created_at = now()",
    )
    .bind(Uuid::now_v7())
    .bind(new.org)
    .bind(new.key)
    .bind(new.image)
    .bind(i64::try_from(new.size).unwrap_or(i64::MAX))
    .bind(new.builder)
    .bind(new.job)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// When each image that a build made was last asked for.
///
/// # Errors
/// The server.
pub async fn uses(tx: &mut Tx) -> Result<Vec<(String, DateTime<Utc>)>, sqlx::Error> {
    sqlx::query_as("SELECT image, max(last_used_at) FROM builds GROUP BY image").fetch_all(&mut **tx).await
}

/// Forgets the builds of an image, unless one was asked for since `since`. Returns whether they are forgotten.
///
/// # Errors
/// The server.
pub async fn forget(tx: &mut Tx, image: &str, since: DateTime<Utc>) -> Result<bool, sqlx::Error> {
    let uses: Vec<DateTime<Utc>> = sqlx::query_scalar("SELECT last_used_at FROM builds WHERE image = $1 FOR UPDATE")
        .bind(image)
        .fetch_all(&mut **tx)
        .await?;
    if uses.iter().any(|used| *used > since) {
        return Ok(false);
    }
    sqlx::query("DELETE FROM builds WHERE image = $1").bind(image).execute(&mut **tx).await?;
    Ok(true)
}

/// Images that kept releases need, where so many of each environment are kept.
///
/// # Errors
/// The server.
pub async fn kept_images(tx: &mut Tx, releases: u32) -> Result<BTreeSet<String>, sqlx::Error> {
    let images: Vec<String> = sqlx::query_scalar(concat!(
        kept!(),
        "SELECT DISTINCT image.value FROM kept, jsonb_each_text(kept.images) AS image"
    ))
    .bind(i64::from(releases))
    .fetch_all(&mut **tx)
    .await?;
    Ok(images.into_iter().collect())
}

/// Takes the lock of a key if nobody has it.
///
/// # Errors
/// The server.
pub async fn try_lock(store: &Store, org: Uuid, key: &str) -> Result<Option<Lock>, sqlx::Error> {
    store.try_lock(&format!("build {org} {key}")).await
}

/// How long to wait before asking for a lock again.
pub const LOCK_WAIT: Duration = Duration::from_millis(250);
