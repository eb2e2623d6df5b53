//! Requests that count once: the first answer to an `Idempotency-Key` is kept and given again
//! (draft-ietf-httpapi-idempotency-key-header-07). An answer that says the request came to nothing is not kept.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CONTENT_TYPE, ETAG, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use tracing::Instrument;
use uuid::Uuid;

use super::Api;
use super::access::Authenticated;
use super::describe::{IDEMPOTENCY_KEY, Operations};
use super::extract::body;
use super::refusal::{Answer, Refusal};
use super::request::{RequestContext, with_request_id};
use crate::sealing::{Place, Sealed};
use crate::store::idempotency::{self, Known};
use crate::store::tokens::Caller;
use crate::trace;

/// Says of an answer that it was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The most bytes of an answer that is kept.
const MOST: usize = 1024 * 1024;

/// Lets a request with a key through once.
pub(super) async fn once(
    State((api, operations)): State<(Api, Operations)>,
    request: Request,
    next: Next,
) -> Answer<Response> {
    let Some(key) = key(request.headers())? else { return Ok(next.run(request).await) };
    if !operations.is_idempotent(&request) {
        return Ok(next.run(request).await);
    }
    let Some(Authenticated(caller)) = request.extensions().get().cloned() else { return Err(Refusal::Unauthenticated) };
    let id = request.extensions().get::<RequestContext>().map(|context| context.id.clone()).unwrap_or_default();
    let (parts, sent) = request.into_parts();
    let sent = body(Request::new(sent), api.limits.allowance().body).await?;
    let whole = [caller.token.as_bytes(), parts.method.as_str().as_bytes(), parts.uri.to_string().as_bytes(), &sent]
        .join(&b'\n');
    let fingerprint = api.keyring.hash(&whole);

    let mut tx = api.store.tenant(caller.org).await?;
    let known = idempotency::take(&mut tx, caller.org, &key, &fingerprint).await?;
    tx.commit().await?;
    match known {
        Known::Fresh => {}
        Known::InFlight => return Err(Refusal::KeyInFlight),
        Known::Answered { fingerprint, .. } if !api.keyring.is_hash(&whole, &fingerprint) => {
            return Err(Refusal::KeyReused);
        }
        Known::Answered { status, headers, body, .. } => return again(&api, &caller, &key, status, &headers, &body),
    }
    // Who hangs up must not leave the request half done and its key taken.
    let request = Request::from_parts(parts, Body::from(sent));
    let work = async move {
        let answer = next.run(request).await;
        keep(&api, &caller, &key, answer).await
    };
    let work = tokio::spawn(trace::within(trace::current(), with_request_id(id, work)).in_current_span());
    work.await.map_err(|error| Refusal::Internal(error.to_string()))?
}

/// The key of a request, if it has one.
fn key(headers: &HeaderMap) -> Answer<Option<String>> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = key.to_str().unwrap_or_default();
    // the draft has it as a string of structured fields, many send it bare
    let bare = key.strip_prefix('"').and_then(|key| key.strip_suffix('"')).unwrap_or(key);
    let good = (1..=200).contains(&bare.len()) && bare.bytes().all(|b| b.is_ascii_graphic() && b != b'"');
    match good {
        true => Ok(Some(bare.to_owned())),
        false => Err(Refusal::Invalid(format!("`{IDEMPOTENCY_KEY}` is 1 to 200 visible characters of ASCII"))),
    }
}

/// Answers are sealed for the organisation and the key they belong to.
fn place<'a>(caller: &Caller, key: &'a str) -> Place<'a> {
    Place { org: caller.org, environment: Uuid::nil(), name: key, version: 0 }
}

async fn keep(api: &Api, caller: &Caller, key: &str, answer: Response) -> Answer<Response> {
    let (parts, body) = answer.into_parts();
    let bytes = axum::body::to_bytes(body, MOST).await.map_err(|error| Refusal::Internal(error.to_string()))?;
    let mut tx = api.store.tenant(caller.org).await?;
    if parts.status.is_success() || parts.status == StatusCode::UNPROCESSABLE_ENTITY {
        let repeated = [CONTENT_TYPE, ETAG, LOCATION].into_iter().filter_map(|name| {
            let value = parts.headers.get(&name)?.to_str().ok()?;
            Some((name.to_string(), serde_json::Value::from(value)))
        });
        let headers = serde_json::Value::Object(repeated.collect());
        let sealed =
            api.keyring.seal(place(caller, key), &bytes).map_err(|error| Refusal::Internal(error.to_string()))?;
        idempotency::keep(&mut tx, caller.org, key, parts.status.as_u16(), &headers, &sealed.to_bytes()).await?;
    } else {
        idempotency::give_back(&mut tx, caller.org, key).await?;
    }
    tx.commit().await?;
    Ok(Response::from_parts(parts, Body::from(bytes)))
}

fn again(
    api: &Api,
    caller: &Caller,
    key: &str,
    status: u16,
    headers: &serde_json::Value,
    body: &[u8],
) -> Answer<Response> {
    let opened = Sealed::from_bytes(body).and_then(|sealed| api.keyring.open(place(caller, key), &sealed));
    let body = opened.map_err(|error| Refusal::Internal(format!("the answer that was kept: {error}")))?;
    let mut response = Response::new(Body::from(body.to_vec()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    for (name, value) in headers.as_object().into_iter().flatten() {
        if let (Ok(name), Some(Ok(value))) = (name.parse::<HeaderName>(), value.as_str().map(str::parse)) {
            response.headers_mut().insert(name, value);
        }
    }
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}
