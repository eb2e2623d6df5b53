//! The programs of the releases that are live.

use std::collections::BTreeMap;
use std::sync::Arc;

use oal_ir::Ir;
use uuid::Uuid;

use super::DeployAgent;
use crate::store::{environments, instances, releases};
use crate::target::Target;

/// The most bytes of a program.
const MOST_IR: u64 = 64 * 1024 * 1024;

/// Releases and their programs by environment.
pub(super) type Programs = BTreeMap<Uuid, (Uuid, Arc<Ir>)>;

/// What is live now. Programs that are known already are not read again.
pub(super) async fn live(agent: &DeployAgent, known: &Programs) -> Result<Programs, String> {
    let text = |error: sqlx::Error| error.to_string();
    let mut live = Programs::new();
    let mut tx = agent.store.system().await.map_err(text)?;
    for environment in instances::environments(&mut tx, agent.docker.name()).await.map_err(text)? {
        let Some(id) = environments::place(&mut tx, environment).await.map_err(text)?.live_release else { continue };
        let ir = match known.get(&environment).filter(|(release, _)| *release == id) {
            Some((_, ir)) => Arc::clone(ir),
            None => {
                let Some(release) = releases::get(&mut tx, id).await.map_err(text)? else { continue };
                let bytes = agent.docker.artifacts().get(&release.ir_artifact, MOST_IR);
                let bytes = bytes.map_err(|error| error.to_string())?;
                Arc::new(oal_ir::read(&bytes).map_err(|error| error.to_string())?)
            }
        };
        live.insert(environment, (id, ir));
    }
    Ok(live)
}
