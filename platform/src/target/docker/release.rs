//! A release in the hands of the agent: its program read, its secrets opened, and what each component becomes on Docker.

use std::collections::{BTreeMap, BTreeSet};

use helios_client::{Failure, FailureKind};
use oal_ir::v1::{Ir, Service, Spec};
use oal_ir::{Leaf, NodeId};

use super::Docker;
use crate::bundle::{Limits, Sources};
use crate::domain::container::{ContainerSpec, NetworkSpec};
use crate::domain::deployment;
use crate::domain::job::{EnvironmentRef, IrPayload, ReleasePayload};
use crate::domain::managed::{self, Managed};
use crate::domain::naming::short_hash;
use crate::domain::outputs::{Program, ProjectFiles};
use crate::domain::workload;
use crate::target::secrets::Redactor;
use crate::trouble::Trouble;

/// The most bytes of an IR document.
const MOST_IR: u64 = 64 << 20;
/// The most bytes of project files that components mount.
const MOST_FILES: u64 = 64 << 20;

impl ProjectFiles for Sources {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.get(path).map(<[u8]>::to_vec))
    }
}

/// A release as it is to run.
pub(super) struct Release {
    /// Its number.
    pub(super) number: i64,
    /// Where.
    pub(super) environment: EnvironmentRef,
    /// The program.
    pub(super) ir: Ir,
    /// What runs all the time.
    pub(super) units: BTreeMap<NodeId, Unit>,
    /// Takes the values of its secrets out of texts.
    pub(super) redactor: Redactor,
    images: BTreeMap<NodeId, String>,
    files: Sources,
    values: BTreeMap<String, String>,
    versions: BTreeMap<String, String>,
}

/// A component that runs all the time.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    /// What its containers are made from.
    pub(super) spec: ContainerSpec,
    /// The digest of that.
    pub(super) digest: String,
    /// How many copies.
    pub(super) replicas: u32,
    /// What it is.
    pub(super) kind: UnitKind,
}

/// What a unit is.
#[derive(Debug, Clone)]
pub(super) enum UnitKind {
    /// A service of the program.
    Service {
        /// The old copy must stop before the new one starts.
        stop_first: bool,
    },
    /// A component that the platform runs for the program.
    Managed(Box<Managed>),
}

impl Unit {
    /// Whether its old copy must stop before the new one starts.
    pub(super) const fn stop_first(&self) -> bool {
        match self.kind {
            UnitKind::Service { stop_first } => stop_first,
            UnitKind::Managed(_) => true,
        }
    }

    /// The name of its label [`crate::domain::naming::labels::ROLE`].
    pub(super) const fn role(&self) -> &'static str {
        match self.kind {
            UnitKind::Service { .. } => "service",
            UnitKind::Managed(_) => "managed",
        }
    }
}

impl Docker {
    /// Reads a release.
    pub(super) async fn release(
        &self,
        environment: &EnvironmentRef,
        payload: &ReleasePayload,
    ) -> Result<Release, Trouble> {
        let ir = match &payload.ir {
            IrPayload::Inline(document) => oal_ir::read(document.get().as_bytes()),
            IrPayload::Artifact(digest) => oal_ir::read(&self.artifacts.get(digest, MOST_IR)?),
        };
        let ir = ir.map_err(|error| Trouble::internal(format!("the program as it was sent: {error}")))?;
        let values = self.secrets.open(environment, &payload.secrets).await?;
        let versions = payload.secrets.iter().map(|(name, id)| (name.clone(), id.to_string())).collect();
        let files = self.files(&ir, &payload.source)?;
        let redactor = Redactor::new(values.values().map(String::as_str));
        let mut release = Release {
            number: payload.number,
            environment: environment.clone(),
            ir,
            units: BTreeMap::new(),
            redactor,
            images: payload.images.clone(),
            files,
            values,
            versions,
        };
        release.units = release.units(payload)?;
        self.remember(environment.id, &release.redactor);
        Ok(release)
    }

    /// The project's files that components name; the bundle is not opened if they name none.
    fn files(&self, ir: &Ir, source: &str) -> Result<Sources, Trouble> {
        let mut named = BTreeSet::new();
        ir.walk(|_, at, leaf| {
            if let Leaf::Source(path) = leaf
                && at.tokens().next().as_deref() != Some("build")
            {
                named.insert(path.to_string());
            }
        });
        named.retain(|path| !path.starts_with('/'));
        if named.is_empty() {
            return Ok(Sources::default());
        }
        let bundle = self.artifacts.file(source)?;
        // A link among them may lead to any other file.
        Ok(Sources::read(bundle, &Limits::PROJECT, MOST_FILES, |path| named.contains(path))?)
    }
}

