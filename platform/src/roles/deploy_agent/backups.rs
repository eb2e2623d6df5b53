//! Copies of databases' data: made on the target, then written down; what was kept long enough is cleared away after that.

use uuid::Uuid;

use super::DeployAgent;
use crate::domain::job::{EnvironmentRef, RunJob, RunResult};
use crate::roles::worker::{JobContext, JobError};
use crate::store::backups;
use crate::target::Target;

impl DeployAgent {
    /// Makes a copy, once: one that was written down is not made again.
    pub(super) async fn back_up(
        &self,
        job: &RunJob,
        id: Uuid,
        keep: Option<u64>,
        context: &JobContext,
    ) -> Result<RunResult, JobError> {
        let database = |error: sqlx::Error| JobError::Away(format!("the database: {error}"));
        let mut tx = self.store.system().await.map_err(database)?;
        let made = backups::made(&mut tx, id).await.map_err(database)?;
        drop(tx);
        let result = match made {
            Some(copy) => RunResult { exit_code: Some(0), failure: None, copy: Some(copy) },
            None => self.docker.run(job, context).await?,
        };
        let mut tx = self.store.system().await.map_err(database)?;
        let left = backups::record(&mut tx, &job.environment, &job.node, id, keep, &result).await;
        let left = left.map_err(database)?;
        tx.commit().await.map_err(database)?;
        if let Some(left) = left
            && let Err(error) = self.docker.clear_copies(job, &left, context).await
        {
            // The next good copy is followed by another attempt.
            tracing::warn!(environment = %job.environment.id, node = %job.node, ?error, "old copies could not be removed");
        }
        Ok(result)
    }

    /// The copies of an environment went with its volumes.
    pub(super) async fn forget_copies(&self, environment: &EnvironmentRef) -> Result<(), sqlx::Error> {
        let mut tx = self.store.system().await?;
        backups::forget(&mut tx, environment.id).await?;
        tx.commit().await
    }
}
