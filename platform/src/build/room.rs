//! Where the engine builds: what a build may use there, and how it can end, whichever builder of the engine it is.

use std::path::{Path, PathBuf};
use std::time::Duration;

use helios_client::{Failure, FailureKind};

use super::{BuildError, Caps, Order, bytes, is_disk_full};
use crate::engine::EngineError;
use crate::roles::worker::{JobContext, JobError};

/// How often disks are looked at.
pub(super) const WATCH: Duration = Duration::from_secs(2);
/// How long the engine may take to end what a build left behind.
pub(super) const END: Duration = Duration::from_secs(30);
/// So many of the last lines are shown with a failure.
pub(super) const TAIL: usize = 30;
/// A line is cut after so many bytes.
pub(super) const LINE: usize = 16 * 1024;

/// Where builds happen.
#[derive(Debug, Clone)]
pub struct Room {
    pub(super) caps: Caps,
    /// Directory for contexts on their way.
    pub(super) scratch: PathBuf,
    /// Where the engine keeps images.
    pub(super) engine_data: PathBuf,
    /// Both, the engine's where it is on this machine.
    watched: Vec<PathBuf>,
}

/// How a build ended.
#[derive(Debug)]
pub(super) enum End {
    Done,
    Failed { message: String, out_of_memory: bool },
    Time,
    Log,
    StepDisk,
    Disk(PathBuf),
    Stopped,
    Engine(EngineError),
}

impl Room {
    /// One in which contexts are kept below `scratch` and the disks of that and of `engine_data`, if it is there, are watched.
    #[must_use]
    pub fn new(caps: Caps, scratch: PathBuf, engine_data: &Path) -> Self {
        let watched = [scratch.clone(), engine_data.to_owned()].into_iter().filter(|path| path.is_dir()).collect();
        Self { caps, scratch, engine_data: engine_data.to_owned(), watched }
    }

    /// Says before anything is sent what no builder of the engine does, and whether there is space for a build.
    ///
    /// # Errors
    /// The refusal.
    pub(super) fn enter(&self, order: &Order) -> Result<(), Failure> {
        let build = &order.build;
        if build.platforms.iter().any(|platform| *platform != order.platform) {
            return Err(order.unsupported(
                "platforms",
                &format!("this builder builds for {} only", order.platform),
                "take `platforms` away for this environment",
            ));
        }
        if build.labels.keys().any(|label| label.starts_with("helios.")) {
            return Err(order.unsupported(
                "labels",
                "labels that begin with `helios.` are the platform's own",
                "give it another name",
            ));
        }
        if !build.tags.is_empty() {
            return Err(order.unsupported(
                "tags",
                "a name at the engine could be taken for another image by whoever shares the engine",
                "take `tags` away; the release holds the image by its id",
            ));
        }
        match self.short_of_disk() {
            Some(directory) => Err(self.disk_full(order, directory)),
            None => Ok(()),
        }
    }

    pub(super) fn disk_full(&self, order: &Order, directory: &Path) -> Failure {
        order.disk_full(directory).help(format!("free some: a build needs at least {}", bytes(self.caps.free)))
    }

    /// A watched directory on whose disk less is free than must be.
    pub(super) fn short_of_disk(&self) -> Option<&Path> {
        let short = |path: &&PathBuf| free(path).is_some_and(|free| free < self.caps.free);
        self.watched.iter().find(short).map(PathBuf::as_path)
    }

    /// What to say of an end; `step` is where the build was, `tail` its last lines.
    ///
    /// # Errors
    /// Of every end but the good one.
    pub(super) fn judge(
        &self,
        order: &Order,
        job: &JobContext,
        end: End,
        step: Option<&str>,
        tail: Vec<String>,
    ) -> Result<(), BuildError> {
        let caps = &self.caps;
        let step = step.map_or_else(|| "the build".to_owned(), |step| format!("the step `{step}`"));
        let over = |message: String, help: &str| order.failure(FailureKind::BuildLimit, message).help(help);
        let failure = match end {
            End::Done => return Ok(()),
            End::Stopped => return Err(BuildError::Job(JobError::Stopped)),
            End::Engine(error) => return Err(error.into()),
            End::Time => over(
                format!("the build took longer than {} minutes; it was at {step}", caps.time.as_secs().div_ceil(60)),
                "put what seldom changes into earlier steps, so that it need not be done again",
            ),
            End::Log => over(
                format!("{step} wrote more than {} of log", bytes(caps.log)),
                "make it say less, or write to a file that a later step removes",
            ),
            End::StepDisk => over(format!("{step} wrote more than {} to disk", bytes(caps.disk)), "make it write less"),
            End::Disk(directory) => self.disk_full(order, &directory),
            End::Failed { message, .. } if is_disk_full(&message) || tail.iter().any(|line| is_disk_full(line)) => {
                self.disk_full(order, &self.engine_data)
            }
            End::Failed { out_of_memory: true, .. } => over(
                format!("{step} used more than {} of memory", bytes(caps.memory)),
                "do less at a time, such as fewer compilers side by side",
            ),
            End::Failed { message, .. } => {
                job.log(Some(&order.node), message.clone());
                let text = match exit_code(&message) {
                    Some(code) => format!("{step} ended with exit code {code}"),
                    None => format!("{step} failed: {message}"),
                };
                let failure = order.failure(FailureKind::BuildStep, text);
                match help(&message) {
                    Some(help) => failure.help(help),
                    None => failure,
                }
            }
        };
        Err(failure.log(tail).into())
    }
}

/// A line as it can be kept and shown.
pub(super) fn line(text: &str) -> String {
    // PostgreSQL takes no NUL in texts.
    let line = text.trim_end().replace('\0', "\u{fffd}");
    // A progress bar draws over itself.
    line.rsplit('\r').next().unwrap_or_default().to_owned()
}

/// The exit code that the classic builder or BuildKit ends a message with.
fn exit_code(message: &str) -> Option<&str> {
    let (_, code) =
        ["returned a non-zero code: ", "exit code: "].iter().find_map(|words| message.rsplit_once(words))?;
    (!code.is_empty() && code.bytes().all(|b| b.is_ascii_digit())).then_some(code)
}

/// What to do about a failure, where its words say it.
fn help(message: &str) -> Option<&'static str> {
    let says = |text: &str| message.contains(text);
    if says("COPY failed")
        || says("ADD failed")
        || says("failed to calculate checksum")
        || says("failed to compute cache key")
    {
        Some(
            "files that `.gitignore` names are not sent unless the program names them or their directory; a `.dockerignore` in the \
             context decides instead of it",
        )
    } else if says("could not resolve") || says("network is unreachable") {
        Some("say `network: true` in `build` if its steps need the network")
    } else {
        None
    }
}

/// Bytes that an ordinary program may still write below a directory.
fn free(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}