impl Release {
    /// The program with the values of its secrets.
    pub(super) fn program(&self) -> Program<'_> {
        Program::new(&self.ir, &self.environment, &self.files, &self.values)
    }

    /// The program with the ids of its secrets' versions: for digests.
    fn fingerprint(&self) -> Program<'_> {
        Program::new(&self.ir, &self.environment, &self.files, &self.versions)
    }

    /// The image of a component.
    pub(super) fn image(&self, node: &NodeId) -> Result<&str, Failure> {
        self.images.get(node).map(String::as_str).ok_or_else(|| {
            Failure::new(FailureKind::Internal, "", format!("the release has no image for `{node}`")).of(node.clone())
        })
    }

    /// The id of a secret's version, or nothing.
    pub(super) fn version(&self, name: &str) -> &str {
        self.versions.get(name).map_or("", String::as_str)
    }

    /// The service of that id.
    pub(super) fn service(&self, node: &NodeId) -> Option<&Service> {
        match self.ir.components.get(node).map(|component| &component.spec) {
            Some(Spec::Service(service)) => Some(service),
            _ => None,
        }
    }

    fn units(&self, payload: &ReleasePayload) -> Result<BTreeMap<NodeId, Unit>, Failure> {
        let (program, fingerprint) = (self.program(), self.fingerprint());
        let mut units = BTreeMap::new();
        for (id, component) in &self.ir.components {
            let unit = match &component.spec {
                Spec::Service(service) => {
                    let image = self.image(id)?;
                    let made = workload::service(&fingerprint, id, service, image)?.digest()?;
                    // Where copies are reached and what they are asked is in none of them; those that run were never asked it.
                    let asked = serde_json::json!([service.ports, service.health, service.ready]).to_string();
                    let digest = format!("sha256:{}", short_hash(&[&made, &asked], 64));
                    let spec = workload::service(&program, id, service, image)?;
                    let stop_first = workload::stop_first(&program, service);
                    let kind = UnitKind::Service { stop_first };
                    Unit { spec, digest, replicas: workload::replicas(service, payload.copies.get(id).copied()), kind }
                }
                other if managed::image(other).is_some() => {
                    let image = self.image(id)?;
                    let Some(shown) = managed::recipe(&fingerprint, id, other, image)? else { continue };
                    let Some(managed) = managed::recipe(&program, id, other, image)? else { continue };
                    let digest = shown.container.digest()?;
                    Unit {
                        spec: managed.container.clone(),
                        digest,
                        replicas: 1,
                        kind: UnitKind::Managed(Box::new(managed)),
                    }
                }
                _ => continue,
            };
            units.insert(id.clone(), unit);
        }
        // Who shares another's network goes with it.
        let digests: BTreeMap<NodeId, String> =
            units.iter().map(|(id, unit)| (id.clone(), unit.digest.clone())).collect();
        for unit in units.values_mut() {
            if let NetworkSpec::Share(with) = &unit.spec.network {
                let other = digests.get(with).map_or("", String::as_str);
                unit.digest = format!("sha256:{}", short_hash(&[&unit.digest, other], 64));
            }
        }
        Ok(units)
    }

    /// The container of a run of a job, or of a command with a service's surroundings.
    pub(super) fn run_spec(&self, node: &NodeId, command: Option<&[String]>) -> Result<ContainerSpec, Failure> {
        let work = self.ir.components.get(node).and_then(|component| component.spec.workload()).ok_or_else(|| {
            Failure::new(FailureKind::Unsupported, "", format!("`{node}` has no program that could be run"))
        })?;
        let mut spec = workload::job(&self.program(), node, work, self.image(node)?)?;
        if let Some((program, arguments)) = command.and_then(<[String]>::split_first) {
            spec.entrypoint = Some(vec![program.clone()]);
            spec.command = Some(arguments.to_vec());
        }
        // Ports of the machine and fixed addresses are the service's own.
        spec.publish.clear();
        if let NetworkSpec::Networks(networks) = &mut spec.network {
            networks.values_mut().for_each(|attachment| attachment.address = None);
        }
        Ok(spec)
    }

    /// See [`deployment::runs_on_release`].
    pub(super) fn runs_on_release(&self, node: &NodeId) -> bool {
        deployment::runs_on_release(&self.ir, node)
    }

    /// Whether a component needs a service of the release to run before it, itself or by what it needs.
    pub(super) fn needs_service(&self, node: &NodeId) -> bool {
        let (mut seen, mut open) = (BTreeSet::new(), vec![node]);
        while let Some(next) = open.pop() {
            for edge in self.ir.graph.needs(next) {
                if self.service(&edge.to).is_some() {
                    return true;
                }
                if seen.insert(&edge.to) {
                    open.push(&edge.to);
                }
            }
        }
        false
    }

    /// The name of a copy's container.
    pub(super) fn container_name(&self, node: &NodeId, unit: &Unit, replica: u32) -> String {
        match self.service(node).and_then(|service| service.container_name.clone()) {
            Some(fixed) => fixed,
            None => self.program().names.container(node, replica, &unit.digest),
        }
    }

    /// The names of all containers that it has.
    pub(super) fn container_names(&self) -> BTreeSet<String> {
        let names = &self.program().names;
        let mut all = BTreeSet::new();
        for (node, unit) in &self.units {
            for replica in 0..unit.replicas {
                let fixed = self.service(node).and_then(|service| service.container_name.clone());
                all.insert(fixed.unwrap_or_else(|| names.container(node, replica, &unit.digest)));
            }
        }
        all
    }
}
