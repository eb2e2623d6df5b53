//! The programs of the releases that are live.

use std::collections::BTreeMap;
use std::sync::Arc;

use oal_ir::Ir;
use uuid::Uuid;

use super::DeployAgent;
use crate::store::{Tx, environments, instances, releases};
use crate::target::Target;

/// The most bytes of a program.
const MOST_IR: u64 = 64 * 1024 * 1024;

/// Releases and their programs by environment.
pub(super) type Programs = BTreeMap<Uuid, (Uuid, Arc<Ir>)>;

/// What is live now. Programs that are known already are not read again; of an environment whose program cannot be read, what is
/// known of it stays.
pub(super) async fn live(agent: &DeployAgent, known: &Programs) -> Result<Programs, String> {
    let text = |error: sqlx::Error| error.to_string();
    let mut live = Programs::new();
    let mut tx = agent.store.system().await.map_err(text)?;
    for environment in instances::environments(&mut tx, agent.docker.name()).await.map_err(text)? {
        let before = known.get(&environment);
        match program(agent, &mut tx, environment, before).await.map_err(text)? {
            Ok(Some(found)) => drop(live.insert(environment, found)),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%environment, error, "what is live is not known");
                live.extend(before.cloned().map(|before| (environment, before)));
            }
        }
    }
    Ok(live)
}

/// The live release of an environment and its program; inside, why that cannot be read.
async fn program(
    agent: &DeployAgent,
    tx: &mut Tx,
    environment: Uuid,
    known: Option<&(Uuid, Arc<Ir>)>,
) -> Result<Result<Option<(Uuid, Arc<Ir>)>, String>, sqlx::Error> {
    let Some(id) = environments::place(tx, environment).await?.live_release else { return Ok(Ok(None)) };
    if let Some(known) = known.filter(|(release, _)| *release == id) {
        return Ok(Ok(Some(known.clone())));
    }
    let Some(release) = releases::get(tx, id).await? else { return Ok(Ok(None)) };
    let bytes = agent.docker.artifacts().get(&release.ir_artifact, MOST_IR).map_err(|error| error.to_string());
    let ir = bytes.and_then(|bytes| oal_ir::read(&bytes).map_err(|error| error.to_string()));
    Ok(ir.map(|ir| Some((id, Arc::new(ir)))))
}
