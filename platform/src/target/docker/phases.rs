//! The phases of a deployment; see [`Phase`].

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::try_join_all;
use oal_ir::NodeId;
use oal_ir::v1::Condition;

use super::release::{Release, Unit, UnitKind};
use super::verify::Until;
use super::{Docker, Halt, Step, failures, pause};
use crate::domain::job::{DeployJob, DeployResult, Phase};
use crate::domain::managed;
use crate::domain::naming::labels;
use crate::engine::containers::Container;
use crate::roles::worker::{JobContext, JobError};

impl Docker {
    pub(super) async fn phase(&self, job: &DeployJob, context: &JobContext) -> Result<DeployResult, JobError> {
        let outcome = self.work(job, context).await;
        if let Err(Halt::Job(error)) = outcome {
            return Err(error);
        }
        // What is said to be so is what was seen, not what was done.
        let observed = self.instances(&job.environment).await.map_err(|error| JobError::Away(error.to_string()))?;
        Ok(match outcome {
            Ok(urls) => DeployResult::Done { observed, urls },
            Err(Halt::Failed(failure)) => {
                let mut failure = self.redactor(job.environment.id).failure(*failure);
                if failure.stage.is_empty() {
                    failures::stage(job.phase).clone_into(&mut failure.stage);
                }
                DeployResult::Failed { failure: Box::new(failure), observed }
            }
            Err(Halt::Job(error)) => return Err(error),
        })
    }

    /// Does the phase; gives the URLs that are served.
    async fn work(&self, job: &DeployJob, context: &JobContext) -> Step<Vec<String>> {
        let release = async || self.release(&job.environment, &job.release).await;
        match job.phase {
            Phase::Release => self.prepare(&release().await?, context).await?,
            Phase::Start => self.start(&release().await?, context).await?,
            Phase::Verify => self.verify(&release().await?, context).await?,
            Phase::Shift => return self.shift(&release().await?, context).await,
            Phase::Drain => self.drain(&release().await?, job, context).await?,
            Phase::Converge => return self.make(&release().await?, true, context).await,
            Phase::RollBack | Phase::CleanUp => match &job.previous {
                Some(previous) => {
                    let previous = self.release(&job.environment, previous).await?;
                    return self.make(&previous, job.phase == Phase::RollBack, context).await;
                }
                None => self.take_down(&release().await?, context).await?,
            },
            Phase::Down => self.take_down(&release().await?, context).await?,
            Phase::Destroy => {
                self.take_down(&release().await?, context).await?;
                self.remove_volumes(&job.environment, None, &BTreeSet::new(), context).await?;
            }
        }
        Ok(Vec::new())
    }

    /// Networks, volumes, managed components, and the jobs that need no service of the release.
    async fn prepare(&self, release: &Release, context: &JobContext) -> Step {
        self.names_are_free(release).await?;
        self.ensure_place(release, context).await?;
        for level in &release.ir.graph.order {
            try_join_all(level.iter().map(|node| self.prepare_one(release, node, context))).await?;
        }
        Ok(())
    }

    async fn prepare_one(&self, release: &Release, node: &NodeId, context: &JobContext) -> Step {
        if let Some(unit @ Unit { kind: UnitKind::Managed(_), .. }) = release.units.get(node) {
            return self.ensure_managed(release, node, unit, context).await;
        }
        if release.runs_on_release(node) && !release.needs_service(node) {
            return self.release_job(release, node, context).await;
        }
        Ok(())
    }

    /// New copies of services, in the graph's order, and the jobs that need them.
    async fn start(&self, release: &Release, context: &JobContext) -> Step {
        let there = self.containers(&release.environment).await?;
        for level in &release.ir.graph.order {
            try_join_all(level.iter().map(|node| self.start_one(release, node, &there, context))).await?;
        }
        Ok(())
    }

