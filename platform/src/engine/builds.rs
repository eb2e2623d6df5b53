//! Builds by the engine's classic builder, the one whose limits hold: the BuildKit inside of an engine ignores the caps on memory
//! and processor without a word (seen with 20.10).

use std::collections::{BTreeMap, HashMap};
use std::io;

use bollard::models::{BuildInfo, ContainerUpdateBody};
use bollard::query_parameters::{
    BuildImageOptions, EventsOptionsBuilder, InspectContainerOptionsBuilder, ListContainersOptionsBuilder,
    RemoveContainerOptionsBuilder,
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};

use super::{Engine, EngineError};

/// A build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuildRequest {
    /// Path of the recipe in the context.
    pub dockerfile: String,
    /// The stage to stop at.
    pub target: Option<String>,
    /// Values of `ARG` lines.
    pub args: BTreeMap<String, String>,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// The image's name, `repository:tag`.
    pub name: String,
    /// Whether `RUN` lines have a network.
    pub network: bool,
    /// Bytes that the processes of a step may use; what the API can say is a little less than 2 GiB.
    pub memory: u64,
    /// Processor time, in thousandths of a core.
    pub cpu: u64,
    /// By this the build's containers are found: a host name they know and others do not.
    pub mark: String,
}

/// What the engine says of a build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuildEvent {
    /// Text as it was written, in pieces.
    Output(String),
    /// A step runs in the container that begins with these digits. Output of the program may look the same.
    Step(String),
    /// It has failed; the engine's own words.
    Failed(String),
}

/// A container in which a step of a build runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildContainer {
    /// Its id.
    pub id: String,
    /// Bytes that it has written to its disk.
    pub written: u64,
}

impl Engine {
    /// Builds an image. Dropping the stream ends the build, and with it the container it is at.
    pub fn build<'a, S>(
        &'a self,
        request: &BuildRequest,
        context: S,
    ) -> impl Stream<Item = Result<BuildEvent, EngineError>> + Send + use<'a, S>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let memory = i32::try_from(request.memory).unwrap_or(i32::MAX);
        let options = BuildImageOptions {
            dockerfile: request.dockerfile.clone(),
            target: request.target.clone().unwrap_or_default(),
            t: Some(request.name.clone()),
            buildargs: Some(request.args.clone().into_iter().collect()),
            labels: Some(request.labels.clone().into_iter().collect()),
            networkmode: Some(if request.network { "default" } else { "none" }.to_owned()),
            extrahosts: Some(format!("{}:127.0.0.1", request.mark)),
            rm: true,
            forcerm: true,
            memory: Some(memory),
            // The sum of memory and swap: no swap.
            memswap: Some(memory),
            cpuperiod: Some(100_000),
            cpuquota: Some(i32::try_from(request.cpu.saturating_mul(100)).unwrap_or(i32::MAX)),
            ..BuildImageOptions::default()
        };
        let body = bollard::body_try_stream(context);
        self.docker().build_image(options, None, Some(body)).filter_map(|said| async {
            match said {
                Ok(info) => event(info).map(Ok),
                Err(bollard::errors::Error::DockerStreamError { error }) => Some(Ok(BuildEvent::Failed(error))),
                Err(error) => Some(Err(error.into())),
            }
        })
    }

    /// Ids of the containers of builds whose mark begins so. Several builds at a time are told apart by nothing else: the classic
    /// builder gives its containers no labels of ours.
    ///
    /// # Errors
    /// The engine.
    pub async fn build_containers(&self, mark: &str) -> Result<Vec<String>, EngineError> {
        let options = ListContainersOptionsBuilder::default().all(true).build();
        let mut found = Vec::new();
        for id in self.docker().list_containers(Some(options)).await?.into_iter().filter_map(|container| container.id) {
            if let Some(container) = self.build_container(&id, mark, false).await? {
                found.push(container.id);
            }
        }
        Ok(found)
    }

    /// A container, if it is one of a build whose mark begins so; what it has written is found out only if `measure` says so.
    ///
    /// # Errors
    /// The engine.
    pub async fn build_container(
        &self,
        id: &str,
        mark: &str,
        measure: bool,
    ) -> Result<Option<BuildContainer>, EngineError> {
        let options = InspectContainerOptionsBuilder::default().size(measure).build();
        let container = match self.docker().inspect_container(id, Some(options)).await.map_err(EngineError::from) {
            Ok(container) => container,
            Err(EngineError::Missing(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let hosts = container.host_config.and_then(|config| config.extra_hosts).unwrap_or_default();
        let marked = hosts.iter().any(|host| host.starts_with(mark));
        let written = container.size_rw.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
        Ok(container.id.filter(|_| marked).map(|id| BuildContainer { id, written }))
    }

    /// Limits the number of processes in a container of a build; the classic builder has no option for it.
    ///
    /// # Errors
    /// The engine; it has ended meanwhile.
    pub async fn limit_processes(&self, container: &str, most: i64) -> Result<(), EngineError> {
        let limits = ContainerUpdateBody { pids_limit: Some(most), ..ContainerUpdateBody::default() };
        Ok(self.docker().update_container(container, limits).await?)
    }

    /// Ends and removes a container of a build; it may be gone.
    ///
    /// # Errors
    /// The engine.
    pub async fn end_build_container(&self, id: &str) -> Result<(), EngineError> {
        let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
        match self.docker().remove_container(id, Some(options)).await.map_err(EngineError::from) {
            // It is being removed already.
            Err(EngineError::Missing(_) | EngineError::Conflict(_)) | Ok(()) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Ids of containers in which the kernel ends a process because its memory is used up, as it happens.
    pub fn out_of_memory(&self) -> impl Stream<Item = String> + Send + use<> {
        let filters = HashMap::from([("type", vec!["container"]), ("event", vec!["oom"])]);
        let options = EventsOptionsBuilder::default().filters(&filters).build();
        let docker = self.docker().clone();
        let events = docker.events(Some(options));
        events.filter_map(|event| async { event.ok().and_then(|event| event.actor).and_then(|actor| actor.id) })
    }
}

fn event(info: BuildInfo) -> Option<BuildEvent> {
    let text = info.stream.or(info.status.map(|status| match info.id {
        Some(layer) => format!("{layer}: {status}\n"),
        None => format!("{status}\n"),
    }))?;
    // What a program writes to standard error comes in red.
    let text = match text.strip_prefix("\u{1b}[91m").and_then(|text| text.strip_suffix("\u{1b}[0m")) {
        Some(plain) => plain.to_owned(),
        None => text,
    };
    Some(match text.trim_end().strip_prefix(" ---> Running in ") {
        Some(id) if !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit()) => BuildEvent::Step(id.to_owned()),
        _ => BuildEvent::Output(text),
    })
}
