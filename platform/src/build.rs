//! Builders: from a build node to an image, by a key that says when there is nothing to do.
//!
//! A recipe that only copies files into an empty image is packed here, byte for byte the same each time, and nothing of it is run;
//! every other one goes to the engine: to its classic builder, or where that
//! does not know what the recipe says and the settings allow it, to its BuildKit.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use cap_std::fs::Dir;
use helios_client::{Failure, FailureKind};
use oal_ir::v1::Build;
use oal_ir::{NodeId, Pointer};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::domain::job::EnvironmentRef;
use crate::engine::EngineError;
use crate::roles::worker::{JobContext, JobError};
use crate::target::BoxFuture;

pub mod buildkit;
pub mod context;
pub mod docker;
pub mod dockerfile;
pub mod key;
pub mod native;
pub mod room;

/// The state of a deployment in which builds happen.
pub const STAGE: &str = "building";
/// Label of images: the organisation they were built for.
pub const ORG_LABEL: &str = "helios.org";
/// Label of images: the application they were built for.
pub const APP_LABEL: &str = "helios.app";
/// Label of images: their build key.
pub const KEY_LABEL: &str = "helios.build-key";

/// A build that is to be made.
#[derive(Debug, Clone)]
pub struct Order {
    /// For whom.
    pub environment: EnvironmentRef,
    /// The component whose build it is.
    pub node: NodeId,
    /// What the program says.
    pub build: Build,
    /// What is sent.
    pub sources: key::BuildSources,
    /// The recipe.
    pub dockerfile: dockerfile::Dockerfile,
    /// Its text.
    pub recipe: String,
    /// The unpacked project.
    pub project: Arc<Dir>,
    /// The build key.
    pub key: String,
    /// Operating system and processor.
    pub platform: String,
    /// What `RUN --mount=type=secret` sees.
    pub secrets: Secrets,
    /// The names that the program has for further directories, by the images that stand for them in the recipe.
    pub contexts: BTreeMap<String, String>,
}

/// Secrets of a build, in memory only.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The ids of their versions.
    pub versions: BTreeMap<String, Uuid>,
    /// Values, by the ids that the recipe has for them.
    pub values: Arc<BTreeMap<String, Zeroizing<String>>>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("versions", &self.versions).finish_non_exhaustive()
    }
}

impl Order {
    /// The labels of the image: the program's and the platform's.
    #[must_use]
    pub fn labels(&self) -> BTreeMap<String, String> {
        let own = [
            (ORG_LABEL, self.environment.org.to_string()),
            (APP_LABEL, self.environment.app.clone()),
            (KEY_LABEL, self.key.clone()),
        ];
        self.build.labels.clone().into_iter().chain(own.map(|(key, value)| (key.to_owned(), value))).collect()
    }

    /// The image's name at the engine, as repository and tag: without one it would be swept away with the dangling ones. Nobody
    /// outside chooses any part of it.
    #[must_use]
    pub fn name(&self) -> (String, String) {
        let digits = self.key.strip_prefix("sha256:").unwrap_or(&self.key);
        (format!("helios-build/{}", self.environment.org.simple()), digits.to_owned())
    }

    /// A text about the recipe with the names that the program has for further directories.
    #[must_use]
    pub fn as_written(&self, text: &str) -> String {
        self.contexts.iter().fold(text.to_owned(), |text, (image, name)| {
            text.replace(&format!("docker.io/{image}"), name).replace(image, name)
        })
    }

    /// A failure of this build.
    #[must_use]
    pub fn failure(&self, kind: FailureKind, message: impl Into<String>) -> Failure {
        Failure::new(kind, STAGE, message).of(self.node.clone()).at(Pointer::root().join("build"))
    }

    /// The failure of this build because there is no space left below a directory.
    #[must_use]
    pub fn disk_full(&self, directory: &Path) -> Failure {
        disk_full(directory).of(self.node.clone()).at(Pointer::root().join("build"))
    }

    /// The refusal of something that the program asks for.
    #[must_use]
    pub fn unsupported(&self, field: &str, message: &str, help: &str) -> Failure {
        let field = Pointer::root().join("build").join(field);
        Failure::new(FailureKind::Unsupported, STAGE, message).of(self.node.clone()).at(field).help(help)
    }
}

/// What a build may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caps {
    /// Bytes of memory of a step.
    pub memory: u64,
    /// Processor time of a step, in thousandths of a core.
    pub cpu: u64,
    /// Processes of a step.
    pub processes: i64,
    /// Of the whole build.
    pub time: Duration,
    /// Bytes of its log.
    pub log: u64,
    /// Bytes that a step writes.
    pub disk: u64,
    /// Bytes that must stay free on the disk, before a build and during it.
    pub free: u64,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            memory: 2 * 1024 * 1024 * 1024 - 4096,
            cpu: 2000,
            processes: 2048,
            time: Duration::from_secs(30 * 60),
            log: 16 * 1024 * 1024,
            disk: 10 * 1024 * 1024 * 1024,
            free: 1024 * 1024 * 1024,
        }
    }
}

/// An image that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The engine's id of it.
    pub image: String,
    /// Bytes.
    pub size: u64,
}

/// Why there is no image.
#[derive(Debug)]
pub enum BuildError {
    /// The program or its sources are to blame, or a limit.
    Failed(Box<Failure>),
    /// The job cannot be done, or not now.
    Job(JobError),
}

impl From<Failure> for BuildError {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<EngineError> for BuildError {
    fn from(error: EngineError) -> Self {
        Self::Job(JobError::Retry(error.to_string()))
    }
}

/// Makes images.
pub trait Builder: Send + Sync {
    /// Name and version; another version is another key.
    fn name(&self) -> &'static str;

    /// Makes one. Its lines go to the job's log. When the context says stop, nothing of the build is left running on return.
    fn build<'a>(&'a self, order: &'a Order, job: &'a JobContext) -> BoxFuture<'a, Result<Built, BuildError>>;
}

/// The failure of a build because there is no space left below a directory.
#[must_use]
pub fn disk_full(directory: &Path) -> Failure {
    let message = format!("the disk of the builder is full: no space is left in `{}`", directory.display());
    Failure::new(FailureKind::BuildLimit, STAGE, message).help("free some and deploy again")
}

/// Whether a write failed because the disk is full.
#[must_use]
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
        || is_disk_full(&error.to_string())
}

/// Whether a message of the engine or the system speaks of a full disk.
#[must_use]
pub fn is_disk_full(message: &str) -> bool {
    let message = message.to_lowercase();
    message.contains("no space left on device") || message.contains("disk quota exceeded")
}

/// Bytes for people.
pub(crate) fn bytes(count: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let found = units.into_iter().find(|(unit, _)| count >= *unit);
    #[expect(clippy::cast_precision_loss, reason = "shown with one digit behind the point")]
    found.map_or_else(
        || format!("{count} bytes"),
        |(unit, name)| {
            let text = format!("{:.1}", count as f64 / unit as f64);
            format!("{} {name}", text.strip_suffix(".0").unwrap_or(&text))
        },
    )
}
