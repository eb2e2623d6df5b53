//! Runs that nobody waits for any more: the agent that had them ended, and then their job did, by a request or its deadline.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::DeployAgent;
use crate::domain::naming::labels;
use crate::store::jobs;
use crate::target::Target;

/// Takes away the containers of runs whose job has ended. The worker of a job does so before it says that it has.
pub(super) async fn end_orphans(agent: &DeployAgent) -> Result<(), String> {
    let own = [(labels::TARGET, agent.docker.name()), (labels::ROLE, "run")];
    let all = agent.docker.engine().containers(&own).await.map_err(|error| error.to_string())?;
    // Those of a release go with its phases.
    let runs: BTreeMap<String, Uuid> =
        all.into_iter().filter_map(|one| Some((one.name.clone(), one.label(labels::JOB).parse().ok()?))).collect();
    if runs.is_empty() {
        return Ok(());
    }
    let asked: Vec<Uuid> = runs.values().copied().collect();
    let mut tx = agent.store.system().await.map_err(|error| error.to_string())?;
    let ended = jobs::ended(&mut tx, &asked).await.map_err(|error| error.to_string())?;
    drop(tx);
    for (name, job) in runs.into_iter().filter(|(_, job)| ended.contains(job)) {
        tracing::warn!(%job, container = name, "a run whose job has ended is taken away");
        agent.docker.remove_run(&name).await.map_err(|error| error.to_string())?;
    }
    Ok(())
}
