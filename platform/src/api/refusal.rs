//! Why a request is not granted, and how that is said.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use helios_client::{Failure, Problem};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use super::request::current_request_id;
use crate::bus::agent::AgentError;
use crate::store::is_transient;
use crate::store::secrets::SecretError;

/// Why a request is not granted.
#[derive(Debug)]
#[non_exhaustive]
pub enum Refusal {
    /// No token, or none that is valid.
    Unauthenticated,
    /// The token does not allow it.
    Forbidden(String),
    /// There is no such thing, or it is another organisation's, which is the same.
    NotFound(String),
    /// There is something there, and nothing can be done with it in this way.
    MethodNotAllowed,
    /// What was sent is not what the description says.
    Invalid(String),
    /// What was sent is of another type than the description says.
    UnsupportedMediaType(String),
    /// More was sent than is taken.
    TooLarge(String),
    /// It does not fit with how things stand.
    Conflict(String),
    /// The thing has changed since the caller looked at it.
    Stale {
        /// Its version now.
        version: i64,
    },
    /// The key was used for another request.
    KeyReused,
    /// The first request with this key is under way.
    KeyInFlight,
    /// The program, or what it needs, is at fault.
    Rejected(Box<Failure>),
    /// It takes another protocol.
    UpgradeRequired(&'static str),
    /// Too much was asked for.
    TooMany {
        /// Of what.
        what: &'static str,
        /// When to come again.
        after: Duration,
    },
    /// Something it needs is not there now.
    Unavailable(String),
    /// Something did not answer in time.
    Timeout(String),
    /// It is the platform's own fault. The reason is for the log only.
    Internal(String),
}

impl Refusal {
    /// Nothing of that name or id.
    #[must_use]
    pub fn no(what: &str) -> Self {
        Self::NotFound(format!("there is no such {what}"))
    }

    const fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Unauthenticated => (StatusCode::UNAUTHORIZED, "unauthenticated", "no valid token"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "forbidden", "the token does not allow this"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "not-found", "not found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "method not allowed"),
            Self::Invalid(_) => (StatusCode::BAD_REQUEST, "invalid", "the request is not valid"),
            Self::UnsupportedMediaType(_) => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "unsupported media type")
            }
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "too large"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "conflict", "this does not fit with how things stand"),
            Self::Stale { .. } => (StatusCode::PRECONDITION_FAILED, "stale", "it has changed meanwhile"),
            Self::KeyReused => {
                (StatusCode::UNPROCESSABLE_ENTITY, "idempotency-key-reused", "the idempotency key was used before")
            }
            Self::KeyInFlight => (StatusCode::CONFLICT, "idempotency-key-in-flight", "the first request is under way"),
            Self::Rejected(_) => (StatusCode::UNPROCESSABLE_ENTITY, "rejected", "the program is rejected"),
            Self::UpgradeRequired(_) => {
                (StatusCode::UPGRADE_REQUIRED, "upgrade-required", "another protocol is needed")
            }
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too-many", "too many requests"),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "not available now"),
            Self::Timeout(_) => (StatusCode::GATEWAY_TIMEOUT, "timeout", "no answer in time"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "the platform has failed"),
        }
    }

    /// As it goes over the wire.
    #[must_use]
    pub fn problem(self) -> Problem {
        let (status, slug, title) = self.parts();
        let mut problem = Problem {
            kind: format!("/problems/{slug}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: None,
            help: None,
            request_id: current_request_id(),
            diagnostics: Vec::new(),
            failure: None,
        };
        let help = |text: &str| Some(text.to_owned());
        match self {
            Self::Unauthenticated => {
                problem.help = help("send `Authorization: Bearer hl_…` with a token that is not over")
            }
            Self::Forbidden(detail)
            | Self::NotFound(detail)
            | Self::Invalid(detail)
            | Self::UnsupportedMediaType(detail)
            | Self::TooLarge(detail)
            | Self::Conflict(detail)
            | Self::Unavailable(detail)
            | Self::Timeout(detail) => problem.detail = Some(detail),
            Self::MethodNotAllowed => {}
            Self::Stale { version } => problem.detail = Some(format!("its entity tag is \"{version}\" now")),
            Self::KeyReused => problem.help = help("take a new key for a new request"),
            Self::KeyInFlight => problem.help = help("ask again with the same key in a moment"),
            Self::Rejected(failure) => {
                problem.detail = Some(failure.message.clone());
                problem.help.clone_from(&failure.help);
                problem.diagnostics.clone_from(&failure.diagnostics);
                problem.failure = Some(failure);
            }
            Self::UpgradeRequired(protocol) => {
                problem.detail = Some(format!("send `Connection: upgrade` and `Upgrade: {protocol}`"));
            }
            Self::TooMany { what, .. } => problem.detail = Some(format!("too many {what}")),
            Self::Internal(reason) => {
                tracing::error!(reason, "a request failed");
                problem.help = help("look for the request's id in the platform's log");
            }
        }
        problem
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let header = match &self {
            Self::Unauthenticated => Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Self::TooMany { after, .. } => {
                // whole seconds, and never too early
                Some((RETRY_AFTER, HeaderValue::from(after.as_secs() + u64::from(after.subsec_nanos() > 0))))
            }
            Self::KeyInFlight => Some((RETRY_AFTER, HeaderValue::from(1))),
            Self::UpgradeRequired(protocol) => Some((http::header::UPGRADE, HeaderValue::from_static(protocol))),
            _ => None,
        };
        let (status, ..) = self.parts();
        let body = serde_json::to_vec(&self.problem()).unwrap_or_default();
        let mut response = (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response();
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value);
        }
        response
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        match error {
            error if is_transient(&error) || matches!(error, sqlx::Error::PoolClosed) => {
                tracing::warn!(%error, "the database does not answer");
                Self::Unavailable(String::from("the platform's database does not answer; ask again in a moment"))
            }
            error => Self::Internal(error.to_string()),
        }
    }
}

impl From<SecretError> for Refusal {
    fn from(error: SecretError) -> Self {
        match error {
            SecretError::Store(error) => error.into(),
            SecretError::NotGenerated => Self::NotFound(String::from("there is no generated secret of that name")),
            error => Self::Internal(error.to_string()),
        }
    }
}

impl From<AgentError> for Refusal {
    fn from(error: AgentError) -> Self {
        match error {
            AgentError::Request(error) => Self::Internal(error.to_string()),
            error => Self::Unavailable(error.to_string()),
        }
    }
}

/// What a handler gives.
pub type Answer<T> = Result<T, Refusal>;
