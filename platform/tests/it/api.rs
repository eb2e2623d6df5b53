//! The HTTP interface, served on a socket over a real PostgreSQL.

mod artifacts;
mod describe;
mod limits;
mod operations;
mod schemathesis;
mod streams;
mod walls;

use std::net::SocketAddr;
use std::sync::Arc;

use helios::api::limits::{Allowance, Limits};
use helios::api::{Api, health::Readiness, serve};
use helios::artifacts::{self as store, Artifacts};
use helios::store::Store;
use helios::store::notices::Notices;
use helios::store::tokens::{self, Caller};
use helios::telemetry::Metrics;
use helios_client::{Client, Digest, Name, NewEnvironment, NewToken, Scope};
use http::Method;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::access::{keyring, new_token, organisation};
use crate::support::Database;

/// A served API over an empty database.
pub(crate) struct Served {
    pub(crate) store: Store,
    pub(crate) address: SocketAddr,
    pub(crate) shutdown: CancellationToken,
    pub(crate) server: JoinHandle<()>,
    _database: Database,
    pub(crate) artifacts: Artifacts,
    _directory: tempfile::TempDir,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: http::HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A problem of this kind, and nothing else.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, slug: &str) -> &Self {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json", "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["type"], format!("/problems/{slug}"), "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["request_id"], self.headers["x-request-id"].to_str().unwrap());
        self
    }
}

impl Served {
    pub(crate) async fn start() -> Self {
        Self::with(
            Allowance { per_token: 100_000, per_address: 100_000, failures: 100_000, ..Allowance::default() },
            None,
        )
        .await
    }

    pub(crate) async fn with(allowance: Allowance, bus: Option<async_nats::Client>) -> Self {
        let database = Database::new().await;
        let store = database.store().await;
        let directory = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::open(directory.path()).unwrap();
        let shutdown = CancellationToken::new();
        let api = Api {
            store: store.clone(),
            artifacts: artifacts.clone(),
            keyring: Arc::new(keyring("a", 1)),
            bus,
            target: "docker".to_owned(),
            trusted_proxies: vec!["127.0.0.0/8".parse().unwrap(), "10.1.0.0/16".parse().unwrap()],
            notices: Notices::listen(&store, shutdown.clone()),
            limits: Arc::new(Limits::new(allowance)),
            metrics: Metrics::default(),
            readiness: Arc::new(Readiness::of_store(&store)),
            shutdown: shutdown.clone(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(serve::serve(listener, api));
        Self { store, address, shutdown, server, _database: database, artifacts, _directory: directory }
    }

    /// An organisation with a token of all rights.
    pub(crate) async fn organisation(&self, name: &str) -> (Caller, String) {
        organisation(&self.store, name).await
    }

    /// Another token of the organisation.
    pub(crate) async fn token(&self, org: Uuid, new: &NewToken) -> String {
        let mut tx = self.store.tenant(org).await.unwrap();
        let (_, secret) = tokens::create(&mut tx, org, new, None).await.unwrap();
        tx.commit().await.unwrap();
        secret.to_string()
    }

    pub(crate) async fn scoped(&self, org: Uuid, scopes: &[Scope]) -> String {
        self.token(org, &new_token(scopes)).await
    }

    pub(crate) fn client(&self, token: &str) -> Client {
        Client::new(&format!("http://{}", self.address), token).unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A request as it is, without anything a client would add.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
    ) -> Reply {
        let mut request = http().request(method, self.url(path)).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let stream = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let text = if stream { String::new() } else { answer.text().await.unwrap() };
        Reply { status, headers, text }
    }

    /// A request with a token and JSON.
    pub(crate) async fn json(&self, token: &str, method: Method, path: &str, body: &Value) -> Reply {
        let bearer = format!("Bearer {token}");
        self.ask(method, path, &[("authorization", &bearer), ("content-type", "application/json")], body.to_string())
            .await
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Reply {
        self.ask(Method::GET, path, &[("authorization", &format!("Bearer {token}"))], "").await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: &Value) -> Reply {
        self.json(token, Method::POST, path, body).await
    }
}

fn http() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().tls_certs_only([]).build().unwrap()
}

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

/// An environment `shop/production` and a source bundle that was uploaded.
pub(crate) async fn shop(client: &Client) -> (Name, Name, Digest) {
    let (app, environment) = (name("shop"), name("production"));
    client.put_environment(&app, &environment, &NewEnvironment::default()).await.unwrap();
    let bundle = b"not really a bundle".to_vec();
    let digest: Digest = store::digest(&bundle).parse().unwrap();
    let size = bundle.len() as u64;
    let stream = futures::stream::iter([Ok::<_, std::io::Error>(bundle)]);
    client.upload_source(&digest, size, stream).await.unwrap();
    (app, environment, digest)
}
