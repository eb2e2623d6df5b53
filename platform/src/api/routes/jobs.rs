//! Work outside of deployments: runs, and taking environments down.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{TimeDelta, Utc};
use helios_client::{Failure, Job, JobKind, NewDown, NewRun, Scope};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{EnvironmentPath, IdPath};
use crate::api::Api;
use crate::api::access::{Allowed, Deploy, Read, Verb};
use crate::api::extract::{Json, Path};
use crate::api::refusal::{Answer, Refusal};
use crate::bus::subjects;
use crate::domain::job::{DeployJob, IrPayload, Phase, ReleasePayload, RunJob, failure};
use crate::store::releases::{self, Release};
use crate::store::{Tx, apps, audit, environments, jobs as stored, repairs};

/// How long a run may take.
const RUN: TimeDelta = TimeDelta::hours(6);
/// How long taking an environment down may take.
const DOWN: TimeDelta = TimeDelta::minutes(10);
/// The most bytes of a command, all its words together.
const LONGEST_COMMAND: usize = 32 * 1024;

/// Nothing more is said to cancel a job.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobCancellation {}

/// The job of that id, if the token is for its environment.
///
/// # Errors
/// [`Refusal::NotFound`]; the database.
pub(super) async fn find<V: Verb>(allowed: &Allowed<V>, tx: &mut Tx, id: Uuid) -> Answer<Job> {
    let found = stored::find(tx, allowed.org(), id).await?.ok_or_else(|| Refusal::no("job"))?;
    if !allowed.caller.covers_all() {
        let place = match found.environment_id {
            Some(environment) => Some(environments::place(tx, environment).await?.environment),
            None => None,
        };
        if !place.is_some_and(|place| allowed.caller.covers(&place.app, &place.name)) {
            return Err(Refusal::no("job"));
        }
    }
    show(found)
}

/// What a name of the database is on the wire, where both have the same.
pub(super) fn named<T: DeserializeOwned>(name: &str) -> Answer<T> {
    serde_json::from_value(Value::from(name)).map_err(|error| Refusal::Internal(error.to_string()))
}

fn show(job: stored::Job) -> Answer<Job> {
    let kind: JobKind = named(&job.kind)?;
    let state = job.state;
    let result = job.result.unwrap_or_default();
    let failure = failure(&result).or_else(|| {
        job.error.map(|error| Failure::new(helios_client::FailureKind::Internal, job.stage.clone(), error))
    });
    Ok(Job {
        id: job.id,
        deployment: job.deployment_id,
        kind,
        stage: job.stage,
        state,
        attempt: job.attempt,
        exit_code: result.get("exit_code").and_then(Value::as_i64),
        failure: failure.map(Box::new),
        created_at: job.created_at,
        finished_at: job.finished_at,
    })
}

/// A release as a target needs it. The document goes by its digest: whoever runs it has the artifact store.
pub(super) fn payload(release: Release) -> ReleasePayload {
    ReleasePayload {
        number: release.number,
        ir: IrPayload::Artifact(release.ir_artifact),
        source: release.source_digest,
        images: release.images.0,
        copies: BTreeMap::new(),
        secrets: release.secret_versions.0,
    }
}

pub(super) async fn live(tx: &mut Tx, org: Uuid, environment: Uuid, number: Option<i64>) -> Answer<Release> {
    let live = match number {
        Some(number) => releases::by_number(tx, org, environment, number).await?,
        None => None,
    };
    live.ok_or_else(|| Refusal::Conflict(String::from("nothing is live in this environment")))
}

pub(super) fn body(job: &impl serde::Serialize) -> Answer<Value> {
    serde_json::to_value(job).map_err(|error| Refusal::Internal(error.to_string()))
}

/// A job
#[utoipa::path(get, path = "/v1/jobs/{id}", operation_id = "get_job", tag = "jobs", params(IdPath), security(("token" = ["read"])),
    responses((status = 200, body = Job)))]
pub async fn get(State(api): State<Api>, allowed: Allowed<Read>, Path(path): Path<IdPath>) -> Answer<Json<Job>> {
    let mut tx = allowed.begin(&api.store).await?;
    Ok(Json(find(&allowed, &mut tx, path.id).await?))
}

/// Wish a job to end that is no part of a deployment; it is over when it says so
#[utoipa::path(post, path = "/v1/jobs/{id}/cancel", operation_id = "cancel_job", tag = "jobs", params(IdPath),
    request_body = JobCancellation, security(("token" = ["deploy"])), responses((status = 200, body = Job)))]
pub async fn cancel(
    State(api): State<Api>,
    allowed: Allowed<Deploy>,
    Path(path): Path<IdPath>,
    Json(JobCancellation {}): Json<JobCancellation>,
) -> Answer<Json<Job>> {
    let mut tx = allowed.begin(&api.store).await?;
    if find(&allowed, &mut tx, path.id).await?.deployment.is_some() {
        return Err(Refusal::Conflict(String::from("the job is part of a deployment: cancel that")));
    }
    if stored::cancel(&mut tx, allowed.org(), path.id).await? {
        audit::record(&mut tx, &allowed.did("job.cancel", path.id.to_string())).await?;
    }
    let now = find(&allowed, &mut tx, path.id).await?;
    tx.commit().await?;
    Ok(Json(now))
}

