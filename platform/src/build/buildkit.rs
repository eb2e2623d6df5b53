//! Dockerfiles that the classic builder does not know, built by the engine's BuildKit. Time, log and free space on the disk are
//! capped; it has no caps on memory, processor and processes, so it is for who trusts what is built.
//!
//! What BuildKit keeps is shared by all who use the engine, so an organisation is kept apart by what BuildKit looks things up with:
//! a host name that `RUN` lines know has the organisation and the versions of its secrets in it, and a new one is another cache of
//! steps; cache mounts have the organisation before their ids.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt as _};
use helios_client::{Failure, FailureKind};
use oal_ir::canonical;
use sha2::{Digest as _, Sha256};

use super::dockerfile::Dockerfile;
use super::room::{self, End, Room, WATCH};
use super::{BuildError, Builder, Built, Order, context};
use crate::bundle::Listed;
use crate::engine::buildkit::files::{Content, Entry, Tree};
use crate::engine::buildkit::session::Served;
use crate::engine::buildkit::{BuildKitEvent, BuildKitRequest};
use crate::engine::{Engine, EngineError};
use crate::roles::worker::{JobContext, JobError};
use crate::target::BoxFuture;
use crate::target::secrets::Redactor;

mod output;

use output::{Output, plain};

/// Arguments that the frontend takes for itself.
const OWN: &str = "BUILDKIT_";

/// Builds with the BuildKit inside of the engine.
#[derive(Debug, Clone)]
pub struct BuildKitBuilder {
    engine: Engine,
    room: Room,
}

impl BuildKitBuilder {
    /// A builder in this room, of whose caps those on time, log and free space count.
    #[must_use]
    pub const fn new(engine: Engine, room: Room) -> Self {
        Self { engine, room }
    }

    /// The image of the frontend that a recipe needs because it uses what the engine's own does not know.
    ///
    /// # Errors
    /// It needs one and does not say so.
    pub fn frontend(&self, dockerfile: &Dockerfile) -> Result<Option<String>, (String, &'static str)> {
        let Some(need) = dockerfile.need().filter(|need| need.since > self.engine.frontend()) else { return Ok(None) };
        match &dockerfile.syntax {
            Some((image, _)) => Ok(Some(image.clone())),
            // What nobody here has heard of, the engine may have.
            None if need.since == u32::MAX => Ok(None),
            None => Err((
                format!("line {} has {}, which this engine's BuildKit is too old for", need.line, need.what),
                "let the recipe begin with `# syntax=docker/dockerfile:1`, which fetches a newer frontend",
            )),
        }
    }

    async fn run(&self, order: &Order, job: &JobContext) -> Result<Built, BuildError> {
        self.room.enter(order)?;
        if let Some(name) = order.build.args.keys().find(|name| name.starts_with(OWN)) {
            let help = "take it away, or give it another name";
            return Err(order.unsupported("args", &format!("`{name}` is the builder's own"), help).into());
        }
        let recipe = match self.frontend(&order.dockerfile) {
            Ok(Some(_)) => order.recipe.clone(),
            Ok(None) => order.dockerfile.without_syntax(&order.recipe),
            Err((message, help)) => return Err(order.unsupported("dockerfile", &message, help).into()),
        };
        let environment = &order.environment;
        let (repository, tag) = order.name();
        let mut args: BTreeMap<String, String> =
            order.build.args.iter().map(|(name, value)| (name.to_string(), value.clone())).collect();
        args.insert(format!("{OWN}CACHE_MOUNT_NS"), format!("helios/{}", environment.org));
        let request = BuildKitRequest {
            id: format!("build-{}-{}", job.job.simple(), job.fence),
            dockerfile: context::RECIPE.to_owned(),
            target: order.build.target.clone(),
            args,
            labels: order.labels(),
            name: format!("{repository}:{tag}"),
            network: order.build.network,
            host: host(order)?,
        };
        let mut directories = BTreeMap::from([("context".to_owned(), Arc::new(files(order)))]);
        let mut tree = Tree::new(time(&Sha256::digest(&recipe)));
        let (size, content) = (recipe.len() as u64, Content::Text(Bytes::from(recipe)));
        tree.add(context::RECIPE, Entry::File { executable: false, size, content });
        directories.insert("dockerfile".to_owned(), Arc::new(tree));
        let key = format!("helios/{}/{}/{}", environment.org, environment.app, order.node);
        let served = Served { directories, secrets: Arc::clone(&order.secrets.values), key };
        job.go_on().map_err(BuildError::Job)?;

        let session = self.engine.session(&request.id, served).await?;
        let events = self.engine.buildkit(&request).await?;
        let mut watch = Watch {
            builder: self,
            order,
            job,
            redactor: Redactor::new(order.secrets.values.values().map(|value| value.as_str())),
            output: Output::default(),
        };
        let mut events = Box::pin(events);
        let end = watch.follow(&mut events).await;
        if !matches!(end, End::Done | End::Failed { .. }) {
            self.end(&request.id, &mut events).await?;
        }
        drop(session);
        watch.judge(end)?;
        let image = self.engine.image(&request.name).await?;
        let image = image.ok_or_else(|| order.failure(FailureKind::BuildStep, "the build ended without an image"))?;
        Ok(Built { image: image.id, size: image.size })
    }

