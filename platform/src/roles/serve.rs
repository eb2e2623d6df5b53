//! The roles of one process, put together: what `helios serve` and `helios up` run.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::build_worker::BuildWorker;
use super::collector::Collector;
use super::deploy_agent::DeployAgent;
use super::driver::Driver;
use super::oal_worker::OalWorker;
use super::repair::Repair;
use super::scheduler::Scheduler;
use super::worker::Worker;
use super::{reaper, relay, remains, rewrap};
use crate::api::health::Readiness;
use crate::api::limits::{Allowance, Limits};
use crate::api::{self, Api};
use crate::artifacts::Artifacts;
use crate::build::Caps;
use crate::bus::{Bus, Queue};
use crate::edge::Edge;
use crate::engine::Engine;
use crate::sealing::Keyring;
use crate::settings::{BuildKit, Settings};
use crate::store::Store;
use crate::store::notices::Notices;
use crate::target::docker::{Docker, Parts};
use crate::target::secrets::Sealed;
use crate::telemetry::Metrics;

/// A part of the platform that can run in a process of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Role {
    /// The HTTP interface, and what moves deployments.
    Api,
    /// Checks and lowers programs.
    OalWorker,
    /// Builds and fetches images.
    BuildWorker,
    /// Runs releases on a target.
    DeployAgent,
}

impl Role {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Api, Self::OalWorker, Self::BuildWorker, Self::DeployAgent];
}

/// Why the roles do not run, or stopped before they were told to.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// PostgreSQL.
    Database(String),
    /// The URL of NATS.
    Bus(String),
    /// The container engine.
    Engine(String),
    /// The edge.
    Edge(String),
    /// The file with the master keys.
    Keys(String),
    /// A directory.
    Directory(String),
    /// The address of the API.
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: std::io::Error,
    },
    /// A part ended by itself.
    Ended(&'static str),
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Database(error) => write!(f, "PostgreSQL: {error}"),
            Self::Bus(error) | Self::Engine(error) | Self::Keys(error) | Self::Directory(error) => f.write_str(error),
            Self::Edge(error) => write!(f, "the edge: {error}"),
            Self::Listen { address, error } => write!(f, "{address}: {error}"),
            Self::Ended(name) => write!(f, "{name} ended by itself"),
        }
    }
}

impl std::error::Error for ServeError {}

/// A part that runs until it is told to stop.
type Part = Pin<Box<dyn Future<Output = &'static str> + Send>>;

/// How long a worker waits for the tables that a newer API is about to make.
const TABLES: Duration = Duration::from_secs(60);

/// Runs these roles until `shutdown`; returns when all have ended in good order. `ready` is told once all of them run: the address
/// of the API, if that is among them.
///
/// # Errors
/// A service does not answer at the start; a part ended by itself.
pub async fn run(
    settings: Settings,
    roles: BTreeSet<Role>,
    shutdown: CancellationToken,
    ready: oneshot::Sender<Option<SocketAddr>>,
) -> Result<(), ServeError> {
    let base = Base::new(settings, &roles, shutdown.clone()).await?;
    let (mut parts, mut address): (Vec<Part>, _) = (Vec::new(), None);
    for role in roles {
        match role {
            Role::Api => address = Some(base.api(&mut parts).await?),
            Role::OalWorker => {
                let handler = Arc::new(OalWorker::new(base.artifacts.clone(), base.settings.program.clone()));
                let worker = base.worker(Queue::oal(), OAL_SLOTS);
                parts.push(part("the OAL worker", worker.run(handler)));
            }
            Role::BuildWorker => base.build_worker(&mut parts).await?,
            Role::DeployAgent => base.deploy_agent(&mut parts).await?,
        }
    }
    let mut running: JoinSet<&'static str> = JoinSet::new();
    for part in parts {
        running.spawn(part);
    }
    let _ = ready.send(address);
    let mut result = Ok(());
    while let Some(ended) = running.join_next().await {
        if !shutdown.is_cancelled() {
            let name = ended.unwrap_or_else(|error| {
                tracing::error!(%error, "a part of the platform");
                "a part"
            });
            result = Err(ServeError::Ended(name));
            shutdown.cancel();
        }
    }
    result
}