/// Run a component of the live release to its end
///
/// A job of the program, or a command with the surroundings of a service; the latter takes the scope `exec`, too.
#[utoipa::path(post, path = "/v1/apps/{app}/environments/{environment}/runs", operation_id = "create_run", tag = "jobs",
    params(EnvironmentPath), request_body = NewRun, security(("token" = ["deploy"])), responses((status = 201, body = Job)))]
pub async fn run(
    State(api): State<Api>,
    allowed: Allowed<Deploy>,
    Path(path): Path<EnvironmentPath>,
    Json(new): Json<NewRun>,
) -> Answer<(StatusCode, Json<Job>)> {
    if let Some(command) = &new.command {
        allowed.also(Scope::Exec)?;
        check_command(command)?;
    }
    let org = allowed.org();
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let release = live(&mut tx, org, view.id, view.live_release).await?;
    if !environments::is_up(&mut tx, view.id).await? {
        return Err(Refusal::Conflict(String::from("the environment is down: deploy to it first")));
    }
    let place = environments::place(&mut tx, view.id).await?;
    let object = format!("{}/{} {}", path.app, path.environment, new.node);
    let job = RunJob {
        environment: place.environment,
        release: payload(release),
        node: new.node,
        command: new.command,
        data: None,
    };
    let new = stored::NewJob {
        org,
        deployment: None,
        environment: Some(view.id),
        kind: "run",
        stage: String::from("run"),
        slot: String::new(),
        subject: subjects::run(&place.target),
        body: body(&job)?,
        deadline: Utc::now() + RUN,
    };
    let id = stored::create(&mut tx, &new).await?.ok_or_else(|| Refusal::Internal(String::from("the run is there")))?;
    audit::record(&mut tx, &allowed.did("run.create", format!("{object} {id}"))).await?;
    let made = find(&allowed, &mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// A command has a program, and is no longer than a message takes.
pub(super) fn check_command(command: &[String]) -> Answer<()> {
    let length: usize = command.iter().map(String::len).sum();
    if command.first().is_none_or(String::is_empty) || command.len() > 200 || length > LONGEST_COMMAND {
        return Err(Refusal::Invalid(format!(
            "`command` has a program and at most 199 arguments, together at most {LONGEST_COMMAND} bytes"
        )));
    }
    Ok(())
}

/// Take an environment down
///
/// Its containers and networks go. With `destroy` its volumes go, too, and with them all data; that takes the scope `admin`.
#[utoipa::path(post, path = "/v1/apps/{app}/environments/{environment}/down", operation_id = "take_down", tag = "jobs",
    params(EnvironmentPath), request_body = NewDown, security(("token" = ["deploy"])), responses((status = 201, body = Job)))]
pub async fn down(
    State(api): State<Api>,
    allowed: Allowed<Deploy>,
    Path(path): Path<EnvironmentPath>,
    Json(new): Json<NewDown>,
) -> Answer<(StatusCode, Json<Job>)> {
    if new.destroy {
        allowed.also(Scope::Admin)?;
    }
    let org = allowed.org();
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    if apps::is_busy(&mut tx, org, view.id).await? {
        return Err(Refusal::Conflict(String::from("a deployment is under way: cancel it first")));
    }
    // What was started and never went live may have left something, too.
    let release = match live(&mut tx, org, view.id, view.live_release).await {
        Err(Refusal::Conflict(_)) => releases::list(&mut tx, org, view.id, i64::MAX, 1).await?.pop(),
        live => Some(live?),
    };
    let release = release.ok_or_else(|| Refusal::Conflict(String::from("nothing ever ran in this environment")))?;
    apps::take_down(&mut tx, org, view.id).await?;
    // What is under way ends first, and nothing begins any more: the agent waits for that.
    repairs::stop(&mut tx, org, view.id).await?;
    for run in stored::open_runs(&mut tx, view.id).await? {
        stored::cancel(&mut tx, org, run).await?;
    }
    let place = environments::place(&mut tx, view.id).await?;
    let phase = if new.destroy { Phase::Destroy } else { Phase::Down };
    let job = DeployJob {
        environment: place.environment,
        phase,
        release: payload(release),
        previous: None,
        give_up: Default::default(),
    };
    let new = stored::NewJob {
        org,
        deployment: None,
        environment: Some(view.id),
        kind: "deploy",
        stage: phase.name().to_owned(),
        slot: String::new(),
        subject: subjects::deploy(&place.target, phase),
        body: body(&job)?,
        deadline: Utc::now() + DOWN,
    };
    let id = stored::create(&mut tx, &new).await?.ok_or_else(|| Refusal::Internal(String::from("the job is there")))?;
    let verb = if phase == Phase::Destroy { "environment.destroy" } else { "environment.down" };
    audit::record(&mut tx, &allowed.did(verb, format!("{}/{} {id}", path.app, path.environment))).await?;
    let made = find(&allowed, &mut tx, id).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}
