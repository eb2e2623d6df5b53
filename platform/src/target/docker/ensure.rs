//! Containers and their files: making one that is missing, and taking one away.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::path::PathBuf;
use std::time::Duration;

use helios_client::{Failure, FailureKind};
use oal_ir::NodeId;

use super::release::{Release, Unit};
use super::{Docker, Step, failures};
use crate::domain::container::{ContainerSpec, NetworkSpec};
use crate::domain::naming::labels;
use crate::engine::containers::{Container, NewContainer};
use crate::roles::worker::JobContext;

impl Docker {
    /// A copy of a component that runs: made if it is missing, started if it does not run. Returns its name.
    pub(super) async fn ensure(
        &self,
        release: &Release,
        node: &NodeId,
        unit: &Unit,
        replica: u32,
        context: &JobContext,
    ) -> Step<String> {
        let name = release.container_name(node, unit, replica);
        let mut found = self.engine.container(&name).await?;
        if let Some(there) = &found {
            self.is_own(release, node, there)?;
        }
        // A fixed name may be that of an older one.
        if let Some(old) = found.take_if(|old| old.label(labels::SPEC) != unit.digest) {
            context.go_on()?;
            self.remove(release, &old, context).await?;
        }
        let mut state = found.as_ref().map(|found| found.state.as_str());
        if let Some(container) = &found
            && matches!(state, Some("running" | "restarting"))
        {
            if container.restart != unit.spec.restart {
                context.go_on()?;
                self.engine.set_restart(&name, unit.spec.restart).await?;
            }
            return Ok(name);
        }
        for last in [false, true] {
            // Also one that was made: perhaps not in all its networks yet.
            if matches!(state, None | Some("created")) {
                context.go_on()?;
                let mut own = self.labels(&release.environment);
                own.insert(labels::NODE, node.to_string());
                own.insert(labels::ROLE, unit.role().to_owned());
                own.insert(labels::RELEASE, release.number.to_string());
                own.insert(labels::REPLICA, replica.to_string());
                own.insert(labels::SPEC, unit.digest.clone());
                self.create(release, node, &name, &unit.spec, own).await?;
                context.log(Some(node), format!("made {name}"));
            }
            context.go_on()?;
            self.write_files(&name, &unit.spec)?;
            match self.engine.start_container(&name).await {
                Ok(()) => break,
                Err(error) if error.is_half_started() && !last => {
                    context.log(Some(node), format!("the engine was ended while it started {name}: making another"));
                    self.engine.remove_container(&name).await?;
                    state = None;
                }
                Err(error) => return Err(failures::start(node, Some(unit), error)?.into()),
            }
        }
        context.log(Some(node), format!("started {name}"));
        Ok(name)
    }

    /// Makes a container; it does not run yet.
    pub(super) async fn create(
        &self,
        release: &Release,
        node: &NodeId,
        name: &str,
        spec: &ContainerSpec,
        labels: BTreeMap<&'static str, String>,
    ) -> Step {
        let files = self.write_files(name, spec)?;
        let share = match &spec.network {
            NetworkSpec::Share(with) => Some(self.shared(release, node, with).await?),
            _ => None,
        };
        let new = NewContainer { name, spec, labels, files, share };
        if let Err(error) = self.engine.create_container(new).await {
            return Err(failures::start(node, release.units.get(node), error)?.into());
        }
        // Somebody else may have taken the name a moment ago.
        if let Some(there) = self.engine.container(name).await? {
            self.is_own(release, node, &there)?;
        }
        Ok(())
    }

    /// Fixed names of containers are free, or this environment's already.
    pub(super) async fn names_are_free(&self, release: &Release) -> Step {
        for node in release.units.keys() {
            let fixed = release.service(node).and_then(|service| service.container_name.as_deref());
            if let Some(fixed) = fixed
                && let Some(there) = self.engine.container(fixed).await?
            {
                self.is_own(release, node, &there)?;
            }
        }
        Ok(())
    }

