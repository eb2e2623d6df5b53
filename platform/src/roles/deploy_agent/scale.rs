//! The number of copies follows the load where the program says so with `autoscale`. What is wanted is written down; the repair
//! then makes what runs equal to it, as it does with everything else.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::StreamExt;
use oal_ir::NodeId;
use oal_ir::v1::{Autoscale, Service, Spec};
use tokio::time::{Instant, MissedTickBehavior, interval};
use uuid::Uuid;

use super::DeployAgent;
use super::programs::{self, Programs};
use crate::domain::autoscale::{Sample, Watched, within};
use crate::domain::naming::labels;
use crate::store::{environments, repairs, scales};
use crate::target::Target;

/// How often the engine is asked what copies use.
const EVERY: Duration = Duration::from_secs(5);
/// How many containers it is asked about at a time.
const AT_A_TIME: usize = 8;

/// A service of an environment.
type Key = (Uuid, NodeId);

/// Follows the load for as long as the process lives.
pub(super) async fn follow(agent: &DeployAgent) {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut programs, mut watched) = (Programs::new(), BTreeMap::new());
    let begun = Instant::now();
    loop {
        tick.tick().await;
        if let Err(error) = look(agent, &mut programs, &mut watched, begun).await {
            tracing::warn!(error, "the load of copies is not known");
        }
    }
}

async fn look(
    agent: &DeployAgent,
    programs: &mut Programs,
    watched: &mut BTreeMap<Key, Watched>,
    begun: Instant,
) -> Result<(), String> {
    *programs = programs::live(agent, programs).await?;
    let followed: BTreeMap<Key, (Uuid, &Service, &Autoscale)> = programs
        .iter()
        .flat_map(|(environment, (release, ir))| {
            ir.components.iter().filter_map(|(node, component)| match &component.spec {
                Spec::Service(service) => {
                    Some(((*environment, node.clone()), (*release, service, service.autoscale.as_ref()?)))
                }
                _ => None,
            })
        })
        .collect();
    watched.retain(|key, _| followed.contains_key(key));
    if followed.is_empty() {
        return Ok(());
    }
    let mut samples = samples(agent, &followed, begun).await?;
    for (key, (release, service, scale)) in &followed {
        let watched = watched.entry(key.clone()).or_default();
        watched.add(samples.remove(key).unwrap_or_default());
        let decided = decide(agent, watched, key, *release, service, scale, begun.elapsed()).await;
        decided.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// What the copies of these services use now, by container and its start.
async fn samples(
    agent: &DeployAgent,
    followed: &BTreeMap<Key, (Uuid, &Service, &Autoscale)>,
    begun: Instant,
) -> Result<BTreeMap<Key, BTreeMap<String, Sample>>, String> {
    let engine = agent.docker.engine();
    let own = [(labels::TARGET, agent.docker.name()), (labels::ROLE, "service")];
    let all = engine.containers(&own).await.map_err(|error| error.to_string())?;
    let copies = all.into_iter().filter_map(|container| {
        let environment = container.label(labels::ENVIRONMENT).parse().ok()?;
        let key = (environment, container.label(labels::NODE).parse().ok()?);
        (container.is_running() && followed.contains_key(&key)).then_some((key, container))
    });
    let asked = futures::stream::iter(copies).map(|(key, container)| async move {
        let usage = engine.usage(&container.id).await;
        let at = begun.elapsed();
        let sample = usage.map(|usage| {
            let usage = usage?;
            Some(Sample { at, computed: usage.computed, memory: usage.memory })
        });
        (key, format!("{} {:?}", container.id, container.started_at), sample)
    });
    let asked: Vec<_> = asked.buffer_unordered(AT_A_TIME).collect().await;
    let mut samples: BTreeMap<Key, BTreeMap<String, Sample>> = BTreeMap::new();
    for (key, copy, sample) in asked {
        if let Some(sample) = sample.map_err(|error| error.to_string())? {
            samples.entry(key).or_default().insert(copy, sample);
        }
    }
    Ok(samples)
}

/// Wants another number of copies where the load says so, unless something is under way with the environment.
async fn decide(
    agent: &DeployAgent,
    watched: &mut Watched,
    (environment, node): &Key,
    release: Uuid,
    service: &Service,
    scale: &Autoscale,
    now: Duration,
) -> Result<(), sqlx::Error> {
    let mut tx = agent.store.system().await?;
    let wanted = scales::of(&mut tx, *environment).await?;
    let until_now = within(scale, wanted.get(node).copied().unwrap_or(0));
    let Some(to) = watched.decide(scale, &service.resources, until_now, now) else { return Ok(()) };
    if !repairs::hold(&mut tx, *environment, release).await? {
        return Ok(());
    }
    let org = environments::place(&mut tx, *environment).await?.environment.org;
    scales::set(&mut tx, org, *environment, node, until_now, to).await?;
    tx.commit().await?;
    watched.changed();
    tracing::info!(%environment, %node, from = until_now, to, "the number of copies follows the load");
    Ok(())
}
