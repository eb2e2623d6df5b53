//! Whether copies that run still work (`health`), and whether they can take requests (`ready`), asked for as long as they run. A
//! command as `health` is asked by the engine itself, as its own probe. A copy that is not ready gets no requests.
//!
//! What is known stands here only; it goes with the process, and is asked anew.

use std::collections::BTreeMap;
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use chrono::Utc;
use futures::StreamExt;
use helios_client::Failure;
use oal_ir::v1::{Probe, Service};
use tokio::time::Instant;

use super::{Docker, probe};
use crate::engine::EngineError;
use crate::engine::containers::Container;

/// So many copies are asked at a time.
const AT_A_TIME: usize = 32;

/// What is known of a copy.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// The run it is known of.
    started_at: Option<chrono::DateTime<Utc>>,
    /// When it is asked next.
    next: Instant,
    /// Bad answers in a row.
    bad: u64,
    /// `healthy`, `unhealthy` or `starting`.
    health: &'static str,
}

/// A copy of a service that is asked from here.
#[derive(Debug)]
pub struct Copy<'a> {
    /// Its service.
    pub service: &'a Service,
    /// It.
    pub container: &'a Container,
}

/// What a round of questions has shown.
#[derive(Debug, Default)]
pub struct Round {
    /// Containers of which something else is known than before, by name.
    pub changed: Vec<String>,
    /// Containers that gave so many bad answers in a row that they are to be started again, with the last one.
    pub broken: Vec<(String, String)>,
}

impl Docker {
    /// Forgets what is known of others than these.
    pub fn forget_others(&self, copies: &[Copy<'_>]) {
        self.healths().retain(|(name, _), _| copies.iter().any(|copy| copy.container.name == *name));
    }

    /// Asks the copies whose time has come.
    pub async fn ask_copies(&self, copies: &[Copy<'_>]) -> Round {
        let now = Instant::now();
        let due: Vec<_> = {
            let all = self.healths();
            let questions =
                copies.iter().flat_map(|copy| asked(copy.service).map(move |(field, probe)| (copy, field, probe)));
            questions
                .filter(|(copy, field, _)| known(&all, copy.container, field).is_none_or(|known| known.next <= now))
                .collect()
        };
        let mut questions = Vec::new();
        for (copy, field, probe) in due {
            questions.push(async move { (copy, field, probe, self.ask(copy.service, probe, copy.container).await) });
        }
        let answers: Vec<_> = futures::stream::iter(questions).buffer_unordered(AT_A_TIME).collect().await;
        let mut round = Round::default();
        let mut all = self.healths();
        for (copy, field, probe, answer) in answers {
            let Some((every, _, retries, start_period)) = probe::timing(probe) else { continue };
            let container = copy.container;
            let next = now + Duration::from_millis(every.0);
            let before = known(&all, container, field);
            let was = before.map(|known| known.health);
            let age = container.started_at.and_then(|start| (Utc::now() - start).to_std().ok()).unwrap_or_default();
            let forgiven = was != Some(HEALTHY) && age < Duration::from_millis(start_period.0);
            let bad = if answer.is_ok() || forgiven { 0 } else { before.map_or(0, |known| known.bad) + 1 };
            let health = match &answer {
                Ok(()) => HEALTHY,
                Err(_) if bad >= retries.max(1) => UNHEALTHY,
                // Who has just been started again takes requests once it has said so.
                Err(_) if field == READY => was.unwrap_or(UNHEALTHY),
                Err(_) => was.unwrap_or("starting"),
            };
            if field == HEALTH {
                if was != Some(health) {
                    round.changed.push(container.name.clone());
                }
                if let (Err(why), UNHEALTHY) = (answer, health) {
                    round.broken.push((container.name.clone(), why));
                }
            }
            let known = Known { started_at: container.started_at, next, bad, health };
            all.insert((container.name.clone(), field), known);
        }
        round
    }

    /// Lets requests go only to those of these copies that are ready.
    ///
    /// # Errors
    /// The edge.
    pub async fn leave_out(&self, copies: &[Copy<'_>]) -> Result<(), Failure> {
        let addresses = {
            let all = self.healths();
            let unready =
                |copy: &&Copy<'_>| known(&all, copy.container, READY).is_some_and(|known| known.health == UNHEALTHY);
            copies.iter().filter(unready).flat_map(|copy| super::sites::places(copy.container, copy.service)).collect()
        };
        Ok(self.edge.leave_out(addresses).await?)
    }

    /// Takes over that a rollout has found a copy healthy: it may have been asked here a moment before.
    pub(super) fn found_healthy(&self, container: &str) {
        for ((_, _), known) in self.healths().iter_mut().filter(|((name, _), _)| name == container) {
            (known.health, known.bad) = ("healthy", 0);
        }
    }

    fn healths(&self) -> MutexGuard<'_, Healths> {
        self.healths.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a copy's health.
    pub(super) fn health_of(&self, container: &Container) -> Option<String> {
        known(&self.healths(), container, HEALTH).map(|known| known.health.to_owned())
    }

    /// Starts a copy again.
    ///
    /// # Errors
    /// The engine.
    pub async fn start_again(&self, service: &Service, name: &str) -> Result<(), EngineError> {
        self.engine.stop_container(name, Duration::from_millis(service.stop_grace.0)).await?;
        self.engine.start_container(name).await
    }
}

/// The questions that are asked from here, by the field in which they stand.
pub fn asked(service: &Service) -> impl Iterator<Item = (&'static str, &Probe)> {
    let health = service.health.as_ref().filter(|probe| !matches!(probe, Probe::Exec { .. } | Probe::Off));
    let ready = service.ready.as_ref().filter(|probe| !matches!(probe, Probe::Off));
    health.map(|probe| (HEALTH, probe)).into_iter().chain(ready.map(|probe| (READY, probe)))
}

const HEALTH: &str = "health";
const READY: &str = "ready";
const HEALTHY: &str = "healthy";
const UNHEALTHY: &str = "unhealthy";

/// What is known of copies, by their name and the field of the question.
pub(super) type Healths = BTreeMap<(String, &'static str), Known>;

/// What is known of this run of a copy.
fn known<'h>(all: &'h Healths, container: &Container, field: &'static str) -> Option<&'h Known> {
    all.get(&(container.name.clone(), field)).filter(|known| known.started_at == container.started_at)
}
