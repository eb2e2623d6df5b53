//! The collector: removes what nobody needs any more, now and then. Images that builds made and artifacts go by the same rule:
//! what a kept release has, what is at work and what was asked for lately stays.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio_util::sync::CancellationToken;

use super::build_worker::BuildWorker;
use super::worker::JobError;
use crate::artifacts::{ArtifactError, Artifacts};
use crate::domain::garbage::REST;
use crate::leftovers;
use crate::store::{Store, artifacts as rights};

/// How often it looks.
const COLLECT: Duration = Duration::from_secs(15 * 60);

/// Removes what nobody needs.
#[derive(Debug)]
pub struct Collector {
    /// The database.
    pub store: Store,
    /// Where artifacts lie.
    pub artifacts: Artifacts,
    /// Who has the images.
    pub images: Arc<BuildWorker>,
    /// Directories of what is on its way; what processes left there that were killed goes, too.
    pub left: Vec<PathBuf>,
    /// How many releases of each environment are kept.
    pub keep_releases: u32,
}

impl Collector {
    /// Removes what nobody needs until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            for directory in self.left.clone() {
                let swept = tokio::task::spawn_blocking(move || leftovers::sweep(&directory, leftovers::AGE)).await;
                if let Ok(Err(error)) = swept {
                    tracing::warn!(%error, "what killed processes left behind");
                }
            }
            tokio::select! {
                () = tokio::time::sleep(COLLECT) => {}
                () = stop.cancelled() => return,
            }
            let images = self.images.collect_garbage(self.keep_releases).await;
            tell("images that nobody needs", images);
            let artifacts = collect(&self.store, &self.artifacts, self.keep_releases).await;
            tell("artifacts that nobody needs", artifacts);
        }
    }
}

fn tell(what: &str, removed: Result<Vec<String>, JobError>) {
    match removed {
        Ok(removed) if removed.is_empty() => {}
        Ok(removed) => tracing::info!(?removed, "{what}"),
        Err(error) => tracing::warn!(?error, "{what}"),
    }
}

/// Removes artifacts that nobody needs, where so many releases of each environment are kept. Returns those that are gone; none if
/// somebody else is at it.
///
/// # Errors
/// The server; the disk.
pub async fn collect(store: &Store, artifacts: &Artifacts, keep_releases: u32) -> Result<Vec<String>, JobError> {
    let Some(_lock) = store.try_lock("artifacts").await.map_err(retry)? else { return Ok(Vec::new()) };
    let since =
        REST.to_std().ok().and_then(|rest| SystemTime::now().checked_sub(rest)).unwrap_or(SystemTime::UNIX_EPOCH);
    let at_rest = blocking(artifacts, move |artifacts| {
        artifacts.put_back()?;
        artifacts.at_rest(since)
    });
    // Looked at first: who needs one of them from now on has asked for it, which is seen when it is taken out.
    let at_rest = at_rest.await?;
    let mut tx = store.system().await.map_err(retry)?;
    let needed = rights::needed(&mut tx, keep_releases).await.map_err(retry)?;
    tx.commit().await.map_err(retry)?;
    let mut removed = Vec::new();
    for digest in at_rest.into_iter().filter(|digest| !needed.contains(digest)) {
        // Who sends the same bytes meanwhile has them on the disk, and waits for this transaction to have the right to them.
        let mut tx = store.system().await.map_err(retry)?;
        rights::forget(&mut tx, &digest).await.map_err(retry)?;
        let wanted = digest.clone();
        let outgoing = blocking(artifacts, move |artifacts| artifacts.take_out(&wanted, since)).await?;
        let Some(outgoing) = outgoing else { continue };
        tx.commit().await.map_err(retry)?;
        blocking(artifacts, move |_| outgoing.remove()).await?;
        removed.push(digest);
    }
    Ok(removed)
}

async fn blocking<T: Send + 'static>(
    artifacts: &Artifacts,
    work: impl FnOnce(&Artifacts) -> Result<T, ArtifactError> + Send + 'static,
) -> Result<T, JobError> {
    let artifacts = artifacts.clone();
    let done = tokio::task::spawn_blocking(move || work(&artifacts));
    done.await.map_err(retry)?.map_err(retry)
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn retry(error: impl ToString) -> JobError {
    JobError::Retry(error.to_string())
}
