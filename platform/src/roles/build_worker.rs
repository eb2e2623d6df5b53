//! The build worker: images that programs describe or name, there before anything that needs them is started.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cap_std::fs::Dir;
use chrono::{DateTime, Utc};
use helios_client::{Failure, FailureKind};
use oal_ir::v1::{Pull, Workload};
use oal_ir::{Ir, NodeId, Pointer};

use super::worker::{Handler, JobContext, JobError};
use crate::artifacts::{ArtifactError, Artifacts};
use crate::build::buildkit::BuildKitBuilder;
use crate::build::docker::DockerBuilder;
use crate::build::native::NativeBuilder;
use crate::build::room::Room;
use crate::build::{BuildError, Caps, ORG_LABEL, STAGE, disk_full, is_full};
use crate::bundle::{self, BundleError, Limits, Listing};
use crate::domain::garbage::{self, Made};
use crate::domain::job::{BuildJob, BuildResult, IrPayload, Want};
use crate::engine::images::{ImageFacts, ListedImage};
use crate::engine::{Engine, EngineError};
use crate::store::{Store, builds};
use crate::target::secrets::Sealed;

mod building;

/// The most bytes of an IR document.
const IR_BYTES: u64 = 64 * 1024 * 1024;

/// Builds and fetches images with a container engine.
#[derive(Debug)]
pub struct BuildWorker {
    store: Store,
    artifacts: Artifacts,
    engine: Engine,
    platform: String,
    room: Room,
    docker: DockerBuilder,
    /// What the classic builder cannot do, with the secrets that builds may see; none where that is not wanted.
    buildkit: Option<(BuildKitBuilder, Arc<Sealed>)>,
    native: NativeBuilder,
    /// Directory for sources on their way.
    scratch: PathBuf,
}

/// An unpacked project, gone when dropped.
struct Project {
    /// Removes the directory.
    _directory: tempfile::TempDir,
    root: Arc<Dir>,
    listing: Listing,
}

impl BuildWorker {
    /// A worker that keeps what is on its way below `data`.
    ///
    /// # Errors
    /// The engine does not answer; the directory cannot be made.
    pub async fn new(
        store: Store,
        artifacts: Artifacts,
        engine: Engine,
        caps: Caps,
        data: &Path,
    ) -> Result<Self, EngineError> {
        let scratch = data.join("builds");
        std::fs::create_dir_all(&scratch)
            .map_err(|error| EngineError::Failed(format!("`{}`: {error}", scratch.display())))?;
        let about = engine.about().await?;
        let room = Room::new(caps, scratch.clone(), Path::new(&about.data));
        let docker = DockerBuilder::new(engine.clone(), room.clone());
        let native = NativeBuilder::new(engine.clone(), scratch.clone(), PathBuf::from(&about.data));
        Ok(Self { store, artifacts, engine, platform: about.platform, room, docker, buildkit: None, native, scratch })
    }

    /// The same, giving to the engine's BuildKit what its classic builder cannot do.
    #[must_use]
    pub fn with_buildkit(mut self, secrets: Arc<Sealed>) -> Self {
        self.buildkit = Some((BuildKitBuilder::new(self.engine.clone(), self.room.clone()), secrets));
        self
    }

