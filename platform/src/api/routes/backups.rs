//! Copies of databases' data.

use axum::extract::State;
use axum::http::StatusCode;
use chrono::Utc;
use helios_client::{Backup, Job, Name, NewBackup, Page, PageQuery};
use oal_ir::NodeId;
use oal_ir::v1::Spec;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{EnvironmentPath, jobs};
use crate::api::Api;
use crate::api::access::{Allowed, Deploy, Exec, Read};
use crate::api::cursor;
use crate::api::extract::{Json, Path, Query};
use crate::api::refusal::{Answer, Refusal};
use crate::bus::subjects;
use crate::domain::job::{DataWork, RunJob};
use crate::domain::managed::backup;
use crate::domain::schedule::LONGEST_COPY;
use crate::store::apps::EnvironmentView;
use crate::store::jobs::NewJob;
use crate::store::releases::Release;
use crate::store::{Tx, audit, backups as stored, environments};

/// The most bytes of an IR document that are read.
const MOST_IR: u64 = 64 << 20;

/// The path of a copy.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct BackupPath {
    /// The application.
    pub app: Name,
    /// The environment.
    pub environment: Name,
    /// The copy's identifier.
    pub id: Uuid,
}

/// Nothing more is said to bring a copy back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Restoration {}

/// A copy as clients see it.
pub(super) fn show(backup: stored::Backup) -> Answer<Backup> {
    Ok(Backup {
        id: backup.id,
        node: backup.node.parse().map_err(|_| Refusal::Internal(format!("no component: {}", backup.node)))?,
        state: jobs::named(&backup.state)?,
        scheduled: backup.scheduled,
        size: backup.size,
        digest: backup.digest,
        failure: backup.failure,
        job: backup.job_id,
        created_at: backup.created_at,
        finished_at: backup.finished_at,
    })
}

/// The live release, whose database of that id has data that can be copied; with how long copies are kept, in milliseconds.
async fn database(
    api: &Api,
    tx: &mut Tx,
    org: Uuid,
    view: &EnvironmentView,
    node: &NodeId,
) -> Answer<(Release, Option<u64>)> {
    if view.down_at.is_some() {
        return Err(Refusal::Conflict(String::from("the environment is taken down")));
    }
    let release = jobs::live(tx, org, view.id, view.live_release).await?;
    let internal = |error: String| Refusal::Internal(error);
    let document = api.artifacts.get(&release.ir_artifact, MOST_IR).map_err(|error| internal(error.to_string()))?;
    let ir = oal_ir::read(&document).map_err(|error| internal(error.to_string()))?;
    match ir.components.get(node).map(|component| &component.spec) {
        Some(Spec::Database(spec)) if backup::is_supported(&spec.engine) => {
            Ok((release, spec.backup.as_ref().map(|backup| backup.keep.0)))
        }
        Some(Spec::Database(_)) => Err(Refusal::Conflict(String::from("copies are made of PostgreSQL's data only"))),
        _ => Err(Refusal::Conflict(format!("`{node}` is no database of the live release"))),
    }
}

/// The job that does something with copies, once nothing else is being done with those of the database.
async fn job(
    tx: &mut Tx,
    org: Uuid,
    view: &EnvironmentView,
    (release, node): (Release, NodeId),
    data: DataWork,
) -> Answer<NewJob> {
    if !stored::hold(tx, view.id, node.as_str()).await? {
        let message = format!("a copy of `{node}` is being made or brought back: wait for its end");
        return Err(Refusal::Conflict(message));
    }
    let place = environments::place(tx, view.id).await?;
    let stage = match data {
        DataWork::Backup { .. } => stored::BACKUP,
        DataWork::Restore { .. } => stored::RESTORE,
    };
    let slot = node.to_string();
    let (environment, release) = (place.environment, jobs::payload(release));
    let body = RunJob { environment, release, node, command: None, data: Some(data) };
    Ok(NewJob {
        org,
        deployment: None,
        environment: Some(view.id),
        kind: "run",
        stage: stage.to_owned(),
        slot,
        subject: subjects::run(&place.target),
        body: jobs::body(&body)?,
        deadline: Utc::now() + LONGEST_COPY,
    })
}

/// The copies of an environment's databases, newest first
#[utoipa::path(get, path = "/v1/apps/{app}/environments/{environment}/backups", operation_id = "list_backups", tag = "backups",
    params(EnvironmentPath, PageQuery), security(("token" = ["read"])), responses((status = 200, body = Page<Backup>)))]
pub async fn list(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<EnvironmentPath>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<Backup>>> {
    let wanted = cursor::wanted::<Uuid>(&page)?;
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let rows = stored::list(&mut tx, allowed.org(), view.id, wanted.after, wanted.rows()).await?;
    let Page { items, next } = wanted.page(rows, |backup| backup.id, show);
    Ok(Json(Page { items: items.into_iter().collect::<Answer<_>>()?, next }))
}

/// Make a copy of a database's data
#[utoipa::path(post, path = "/v1/apps/{app}/environments/{environment}/backups", operation_id = "create_backup", tag = "backups",
    params(EnvironmentPath), request_body = NewBackup, security(("token" = ["deploy"])), responses((status = 201, body = Job)))]
pub async fn create(
    State(api): State<Api>,
    allowed: Allowed<Deploy>,
    Path(path): Path<EnvironmentPath>,
    Json(new): Json<NewBackup>,
) -> Answer<(StatusCode, Json<Job>)> {
    let org = allowed.org();
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let (release, keep) = database(&api, &mut tx, org, &view, &new.node).await?;
    let id = Uuid::now_v7();
    let object = format!("{}/{} {} {id}", path.app, path.environment, new.node);
    let job = job(&mut tx, org, &view, (release, new.node), DataWork::Backup { id, keep }).await?;
    let made = stored::begin(&mut tx, id, false, view.id, &job).await?;
    let made = made.ok_or_else(|| Refusal::Internal(String::from("the job is there")))?;
    audit::record(&mut tx, &allowed.did("backup.create", object)).await?;
    let made = jobs::find(&allowed, &mut tx, made).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}

/// Bring a copy back
///
/// What the copy has is as it was when it was made, all of it or nothing; what changed there since is lost.
#[utoipa::path(post, path = "/v1/apps/{app}/environments/{environment}/backups/{id}/restore", operation_id = "restore_backup",
    tag = "backups", params(BackupPath), request_body = Restoration, security(("token" = ["exec"])),
    responses((status = 201, body = Job)))]
pub async fn restore(
    State(api): State<Api>,
    allowed: Allowed<Exec>,
    Path(path): Path<BackupPath>,
    Json(Restoration {}): Json<Restoration>,
) -> Answer<(StatusCode, Json<Job>)> {
    let org = allowed.org();
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let backup = stored::find(&mut tx, org, view.id, path.id).await?.ok_or_else(|| Refusal::no("backup"))?;
    let Backup { id, node, digest, .. } = show(backup)?;
    let digest = digest.ok_or_else(|| Refusal::Conflict(String::from("the copy was not made")))?;
    let (release, _) = database(&api, &mut tx, org, &view, &node).await?;
    let object = format!("{}/{} {node} {id}", path.app, path.environment);
    let job = job(&mut tx, org, &view, (release, node), DataWork::Restore { id, digest }).await?;
    let made = crate::store::jobs::create(&mut tx, &job).await?;
    let made = made.ok_or_else(|| Refusal::Internal(String::from("the job is there")))?;
    audit::record(&mut tx, &allowed.did("backup.restore", object)).await?;
    let made = jobs::find(&allowed, &mut tx, made).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}
