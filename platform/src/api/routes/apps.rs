//! Applications.

use axum::extract::State;
use axum::http::StatusCode;
use helios_client::{App, Name, Page, PageQuery};
use serde::Deserialize;
use utoipa::ToSchema;

use super::AppPath;
use crate::api::Api;
use crate::api::access::{Allowed, Deploy, Read};
use crate::api::cursor;
use crate::api::extract::{Json, Path, Query};
use crate::api::refusal::{Answer, Refusal};
use crate::store::{apps, audit};

/// Nothing is said of an application but its name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApp {}

fn show(app: apps::App) -> Answer<App> {
    let name = Name::try_from(app.name).map_err(|error| Refusal::Internal(error.to_string()))?;
    Ok(App { name, created_at: app.created_at })
}

/// The organisation's applications, by name
#[utoipa::path(get, path = "/v1/apps", operation_id = "list_apps", tag = "apps", params(PageQuery), security(("token" = ["read"])),
    responses((status = 200, body = Page<App>)))]
pub async fn list(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<App>>> {
    let wanted = cursor::wanted::<String>(&page)?;
    let mut tx = allowed.begin(&api.store).await?;
    let rows = apps::list(&mut tx, &allowed.caller, wanted.after.as_deref(), wanted.rows()).await?;
    let Page { items, next } = wanted.page(rows, |app| app.name.clone(), show);
    Ok(Json(Page { items: items.into_iter().collect::<Answer<_>>()?, next }))
}

/// An application
#[utoipa::path(get, path = "/v1/apps/{app}", operation_id = "get_app", tag = "apps", params(AppPath), security(("token" = ["read"])),
    responses((status = 200, body = App)))]
pub async fn get(State(api): State<Api>, allowed: Allowed<Read>, Path(path): Path<AppPath>) -> Answer<Json<App>> {
    let mut tx = allowed.begin(&api.store).await?;
    let app = match allowed.caller.covers_app(path.app.as_str()) {
        true => apps::by_name(&mut tx, allowed.org(), path.app.as_str()).await?,
        false => None,
    };
    Ok(Json(show(app.ok_or_else(|| Refusal::no("application"))?)?))
}

/// Make an application if it is not there
#[utoipa::path(put, path = "/v1/apps/{app}", operation_id = "put_app", tag = "apps", params(AppPath), request_body = NewApp,
    security(("token" = ["deploy"])),
    responses((status = 200, description = "It was there", body = App), (status = 201, description = "It was made", body = App)))]
pub async fn put(
    State(api): State<Api>,
    allowed: Allowed<Deploy>,
    Path(path): Path<AppPath>,
    Json(NewApp {}): Json<NewApp>,
) -> Answer<(StatusCode, Json<App>)> {
    if !allowed.caller.covers_app(path.app.as_str()) {
        return Err(Refusal::no("application"));
    }
    let mut tx = allowed.begin(&api.store).await?;
    let (app, made) = apps::ensure(&mut tx, allowed.org(), path.app.as_str()).await?;
    if made {
        audit::record(&mut tx, &allowed.did("app.create", path.app.as_str())).await?;
    }
    tx.commit().await?;
    Ok((if made { StatusCode::CREATED } else { StatusCode::OK }, Json(show(app)?)))
}