    /// Removes images that builds made and no kept release needs, and what builds left of their steps. Returns those that are gone;
    /// what is in use stays.
    ///
    /// # Errors
    /// The engine or the server does not answer.
    pub async fn collect_garbage(&self, keep_releases: u32) -> Result<Vec<String>, JobError> {
        let made = self.engine.images_with(ORG_LABEL).await.map_err(retry)?;
        // Asked after the list of images: a release made meanwhile has images that were used just now.
        let mut tx = self.store.system().await.map_err(retry)?;
        let uses = builds::uses(&mut tx).await.map_err(retry)?.into_iter().collect::<BTreeMap<_, _>>();
        let kept = builds::kept_images(&mut tx, keep_releases).await.map_err(retry)?;
        let candidates: Vec<Made> = made
            .iter()
            .map(|image| Made {
                image: image.id.clone(),
                created: DateTime::from_timestamp(image.created, 0).unwrap_or_default(),
                named: !image.tags.is_empty(),
            })
            .collect();
        let unneeded = garbage::unneeded(&candidates, &kept, &uses, Utc::now());
        tx.commit().await.map_err(retry)?;
        let mut removed = Vec::new();
        for image in made.iter().filter(|image| unneeded.contains(&*image.id)) {
            // Who asks for the build meanwhile waits for this transaction, and then finds none of that key.
            let mut tx = self.store.system().await.map_err(retry)?;
            if builds::forget(&mut tx, &image.id, Utc::now() - garbage::REST).await.map_err(retry)?
                && self.remove(image).await?
            {
                tx.commit().await.map_err(retry)?;
                removed.push(image.id.clone());
            }
        }
        Ok(removed)
    }

    /// Removes an image by its names, not by force: the engine then keeps what a container was made of.
    async fn remove(&self, image: &ListedImage) -> Result<bool, JobError> {
        let names = if image.tags.is_empty() { std::slice::from_ref(&image.id) } else { &*image.tags };
        for name in names {
            match self.engine.remove_image(name).await {
                Ok(_) => {}
                Err(EngineError::Conflict(_)) => return Ok(false),
                Err(error) => return Err(retry(error)),
            }
        }
        Ok(true)
    }

    async fn document(&self, payload: IrPayload) -> Result<Ir, JobError> {
        let artifacts = self.artifacts.clone();
        blocking(move || {
            let bytes = match &payload {
                IrPayload::Inline(document) => document.get().as_bytes().to_vec(),
                IrPayload::Artifact(digest) => artifacts.get(digest, IR_BYTES).map_err(artifact)?,
            };
            oal_ir::read(&bytes).map_err(|error| JobError::Fatal(format!("the program of a build: {error}")))
        })
        .await
    }

    /// Sees that an image is there.
    async fn fetch(
        &self,
        job: &BuildJob,
        workload: Option<Workload<'_>>,
        always: bool,
        name: &str,
        context: &JobContext,
    ) -> Done {
        let failure = |message: String, help: String| {
            let mut failure = Failure::new(FailureKind::ImagePull, STAGE, message).of(job.node.clone()).help(help);
            if workload.is_some() {
                failure = failure.at(Pointer::root().join("image"));
            }
            BuildError::from(failure)
        };
        let platform = workload.and_then(|workload| workload.platform.as_deref());
        let fits = |image: &ImageFacts| {
            // A name that another organisation's build put there is not the image that the program means.
            image.labels.get(ORG_LABEL).is_none_or(|org| *org == job.environment.org.to_string())
                && platform.is_none_or(|platform| image.platform == platform)
        };
        let never = workload.is_some_and(|workload| *workload.pull == Pull::Never);
        let found = self.engine.image(name).await?.filter(fits);
        let image = match found {
            Some(image) if !always => image,
            found if never => found.ok_or_else(|| {
                failure(
                    format!("the image `{name}` is not on the machine"),
                    "say `pull: if_missing` to fetch it".to_owned(),
                )
            })?,
            _ => {
                context.log(Some(&job.node), format!("fetching {name}"));
                let pull = self.engine.pull(name, platform, |line| context.log(Some(&job.node), line));
                let pulled = tokio::select! {
                    pulled = pull => pulled,
                    () = context.until_stopped() => return Err(BuildError::Job(JobError::Stopped)),
                };
                pulled.map_err(|error| match error {
                    EngineError::Unreachable(_) => BuildError::from(error),
                    error => failure(
                        format!("the image `{name}` could not be fetched: {}", error.message()),
                        if asks_for_credentials(error.message()) {
                            "see whether its name is right; for a private one, `docker login` on the machine of the build \
                             worker, as its user"
                                .to_owned()
                        } else {
                            "see whether its name and tag are right and whether its registry can be reached".to_owned()
                        },
                    ),
                })?;
                let image = self.engine.image(name).await?.filter(fits);
                image.ok_or_else(|| {
                    failure(
                        format!("the image `{name}` is not there for this platform"),
                        "choose another image".to_owned(),
                    )
                })?
            }
        };
        Ok(BuildResult::Image {
            image: image.id,
            key: None,
            reused: false,
            size: image.size,
            builder: "pull".to_owned(),
        })
    }

