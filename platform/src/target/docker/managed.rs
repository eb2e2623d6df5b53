//! Components that the platform runs for the program: up, ready, settled.

use std::time::Duration;

use helios_client::{Failure, FailureKind};
use oal_ir::NodeId;
use tokio::time::Instant;

use super::release::{Release, Unit, UnitKind};
use super::{Docker, Step, failures, pause, probe};
use crate::domain::managed::{Managed, Ready, Stream};
use crate::domain::naming::labels;
use crate::engine::containers::Container;
use crate::roles::worker::JobContext;

/// How long one may take to be ready: the first start of a database writes its whole directory.
const PATIENCE: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_millis(150);
/// A start of the same container that failed so often is not tried again.
const RESTARTS: u64 = 3;

impl Docker {
    /// Brings a managed component up. One that runs as it should is left alone; an older one is stopped first, for two cannot
    /// use one disk.
    pub(super) async fn ensure_managed(
        &self,
        release: &Release,
        node: &NodeId,
        unit: &Unit,
        context: &JobContext,
    ) -> Step {
        let UnitKind::Managed(managed) = &unit.kind else { return Ok(()) };
        let name = release.container_name(node, unit, 0);
        let ran = self.engine.container(&name).await?.is_some_and(|container| container.is_running());
        if !ran {
            let id = release.environment.id.to_string();
            let own = [(labels::TARGET, self.name.as_str()), (labels::ENVIRONMENT, &id), (labels::NODE, node.as_str())];
            for old in self.engine.containers(&own).await?.into_iter().filter(|old| old.name != name) {
                context.go_on()?;
                self.remove(release, &old, context).await?;
            }
            self.ensure(release, node, unit, 0, context).await?;
        }
        self.ready(release, node, &name, managed, context).await?;
        if !ran {
            context.log(Some(node), format!("{name} is ready"));
        }
        Ok(())
    }

    async fn ready(
        &self,
        release: &Release,
        node: &NodeId,
        name: &str,
        managed: &Managed,
        context: &JobContext,
    ) -> Step {
        let begun = Instant::now();
        let container = loop {
            let Some(container) = self.engine.container(name).await? else {
                let message = format!("the container of `{node}` was removed by somebody else");
                return Err(Failure::new(FailureKind::Start, "", message).of(node.clone()).into());
            };
            if container.restarts >= RESTARTS {
                return Err(self.ended(node, &container).await.into());
            }
            if container.is_running() && self.is_ready(&container, &managed.ready).await {
                break container;
            }
            if begun.elapsed() > PATIENCE {
                let lines = self.engine.last_lines(name, failures::LAST_LINES).await;
                let message = format!("`{node}` accepts no connections after {} s", PATIENCE.as_secs());
                return Err(Failure::new(FailureKind::Probe, "", message).of(node.clone()).log(lines).into());
            }
            pause(context, LOOK).await?;
        };
        for command in &managed.settle {
            context.go_on()?;
            let outcome = self.engine.run_in(name, command, Duration::from_secs(60)).await?;
            if outcome.code != Some(0) {
                let lines = outcome.output.lines().map(str::to_owned).collect();
                let message = format!("`{node}` runs but could not be set up as the program says");
                return Err(Failure::new(FailureKind::Start, "", message).of(node.clone()).log(lines).into());
            }
        }
        if !managed.streams.is_empty() {
            context.go_on()?;
            self.streams(release, node, &container, &managed.streams).await?;
        }
        Ok(())
    }

    async fn is_ready(&self, container: &Container, ready: &Ready) -> bool {
        match ready {
            Ready::Tcp(port) => {
                let Some(address) = probe::address(container) else { return false };
                let connect = tokio::net::TcpStream::connect((address, *port));
                matches!(tokio::time::timeout(Duration::from_secs(2), connect).await, Ok(Ok(_)))
            }
            Ready::Command(command) => {
                let outcome = self.engine.run_in(&container.name, command, Duration::from_secs(10)).await;
                outcome.is_ok_and(|outcome| outcome.code == Some(0))
            }
        }
    }

    /// Makes the streams of a NATS server that are missing, and gives those that are there the limits the program says.
    async fn streams(&self, release: &Release, node: &NodeId, container: &Container, streams: &[Stream]) -> Step {
        use async_nats::jetstream::stream::{Config, StorageType};
        let failed = |error: String| {
            let message = format!("the topics of `{node}` could not be made: {error}");
            Failure::new(FailureKind::Start, "", message).of(node.clone()).at(crate::domain::outputs::field(["topics"]))
        };
        let url = release.program().output(node, "url")?;
        let Some((user, password, port)) = credentials(&url) else { return Ok(()) };
        let Some(address) = probe::address(container) else { return Ok(()) };
        let client = async_nats::ConnectOptions::with_user_and_password(user, password)
            .connection_timeout(Duration::from_secs(5))
            .connect(format!("nats://{address}:{port}"))
            .await
            .map_err(|error| failed(error.to_string()))?;
        let jetstream = async_nats::jetstream::new(client);
        for stream in streams {
            let config = Config {
                name: stream.name.clone(),
                subjects: stream.subjects.clone(),
                max_age: stream.keep.map(Duration::from_millis).unwrap_or_default(),
                max_bytes: stream.max_size.and_then(|size| i64::try_from(size).ok()).unwrap_or(-1),
                storage: if stream.on_disk { StorageType::File } else { StorageType::Memory },
                ..Config::default()
            };
            jetstream.create_or_update_stream(config).await.map_err(|error| failed(error.to_string()))?;
        }
        Ok(())
    }
}

/// User, password and port of a URL that [`crate::domain::managed::queue::url`] made.
fn credentials(url: &str) -> Option<(String, String, u16)> {
    let (_, rest) = url.split_once("://")?;
    let (login, place) = rest.rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    let decode =
        |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().ok().map(|text| text.into_owned());
    Some((decode(user)?, decode(password)?, place.rsplit(':').next()?.parse().ok()?))
}
