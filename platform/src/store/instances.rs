//! What the agent saw last of each environment.

use std::time::Duration;

use oal_ir::NodeId;
use uuid::Uuid;

use super::Tx;
use crate::domain::drift::Running;
use crate::domain::job::{EnvironmentRef, Instance};

/// Lets nobody else write down what runs of an environment until the transaction ends. To be asked for before one looks: who looked
/// first and wrote last would bring back what is long gone.
///
/// # Errors
/// The server.
pub async fn hold(tx: &mut Tx, environment: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('helios instances ' || $1, 0))")
        .bind(environment.to_string())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Writes down what runs, seen after [`hold`]. What was there before and is not seen any more is forgotten if `whole` says that it
/// is not wanted either; else it stays, as `removed`, so that others see that something is missing.
///
/// # Errors
/// The server.
pub async fn record(
    tx: &mut Tx,
    environment: &EnvironmentRef,
    seen: &[Instance],
    whole: bool,
) -> Result<(), sqlx::Error> {
    let names: Vec<&str> = seen.iter().map(|instance| instance.container.as_str()).collect();
    let gone = if whole {
        "DELETE FROM instances WHERE environment_id = $1 AND container <> ALL($2)"
    } else {
        "UPDATE instances SET state = 'removed', observed_at = now() WHERE environment_id = $1 AND container <> ALL($2)"
    };
    sqlx::query(gone).bind(environment.id).bind(&names).execute(&mut **tx).await?;
    for instance in seen {
        sqlx::query(
            "INSERT INTO instances (environment_id, org_id, container, node, replica, release_number, image, state, health, \
             restarts, exit_code, oom_killed, started_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
             ON CONFLICT (environment_id, container) DO UPDATE SET node = excluded.node, replica = excluded.replica, \
             release_number = excluded.release_number, image = excluded.image, state = excluded.state, \
             health = excluded.health, restarts = excluded.restarts, exit_code = excluded.exit_code, \
             oom_killed = excluded.oom_killed, started_at = excluded.started_at, observed_at = now()",
        )
        .bind(environment.id)
        .bind(environment.org)
        .bind(&instance.container)
        .bind(instance.node.as_str())
        .bind(i32::try_from(instance.replica).unwrap_or(i32::MAX))
        .bind(instance.release)
        .bind(&instance.image)
        .bind(&instance.state)
        .bind(&instance.health)
        .bind(i64::try_from(instance.restarts).unwrap_or(i64::MAX))
        .bind(instance.exit_code)
        .bind(instance.oom_killed)
        .bind(instance.started_at)
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// The environments of a target of which something was seen.
///
/// # Errors
/// The server.
pub async fn environments(tx: &mut Tx, target: &str) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT DISTINCT i.environment_id FROM instances i JOIN environments e ON e.id = i.environment_id WHERE e.target = $1",
    )
    .bind(target)
    .fetch_all(&mut **tx)
    .await
}

/// What ran of an environment's services and managed components when it was seen last; none if that is longer ago than `fresh`,
/// or never was: then nothing can be said.
///
/// # Errors
/// The server.
pub async fn running(tx: &mut Tx, environment: Uuid, fresh: Duration) -> Result<Option<Vec<Running>>, sqlx::Error> {
    let rows: Vec<(String, String, i64, bool)> = sqlx::query_as(
        "SELECT node, image, count(*) FILTER (WHERE state = 'running' AND health IS DISTINCT FROM 'unhealthy'), \
         bool_and(observed_at > now() - $2 * interval '1 second') \
         FROM instances WHERE environment_id = $1 GROUP BY node, image ORDER BY node, image",
    )
    .bind(environment)
    .bind(fresh.as_secs_f64())
    .fetch_all(&mut **tx)
    .await?;
    if rows.is_empty() || rows.iter().any(|(_, _, _, fresh)| !fresh) {
        return Ok(None);
    }
    let running = rows.into_iter().filter_map(|(node, image, count, _)| {
        Some(Running { node: node.parse::<NodeId>().ok()?, image, count: u64::try_from(count).unwrap_or(0) })
    });
    Ok(Some(running.collect()))
}
