//! Jobs: work for workers, written with the change that asks for it and sent by the relay.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Tx, outbox};
use crate::bus::envelope::{Envelope, SCHEMA};

/// A job to be made.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// The organisation.
    pub org: Uuid,
    /// The deployment it is part of.
    pub deployment: Option<Uuid>,
    /// The environment it is for.
    pub environment: Option<Uuid>,
    /// `oal`, `build`, `deploy`, `run`.
    pub kind: &'static str,
    /// What it is for.
    pub stage: String,
    /// Which of several.
    pub slot: String,
    /// Where it is sent.
    pub subject: String,
    /// What is to be done.
    pub body: Value,
    /// When it must have ended.
    pub deadline: DateTime<Utc>,
}

/// Makes a job and puts its message into the outbox; `None` if there is one of that stage and slot already.
///
/// # Errors
/// The server.
pub async fn create(tx: &mut Tx, new: &NewJob) -> Result<Option<Uuid>, sqlx::Error> {
    let id = Uuid::now_v7();
    let made = sqlx::query(
        "INSERT INTO jobs (id, org_id, deployment_id, environment_id, kind, stage, slot, subject, body, attempt, deadline) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, $10) ON CONFLICT (deployment_id, stage, slot) DO NOTHING",
    )
    .bind(id)
    .bind(new.org)
    .bind(new.deployment)
    .bind(new.environment)
    .bind(new.kind)
    .bind(&new.stage)
    .bind(&new.slot)
    .bind(&new.subject)
    .bind(Json(&new.body))
    .bind(new.deadline)
    .execute(&mut **tx)
    .await?;
    if made.rows_affected() == 0 {
        return Ok(None);
    }
    let envelope = Envelope {
        schema: SCHEMA,
        job: id,
        attempt: 1,
        org: new.org,
        deployment: new.deployment,
        traceparent: None,
        deadline: new.deadline,
        body: &new.body,
    };
    let payload = serde_json::to_value(&envelope).map_err(|error| sqlx::Error::Encode(error.into()))?;
    outbox::add(tx, &new.subject, &format!("{id}:1"), &payload).await?;
    Ok(Some(id))
}
