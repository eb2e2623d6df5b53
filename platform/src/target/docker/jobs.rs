//! Runs of jobs: those that belong to a release, and those that somebody asks for.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use helios_client::{Failure, FailureKind};
use oal_ir::NodeId;
use oal_ir::v1::Spec;
use tokio::time::Instant;

use super::backups::data_manner;
use super::release::Release;
use super::{Docker, Halt, Step, failures, pause};
use crate::domain::container::ContainerSpec;
use crate::domain::job::{DataWork, RunJob, RunResult};
use crate::domain::managed::backup::Task;
use crate::domain::naming::labels;
use crate::engine::EngineError;
use crate::engine::containers::Container;
use crate::engine::containers::logs::Lines;
use crate::roles::worker::{JobContext, JobError};

/// How often a run is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long a run has to end that nobody waits for any more.
const ORPHAN_GRACE: Duration = Duration::from_secs(10);
/// The longest time before a new try.
const LONGEST_BACKOFF: Duration = Duration::from_secs(3600);

/// How a run goes: from the program, or the platform's own for commands.
pub(super) struct Manner {
    pub(super) timeout: Duration,
    pub(super) retries: u64,
    pub(super) backoff: Duration,
}

/// How a run ended.
enum End {
    /// By itself.
    Code(i64, Box<Container>),
    /// It took too long and was stopped.
    TooLong,
}

impl Docker {
    /// Runs a job that belongs to the release, once: a run that has succeeded for this release is not repeated.
    pub(super) async fn release_job(&self, release: &Release, node: &NodeId, context: &JobContext) -> Step {
        let spec = release.run_spec(node, None)?;
        let manner = manner(release, node);
        let run = format!("release {}", release.number);
        let (_, failure) = self.run_to_end(release, node, &spec, &manner, &run, context).await?;
        match failure {
            Some(mut failure) => {
                // Out of memory stays what it is; everything else is that the job did not go well.
                if failure.kind == FailureKind::CrashLoop {
                    failure.kind = FailureKind::ReleaseJob;
                }
                Err(failure.into())
            }
            None => Ok(()),
        }
    }

    /// Runs a component now; see [`crate::target::Target::run`].
    pub(super) async fn run_now(&self, job: &RunJob, context: &JobContext) -> Result<RunResult, JobError> {
        let outcome = async {
            let release = self.release(&job.environment, &job.release).await?;
            self.ensure_place(&release, context).await?;
            let (spec, manner) = match &job.data {
                Some(work) => {
                    let task = match work {
                        DataWork::Backup { id, .. } => Task::Copy(*id),
                        DataWork::Restore { id, digest } => Task::Restore(*id, digest),
                    };
                    (self.data_spec(&release, &job.node, &task).await?, data_manner(work))
                }
                None => {
                    let mut manner = manner(&release, &job.node);
                    if job.command.is_some() {
                        manner.retries = 0;
                    }
                    (release.run_spec(&job.node, job.command.as_deref())?, manner)
                }
            };
            let run = context.job.to_string();
            let ended = async {
                let ended = self.run_to_end(&release, &job.node, &spec, &manner, &run, context).await?;
                self.data_result(&release, job, &run, ended).await
            };
            let ended = ended.await;
            // Its lines are in the job's log; nothing else is left to be asked of it.
            if !matches!(ended, Err(Halt::Job(JobError::Retry(_) | JobError::Away(_))))
                && context.stopped() != Some(crate::roles::worker::Stop::LeaseLost)
            {
                self.remove_runs(&release, |container| container.label(labels::JOB) == run).await?;
            }
            ended.map(|mut result| {
                result.failure = result.failure.map(|failure| Box::new(release.redactor.failure(*failure)));
                result
            })
        };
        match outcome.await {
            Ok(result) => Ok(result),
            Err(Halt::Failed(failure)) => {
                let failure = self.redactor(job.environment.id).failure(*failure);
                Ok(RunResult { exit_code: None, failure: Some(Box::new(failure)), copy: None })
            }
            Err(Halt::Job(error)) => Err(error),
        }
    }

    /// Removes runs and their files.
    pub(super) async fn remove_runs(&self, release: &Release, which: impl Fn(&Container) -> bool) -> Step {
        for container in self.containers(&release.environment).await? {
            if container.label(labels::ROLE) == "run" && which(&container) {
                self.engine.remove_container(&container.name).await?;
                self.forget_files(&container.name);
            }
        }
        Ok(())
    }

    /// Stops a run that nobody waits for any more and takes it away, with its files.
    ///
    /// # Errors
    /// The engine.
    pub async fn remove_run(&self, name: &str) -> Result<(), EngineError> {
        self.engine.stop_container(name, ORPHAN_GRACE).await?;
        self.engine.remove_container(name).await?;
        self.forget_files(name);
        Ok(())
    }

