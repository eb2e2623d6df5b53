//! Deployments.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{AppendHeaders, IntoResponse, Response};
use chrono::{DateTime, Utc};
use helios_client::{
    Approval, Cancellation, Deployment, DeploymentEvent, DeploymentKind, NewDeployment, Page, PageQuery, Scope, Step,
};
use http::header::{ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use uuid::Uuid;

use super::{EnvironmentPath, IdPath, sources};
use crate::api::access::{Allowed, Deploy, Read, Verb};
use crate::api::extract::{Json, Path, Query};
use crate::api::refusal::{Answer, Refusal};
use crate::api::stream::{self, Batch, Followed};
use crate::api::{Api, cursor};
use crate::store::deployments::{self as stored, Answer as Granted};
use crate::store::notices::Notice;
use crate::store::releases::{self, Release};
use crate::store::{Store, Tx, audit, events};

/// The longest source of a param's value, in bytes.
const LONGEST_PARAM: usize = 16 * 1024;
/// The most events that are read at once.
const AT_ONCE: i64 = 200;

/// The deployment of that id, if the token is for its environment.
///
/// # Errors
/// [`Refusal::NotFound`]; the database.
pub(super) async fn find<V: Verb>(allowed: &Allowed<V>, tx: &mut Tx, id: Uuid) -> Answer<Deployment> {
    let found = stored::get(tx, allowed.org(), id).await?;
    let found = found.filter(|found| allowed.caller.covers(&found.app, &found.environment));
    found.ok_or_else(|| Refusal::no("deployment"))
}

fn etag(deployment: &Deployment) -> String {
    format!("\"{}\"", deployment.version)
}

/// Whether one of the tags of a header is this one, or any (RFC 9110 section 13.1).
fn names(headers: &HeaderMap, header: http::HeaderName, tag: &str) -> Option<bool> {
    let mut values = headers.get_all(header).iter().peekable();
    values.peek()?;
    let tags = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    Some(tags.map(str::trim).any(|one| one == "*" || one == tag || one.strip_prefix("W/") == Some(tag)))
}

/// Refuses to change a deployment that is no longer as the caller saw it.
fn unchanged(headers: &HeaderMap, deployment: &Deployment) -> Answer<()> {
    match names(headers, IF_MATCH, &etag(deployment)) {
        Some(false) => Err(Refusal::Stale { version: deployment.version }),
        _ => Ok(()),
    }
}

/// Params are names of the language and texts that fit into a message.
pub(super) fn check_params(params: &std::collections::BTreeMap<String, String>) -> Answer<()> {
    if params.len() > 200 || params.iter().any(|(name, value)| name.len() > 200 || value.len() > LONGEST_PARAM) {
        return Err(Refusal::Invalid(format!(
            "`params` has at most 200 members, with names of at most 200 and values of at most {LONGEST_PARAM} bytes"
        )));
    }
    Ok(())
}

/// Refuses a release whose program or sources are gone; those of any other stay long enough for a deployment to begin.
fn is_kept(api: &Api, release: &Release) -> Answer<()> {
    match api.artifacts.touch(&release.ir_artifact)? && api.artifacts.touch(&release.source_digest)? {
        true => Ok(()),
        false => Err(Refusal::Conflict(format!(
            "release {} cannot be run again: its program and sources are gone, since the platform keeps only the newest releases; deploy its sources again",
            release.number
        ))),
    }
}

/// Begin a deployment
///
/// It takes the place of one that is still queued. One that is under way and has not shifted traffic is cancelled.
#[utoipa::path(post, path = "/v1/apps/{app}/environments/{environment}/deployments", operation_id = "create_deployment",
    tag = "deployments", params(EnvironmentPath), request_body = NewDeployment, security(("token" = ["deploy"])),
    responses((status = 201, body = Deployment, headers(("etag" = String), ("location" = String)))))]
