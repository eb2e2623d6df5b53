//! Dockerfiles, built by the engine's classic builder.

use std::fs::File;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};
use helios_client::FailureKind;
use tokio::time::Instant;
use tokio_util::io::ReaderStream;

use super::room::{self, End, Room, WATCH};
use super::{BuildError, Builder, Built, ORG_LABEL, Order, context, is_full};
use crate::engine::builds::{BuildEvent, BuildRequest};
use crate::engine::{Engine, EngineError};
use crate::roles::worker::{JobContext, JobError};
use crate::target::BoxFuture;

mod output;

use output::{Output, as_written};

/// How often a build is begun that the engine gives up for no fault of its own.
const BEGINNINGS: usize = 20;

/// Builds with the engine's classic builder, whose caps hold.
#[derive(Debug, Clone)]
pub struct DockerBuilder {
    engine: Engine,
    room: Room,
}

impl DockerBuilder {
    /// A builder in this room.
    #[must_use]
    pub const fn new(engine: Engine, room: Room) -> Self {
        Self { engine, room }
    }

    /// The context as an archive in a file.
    async fn pack(&self, order: &Order, recipe: String) -> Result<File, BuildError> {
        let (project, sources, scratch) = (order.project.clone(), order.sources.clone(), self.room.scratch.clone());
        let packed = tokio::task::spawn_blocking(move || {
            let mut file = tempfile::tempfile_in(scratch)?;
            context::write(&project, &sources, &recipe, &mut file)?;
            io::Result::Ok(file)
        });
        match packed.await.map_err(io::Error::other).and_then(|packed| packed) {
            Ok(file) => Ok(file),
            Err(error) if is_full(&error) => Err(self.room.disk_full(order, &self.room.scratch).into()),
            Err(error) => Err(retry(error)),
        }
    }

    async fn run(&self, order: &Order, job: &JobContext) -> Result<Built, BuildError> {
        self.room.enter(order)?;
        // With the organisation in every image on the way, the engine's cache of steps is its own, and what a build leaves in it
        // is found when it is time to remove it.
        let label = format!("LABEL {ORG_LABEL}={}", order.environment.org);
        let (recipe, inserted) = order.dockerfile.with_line(&order.recipe, &label);
        let archive = self.pack(order, recipe).await?;
        let (repository, tag) = order.name();
        let request = BuildRequest {
            dockerfile: context::RECIPE.to_owned(),
            target: order.build.target.clone(),
            args: order.build.args.iter().map(|(name, value)| (name.to_string(), value.clone())).collect(),
            labels: order.labels(),
            name: format!("{repository}:{tag}"),
            network: order.build.network,
            memory: self.room.caps.memory,
            cpu: self.room.caps.cpu,
            mark: mark(job),
        };
        // An earlier attempt may have left something if the engine was restarted under it: a build lives as long as its request,
        // but a container whose engine ended is never removed by anybody else.
        self.sweep(&marks_of(job)).await?;
        job.go_on().map_err(BuildError::Job)?;
        let mut watch =
            Watch { builder: self, order, job, mark: &request.mark, output: Output::new(order, label), inserted };
        let mut beginnings = 1..BEGINNINGS;
        let end = loop {
            let end = watch.follow(&request, from_its_begin(&archive).map_err(retry)?).await;
            // Whatever the reason is: what is left of it is not left running.
            if !matches!(end, End::Done) {
                self.sweep(&request.mark).await?;
            }
            match end {
                End::Failed { message, .. } if lost_an_image(&message) && beginnings.next().is_some() => {}
                end => break end,
            }
            job.log(Some(&order.node), "another image was removed while the engine looked at all: beginning again");
            watch.output.again();
        };
        let inserted = &watch.inserted;
        let end = match end {
            End::Failed { message, out_of_memory } => {
                End::Failed { message: order.as_written(&as_written(&message, inserted)), out_of_memory }
            }
            end => end,
        };
        watch.judge(end)?;
        let image = self.engine.image(&request.name).await?;
        let image = image.ok_or_else(|| order.failure(FailureKind::BuildStep, "the build ended without an image"))?;
        Ok(Built { image: image.id, size: image.size })
    }

    /// Waits until no container of the build is there any more, and ends those that linger.
    async fn sweep(&self, mark: &str) -> Result<(), EngineError> {
        let begin = Instant::now();
        let mut wait = Duration::from_millis(50);
        loop {
            let left = match self.engine.build_containers(mark).await {
                // An engine that is being restarted is back soon.
                Err(EngineError::Unreachable(_)) if begin.elapsed() < room::END => {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    continue;
                }
                left => left?,
            };
            if left.is_empty() {
                return Ok(());
            }
            // The engine does it by itself as soon as it notices that nobody listens any more.
            if begin.elapsed() > Duration::from_secs(1) {
                for container in &left {
                    self.engine.end_build_container(container).await?;
                }
            }
            if begin.elapsed() > room::END {
                return Err(EngineError::Failed("a container of a build does not end".to_owned()));
            }
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(Duration::from_secs(1));
        }
    }
}

