//! What the driver reads and writes of a deployment. A row is held while it is looked at, so that several drivers never act on
//! the same state, and every change is a compare-and-set on state and version besides.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use helios_client::{DeploymentKind, DeploymentState, Failure, Plan, Step};
use oal_ir::NodeId;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Tx, notify, record};

/// A deployment as the driver sees it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Held {
    /// Its identifier.
    pub id: Uuid,
    /// The organisation.
    pub org_id: Uuid,
    /// The environment.
    pub environment_id: Uuid,
    /// What it was asked for, by name.
    kind: String,
    /// Where it stands, by name.
    state: String,
    /// Counts the changes of its state.
    pub version: i64,
    /// The source bundle.
    pub source_digest: Option<String>,
    /// Values of params.
    pub params: Json<BTreeMap<String, String>>,
    /// The release that a rollback or a promotion takes.
    pub from_release_id: Option<Uuid>,
    /// The digest that the program's document states of itself.
    pub ir_digest: Option<String>,
    /// The digest of the document's bytes.
    pub ir_artifact: Option<String>,
    /// Digests of the sources that images are built from, by node.
    pub contexts: Json<BTreeMap<NodeId, String>>,
    /// The version of the configuration.
    pub config_version: Option<i64>,
    /// Ids of secret versions by name.
    pub secret_versions: Option<Json<BTreeMap<String, Uuid>>>,
    /// What it changes.
    pub plan: Option<Json<Plan>>,
    /// The release it made.
    pub release_id: Option<Uuid>,
    /// The release that ran when it was planned.
    pub previous_release_id: Option<Uuid>,
    /// What it says of itself so far.
    pub urls: Json<Vec<String>>,
    /// Why it does not go well.
    pub failure: Option<Json<Failure>>,
    /// Whether somebody asked for its end.
    pub cancel_requested: bool,
    /// Why.
    pub cancel_reason: Option<String>,
    /// The digest of the plan that somebody agreed to.
    pub approved_plan: Option<String>,
    /// When the state must have been left.
    pub deadline: Option<DateTime<Utc>>,
    /// The trace of the request that asked for it.
    pub traceparent: Option<String>,
    /// The database's clock, so that all drivers agree on what has passed.
    pub now: DateTime<Utc>,
}

/// The columns of [`Held`]. Named one by one: a later version may add some while this one runs, and a statement that takes all
/// would have another result than it was prepared with.
macro_rules! columns {
    () => {
        "id, org_id, environment_id, kind, state, version, source_digest, params, from_release_id, ir_digest, ir_artifact, \
         contexts, config_version, secret_versions, plan, release_id, previous_release_id, urls, failure, cancel_requested, \
         cancel_reason, approved_plan, deadline, traceparent, clock_timestamp() AS now"
    };
}

impl Held {
    /// Where it stands. A name that this version does not know is taken for the end: hands off.
    #[must_use]
    pub fn state(&self) -> DeploymentState {
        DeploymentState::from_name(&self.state).unwrap_or(DeploymentState::Failed)
    }

    /// What it was asked for.
    #[must_use]
    pub fn kind(&self) -> DeploymentKind {
        DeploymentKind::from_name(&self.kind).unwrap_or(DeploymentKind::Deploy)
    }
}

/// Deployments that are not at their end.
///
/// # Errors
/// The server.
pub async fn open(tx: &mut Tx) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT id FROM deployments WHERE state NOT IN ('live', 'cancelled', 'rolled_back', 'failed', 'superseded') \
         ORDER BY created_at",
    )
    .fetch_all(&mut **tx)
    .await
}

/// Takes hold of a deployment and its environment until the transaction ends; none if there is no such one, or `skip` is set and
/// somebody else has either.
///
/// # Errors
/// The server.
pub async fn hold(tx: &mut Tx, id: Uuid, skip: bool) -> Result<Option<Held>, sqlx::Error> {
    // The environment before its deployment, as whoever asks for one does: its row is written where something goes live.
    let environment = if skip {
        "SELECT e.id FROM environments e JOIN deployments d ON d.environment_id = e.id WHERE d.id = $1 \
         FOR NO KEY UPDATE OF e SKIP LOCKED"
    } else {
        "SELECT e.id FROM environments e JOIN deployments d ON d.environment_id = e.id WHERE d.id = $1 FOR NO KEY UPDATE OF e"
    };
    let found: Option<Uuid> = sqlx::query_scalar(environment).bind(id).fetch_optional(&mut **tx).await?;
    if found.is_none() {
        return Ok(None);
    }
    let query = if skip {
        concat!("SELECT ", columns!(), " FROM deployments WHERE id = $1 FOR UPDATE SKIP LOCKED")
    } else {
        concat!("SELECT ", columns!(), " FROM deployments WHERE id = $1 FOR UPDATE")
    };
    sqlx::query_as(query).bind(id).fetch_optional(&mut **tx).await
}

