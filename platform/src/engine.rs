//! The container engine, through its API; nowhere else. This file connects; each file below has the calls about one thing.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bollard::{API_DEFAULT_VERSION, Docker};
use connection::Address;

pub mod about;
pub mod buildkit;
pub mod builds;
mod connection;
pub mod containers;
pub mod events;
pub mod images;
pub mod networks;
mod registry;
pub mod volumes;

/// How long the engine may take before it begins to answer. Calls that work for long (a build, a pull) answer as they go.
const ANSWER: Duration = Duration::from_secs(120);

/// A connection to a container engine. Cheap to clone; every call opens its own socket.
#[derive(Debug, Clone)]
pub struct Engine {
    docker: Docker,
    address: Address,
    /// The directory of credentials for registries.
    credentials: Option<Arc<Path>>,
}

/// What an engine says whose parts do not answer it (dockerd's words for containerd and for its own end).
const AWAY: [&str; 6] = [
    "containerd.sock",
    "context canceled",
    "deadline exceeded",
    "transport is closing",
    "shutting down",
    "ttrpc: closed",
];

/// Why the engine did not do what it was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum EngineError {
    /// It does not answer.
    Unreachable(String),
    /// There is no such image, container, network or volume.
    Missing(String),
    /// It exists already, or is in use.
    Conflict(String),
    /// It refuses; the engine's own words.
    Refused(String),
    /// It failed by itself, or broke off in the middle; the engine's own words.
    Failed(String),
}

impl EngineError {
    /// Whether the same call may go well a little later.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Failed(_))
    }

    /// Whether it is the engine's trouble alone, although the call has a program's wishes in it, for which the engine answers
    /// with a failure of its own, too: it is starting or ending, or its own parts do not answer it.
    #[must_use]
    pub fn is_away(&self) -> bool {
        let text = self.message();
        let says = |part: &&str| text.contains(*part);
        match self {
            Self::Unreachable(_) => true,
            Self::Failed(_) => AWAY.iter().any(says),
            _ => false,
        }
    }

    /// Whether it refuses to remove what somebody still uses: volumes and networks, and those in words of its own.
    #[must_use]
    pub fn is_in_use(&self) -> bool {
        match self {
            Self::Conflict(_) => true,
            Self::Refused(text) => text.contains("active endpoints") || text.contains("in use"),
            _ => false,
        }
    }

    /// Whether the engine was ended in the middle of an earlier start of this container. Its runtime then holds on to the
    /// container's id, whatever is asked of it, so that only another one can run in its place (seen with Docker 20.10 on
    /// containerd 1.6).
    #[must_use]
    pub fn is_half_started(&self) -> bool {
        let text = self.message();
        text.contains("id already in use")
            || text.contains("failed to start shim: mkdir") && text.contains("file exists")
    }

    /// An answer of that status of HTTP.
    fn of(status: u16, message: String) -> Self {
        match status {
            404 => Self::Missing(message),
            409 => Self::Conflict(message),
            400..=499 => Self::Refused(message),
            _ => Self::Failed(message),
        }
    }

    /// What the engine said.
    #[must_use]
    pub fn message(&self) -> &str {
        match self {
            Self::Unreachable(text)
            | Self::Missing(text)
            | Self::Conflict(text)
            | Self::Refused(text)
            | Self::Failed(text) => text,
        }
    }
}

impl std::fmt::Display for EngineError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable(text) => write!(f, "the container engine does not answer: {text}"),
            Self::Missing(text) | Self::Conflict(text) | Self::Refused(text) => {
                write!(f, "the container engine refuses: {text}")
            }
            Self::Failed(text) => write!(f, "the container engine failed: {text}"),
        }
    }
}

impl std::error::Error for EngineError {}

impl From<bollard::errors::Error> for EngineError {
    fn from(error: bollard::errors::Error) -> Self {
        use bollard::errors::Error;
        match error {
            Error::DockerResponseServerError { status_code, message } => Self::of(status_code, message),
            Error::DockerStreamError { error } => Self::Failed(error),
            error => Self::Unreachable(innermost(&error)),
        }
    }
}

/// The cause at the bottom: what the layers above say of it is the client's business.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

impl Engine {
    /// Connects to `unix:///PATH`, a plain path, `tcp://HOST:PORT` or `http://HOST:PORT` and agrees with the engine on the
    /// newest version of the API that both speak: an engine refuses paths of a newer one.
    ///
    /// # Errors
    /// [`EngineError::Unreachable`]: nothing listens there, or it is no engine.
    pub async fn connect(host: &str) -> Result<Self, EngineError> {
        let seconds = ANSWER.as_secs();
        let docker = if host.starts_with("tcp://") || host.starts_with("http://") {
            Docker::connect_with_http(host, seconds, API_DEFAULT_VERSION)
        } else {
            Docker::connect_with_unix(host, seconds, API_DEFAULT_VERSION)
        };
        let named =
            |error: bollard::errors::Error| EngineError::Unreachable(format!("`{host}`: {}", innermost(&error)));
        let docker = docker.map_err(named)?.negotiate_version().await.map_err(named)?;
        Ok(Self { docker, address: Address::of(host), credentials: None })
    }

    /// The same, fetching images with the credentials that `docker login` keeps in this directory.
    #[must_use]
    pub fn with_credentials(self, directory: &Path) -> Self {
        Self { credentials: Some(directory.into()), ..self }
    }

    /// The client, for the files below.
    pub(crate) const fn docker(&self) -> &Docker {
        &self.docker
    }
}

/// Filters that let only what carries all these labels through.
fn label_filters(labels: &[(&str, &str)]) -> std::collections::HashMap<String, Vec<String>> {
    let wanted: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if wanted.is_empty() {
        std::collections::HashMap::new()
    } else {
        std::collections::HashMap::from([("label".to_owned(), wanted)])
    }
}
