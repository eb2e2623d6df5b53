//! Waiting until new containers are healthy, and stay so.

use std::time::Duration;

use futures::future::try_join_all;
use helios_client::{Failure, FailureKind};
use oal_ir::NodeId;
use oal_ir::v1::{Probe, UpdateFailure};
use tokio::time::Instant;

use super::release::Release;
use super::{Docker, Halt, Step, pause, probe};
use crate::domain::container::RestartSpec;
use crate::domain::outputs::field;
use crate::engine::containers::Container;
use crate::roles::worker::JobContext;

/// A container that the engine has started again so often is in a crash loop.
const RESTARTS: u64 = 3;
/// How often a starting container is looked at.
const LOOK: Duration = Duration::from_millis(150);
/// How long an image's own probe may take; the program says nothing of it.
const IMAGE_PATIENCE: Duration = Duration::from_secs(300);

/// How long a container is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// It has become healthy.
    Healthy,
    /// And has stayed so for the program's `monitor` time.
    Steady,
}

impl Docker {
    /// Waits until all these copies of a service are healthy. A failure is let pass where the program says so.
    pub(super) async fn healthy(
        &self,
        release: &Release,
        node: &NodeId,
        names: &[String],
        until: Until,
        context: &JobContext,
    ) -> Step {
        let outcome =
            try_join_all(names.iter().map(|name| self.one_healthy(release, node, name, until, context))).await;
        let proceed =
            release.service(node).is_some_and(|service| matches!(service.update.on_failure, UpdateFailure::Proceed));
        match outcome {
            Ok(_) => Ok(()),
            Err(Halt::Failed(failure)) if proceed => {
                let message = release.redactor.text(&failure.message);
                context.log(Some(node), format!("{message}; the program says to go on"));
                Ok(())
            }
            Err(halt) => Err(halt),
        }
    }

    async fn one_healthy(
        &self,
        release: &Release,
        node: &NodeId,
        name: &str,
        until: Until,
        context: &JobContext,
    ) -> Step {
        let service = release.service(node);
        let questions = service.map(probe::questions).unwrap_or_default();
        let off = service.is_some_and(|service| matches!(service.health, Some(Probe::Off)));
        let begun = Instant::now();
        loop {
            let container = self.alive(node, name).await?;
            let complaint = self.complaint(release, node, &container, &questions, off).await;
            let Some(complaint) = complaint else { break };
            // Since the container's start, not since this look at it: whoever goes on where another was ended gives no more time.
            let since = container.started_at.and_then(|start| (chrono::Utc::now() - start).to_std().ok());
            let waited = since.unwrap_or_default().max(begun.elapsed().min(since.unwrap_or(begun.elapsed())));
            if complaint.is_final || waited > complaint.patience {
                let lines = self.engine.last_lines(name, super::failures::LAST_LINES).await;
                return Err(complaint.into_failure(node).log(lines).into());
            }
            pause(context, LOOK).await?;
        }
        self.found_healthy(name);
        context.log(Some(node), format!("{name} is healthy"));
        if until == Until::Healthy {
            return Ok(());
        }
        let monitor = service.map_or(0, |service| service.update.monitor.0);
        let end = Instant::now() + Duration::from_millis(monitor);
        let restarts = self.alive(node, name).await?.restarts;
        let every = questions.iter().map(|question| question.every).min().unwrap_or(Duration::from_secs(1));
        while Instant::now() < end {
            pause(context, every.min(Duration::from_millis(500)).min(end - Instant::now())).await?;
            let container = self.alive(node, name).await?;
            if container.restarts > restarts || !container.is_running() {
                return Err(self.ended(node, &container).await.into());
            }
            if let Some(complaint) = self.complaint(release, node, &container, &questions, off).await {
                // One bad answer is none: it counts when the next ones are bad, too.
                pause(context, every.min(Duration::from_secs(2))).await?;
                let container = self.alive(node, name).await?;
                if self.complaint(release, node, &container, &questions, off).await.is_some() {
                    let lines = self.engine.last_lines(name, super::failures::LAST_LINES).await;
                    return Err(complaint.into_failure(node).log(lines).into());
                }
            }
        }
        Ok(())
    }

    /// The container, if there is hope for it.
    async fn alive(&self, node: &NodeId, name: &str) -> Step<Container> {
        let Some(container) = self.engine.container(name).await? else {
            let message = format!("a container of `{node}` was removed by somebody else");
            return Err(Failure::new(FailureKind::Start, "", message).of(node.clone()).into());
        };
        let again = !matches!(container.restart, RestartSpec::Never);
        let gone = matches!(container.state.as_str(), "exited" | "dead");
        // With `on_failure` the engine leaves one alone that ended well.
        let given_up = gone && (!again || container.exit_code == 0 || container.restarts > 0);
        if container.restarts >= RESTARTS || given_up {
            return Err(self.ended(node, &container).await.into());
        }
        Ok(container)
    }

    /// What speaks against a running container; nothing if it is healthy.
    async fn complaint(
        &self,
        release: &Release,
        node: &NodeId,
        container: &Container,
        questions: &[probe::Question<'_>],
        off: bool,
    ) -> Option<Complaint> {
        if !container.is_running() {
            let words = format!("it is {}", container.state);
            return Some(Complaint { field: None, words, patience: IMAGE_PATIENCE, is_final: false });
        }
        let service = release.service(node)?;
        let mut by_engine = false;
        for question in questions {
            let complaint = |words, is_final| Complaint {
                field: Some(question.field),
                words,
                patience: question.patience,
                is_final,
            };
            // The engine runs this one by itself; to run it twice would double its load.
            if matches!(question.probe, Probe::Exec { .. }) && container.health.is_some() && !by_engine {
                by_engine = true;
                match container.health.as_deref() {
                    Some("healthy") => continue,
                    other => {
                        let output = container.health_output.clone().unwrap_or_default();
                        let words = match output.trim() {
                            "" => "its probe has not succeeded yet".to_owned(),
                            output => format!("its probe says: {output}"),
                        };
                        return Some(complaint(words, other == Some("unhealthy")));
                    }
                }
            }
            if let Err(words) = self.ask(service, question.probe, container).await {
                return Some(complaint(words, false));
            }
        }
        if questions.is_empty() && !off {
            let output = container.health_output.clone().unwrap_or_default();
            let complaint = |is_final| Complaint {
                field: None,
                words: format!("the probe of its image says: {}", output.trim()),
                patience: IMAGE_PATIENCE,
                is_final,
            };
            return match container.health.as_deref() {
                Some("unhealthy") => Some(complaint(true)),
                Some("starting") => Some(complaint(false)),
                _ => None,
            };
        }
        None
    }
}

/// Why a container is not healthy.
struct Complaint {
    field: Option<&'static str>,
    words: String,
    /// After so long it counts.
    patience: Duration,
    /// It counts at once.
    is_final: bool,
}

impl Complaint {
    fn into_failure(self, node: &NodeId) -> Failure {
        let failure = Failure::new(FailureKind::Probe, "", format!("`{node}` did not become healthy: {}", self.words));
        let failure = failure.of(node.clone());
        match self.field {
            Some(name) => {
                failure.at(field([name])).help("look at its last lines, and whether port, path and `start_period` fit")
            }
            None => failure,
        }
    }
}
