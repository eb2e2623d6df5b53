//! The platform that `helios up` runs: the services as children, all roles in this process.

use std::fs::OpenOptions;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use helios_client::{Client, JobState, NewDown, NewToken, Scope};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use zeroize::Zeroizing;

use super::{Args, Exit, Failure, Found, Given};
use crate::cli::pages;
use crate::cli::servers::ADMIN_TOKEN;
use crate::local::directory::{Directory, Held};
use crate::local::machine::Machine;
use crate::roles::serve::{self, Role};
use crate::settings::{Settings, Timing};
use crate::store::{Store, tokens};

/// File in the data directory with what the roles say.
const LOG: &str = "helios.log";
/// The organisation of one machine.
const ORG: &str = "local";
/// How long taking an environment down may take.
const DOWN: Duration = Duration::from_secs(120);
/// How long the roles may take to end.
const GRACE: Duration = Duration::from_secs(20);

/// A running platform.
pub(super) struct Platform {
    /// A client of it.
    pub(super) client: Client,
    machine: Machine,
    roles: JoinHandle<Result<(), String>>,
    shutdown: CancellationToken,
    /// Whether nobody else uses the database, so that all that runs was started from here.
    private: bool,
    /// Secrets of containers, in memory.
    run: PathBuf,
    _held: Held,
}

impl Platform {
    /// Starts it, and waits until it answers.
    pub(super) async fn start(args: &Args, directory: &Directory, held: Held) -> Result<Self, Failure> {
        let chosen = directory.chosen(&held)?;
        let given = Given { database_url: args.database_url.clone(), nats_url: args.nats_url.clone() };
        let machine = Machine::start(directory, &chosen, &given).await?;
        match Self::roles(args, directory, &chosen, &machine).await {
            Ok((client, roles, shutdown)) => {
                let (private, run) = (given.database_url.is_none(), in_memory(directory));
                Ok(Self { client, machine, roles, shutdown, private, run, _held: held })
            }
            Err(failure) => {
                machine.stop().await;
                Err(failure)
            }
        }
    }

    async fn roles(
        args: &Args,
        directory: &Directory,
        chosen: &crate::local::directory::Chosen,
        machine: &Machine,
    ) -> Result<(Client, JoinHandle<Result<(), String>>, CancellationToken), Failure> {
        log_to(directory)?;
        let database = |error: sqlx::Error| Failure::new(Exit::Unknown, format!("PostgreSQL: {error}"));
        let store = Store::connect(&machine.database_url, 2).await.map_err(database)?;
        store.migrate().await.map_err(|error| Failure::new(Exit::Unknown, format!("PostgreSQL: {error}")))?;
        let token = token(directory, &store).await?;
        store.pool().close().await;
        let settings = Settings {
            data: directory.root().to_owned(),
            run: in_memory(directory),
            database_url: machine.database_url.clone(),
            nats_url: machine.nats_url.clone(),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), chosen.api_port),
            trusted_proxies: Vec::new(),
            keys: None,
            target: String::from("docker"),
            subnets: crate::settings::SUBNETS,
            docker_host: args.docker_host.clone(),
            docker_config: std::env::var_os("DOCKER_CONFIG").map(Into::into),
            edge_admin: machine.edge_admin.clone(),
            edge_http_port: chosen.http_port,
            edge_https_port: chosen.https_port,
            edge_address: Some(args.address),
            images: args.images.clone(),
            // Whoever starts it has the engine's socket anyway.
            host_access: true,
            build_slots: 2,
            buildkit: args.buildkit,
            keep_releases: 10,
            program: crate::settings::PROGRAM.into(),
            log_format: String::from("pretty"),
            timing: Timing::default(),
        };
        let (shutdown, (ready, is_ready)) = (CancellationToken::new(), oneshot::channel());
        let (client, until) = (Client::new(&format!("http://{}", settings.listen), &token)?, shutdown.clone());
        let mut roles = tokio::spawn(async move {
            serve::run(settings, Role::ALL.iter().copied().collect(), until, ready)
                .await
                .map_err(|error| error.to_string())
        });
        tokio::select! {
            Ok(_) = is_ready => Ok((client, roles, shutdown)),
            end = &mut roles => Err(ended(end)),
        }
    }

    /// What runs here, in a few words.
    pub(super) fn names(&self) -> String {
        format!("{}, API at {}", self.machine.names().join(", "), self.client.address())
    }

    /// Ends when a service or a role has ended by itself.
    pub(super) async fn broken(&mut self) -> Failure {
        tokio::select! {
            error = self.machine.ended() => Failure { exit: Exit::Unknown, ..error.into() },
            end = &mut self.roles => ended(end),
        }
    }

    /// Stops the containers of applications, then the roles, then the services. Volumes stay.
    pub(super) async fn stop(mut self, found: &Found) {
        if !self.roles.is_finished() {
            let all = if self.private { environments(&self.client).await } else { Vec::new() };
            let all = if all.is_empty() { vec![found.clone()] } else { all };
            let downs: FuturesUnordered<_> = all.into_iter().map(down).collect();
            let _ = tokio::time::timeout(DOWN, downs.collect::<Vec<()>>()).await;
            self.shutdown.cancel();
            let _ = tokio::time::timeout(GRACE, &mut self.roles).await;
        }
        self.machine.stop().await;
        if self.private {
            // Nothing runs that reads from it.
            let _ = std::fs::remove_dir_all(&self.run);
        }
    }
}

