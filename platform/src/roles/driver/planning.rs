//! Planning: from what runs and what was asked for to a plan, the values it needs made, or why it cannot be.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use helios_client::{DeploymentKind, Failure, FailureKind, Plan};
use oal_ir::v1::{Alphabet, Component};
use oal_ir::{Ir, NodeId};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Driver, DriverError, outcome};
use crate::domain::drift;
use crate::domain::managed::{self, ImageName};
use crate::domain::planner::hosts;
use crate::domain::planner::images::{self, Pinned, Wanted};
use crate::domain::planner::requirements::{self, Generate};
use crate::domain::planner::{self, Side};
use crate::domain::report;
use crate::store::deployments::advance::{Changes, Held};
use crate::store::deployments::stages::StageJob;
use crate::store::releases::{self, NewRelease, Release};
use crate::store::secrets::{self, SecretError};
use crate::store::{self, Tx, environments, instances, scales};

/// What the agent saw longer ago is not taken for what runs now.
const FRESH: Duration = Duration::from_secs(60);

/// So many tries to make a value that its pattern takes.
const TRIES: u32 = 1000;

/// What planning came to.
pub(super) struct Planning {
    pub(super) plan: Plan,
    pub(super) is_live_already: bool,
    config_version: Option<i64>,
    secret_versions: BTreeMap<String, Uuid>,
    live: Option<(Uuid, Vec<String>)>,
}

impl Planning {
    /// What is kept of it.
    pub(super) fn changes(self) -> Changes {
        let previous_release_id = self.live.as_ref().map(|(id, _)| *id);
        let (release_id, urls) = match self.live {
            Some((id, urls)) if self.is_live_already => (Some(id), Some(urls)),
            _ => (None, None),
        };
        Changes {
            plan: Some(self.plan),
            config_version: self.config_version,
            secret_versions: Some(self.secret_versions),
            previous_release_id,
            release_id,
            urls,
            ..Changes::default()
        }
    }
}

/// All images of a release that is to be.
pub(super) struct Built {
    images: BTreeMap<NodeId, String>,
    digest: String,
    /// It is what runs, observed.
    pub(super) is_live_already: bool,
}

/// A release with its program.
struct Loaded {
    release: Release,
    ir: Ir,
}

impl Loaded {
    fn side(&self) -> Side<'_> {
        Side { ir: &self.ir, contexts: &self.release.contexts.0, secrets: &self.release.secret_versions.0 }
    }

    fn pinned(&self) -> Pinned<'_> {
        Pinned { side: self.side(), images: &self.release.images.0 }
    }
}

impl Driver {
    /// A rollback needs no check: its release was checked when it was made.
    pub(super) async fn take_over(&self, tx: &mut Tx, held: &Held) -> Result<Changes, DriverError> {
        let release = from_release(tx, held).await?;
        Ok(Changes {
            ir_digest: Some(release.ir_digest),
            ir_artifact: Some(release.ir_artifact),
            contexts: Some(release.contexts.0),
            config_version: release.config_version,
            secret_versions: Some(release.secret_versions.0),
            ..Changes::default()
        })
    }