/// Programs that one process takes at a time; more wait for a processor anyway.
const OAL_SLOTS: usize = 4;

fn part(name: &'static str, work: impl Future<Output = ()> + Send + 'static) -> Part {
    Box::pin(async move {
        work.await;
        name
    })
}

/// What the roles of a process share.
struct Base {
    settings: Settings,
    store: Store,
    bus: Bus,
    notices: Notices,
    artifacts: Artifacts,
    shutdown: CancellationToken,
}

impl Base {
    async fn new(settings: Settings, roles: &BTreeSet<Role>, shutdown: CancellationToken) -> Result<Self, ServeError> {
        let connections = if roles.contains(&Role::Api) { 24 } else { 12 };
        let store = Store::connect(&settings.database_url, connections)
            .await
            .map_err(|error| ServeError::Database(error.to_string()))?;
        if roles.contains(&Role::Api) {
            store.migrate().await.map_err(|error| ServeError::Database(error.to_string()))?;
        } else {
            until_migrated(&store).await?;
        }
        let bus =
            Bus::connect(&settings.nats_url, "helios").await.map_err(|error| ServeError::Bus(error.to_string()))?;
        let notices = Notices::listen(&store, shutdown.clone());
        let artifacts =
            Artifacts::open(settings.artifacts()).map_err(|error| ServeError::Directory(error.to_string()))?;
        Ok(Self { settings, store, bus, notices, artifacts, shutdown })
    }

    fn worker(&self, queue: Queue, slots: usize) -> Worker {
        Worker {
            store: self.store.clone(),
            bus: self.bus.clone(),
            notices: self.notices.clone(),
            queue,
            slots,
            timing: self.settings.timing,
            shutdown: self.shutdown.clone(),
        }
    }

    fn keyring(&self) -> Result<Arc<Keyring>, ServeError> {
        let path: PathBuf = self.settings.keys.clone().unwrap_or_else(|| self.settings.data.join("keys"));
        let keyring = Keyring::open_or_make(&path);
        keyring.map(Arc::new).map_err(|error| ServeError::Keys(format!("{}: {error}", path.display())))
    }

    fn secrets(&self) -> Result<Arc<Sealed>, ServeError> {
        Ok(Arc::new(Sealed::new(self.store.clone(), self.keyring()?)))
    }

    async fn engine(&self) -> Result<Engine, ServeError> {
        let engine = Engine::connect(&self.settings.docker_host).await;
        let engine = engine.map_err(|error| ServeError::Engine(error.to_string()))?;
        Ok(match self.settings.credentials() {
            Some(directory) => engine.with_credentials(&directory),
            None => engine,
        })
    }

