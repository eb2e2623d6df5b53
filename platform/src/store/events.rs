//! What happened, in order, for whoever follows: rows that clients read from an id on, and messages on the bus.

use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use super::{EVENT_CHANNEL, Tx, outbox};
use crate::bus::subjects;

/// An event as clients get it.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow, Serialize)]
pub struct Event {
    /// Its place in the order; rises, with gaps.
    pub id: i64,
    /// What it is about.
    pub deployment_id: Option<Uuid>,
    /// What kind, such as `deployment.state`.
    pub kind: String,
    /// What it says.
    pub data: serde_json::Value,
    /// When.
    pub at: chrono::DateTime<chrono::Utc>,
}

/// The state of a deployment changed; data is a [`helios_client::Step`].
pub const STATE: &str = "deployment.state";

/// Writes an event, tells those who wait, and puts it on the bus; all with the change it tells of.
///
/// # Errors
/// The server.
pub async fn record(
    tx: &mut Tx,
    org: Uuid,
    environment: Option<Uuid>,
    deployment: Option<Uuid>,
    kind: &str,
    data: &impl Serialize,
) -> Result<i64, sqlx::Error> {
    let data = serde_json::to_value(data).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO events (org_id, environment_id, deployment_id, kind, data) VALUES ($1, $2, $3, $4, $5) RETURNING id",
    )
    .bind(org)
    .bind(environment)
    .bind(deployment)
    .bind(kind)
    .bind(Json(&data))
    .fetch_one(&mut **tx)
    .await?;
    let message = serde_json::json!({ "id": id, "deployment": deployment, "environment": environment, "kind": kind, "data": data });
    outbox::add(tx, &subjects::event(org, kind), &format!("event:{id}"), &message).await?;
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(EVENT_CHANNEL)
        .bind(deployment.map_or_else(String::new, |id| id.to_string()))
        .execute(&mut **tx)
        .await?;
    Ok(id)
}

/// The events of a deployment after `after`, at most `limit`, in order.
///
/// # Errors
/// The server.
pub async fn of_deployment(
    tx: &mut Tx,
    org: Uuid,
    deployment: Uuid,
    after: i64,
    limit: i64,
) -> Result<Vec<Event>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, deployment_id, kind, data, at FROM events \
         WHERE org_id = $1 AND deployment_id = $2 AND id > $3 ORDER BY id LIMIT $4",
    )
    .bind(org)
    .bind(deployment)
    .bind(after)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
}
