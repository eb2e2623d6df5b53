//! Containers: making, seeing, stopping.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use bollard::models::{ContainerInspectResponse, ContainerUpdateBody, EndpointSettings, NetworkConnectRequest};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, ListContainersOptionsBuilder, RemoveContainerOptionsBuilder, StartContainerOptions,
    StopContainerOptionsBuilder,
};
use chrono::{DateTime, Utc};
use futures::StreamExt;

use super::{Engine, EngineError};
use crate::domain::container::{Attachment, ContainerSpec, NetworkSpec, RestartSpec};

mod body;
pub mod exec;
pub mod logs;
pub mod stats;

/// How many containers are asked about at a time.
const AT_A_TIME: usize = 8;

/// How long the engine may take to make a container that somebody else has asked for.
const MAKING: Duration = Duration::from_secs(20);

/// What a new container is made from.
#[derive(Debug)]
pub struct NewContainer<'a> {
    /// Its name; the engine refuses a second one of that name.
    pub name: &'a str,
    /// What it is.
    pub spec: &'a ContainerSpec,
    /// The platform's labels.
    pub labels: BTreeMap<&'static str, String>,
    /// Where the spec's files lie on the machine, by their path in the container.
    pub files: BTreeMap<String, PathBuf>,
    /// The container whose network it shares, where the spec says that it shares one.
    pub share: Option<String>,
}

/// A container as the engine describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// The engine's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The id of its image.
    pub image: String,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// `created`, `running`, `restarting`, `exited`, `paused`, `dead`, `removing`.
    pub state: String,
    /// Of the last run.
    pub exit_code: i64,
    /// Whether the kernel ended the last run for want of memory.
    pub oom_killed: bool,
    /// What the engine says why it did not start.
    pub error: String,
    /// When the last run began.
    pub started_at: Option<DateTime<Utc>>,
    /// When the last run ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Of the engine's own probe: `healthy`, `unhealthy`, `starting`.
    pub health: Option<String>,
    /// What that probe wrote last.
    pub health_output: Option<String>,
    /// How often the engine started it again.
    pub restarts: u64,
    /// Its addresses by network; those of the container whose network it shares; of one with the machine's, its loopback.
    pub addresses: BTreeMap<String, String>,
    /// Ports of the machine by `PORT/PROTOCOL`.
    pub published: BTreeMap<String, u16>,
    /// Whether the engine starts it again when it ends.
    pub restart: RestartSpec,
}

impl Container {
    /// Whether its program runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.state == "running"
    }

    /// The label, or nothing.
    #[must_use]
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

impl Engine {
    /// Makes a container and joins it to its networks; it does not run yet. One of that name stays as it is.
    ///
    /// # Errors
    /// [`EngineError::Missing`] no such image or network; [`EngineError::Refused`] what the engine cannot do; the engine.
    pub async fn create_container(&self, new: NewContainer<'_>) -> Result<(), EngineError> {
        let mut options = CreateContainerOptionsBuilder::default().name(new.name);
        if let Some(platform) = &new.spec.platform {
            options = options.platform(platform);
        }
        let (options, until) = (options.build(), tokio::time::Instant::now() + MAKING);
        loop {
            let made = self.docker().create_container(Some(options.clone()), body::of(&new)).await;
            match made.map_err(EngineError::from) {
                Ok(_) => break,
                // It is there: made before this program was ended. Or it is just being made or given up, at the bidding of
                // one that was ended: then it has its name, but cannot be found yet.
                Err(EngineError::Conflict(_)) if self.container(new.name).await?.is_some() => break,
                Err(EngineError::Conflict(_)) if tokio::time::Instant::now() < until => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Err(error) => return Err(error),
            }
        }
        let NetworkSpec::Networks(networks) = &new.spec.network else { return Ok(()) };
        // Before version 1.44 of its API the engine takes a single network when a container is made.
        for (network, attachment) in networks.iter().skip(1) {
            self.join(new.name, network, attachment, &new.spec.links).await?;
        }
        Ok(())
    }

    async fn join(
        &self,
        name: &str,
        network: &str,
        attachment: &Attachment,
        links: &[String],
    ) -> Result<(), EngineError> {
        let endpoint_config: Option<EndpointSettings> = Some(body::endpoint(attachment, links));
        let request = NetworkConnectRequest { container: name.to_owned(), endpoint_config };
        match self.docker().connect_network(network, request).await.map_err(EngineError::from) {
            Err(error) if error.message().contains("already exists in network") => Ok(()),
            other => other,
        }
    }

    /// Starts a container; one that runs goes on.
    ///
    /// # Errors
    /// [`EngineError::Refused`] and [`EngineError::Failed`] with the runtime's words if its program cannot be started.
    pub async fn start_container(&self, name: &str) -> Result<(), EngineError> {
        Ok(self.docker().start_container(name, None::<StartContainerOptions>).await?)
    }