    pub(super) async fn run_to_end(
        &self,
        release: &Release,
        node: &NodeId,
        spec: &ContainerSpec,
        manner: &Manner,
        run: &str,
        context: &JobContext,
    ) -> Step<(Option<i64>, Option<Failure>)> {
        let mut backoff = manner.backoff;
        let mut attempt = 0;
        loop {
            let name = release.program().names.run(node, &format!("{run} {attempt}"));
            let ended = self.one_run(release, node, spec, manner, &name, (run, attempt), context).await?;
            let (code, failure) = match ended {
                End::Code(0, _) => return Ok((Some(0), None)),
                End::Code(code, container) => (Some(code), self.ended(node, &container).await),
                End::TooLong => {
                    let lines = self.engine.last_lines(&name, failures::LAST_LINES).await;
                    let message = format!("`{node}` ran longer than {} s and was stopped", manner.timeout.as_secs());
                    let failure = Failure::new(FailureKind::ReleaseJob, "", message).of(node.clone());
                    (None, failure.at(crate::domain::outputs::field(["timeout"])).log(lines))
                }
            };
            if attempt >= manner.retries {
                return Ok((code, Some(failure)));
            }
            let message = release.redactor.text(&failure.message);
            context.log(None, format!("{message}; another try in {} s", backoff.as_secs_f32()));
            pause(context, backoff).await?;
            backoff = backoff.saturating_mul(2).min(LONGEST_BACKOFF);
            attempt += 1;
        }
    }

    /// One try: goes on with the container of that name if it is there, whatever has become of it.
    #[expect(clippy::too_many_arguments, reason = "what a try is made of, each thing once")]
    async fn one_run(
        &self,
        release: &Release,
        node: &NodeId,
        spec: &ContainerSpec,
        manner: &Manner,
        name: &str,
        (run, attempt): (&str, u64),
        context: &JobContext,
    ) -> Step<End> {
        let found = self.engine.container(name).await?;
        if found.is_none_or(|container| container.state == "created") {
            context.go_on()?;
            let mut own: BTreeMap<&'static str, String> = self.labels(&release.environment);
            own.insert(labels::NODE, node.to_string());
            own.insert(labels::ROLE, "run".to_owned());
            own.insert(labels::RELEASE, release.number.to_string());
            own.insert(labels::JOB, run.to_owned());
            own.insert(labels::ATTEMPT, attempt.to_string());
            self.create(release, node, name, spec, own).await?;
        }
        if self.engine.container(name).await?.is_some_and(|container| container.state == "created") {
            context.go_on()?;
            self.write_files(name, spec)?;
            if let Err(error) = self.engine.start_container(name).await {
                return Err(failures::start(node, None, error)?.into());
            }
            context.log(None, format!("`{node}` runs as {name}"));
        }
        let following = self.follow(release, node, name, context);
        let waiting = self.wait_run(node, name, manner, Duration::from_secs(spec.stop_seconds), context);
        let (end, ()) = tokio::join!(waiting, following);
        end
    }

    /// Copies a run's lines to the job's log until it ends.
    async fn follow(&self, release: &Release, node: &NodeId, name: &str, context: &JobContext) {
        let mut lines = self.engine.lines(name, Lines { follow: true, ..Lines::default() });
        while let Some(Ok(line)) = tokio::select! { line = lines.next() => line, () = context.until_stopped() => None }
        {
            context.log(Some(node), release.redactor.text(&line.text));
        }
    }

    async fn wait_run(
        &self,
        node: &NodeId,
        name: &str,
        manner: &Manner,
        grace: Duration,
        context: &JobContext,
    ) -> Step<End> {
        let begun = Instant::now();
        loop {
            let Some(container) = self.engine.container(name).await? else {
                let message = format!("the run of `{node}` was removed by somebody else");
                return Err(Failure::new(FailureKind::ReleaseJob, "", message).of(node.clone()).into());
            };
            if matches!(container.state.as_str(), "exited" | "dead") {
                return Ok(End::Code(container.exit_code, Box::new(container)));
            }
            let ran = container.started_at.and_then(|start| (chrono::Utc::now() - start).to_std().ok());
            if ran.unwrap_or_else(|| begun.elapsed()) > manner.timeout {
                self.engine.stop_container(name, grace).await?;
                return Ok(End::TooLong);
            }
            if let Err(stopped) = pause(context, LOOK).await {
                // Whoever has the job now goes on with it; a cancelled run has to end, and its end to be seen.
                let theirs = matches!(
                    context.stopped(),
                    Some(crate::roles::worker::Stop::LeaseLost | crate::roles::worker::Stop::Shutdown)
                );
                if !theirs {
                    self.engine.stop_container(name, grace).await?;
                }
                return Err(stopped.into());
            }
        }
    }
}

fn manner(release: &Release, node: &NodeId) -> Manner {
    match release.ir.components.get(node).map(|component| &component.spec) {
        Some(Spec::Job(job)) => Manner {
            timeout: Duration::from_millis(job.timeout.0),
            retries: job.retries,
            backoff: Duration::from_millis(job.backoff.0),
        },
        // A command in a service's surroundings: as long as the job's own deadline lets it.
        _ => Manner { timeout: Duration::from_secs(24 * 3600), retries: 0, backoff: Duration::ZERO },
    }
}