    /// Whether a container that has the name of this component's is its own, or that of one that the program no longer has.
    /// Names are the machine's: what others have made is never touched.
    fn is_own(&self, release: &Release, node: &NodeId, there: &Container) -> Result<(), Failure> {
        let (target, environment) = (there.label(labels::TARGET), there.label(labels::ENVIRONMENT));
        let of = there.label(labels::NODE);
        let gone = || release.units.keys().all(|other| other.as_str() != of);
        let here = target == self.name && environment == release.environment.id.to_string();
        if here && (of == node.as_str() || gone()) {
            return Ok(());
        }
        let whose = match () {
            () if here => format!("`{of}` of this environment"),
            // Whose it is may be nobody's business.
            () if !environment.is_empty() => "another environment".to_owned(),
            () => "somebody else".to_owned(),
        };
        let message = format!("a container of {whose} is called `{}` on this machine", there.name);
        Err(Failure::new(FailureKind::Start, "", message)
            .of(node.clone())
            .at(crate::domain::outputs::field(["container_name"]))
            .help("take another name or leave `container_name` out: components find each other without; it was not touched"))
    }

    /// The container whose network a component sees.
    async fn shared(&self, release: &Release, node: &NodeId, with: &NodeId) -> Step<String> {
        let unit = release.units.get(with);
        let name = unit.map(|unit| release.container_name(with, unit, 0)).unwrap_or_default();
        match self.engine.container(&name).await? {
            Some(container) if container.is_running() => Ok(container.id),
            _ => Err(Failure::new(
                FailureKind::Start,
                "",
                format!("`{with}`, whose network `{node}` shares, does not run"),
            )
            .of(node.clone())
            .at(crate::domain::outputs::field(["network_mode"]))
            .into()),
        }
    }

    fn files_of(&self, name: &str) -> PathBuf {
        self.run.join("files").join(name)
    }

    /// Writes a container's files into memory, readable by nobody but root on the machine, and tells where each lies. Also
    /// before a start: the machine forgets them when it is switched off.
    pub(super) fn write_files(&self, name: &str, spec: &ContainerSpec) -> Result<BTreeMap<String, PathBuf>, Failure> {
        let mut places = BTreeMap::new();
        if spec.files.is_empty() {
            return Ok(places);
        }
        let directory = self.files_of(name);
        let disk = |error: std::io::Error| {
            Failure::new(
                FailureKind::Internal,
                "",
                format!("cannot write the files of {name} below {}: {error}", directory.display()),
            )
        };
        fs::create_dir_all(&directory).map_err(disk)?;
        // Programs in the container come by the mount, not by this way.
        fs::set_permissions(self.run.join("files"), Permissions::from_mode(0o700)).map_err(disk)?;
        for (index, (path, file)) in spec.files.iter().enumerate() {
            let place = directory.join(index.to_string());
            // A mount holds on to the file itself, so one that is there is not replaced by another.
            if fs::read(&place).is_ok_and(|contents| contents == file.contents) {
                places.insert(path.clone(), place);
                continue;
            }
            let mut options = fs::OpenOptions::new();
            options.write(true).create(true).truncate(true).mode(0o600);
            options.open(&place).and_then(|mut open| open.write_all(&file.contents)).map_err(disk)?;
            if let Some((user, group)) = file.owner {
                chown(&place, Some(user), Some(group)).map_err(disk)?;
            }
            fs::set_permissions(&place, Permissions::from_mode(file.mode)).map_err(disk)?;
            places.insert(path.clone(), place);
        }
        Ok(places)
    }

    /// Stops a container in good order and takes it away, with its files.
    pub(super) async fn remove(&self, release: &Release, container: &Container, context: &JobContext) -> Step {
        let grace = self.grace(release, container);
        if container.is_running() || container.state == "restarting" {
            self.engine.stop_container(&container.name, grace).await?;
        }
        self.engine.remove_container(&container.name).await?;
        self.forget_files(&container.name);
        context.log(container.label(labels::NODE).parse().ok().as_ref(), format!("removed {}", container.name));
        Ok(())
    }

    /// What is left of a container that is gone.
    pub(super) fn forget_files(&self, name: &str) {
        let _ = fs::remove_dir_all(self.files_of(name));
    }

    /// How long a program has from the signal to its end.
    pub(super) fn grace(&self, release: &Release, container: &Container) -> Duration {
        let node = container.label(labels::NODE);
        let unit = release.units.iter().find(|(id, _)| id.as_str() == node).map(|(_, unit)| unit);
        Duration::from_secs(unit.map_or(10, |unit| unit.spec.stop_seconds))
    }
}
