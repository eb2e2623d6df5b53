//! Environments and how they are.

use axum::extract::State;
use axum::http::StatusCode;
use helios_client::{Environment, EnvironmentStatus, Name, NewEnvironment, Page, PageQuery, Params, Scale};

use super::{AppPath, EnvironmentPath, backups as copies, releases};
use crate::api::Api;
use crate::api::access::{Allowed, Deploy, Read};
use crate::api::cursor;
use crate::api::extract::{Json, Path, Query};
use crate::api::refusal::{Answer, Refusal};
use crate::bus::agent;
use crate::store::apps::{self, EnvironmentView};
use crate::store::environments::{self, Config};
use crate::store::{audit, backups, deployments, progress, releases as stored, scales};

fn show(view: EnvironmentView) -> Answer<Environment> {
    let name = |text: String| Name::try_from(text).map_err(|error| Refusal::Internal(error.to_string()));
    Ok(Environment {
        app: name(view.app)?,
        name: name(view.name)?,
        target: view.target,
        live_release: view.live_release,
        down_at: view.down_at,
        created_at: view.created_at,
    })
}

/// An application's environments, by name
#[utoipa::path(get, path = "/v1/apps/{app}/environments", operation_id = "list_environments", tag = "apps", params(AppPath, PageQuery),
    security(("token" = ["read"])), responses((status = 200, body = Page<Environment>)))]
pub async fn list(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<AppPath>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<Environment>>> {
    let wanted = cursor::wanted::<String>(&page)?;
    let app = path.app.as_str();
    let mut tx = allowed.begin(&api.store).await?;
    if !allowed.caller.covers_app(app) || apps::by_name(&mut tx, allowed.org(), app).await?.is_none() {
        return Err(Refusal::no("application"));
    }
    let rows = apps::environments(&mut tx, &allowed.caller, app, wanted.after.as_deref(), wanted.rows()).await?;
    let Page { items, next } = wanted.page(rows, |view| view.name.clone(), show);
    Ok(Json(Page { items: items.into_iter().collect::<Answer<_>>()?, next }))
}

/// An environment
#[utoipa::path(get, path = "/v1/apps/{app}/environments/{environment}", operation_id = "get_environment", tag = "apps",
    params(EnvironmentPath), security(("token" = ["read"])), responses((status = 200, body = Environment)))]
pub async fn get(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<EnvironmentPath>,
) -> Answer<Json<Environment>> {
    let mut tx = allowed.begin(&api.store).await?;
    Ok(Json(show(allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?)?))
}

/// Make an environment, and its application, if they are not there
#[utoipa::path(put, path = "/v1/apps/{app}/environments/{environment}", operation_id = "put_environment", tag = "apps",
    params(EnvironmentPath), request_body = NewEnvironment, security(("token" = ["deploy"])),
    responses((status = 200, description = "It was there", body = Environment), (status = 201, description = "It was made", body = Environment)))]
pub async fn put(
    State(api): State<Api>,
    allowed: Allowed<Deploy>,
    Path(path): Path<EnvironmentPath>,
    Json(new): Json<NewEnvironment>,
) -> Answer<(StatusCode, Json<Environment>)> {
    let (app, name) = (path.app.as_str(), path.environment.as_str());
    if !allowed.caller.covers(app, name) {
        return Err(Refusal::no("environment"));
    }
    let mut tx = allowed.begin(&api.store).await?;
    let (owner, app_made) = apps::ensure(&mut tx, allowed.org(), app).await?;
    if app_made {
        audit::record(&mut tx, &allowed.did("app.create", app)).await?;
    }
    let there = apps::environment(&mut tx, allowed.org(), app, name).await?;
    let target = new.target.as_ref().map(Name::as_str);
    if let Some(there) = there {
        if target.is_some_and(|target| target != there.target) {
            return Err(Refusal::Conflict(format!(
                "the environment runs on the target `{}`, which cannot be changed",
                there.target
            )));
        }
        tx.commit().await?;
        return Ok((StatusCode::OK, Json(show(there)?)));
    }
    let target = target.unwrap_or(&api.target);
    // One that other names are given by mistake would have its jobs wait for ever. The platform's own may be away for a moment.
    if let (true, Some(bus)) = (target != api.target, &api.bus)
        && !agent::is_there(bus, target).await?
    {
        return Err(Refusal::Invalid(format!(
            "no deploy agent of a target `{target}` is there; the platform's own is `{}`",
            api.target
        )));
    }
    environments::ensure(&mut tx, allowed.org(), owner.id, name, target).await?;
    audit::record(&mut tx, &allowed.did("environment.create", format!("{app}/{name}"))).await?;
    let made = allowed.environment(&mut tx, app, name).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(show(made)?)))
}

/// The values that an environment's params were given, newest first
#[utoipa::path(get, path = "/v1/apps/{app}/environments/{environment}/params", operation_id = "list_params", tag = "apps",
    params(EnvironmentPath, PageQuery), security(("token" = ["read"])), responses((status = 200, body = Page<Params>)))]
pub async fn params(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<EnvironmentPath>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<Params>>> {
    let wanted = cursor::wanted::<i64>(&page)?;
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let before = wanted.after.unwrap_or(i64::MAX);
    let rows = environments::configs(&mut tx, allowed.org(), view.id, before, wanted.rows()).await?;
    let show =
        |config: Config| Params { version: config.version, params: config.params.0, created_at: config.created_at };
    Ok(Json(wanted.page(rows, |config| config.version, show)))
}

/// How an environment is: what runs, the live release, the newest deployment
#[utoipa::path(get, path = "/v1/apps/{app}/environments/{environment}/status", operation_id = "get_status", tag = "apps",
    params(EnvironmentPath), security(("token" = ["read"])), responses((status = 200, body = EnvironmentStatus)))]
pub async fn status(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<EnvironmentPath>,
) -> Answer<Json<EnvironmentStatus>> {
    let org = allowed.org();
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let (mut release, mut urls) = (None, Vec::new());
    if let (Some(id), Some(number)) = (view.live_release_id, view.live_release) {
        let live = stored::by_number(&mut tx, org, view.id, number).await?;
        release = releases::show(&mut tx, org, live.into_iter().collect(), Some(id)).await?.pop();
        if view.down_at.is_none() {
            urls = stored::urls(&mut tx, id).await?;
        }
    }
    let deployment = deployments::list(&mut tx, org, Some(view.id), None, 1).await?.pop();
    let instances = progress::instances(&mut tx, org, view.id).await?;
    let show_scale = |(node, copies, changed_at)| Scale { node, copies, changed_at };
    let scales = scales::list(&mut tx, org, view.id).await?.into_iter().map(show_scale).collect();
    let backups = backups::last(&mut tx, org, view.id).await?;
    let backups = backups.into_iter().map(copies::show).collect::<Answer<_>>()?;
    Ok(Json(EnvironmentStatus { environment: show(view)?, release, deployment, urls, instances, scales, backups }))
}