    async fn start_one(&self, release: &Release, node: &NodeId, there: &[Container], context: &JobContext) -> Step {
        if release.runs_on_release(node) && release.needs_service(node) {
            return self.release_job(release, node, context).await;
        }
        let Some(unit @ Unit { kind: UnitKind::Service { .. }, .. }) = release.units.get(node) else { return Ok(()) };
        if unit.stop_first() && !self.older(release, node, there).is_empty() {
            return Ok(());
        }
        let Some(service) = release.service(node) else { return Ok(()) };
        // A route needs it healthy, too, and gets it so: after `verify`.
        let starts =
            |edge: &&oal_ir::v1::Edge| release.units.contains_key(&edge.from) || release.runs_on_release(&edge.from);
        let waited_for = release.ir.graph.needed_by(node).filter(starts).any(|edge| edge.until == Condition::Healthy);
        let at_a_time = usize::try_from(service.update.parallelism).unwrap_or(usize::MAX).max(1);
        let replicas: Vec<u32> = (0..unit.replicas).collect();
        let mut steps = replicas.chunks(at_a_time).peekable();
        while let Some(step) = steps.next() {
            let missing = self.missing(release, node, unit, step, there);
            let names =
                try_join_all(step.iter().map(|replica| self.ensure(release, node, unit, *replica, context))).await?;
            let more = steps.peek().is_some() && missing;
            if waited_for || more {
                self.healthy(release, node, &names, Until::Healthy, context).await?;
            }
            if more {
                pause(context, Duration::from_millis(service.update.delay.0)).await?;
            }
        }
        Ok(())
    }

    /// Whether any of these copies is not there yet.
    fn missing(&self, release: &Release, node: &NodeId, unit: &Unit, replicas: &[u32], there: &[Container]) -> bool {
        let runs = |name: &str| there.iter().any(|container| container.name == name && container.is_running());
        replicas.iter().any(|replica| !runs(&release.container_name(node, unit, *replica)))
    }

