//! Jobs: work for workers, written with the change that asks for it and sent by the relay.
//!
//! `queued → running` only by [`held::claim`]; `running → queued` when the worker gives it back or its lease has run out; to an
//! end only by whoever holds it, or where nobody does. Each claim raises the fence, and every later write of the worker names it:
//! one that is too late changes nothing.

pub mod held;
pub mod overdue;

use chrono::{DateTime, Utc};
use helios_client::JobState;
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{CANCEL_CHANNEL, DEPLOYMENT_CHANNEL, LOG_CHANNEL, Tx, notify, outbox, without_nul};
use crate::bus::envelope::{Envelope, SCHEMA};
use crate::trace;

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
        "INSERT INTO jobs (id, org_id, deployment_id, environment_id, kind, stage, slot, subject, body, deadline, \
         traceparent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::json, $10, $11) ON CONFLICT (deployment_id, stage, slot) DO NOTHING",
    )
    .bind(id)
    .bind(new.org)
    .bind(new.deployment)
    .bind(new.environment)
    .bind(new.kind)
    .bind(&new.stage)
    .bind(&new.slot)
    .bind(&new.subject)
    .bind(new.body.to_string())
    .bind(new.deadline)
    .bind(trace::current())
    .execute(&mut **tx)
    .await?;
    if made.rows_affected() == 0 {
        return Ok(None);
    }
    send(tx, id, std::time::Duration::ZERO).await?;
    Ok(Some(id))
}

/// What a job's message has.
#[derive(sqlx::FromRow)]
struct Message {
    org: Uuid,
    deployment: Option<Uuid>,
    subject: String,
    body: String,
    sent: i32,
    deadline: DateTime<Utc>,
    traceparent: Option<String>,
}

/// Puts a job's message into the outbox, once more than before, to be sent after `delay`.
async fn send(tx: &mut Tx, job: Uuid, delay: std::time::Duration) -> Result<(), sqlx::Error> {
    let Message { org, deployment, subject, body, sent, deadline, traceparent } = sqlx::query_as(
        "UPDATE jobs SET sent = sent + 1 WHERE id = $1 RETURNING org_id AS org, deployment_id AS deployment, subject, \
         body::text, sent, deadline, traceparent",
    )
    .bind(job)
    .fetch_one(&mut **tx)
    .await?;
    let encode = |error: serde_json::Error| sqlx::Error::Encode(error.into());
    let body = RawValue::from_string(body).map_err(encode)?;
    let attempt = u32::try_from(sent).unwrap_or_default();
    let envelope = Envelope { schema: SCHEMA, job, attempt, org, deployment, traceparent, deadline, body };
    let payload = serde_json::to_string(&envelope).map_err(encode)?;
    outbox::add_text(tx, &subject, &message_id(job, attempt), &payload, delay).await
}

/// The id of a job's message.
fn message_id(job: Uuid, attempt: u32) -> String {
    format!("{job}:{attempt}")
}

/// The job whose message has this id.
#[must_use]
pub fn of_message_id(message_id: &str) -> Option<Uuid> {
    message_id.split_once(':')?.0.parse().ok()
}

/// How a job ends.
#[derive(Debug, Clone)]
pub enum End {
    /// With a result, as JSON.
    Done(Value),
    /// Without one, and nobody is to try again: its deadline has passed.
    Failed(String),
    /// As was asked for.
    Cancelled,
    /// Without one after all attempts; its message goes to the dead letters.
    Dead(String),
}

impl End {
    const fn state(&self) -> JobState {
        match self {
            Self::Done(_) => JobState::Done,
            Self::Failed(_) => JobState::Failed,
            Self::Cancelled => JobState::Cancelled,
            Self::Dead(_) => JobState::Dead,
        }
    }
}

/// What is said of a job that ended because of its deadline.
const TOO_LATE: &str = "it did not end before its deadline";

