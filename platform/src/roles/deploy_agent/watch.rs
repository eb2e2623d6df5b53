//! Watching the engine: what runs is written down whenever it changes, and from time to time; containers that have come back
//! with another address are made known to the edge, and an edge that has forgotten everything is told again.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::StreamExt;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{DeployAgent, health, runs, scale};
use crate::domain::naming::labels;
use crate::store::{environments, instances};
use crate::target::Target;

/// Events that come together are looked at together.
const TOGETHER: Duration = Duration::from_millis(300);
/// How often everything is looked at, events or not. Readers of `instances` take what is older than two minutes for unknown.
const ALL: Duration = Duration::from_secs(30);
/// How often the edge is asked whether it serves what it should.
const EDGE: Duration = Duration::from_secs(5);
/// The pause before the engine is asked again when it has broken off.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn watch(agent: DeployAgent, shutdown: CancellationToken) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        ((), (), (), ()) = async { tokio::join!(containers(&agent), edge(&agent), health::ask(&agent), scale::follow(&agent)) } => {}
    }
}

async fn edge(agent: &DeployAgent) {
    let mut tick = interval(EDGE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut answered = true;
    loop {
        tick.tick().await;
        match agent.docker.edge().retell().await {
            Ok(()) => answered = true,
            Err(trouble) => {
                if std::mem::take(&mut answered) {
                    tracing::warn!(%trouble, "the edge does not serve what it should");
                }
            }
        }
    }
}

async fn containers(agent: &DeployAgent) {
    let mut tick = interval(ALL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut events = agent.docker.engine().container_events(&[(labels::TARGET, agent.docker.name())]);
        // What happened while nobody listened.
        look_at_all(agent).await;
        loop {
            let mut touched = BTreeSet::new();
            tokio::select! {
                _ = tick.tick() => look_at_all(agent).await,
                event = events.next() => match event {
                    Some(Ok(event)) => touched.extend(environment(&event.attributes)),
                    Some(Err(error)) => {
                        tracing::warn!(%error, "the engine tells nothing more");
                        break;
                    }
                    None => break,
                },
            }
            if touched.is_empty() {
                continue;
            }
            tokio::time::sleep(TOGETHER).await;
            while let Some(Some(Ok(event))) = futures::FutureExt::now_or_never(events.next()) {
                touched.extend(environment(&event.attributes));
            }
            for environment in touched {
                look_at(agent, environment).await;
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

fn environment(attributes: &std::collections::BTreeMap<String, String>) -> Option<Uuid> {
    attributes.get(labels::ENVIRONMENT)?.parse().ok()
}

async fn look_at_all(agent: &DeployAgent) {
    let known = async {
        let mut tx = agent.store.system().await?;
        instances::environments(&mut tx, agent.docker.name()).await
    };
    let mut all: BTreeSet<Uuid> = match known.await {
        Ok(known) => known.into_iter().collect(),
        Err(error) => {
            tracing::warn!(%error, "the environments of the target are not known");
            return;
        }
    };
    match agent.docker.engine().containers(&[(labels::TARGET, agent.docker.name())]).await {
        Ok(containers) => {
            all.extend(containers.iter().filter_map(|one| one.label(labels::ENVIRONMENT).parse::<Uuid>().ok()))
        }
        Err(error) => {
            tracing::warn!(%error, "what runs is not known");
            return;
        }
    }
    for environment in all {
        look_at(agent, environment).await;
    }
    if let Err(error) = runs::end_orphans(agent).await {
        tracing::warn!(error, "runs whose jobs have ended could not be looked for");
    }
}

/// Writes down what runs of an environment, and makes known to the edge where it is.
pub(super) async fn look_at(agent: &DeployAgent, environment: Uuid) {
    let look = async {
        let mut tx = agent.store.system().await.map_err(|error| error.to_string())?;
        let place = match environments::place(&mut tx, environment).await {
            Ok(place) => place,
            // Another platform's.
            Err(sqlx::Error::RowNotFound) => return Ok(()),
            Err(error) => return Err(error.to_string()),
        };
        drop(tx);
        agent.docker.follow_addresses(&place.environment).await.map_err(|failure| failure.message)?;
        agent.write_down(&place.environment, false).await
    };
    if let Err(error) = look.await {
        tracing::warn!(%environment, error, "what runs could not be looked at");
    }
}