    /// Containers of a component that the release does not have: of an older one, or copies too many.
    fn older<'c>(&self, release: &Release, node: &NodeId, there: &'c [Container]) -> Vec<&'c Container> {
        let Some(unit) = release.units.get(node) else { return Vec::new() };
        let wanted: BTreeSet<String> =
            (0..unit.replicas).map(|replica| release.container_name(node, unit, replica)).collect();
        there
            .iter()
            .filter(|container| {
                container.label(labels::NODE) == node.as_str() && container.label(labels::ROLE) == unit.role()
            })
            // A fixed name says nothing of what is behind it.
            .filter(|container| !wanted.contains(&container.name) || container.label(labels::SPEC) != unit.digest)
            .collect()
    }

    /// The new copies are healthy and stay so.
    async fn verify(&self, release: &Release, context: &JobContext) -> Step {
        // One that has gone since it was started comes back, or is found to be at fault.
        self.start(release, context).await?;
        let there = self.containers(&release.environment).await?;
        let of_this = |container: &&Container| container.label(labels::RELEASE) == release.number.to_string();
        let mut waits = Vec::new();
        for (node, unit) in &release.units {
            if !matches!(unit.kind, UnitKind::Service { .. })
                || unit.stop_first() && !self.older(release, node, &there).is_empty()
            {
                continue;
            }
            let names: Vec<String> = there
                .iter()
                .filter(of_this)
                .filter(|container| {
                    container.label(labels::NODE) == node.as_str() && container.label(labels::ROLE) == unit.role()
                })
                .map(|container| container.name.clone())
                .collect();
            waits.push(async move { self.healthy(release, node, &names, Until::Steady, context).await });
        }
        try_join_all(waits).await?;
        Ok(())
    }

    /// Traffic goes over; services of which there cannot be two are replaced.
    async fn shift(&self, release: &Release, context: &JobContext) -> Step<Vec<String>> {
        let mut urls = self.tell(release, context).await?;
        for node in release.ir.graph.order.iter().flatten() {
            let there = self.containers(&release.environment).await?;
            let Some(unit @ Unit { kind: UnitKind::Service { stop_first: true }, .. }) = release.units.get(node) else {
                continue;
            };
            let whole = !self.missing(release, node, unit, &(0..unit.replicas).collect::<Vec<_>>(), &there);
            if whole && self.older(release, node, &there).is_empty() {
                continue;
            }
            self.replace(release, node, unit, context).await?;
            urls = self.tell(release, context).await?;
        }
        Ok(urls)
    }

    /// Stops old copies and starts new ones in their place, so many at a time as the program says.
    async fn replace(&self, release: &Release, node: &NodeId, unit: &Unit, context: &JobContext) -> Step {
        let (at_a_time, delay) = release.service(node).map_or((1, 0), |service| {
            (usize::try_from(service.update.parallelism).unwrap_or(usize::MAX).max(1), service.update.delay.0)
        });
        let replicas: Vec<u32> = (0..unit.replicas).collect();
        let steps = replicas.chunks(at_a_time).count();
        for (index, step) in replicas.chunks(at_a_time).enumerate() {
            let there = self.containers(&release.environment).await?;
            let last = index + 1 == steps;
            for old in self.older(release, node, &there) {
                let replica = old.label(labels::REPLICA).parse::<u32>().unwrap_or(0);
                if step.contains(&replica) || last {
                    context.go_on()?;
                    self.remove(release, old, context).await?;
                }
            }
            let names =
                try_join_all(step.iter().map(|replica| self.ensure(release, node, unit, *replica, context))).await?;
            self.healthy(release, node, &names, Until::Steady, context).await?;
            if !last {
                pause(context, Duration::from_millis(delay)).await?;
            }
        }
        Ok(())
    }

    /// What the release does not have goes, once its requests have ended; at the very end the data that was given up.
    async fn drain(&self, release: &Release, job: &DeployJob, context: &JobContext) -> Step {
        self.remove_others(release, context).await?;
        self.remove_networks(&release.environment, Some(release), context).await?;
        if !job.give_up.is_empty() {
            let program = release.program();
            let used = |(node, component): (&NodeId, &oal_ir::v1::Component)| {
                managed::volumes(&program, node, &component.spec)
            };
            let keep = release.ir.components.iter().flat_map(used).collect();
            self.remove_volumes(&release.environment, Some(&job.give_up), &keep, context).await?;
        }
        Ok(())
    }

    /// Makes what runs equal to a release, whatever there is, and gives the URLs that are served.
    async fn make(&self, release: &Release, healthy: bool, context: &JobContext) -> Step<Vec<String>> {
        self.ensure_place(release, context).await?;
        for level in &release.ir.graph.order {
            try_join_all(level.iter().map(|node| self.make_one(release, node, healthy, context))).await?;
        }
        let urls = self.tell(release, context).await?;
        self.remove_others(release, context).await?;
        self.remove_networks(&release.environment, Some(release), context).await?;
        Ok(urls)
    }

    async fn make_one(&self, release: &Release, node: &NodeId, healthy: bool, context: &JobContext) -> Step {
        let Some(unit) = release.units.get(node) else { return Ok(()) };
        if matches!(unit.kind, UnitKind::Managed(_)) {
            return self.ensure_managed(release, node, unit, context).await;
        }
        let there = self.containers(&release.environment).await?;
        if unit.stop_first() {
            for old in self.older(release, node, &there) {
                context.go_on()?;
                self.remove(release, old, context).await?;
            }
        }
        let names =
            try_join_all((0..unit.replicas).map(|replica| self.ensure(release, node, unit, replica, context))).await?;
        if healthy {
            self.healthy(release, node, &names, Until::Healthy, context).await?;
        }
        Ok(())
    }

    /// Takes away every container that the release does not have, but for runs that somebody asked for.
    async fn remove_others(&self, release: &Release, context: &JobContext) -> Step {
        let wanted = release.container_names();
        let there = self.containers(&release.environment).await?;
        let (runs, others): (Vec<&Container>, Vec<&Container>) = there
            .iter()
            .filter(|container| !wanted.contains(&container.name))
            .partition(|container| container.label(labels::ROLE) == "run");
        self.wait_for_requests(release, &others, context).await?;
        try_join_all(others.into_iter().map(|container| async move {
            context.go_on()?;
            self.remove(release, container, context).await
        }))
        .await?;
        for run in runs.into_iter().filter(|run| run.label(labels::JOB).starts_with("release ")) {
            context.go_on()?;
            self.remove(release, run, context).await?;
        }
        Ok(())
    }

    /// Everything goes but the volumes.
    async fn take_down(&self, release: &Release, context: &JobContext) -> Step {
        context.go_on()?;
        self.tell_nothing(&release.environment).await?;
        let there = self.containers(&release.environment).await?;
        // Who needs others first: a service may still want to write to its database.
        let rank = |container: &Container| {
            let level = release
                .ir
                .graph
                .order
                .iter()
                .position(|level| level.iter().any(|node| node.as_str() == container.label(labels::NODE)));
            std::cmp::Reverse(level.unwrap_or(usize::MAX))
        };
        let mut ranked: Vec<&Container> = there.iter().collect();
        ranked.sort_by_key(|container| rank(container));
        let all: Vec<&Container> = ranked.clone();
        self.wait_for_requests(release, &all, context).await?;
        for group in ranked.chunk_by(|a, b| rank(a) == rank(b)) {
            try_join_all(group.iter().map(|container| async move {
                context.go_on()?;
                self.remove(release, container, context).await
            }))
            .await?;
        }
        self.remove_networks(&release.environment, None, context).await
    }
}
