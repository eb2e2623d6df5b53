//! What the jobs of a state came to.

use helios_client::{DeploymentState, Failure, FailureKind};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::domain::deployment::Work;
use crate::domain::job::{BuildResult, DeployResult, OalResult};
use crate::store::deployments::advance::Changes;
use crate::store::deployments::stages::StageJob;

/// What the jobs of a state came to.
#[derive(Debug)]
pub(super) struct Seen {
    /// All of them together.
    pub(super) work: Work,
    /// The first failure, with the job it comes from.
    pub(super) failure: Option<(Failure, Option<Uuid>)>,
    /// Why an open job was to be tried again.
    pub(super) trouble: Option<String>,
    /// The lowered program.
    lowered: Option<OalResult>,
    /// The URLs that the edge answers.
    pub(super) urls: Option<Vec<String>>,
}

/// Looks at the jobs of a state.
pub(super) fn of_stage(state: DeploymentState, jobs: &[StageJob]) -> Seen {
    let mut seen = Seen { work: Work::NotBegun, failure: None, trouble: None, lowered: None, urls: None };
    let mut open = false;
    for job in jobs.iter().filter(|job| job.stage == state.name()) {
        seen.work = Work::Succeeded;
        open |= job.is_open();
        if job.is_open() {
            seen.trouble = seen.trouble.or_else(|| job.error.clone());
        }
        if !job.is_open()
            && let Err(failure) = read(state, job, &mut seen)
        {
            // The first one counts; others often follow from it.
            seen.failure.get_or_insert((*failure, Some(job.id)));
        }
    }
    if open {
        seen.work = Work::Open;
    }
    if seen.failure.is_some() {
        seen.work = Work::Failed;
    }
    seen
}

fn read(state: DeploymentState, job: &StageJob, seen: &mut Seen) -> Result<(), Box<Failure>> {
    match state {
        DeploymentState::Checking => match result(job)? {
            OalResult::Rejected(failure) => Err(failure),
            lowered => {
                seen.lowered = Some(lowered);
                Ok(())
            }
        },
        DeploymentState::Building => image(job).map(drop),
        _ => match result(job)? {
            DeployResult::Done { urls, .. } => {
                seen.urls = Some(urls);
                Ok(())
            }
            DeployResult::Failed { failure, .. } => Err(failure),
        },
    }
}

/// The image that a build job made.
pub(super) fn image(job: &StageJob) -> Result<String, Box<Failure>> {
    match result(job)? {
        BuildResult::Image { image, .. } => Ok(image),
        BuildResult::Failed(failure) => Err(failure),
    }
}

/// What a job that has ended says of itself, or that it says nothing.
fn result<T: DeserializeOwned>(job: &StageJob) -> Result<T, Box<Failure>> {
    let internal = |message: String| Box::new(Failure::new(FailureKind::Internal, job.stage.as_str(), message));
    match (&*job.state, &job.result) {
        ("done", Some(result)) => serde_json::from_value(result.0.clone())
            .map_err(|error| internal(format!("the result of the job {} cannot be read: {error}", job.id))),
        ("done", None) => Err(internal(format!("the job {} has no result", job.id))),
        ("cancelled", _) => Err(internal("its job was stopped".to_owned())),
        (_, Some(result)) => match serde_json::from_value(result.0.clone()) {
            Ok(result) => Ok(result),
            Err(_) => Err(internal(job.error.clone().unwrap_or_else(|| "its job failed".to_owned()))),
        },
        _ => Err(internal(job.error.clone().unwrap_or_else(|| "its job failed".to_owned()))),
    }
}

/// What is kept of a lowered program.
pub(super) fn lowered(seen: &Seen) -> Changes {
    match &seen.lowered {
        Some(OalResult::Lowered { ir_digest, ir_artifact, contexts }) => Changes {
            ir_digest: Some(ir_digest.clone()),
            ir_artifact: Some(ir_artifact.clone()),
            contexts: Some(contexts.clone()),
            ..Changes::default()
        },
        _ => Changes::default(),
    }
}
