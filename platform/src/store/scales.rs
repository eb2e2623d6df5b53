//! How many copies of services are wanted by the load they are under.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use oal_ir::NodeId;
use serde_json::json;
use uuid::Uuid;

use super::{Tx, events};

/// Another number of copies is wanted; data is `{node, from, to}`.
const SCALED: &str = "service.scaled";

/// How many copies are wanted of the services whose number has changed.
///
/// # Errors
/// The server.
pub async fn of(tx: &mut Tx, environment: Uuid) -> Result<BTreeMap<NodeId, u32>, sqlx::Error> {
    let rows: Vec<(String, i32)> = sqlx::query_as("SELECT node, copies FROM scales WHERE environment_id = $1")
        .bind(environment)
        .fetch_all(&mut **tx)
        .await?;
    let read = |(node, copies): (String, i32)| Some((node.parse().ok()?, u32::try_from(copies).ok()?));
    Ok(rows.into_iter().filter_map(read).collect())
}

/// The same for an organisation's environment, with the time of the last change, in order of the services.
///
/// # Errors
/// The server.
pub async fn list(tx: &mut Tx, org: Uuid, environment: Uuid) -> Result<Vec<(NodeId, u32, DateTime<Utc>)>, sqlx::Error> {
    let rows: Vec<(String, i32, DateTime<Utc>)> = sqlx::query_as(
        "SELECT node, copies, changed_at FROM scales WHERE org_id = $1 AND environment_id = $2 ORDER BY node",
    )
    .bind(org)
    .bind(environment)
    .fetch_all(&mut **tx)
    .await?;
    let read = |(node, copies, at): (String, i32, _)| Some((node.parse().ok()?, u32::try_from(copies).ok()?, at));
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Wants another number of copies of a service, and tells of it.
///
/// # Errors
/// The server.
pub async fn set(
    tx: &mut Tx,
    org: Uuid,
    environment: Uuid,
    node: &NodeId,
    from: u32,
    to: u32,
) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO scales (environment_id, org_id, node, copies) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (environment_id, node) DO UPDATE SET copies = excluded.copies, changed_at = now()",
    )
    .bind(environment)
    .bind(org)
    .bind(node.as_str())
    .bind(i32::try_from(to).unwrap_or(i32::MAX))
    .execute(&mut **tx)
    .await?;
    events::record(tx, org, Some(environment), None, SCALED, &json!({ "node": node, "from": from, "to": to })).await?;
    Ok(())
}