/// Ends a job whose row is locked, and tells those who wait for it.
async fn end(tx: &mut Tx, job: Uuid, end: End) -> Result<(), sqlx::Error> {
    let state = end.state();
    let (result, error) = match end {
        End::Done(result) => (Some(without_nul(result)), None),
        End::Failed(error) | End::Dead(error) => (None, Some(error.replace('\0', "\u{fffd}"))),
        End::Cancelled => (None, None),
    };
    let deployment: Option<Uuid> = sqlx::query_scalar(
        "UPDATE jobs SET state = $2, result = $3, error = $4, lease_until = NULL, finished_at = now() WHERE id = $1 \
         RETURNING deployment_id",
    )
    .bind(job)
    .bind(state.name())
    .bind(result)
    .bind(&error)
    .fetch_one(&mut **tx)
    .await?;
    if state == JobState::Dead {
        sqlx::query(
            "INSERT INTO dead_letters (id, org_id, job_id, subject, payload, reason) \
             SELECT $2, org_id, id, subject, body, coalesce(error, '') FROM jobs WHERE id = $1",
        )
        .bind(job)
        .bind(Uuid::now_v7())
        .execute(&mut **tx)
        .await?;
    }
    if let Some(deployment) = deployment {
        notify(tx, DEPLOYMENT_CHANNEL, &deployment.to_string()).await?;
    }
    notify(tx, LOG_CHANNEL, &job.to_string()).await
}

/// What became of a job.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Job {
    /// The job.
    pub id: Uuid,
    /// The deployment it is part of.
    pub deployment_id: Option<Uuid>,
    /// The environment it is for.
    pub environment_id: Option<Uuid>,
    /// `oal`, `build`, `deploy`, `run`.
    pub kind: String,
    /// What it is for.
    pub stage: String,
    /// Which of several.
    pub slot: String,
    /// Where it stands.
    #[sqlx(try_from = "String")]
    pub state: JobState,
    /// How often it was begun.
    pub attempt: i32,
    /// What came of it.
    pub result: Option<Value>,
    /// Why nothing came of it.
    pub error: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
}

/// A job of an organisation.
///
/// # Errors
/// The server.
pub async fn find(tx: &mut Tx, org: Uuid, job: Uuid) -> Result<Option<Job>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, deployment_id, environment_id, kind, stage, slot, state, attempt, result, error, created_at, finished_at \
         FROM jobs WHERE id = $1 AND org_id = $2",
    )
    .bind(job)
    .bind(org)
    .fetch_optional(&mut **tx)
    .await
}

/// Whether an exclusive job of an environment is open: one that changes what runs there, a phase of a deployment, a repair or a
/// taking down. Those of the deployment `but` are left out.
///
/// # Errors
/// The server.
pub async fn exclusive_open(tx: &mut Tx, environment: Uuid, but: Option<Uuid>) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM jobs WHERE environment_id = $1 AND kind = 'deploy' AND state IN ('queued', 'running') \
         AND ($2::uuid IS NULL OR deployment_id IS DISTINCT FROM $2))",
    )
    .bind(environment)
    .bind(but)
    .fetch_one(&mut **tx)
    .await
}

/// Which of these jobs have ended.
///
/// # Errors
/// The server.
pub async fn ended(tx: &mut Tx, jobs: &[Uuid]) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar("SELECT id FROM jobs WHERE id = ANY($1) AND state NOT IN ('queued', 'running')")
        .bind(jobs)
        .fetch_all(&mut **tx)
        .await
}

/// The open runs of an environment: somebody's or a schedule's, beside what its deployments run.
///
/// # Errors
/// The server.
pub async fn open_runs(tx: &mut Tx, environment: Uuid) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT id FROM jobs WHERE environment_id = $1 AND kind = 'run' AND state IN ('queued', 'running')",
    )
    .bind(environment)
    .fetch_all(&mut **tx)
    .await
}

/// Asks a job of an organisation to stop. One that no worker ever had ends at once, any other once its worker has observed the
/// stop. False if there is no such job that has not ended.
///
/// # Errors
/// The server.
pub async fn cancel(tx: &mut Tx, org: Uuid, job: Uuid) -> Result<bool, sqlx::Error> {
    let fence: Option<(i64,)> = sqlx::query_as(
        "UPDATE jobs SET cancel_requested = true WHERE id = $1 AND org_id = $2 AND state IN ('queued', 'running') \
         RETURNING fence",
    )
    .bind(job)
    .bind(org)
    .fetch_optional(&mut **tx)
    .await?;
    match fence {
        None => return Ok(false),
        Some((0,)) => end(tx, job, End::Cancelled).await?,
        Some(_) => notify(tx, CANCEL_CHANNEL, &job.to_string()).await?,
    }
    Ok(true)
}
