//! A session: the connection through which BuildKit fetches what a build may see. The engine is the client on it, we serve.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use bollard_buildkit_proto::moby::buildkit::secrets::v1::secrets_server::{self, Secrets, SecretsServer};
use bollard_buildkit_proto::moby::buildkit::secrets::v1::{GetSecretRequest, GetSecretResponse};
use bollard_buildkit_proto::moby::filesync::packet::file_sync_server::{self, FileSyncServer};
use http::HeaderName;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use tonic::service::Routes;
use tonic::{Request, Response, Status};
use zeroize::Zeroizing;

use super::files::{Files, Tree};
use crate::engine::connection::Closing;
use crate::engine::{Engine, EngineError};

/// What a build may see.
#[derive(Clone, Default)]
pub struct Served {
    /// Directories by the names that BuildKit has for them: `context`, and `dockerfile` with the recipe.
    pub directories: BTreeMap<String, Arc<Tree>>,
    /// Values by the ids that `RUN --mount=type=secret,id=…` names.
    pub secrets: Arc<BTreeMap<String, Zeroizing<String>>>,
    /// Sessions of the same are sent only what has changed: the engine keeps the directories of the last one.
    pub key: String,
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A session, ended when dropped.
#[derive(Debug)]
pub struct Session {
    _serving: Closing,
    _connection: Closing,
}

impl Engine {
    /// Opens a session of this id (`POST /session`).
    ///
    /// # Errors
    /// The engine.
    pub async fn session(&self, id: &str, served: Served) -> Result<Session, EngineError> {
        const METHOD: HeaderName = HeaderName::from_static("x-docker-expose-session-grpc-method");
        let method = |service: &str, method: &str| format!("/{service}/{method}");
        let secrets = method(secrets_server::SERVICE_NAME, "GetSecret");
        let files = method(file_sync_server::SERVICE_NAME, "DiffCopy");
        let headers = [
            (HeaderName::from_static("x-docker-expose-session-uuid"), id),
            (HeaderName::from_static("x-docker-expose-session-name"), "helios"),
            (HeaderName::from_static("x-docker-expose-session-sharedkey"), &served.key),
            (METHOD, &secrets),
            (METHOD, &files),
        ];
        let (upgraded, connection) = self.upgrade("/session", "h2c", &headers).await?;
        // The engine asks now and then whether we are still there.
        let (_, health) = tonic_health::server::health_reporter();
        let routes = Routes::new(health)
            .add_service(SecretsServer::new(Values(served.secrets)))
            .add_service(FileSyncServer::new(Files(served.directories)))
            .prepare();
        let serving = tokio::spawn(async move {
            let http = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            let io = TokioIo::new(TokioIo::new(upgraded));
            // What the engine could not fetch, the build says.
            let _ = http.serve_connection(io, TowerToHyperService::new(routes)).await;
        });
        Ok(Session { _serving: Closing(serving), _connection: connection })
    }
}

struct Values(Arc<BTreeMap<String, Zeroizing<String>>>);

#[tonic::async_trait]
impl Secrets for Values {
    async fn get_secret(&self, request: Request<GetSecretRequest>) -> Result<Response<GetSecretResponse>, Status> {
        let id = request.into_inner().id;
        match self.0.get(&id) {
            Some(value) => Ok(Response::new(GetSecretResponse { data: value.as_bytes().to_vec() })),
            // In these words a mount that is not `required` is left out.
            None => Err(Status::not_found(format!("secret {id} not found"))),
        }
    }
}
