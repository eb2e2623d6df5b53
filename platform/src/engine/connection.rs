//! A connection to the engine for one request, where the client library does not speak what is to be said.

use std::path::PathBuf;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, HOST, UPGRADE};
use http::{HeaderName, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinHandle;

use super::{Engine, EngineError, innermost};

/// Where an engine listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    Unix(PathBuf),
    /// `HOST:PORT`.
    Tcp(String),
}

impl Address {
    /// Reads what [`Engine::connect`] takes.
    pub(super) fn of(host: &str) -> Self {
        let tcp = ["tcp://", "http://"].iter().find_map(|scheme| host.strip_prefix(scheme));
        match tcp {
            Some(address) => Self::Tcp(address.trim_end_matches('/').to_owned()),
            None => Self::Unix(host.strip_prefix("unix://").unwrap_or(host).into()),
        }
    }
}

/// Closes a connection, or ends what serves it, when dropped.
#[derive(Debug)]
pub(super) struct Closing(pub(super) JoinHandle<()>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Engine {
    /// Sends a `POST` without a body, below the version of the API that was agreed on, and gives the answer as soon as it begins.
    /// The connection lives as long as its guard.
    pub(super) async fn post(
        &self,
        path: &str,
        headers: &[(HeaderName, &str)],
    ) -> Result<(Response<Incoming>, Closing), EngineError> {
        let stream = |error: std::io::Error| EngineError::Unreachable(error.to_string());
        let (mut sender, connection) = match &self.address {
            Address::Unix(path) => shake(UnixStream::connect(path).await.map_err(stream)?).await?,
            Address::Tcp(address) => shake(TcpStream::connect(address).await.map_err(stream)?).await?,
        };
        let version = self.docker().client_version();
        let uri = format!("/v{}.{}{path}", version.major_version, version.minor_version);
        let mut request = Request::builder().method(Method::POST).uri(uri).header(HOST, "docker");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let request = request.header(CONTENT_TYPE, "text/plain").body(Full::new(Bytes::new()));
        let request = request.map_err(|error| EngineError::Failed(error.to_string()))?;
        let answer = sender.send_request(request).await.map_err(broken)?;
        if answer.status().is_success() || answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Ok((answer, connection));
        }
        Err(refused(answer).await)
    }

    /// A connection that speaks another protocol from now on.
    pub(super) async fn upgrade(
        &self,
        path: &str,
        protocol: &str,
        headers: &[(HeaderName, &str)],
    ) -> Result<(Upgraded, Closing), EngineError> {
        let mut headers = headers.to_vec();
        headers.extend([(CONNECTION, "Upgrade"), (UPGRADE, protocol)]);
        let (answer, connection) = self.post(path, &headers).await?;
        Ok((hyper::upgrade::on(answer).await.map_err(broken)?, connection))
    }
}

type Sender = hyper::client::conn::http1::SendRequest<Full<Bytes>>;

async fn shake<S>(stream: S) -> Result<(Sender, Closing), EngineError>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    let connection = tokio::spawn(async move {
        // Whoever waits for an answer hears of it.
        let _ = connection.with_upgrades().await;
    });
    Ok((sender, Closing(connection)))
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(super) fn broken(error: hyper::Error) -> EngineError {
    EngineError::Unreachable(innermost(&error))
}

/// The engine's own words for why it does not do it.
async fn refused(answer: Response<Incoming>) -> EngineError {
    let status = answer.status();
    let body = answer.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let said: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
    let message = said.as_ref().and_then(|said| said.get("message")?.as_str());
    let message = message.map_or_else(|| String::from_utf8_lossy(&body).trim().to_owned(), str::to_owned);
    EngineError::of(status.as_u16(), message)
}
