//! Bodies, queries and paths, refused with a problem where they are not as described.

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Api;
use super::refusal::Refusal;

/// JSON, in a request or an answer.
#[derive(Debug, Clone, Copy)]
pub struct Json<T>(pub T);

/// A query.
#[derive(Debug, Clone, Copy)]
pub struct Query<T>(pub T);

/// What a path names.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Api> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Refusal> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(Refusal::UnsupportedMediaType(String::from("send `Content-Type: application/json`")));
        }
        let body = body(request, api.limits.allowance().body).await?;
        let mut text = serde_json::Deserializer::from_slice(&body);
        let invalid = |error: serde_json::Error| Refusal::Invalid(error.to_string());
        // by way of a value: what holds a NUL cannot be kept, and what has a member twice is not told from one that has it once
        let value: Value = serde::Deserialize::deserialize(&mut text).map_err(invalid)?;
        text.end().map_err(invalid)?;
        if !value.is_object() {
            // serde would take the values of a struct without their names, too
            return Err(Refusal::Invalid(String::from("the body is no object")));
        }
        if has_nul(&value) {
            return Err(Refusal::Invalid(String::from("a text with the character U+0000")));
        }
        T::deserialize(value).map(Self).map_err(invalid)
    }
}

/// The whole body, unless it is more than `most` bytes.
pub(super) async fn body(request: Request, most: usize) -> Result<Bytes, Refusal> {
    axum::body::to_bytes(request.into_body(), most).await.map_err(|error| {
        let mut cause: &dyn std::error::Error = &error;
        while let Some(deeper) = cause.source() {
            cause = deeper;
        }
        if cause.to_string().contains("length limit") {
            Refusal::TooLarge(format!("the body has more than {most} bytes"))
        } else {
            Refusal::Invalid(format!("the body breaks off: {cause}"))
        }
    })
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(members) => members.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Refusal> {
        let query = axum::extract::Query::try_from_uri(&parts.uri);
        let axum::extract::Query(query) = query.map_err(|error: QueryRejection| Refusal::Invalid(error.body_text()))?;
        Ok(Self(query))
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Refusal> {
        match axum::extract::Path::from_request_parts(parts, api).await {
            Ok(axum::extract::Path(path)) => Ok(Self(path)),
            // what is no name or id names nothing
            Err(PathRejection::FailedToDeserializePathParams(error)) => Err(Refusal::NotFound(error.body_text())),
            Err(error) => Err(Refusal::Internal(error.body_text())),
        }
    }
}
