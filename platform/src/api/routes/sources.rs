//! Source bundles, by the digest of their bytes.

use std::io::Write;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use futures::StreamExt;
use helios_client::{Digest, Source};
use serde::Deserialize;
use sha2::Digest as _;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::api::Api;
use crate::api::access::{Allowed, Deploy};
use crate::api::extract::{Json, Path};
use crate::api::refusal::{Answer, Refusal};
use crate::artifacts::ArtifactError;
use crate::store::{Tx, artifacts, audit};

/// The path of a bundle.
pub const PATH: &str = "/v1/sources/{digest}";

/// How long an upload may stand still.
const STILL: Duration = Duration::from_secs(30);

/// The path of a source bundle.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SourcePath {
    /// The digest of its bytes.
    pub digest: Digest,
}

impl From<ArtifactError> for Refusal {
    fn from(error: ArtifactError) -> Self {
        match error {
            ArtifactError::NotADigest(_) | ArtifactError::Mismatch { .. } => Self::Invalid(error.to_string()),
            ArtifactError::TooLarge(_) => Self::TooLarge(error.to_string()),
            ArtifactError::Missing(_) => Self::NotFound(error.to_string()),
            ArtifactError::Full(_) => Self::Unavailable(error.to_string()),
            error => Self::Internal(error.to_string()),
        }
    }
}

/// Whether an organisation has a source bundle, which then stays long enough to be deployed. A row without its bytes is a disk that
/// was lost: whoever is told sends them again.
///
/// # Errors
/// The database; the disk.
pub(super) async fn is_there(api: &Api, tx: &mut Tx, org: Uuid, digest: &str) -> Answer<bool> {
    Ok(artifacts::has(tx, org, digest, "source").await? && api.artifacts.touch(digest)?)
}

/// Whether a source bundle is there, so that it need not be sent
#[utoipa::path(head, path = "/v1/sources/{digest}", operation_id = "has_source", tag = "deployments", params(SourcePath),
    security(("token" = ["deploy"])), responses((status = 200, description = "It is there")))]
pub async fn head(
    State(api): State<Api>,
    allowed: Allowed<Deploy>,
    Path(path): Path<SourcePath>,
) -> Answer<StatusCode> {
    let mut tx = allowed.begin(&api.store).await?;
    match is_there(&api, &mut tx, allowed.org(), path.digest.as_str()).await? {
        true => Ok(StatusCode::OK),
        false => Err(Refusal::no("source bundle")),
    }
}

/// Send a source bundle
///
/// The bytes are written to disk as they come. An organisation that sends what another one has sent before is told no sooner.
#[utoipa::path(put, path = "/v1/sources/{digest}", operation_id = "put_source", tag = "deployments", params(SourcePath),
    request_body(content_type = "application/octet-stream"), security(("token" = ["deploy"])),
    responses((status = 200, description = "It was there", body = Source), (status = 201, description = "It is there now", body = Source)))]
pub async fn put(
    State(api): State<Api>,
    allowed: Allowed<Deploy>,
    Path(path): Path<SourcePath>,
    headers: http::HeaderMap,
    body: Body,
) -> Answer<(StatusCode, Json<Source>)> {
    let kind = headers.get(http::header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.eq_ignore_ascii_case("application/octet-stream") {
        return Err(Refusal::UnsupportedMediaType(String::from("send `Content-Type: application/octet-stream`")));
    }
    let most = api.limits.allowance().source;
    let announced =
        headers.get(http::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most) {
        return Err(ArtifactError::TooLarge(most).into());
    }
    let mut incoming = api.artifacts.incoming()?;
    let (mut hash, mut size) = (sha2::Sha256::new(), 0_u64);
    let mut parts = body.into_data_stream();
    loop {
        let part = tokio::time::timeout(STILL, parts.next()).await;
        let Some(part) = part.map_err(|_| Refusal::Timeout(String::from("the upload stands still")))? else { break };
        let part = part.map_err(|error| Refusal::Invalid(format!("the upload breaks off: {error}")))?;
        size += part.len() as u64;
        if size > most {
            return Err(ArtifactError::TooLarge(most).into());
        }
        hash.update(&part);
        // a part is some kilobytes, and the page cache takes them
        incoming.write_all(&part).map_err(|error| api.artifacts.disk(error))?;
    }
    let digits: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    let found = format!("sha256:{digits}");
    if found != path.digest.as_str() {
        return Err(ArtifactError::Mismatch { announced: path.digest.to_string(), found }.into());
    }
    let artifacts = api.artifacts.clone();
    let kept = tokio::task::spawn_blocking(move || match artifacts.touch(&found)? {
        true => Ok(()),
        false => artifacts.keep(incoming, &found),
    });
    kept.await.map_err(|error| Refusal::Internal(error.to_string()))??;

    let size = i64::try_from(size).map_err(|error| Refusal::Internal(error.to_string()))?;
    let mut tx = allowed.begin(&api.store).await?;
    let (created_at, made) = artifacts::put(&mut tx, allowed.org(), path.digest.as_str(), "source", size).await?;
    if made {
        let entry = allowed.did("source.upload", path.digest.as_str()).change(None, Some(path.digest.to_string()));
        audit::record(&mut tx, &entry).await?;
    }
    tx.commit().await?;
    let status = if made { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(Source { digest: path.digest, size, created_at })))
}