pub async fn create(
    State(api): State<Api>,
    allowed: Allowed<Deploy>,
    Path(path): Path<EnvironmentPath>,
    Json(new): Json<NewDeployment>,
) -> Answer<Response> {
    let org = allowed.org();
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let (kind, source_digest, params, from_release) = match new {
        NewDeployment::Deploy { source, params } => {
            check_params(&params)?;
            if !sources::is_there(&api, &mut tx, org, source.as_str()).await? {
                return Err(Refusal::Conflict(format!("the source bundle {source} has not been uploaded")));
            }
            (DeploymentKind::Deploy, source.into(), params, None)
        }
        NewDeployment::Rollback { release } => {
            let found = match release {
                Some(number) => releases::by_number(&mut tx, org, view.id, number).await?,
                None => releases::before_live(&mut tx, org, view.id).await?,
            };
            let found = found.ok_or_else(|| {
                Refusal::Conflict(match release {
                    Some(number) => format!("there is no release {number}"),
                    None => String::from("there is no release before the live one"),
                })
            })?;
            if !releases::was_live(&mut tx, found.id).await? {
                return Err(Refusal::Conflict(format!("release {} was never live", found.number)));
            }
            is_kept(&api, &found)?;
            (DeploymentKind::Rollback, found.source_digest, Default::default(), Some(found.id))
        }
        NewDeployment::Promote { from } => {
            if from == path.environment {
                return Err(Refusal::Conflict(String::from("an environment is not promoted to itself")));
            }
            // what is taken from there is seen by it
            allowed.also(Scope::Read)?;
            let other = allowed.environment(&mut tx, path.app.as_str(), from.as_str()).await?;
            let live = match other.live_release {
                Some(number) => releases::by_number(&mut tx, org, other.id, number).await?,
                None => None,
            };
            let live = live.ok_or_else(|| Refusal::Conflict(format!("nothing is live in `{from}`")))?;
            is_kept(&api, &live)?;
            (DeploymentKind::Promote, live.source_digest, Default::default(), Some(live.id))
        }
    };
    let request = stored::NewDeployment {
        org,
        environment: view.id,
        kind,
        source_digest,
        params,
        from_release,
        requested_by: Some(allowed.caller.token),
        request_id: Some(allowed.request.id.clone()),
    };
    let id = stored::create(&mut tx, &request).await?;
    let object = format!("{}/{} {id}", path.app, path.environment);
    let did = allowed.did(
        match kind {
            DeploymentKind::Deploy => "deployment.deploy",
            DeploymentKind::Rollback => "deployment.rollback",
            DeploymentKind::Promote => "deployment.promote",
        },
        object,
    );
    audit::record(&mut tx, &did.change(None, Some(request.source_digest))).await?;
    let made = find(&allowed, &mut tx, id).await?;
    tx.commit().await?;
    tracing::info!(deployment = %id, app = %path.app, environment = %path.environment, kind = kind.name(), "asked for");
    let headers = AppendHeaders([(ETAG, etag(&made)), (LOCATION, format!("/v1/deployments/{id}"))]);
    Ok((StatusCode::CREATED, headers, Json(made)).into_response())
}

/// An environment's deployments, newest first
#[utoipa::path(get, path = "/v1/apps/{app}/environments/{environment}/deployments", operation_id = "list_deployments",
    tag = "deployments", params(EnvironmentPath, PageQuery), security(("token" = ["read"])),
    responses((status = 200, body = Page<Deployment>)))]
pub async fn list(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<EnvironmentPath>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<Deployment>>> {
    let wanted = cursor::wanted::<(DateTime<Utc>, Uuid)>(&page)?;
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let rows = stored::list(&mut tx, allowed.org(), Some(view.id), wanted.after, wanted.rows()).await?;
    Ok(Json(wanted.page(rows, |deployment| (deployment.created_at, deployment.id), |deployment| deployment)))
}

/// A deployment
#[utoipa::path(get, path = "/v1/deployments/{id}", operation_id = "get_deployment", tag = "deployments",
    params(IdPath, ("If-None-Match" = Option<String>, Header, description = "The entity tag that the caller has", pattern = "^[ -~]+$")),
    security(("token" = ["read"])),
    responses((status = 200, body = Deployment, headers(("etag" = String))), (status = 304, description = "It is as the caller has it")))]
pub async fn get(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<IdPath>,
    headers: HeaderMap,
) -> Answer<Response> {
    let mut tx = allowed.begin(&api.store).await?;
    let found = find(&allowed, &mut tx, path.id).await?;
    let tag = etag(&found);
    if names(&headers, IF_NONE_MATCH, &tag) == Some(true) {
        return Ok((StatusCode::NOT_MODIFIED, AppendHeaders([(ETAG, tag)])).into_response());
    }
    Ok((AppendHeaders([(ETAG, tag)]), Json(found)).into_response())
}

/// The changes of a deployment's state, oldest first
#[utoipa::path(get, path = "/v1/deployments/{id}/steps", operation_id = "list_steps", tag = "deployments", params(IdPath),
    security(("token" = ["read"])), responses((status = 200, body = Page<Step>)))]
pub async fn steps(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<IdPath>,
) -> Answer<Json<Page<Step>>> {
    let mut tx = allowed.begin(&api.store).await?;
    find(&allowed, &mut tx, path.id).await?;
    // there are no more of them than states, a few times
    Ok(Json(Page { items: stored::steps(&mut tx, allowed.org(), path.id).await?, next: None }))
}

async fn answer<V: Verb>(
    allowed: &Allowed<V>,
    mut tx: Tx,
    id: Uuid,
    granted: Granted,
    verb: &'static str,
) -> Answer<Response> {
    match granted {
        Granted::Granted => {}
        Granted::Missing => return Err(Refusal::no("deployment")),
        Granted::NotNow(state) => {
            return Err(Refusal::Conflict(format!("the deployment is `{}`, where this cannot be done", state.name())));
        }
        Granted::OtherPlan(digest) => return Err(Refusal::Conflict(format!("the plan is another: {digest}"))),
    }
    audit::record(&mut tx, &allowed.did(verb, id.to_string())).await?;
    let now = find(allowed, &mut tx, id).await?;
    tx.commit().await?;
    Ok((AppendHeaders([(ETAG, etag(&now))]), Json(now)).into_response())
}