    /// Asks the program to end and, after `grace`, ends it. One that does not run, or is not there, is fine.
    ///
    /// # Errors
    /// The engine.
    pub async fn stop_container(&self, name: &str, grace: Duration) -> Result<(), EngineError> {
        let seconds = i32::try_from(grace.as_secs()).unwrap_or(i32::MAX);
        let options = StopContainerOptionsBuilder::default().t(seconds).build();
        match self.docker().stop_container(name, Some(options)).await.map_err(EngineError::from) {
            Ok(()) | Err(EngineError::Missing(_)) => Ok(()),
            // The engine answers when it is done, which may be later than the client waits for an answer.
            Err(EngineError::Unreachable(text)) => {
                let until = tokio::time::Instant::now() + grace + Duration::from_secs(10);
                while self.container(name).await?.is_some_and(|container| container.is_running()) {
                    if tokio::time::Instant::now() > until {
                        return Err(EngineError::Unreachable(text));
                    }
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Removes a container, running or not, with the disks that only it has. One that is not there is fine.
    ///
    /// # Errors
    /// The engine.
    pub async fn remove_container(&self, name: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        match self.docker().remove_container(name, Some(options)).await.map_err(EngineError::from) {
            // A conflict: its removal is under way.
            Err(EngineError::Missing(_) | EngineError::Conflict(_)) => Ok(()),
            other => other,
        }
    }

    /// A container by name or id; none if there is none.
    ///
    /// # Errors
    /// The engine.
    pub async fn container(&self, name: &str) -> Result<Option<Container>, EngineError> {
        match self.docker().inspect_container(name, None).await.map_err(EngineError::from) {
            Ok(seen) => {
                let mode = seen.host_config.as_ref().and_then(|config| config.network_mode.clone()).unwrap_or_default();
                let mut container = container(seen);
                if mode == "host" {
                    container.addresses.insert(mode, Ipv4Addr::LOCALHOST.to_string());
                } else if let Some(other) = mode.strip_prefix("container:") {
                    let other = Box::pin(self.container(other)).await?;
                    container.addresses = other.map(|other| other.addresses).unwrap_or_default();
                }
                Ok(Some(container))
            }
            Err(EngineError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All containers, running or not, that carry these labels, by name.
    ///
    /// # Errors
    /// The engine.
    pub async fn containers(&self, labels: &[(&str, &str)]) -> Result<Vec<Container>, EngineError> {
        let filters = super::label_filters(labels);
        let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
        let listed = self.docker().list_containers(Some(options)).await?;
        let ids = listed.into_iter().filter_map(|summary| summary.id);
        let seen: Vec<Result<Option<Container>, EngineError>> = futures::stream::iter(ids)
            .map(|id| async move { self.container(&id).await })
            .buffered(AT_A_TIME)
            .collect()
            .await;
        let mut containers = seen.into_iter().filter_map(Result::transpose).collect::<Result<Vec<_>, _>>()?;
        containers.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(containers)
    }

    /// Says what the engine does when a container ends.
    ///
    /// # Errors
    /// There is no such container; the engine.
    pub async fn set_restart(&self, name: &str, restart: RestartSpec) -> Result<(), EngineError> {
        let change =
            ContainerUpdateBody { restart_policy: Some(body::restart(restart)), ..ContainerUpdateBody::default() };
        Ok(self.docker().update_container(name, change).await?)
    }
}

fn container(seen: ContainerInspectResponse) -> Container {
    let state = seen.state.unwrap_or_default();
    let settings = seen.network_settings.unwrap_or_default();
    let time = |text: Option<String>| {
        let time = DateTime::parse_from_rfc3339(&text?).ok()?.with_timezone(&Utc);
        // The year 1 stands for never.
        (time.timestamp() > 0).then_some(time)
    };
    let address = |(name, endpoint): (String, EndpointSettings)| {
        let ip = endpoint
            .ip_address
            .filter(|ip| !ip.is_empty())
            .or(endpoint.global_ipv6_address.filter(|ip| !ip.is_empty()))?;
        Some((name, ip))
    };
    let health = state.health.unwrap_or_default();
    let published = settings.ports.unwrap_or_default().into_iter().filter_map(|(port, bindings)| {
        let on = bindings?.into_iter().find_map(|binding| binding.host_port?.parse().ok())?;
        Some((port, on))
    });
    Container {
        id: seen.id.unwrap_or_default(),
        name: seen.name.unwrap_or_default().trim_start_matches('/').to_owned(),
        image: seen.image.unwrap_or_default(),
        labels: seen.config.and_then(|config| config.labels).unwrap_or_default().into_iter().collect(),
        state: state.status.map(|status| status.to_string()).unwrap_or_default(),
        exit_code: state.exit_code.unwrap_or(0),
        oom_killed: state.oom_killed.unwrap_or(false),
        error: state.error.unwrap_or_default(),
        started_at: time(state.started_at),
        finished_at: time(state.finished_at),
        health: health.status.map(|status| status.to_string()).filter(|status| !status.is_empty() && status != "none"),
        health_output: health.log.and_then(|log| log.into_iter().next_back()).and_then(|last| last.output),
        restarts: seen.restart_count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0),
        addresses: settings.networks.unwrap_or_default().into_iter().filter_map(address).collect(),
        published: published.collect(),
        restart: seen.host_config.and_then(|config| config.restart_policy).map(body::restart_of).unwrap_or_default(),
    }
}