    async fn api(&self, parts: &mut Vec<Part>) -> Result<SocketAddr, ServeError> {
        let asked = self.settings.listen;
        let listen = |error| ServeError::Listen { address: asked, error };
        let listener = TcpListener::bind(asked).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let keyring = self.keyring()?;
        let bus = self.bus.clone();
        let readiness = Readiness::of_store(&self.store).and("nats", move || {
            let connected = bus.is_connected();
            Box::pin(async move { if connected { Ok(()) } else { Err("no connection".to_owned()) } })
        });
        let metrics = Metrics::default();
        let api = Api {
            store: self.store.clone(),
            artifacts: self.artifacts.clone(),
            keyring: Arc::clone(&keyring),
            bus: Some(self.bus.client().clone()),
            target: self.settings.target.clone(),
            trusted_proxies: self.settings.trusted_proxies.clone(),
            notices: self.notices.clone(),
            limits: Arc::new(Limits::new(Allowance::default())),
            metrics: metrics.clone(),
            readiness: Arc::new(readiness),
            shutdown: self.shutdown.clone(),
        };
        let driver = Arc::new(Driver {
            store: self.store.clone(),
            artifacts: self.artifacts.clone(),
            settings: self.settings.clone(),
            keyring,
        });
        let (store, bus, notices, stop) = (&self.store, &self.bus, &self.notices, &self.shutdown);
        parts.push(part("the API", api::serve::serve(listener, api)));
        parts.push(part("the relay", relay::run(store.clone(), bus.clone(), notices.clone(), stop.clone())));
        let timing = self.settings.timing;
        parts.push(part("the reaper", reaper::run(store.clone(), bus.clone(), timing, metrics, stop.clone())));
        parts.push(part("the wrapping of keys", rewrap::run(store.clone(), Arc::clone(&driver.keyring), stop.clone())));
        parts.push(part("the scheduler", Scheduler::new(Arc::clone(&driver)).run(stop.clone())));
        parts.push(part("the repair of what drifted", Repair::new(Arc::clone(&driver)).run(stop.clone())));
        parts.push(part("the removal of remains", remains::run(Arc::clone(&driver), stop.clone())));
        parts.push(part("the driver", driver.run(notices.clone(), stop.clone())));
        Ok(address)
    }

    async fn build_worker(&self, parts: &mut Vec<Part>) -> Result<(), ServeError> {
        let (store, artifacts, data) = (self.store.clone(), self.artifacts.clone(), &self.settings.data);
        let worker = BuildWorker::new(store, artifacts, self.engine().await?, Caps::default(), data).await;
        let worker = worker.map_err(|error| ServeError::Engine(error.to_string()))?;
        let worker = Arc::new(match self.settings.buildkit {
            BuildKit::Never => worker,
            BuildKit::WhenNeeded => worker.with_buildkit(self.secrets()?),
        });
        let collector = Collector {
            store: self.store.clone(),
            artifacts: self.artifacts.clone(),
            images: Arc::clone(&worker),
            left: vec![data.join("builds"), self.artifacts.root().join("incoming")],
            keep_releases: self.settings.keep_releases,
        };
        parts.push(part("the build worker", self.worker(Queue::build(), self.settings.build_slots).run(worker)));
        parts.push(part("the collector of what nobody needs", collector.run(self.shutdown.clone())));
        Ok(())
    }

    async fn deploy_agent(&self, parts: &mut Vec<Part>) -> Result<(), ServeError> {
        let edge =
            Edge::new(self.store.clone(), &self.settings).map_err(|error| ServeError::Edge(error.to_string()))?;
        let docker = Docker::new(Parts {
            name: self.settings.target.clone(),
            engine: self.engine().await?,
            edge,
            artifacts: self.artifacts.clone(),
            secrets: self.secrets()?,
            run: self.settings.run.clone(),
            data: self.settings.data.join("target"),
            subnets: self.settings.subnets,
        });
        let agent = DeployAgent::new(self.store.clone(), docker, self.settings.timing);
        parts.push(part("the deploy agent", agent.run(self.bus.clone(), self.notices.clone(), self.shutdown.clone())));
        Ok(())
    }
}

/// Waits until the tables are those of this program or newer: the API makes them.
async fn until_migrated(store: &Store) -> Result<(), ServeError> {
    let deadline = tokio::time::Instant::now() + TABLES;
    loop {
        match crate::store::measures::unapplied(store).await {
            Ok(0) => return Ok(()),
            _ if tokio::time::Instant::now() < deadline => tokio::time::sleep(Duration::from_millis(200)).await,
            Ok(_) => {
                return Err(ServeError::Database(
                    "its tables are older than this program: start the role `api` of this version first".to_owned(),
                ));
            }
            Err(error) => return Err(ServeError::Database(error.to_string())),
        }
    }
}
