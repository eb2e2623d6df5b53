//! What runs.

use std::collections::BTreeMap;

use helios_client::Failure;

use super::{Docker, failures};
use crate::domain::job::{DeployJob, EnvironmentRef, Instance};
use crate::domain::naming::labels;
use crate::engine::EngineError;
use crate::engine::containers::Container;

impl Docker {
    /// The containers of an environment, runs of jobs among them, by name.
    pub(super) async fn containers(&self, environment: &EnvironmentRef) -> Result<Vec<Container>, EngineError> {
        let id = environment.id.to_string();
        self.engine.containers(&[(labels::TARGET, &self.name), (labels::ENVIRONMENT, &id)]).await
    }

    /// The containers of components that run all the time, as others see them.
    pub(super) async fn instances(&self, environment: &EnvironmentRef) -> Result<Vec<Instance>, EngineError> {
        let containers = self.containers(environment).await?;
        Ok(containers
            .into_iter()
            .filter(|container| container.label(labels::ROLE) != "run")
            .filter_map(|container| {
                let known = self.health_of(&container);
                let seen = instance(container)?;
                Some(Instance { health: seen.health.or(known), ..seen })
            })
            .collect())
    }

    /// What differs between a release and what runs, one line each.
    pub(super) async fn difference(&self, job: &DeployJob) -> Result<Vec<String>, Failure> {
        let release = self.release(&job.environment, &job.release).await?;
        let containers = self.containers(&job.environment).await.map_err(failures::of_engine)?;
        let mut there: BTreeMap<&str, &Container> =
            containers.iter().map(|container| (container.name.as_str(), container)).collect();
        let mut lines = Vec::new();
        for (node, unit) in &release.units {
            for replica in 0..unit.replicas {
                let name = release.container_name(node, unit, replica);
                match there.remove(name.as_str()) {
                    None => lines.push(format!("{node}: copy {replica} is missing")),
                    Some(container) if container.label(labels::SPEC) != unit.digest => {
                        lines.push(format!("{node}: copy {replica} is another one"));
                    }
                    Some(container) if !container.is_running() => {
                        lines.push(format!("{node}: copy {replica} is {}", container.state));
                    }
                    Some(_) => {}
                }
            }
        }
        for container in there.values().filter(|container| container.label(labels::ROLE) != "run") {
            lines.push(format!("{}: {} is not of this release", container.label(labels::NODE), container.name));
        }
        let mut wanted = self.sites(&release, &containers)?;
        let told = self.edge.routes(job.environment.id).await?;
        super::traffic::choose_sides(&told, &mut wanted);
        if wanted != told.sites {
            lines.push("the edge serves something else".to_owned());
        }
        lines.sort();
        Ok(lines)
    }
}

fn instance(container: Container) -> Option<Instance> {
    Some(Instance {
        node: container.label(labels::NODE).parse().ok()?,
        replica: container.label(labels::REPLICA).parse().unwrap_or(0),
        release: container.label(labels::RELEASE).parse().unwrap_or(0),
        image: container.image,
        health: container.health,
        restarts: container.restarts,
        exit_code: (container.state == "exited").then_some(container.exit_code),
        oom_killed: container.oom_killed,
        started_at: container.started_at,
        state: container.state,
        container: container.name,
    })
}