    async fn project(&self, source: &str) -> Result<Project, BuildError> {
        let (artifacts, scratch, source) = (self.artifacts.clone(), self.scratch.clone(), source.to_owned());
        let unpacked = blocking(move || {
            let disk = |error: io::Error| JobError::Retry(format!("unpacking the sources: {error}"));
            let directory = match tempfile::tempdir_in(&scratch) {
                Err(error) if is_full(&error) => return Ok(Err(BundleError::io("", error))),
                directory => directory.map_err(disk)?,
            };
            let listing = Listing::read(artifacts.file(&source).map_err(artifact)?, &Limits::PROJECT);
            let unpacked =
                bundle::unpack(artifacts.file(&source).map_err(artifact)?, directory.path(), &Limits::PROJECT);
            let listing = match listing.and_then(|listing| unpacked.map(|_| listing)) {
                Ok(listing) => listing,
                Err(error) => return Ok(Err(error)),
            };
            let root = Dir::open_ambient_dir(directory.path(), cap_std::ambient_authority()).map_err(disk)?;
            Ok(Ok(Project { _directory: directory, root: Arc::new(root), listing }))
        });
        unpacked.await.map_err(BuildError::Job)?.map_err(|error| match error {
            BundleError::Io { error, .. } if is_full(&error) => disk_full(&self.scratch).into(),
            BundleError::Io { .. } => BuildError::Job(JobError::Retry(error.to_string())),
            error => Failure::new(FailureKind::BuildStep, STAGE, error.to_string()).into(),
        })
    }

    async fn work(&self, job: BuildJob, context: &JobContext) -> Done {
        let ir = self.document(job.ir.clone()).await.map_err(BuildError::Job)?;
        let workload = ir.components.get(&job.node).and_then(|component| component.spec.workload());
        match (&job.want, workload.and_then(|workload| workload.build.as_ref())) {
            (Want::Image { name, always }, _) => self.fetch(&job, workload, *always, name, context).await,
            (Want::Build, Some(build)) => self.build(&job, &ir, build, context).await,
            (Want::Build, None) => Err(BuildError::Job(JobError::Fatal(format!("`{}` is not built", job.node)))),
        }
    }
}

/// What comes of a job.
type Done = Result<BuildResult, BuildError>;

impl Handler for BuildWorker {
    type Body = BuildJob;
    type Result = BuildResult;

    async fn handle(&self, body: BuildJob, context: &JobContext) -> Result<BuildResult, JobError> {
        let node: NodeId = body.node.clone();
        match self.work(body, context).await {
            Ok(result) => Ok(result),
            Err(BuildError::Failed(mut failure)) => {
                failure.node.get_or_insert(node);
                Ok(BuildResult::Failed(failure))
            }
            Err(BuildError::Job(error)) => Err(error),
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, JobError> + Send + 'static,
) -> Result<T, JobError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(JobError::Retry(error.to_string())))
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn retry(error: impl ToString) -> JobError {
    JobError::Retry(error.to_string())
}

fn server(error: sqlx::Error) -> BuildError {
    BuildError::Job(retry(error))
}

fn artifact(error: ArtifactError) -> JobError {
    match error {
        ArtifactError::Io(_) => JobError::Retry(error.to_string()),
        error => JobError::Fatal(error.to_string()),
    }
}

/// Whether a registry, through the engine, wants to know who asks; some say so of images that they do not have.
fn asks_for_credentials(message: &str) -> bool {
    let words =
        ["no basic auth credentials", "unauthorized", "authentication required", "access denied", "docker login"];
    words.iter().any(|words| message.contains(words))
}
