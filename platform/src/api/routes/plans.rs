//! What a deployment would do, without doing it: the very check and the very planner of a deployment.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use chrono::{TimeDelta, Utc};
use helios_client::{DeploymentState, Failure, NewPlan, Plan};
use oal_ir::{Ir, NodeId};
use uuid::Uuid;

use super::{EnvironmentPath, deployments, sources};
use crate::api::Api;
use crate::api::access::{Allowed, Deploy};
use crate::api::extract::{Json, Path};
use crate::api::refusal::{Answer, Refusal};
use crate::bundle;
use crate::bus::subjects;
use crate::domain::job::{OalJob, OalResult};
use crate::domain::planner::{self, Side, requirements};
use crate::domain::report;
use crate::store::notices::Notice;
use crate::store::{Store, jobs, releases, secrets};

/// How long a check may take.
const CHECK: Duration = Duration::from_secs(45);
/// The net below notices.
const POLL: Duration = Duration::from_secs(1);
/// The most bytes of a document.
const MOST_IR: u64 = 64 * 1024 * 1024;

/// What a deployment of a source bundle would do
///
/// The program is checked and compared with what runs. Nothing is built, made or kept. A program with errors is refused with
/// `diagnostics`.
#[utoipa::path(post, path = "/v1/apps/{app}/environments/{environment}/plans", operation_id = "create_plan", tag = "deployments",
    params(EnvironmentPath), request_body = NewPlan, security(("token" = ["deploy"])), responses((status = 200, body = Plan)))]
pub async fn create(
    State(api): State<Api>,
    allowed: Allowed<Deploy>,
    Path(path): Path<EnvironmentPath>,
    Json(new): Json<NewPlan>,
) -> Answer<(StatusCode, Json<Plan>)> {
    deployments::check_params(&new.params)?;
    let org = allowed.org();
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    if !sources::is_there(&api, &mut tx, org, new.source.as_str()).await? {
        return Err(Refusal::Conflict(format!("the source bundle {} has not been uploaded", new.source)));
    }
    let source = String::from(new.source);
    let job = OalJob {
        source: source.clone(),
        environment: path.environment.to_string(),
        app: path.app.to_string(),
        params: new.params,
    };
    let new = jobs::NewJob {
        org,
        deployment: None,
        environment: Some(view.id),
        kind: "oal",
        stage: String::from("plan"),
        slot: String::new(),
        subject: subjects::OAL_CHECK.to_owned(),
        body: serde_json::to_value(&job).map_err(|error| Refusal::Internal(error.to_string()))?,
        deadline: Utc::now() + TimeDelta::from_std(CHECK).unwrap_or_default(),
    };
    let id = jobs::create(&mut tx, &new).await?.ok_or_else(|| Refusal::Internal(String::from("the check is there")))?;
    tx.commit().await?;
    let (ir_artifact, contexts) = checked(&api, org, id).await?;

    let ir = program(&api, ir_artifact).await?;
    let mut tx = allowed.begin(&api.store).await?;
    let mut versions = secrets::newest(&mut tx, org, view.id).await?;
    let live = match view.live_release {
        Some(number) => releases::by_number(&mut tx, org, view.id, number).await?,
        None => None,
    };
    drop(tx);
    let required = requirements::requirements(&ir, |name| versions.contains_key(name));
    let mut failures = requirements::unsupported(&ir);
    failures.extend(required.failures);
    if !failures.is_empty() {
        return Err(refused(&api, source, ir, failures).await?);
    }
    versions.retain(|name, _| required.names.contains(name));
    let before = match live {
        Some(live) => Some((program(&api, live.ir_artifact.clone()).await?, live)),
        None => None,
    };
    let before =
        before.as_ref().map(|(ir, live)| Side { ir, contexts: &live.contexts.0, secrets: &live.secret_versions.0 });
    let plan = planner::plan(before, Side { ir: &ir, contexts: &contexts, secrets: &versions });
    Ok((StatusCode::OK, Json(plan)))
}

/// What speaks against the program, each under its line.
async fn refused(api: &Api, source: String, ir: Ir, failures: Vec<Failure>) -> Answer<Refusal> {
    let artifacts = api.artifacts.clone();
    let drawn = tokio::task::spawn_blocking(move || {
        let texts = |map| artifacts.file(&source).map(|file| bundle::texts(file, map)).unwrap_or_default();
        let map = ir.source_map.as_ref();
        report::together(failures, map, &map.map(texts).unwrap_or_default())
    });
    let failure = drawn.await.map_err(|error| Refusal::Internal(error.to_string()))?;
    let mut failure = failure.ok_or_else(|| Refusal::Internal(String::from("a refusal without a reason")))?;
    failure.stage = DeploymentState::Planning.name().to_owned();
    Ok(Refusal::Rejected(Box::new(failure)))
}

/// Waits for the check's result.
async fn checked(api: &Api, org: Uuid, id: Uuid) -> Answer<(String, BTreeMap<NodeId, String>)> {
    let mut waiter = api.notices.waiter();
    let ended = async {
        loop {
            if let Some(job) = ended(&api.store, org, id).await? {
                return Answer::Ok(job);
            }
            waiter.until(POLL, |notice| notice == Notice::Log(id)).await;
        }
    };
    let job = tokio::time::timeout(CHECK, ended).await;
    let job = job.map_err(|_| Refusal::Timeout(String::from("no worker has checked the program in time")))??;
    let result = job.result.map(serde_json::from_value::<OalResult>);
    match result {
        Some(Ok(OalResult::Lowered { ir_artifact, contexts, .. })) => Ok((ir_artifact, contexts)),
        Some(Ok(OalResult::Rejected(failure))) => Err(Refusal::Rejected(failure)),
        _ => Err(Refusal::Internal(job.error.unwrap_or_else(|| String::from("the check has no result")))),
    }
}

async fn ended(store: &Store, org: Uuid, id: Uuid) -> Answer<Option<jobs::Job>> {
    let mut tx = store.tenant(org).await?;
    Ok(jobs::find(&mut tx, org, id).await?.filter(|job| job.finished_at.is_some()))
}

/// The program of a document in the artifact store.
async fn program(api: &Api, artifact: String) -> Answer<Ir> {
    let artifacts = api.artifacts.clone();
    let read = tokio::task::spawn_blocking(move || {
        let bytes = artifacts.get(&artifact, MOST_IR)?;
        oal_ir::read(&bytes).map_err(|error| Refusal::Internal(format!("the document {artifact}: {error}")))
    });
    read.await.map_err(|error| Refusal::Internal(error.to_string()))?
}