    /// Works out what changes. Values that the platform makes are made here, in the transaction of the arrow.
    pub(super) async fn plan(&self, tx: &mut Tx, held: &Held) -> Result<Result<Planning, Failure>, DriverError> {
        let ir = self.program_of(held)?;
        let mut refused = requirements::unsupported(&ir);
        if !self.settings.host_access {
            refused.extend(planner::host_access::host_access(&ir));
        }
        if let Some(failure) = self.refusal(held, &ir, refused) {
            return Ok(Err(failure));
        }
        let (config_version, secret_versions) = if held.kind() == DeploymentKind::Rollback {
            (held.config_version, held.secret_versions.clone().map(|versions| versions.0).unwrap_or_default())
        } else {
            let params = &held.params.0;
            let version = environments::config_version(tx, held.org_id, held.environment_id, params).await?;
            match self.secrets(tx, held, &ir).await? {
                Ok(versions) => (Some(version), versions),
                Err(failure) => return Ok(Err(failure)),
            }
        };
        let live = self.live(tx, held).await?;
        let next = Side { ir: &ir, contexts: &held.contexts.0, secrets: &secret_versions };
        let plan = planner::plan(live.as_ref().map(Loaded::side), next);
        let (there, wanted) = self.needed(tx, held, next, live.as_ref()).await?;
        let digest = self.digest(tx, held, config_version, &secret_versions, &there).await?;
        let is_live_already = wanted.is_empty() && self.runs(tx, held, live.as_ref(), &digest).await?;
        if let Some(failure) = self.hosts(tx, held, &ir).await? {
            return Ok(Err(failure));
        }
        let live = match live {
            Some(live) => {
                let urls = releases::urls(tx, live.release.id).await?;
                Some((live.release.id, urls))
            }
            None => None,
        };
        Ok(Ok(Planning { plan, is_live_already, config_version, secret_versions, live }))
    }

    /// What speaks against a program, each under its line.
    fn refusal(&self, held: &Held, ir: &Ir, failures: Vec<Failure>) -> Option<Failure> {
        if failures.is_empty() {
            return None;
        }
        report::together(failures, ir.source_map.as_ref(), &self.texts(held, Some(ir)))
    }

    /// Takes the host names of the program's routes for the environment; what is said where one of them is somebody else's.
    async fn hosts(&self, tx: &mut Tx, held: &Held, ir: &Ir) -> Result<Option<Failure>, DriverError> {
        let place = environments::place(tx, held.environment_id).await?;
        let taken = store::hosts::take(tx, &place.target, &place.environment, &hosts::claims(ir)).await?;
        let failures = hosts::wanted(ir).into_iter().filter_map(|wanted| {
            let (_, owner) = taken.iter().find(|(claim, _)| *claim == wanted.claim)?;
            Some(hosts::refused(&wanted, owner))
        });
        Ok(self.refusal(held, ir, failures.collect()))
    }

    /// Gives back the host names that nothing of the environment serves now that a deployment has ended.
    pub(super) async fn keep_hosts(&self, tx: &mut Tx, held: &Held) -> Result<(), DriverError> {
        let release = match environments::running(tx, held.environment_id).await? {
            Some(id) => releases::get(tx, id).await?,
            None => None,
        };
        let kept = match release.map(|release| self.program(&release.ir_artifact)) {
            Some(Ok(ir)) => hosts::claims(&ir),
            // Rather too many are kept than one that is served given away.
            Some(Err(_)) => return Ok(()),
            None => BTreeSet::new(),
        };
        Ok(store::hosts::keep(tx, held.environment_id, &kept).await?)
    }

    /// The versions of secrets that the release takes, made where the platform makes them.
    async fn secrets(
        &self,
        tx: &mut Tx,
        held: &Held,
        ir: &Ir,
    ) -> Result<Result<BTreeMap<String, Uuid>, Failure>, DriverError> {
        let mut versions = secrets::newest(tx, held.org_id, held.environment_id).await?;
        let required = requirements::requirements(ir, |name| versions.contains_key(name));
        if let Some(failure) = self.refusal(held, ir, required.failures) {
            return Ok(Err(failure));
        }
        for generate in &required.generate {
            let value = match make(generate) {
                Ok(Ok(value)) => value,
                Ok(Err(failure)) => return Ok(Err(failure)),
                Err(error) => return Err(secret_error(error)),
            };
            let (org, environment) = (held.org_id, held.environment_id);
            let version = secrets::set(tx, &self.keyring, org, environment, &generate.name, value.as_bytes(), true)
                .await
                .map_err(secret_error)?;
            versions.insert(generate.name.clone(), version.id);
        }
        versions.retain(|name, _| required.names.contains(name));
        Ok(Ok(versions))
    }

