//! Releases: immutable, whole, numbered within their environment.

use std::collections::BTreeMap;

use helios_client::Repeated;
use oal_ir::NodeId;
use sqlx::types::Json;
use uuid::Uuid;

use super::Tx;

/// A release.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Release {
    /// Its identifier.
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// Where it runs or ran.
    pub environment_id: Uuid,
    /// Counts from 1 within the environment.
    pub number: i64,
    /// The digest that the program's document states of itself.
    pub ir_digest: String,
    /// The digest of that document's bytes in the artifact store.
    pub ir_artifact: String,
    /// The source bundle.
    pub source_digest: String,
    /// Image ids by node.
    pub images: Json<BTreeMap<NodeId, String>>,
    /// Digests of the sources that images are built from, by node.
    pub contexts: Json<BTreeMap<NodeId, String>>,
    /// The version of the configuration.
    pub config_version: Option<i64>,
    /// Ids of secret versions by name.
    pub secret_versions: Json<BTreeMap<String, Uuid>>,
    /// Over all that decides what runs.
    pub digest: String,
    /// The deployment that made it.
    pub deployment_id: Uuid,
    /// When.
    pub created_at: chrono::DateTime<chrono::Utc>,
}

/// The columns of [`Release`]: not all of the table, which a later version may add some to while this one runs.
macro_rules! columns {
    () => {
        "id, org_id, environment_id, number, ir_digest, ir_artifact, source_digest, images, contexts, config_version, \
         secret_versions, digest, deployment_id, created_at"
    };
}

/// The start of a query over `kept`, the releases that can be run again or are about to: of each environment the live one and the
/// newest `$1` that were live, and those that a deployment under way starts from, makes or would go back to.
macro_rules! kept {
    () => {
        "WITH ranked AS ( \
           SELECT id, row_number() OVER (PARTITION BY environment_id ORDER BY number DESC) AS rank FROM releases r \
           WHERE EXISTS (SELECT FROM deployments d WHERE d.release_id = r.id AND d.state = 'live') \
         ), kept AS ( \
           SELECT images, ir_artifact, source_digest FROM releases WHERE id IN ( \
             SELECT id FROM ranked WHERE rank <= $1 \
             UNION SELECT live_release_id FROM environments \
             UNION SELECT unnest(ARRAY[release_id, previous_release_id, from_release_id]) FROM deployments \
               WHERE state NOT IN ('live', 'cancelled', 'rolled_back', 'failed', 'superseded') \
           ) \
         ) "
    };
}
pub(super) use kept;

/// The column `repeats` of a query over `deployments d`: the [`Repeated`] of a rollback or a promotion, as JSON.
macro_rules! repeats {
    () => {
        "(SELECT json_build_object('environment', fe.name, 'number', f.number, 'created_at', f.created_at, 'by', ft.name) \
          FROM releases f JOIN environments fe ON fe.id = f.environment_id JOIN deployments fd ON fd.id = f.deployment_id \
          LEFT JOIN tokens ft ON ft.id = fd.requested_by WHERE f.id = d.from_release_id) AS repeats"
    };
}
pub(super) use repeats;

/// A release that is to be kept; what is not here is given by the database.
#[derive(Debug, Clone)]
pub struct NewRelease {
    /// The organisation.
    pub org: Uuid,
    /// Where it is to run.
    pub environment: Uuid,
    /// As in [`Release`].
    pub ir_digest: String,
    /// As in [`Release`].
    pub ir_artifact: String,
    /// As in [`Release`].
    pub source_digest: String,
    /// As in [`Release`].
    pub images: BTreeMap<NodeId, String>,
    /// As in [`Release`].
    pub contexts: BTreeMap<NodeId, String>,
    /// As in [`Release`].
    pub config_version: Option<i64>,
    /// As in [`Release`].
    pub secret_versions: BTreeMap<String, Uuid>,
    /// As in [`Release`].
    pub digest: String,
    /// As in [`Release`].
    pub deployment: Uuid,
}

/// Keeps a release under the next number. The caller holds the environment's only active deployment, so nobody counts beside it.
///
/// # Errors
/// The server.
pub async fn insert(tx: &mut Tx, new: &NewRelease) -> Result<Release, sqlx::Error> {
    sqlx::query_as(concat!(
        "INSERT INTO releases (id, org_id, environment_id, number, ir_digest, ir_artifact, source_digest, images, contexts, \
         config_version, secret_versions, digest, deployment_id) \
         SELECT $1, $2, $3, coalesce(max(number), 0) + 1, $4, $5, $6, $7, $8, $9, $10, $11, $12 \
         FROM releases WHERE environment_id = $3 RETURNING ",
        columns!(),
    ))
    .bind(Uuid::now_v7())
    .bind(new.org)
    .bind(new.environment)
    .bind(&new.ir_digest)
    .bind(&new.ir_artifact)
    .bind(&new.source_digest)
    .bind(Json(&new.images))
    .bind(Json(&new.contexts))
    .bind(new.config_version)
    .bind(Json(&new.secret_versions))
    .bind(&new.digest)
    .bind(new.deployment)
    .fetch_one(&mut **tx)
    .await
}

