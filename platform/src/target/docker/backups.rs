//! Copies of databases' data, each made and brought back in a container of its own; see [`backup`].

use std::time::Duration;

use futures::StreamExt;
use helios_client::{Failure, FailureKind};
use oal_ir::NodeId;
use uuid::Uuid;

use super::jobs::Manner;
use super::release::Release;
use super::{Docker, Halt, Step};
use crate::domain::container::ContainerSpec;
use crate::domain::job::{DataCopy, DataWork, RunJob, RunResult};
use crate::domain::managed::backup::{self, Task};
use crate::domain::naming::labels;
use crate::domain::outputs::field;
use crate::domain::schedule;
use crate::engine::containers::logs::Lines;
use crate::roles::worker::{JobContext, JobError};

/// How the containers of this work are run: the database may just be starting again.
pub(super) fn data_manner(work: &DataWork) -> Manner {
    let retries = match work {
        DataWork::Backup { .. } => 2,
        DataWork::Restore { .. } => 0,
    };
    let timeout = schedule::LONGEST_COPY.to_std().unwrap_or_default();
    Manner { timeout, retries, backoff: Duration::from_secs(5) }
}

impl Docker {
    /// The container that does something with copies of a database's data, with the volume they lie on.
    pub(super) async fn data_spec(&self, release: &Release, node: &NodeId, task: &Task<'_>) -> Step<ContainerSpec> {
        let program = release.program();
        // Without the component's label: it outlives the component, and goes with the environment only.
        let (name, own) = (backup::volume(&program, node), self.labels(&release.environment));
        let spec = backup::recipe(&program, node, release.image(node)?, task)?;
        self.engine.ensure_volume(&name, None, &Default::default(), &own).await?;
        Ok(spec)
    }

    /// What came of a run that has ended: for a copy with its size and digest, for other runs as it is.
    pub(super) async fn data_result(
        &self,
        release: &Release,
        job: &RunJob,
        run: &str,
        (exit_code, failure): (Option<i64>, Option<Failure>),
    ) -> Step<RunResult> {
        let Some(work) = &job.data else {
            return Ok(RunResult { exit_code, failure: failure.map(Box::new), copy: None });
        };
        let copying = matches!(work, DataWork::Backup { .. });
        let failed = |lines: Vec<String>| {
            let what = if copying { "could not be made" } else { "could not be brought back" };
            let why = lines.iter().rev().find(|line| !line.trim().is_empty());
            let why = why.map_or_else(String::new, |line| format!(": {}", line.trim()));
            let message = format!("the copy of the data of `{}` {what}{why}", job.node);
            let failure = Failure::new(FailureKind::Backup, "", message).of(job.node.clone());
            Box::new(failure.at(field(["backup"])).log(lines))
        };
        if let Some(failure) = failure {
            let failure = match failure.kind {
                FailureKind::OutOfMemory => Box::new(failure),
                _ => failed(failure.log_tail),
            };
            return Ok(RunResult { exit_code, failure: Some(failure), copy: None });
        }
        if !copying {
            return Ok(RunResult { exit_code, failure: None, copy: None });
        }
        let containers = self.containers(&release.environment).await?;
        let mut written = Vec::new();
        for container in containers.iter().filter(|one| one.label(labels::JOB) == run && one.exit_code == 0) {
            let lines = self.engine.lines(&container.name, Lines { tail: Some(10), ..Lines::default() });
            let lines = lines.filter_map(|line| std::future::ready(line.ok().filter(|line| !line.stderr)));
            written.extend(lines.map(|line| line.text).collect::<Vec<_>>().await);
        }
        Ok(match backup::copied(written.iter().map(String::as_str)) {
            Some((size, digest)) => RunResult { exit_code, failure: None, copy: Some(DataCopy { size, digest }) },
            None => RunResult { exit_code, failure: Some(failed(written)), copy: None },
        })
    }

    /// Removes the copies of a database but for these, and what is left of those that were broken off.
    ///
    /// # Errors
    /// [`JobError::Stopped`]; in words, why they are still there.
    pub async fn clear_copies(&self, job: &RunJob, keep: &[Uuid], context: &JobContext) -> Result<(), JobError> {
        let outcome = async {
            let release = self.release(&job.environment, &job.release).await?;
            let spec = self.data_spec(&release, &job.node, &Task::Clear(keep)).await?;
            let manner = Manner { timeout: Duration::from_secs(600), retries: 0, backoff: Duration::ZERO };
            let run = format!("{} clear", context.job);
            let ended = self.run_to_end(&release, &job.node, &spec, &manner, &run, context).await;
            self.remove_runs(&release, |container| container.label(labels::JOB) == run).await?;
            match ended? {
                (_, Some(failure)) => Err(Halt::from(failure)),
                (_, None) => Ok(()),
            }
        };
        match outcome.await {
            Ok(()) => Ok(()),
            Err(Halt::Failed(failure)) => {
                Err(JobError::Fatal(self.redactor(job.environment.id).text(&failure.message)))
            }
            Err(Halt::Job(error)) => Err(error),
        }
    }
}