/// Say yes to a plan that loses data
#[utoipa::path(post, path = "/v1/deployments/{id}/approve", operation_id = "approve_deployment", tag = "deployments",
    params(IdPath, ("If-Match" = Option<String>, Header, description = "The entity tag that the caller has", pattern = "^[ -~]+$")),
    request_body = Approval, security(("token" = ["deploy"])), responses((status = 200, body = Deployment, headers(("etag" = String)))))]
pub async fn approve(
    State(api): State<Api>,
    allowed: Allowed<Deploy>,
    Path(path): Path<IdPath>,
    headers: HeaderMap,
    Json(approval): Json<Approval>,
) -> Answer<Response> {
    let mut tx = allowed.begin(&api.store).await?;
    unchanged(&headers, &find(&allowed, &mut tx, path.id).await?)?;
    let plan = approval.plan.as_str();
    let granted = stored::approve(&mut tx, allowed.org(), path.id, plan, allowed.caller.token).await?;
    answer(&allowed, tx, path.id, granted, "deployment.approve").await
}

/// Wish a deployment to end; it is over when it says so
#[utoipa::path(post, path = "/v1/deployments/{id}/cancel", operation_id = "cancel_deployment", tag = "deployments",
    params(IdPath, ("If-Match" = Option<String>, Header, description = "The entity tag that the caller has", pattern = "^[ -~]+$")),
    request_body = Cancellation, security(("token" = ["deploy"])), responses((status = 200, body = Deployment, headers(("etag" = String)))))]
pub async fn cancel(
    State(api): State<Api>,
    allowed: Allowed<Deploy>,
    Path(path): Path<IdPath>,
    headers: HeaderMap,
    Json(why): Json<Cancellation>,
) -> Answer<Response> {
    let reason = why.reason.as_deref().unwrap_or("asked for");
    if reason.chars().count() > 500 {
        return Err(Refusal::Invalid(String::from("`reason` has at most 500 characters")));
    }
    let mut tx = allowed.begin(&api.store).await?;
    unchanged(&headers, &find(&allowed, &mut tx, path.id).await?)?;
    let granted = stored::cancel(&mut tx, allowed.org(), path.id, reason).await?;
    answer(&allowed, tx, path.id, granted, "deployment.cancel").await
}

/// What happens in a deployment, to its end
///
/// Server-sent events whose data is a `DeploymentEvent`; `Last-Event-ID` takes the stream up after that event.
#[utoipa::path(get, path = "/v1/deployments/{id}/events", operation_id = "follow_deployment", tag = "deployments",
    params(IdPath, ("Last-Event-ID" = Option<i64>, Header, description = "The last event that was seen", minimum = 0)),
    security(("token" = ["read"])), responses((status = 200, content_type = "text/event-stream", body = stream::ServerSentEvent)))]
pub async fn events(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<IdPath>,
    headers: HeaderMap,
) -> Answer<Response> {
    let after = match stream::last_event_id(&headers)? {
        Some(id) => id.parse().map_err(|_| stream::wrong_id())?,
        None => 0,
    };
    let slot = api.limits.stream(allowed.caller.token)?;
    let mut tx = allowed.begin(&api.store).await?;
    find(&allowed, &mut tx, path.id).await?;
    drop(tx);
    let events = Events { store: api.store.clone(), org: allowed.org(), deployment: path.id, after };
    Ok(stream::follow(&api, slot, events))
}

struct Events {
    store: Store,
    org: Uuid,
    deployment: Uuid,
    after: i64,
}

impl Followed for Events {
    async fn next(&mut self) -> Answer<Batch> {
        let mut tx = self.store.tenant(self.org).await?;
        // asked first: what happens between the two is told, and the end is noticed at the next look
        let over = stored::get(&mut tx, self.org, self.deployment).await?.is_none_or(|now| now.state.is_terminal());
        let rows = events::of_deployment(&mut tx, self.org, self.deployment, self.after, AT_ONCE).await?;
        let more = rows.len() >= usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
        let mut batch = Batch { events: Vec::new(), more, over: over && !more };
        for row in rows {
            self.after = row.id;
            let (id, name) = (row.id.to_string(), row.kind.clone());
            let data = DeploymentEvent { id: row.id, kind: row.kind, data: row.data, at: row.at };
            batch.events.push(stream::event(&name, &id, &data)?);
        }
        Ok(batch)
    }

    fn concerns(&self, notice: Notice) -> bool {
        matches!(notice, Notice::Event(id) if id.is_none_or(|id| id == self.deployment))
    }
}