    /// Ends a build and waits until nothing of it runs any more: then the engine ends its answer.
    async fn end(
        &self,
        id: &str,
        events: &mut (impl Stream<Item = Result<BuildKitEvent, EngineError>> + Unpin + Send),
    ) -> Result<(), EngineError> {
        let ended = async {
            self.engine.cancel_buildkit(id).await?;
            while let Some(Ok(_)) = events.next().await {}
            Ok(())
        };
        let late = |_| EngineError::Failed("a build does not end".to_owned());
        tokio::time::timeout(room::END, ended).await.map_err(late)?
    }
}

impl Builder for BuildKitBuilder {
    fn name(&self) -> &'static str {
        "buildkit/1"
    }

    fn build<'a>(&'a self, order: &'a Order, job: &'a JobContext) -> BoxFuture<'a, Result<Built, BuildError>> {
        Box::pin(self.run(order, job))
    }
}

/// The host name by which the cache of steps is this organisation's own and that of these versions of the secrets: BuildKit itself
/// takes a step for the same whatever the values of its secrets are.
fn host(order: &Order) -> Result<String, BuildError> {
    let of = canonical::to_canonical(&(order.environment.org, &order.secrets.versions));
    let of = of.map_err(|error| BuildError::Job(JobError::Fatal(error.to_string())))?;
    let digest = canonical::sha256(&of);
    let digits = digest.trim_start_matches("sha256:");
    Ok(format!("{}.helios.invalid", digits.get(..32).unwrap_or(digits)))
}

/// The context as a session serves it.
fn files(order: &Order) -> Tree {
    let context = &order.sources.context;
    let mut tree = Tree::new(time(context.digest().as_slice()));
    for (path, listed) in context.entries.iter().filter(|(path, _)| !context::OWN.contains(&&***path)) {
        let entry = match listed {
            Listed::Link { target } => Entry::Link { target: target.clone() },
            Listed::File { size, executable, .. } => {
                let directory = &context.directory;
                let place = if directory.is_empty() { path.clone() } else { format!("{directory}/{path}") };
                let content = Content::At(Arc::clone(&order.project), place);
                Entry::File { executable: *executable, size: *size, content }
            }
        };
        tree.add(path, entry);
    }
    tree
}

/// The time of files with this digest, in nanoseconds since 1970. What BuildKit has from the last time it takes for the same if time
/// and size are, so all of it hangs on the digest; its seconds are those that the classic builder gives them.
fn time(digest: &[u8]) -> i64 {
    let part = |bytes: Option<&[u8; 4]>| bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes));
    let nanoseconds = i64::from(part(digest.last_chunk()) % 1_000_000_000);
    i64::try_from(context::time(digest)).unwrap_or_default() * 1_000_000_000 + nanoseconds
}

struct Watch<'a> {
    builder: &'a BuildKitBuilder,
    order: &'a Order,
    job: &'a JobContext,
    redactor: Redactor,
    output: Output,
}

impl Watch<'_> {
    /// Follows a build to its end, or to a reason to end it.
    async fn follow(&mut self, events: &mut (impl Stream<Item = Result<BuildKitEvent, EngineError>> + Unpin)) -> End {
        let room = &self.builder.room;
        let deadline = tokio::time::sleep(room.caps.time);
        tokio::pin!(deadline);
        let mut watch = tokio::time::interval(WATCH);
        loop {
            tokio::select! {
                event = events.next() => match event {
                    None => return End::Done,
                    Some(Err(error)) => return End::Engine(error),
                    Some(Ok(BuildKitEvent::Failed(message))) => {
                        let message = self.shown(plain(&message));
                        return End::Failed { message, out_of_memory: false };
                    }
                    Some(Ok(event)) => {
                        let lines = self.output.take(event);
                        self.log(lines);
                        if self.output.bytes > room.caps.log {
                            return End::Log;
                        }
                    }
                },
                () = self.job.until_stopped() => return End::Stopped,
                () = &mut deadline => return End::Time,
                _ = watch.tick() => if let Some(directory) = room.short_of_disk() {
                    return End::Disk(directory.to_owned());
                },
            }
        }
    }

    /// Nobody should show a secret, but a step can.
    fn shown(&self, text: &str) -> String {
        self.redactor.text(&self.order.as_written(text))
    }

    fn log(&self, lines: Vec<String>) {
        for line in lines {
            self.job.log(Some(&self.order.node), self.shown(&line));
        }
    }

    /// What to say of the end.
    fn judge(&mut self, end: End) -> Result<(), BuildError> {
        let rest = self.output.rest();
        self.log(rest);
        let (step, tail) = self.output.failed();
        let tail = tail.iter().map(|line| self.shown(line)).collect();
        let step = step.map(|step| self.shown(&step));
        self.builder.room.judge(self.order, self.job, end, step.as_deref(), tail)
    }
}

/// The refusal of a build that only BuildKit can do, where it is not used.
#[must_use]
pub fn refusal(order: impl Fn(&str, &str, &str) -> Failure, field: &str, message: &str) -> Failure {
    order(
        field,
        &format!("{message}, which only BuildKit can do, and this platform does not build with it"),
        "`helios serve --buildkit when-needed` allows it (HELIOS_BUILDKIT); builds then have no caps on memory and processor",
    )
}
