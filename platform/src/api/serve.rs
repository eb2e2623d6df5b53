//! The routes put together, and the server that answers them until it is told to stop.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, StatusCode};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::SwaggerUi;

use super::describe::{Operations, check_query};
use super::refusal::{Answer, Refusal};
use super::{Api, access, connections, health, idempotency, request, routes};

/// How long streams and long requests have to end once the process is to end.
const LAST: Duration = Duration::from_secs(10);

/// How often limits forget who is idle.
const FORGET: Duration = Duration::from_secs(60);

/// The description of the API, OpenAPI 3.1.
#[must_use]
pub fn openapi() -> OpenApi {
    routes::all().split_for_parts().1
}

/// Everything that answers.
pub fn router(api: &Api) -> Router {
    let (v1, description) = routes::all().split_for_parts();
    let operations = Operations::of(&description);
    // from the inside out
    let v1 = v1
        .route_layer(from_fn_with_state((api.clone(), operations.clone()), idempotency::once))
        .route_layer(from_fn_with_state(api.clone(), access::authenticate))
        .route_layer(from_fn_with_state(operations, check_query))
        .route_layer(from_fn_with_state(api.clone(), in_time));
    let docs = SwaggerUi::new("/docs").url("/v1/openapi.json", description);
    Router::new()
        .merge(v1)
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .merge(docs)
        .fallback(async || Refusal::no("resource"))
        .method_not_allowed_fallback(async || Refusal::MethodNotAllowed)
        .layer(from_fn_with_state(api.clone(), access::limit_address))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn(headers))
        .layer(from_fn_with_state(api.clone(), request::track))
        .with_state(api.clone())
}

/// A panic is an answer like any other failure; the server goes on.
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Refusal::Internal(format!("a panic: {}", text.unwrap_or("without a message"))).into_response()
}

/// Gives up on handlers that take too long. An upload takes as long as it takes, and looks after itself.
async fn in_time(State(api): State<Api>, request: Request, next: Next) -> Answer<Response> {
    let upload = request.extensions().get::<MatchedPath>().is_some_and(|path| path.as_str() == routes::sources::PATH);
    if upload {
        return Ok(next.run(request).await);
    }
    let answer = tokio::time::timeout(api.limits.allowance().time, next.run(request)).await;
    answer.map_err(|_| Refusal::Timeout(String::from("the platform did not get it done in time")))
}

/// Nothing here is kept by a browser, taken for another type, or shown within another page.
async fn headers(request: Request, next: Next) -> Response {
    let docs = request.uri().path().starts_with("/docs");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = match docs {
        true => "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
        false => "default-src 'none'; frame-ancestors 'none'",
    };
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if response.status() == StatusCode::METHOD_NOT_ALLOWED || response.status() == StatusCode::NOT_FOUND {
        return plain(response);
    }
    response
}

/// Answers of the parts that are not ours, such as the files of the reference page, are problems, too.
fn plain(response: Response) -> Response {
    let ours =
        response.headers().get(http::header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    if ours || response.status() != StatusCode::NOT_FOUND {
        return response;
    }
    Refusal::no("resource").into_response()
}

/// Answers on `listener` until the process is to end: then no new request is taken, streams are cut so that their clients come
/// again elsewhere, and what has not ended after ten seconds is dropped.
pub async fn serve(listener: TcpListener, api: Api) {
    let stop = api.shutdown.clone();
    let forget = async {
        let mut ticks = tokio::time::interval(FORGET);
        loop {
            ticks.tick().await;
            api.limits.forget_idle();
        }
    };
    let deadline = async {
        stop.cancelled().await;
        tokio::time::sleep(LAST).await;
        tracing::warn!("requests that did not end in time are dropped");
    };
    tokio::select! {
        () = connections::serve(listener, router(&api), api.limits.allowance().headers, stop.clone()) => {}
        () = deadline => {}
        () = forget => {}
    }
}
