//! What is known of every request: its id, the trace it is part of, and how long it took.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tracing::Instrument;
use uuid::Uuid;

use super::Api;
use crate::telemetry::traces::{self, Span, SpanKind};
use crate::trace;

/// The header that carries a request's id both ways.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// W3C Trace Context.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A request, for logs, for the audit log and for the jobs it causes.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// Its id: the caller's if it sent a good one, else one of ours.
    pub id: String,
    /// The trace: the caller's, or a new one.
    pub traceparent: String,
}

tokio::task_local! {
    static CURRENT: String;
}

/// The id of the request that the present task answers.
pub(super) fn current_request_id() -> Option<String> {
    CURRENT.try_with(String::clone).ok()
}

/// Answers a request in another task under the same id.
pub(super) fn with_request_id<F: Future>(id: String, work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(id, work)
}

fn request_id(headers: &HeaderMap) -> String {
    let good = |id: &&str| {
        (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(good);
    given.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

/// The caller's `traceparent` if it is one (W3C Trace Context section 3.2.2).
fn traceparent(headers: &HeaderMap) -> Option<String> {
    let given = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok()).filter(|text| {
        let parts: Vec<&str> = text.split('-').collect();
        let digits =
            |part: &str, length| part.len() == length && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let set = |part: &str| part.bytes().any(|b| b != b'0');
        matches!(parts.as_slice(), ["00", trace, parent, flags]
            if digits(trace, 32) && set(trace) && digits(parent, 16) && set(parent) && digits(flags, 2))
    });
    given.map(str::to_owned)
}

/// A new trace that is not sampled.
fn new_traceparent() -> String {
    let (_, parent) = Uuid::now_v7().as_u64_pair();
    format!("00-{}-{parent:016x}-00", Uuid::now_v7().simple())
}

/// The span of a request.
fn of_request(method: &Method, route: &str, id: &str, parent: Option<&str>) -> Option<Span> {
    traces::span(SpanKind::Server, parent, || {
        let texts = [("http.request.method", method.as_str()), ("http.route", route), ("helios.request.id", id)];
        let attributes = texts.into_iter().map(|(name, value)| (name, value.to_owned()));
        (format!("{method} {route}"), attributes.collect())
    })
}

/// Gives a request its id and trace, writes a line about it, and measures it.
pub(super) async fn track(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or("none", |path| path.as_str()).to_owned();
    let (id, parent) = (request_id(request.headers()), traceparent(request.headers()));
    // Who looks whether the platform is well asks every few seconds.
    let is_asked_for = route.starts_with("/v1/");
    let mut sent = is_asked_for.then(|| of_request(&method, &route, &id, parent.as_deref())).flatten();
    let traceparent = sent.as_ref().map(Span::traceparent).or(parent).unwrap_or_else(new_traceparent);
    let context = RequestContext { id: id.clone(), traceparent };
    let span = tracing::info_span!("request", request_id = %id, %method, route, traceparent = %context.traceparent);
    let trace = context.traceparent.clone();
    request.extensions_mut().insert(context);
    let answer = trace::within(Some(trace), CURRENT.scope(id.clone(), next.run(request)));
    let mut response = answer.instrument(span.clone()).await;
    let (status, took) = (response.status(), began.elapsed());
    span.in_scope(|| tracing::debug!(status = status.as_u16(), milliseconds = took.as_millis(), "answered"));
    api.metrics.answered(&method, &route, status, took);
    if let Some(sent) = &mut sent {
        sent.set("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            sent.fail(status.as_str());
        }
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_is_no_id_and_no_trace_is_not_taken_over() {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, "a-1".parse().unwrap());
        let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        headers.insert(TRACEPARENT, trace.parse().unwrap());
        assert_eq!((request_id(&headers), traceparent(&headers)), ("a-1".to_owned(), Some(trace.to_owned())));
        for bad in ["", "a b", "<b>", "a\u{e9}", &"x".repeat(65)] {
            headers.insert(REQUEST_ID, HeaderValue::from_bytes(bad.as_bytes()).unwrap());
            assert_ne!(request_id(&headers), bad);
        }
        for bad in [
            trace.to_uppercase(),
            trace.replace("00-", "01-"),
            format!("{trace}-x"),
            trace.replace("b7ad6b7169203331", "0000000000000000"),
        ] {
            headers.insert(TRACEPARENT, bad.parse().unwrap());
            assert_eq!(traceparent(&headers), None);
        }
        let made = new_traceparent();
        headers.insert(TRACEPARENT, made.parse().unwrap());
        assert_eq!(traceparent(&headers), Some(made));
    }
}