    /// The images of the release, once all of them are there; none while builds run.
    pub(super) async fn built(
        &self,
        tx: &mut Tx,
        held: &Held,
        jobs: &[StageJob],
    ) -> Result<Option<Built>, DriverError> {
        let ir = self.program_of(held)?;
        let live = self.live(tx, held).await?;
        let secret_versions = held.secret_versions.clone().map(|versions| versions.0).unwrap_or_default();
        let next = Side { ir: &ir, contexts: &held.contexts.0, secrets: &secret_versions };
        let (mut images, wanted) = self.needed(tx, held, next, live.as_ref()).await?;
        for Wanted { nodes, .. } in wanted {
            let job = jobs.iter().find(|job| {
                job.stage == held.state().name() && nodes.first().is_some_and(|node| job.slot == node.as_str())
            });
            // A failed one was seen before; here it can only be one that still runs.
            let Some(image) = job.filter(|job| !job.is_open()).and_then(|job| outcome::image(job).ok()) else {
                return Ok(None);
            };
            images.extend(nodes.into_iter().map(|node| (node, image.clone())));
        }
        if !images::is_whole(&ir, &images, &|component| self.official(component)) {
            return Err(DriverError::Broken("a component has no image".to_owned()));
        }
        let digest = self.digest(tx, held, held.config_version, &secret_versions, &images).await?;
        let is_live_already = self.runs(tx, held, live.as_ref(), &digest).await?;
        Ok(Some(Built { images, digest, is_live_already }))
    }

    /// Keeps the release; the one that runs, if it is the same.
    pub(super) async fn release(&self, tx: &mut Tx, held: &Held, built: Built) -> Result<Changes, DriverError> {
        if built.is_live_already
            && let Some(live) = environments::place(tx, held.environment_id).await?.live_release
        {
            let urls = releases::urls(tx, live).await?;
            return Ok(Changes { release_id: Some(live), urls: Some(urls), ..Changes::default() });
        }
        let missing = || DriverError::Broken("a release without a program".to_owned());
        let new = NewRelease {
            org: held.org_id,
            environment: held.environment_id,
            ir_digest: held.ir_digest.clone().ok_or_else(missing)?,
            ir_artifact: held.ir_artifact.clone().ok_or_else(missing)?,
            source_digest: held.source_digest.clone().ok_or_else(missing)?,
            images: built.images,
            contexts: held.contexts.0.clone(),
            config_version: held.config_version,
            secret_versions: held.secret_versions.clone().map(|versions| versions.0).unwrap_or_default(),
            digest: built.digest,
            deployment: held.id,
        };
        let release = releases::insert(tx, &new).await?;
        Ok(Changes { release_id: Some(release.id), ..Changes::default() })
    }

    /// The images that are there, and those that a job has to make or fetch.
    pub(super) async fn wanted(&self, tx: &mut Tx, held: &Held, ir: &Ir) -> Result<Vec<Wanted>, DriverError> {
        let live = self.live(tx, held).await?;
        let secret_versions = held.secret_versions.clone().map(|versions| versions.0).unwrap_or_default();
        let next = Side { ir, contexts: &held.contexts.0, secrets: &secret_versions };
        Ok(self.needed(tx, held, next, live.as_ref()).await?.1)
    }

    async fn needed(
        &self,
        tx: &mut Tx,
        held: &Held,
        next: Side<'_>,
        live: Option<&Loaded>,
    ) -> Result<(BTreeMap<NodeId, String>, Vec<Wanted>), DriverError> {
        let from = match held.kind() {
            DeploymentKind::Deploy => None,
            // Its images are its own, whatever runs now.
            DeploymentKind::Rollback => return Ok((from_release(tx, held).await?.images.0, Vec::new())),
            DeploymentKind::Promote => {
                let release = from_release(tx, held).await?;
                let there = environments::place(tx, release.environment_id).await?;
                let here = environments::place(tx, held.environment_id).await?;
                // Ids of images mean something only to the engine that has them.
                if there.target == here.target { Some(self.load(release)?) } else { None }
            }
        };
        let pinned: Vec<Pinned<'_>> = from.iter().chain(live).map(Loaded::pinned).collect();
        Ok(images::needed(next, &pinned, &|component| self.official(component)))
    }

