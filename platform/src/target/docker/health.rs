//! Whether copies that run still work: their services' HTTP and TCP questions, asked for as long as they run. A command
//! (`exec`) is asked by the engine itself, as its own probe.
//!
//! What is known stands here only; it goes with the process, and is asked anew.

use std::collections::BTreeMap;
use std::sync::PoisonError;
use std::time::Duration;

use chrono::Utc;
use futures::StreamExt;
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
    pub(super) health: &'static str,
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
    /// Asks the copies whose time has come. What is known of others than these is forgotten.
    pub async fn ask_copies(&self, copies: &[Copy<'_>]) -> Round {
        let now = Instant::now();
        let due: Vec<_> = {
            let mut all = self.healths.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|name, _| copies.iter().any(|copy| copy.container.name == *name));
            copies
                .iter()
                .filter_map(|copy| {
                    let probe = asked(copy.service)?;
                    let known = all.get(&copy.container.name);
                    let same = known.filter(|known| known.started_at == copy.container.started_at);
                    same.is_none_or(|known| known.next <= now).then_some((copy, probe))
                })
                .collect()
        };
        let mut questions = Vec::new();
        for (copy, probe) in due {
            questions.push(async move { (copy, probe, self.ask(copy.service, probe, copy.container).await) });
        }
        let asked: Vec<_> = futures::stream::iter(questions).buffer_unordered(AT_A_TIME).collect().await;
        let mut round = Round::default();
        let mut all = self.healths.lock().unwrap_or_else(PoisonError::into_inner);
        for (copy, probe, answer) in asked {
            let Some((every, _, retries, start_period)) = probe::timing(probe) else { continue };
            let container = copy.container;
            let next = now + Duration::from_millis(every.0);
            let before = all.get(&container.name).filter(|known| known.started_at == container.started_at);
            let was = before.map(|known| known.health);
            let age = container.started_at.and_then(|start| (Utc::now() - start).to_std().ok()).unwrap_or_default();
            let forgiven = was != Some("healthy") && age < Duration::from_millis(start_period.0);
            let bad = if answer.is_ok() || forgiven { 0 } else { before.map_or(0, |known| known.bad) + 1 };
            let health = match &answer {
                Ok(()) => "healthy",
                Err(_) if bad >= retries.max(1) => "unhealthy",
                Err(_) => was.unwrap_or("starting"),
            };
            if was != Some(health) {
                round.changed.push(container.name.clone());
            }
            if let (Err(why), "unhealthy") = (answer, health) {
                round.broken.push((container.name.clone(), why));
            }
            all.insert(container.name.clone(), Known { started_at: container.started_at, next, bad, health });
        }
        round
    }

    /// What is known of a copy's health.
    pub(super) fn health_of(&self, container: &Container) -> Option<String> {
        let all = self.healths.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(&container.name).filter(|known| known.started_at == container.started_at)?;
        Some(known.health.to_owned())
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

/// The question that is asked from here, if there is one.
#[must_use]
pub fn asked(service: &Service) -> Option<&Probe> {
    service.health.as_ref().filter(|probe| matches!(probe, Probe::Http { .. } | Probe::Tcp { .. }))
}

/// What is known of copies, by their name.
pub(super) type Healths = BTreeMap<String, Known>;
