//! Deployments: asked for, looked at, approved, cancelled by those who use the platform; moved by the driver in [`advance`].

pub mod advance;
pub mod stages;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use helios_client::{Deployment, DeploymentKind, DeploymentState, Failure, Plan, Repeated, Step};
use sqlx::types::Json;
use uuid::Uuid;

use super::releases::repeats;
use super::{DEPLOYMENT_CHANNEL, Tx, events};
use crate::domain::deployment::time_limit;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct NewDeployment {
    /// The organisation.
    pub org: Uuid,
    /// Where.
    pub environment: Uuid,
    /// What.
    pub kind: DeploymentKind,
    /// The source bundle: of a deploy the one that was uploaded, else that of `from_release`.
    pub source_digest: String,
    /// Values of params as OAL literals, by name.
    pub params: BTreeMap<String, String>,
    /// The release that a rollback or a promotion takes.
    pub from_release: Option<Uuid>,
    /// Whose token asked.
    pub requested_by: Option<Uuid>,
    /// The request it came with, for the log.
    pub request_id: Option<String>,
}

/// Asks for a deployment. One that waits for its turn is superseded by it, one that is under way is asked to cancel if traffic has
/// not gone over to it yet: of several in a row only the last one counts.
///
/// # Errors
/// The server.
pub async fn create(tx: &mut Tx, new: &NewDeployment) -> Result<Uuid, sqlx::Error> {
    // One request at a time for each environment.
    sqlx::query("SELECT FROM environments WHERE id = $1 AND org_id = $2 FOR NO KEY UPDATE")
        .bind(new.environment)
        .bind(new.org)
        .fetch_one(&mut **tx)
        .await?;
    let others: Vec<(Uuid, String, i64)> = sqlx::query_as(
        "SELECT id, state, version FROM deployments WHERE environment_id = $1 AND org_id = $2 \
         AND state NOT IN ('live', 'cancelled', 'rolled_back', 'failed', 'superseded') FOR UPDATE",
    )
    .bind(new.environment)
    .bind(new.org)
    .fetch_all(&mut **tx)
    .await?;
    for (id, state, version) in others {
        match DeploymentState::from_name(&state) {
            Some(DeploymentState::Queued) => {
                let step = step(
                    version + 1,
                    Some(DeploymentState::Queued),
                    DeploymentState::Superseded,
                    "a newer deployment came",
                );
                sqlx::query(
                    "UPDATE deployments SET state = 'superseded', version = $2, updated_at = now(), finished_at = now(), \
                     deadline = NULL WHERE id = $1",
                )
                .bind(id)
                .bind(step.version)
                .execute(&mut **tx)
                .await?;
                record(tx, new.org, new.environment, id, &step).await?;
            }
            Some(state) if state.can_cancel() => ask_to_cancel(tx, id, SUPERSEDED).await?,
            _ => {}
        }
    }
    let id = Uuid::now_v7();
    let deadline = time_limit(DeploymentState::Queued, None).map(|limit| Utc::now() + limit);
    sqlx::query(
        "INSERT INTO deployments (id, org_id, environment_id, kind, state, source_digest, params, from_release_id, \
         requested_by, request_id, deadline, traceparent) VALUES ($1, $2, $3, $4, 'queued', $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(id)
    .bind(new.org)
    .bind(new.environment)
    .bind(new.kind.name())
    .bind(&new.source_digest)
    .bind(Json(&new.params))
    .bind(new.from_release)
    .bind(new.requested_by)
    .bind(&new.request_id)
    .bind(deadline)
    .bind(crate::trace::current())
    .execute(&mut **tx)
    .await?;
    record(tx, new.org, new.environment, id, &step(1, None, DeploymentState::Queued, "asked for")).await?;
    notify(tx, id).await?;
    Ok(id)
}

/// `cancel_reason` of a deployment that a newer one takes the place of.
pub(crate) const SUPERSEDED: &str = "superseded";

async fn ask_to_cancel(tx: &mut Tx, id: Uuid, reason: &str) -> Result<(), sqlx::Error> {
    // Who asked first is who is named.
    sqlx::query(
        "UPDATE deployments SET cancel_requested = true, cancel_reason = coalesce(cancel_reason, $2) WHERE id = $1",
    )
    .bind(id)
    .bind(reason)
    .execute(&mut **tx)
    .await?;
    notify(tx, id).await
}

/// Tells the drivers, at commit, to look at a deployment.
///
/// # Errors
/// The server.
pub async fn notify(tx: &mut Tx, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(DEPLOYMENT_CHANNEL).bind(id.to_string()).execute(&mut **tx).await?;
    Ok(())
}

fn step(version: i64, from: Option<DeploymentState>, to: DeploymentState, reason: &str) -> Step {
    Step { version, from, to, reason: reason.to_owned(), at: Utc::now() }
}

/// Keeps a step and tells of it.
async fn record(tx: &mut Tx, org: Uuid, environment: Uuid, id: Uuid, step: &Step) -> Result<(), sqlx::Error> {
    sqlx::query(
        "INSERT INTO deployment_steps (deployment_id, org_id, version, from_state, to_state, reason, at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id)
    .bind(org)
    .bind(step.version)
    .bind(step.from.map(DeploymentState::name))
    .bind(step.to.name())
    .bind(&step.reason)
    .bind(step.at)
    .execute(&mut **tx)
    .await?;
    events::record(tx, org, Some(environment), Some(id), events::STATE, step).await?;
    Ok(())
}

/// What became of a request about a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is granted.
    Granted,
    /// There is no such deployment.
    Missing,
    /// Not in this state.
    NotNow(DeploymentState),
    /// The plan is another by now; its digest.
    OtherPlan(String),
}

/// Agrees to the plan of this digest.
///
/// # Errors
/// The server.
pub async fn approve(tx: &mut Tx, org: Uuid, id: Uuid, plan: &str, by: Uuid) -> Result<Answer, sqlx::Error> {
    let row: Option<(String, Option<Json<Plan>>)> =
        sqlx::query_as("SELECT state, plan FROM deployments WHERE id = $1 AND org_id = $2 FOR UPDATE")
            .bind(id)
            .bind(org)
            .fetch_optional(&mut **tx)
            .await?;
    let Some((state, planned)) = row else { return Ok(Answer::Missing) };
    match (DeploymentState::from_name(&state), planned) {
        (Some(DeploymentState::AwaitingApproval), Some(Json(planned))) if planned.digest == plan => {}
        (Some(DeploymentState::AwaitingApproval), Some(Json(planned))) => return Ok(Answer::OtherPlan(planned.digest)),
        (state, _) => return Ok(Answer::NotNow(state.unwrap_or(DeploymentState::Failed))),
    }
    sqlx::query("UPDATE deployments SET approved_plan = $2, approved_by = $3 WHERE id = $1")
        .bind(id)
        .bind(plan)
        .bind(by)
        .execute(&mut **tx)
        .await?;
    notify(tx, id).await?;
    Ok(Answer::Granted)
}

/// Asks for the end of a deployment. Granted means that it will not go live: traffic has not gone over, and the row is held while
/// that is looked at.
///
/// # Errors
/// The server.
pub async fn cancel(tx: &mut Tx, org: Uuid, id: Uuid, reason: &str) -> Result<Answer, sqlx::Error> {
    let state: Option<String> =
        sqlx::query_scalar("SELECT state FROM deployments WHERE id = $1 AND org_id = $2 FOR UPDATE")
            .bind(id)
            .bind(org)
            .fetch_optional(&mut **tx)
            .await?;
    let Some(state) = state else { return Ok(Answer::Missing) };
    match DeploymentState::from_name(&state) {
        Some(state) if state.can_cancel() => {}
        // Asking twice is asking once.
        Some(DeploymentState::Cancelling | DeploymentState::Cancelled) => return Ok(Answer::Granted),
        state => return Ok(Answer::NotNow(state.unwrap_or(DeploymentState::Failed))),
    }
    ask_to_cancel(tx, id, reason).await?;
    Ok(Answer::Granted)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    app: String,
    environment: String,
    kind: String,
    state: String,
    version: i64,
    release: Option<i64>,
    plan: Option<Json<Plan>>,
    failure: Option<Json<Failure>>,
    urls: Json<Vec<String>>,
    cancel_requested: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    deadline: Option<DateTime<Utc>>,
    #[sqlx(json(nullable))]
    repeats: Option<Repeated>,
}

/// The start of a query for a [`Row`] of `deployments d`.
macro_rules! view {
    () => {
        concat!(
            "SELECT d.id, a.name AS app, e.name AS environment, d.kind, d.state, d.version, r.number AS release, d.plan, \
             d.failure, d.urls, d.cancel_requested, d.created_at, d.updated_at, d.finished_at, d.deadline, ",
            repeats!(),
            " FROM deployments d JOIN environments e ON e.id = d.environment_id JOIN apps a ON a.id = e.app_id \
             LEFT JOIN releases r ON r.id = d.release_id "
        )
    };
}

impl From<Row> for Deployment {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            app: row.app,
            environment: row.environment,
            // Both are written from the enums only, under a check of the table.
            kind: DeploymentKind::from_name(&row.kind).unwrap_or(DeploymentKind::Deploy),
            state: DeploymentState::from_name(&row.state).unwrap_or(DeploymentState::Failed),
            version: row.version,
            release: row.release,
            repeats: row.repeats,
            plan: row.plan.map(|Json(plan)| plan),
            failure: row.failure.map(|Json(failure)| failure),
            urls: row.urls.0,
            cancel_requested: row.cancel_requested,
            created_at: row.created_at,
            updated_at: row.updated_at,
            finished_at: row.finished_at,
            deadline: row.deadline,
        }
    }
}

