//! The OAL worker: from a source bundle to a document, or to what is wrong with the program, said exactly as `oal check` says it.
//!
//! It needs the artifact store and nothing else. Programs are strangers': the bundle is read within limits, and each check runs
//! in a process of its own that may have so much memory and time and no more, `helios check-bundle`. It reads a request and
//! writes an answer.

mod program;

use std::io::Read as _;
use std::path::PathBuf;
use std::process::{ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use helios_client::{Failure, FailureKind};
use rustix::process::{Resource, Rlimit, Signal};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::sync::Semaphore;

use crate::artifacts::{ArtifactError, Artifacts};
use crate::bundle::BundleError;
use crate::domain::job::{OalJob, OalResult};
use crate::roles::worker::{Handler, JobContext, JobError};

/// Checks at a time in one worker.
const AT_A_TIME: usize = 2;

/// The stack of a check; the checker needs less, whatever the program (its recursion is bounded).
const STACK: usize = 16 << 20;

/// What a check may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Most {
    /// Bytes of memory.
    pub memory: u64,
    /// Seconds, of a processor's work and by the clock.
    pub seconds: u64,
}

impl Default for Most {
    fn default() -> Self {
        Self { memory: 1 << 30, seconds: 60 }
    }
}

/// Checks and lowers programs.
#[derive(Debug, Clone)]
pub struct OalWorker {
    artifacts: Artifacts,
    helios: PathBuf,
    most: Most,
    slots: Arc<Semaphore>,
}

/// What a check is told.
#[derive(Debug, Serialize, Deserialize)]
struct Request {
    artifacts: PathBuf,
    most: Most,
    job: OalJob,
}

/// What a check says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Found(OalResult),
    Bundle(String),
    Artifacts(String),
    Full(String),
    Checker(String),
}

/// Why a program could not be checked at all.
#[derive(Debug)]
enum Trouble {
    /// The bundle is no good, now and for ever.
    Bundle(BundleError),
    /// The artifact store.
    Artifacts(crate::artifacts::ArtifactError),
    /// The checker promised what it did not keep.
    Checker(String),
}

impl OalWorker {
    /// A worker on this artifact store, with the program `helios` that checks.
    #[must_use]
    pub fn new(artifacts: Artifacts, helios: PathBuf) -> Self {
        Self { artifacts, helios, most: Most::default(), slots: Arc::new(Semaphore::new(AT_A_TIME)) }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_most(self, most: Most) -> Self {
        Self { most, ..self }
    }

    /// Checks and lowers a program.
    ///
    /// # Errors
    /// The artifact store; the check's process.
    pub async fn check(&self, job: OalJob) -> Result<OalResult, JobError> {
        let retry = |what: String| JobError::Retry(what);
        let _slot = self.slots.acquire().await.map_err(|_| retry("the worker ends".to_owned()))?;
        let request = Request { artifacts: self.artifacts.root().to_owned(), most: self.most, job };
        let request = serde_json::to_vec(&request).map_err(|error| JobError::Fatal(error.to_string()))?;
        let mut child = Command::new(&self.helios);
        child.arg(VERB).env_clear().kill_on_drop(true);
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let run = async {
            let mut child = child.spawn()?;
            if let Some(mut stdin) = child.stdin.take() {
                stdin.write_all(&request).await?;
            }
            child.wait_with_output().await
        };
        // The process counts its work itself; waiting for a disk is no work.
        let longest = Duration::from_secs(self.most.seconds) * 2;
        match tokio::time::timeout(longest, run).await {
            Ok(Ok(output)) => self.outcome(output),
            Ok(Err(error)) => Err(retry(format!("no process for the check: {error}"))),
            Err(_) => Ok(self.too_long()),
        }
    }

    fn outcome(&self, output: Output) -> Result<OalResult, JobError> {
        match serde_json::from_slice(&output.stdout) {
            Ok(Answer::Found(result)) => return Ok(result),
            Ok(Answer::Bundle(what)) => return Ok(rejected(format!("the sources cannot be read: {what}"))),
            Ok(Answer::Artifacts(what)) => return Err(JobError::Retry(what)),
            Ok(Answer::Full(what)) => {
                let full = Failure::new(FailureKind::Internal, "checking", what).help("free some and deploy again");
                return Ok(OalResult::Rejected(Box::new(full)));
            }
            Ok(Answer::Checker(what)) => return Err(JobError::Fatal(what)),
            Err(_) => {}
        }
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains("memory allocation of") {
            return Ok(rejected(format!(
                "the check of the program needs more than {} MiB of memory",
                self.most.memory >> 20
            )));
        }
        if is_end_of_time(output.status) {
            return Ok(self.too_long());
        }
        let last = said.lines().last().unwrap_or_default();
        Err(JobError::Fatal(format!("the check ended without an answer ({}): {last}", output.status)))
    }

    fn too_long(&self) -> OalResult {
        rejected(format!("the check of the program took longer than {} s", self.most.seconds))
    }
}

fn is_end_of_time(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal() == Some(Signal::XCPU.as_raw())
}

fn rejected(message: String) -> OalResult {
    OalResult::Rejected(Box::new(Failure::new(FailureKind::Check, "checking", message)))
}

/// The verb of the process of a check.
pub const VERB: &str = "check-bundle";

/// Is the process of a check: the request from standard input, the answer to standard output, both JSON.
///
/// # Errors
/// The system; what was read is no request.
pub fn process() -> std::io::Result<()> {
    // Nobody waits for its answer then.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let Request { artifacts, most, job } = serde_json::from_slice(&bytes)?;
    let limit = |most: u64| Rlimit { current: Some(most), maximum: Some(most.saturating_add(1)) };
    rustix::process::setrlimit(Resource::Data, limit(most.memory))?;
    rustix::process::setrlimit(Resource::Cpu, limit(most.seconds))?;
    rustix::process::setrlimit(Resource::Core, limit(0))?;
    let artifacts = Artifacts::open(artifacts).map_err(std::io::Error::other)?;
    let check = move || match program::check(&artifacts, &job) {
        Ok(result) => Answer::Found(result),
        Err(Trouble::Bundle(error)) => Answer::Bundle(error.to_string()),
        Err(Trouble::Artifacts(error @ ArtifactError::Full(_))) => Answer::Full(error.to_string()),
        Err(Trouble::Artifacts(error)) => Answer::Artifacts(error.to_string()),
        Err(Trouble::Checker(what)) => Answer::Checker(what),
    };
    let thread = std::thread::Builder::new().name("oal-check".to_owned()).stack_size(STACK).spawn(check)?;
    let answer = thread.join().map_err(|_| std::io::Error::other("the check panicked"))?;
    serde_json::to_writer(std::io::stdout().lock(), &answer)?;
    Ok(())
}

impl Handler for OalWorker {
    type Body = OalJob;
    type Result = OalResult;

    async fn handle(&self, body: OalJob, context: &JobContext) -> Result<OalResult, JobError> {
        context.go_on()?;
        tokio::select! {
            () = context.until_stopped() => Err(JobError::Stopped),
            result = self.check(body) => result,
        }
    }
}