impl Builder for DockerBuilder {
    fn name(&self) -> &'static str {
        "docker/1"
    }

    fn build<'a>(&'a self, order: &'a Order, job: &'a JobContext) -> BoxFuture<'a, Result<Built, BuildError>> {
        Box::pin(self.run(order, job))
    }
}

fn retry(error: io::Error) -> BuildError {
    BuildError::Job(JobError::Retry(format!("the context of the build: {error}")))
}

/// What was written to the file, for another to read while this one is kept.
fn from_its_begin(mut archive: &File) -> io::Result<ReaderStream<tokio::fs::File>> {
    io::Seek::rewind(&mut archive)?;
    Ok(ReaderStream::with_capacity(tokio::fs::File::from_std(archive.try_clone()?), 256 * 1024))
}

/// Whether the engine gave up because somebody else removed an image at that moment. Behind `FROM scratch` it looks for an earlier
/// step among all images that have no parent, and does not expect one of them to go (`getLocalCachedImage` of moby's
/// `image/cache`).
fn lost_an_image(message: &str) -> bool {
    message.starts_with("unable to find image \"sha256:")
}

/// What the marks of all attempts of a job begin with.
#[must_use]
pub fn marks_of(job: &JobContext) -> String {
    format!("build-{}-", job.job.simple())
}

/// The mark of this attempt: another worker may still be ending an earlier one.
fn mark(job: &JobContext) -> String {
    format!("{}{}.helios.invalid", marks_of(job), job.fence)
}

struct Watch<'a> {
    builder: &'a DockerBuilder,
    order: &'a Order,
    job: &'a JobContext,
    mark: &'a str,
    output: Output,
    /// Lines of the recipe behind which one was put in.
    inserted: Vec<usize>,
}

impl Watch<'_> {
    /// Follows a build to its end, or to a reason to end it. What it runs is dropped on return, which ends it.
    async fn follow(
        &mut self,
        request: &BuildRequest,
        context: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> End {
        let caps = &self.builder.room.caps;
        let engine = &self.builder.engine;
        let mut events = Box::pin(engine.build(request, context));
        let mut out_of_memory = Box::pin(engine.out_of_memory().chain(stream::pending()));
        let mut containers: Vec<String> = Vec::new();
        let mut killed: Vec<String> = Vec::new();
        let deadline = tokio::time::sleep(caps.time);
        tokio::pin!(deadline);
        let mut watch = tokio::time::interval(WATCH);
        loop {
            tokio::select! {
                event = events.next() => match event {
                    None => return End::Done,
                    Some(Err(EngineError::Unreachable(why))) => return End::Engine(EngineError::Unreachable(why)),
                    Some(Err(error)) => return self.failed(error.message(), &[], &[]).await,
                    Some(Ok(BuildEvent::Failed(message))) => {
                        // The kernel's word may come right behind the engine's.
                        while let Ok(Some(id)) = tokio::time::timeout(Duration::from_millis(100), out_of_memory.next()).await {
                            killed.push(id);
                        }
                        return self.failed(&message, &containers, &killed).await;
                    }
                    Some(Ok(BuildEvent::Step(id))) => {
                        if let Ok(Some(container)) = engine.build_container(&id, self.mark, false).await {
                            // It may have ended before; then there is nothing to limit.
                            let _ = engine.limit_processes(&container.id, caps.processes).await;
                            containers.push(container.id);
                        }
                    }
                    Some(Ok(BuildEvent::Output(text))) => {
                        for line in self.output.add(&text) {
                            self.job.log(Some(&self.order.node), self.order.as_written(&line));
                        }
                        if self.output.bytes > caps.log {
                            return End::Log;
                        }
                    }
                },
                Some(id) = out_of_memory.next() => killed.push(id),
                () = self.job.until_stopped() => return End::Stopped,
                () = &mut deadline => return End::Time,
                _ = watch.tick() => {
                    if let Some(directory) = self.builder.room.short_of_disk() {
                        return End::Disk(directory.to_owned());
                    }
                    if let Some(id) = containers.last()
                        && let Ok(Some(container)) = engine.build_container(id, self.mark, true).await
                        && container.written > caps.disk
                    {
                        return End::StepDisk;
                    }
                }
            }
        }
    }

    async fn failed(&mut self, message: &str, containers: &[String], killed: &[String]) -> End {
        let out_of_memory = killed.iter().any(|id| containers.contains(id));
        End::Failed { message: message.trim().to_owned(), out_of_memory }
    }

    /// What to say of the end.
    fn judge(&mut self, end: End) -> Result<(), BuildError> {
        let shown = |text: &String| self.order.as_written(text);
        if let Some(line) = self.output.end_line() {
            self.job.log(Some(&self.order.node), shown(&line));
        }
        let (step, tail) = (self.output.step.as_ref().map(shown), self.output.tail.iter().map(shown).collect());
        self.builder.room.judge(self.order, self.job, end, step.as_deref(), tail)
    }
}
