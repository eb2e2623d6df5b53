//! Secrets: names and versions. No answer has a value.

use axum::extract::State;
use axum::http::StatusCode;
use helios_client::{NewSecret, Page, PageQuery, Secret, SecretName, SecretRotation, SecretVersionsQuery};
use zeroize::Zeroizing;

use super::EnvironmentPath;
use crate::api::Api;
use crate::api::access::{Allowed, Read, Secrets};
use crate::api::cursor;
use crate::api::extract::{Json, Path, Query};
use crate::api::refusal::{Answer, Refusal};
use crate::store::secrets::Version;
use crate::store::{audit, secrets};

/// The most bytes of a value.
const MOST: usize = 65_536;

fn show(version: Version) -> Answer<Secret> {
    let name = SecretName::try_from(version.name).map_err(|error| Refusal::Internal(error.to_string()))?;
    let Version { id, version, generated, created_at, .. } = version;
    Ok(Secret { name, version, version_id: id, generated, created_at })
}

/// The newest version of each of an environment's secrets, by name
#[utoipa::path(get, path = "/v1/apps/{app}/environments/{environment}/secrets", operation_id = "list_secrets", tag = "secrets",
    params(EnvironmentPath, PageQuery), security(("token" = ["read"])), responses((status = 200, body = Page<Secret>)))]
pub async fn list(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<EnvironmentPath>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<Secret>>> {
    let wanted = cursor::wanted::<String>(&page)?;
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let rows = secrets::list(&mut tx, allowed.org(), view.id, wanted.after.as_deref(), wanted.rows()).await?;
    let Page { items, next } = wanted.page(rows, |version| version.name.clone(), show);
    Ok(Json(Page { items: items.into_iter().collect::<Answer<_>>()?, next }))
}

/// The versions of a secret, newest first; none where there is no such secret
#[utoipa::path(get, path = "/v1/apps/{app}/environments/{environment}/secrets/versions", operation_id = "list_secret_versions",
    tag = "secrets", params(EnvironmentPath, SecretVersionsQuery), security(("token" = ["read"])),
    responses((status = 200, body = Page<Secret>)))]
pub async fn versions(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<EnvironmentPath>,
    Query(query): Query<SecretVersionsQuery>,
) -> Answer<Json<Page<Secret>>> {
    let SecretVersionsQuery { name, cursor, limit } = query;
    let wanted = cursor::wanted::<i64>(&PageQuery { cursor, limit })?;
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let before = wanted.after.unwrap_or(i64::MAX);
    let rows = secrets::versions(&mut tx, allowed.org(), view.id, name.as_str(), before, wanted.rows()).await?;
    let Page { items, next } = wanted.page(rows, |version| version.version, show);
    Ok(Json(Page { items: items.into_iter().collect::<Answer<_>>()?, next }))
}

/// Set a secret; releases made from now on take the new version
#[utoipa::path(post, path = "/v1/apps/{app}/environments/{environment}/secrets", operation_id = "set_secret", tag = "secrets",
    params(EnvironmentPath), request_body = NewSecret, security(("token" = ["secrets"])), responses((status = 201, body = Secret)))]
pub async fn set(
    State(api): State<Api>,
    allowed: Allowed<Secrets>,
    Path(path): Path<EnvironmentPath>,
    Json(new): Json<NewSecret>,
) -> Answer<(StatusCode, Json<Secret>)> {
    let value = Zeroizing::new(new.value);
    if value.len() > MOST {
        return Err(Refusal::TooLarge(format!("the value has more than {MOST} bytes")));
    }
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let (org, name) = (allowed.org(), new.name.as_str());
    let version = secrets::set(&mut tx, &api.keyring, org, view.id, name, value.as_bytes(), false).await?;
    let object = format!("{}/{} {name} version {}", path.app, path.environment, version.version);
    audit::record(&mut tx, &allowed.did("secret.set", object)).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(show(version)?)))
}

/// Give a generated secret a new value
#[utoipa::path(post, path = "/v1/apps/{app}/environments/{environment}/secrets/rotate", operation_id = "rotate_secret", tag = "secrets",
    params(EnvironmentPath), request_body = SecretRotation, security(("token" = ["secrets"])),
    responses((status = 201, body = Secret)))]
pub async fn rotate(
    State(api): State<Api>,
    allowed: Allowed<Secrets>,
    Path(path): Path<EnvironmentPath>,
    Json(rotation): Json<SecretRotation>,
) -> Answer<(StatusCode, Json<Secret>)> {
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let name = rotation.name.as_str();
    let version = secrets::rotate(&mut tx, &api.keyring, allowed.org(), view.id, name).await?;
    let object = format!("{}/{} {name} version {}", path.app, path.environment, version.version);
    audit::record(&mut tx, &allowed.did("secret.rotate", object)).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(show(version)?)))
}