/// A deployment as clients see it.
///
/// # Errors
/// The server.
pub async fn get(tx: &mut Tx, org: Uuid, id: Uuid) -> Result<Option<Deployment>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(concat!(view!(), "WHERE d.org_id = $1 AND d.id = $2"))
        .bind(org)
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(row.map(Deployment::from))
}

/// Deployments of an environment, or of all, newest first: at most `limit`, older than the one that `before` tells the time and
/// identifier of.
///
/// # Errors
/// The server.
pub async fn list(
    tx: &mut Tx,
    org: Uuid,
    environment: Option<Uuid>,
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Deployment>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(concat!(
        view!(),
        "WHERE d.org_id = $1 AND ($2::uuid IS NULL OR d.environment_id = $2) \
         AND ($3::timestamptz IS NULL OR (d.created_at, d.id) < ($3, $4)) \
         ORDER BY d.created_at DESC, d.id DESC LIMIT $5"
    ))
    .bind(org)
    .bind(environment)
    .bind(before.map(|(at, _)| at))
    .bind(before.map(|(_, id)| id))
    .bind(limit)
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Deployment::from).collect())
}

#[derive(sqlx::FromRow)]
struct StepRow {
    version: i64,
    from_state: Option<String>,
    to_state: String,
    reason: String,
    at: DateTime<Utc>,
}

/// The changes of a deployment's state, in order.
///
/// # Errors
/// The server.
pub async fn steps(tx: &mut Tx, org: Uuid, id: Uuid) -> Result<Vec<Step>, sqlx::Error> {
    let rows: Vec<StepRow> = sqlx::query_as(
        "SELECT version, from_state, to_state, reason, at FROM deployment_steps \
         WHERE deployment_id = $1 AND org_id = $2 ORDER BY version",
    )
    .bind(id)
    .bind(org)
    .fetch_all(&mut **tx)
    .await?;
    let steps = rows.into_iter().filter_map(|row| {
        let from = row.from_state.as_deref().and_then(DeploymentState::from_name);
        let to = DeploymentState::from_name(&row.to_state)?;
        Some(Step { version: row.version, from, to, reason: row.reason, at: row.at })
    });
    Ok(steps.collect())
}