/// All environments of the platform.
async fn environments(client: &Client) -> Vec<Found> {
    let mut found = Vec::new();
    for app in pages::all(|query| async move { client.apps(&query).await }).await.unwrap_or_default() {
        let name = &app.name;
        let all = pages::all(|query| async move { client.environments(name, &query).await }).await.unwrap_or_default();
        found.extend(all.into_iter().filter(|environment| environment.down_at.is_none()).map(|environment| Found {
            client: client.clone(),
            app: environment.app,
            environment: environment.name,
        }));
    }
    found
}

/// Takes an environment down, and waits until it is. What goes wrong is in the log.
async fn down(found: Found) {
    let down = found.client.down(&found.app, &found.environment, &NewDown { destroy: false });
    let mut job = match down.await {
        Ok(job) => job,
        Err(error) => return tracing::warn!("{} is not taken down: {error}", found.name()),
    };
    while !job.state.is_terminal() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        match found.client.job(job.id).await {
            Ok(now) => job = now,
            Err(error) => return tracing::warn!("{} may not be down: {error}", found.name()),
        }
    }
    if job.state != JobState::Done {
        tracing::warn!("{} is not down: {:?}", found.name(), job.failure);
    }
}

fn ended(end: Result<Result<(), String>, tokio::task::JoinError>) -> Failure {
    let why = match end {
        Ok(Ok(())) => String::from("the platform has ended"),
        Ok(Err(error)) => error,
        Err(error) => format!("the platform broke: {error}"),
    };
    Failure::new(Exit::Unknown, why)
}

/// The token of whoever runs `helios up`: that of the last time if it still holds, else a new one.
async fn token(directory: &Directory, store: &Store) -> Result<Zeroizing<String>, Failure> {
    let database = |error: sqlx::Error| Failure::new(Exit::Unknown, format!("PostgreSQL: {error}"));
    if let Ok(kept) = std::fs::read_to_string(directory.at(ADMIN_TOKEN)).map(Zeroizing::new)
        && tokens::authenticate(store, kept.trim()).await.map_err(database)?.is_some()
    {
        return Ok(Zeroizing::new(kept.trim().to_owned()));
    }
    let name = "helios up".parse().map_err(|error| Failure::usage(format!("{error}")))?;
    let new = NewToken { name, scopes: vec![Scope::Admin], app: None, environment: None, expires_in: None };
    let (_, secret) = tokens::bootstrap(store, ORG, &new).await.map_err(database)?;
    directory.write_private(ADMIN_TOKEN, secret.as_bytes())?;
    Ok(secret)
}

/// A directory in memory, the same for each start from this data directory.
fn in_memory(directory: &Directory) -> PathBuf {
    let digest = crate::artifacts::digest(directory.root().as_os_str().as_encoded_bytes());
    Path::new("/dev/shm").join(format!("helios-{}", crate::cli::table::short(&digest)))
}

/// What the roles have to say goes to a file, which begins anew with each start; the one before is kept.
fn log_to(directory: &Directory) -> Result<(), Failure> {
    let path = directory.at(LOG);
    let failed = |error: std::io::Error| Failure::usage(format!("{}: {error}", path.display()));
    let _ = std::fs::rename(&path, directory.at("helios.log.1"));
    let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&path).map_err(failed)?;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn,async_nats=warn"));
    // Tests start several in one process; the first one's file will do.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file)).try_init();
    Ok(())
}
