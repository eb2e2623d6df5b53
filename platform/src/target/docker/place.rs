//! The ground an environment stands on: networks and volumes.

use oal_ir::v1::{NetworkMode, Spec};

use super::release::Release;
use super::{Docker, Halt, Step};
use crate::domain::job::EnvironmentRef;
use crate::domain::managed;
use crate::domain::naming::labels;
use crate::domain::outputs::field;
use crate::engine::EngineError;
use crate::roles::worker::JobContext;
use helios_client::{Failure, FailureKind};
use std::collections::BTreeSet;

impl Docker {
    /// Makes the networks and volumes of a release that are missing.
    pub(super) async fn ensure_place(&self, release: &Release, context: &JobContext) -> Step {
        let own = self.labels(&release.environment);
        let names = release.program().names;
        for (group, network) in &release.ir.app.networks {
            context.go_on()?;
            let name = names.network(Some(group));
            let subnet = network.subnet.as_deref();
            let made = self.engine.ensure_network(&name, network.internal, subnet, self.subnets, &own).await;
            made.map_err(|error| network_failure(&format!("the network group `{group}`"), error))?;
        }
        if needs_common_network(release) {
            context.go_on()?;
            let made = self.engine.ensure_network(&names.network(None), false, None, self.subnets, &own).await;
            made.map_err(|error| network_failure("the environment's network", error))?;
        }
        let program = release.program();
        for (node, component) in &release.ir.components {
            let mut own = own.clone();
            own.insert(labels::NODE, node.to_string());
            if let Spec::Volume(volume) = &component.spec {
                if let Some(existing) = &volume.existing {
                    let id = release.environment.id.to_string();
                    let message = match self.engine.volume(existing).await? {
                        None => format!("there is no volume `{existing}` on this machine"),
                        // Data of one environment are nobody else's.
                        Some(labels) if labels.get(labels::ENVIRONMENT).is_some_and(|of| *of != id) => {
                            format!("the volume `{existing}` is that of another environment")
                        }
                        Some(_) => continue,
                    };
                    let failure = Failure::new(FailureKind::Start, "", message).of(node.clone());
                    return Err(failure.at(field(["existing"])).into());
                }
                context.go_on()?;
                let name = names.volume(node, "");
                let made =
                    self.engine.ensure_volume(&name, volume.driver.as_deref(), &volume.driver_options, &own).await;
                if let Err(error) = made {
                    return Err(match error {
                        error if error.is_away() => error.into(),
                        error => Failure::new(
                            FailureKind::Start,
                            "",
                            format!("the volume `{node}` could not be made: {error}"),
                        )
                        .of(node.clone())
                        .at(field(["driver"]))
                        .into(),
                    });
                }
                continue;
            }
            for name in managed::volumes(&program, node, &component.spec) {
                context.go_on()?;
                self.engine.ensure_volume(&name, None, &std::collections::BTreeMap::new(), &own).await?;
            }
        }
        Ok(())
    }

    /// Removes networks that the release no longer has; all of them if there is no release. Under a release, one that somebody
    /// still uses stays until the next time: what serves is not put at risk for it.
    pub(super) async fn remove_networks(
        &self,
        environment: &EnvironmentRef,
        keep: Option<&Release>,
        context: &JobContext,
    ) -> Step {
        let id = environment.id.to_string();
        let mut kept = BTreeSet::new();
        if let Some(release) = keep {
            let names = release.program().names;
            kept.extend(release.ir.app.networks.keys().map(|group| names.network(Some(group))));
            if needs_common_network(release) {
                kept.insert(names.network(None));
            }
        }
        for name in self.engine.networks(&[(labels::TARGET, &self.name), (labels::ENVIRONMENT, &id)]).await? {
            if !kept.contains(&name) {
                context.go_on()?;
                match self.engine.remove_network(&name).await {
                    Err(error) if keep.is_some() && error.is_in_use() => {
                        context.log(None, format!("the network {name} is still in use and stays for now"));
                    }
                    removed => removed?,
                }
            }
        }
        Ok(())
    }

    /// Removes volumes of these components; of all if none are named. Of those that are named, one that somebody still uses
    /// stays: what serves is not put at risk for it.
    pub(super) async fn remove_volumes(
        &self,
        environment: &EnvironmentRef,
        of: Option<&BTreeSet<oal_ir::NodeId>>,
        keep: &BTreeSet<String>,
        context: &JobContext,
    ) -> Step {
        let id = environment.id.to_string();
        let own = [(labels::TARGET, self.name.as_str()), (labels::ENVIRONMENT, id.as_str())];
        let volumes = match of {
            None => self.engine.volumes(&own).await?,
            Some(nodes) => {
                let mut volumes = Vec::new();
                for node in nodes {
                    let [target, environment] = own;
                    volumes.extend(self.engine.volumes(&[target, environment, (labels::NODE, node.as_str())]).await?);
                }
                volumes
            }
        };
        for name in volumes.into_iter().filter(|name| !keep.contains(name)) {
            context.go_on()?;
            match self.engine.remove_volume(&name).await {
                Err(error) if of.is_some() && error.is_in_use() => {
                    context.log(
                        None,
                        format!(
                            "the volume {name} is still in use and stays: `docker volume rm {name}` when it is not"
                        ),
                    );
                    continue;
                }
                removed => removed?,
            }
            context.log(None, format!("removed the volume {name} and what it held"));
        }
        Ok(())
    }
}

/// Whether anything is in the network that all share.
fn needs_common_network(release: &Release) -> bool {
    release.ir.components.values().any(|component| match &component.spec {
        Spec::Database(spec) => spec.networks.is_empty(),
        Spec::Cache(spec) => spec.networks.is_empty(),
        Spec::Queue(spec) => spec.networks.is_empty(),
        Spec::Bucket(_) => true,
        spec => spec
            .workload()
            .is_some_and(|work| work.networks.is_empty() && matches!(work.network_mode, NetworkMode::Groups)),
    })
}

fn network_failure(what: &str, error: EngineError) -> Halt {
    match error {
        error if error.is_away() => error.into(),
        error => Failure::new(FailureKind::Start, "", format!("{what} could not be made: {error}"))
            .help(
                "another network of the machine may have its addresses: `docker network ls`; HELIOS_SUBNETS gives more",
            )
            .into(),
    }
}
