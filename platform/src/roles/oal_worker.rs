//! The OAL worker: from a source bundle to a document, or to what is wrong with the program, said exactly as `oal check` says it.
//!
//! It needs the artifact store and nothing else. Programs are strangers': the bundle is read within limits, and the check runs on
//! a thread of its own with a stack of its own. The checker counts its steps, so every check ends; should one take longer than
//! the job may, the job is given up while the thread still runs to its end, and no more than [`AT_A_TIME`] run at all.

mod program;

use std::sync::Arc;
use std::time::Duration;

use helios_client::{Failure, FailureKind};
use tokio::sync::{Semaphore, oneshot};

use crate::artifacts::Artifacts;
use crate::bundle::BundleError;
use crate::domain::job::{OalJob, OalResult};
use crate::roles::worker::{Handler, JobContext, JobError};

/// Checks at a time in one worker.
const AT_A_TIME: usize = 2;

/// The stack of a check; the checker needs less, whatever the program (its recursion is bounded).
const STACK: usize = 16 << 20;

/// A check that takes longer is given up.
const LONGEST: Duration = Duration::from_secs(60);

/// Checks and lowers programs.
#[derive(Debug, Clone)]
pub struct OalWorker {
    artifacts: Artifacts,
    slots: Arc<Semaphore>,
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
    /// A worker on this artifact store.
    #[must_use]
    pub fn new(artifacts: Artifacts) -> Self {
        Self { artifacts, slots: Arc::new(Semaphore::new(AT_A_TIME)) }
    }

    /// Checks and lowers a program.
    ///
    /// # Errors
    /// The artifact store; time.
    pub async fn check(&self, job: OalJob) -> Result<OalResult, JobError> {
        let retry = |what: &str| JobError::Retry(what.to_owned());
        let slot = Arc::clone(&self.slots).acquire_owned().await.map_err(|_| retry("the worker ends"))?;
        let (answer, answered) = oneshot::channel();
        let artifacts = self.artifacts.clone();
        let work = move || {
            let found = program::check(&artifacts, &job);
            let _ = answer.send(found);
            drop(slot);
        };
        let thread = std::thread::Builder::new().name("oal-check".to_owned()).stack_size(STACK);
        thread.spawn(work).map_err(|error| JobError::Retry(format!("no thread for the check: {error}")))?;
        match tokio::time::timeout(LONGEST, answered).await {
            Ok(Ok(Ok(result))) => Ok(result),
            Ok(Ok(Err(Trouble::Bundle(error)))) => Ok(rejected(format!("the sources cannot be read: {error}"))),
            Ok(Ok(Err(Trouble::Artifacts(error)))) => Err(JobError::Retry(error.to_string())),
            Ok(Ok(Err(Trouble::Checker(what)))) => Err(JobError::Fatal(what)),
            Ok(Err(_)) => Err(JobError::Fatal("the check ended without an answer".to_owned())),
            Err(_) => Ok(rejected(format!("the check of the program took longer than {} s", LONGEST.as_secs()))),
        }
    }
}

fn rejected(message: String) -> OalResult {
    OalResult::Rejected(Box::new(Failure::new(FailureKind::Check, "checking", message)))
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