/// A release by its identifier, of whatever organisation: for the platform's own loops.
///
/// # Errors
/// The server.
pub async fn get(tx: &mut Tx, id: Uuid) -> Result<Option<Release>, sqlx::Error> {
    sqlx::query_as(concat!("SELECT ", columns!(), " FROM releases WHERE id = $1"))
        .bind(id)
        .fetch_optional(&mut **tx)
        .await
}

/// A release of an environment by its number.
///
/// # Errors
/// The server.
pub async fn by_number(tx: &mut Tx, org: Uuid, environment: Uuid, number: i64) -> Result<Option<Release>, sqlx::Error> {
    sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM releases WHERE org_id = $1 AND environment_id = $2 AND number = $3"
    ))
    .bind(org)
    .bind(environment)
    .bind(number)
    .fetch_optional(&mut **tx)
    .await
}

/// The newest release that ran in an environment before the one that runs now: what a rollback without a number means. Releases
/// that never were live, because their deployment failed or was cancelled, are not among them. One that a rollback has brought back
/// counts as what it repeats: the next rollback goes on from there, and not to what the first one left.
///
/// # Errors
/// The server.
pub async fn before_live(tx: &mut Tx, org: Uuid, environment: Uuid) -> Result<Option<Release>, sqlx::Error> {
    sqlx::query_as(concat!(
        "WITH RECURSIVE origin (number, digest, deployment_id) AS ( \
           SELECT l.number, l.digest, l.deployment_id FROM environments e JOIN releases l ON l.id = e.live_release_id \
           WHERE e.id = $2 \
           UNION ALL SELECT f.number, f.digest, f.deployment_id FROM origin o \
           JOIN deployments d ON d.id = o.deployment_id AND d.kind = 'rollback' \
           JOIN releases f ON f.id = d.from_release_id AND f.environment_id = $2 \
         ) SELECT ",
        columns!(),
        " FROM releases r WHERE r.org_id = $1 AND r.environment_id = $2 \
         AND r.number < (SELECT min(number) FROM origin) AND r.digest NOT IN (SELECT digest FROM origin) \
         AND EXISTS (SELECT FROM deployments d WHERE d.release_id = r.id AND d.state = 'live') \
         ORDER BY r.number DESC LIMIT 1"
    ))
    .bind(org)
    .bind(environment)
    .fetch_optional(&mut **tx)
    .await
}

/// The releases of an environment with a number below `before`, newest first, at most `limit`.
///
/// # Errors
/// The server.
pub async fn list(
    tx: &mut Tx,
    org: Uuid,
    environment: Uuid,
    before: i64,
    limit: i64,
) -> Result<Vec<Release>, sqlx::Error> {
    sqlx::query_as(concat!(
        "SELECT ",
        columns!(),
        " FROM releases WHERE org_id = $1 AND environment_id = $2 AND number < $3 ORDER BY number DESC LIMIT $4"
    ))
    .bind(org)
    .bind(environment)
    .bind(before)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
}

/// How a release came to be.
#[derive(Debug, Clone, Default, sqlx::FromRow)]
pub struct Origin {
    /// The deployment that made it.
    pub deployment: Uuid,
    /// The name of the token with which it was asked for.
    pub by: Option<String>,
    /// The release that it repeats.
    #[sqlx(json(nullable))]
    pub repeats: Option<Repeated>,
}

/// How releases came to be that these deployments made.
///
/// # Errors
/// The server.
pub async fn origins(tx: &mut Tx, org: Uuid, deployments: &[Uuid]) -> Result<Vec<Origin>, sqlx::Error> {
    sqlx::query_as(concat!(
        "SELECT d.id AS deployment, t.name AS by, ",
        repeats!(),
        " FROM deployments d LEFT JOIN tokens t ON t.id = d.requested_by WHERE d.org_id = $1 AND d.id = ANY($2)"
    ))
    .bind(org)
    .bind(deployments)
    .fetch_all(&mut **tx)
    .await
}

/// Whether a release was ever live.
///
/// # Errors
/// The server.
pub async fn was_live(tx: &mut Tx, id: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM deployments WHERE release_id = $1 AND state = 'live')")
        .bind(id)
        .fetch_one(&mut **tx)
        .await
}

/// The URLs that a release answered under when it went live.
///
/// # Errors
/// The server.
pub async fn urls(tx: &mut Tx, id: Uuid) -> Result<Vec<String>, sqlx::Error> {
    let urls: Option<Json<Vec<String>>> = sqlx::query_scalar(
        "SELECT urls FROM deployments WHERE release_id = $1 AND state = 'live' ORDER BY finished_at LIMIT 1",
    )
    .bind(id)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(urls.map(|Json(urls)| urls).unwrap_or_default())
}
