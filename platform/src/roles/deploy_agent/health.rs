//! Copies of live services that no longer work are started again, as their program says with `health`; what is known of each is
//! written down. While a deployment of the environment is under way it judges its copies itself. Copies that are not ready get
//! no requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use oal_ir::v1::{Restart, Service, Spec};
use oal_ir::{Ir, NodeId};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};
use uuid::Uuid;

use super::programs::{self, Programs};
use super::{DeployAgent, watch};
use crate::domain::naming::labels;
use crate::engine::containers::Container;
use crate::store::repairs;
use crate::target::Target;
use crate::target::docker::health::{Copy, asked};

/// How often it is looked whose time has come; no question is asked more often.
const TICK: Duration = Duration::from_millis(500);
/// How often it is looked what runs.
const LOOK: Duration = Duration::from_secs(5);

/// What is live.
#[derive(Default)]
struct Live {
    /// Releases by environment.
    releases: Programs,
    /// Containers of services that are asked.
    containers: Vec<(Uuid, NodeId, Container)>,
}

impl Live {
    fn copies(&self, of: impl Fn(Uuid) -> bool) -> Vec<Copy<'_>> {
        self.containers.iter().filter(|(environment, ..)| of(*environment)).filter_map(|one| copy(self, one)).collect()
    }
}

/// What is live, as it was seen last, and a way to have it looked at again.
#[derive(Default)]
struct Seen {
    live: Mutex<Arc<Live>>,
    again: Notify,
}

impl Seen {
    fn now(&self) -> Arc<Live> {
        Arc::clone(&self.live.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Asks for as long as the process lives. Each environment is asked at its own pace: a copy that lets its questions wait, or takes
/// long to stop, holds up nobody else.
pub(super) async fn ask(agent: &DeployAgent) {
    let seen = Arc::new(Seen::default());
    tokio::join!(keep_looking(agent, &seen), keep_asking(agent, &seen), leave_out(agent, &seen));
}

async fn keep_looking(agent: &DeployAgent, seen: &Seen) {
    let (mut ticks, mut programs) = (ticks(LOOK), Programs::new());
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = seen.again.notified() => {}
        }
        match look(agent, &mut programs).await {
            Ok(live) => {
                agent.docker.forget_others(&live.copies(|_| true));
                *seen.live.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(live);
            }
            // Those that are known go on being asked.
            Err(error) => tracing::warn!(error, "new copies are not asked whether they work"),
        }
    }
}

async fn keep_asking(agent: &DeployAgent, seen: &Arc<Seen>) {
    let (mut ticks, mut rounds, mut busy) = (ticks(TICK), JoinSet::new(), BTreeMap::new());
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                let of: BTreeSet<Uuid> = seen.now().containers.iter().map(|(environment, ..)| *environment).collect();
                for environment in of {
                    busy.entry(environment).or_insert_with(|| {
                        let (agent, seen) = (agent.clone(), Arc::clone(seen));
                        rounds.spawn(async move { round(&agent, &seen, environment).await }).id()
                    });
                }
            }
            Some(ended) = rounds.join_next_with_id() => {
                let id = ended.as_ref().map_or_else(|error| error.id(), |(id, ())| *id);
                busy.retain(|_, round| *round != id);
            }
        }
    }
}

/// Lets no requests go to copies that are not ready.
async fn leave_out(agent: &DeployAgent, seen: &Seen) {
    let mut ticks = ticks(TICK);
    loop {
        ticks.tick().await;
        if let Err(failure) = agent.docker.leave_out(&seen.now().copies(|_| true)).await {
            tracing::warn!(failure = failure.message, "requests go to copies that are not ready");
        }
    }
}

/// Asks the copies of an environment once, and starts again those that do not work.
async fn round(agent: &DeployAgent, seen: &Seen, environment: Uuid) {
    let live = seen.now();
    let round = agent.docker.ask_copies(&live.copies(|of| of == environment)).await;
    if round.changed.is_empty() && round.broken.is_empty() {
        return;
    }
    for (name, why) in round.broken {
        if let Some((_, node, container)) = live.containers.iter().find(|(_, _, container)| container.name == name) {
            again(agent, &live, environment, node, container, &why).await;
            seen.again.notify_one();
        }
    }
    watch::look_at(agent, environment).await;
}

fn copy<'a>(live: &'a Live, (environment, node, container): &'a (Uuid, NodeId, Container)) -> Option<Copy<'a>> {
    let (_, ir) = live.releases.get(environment)?;
    Some(Copy { service: service(ir, node)?, container })
}

fn service<'a>(ir: &'a Ir, node: &NodeId) -> Option<&'a Service> {
    match &ir.components.get(node)?.spec {
        Spec::Service(service) => Some(service),
        _ => None,
    }
}

/// What is live now.
async fn look(agent: &DeployAgent, programs: &mut Programs) -> Result<Live, String> {
    *programs = programs::live(agent, programs).await?;
    let mut live = Live { releases: programs.clone(), containers: Vec::new() };
    live.releases.retain(|_, (_, ir)| {
        let mut services = ir.components.values().filter_map(|component| match &component.spec {
            Spec::Service(service) => asked(service).next(),
            _ => None,
        });
        services.next().is_some()
    });
    if live.releases.is_empty() {
        return Ok(live);
    }
    let all = agent.docker.engine().containers(&[(labels::TARGET, agent.docker.name())]).await;
    for container in all.map_err(|error| error.to_string())? {
        let environment = container.label(labels::ENVIRONMENT).parse::<Uuid>();
        let node = container.label(labels::NODE).parse::<NodeId>();
        let (Ok(environment), Ok(node)) = (environment, node) else { continue };
        let asked = live.releases.get(&environment).and_then(|(_, ir)| asked(service(ir, &node)?).next());
        if asked.is_some() && container.is_running() && container.label(labels::ROLE) == "service" {
            live.containers.push((environment, node, container));
        }
    }
    Ok(live)
}

/// Starts a copy again, unless the program does not want that, or something else is under way with the environment.
async fn again(agent: &DeployAgent, live: &Live, environment: Uuid, node: &NodeId, asked: &Container, why: &str) {
    let name = &*asked.name;
    let Some((release, ir)) = live.releases.get(&environment) else { return };
    let Some(service) = service(ir, node).filter(|service| service.restart != Restart::Never) else { return };
    // Kept to the end: no deployment puts another copy in its place meanwhile.
    let Some(_turn) = agent.try_turn(environment) else { return };
    let quiet = async {
        let mut tx = agent.store.system().await?;
        repairs::hold(&mut tx, environment, *release).await
    };
    match quiet.await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => return tracing::warn!(%error, "a copy that does not work"),
    }
    // A deployment that has ended just now may have put another one in its place, which nobody has asked yet.
    match agent.docker.engine().container(name).await {
        Ok(Some(now)) if now.id == asked.id && now.started_at == asked.started_at => {}
        Ok(_) => return,
        Err(error) => return tracing::warn!(container = name, %error, "a copy that does not work"),
    }
    tracing::warn!(%environment, %node, container = name, why, "a copy does not work and is started again");
    if let Err(error) = agent.docker.start_again(service, name).await {
        tracing::warn!(container = name, %error, "it could not be started again");
    }
}
