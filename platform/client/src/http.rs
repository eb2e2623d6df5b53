//! A client of the API.
//!
//! What can be asked again without harm is asked again, a few times, when the server is not there or says that it is busy: reads,
//! and what makes something, which carries an `Idempotency-Key`, so that it is done once however often it is asked.

mod error;
mod exec;
mod operations;
mod stream;

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

pub use self::exec::{ExecReader, ExecSession, ExecWriter};
pub use error::ClientError;
pub use stream::Follow;

use crate::problem::Problem;

/// What a call gives.
pub type Result<T> = std::result::Result<T, ClientError>;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// How often a call is tried.
const ATTEMPTS: u32 = 4;
/// The longest that the client waits because the server says so.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// How long a call may take that does not stream.
const CALL: Duration = Duration::from_secs(60);

/// A server, and the token to ask it with. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
}

impl Client {
    /// A client for the server at `address`, such as `http://127.0.0.1:7070`.
    ///
    /// # Errors
    /// The address; the token.
    pub fn new(address: &str, token: &str) -> Result<Self> {
        Self::of_trace(address, token, None)
    }

    /// The same, for calls that are part of a trace (W3C Trace Context, `traceparent`).
    ///
    /// # Errors
    /// The address; the token.
    pub fn of_trace(address: &str, token: &str, traceparent: Option<&str>) -> Result<Self> {
        let base = Url::parse(address).map_err(|_| ClientError::Address(address.to_owned()))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() || base.cannot_be_a_base() {
            return Err(ClientError::Address(address.to_owned()));
        }
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| ClientError::Token)?;
        bearer.set_sensitive(true);
        let mut headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
        headers.extend(traceparent.and_then(|trace| Some((TRACEPARENT, HeaderValue::from_str(trace).ok()?))));
        // another part of the process may have chosen one before, which is fine
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("helios/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(5))
            // a redirect would carry the token to wherever it leads
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers);
        if base.scheme() == "http" {
            // reading the system's certificates takes longer than most calls
            builder = builder.tls_certs_only([]);
        }
        let http =
            builder.build().map_err(|source| ClientError::Unreachable { address: address.to_owned(), source })?;
        Ok(Self { http, base })
    }

    /// The server's address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The address of what lies below `/v1`; each segment is one, whatever it holds.
    fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push("v1").extend(segments);
        }
        url
    }

    fn request(&self, method: Method, segments: &[&str]) -> RequestBuilder {
        self.http.request(method, self.url(segments)).timeout(CALL)
    }

    async fn get<T: DeserializeOwned>(&self, segments: &[&str], query: &(impl Serialize + Sync)) -> Result<T> {
        self.json(self.request(Method::GET, segments).query(query), true).await
    }

    async fn put<T: DeserializeOwned>(&self, segments: &[&str], body: &(impl Serialize + Sync)) -> Result<T> {
        self.json(self.request(Method::PUT, segments).json(body), true).await
    }

    /// Makes something: with a key, so that it is made once.
    async fn create<T: DeserializeOwned>(&self, segments: &[&str], body: &(impl Serialize + Sync)) -> Result<T> {
        let key = Uuid::now_v7().to_string();
        self.json(self.request(Method::POST, segments).header(IDEMPOTENCY_KEY, key).json(body), true).await
    }

    /// Sends and reads the answer.
    async fn json<T: DeserializeOwned>(&self, request: RequestBuilder, again: bool) -> Result<T> {
        let answer = self.send(request.header(ACCEPT, "application/json"), again).await?;
        let status = answer.status().as_u16();
        let bytes = answer.bytes().await.map_err(|source| self.unreachable(source))?;
        serde_json::from_slice(&bytes).map_err(|error| ClientError::Answer { status, reason: error.to_string() })
    }

    /// Sends, several times if that does no harm and may help; an answer that is no success is an error.
    async fn send(&self, request: RequestBuilder, again: bool) -> Result<Response> {
        let mut request = Some(request);
        let mut attempt = 1;
        loop {
            let this = match request.as_ref().and_then(RequestBuilder::try_clone) {
                Some(copy) if again => copy,
                _ => match request.take() {
                    Some(last) => {
                        attempt = ATTEMPTS;
                        last
                    }
                    None => return Err(ClientError::Broken(String::from("the request cannot be sent twice"))),
                },
            };
            let (error, wait) = match this.send().await {
                Ok(answer) if answer.status().is_success() || answer.status() == StatusCode::SWITCHING_PROTOCOLS => {
                    return Ok(answer);
                }
                Ok(answer) => {
                    let busy = matches!(answer.status().as_u16(), 429 | 502 | 503 | 504);
                    let wait = retry_after(&answer).unwrap_or_else(|| pause(attempt));
                    let problem = self.problem(answer).await;
                    // the first request with this key is still under way
                    let under_way =
                        problem.problem().is_some_and(|problem| problem.slug() == "idempotency-key-in-flight");
                    if !(busy || under_way) || wait > LONGEST_WAIT {
                        return Err(problem);
                    }
                    (problem, wait)
                }
                Err(source) => {
                    let hopeless = source.is_builder() || source.is_timeout();
                    let error = self.unreachable(source);
                    if hopeless {
                        return Err(error);
                    }
                    (error, pause(attempt))
                }
            };
            if attempt >= ATTEMPTS {
                return Err(error);
            }
            attempt += 1;
            tokio::time::sleep(wait).await;
        }
    }

    fn unreachable(&self, source: reqwest::Error) -> ClientError {
        ClientError::Unreachable { address: self.address().to_owned(), source: source.without_url() }
    }

    /// What an answer that is no success says.
    async fn problem(&self, answer: Response) -> ClientError {
        let status = answer.status().as_u16();
        match answer.bytes().await {
            Ok(bytes) => match serde_json::from_slice::<Problem>(&bytes) {
                Ok(problem) => ClientError::Problem(Box::new(problem)),
                Err(_) if bytes.is_empty() => ClientError::Problem(Box::new(bare(status))),
                Err(_) => ClientError::Answer { status, reason: String::from("it says no more than that") },
            },
            Err(source) => self.unreachable(source),
        }
    }
}

/// The problem of an answer without a body, as that to a `HEAD` request is.
fn bare(status: u16) -> Problem {
    let title = match status {
        401 => "no valid token",
        403 => "the token does not allow this",
        _ => StatusCode::from_u16(status)
            .ok()
            .and_then(|status| status.canonical_reason())
            .unwrap_or("an unknown status"),
    };
    Problem {
        kind: String::from("about:blank"),
        title: title.to_owned(),
        status,
        detail: None,
        help: None,
        request_id: None,
        diagnostics: Vec::new(),
        failure: None,
    }
}

/// How long the server wants to be left alone (RFC 9110 section 10.2.3, the form in seconds).
fn retry_after(answer: &Response) -> Option<Duration> {
    answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

/// How long to wait after an attempt: 100 ms, 200 ms, 400 ms, …
fn pause(attempt: u32) -> Duration {
    Duration::from_millis(50 << attempt.min(7))
}
