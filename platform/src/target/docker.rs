//! The target `docker`: one machine with a container engine.
//!
//! Every object carries labels that say what it is for and a digest of what it was made from. A phase looks first, by labels, and
//! then does what is missing; so it can be broken off anywhere and done again. What serves is not touched unless its digest
//! differs.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::stream::BoxStream;
use helios_client::Failure;
use uuid::Uuid;

use super::secrets::{Redactor, SecretSource};
use super::{BoxFuture, Exec, ExecQuery, LogLine, LogQuery, Target};
use crate::artifacts::Artifacts;
use crate::domain::job::{DeployJob, DeployResult, EnvironmentRef, Instance, RunJob, RunResult};
use crate::domain::naming::labels;
use crate::edge::Edge;
use crate::engine::{Engine, EngineError};
use crate::roles::worker::{JobContext, JobError};
use crate::trouble::Trouble;

mod backups;
mod ensure;
mod failures;
pub mod health;
mod jobs;
mod managed;
mod observe;
mod phases;
mod place;
mod probe;
mod release;
mod sites;
mod streams;
mod traffic;
mod verify;

/// What must not be shown of an environment, and of which releases that has been learnt.
type Secret = (Redactor, BTreeSet<Uuid>);

/// A machine with a container engine and an edge.
#[derive(Clone)]
pub struct Docker {
    name: String,
    engine: Engine,
    edge: Edge,
    artifacts: Artifacts,
    secrets: Arc<dyn SecretSource>,
    /// In memory: files of containers, which may hold secrets.
    run: PathBuf,
    /// On disk: certificates.
    data: PathBuf,
    /// Addresses for networks when the engine has none left.
    subnets: ipnet::Ipv4Net,
    /// What must not be shown of each environment, and of which releases that is known.
    redactors: Arc<Mutex<HashMap<Uuid, Secret>>>,
    /// What is known of copies that run.
    healths: Arc<Mutex<health::Healths>>,
}

impl std::fmt::Debug for Docker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Docker").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a [`Docker`] is made of.
pub struct Parts {
    /// Its name in subjects and in `environments.target`.
    pub name: String,
    /// The container engine.
    pub engine: Engine,
    /// What brings requests to containers.
    pub edge: Edge,
    /// Source bundles and IR documents.
    pub artifacts: Artifacts,
    /// Values of secrets.
    pub secrets: Arc<dyn SecretSource>,
    /// A directory in memory (tmpfs) for files of containers.
    pub run: PathBuf,
    /// A directory on disk.
    pub data: PathBuf,
    /// Addresses for networks when the engine has none left.
    pub subnets: ipnet::Ipv4Net,
}

/// Why a phase does not go on.
pub(super) enum Halt {
    /// The program is to blame, or the platform; it has failed.
    Failed(Box<Failure>),
    /// It was told to stop, or another attempt may do better.
    Job(JobError),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

impl From<JobError> for Halt {
    fn from(error: JobError) -> Self {
        Self::Job(error)
    }
}

impl From<Trouble> for Halt {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away(why) => Self::Job(JobError::Away(why)),
            Trouble::Failed(failure) => Self::Failed(failure),
        }
    }
}

impl From<EngineError> for Halt {
    fn from(error: EngineError) -> Self {
        Trouble::from(error).into()
    }
}

/// What a step of a phase gives.
pub(super) type Step<T = ()> = Result<T, Halt>;

impl Docker {
    /// A target of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { name, engine, edge, artifacts, secrets, run, data, subnets } = parts;
        let (redactors, healths) = (Arc::default(), Arc::default());
        Self { name, engine, edge, artifacts, secrets, run, data, subnets, redactors, healths }
    }

    /// The container engine.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Source bundles and IR documents.
    #[must_use]
    pub const fn artifacts(&self) -> &Artifacts {
        &self.artifacts
    }

    /// The edge.
    #[must_use]
    pub const fn edge(&self) -> &Edge {
        &self.edge
    }

    /// What must not be shown of an environment: of this release, and of those before, whose containers may still run.
    fn remember(&self, environment: Uuid, redactor: &Redactor) {
        let mut all = self.redactors.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(environment).or_default().0.add(redactor);
    }

    fn redactor(&self, environment: Uuid) -> Redactor {
        let all = self.redactors.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&environment).map(|(redactor, _)| redactor.clone()).unwrap_or_default()
    }

    /// Whether a release's secrets have been learnt: after a start none are known.
    #[must_use]
    pub fn knows_secrets(&self, environment: Uuid, release: Uuid) -> bool {
        let all = self.redactors.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&environment).is_some_and(|(_, known)| known.contains(&release))
    }

    /// Learns the secrets of a release that runs, so that they are blanked out of lines.
    ///
    /// # Errors
    /// They cannot be opened.
    pub async fn learn_secrets(
        &self,
        environment: &EnvironmentRef,
        release: Uuid,
        versions: &BTreeMap<String, Uuid>,
    ) -> Result<(), Failure> {
        let values = self.secrets.open(environment, versions).await?;
        self.remember(environment.id, &Redactor::new(values.values().map(String::as_str)));
        let mut all = self.redactors.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(environment.id).or_default().1.insert(release);
        Ok(())
    }

    /// The labels of an environment's objects.
    fn labels(&self, environment: &EnvironmentRef) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            (labels::TARGET, self.name.clone()),
            (labels::ORG, environment.org.to_string()),
            (labels::APP, environment.app.clone()),
            (labels::ENVIRONMENT, environment.id.to_string()),
        ])
    }
}

/// Sleeps, unless the job is to stop.
///
/// # Errors
/// [`JobError::Stopped`].
async fn pause(context: &JobContext, time: Duration) -> Result<(), JobError> {
    tokio::select! {
        () = context.until_stopped() => Err(JobError::Stopped),
        () = tokio::time::sleep(time) => Ok(()),
    }
}

impl Target for Docker {
    fn name(&self) -> &str {
        &self.name
    }

    fn observe<'a>(&'a self, environment: &'a EnvironmentRef) -> BoxFuture<'a, Result<Vec<Instance>, Failure>> {
        Box::pin(async move { self.instances(environment).await.map_err(failures::of_engine) })
    }

    fn diff<'a>(&'a self, job: &'a DeployJob) -> BoxFuture<'a, Result<Vec<String>, Failure>> {
        Box::pin(self.difference(job))
    }

    fn apply<'a>(
        &'a self,
        job: &'a DeployJob,
        context: &'a JobContext,
    ) -> BoxFuture<'a, Result<DeployResult, JobError>> {
        Box::pin(self.phase(job, context))
    }

    fn run<'a>(&'a self, job: &'a RunJob, context: &'a JobContext) -> BoxFuture<'a, Result<RunResult, JobError>> {
        Box::pin(self.run_now(job, context))
    }

    fn logs<'a>(
        &'a self,
        environment: &'a EnvironmentRef,
        query: LogQuery,
    ) -> BoxFuture<'a, Result<BoxStream<'static, LogLine>, Failure>> {
        Box::pin(self.log_lines(environment, query))
    }

    fn exec<'a>(&'a self, environment: &'a EnvironmentRef, query: ExecQuery) -> BoxFuture<'a, Result<Exec, Failure>> {
        Box::pin(self.execute(environment, query))
    }
}
