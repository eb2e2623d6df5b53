//! The deploy agent: the only holder of the container engine's socket. It does the phases of deployments and the runs of jobs,
//! says what it sees, keeps the edge told, and lets those who may see lines of containers and run commands in them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bus::{Bus, Queue};
use crate::domain::job::{DataWork, DeployJob, DeployResult, EnvironmentRef, Phase, RunJob, RunResult};
use crate::roles::worker::{Handler, JobContext, JobError, Worker};
use crate::settings::Timing;
use crate::store::notices::Notices;
use crate::store::{Store, hosts, instances, jobs};
use crate::target::Target;
use crate::target::docker::Docker;

mod backups;
mod conversations;
mod health;
mod programs;
mod runs;
mod scale;
mod watch;

/// Phases at a time: one environment has one at most.
const DEPLOYS: usize = 8;
/// Runs of jobs at a time.
const RUNS: usize = 16;

/// How often it is looked whether runs have ended.
const LOOK: Duration = Duration::from_millis(500);

/// The agent of a target.
#[derive(Debug, Clone)]
pub struct DeployAgent {
    store: Store,
    docker: Docker,
    timing: Timing,
    /// Who changes what runs of an environment: one at a time.
    turns: Arc<Mutex<HashMap<Uuid, Arc<tokio::sync::Mutex<()>>>>>,
}

/// Does phases.
#[derive(Debug, Clone)]
struct Deploys(DeployAgent);

/// Runs jobs.
#[derive(Debug, Clone)]
struct Runs(DeployAgent);

impl DeployAgent {
    /// An agent of this target.
    #[must_use]
    pub fn new(store: Store, docker: Docker, timing: Timing) -> Self {
        Self { store, docker, timing, turns: Arc::default() }
    }

    /// What is taken by whoever changes what runs of an environment. A job that was told to stop may still be at it when the next
    /// one comes.
    fn turn(&self, environment: Uuid) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(environment).or_default())
    }

    /// The turn to change an environment, if nobody has it.
    fn try_turn(&self, environment: Uuid) -> Option<OwnedMutexGuard<()>> {
        self.turn(environment).try_lock_owned().ok()
    }

    /// Waits until no run of an environment is open: all of them have been asked to stop.
    async fn until_no_runs(&self, environment: Uuid) -> Result<(), JobError> {
        let away = |error: sqlx::Error| JobError::Away(format!("the database: {error}"));
        loop {
            let mut tx = self.store.system().await.map_err(away)?;
            if jobs::open_runs(&mut tx, environment).await.map_err(away)?.is_empty() {
                return Ok(());
            }
            drop(tx);
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Works until told to stop; returns when what it holds has ended or was given back.
    pub async fn run(self, bus: Bus, notices: Notices, shutdown: CancellationToken) {
        let worker = |queue: Queue, slots: usize| Worker {
            store: self.store.clone(),
            bus: bus.clone(),
            notices: notices.clone(),
            queue,
            slots,
            timing: self.timing,
            shutdown: shutdown.clone(),
        };
        let name = self.docker.name();
        let deploys = worker(Queue::deploy(name), DEPLOYS).run(Arc::new(Deploys(self.clone())));
        let runs = worker(Queue::run(name), RUNS).run(Arc::new(Runs(self.clone())));
        let watching = watch::watch(self.clone(), shutdown.clone());
        let talking = conversations::answer(self.clone(), bus.clone(), shutdown.clone());
        tokio::join!(deploys, runs, watching, talking);
    }

    /// Looks at what runs of an environment and writes it down.
    async fn write_down(&self, environment: &EnvironmentRef, whole: bool) -> Result<(), String> {
        let text = |error: sqlx::Error| error.to_string();
        let mut tx = self.store.system().await.map_err(text)?;
        instances::hold(&mut tx, environment.id).await.map_err(text)?;
        let seen = self.docker.observe(environment).await.map_err(|failure| failure.message)?;
        instances::record(&mut tx, environment, &seen, whole).await.map_err(text)?;
        tx.commit().await.map_err(text)
    }
}

impl DeployAgent {
    async fn give_back_hosts(&self, environment: &EnvironmentRef) -> Result<(), sqlx::Error> {
        let mut tx = self.store.system().await?;
        hosts::give_back(&mut tx, environment.id).await?;
        tx.commit().await
    }
}

impl Handler for Deploys {
    type Body = DeployJob;
    type Result = DeployResult;

    async fn handle(&self, job: DeployJob, context: &JobContext) -> Result<DeployResult, JobError> {
        let mine = async {
            let turn = self.0.turn(job.environment.id).lock_owned().await;
            if matches!(job.phase, Phase::Down | Phase::Destroy) {
                self.0.until_no_runs(job.environment.id).await?;
            }
            Ok::<_, JobError>(turn)
        };
        let _turn = tokio::select! {
            mine = mine => mine?,
            () = context.until_stopped() => return Err(JobError::Stopped),
        };
        let result = self.0.docker.apply(&job, context).await?;
        let whole = match (&result, job.phase) {
            // What is not there any more is not wanted any more.
            (DeployResult::Done { .. }, Phase::Drain | Phase::RollBack | Phase::CleanUp | Phase::Converge) => true,
            (DeployResult::Done { .. }, Phase::Down | Phase::Destroy) => true,
            _ => false,
        };
        if whole && matches!(job.phase, Phase::Down | Phase::Destroy) {
            let given_back = self.0.give_back_hosts(&job.environment).await;
            given_back.map_err(|error| JobError::Retry(format!("host names could not be given back: {error}")))?;
        }
        let seen = self.0.write_down(&job.environment, whole).await;
        seen.map_err(|error| JobError::Away(format!("what runs could not be written down: {error}")))?;
        if let (DeployResult::Done { .. }, Phase::Destroy) = (&result, job.phase) {
            let gone = self.0.forget_copies(&job.environment).await;
            gone.map_err(|error| JobError::Away(format!("the database: {error}")))?;
        }
        Ok(result)
    }
}

impl Handler for Runs {
    type Body = RunJob;
    type Result = RunResult;

    async fn handle(&self, job: RunJob, context: &JobContext) -> Result<RunResult, JobError> {
        match job.data {
            Some(DataWork::Backup { id, keep }) => self.0.back_up(&job, id, keep, context).await,
            _ => self.0.docker.run(&job, context).await,
        }
    }
}