    /// The image of a managed component.
    fn official(&self, component: &Component) -> Option<String> {
        managed::image(&component.spec).map(|name| match name {
            ImageName::Official(name) => self.settings.image(&name),
            ImageName::Own(name) => name,
        })
    }

    async fn digest(
        &self,
        tx: &mut Tx,
        held: &Held,
        config: Option<i64>,
        secret_versions: &BTreeMap<String, Uuid>,
        images: &BTreeMap<NodeId, String>,
    ) -> Result<String, DriverError> {
        let params = environments::params(tx, held.environment_id, config).await?;
        let ir_digest = held.ir_digest.as_deref().unwrap_or_default();
        Ok(planner::release_digest(ir_digest, images, &params, secret_versions))
    }

    /// Whether the live release has this digest and is what runs, seen a moment ago.
    async fn runs(&self, tx: &mut Tx, held: &Held, live: Option<&Loaded>, digest: &str) -> Result<bool, DriverError> {
        let Some(live) = live.filter(|live| live.release.digest == digest) else { return Ok(false) };
        let Some(running) = instances::running(tx, held.environment_id, FRESH).await? else { return Ok(false) };
        let copies = scales::of(tx, held.environment_id).await?;
        Ok(drift::differences(&live.ir, &live.release.images.0, &copies, &running).is_empty())
    }

    async fn live(&self, tx: &mut Tx, held: &Held) -> Result<Option<Loaded>, DriverError> {
        let Some(id) = environments::place(tx, held.environment_id).await?.live_release else { return Ok(None) };
        match releases::get(tx, id).await? {
            Some(release) => Ok(Some(self.load(release)?)),
            None => Ok(None),
        }
    }

    fn load(&self, release: Release) -> Result<Loaded, DriverError> {
        let ir = self.program(&release.ir_artifact)?;
        Ok(Loaded { release, ir })
    }

    pub(super) fn program_of(&self, held: &Held) -> Result<Ir, DriverError> {
        match &held.ir_artifact {
            Some(artifact) => self.program(artifact),
            None => Err(DriverError::Broken("a deployment without a program".to_owned())),
        }
    }
}

async fn from_release(tx: &mut Tx, held: &Held) -> Result<Release, DriverError> {
    let release = match held.from_release_id {
        Some(id) => releases::get(tx, id).await?,
        None => None,
    };
    release.ok_or_else(|| DriverError::Broken("there is no release to take".to_owned()))
}

/// A random value that its pattern takes.
fn make(generate: &Generate) -> Result<Result<Zeroizing<String>, Failure>, SecretError> {
    let alphabet: &[u8] = match generate.alphabet {
        Alphabet::Alphanumeric => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        Alphabet::Hex => b"0123456789abcdef",
        Alphabet::Base64url => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        Alphabet::Digits => b"0123456789",
    };
    let refuse = |message: String| {
        Failure::new(FailureKind::MissingSecret, "", message)
            .of(generate.node.clone())
            .at(oal_ir::Pointer::root().join("pattern"))
            .help("loosen `pattern`, or take `generate` away and set the value yourself")
    };
    let pattern = match generate.pattern.as_deref().map(|pattern| regex_lite::Regex::new(&format!("^(?:{pattern})$"))) {
        Some(Err(error)) => return Ok(Err(refuse(format!("the pattern cannot be read: {error}")))),
        Some(Ok(pattern)) => Some(pattern),
        None => None,
    };
    let length = usize::try_from(generate.length).unwrap_or(usize::MAX).min(64 << 10);
    for _ in 0..TRIES {
        let value = Zeroizing::new(secrets::random_text(length, alphabet)?);
        if pattern.as_ref().is_none_or(|pattern| pattern.is_match(&value)) {
            return Ok(Ok(value));
        }
    }
    Ok(Err(refuse(format!("no random value of {length} characters fits the pattern of `{}`", generate.node))))
}

fn secret_error(error: SecretError) -> DriverError {
    match error {
        SecretError::Store(error) => DriverError::Store(error),
        error => DriverError::Broken(error.to_string()),
    }
}
