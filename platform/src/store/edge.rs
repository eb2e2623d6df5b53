//! What the edges are told: a row for each environment.

use sqlx::types::Json;
use uuid::Uuid;

use super::Tx;
use crate::domain::job::EnvironmentRef;
use crate::edge::EdgeRoutes;

/// Lets nobody else tell the target's edge until the transaction ends.
///
/// # Errors
/// The server.
pub async fn lock(tx: &mut Tx, target: &str) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('helios edge ' || $1, 0))")
        .bind(target)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// What is said for an environment.
///
/// # Errors
/// The server.
pub async fn of(tx: &mut Tx, environment: Uuid) -> Result<Option<EdgeRoutes>, sqlx::Error> {
    let found: Option<Json<EdgeRoutes>> =
        sqlx::query_scalar("SELECT routes FROM edge_routes WHERE environment_id = $1")
            .bind(environment)
            .fetch_optional(&mut **tx)
            .await?;
    Ok(found.map(|Json(routes)| routes))
}

/// Says it anew; the generation rises only if it differs.
///
/// # Errors
/// The server.
pub async fn put(
    tx: &mut Tx,
    target: &str,
    environment: &EnvironmentRef,
    routes: &EdgeRoutes,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO edge_routes (environment_id, org_id, target, routes, generation) \
         VALUES ($1, $2, $3, $4, nextval('edge_generation')) ON CONFLICT (environment_id) DO UPDATE \
         SET target = excluded.target, routes = excluded.routes, generation = excluded.generation \
         WHERE (edge_routes.target, edge_routes.routes) IS DISTINCT FROM (excluded.target, excluded.routes)",
    )
    .bind(environment.id)
    .bind(environment.org)
    .bind(target)
    .bind(Json(routes))
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Says nothing more for an environment.
///
/// # Errors
/// The server.
pub async fn remove(tx: &mut Tx, environment: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("DELETE FROM edge_routes WHERE environment_id = $1").bind(environment).execute(&mut **tx).await?;
    Ok(())
}

/// All that is said for a target, in a fixed order, and the highest generation.
///
/// # Errors
/// The server.
pub async fn all(tx: &mut Tx, target: &str) -> Result<(i64, Vec<EdgeRoutes>), sqlx::Error> {
    let rows: Vec<(i64, Json<EdgeRoutes>)> =
        sqlx::query_as("SELECT generation, routes FROM edge_routes WHERE target = $1 ORDER BY environment_id")
            .bind(target)
            .fetch_all(&mut **tx)
            .await?;
    let generation = rows.iter().map(|(generation, _)| *generation).max().unwrap_or(0);
    Ok((generation, rows.into_iter().map(|(_, Json(routes))| routes).collect()))
}