/// Whether another deployment of the environment is under way.
///
/// # Errors
/// The server.
pub async fn another_active(tx: &mut Tx, held: &Held) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM deployments WHERE environment_id = $1 AND id <> $2 \
         AND state NOT IN ('queued', 'live', 'cancelled', 'rolled_back', 'failed', 'superseded'))",
    )
    .bind(held.environment_id)
    .bind(held.id)
    .fetch_one(&mut **tx)
    .await
}

/// What changes with the state. What is `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// As in [`Held`].
    pub ir_digest: Option<String>,
    /// As in [`Held`].
    pub ir_artifact: Option<String>,
    /// As in [`Held`].
    pub contexts: Option<BTreeMap<NodeId, String>>,
    /// As in [`Held`].
    pub config_version: Option<i64>,
    /// As in [`Held`].
    pub secret_versions: Option<BTreeMap<String, Uuid>>,
    /// As in [`Held`].
    pub plan: Option<Plan>,
    /// As in [`Held`].
    pub release_id: Option<Uuid>,
    /// As in [`Held`].
    pub previous_release_id: Option<Uuid>,
    /// As in [`Held`].
    pub urls: Option<Vec<String>>,
    /// As in [`Held`].
    pub failure: Option<Failure>,
}

/// Goes from one state to another: the row, the step, the event, all or nothing. Where it ends, the one that waits for its turn is
/// looked at.
///
/// # Errors
/// The server; `RowNotFound` if somebody else changed the state meanwhile.
pub async fn go(
    tx: &mut Tx,
    held: &Held,
    to: DeploymentState,
    reason: &str,
    deadline: Option<DateTime<Utc>>,
    changes: &Changes,
) -> Result<Held, sqlx::Error> {
    let next: Held = sqlx::query_as(concat!(
        "UPDATE deployments SET state = $4, version = version + 1, updated_at = now(), deadline = $5, \
         finished_at = CASE WHEN $6 THEN now() END, \
         ir_digest = coalesce($7, ir_digest), ir_artifact = coalesce($8, ir_artifact), contexts = coalesce($9, contexts), \
         config_version = coalesce($10, config_version), secret_versions = coalesce($11, secret_versions), \
         plan = coalesce($12, plan), release_id = coalesce($13, release_id), \
         previous_release_id = coalesce($14, previous_release_id), urls = coalesce($15, urls), failure = coalesce($16, failure) \
         WHERE id = $1 AND version = $2 AND state = $3 RETURNING ",
        columns!(),
    ))
    .bind(held.id)
    .bind(held.version)
    .bind(&held.state)
    .bind(to.name())
    .bind(deadline)
    .bind(to.is_terminal())
    .bind(&changes.ir_digest)
    .bind(&changes.ir_artifact)
    .bind(changes.contexts.as_ref().map(Json))
    .bind(changes.config_version)
    .bind(changes.secret_versions.as_ref().map(Json))
    .bind(changes.plan.as_ref().map(Json))
    .bind(changes.release_id)
    .bind(changes.previous_release_id)
    .bind(changes.urls.as_ref().map(Json))
    .bind(changes.failure.as_ref().map(Json))
    .fetch_one(&mut **tx)
    .await?;
    let step = Step { version: next.version, from: Some(held.state()), to, reason: reason.to_owned(), at: next.now };
    record(tx, held.org_id, held.environment_id, held.id, &step).await?;
    if to.is_terminal() {
        let waiting: Option<Uuid> =
            sqlx::query_scalar("SELECT id FROM deployments WHERE environment_id = $1 AND state = 'queued'")
                .bind(held.environment_id)
                .fetch_optional(&mut **tx)
                .await?;
        if let Some(waiting) = waiting {
            notify(tx, waiting).await?;
        }
    }
    Ok(next)
}
