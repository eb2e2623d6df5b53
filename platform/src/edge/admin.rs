//! Caddy's admin interface: <https://caddyserver.com/docs/api>.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;

/// The name that requests over a socket carry as their host; see [`crate::local::caddy`].
const HOST: &str = "helios";

/// Where Caddy is told what to do.
#[derive(Debug, Clone)]
pub struct Admin {
    client: reqwest::Client,
    base: String,
}

/// Why Caddy did not do it.
#[derive(Debug)]
#[non_exhaustive]
pub enum AdminError {
    /// The address is none.
    Address(String),
    /// It does not answer.
    Unreachable(String),
    /// It refuses; Caddy's own words.
    Refused(String),
}

impl fmt::Display for AdminError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(text) => {
                write!(f, "`{text}` is no address of an admin interface: `unix//PATH` or `http://HOST:PORT`")
            }
            Self::Unreachable(text) => write!(f, "the edge does not answer: {text}"),
            Self::Refused(text) => write!(f, "the edge refuses its configuration: {text}"),
        }
    }
}

impl std::error::Error for AdminError {}

impl From<reqwest::Error> for AdminError {
    fn from(error: reqwest::Error) -> Self {
        let mut cause: &dyn std::error::Error = &error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        Self::Unreachable(cause.to_string())
    }
}

/// How long an answer may take. Whoever asks holds the lock of all environments' routes.
const ANSWER: Duration = Duration::from_secs(3);
/// How long it may take to take a configuration.
const LOADING: Duration = Duration::from_secs(15);
/// How often a request is sent again whose connection broke.
const RETRIES: u32 = 4;
/// The pause before the first of them; each next one is longer.
const PAUSE: Duration = Duration::from_millis(50);

/// A client for addresses of this machine: no proxy stands between.
pub fn client() -> reqwest::ClientBuilder {
    // An error: somebody has installed one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy()
}

impl Admin {
    /// The interface at `unix//PATH` (as Caddy itself writes it) or `http://HOST:PORT`.
    ///
    /// # Errors
    /// [`AdminError::Address`].
    pub fn new(address: &str) -> Result<Self, AdminError> {
        let builder = client().timeout(ANSWER);
        let (builder, base) = match address.strip_prefix("unix/") {
            Some(path) if path.starts_with('/') => (builder.unix_socket(path.to_owned()), format!("http://{HOST}")),
            None if address.starts_with("http://") => (builder, address.trim_end_matches('/').to_owned()),
            _ => return Err(AdminError::Address(address.to_owned())),
        };
        // A new configuration makes Caddy close the connections that are there: each request has one of its own.
        Ok(Self { client: builder.pool_max_idle_per_host(0).build()?, base })
    }

    /// Asks, and once more where the connection broke: it may have met Caddy taking a new configuration. All that is asked
    /// here can be asked twice without harm.
    async fn ask(&self, request: reqwest::RequestBuilder) -> Result<reqwest::Response, AdminError> {
        let mut tries = 0;
        loop {
            let Some(copy) = request.try_clone() else { return Ok(request.send().await?) };
            match copy.send().await {
                Err(error) if tries < RETRIES && !error.is_timeout() => {
                    tries += 1;
                    tracing::debug!(%error, "Caddy's admin interface");
                    tokio::time::sleep(PAUSE * tries).await;
                }
                answer => return Ok(answer?),
            }
        }
    }

    /// The whole configuration that runs; `null` if none does.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn config(&self) -> Result<Value, AdminError> {
        Ok(self.ask(self.client.get(format!("{}/config/", self.base))).await?.error_for_status()?.json().await?)
    }

    /// Whether the configuration with this mark runs.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn runs(&self, mark: &str) -> Result<bool, AdminError> {
        Ok(self.ask(self.client.get(format!("{}/id/{mark}", self.base))).await?.status().is_success())
    }

    /// Replaces the configuration. Requests under way end in their own time.
    ///
    /// # Errors
    /// [`AdminError::Refused`]: what ran before still runs. It does not answer.
    pub async fn load(&self, configuration: &Value) -> Result<(), AdminError> {
        let load = self.client.post(format!("{}/load", self.base)).timeout(LOADING);
        let answer = self.ask(load.json(configuration)).await?;
        if answer.status().is_success() {
            return Ok(());
        }
        let text = answer.text().await?;
        let said = serde_json::from_str::<Value>(&text).ok();
        let said = said.and_then(|body| body.get("error").and_then(Value::as_str).map(str::to_owned));
        Err(AdminError::Refused(said.unwrap_or(text)))
    }

    /// The status with which the edge itself answers requests to a host.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn ask_for(&self, address: std::net::SocketAddr, host: &str) -> Result<u16, AdminError> {
        let plain = client().timeout(ANSWER).pool_max_idle_per_host(0).build()?;
        let request = plain.get(format!("http://{address}/")).header("Host", host);
        Ok(self.ask(request).await?.status().as_u16())
    }

    /// How many requests each upstream has under way.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn requests(&self) -> Result<BTreeMap<String, u64>, AdminError> {
        #[derive(serde::Deserialize)]
        struct Upstream {
            address: String,
            num_requests: u64,
        }
        let url = format!("{}/reverse_proxy/upstreams", self.base);
        let upstreams: Vec<Upstream> = self.ask(self.client.get(url)).await?.error_for_status()?.json().await?;
        Ok(upstreams.into_iter().map(|upstream| (upstream.address, upstream.num_requests)).collect())
    }
}
