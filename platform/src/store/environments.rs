//! Environments of applications, and which release each of them runs.

use sqlx::types::Json;
use std::collections::BTreeMap;
use uuid::Uuid;

use super::Tx;
use crate::domain::job::EnvironmentRef;

/// An environment of an application.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Environment {
    /// Its identifier.
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// The application.
    pub app_id: Uuid,
    /// The application's name.
    pub app: String,
    /// Its own name.
    pub name: String,
    /// The target it runs on.
    pub target: String,
    /// The release that runs.
    pub live_release_id: Option<Uuid>,
    /// Since when it is, or is being, taken down.
    pub down_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// The environment of that name, made if it is not there.
///
/// # Errors
/// The server.
pub async fn ensure(tx: &mut Tx, org: Uuid, app: Uuid, name: &str, target: &str) -> Result<Uuid, sqlx::Error> {
    // The update changes nothing; it makes `RETURNING` give the row that is there already.
    sqlx::query_scalar(
        "INSERT INTO environments (id, org_id, app_id, name, target) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (app_id, name) DO UPDATE SET name = excluded.name RETURNING id",
    )
    .bind(Uuid::now_v7())
    .bind(org)
    .bind(app)
    .bind(name)
    .bind(target)
    .fetch_one(&mut **tx)
    .await
}

/// The environment of these names.
///
/// # Errors
/// The server.
pub async fn by_name(tx: &mut Tx, org: Uuid, app: &str, name: &str) -> Result<Option<Environment>, sqlx::Error> {
    sqlx::query_as(
        "SELECT e.id, e.org_id, e.app_id, a.name AS app, e.name, e.target, e.live_release_id, e.down_at \
         FROM environments e JOIN apps a ON a.id = e.app_id WHERE e.org_id = $1 AND a.name = $2 AND e.name = $3",
    )
    .bind(org)
    .bind(app)
    .bind(name)
    .fetch_optional(&mut **tx)
    .await
}

/// The environments of an application, in order of name.
///
/// # Errors
/// The server.
pub async fn of_app(tx: &mut Tx, org: Uuid, app: &str) -> Result<Vec<Environment>, sqlx::Error> {
    sqlx::query_as(
        "SELECT e.id, e.org_id, e.app_id, a.name AS app, e.name, e.target, e.live_release_id, e.down_at \
         FROM environments e JOIN apps a ON a.id = e.app_id WHERE e.org_id = $1 AND a.name = $2 ORDER BY e.name",
    )
    .bind(org)
    .bind(app)
    .fetch_all(&mut **tx)
    .await
}

/// An environment as jobs name it, with its target and the release that runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// For the jobs.
    pub environment: EnvironmentRef,
    /// The target it runs on.
    pub target: String,
    /// The release that runs.
    pub live_release: Option<Uuid>,
}

/// The environment as jobs name it.
///
/// # Errors
/// The server; there is none.
pub async fn place(tx: &mut Tx, id: Uuid) -> Result<Place, sqlx::Error> {
    let (org, org_name, app, name, target, live_release): (Uuid, String, String, String, String, Option<Uuid>) =
        sqlx::query_as(
            "SELECT e.org_id, o.name, a.name, e.name, e.target, e.live_release_id FROM environments e \
             JOIN apps a ON a.id = e.app_id JOIN orgs o ON o.id = e.org_id WHERE e.id = $1",
        )
        .bind(id)
        .fetch_one(&mut **tx)
        .await?;
    Ok(Place { environment: EnvironmentRef { org, org_name, id, app, name }, target, live_release })
}

/// Whether an environment is not to be down; it stays so until the transaction ends.
///
/// # Errors
/// The server.
pub async fn is_up(tx: &mut Tx, id: Uuid) -> Result<bool, sqlx::Error> {
    let up: Option<bool> = sqlx::query_scalar("SELECT down_at IS NULL FROM environments WHERE id = $1 FOR SHARE")
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(up.unwrap_or(false))
}

/// The release that runs, or is meant to; none if the environment is down.
///
/// # Errors
/// The server.
pub async fn running(tx: &mut Tx, id: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar("SELECT CASE WHEN down_at IS NULL THEN live_release_id END FROM environments WHERE id = $1")
        .bind(id)
        .fetch_one(&mut **tx)
        .await
}

/// Says which release runs; of an environment that was down, that it no longer is.
///
/// # Errors
/// The server.
pub async fn set_live(tx: &mut Tx, id: Uuid, release: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE environments SET live_release_id = $2, down_at = NULL WHERE id = $1")
        .bind(id)
        .bind(release)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The version of the configuration with just these values: the newest one if it is the same, else a new one.
///
/// # Errors
/// The server.
pub async fn config_version(
    tx: &mut Tx,
    org: Uuid,
    environment: Uuid,
    params: &BTreeMap<String, String>,
) -> Result<i64, sqlx::Error> {
    let newest: Option<(i64, Json<BTreeMap<String, String>>)> = sqlx::query_as(
        "SELECT version, params FROM config_versions WHERE environment_id = $1 ORDER BY version DESC LIMIT 1",
    )
    .bind(environment)
    .fetch_optional(&mut **tx)
    .await?;
    let version = match newest {
        Some((version, Json(known))) if known == *params => return Ok(version),
        newest => newest.map_or(1, |(version, _)| version + 1),
    };
    sqlx::query("INSERT INTO config_versions (environment_id, org_id, version, params) VALUES ($1, $2, $3, $4)")
        .bind(environment)
        .bind(org)
        .bind(version)
        .bind(Json(params))
        .execute(&mut **tx)
        .await?;
    Ok(version)
}

/// A version of an environment's configuration.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Config {
    /// Counts from 1.
    pub version: i64,
    /// Values of the program's params, as OAL literals.
    pub params: Json<BTreeMap<String, String>>,
    /// When they were first given.
    pub created_at: chrono::DateTime<chrono::Utc>,
}

/// The versions of an environment's configuration below `before`, newest first.
///
/// # Errors
/// The server.
pub async fn configs(
    tx: &mut Tx,
    org: Uuid,
    environment: Uuid,
    before: i64,
    limit: i64,
) -> Result<Vec<Config>, sqlx::Error> {
    sqlx::query_as(
        "SELECT version, params, created_at FROM config_versions WHERE org_id = $1 AND environment_id = $2 AND version < $3 \
         ORDER BY version DESC LIMIT $4",
    )
    .bind(org)
    .bind(environment)
    .bind(before)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
}

/// The values of a version of the configuration; none if there is no such version.
///
/// # Errors
/// The server.
pub async fn params(
    tx: &mut Tx,
    environment: Uuid,
    version: Option<i64>,
) -> Result<BTreeMap<String, String>, sqlx::Error> {
    let params: Option<Json<BTreeMap<String, String>>> =
        sqlx::query_scalar("SELECT params FROM config_versions WHERE environment_id = $1 AND version = $2")
            .bind(environment)
            .bind(version)
            .fetch_optional(&mut **tx)
            .await?;
    Ok(params.map(|Json(params)| params).unwrap_or_default())
}
