//! Applications, and environments as the API shows them.

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;

use super::Tx;
use super::tokens::Caller;

/// An application.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct App {
    /// Its identifier.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// An environment with what the API says of it.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct EnvironmentView {
    /// Its identifier.
    pub id: Uuid,
    /// The application's name.
    pub app: String,
    /// Its name.
    pub name: String,
    /// The target it runs on.
    pub target: String,
    /// The release that runs.
    pub live_release_id: Option<Uuid>,
    /// Its number.
    pub live_release: Option<i64>,
    /// Since when it is taken down.
    pub down_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Makes an application if it is not there; whether it was made.
///
/// # Errors
/// The server.
pub async fn ensure(tx: &mut Tx, org: Uuid, name: &str) -> Result<(App, bool), sqlx::Error> {
    let made: Option<App> = sqlx::query_as(
        "INSERT INTO apps (id, org_id, name) VALUES ($1, $2, $3) ON CONFLICT (org_id, name) DO NOTHING \
         RETURNING id, name, created_at",
    )
    .bind(Uuid::now_v7())
    .bind(org)
    .bind(name)
    .fetch_optional(&mut **tx)
    .await?;
    match made {
        Some(app) => Ok((app, true)),
        None => Ok((by_name(tx, org, name).await?.ok_or(sqlx::Error::RowNotFound)?, false)),
    }
}

/// The application of that name.
///
/// # Errors
/// The server.
pub async fn by_name(tx: &mut Tx, org: Uuid, name: &str) -> Result<Option<App>, sqlx::Error> {
    sqlx::query_as("SELECT id, name, created_at FROM apps WHERE org_id = $1 AND name = $2")
        .bind(org)
        .bind(name)
        .fetch_optional(&mut **tx)
        .await
}

/// The applications that a caller may see, by name, from after `after` on.
///
/// # Errors
/// The server.
pub async fn list(tx: &mut Tx, caller: &Caller, after: Option<&str>, limit: i64) -> Result<Vec<App>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, name, created_at FROM apps WHERE org_id = $1 AND ($2::text IS NULL OR name = $2) \
         AND ($3::text IS NULL OR name > $3) ORDER BY name LIMIT $4",
    )
    .bind(caller.org)
    .bind(&caller.app)
    .bind(after)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
}

const VIEW: &str = "SELECT e.id, a.name AS app, e.name, e.target, e.live_release_id, r.number AS live_release, e.down_at, e.created_at \
     FROM environments e JOIN apps a ON a.id = e.app_id LEFT JOIN releases r ON r.id = e.live_release_id ";

/// The environment of these names.
///
/// # Errors
/// The server.
pub async fn environment(
    tx: &mut Tx,
    org: Uuid,
    app: &str,
    name: &str,
) -> Result<Option<EnvironmentView>, sqlx::Error> {
    let query = format!("{VIEW} WHERE e.org_id = $1 AND a.name = $2 AND e.name = $3");
    sqlx::query_as(sqlx::AssertSqlSafe(query)).bind(org).bind(app).bind(name).fetch_optional(&mut **tx).await
}

/// The environments of an application that a caller may see, by name, from after `after` on.
///
/// # Errors
/// The server.
pub async fn environments(
    tx: &mut Tx,
    caller: &Caller,
    app: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<EnvironmentView>, sqlx::Error> {
    let query = format!(
        "{VIEW} WHERE e.org_id = $1 AND a.name = $2 AND ($3::text IS NULL OR e.name = $3) \
         AND ($4::text IS NULL OR e.name > $4) ORDER BY e.name LIMIT $5"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(query))
        .bind(caller.org)
        .bind(app)
        .bind(&caller.environment)
        .bind(after)
        .bind(limit)
        .fetch_all(&mut **tx)
        .await
}

/// Whether a deployment of an environment is under way or waits; none can begin before the transaction has ended.
///
/// # Errors
/// The server.
pub async fn is_busy(tx: &mut Tx, org: Uuid, environment: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query("SELECT FROM environments WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE")
        .bind(org)
        .bind(environment)
        .fetch_one(&mut **tx)
        .await?;
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM deployments WHERE org_id = $1 AND environment_id = $2 \
         AND state NOT IN ('live', 'cancelled', 'rolled_back', 'failed', 'superseded'))",
    )
    .bind(org)
    .bind(environment)
    .fetch_one(&mut **tx)
    .await
}

/// Notes that an environment is to be down: nothing puts right what no longer runs.
///
/// # Errors
/// The server.
pub async fn take_down(tx: &mut Tx, org: Uuid, environment: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE environments SET down_at = coalesce(down_at, now()) WHERE org_id = $1 AND id = $2")
        .bind(org)
        .bind(environment)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
