//! Releases.

use axum::extract::State;
use helios_client::{Name, Page, PageQuery, Release};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use super::EnvironmentPath;
use crate::api::Api;
use crate::api::access::{Allowed, Read};
use crate::api::cursor;
use crate::api::extract::{Json, Path, Query};
use crate::api::refusal::{Answer, Refusal};
use crate::store::{Tx, releases as stored};

/// The path of a release.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ReleasePath {
    /// The application.
    pub app: Name,
    /// The environment.
    pub environment: Name,
    /// The release's number.
    #[param(minimum = 1)]
    pub number: i64,
}

/// Releases as clients see them.
///
/// # Errors
/// The database.
pub(super) async fn show(
    tx: &mut Tx,
    org: Uuid,
    releases: Vec<stored::Release>,
    live: Option<Uuid>,
) -> Answer<Vec<Release>> {
    let deployments: Vec<Uuid> = releases.iter().map(|release| release.deployment_id).collect();
    let origins = stored::origins(tx, org, &deployments).await?;
    let shown = releases.into_iter().map(|release| {
        let origin = origins.iter().find(|origin| origin.deployment == release.deployment_id);
        let stored::Origin { by, repeats, .. } = origin.cloned().unwrap_or_default();
        Release {
            number: release.number,
            digest: release.digest,
            ir_digest: release.ir_digest,
            source_digest: release.source_digest,
            images: release.images.0.into_iter().map(|(node, image)| (node.to_string(), image)).collect(),
            config_version: release.config_version,
            secret_versions: release.secret_versions.0,
            deployment: release.deployment_id,
            live: live == Some(release.id),
            created_at: release.created_at,
            by,
            repeats,
        }
    });
    Ok(shown.collect())
}

/// An environment's releases, newest first
#[utoipa::path(get, path = "/v1/apps/{app}/environments/{environment}/releases", operation_id = "list_releases", tag = "releases",
    params(EnvironmentPath, PageQuery), security(("token" = ["read"])), responses((status = 200, body = Page<Release>)))]
pub async fn list(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<EnvironmentPath>,
    Query(page): Query<PageQuery>,
) -> Answer<Json<Page<Release>>> {
    let wanted = cursor::wanted::<i64>(&page)?;
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let rows = stored::list(&mut tx, allowed.org(), view.id, wanted.after.unwrap_or(i64::MAX), wanted.rows()).await?;
    let shown = show(&mut tx, allowed.org(), rows, view.live_release_id).await?;
    Ok(Json(wanted.page(shown, |release| release.number, |release| release)))
}

/// A release
#[utoipa::path(get, path = "/v1/apps/{app}/environments/{environment}/releases/{number}", operation_id = "get_release", tag = "releases",
    params(ReleasePath), security(("token" = ["read"])), responses((status = 200, body = Release)))]
pub async fn get(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<ReleasePath>,
) -> Answer<Json<Release>> {
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let release = stored::by_number(&mut tx, allowed.org(), view.id, path.number).await?;
    let mut shown = show(&mut tx, allowed.org(), release.into_iter().collect(), view.live_release_id).await?;
    Ok(Json(shown.pop().ok_or_else(|| Refusal::no("release"))?))
}
