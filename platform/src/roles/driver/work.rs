//! The jobs that the states are made of.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use helios_client::{DeploymentKind, DeploymentState};
use oal_ir::v1::Part;
use oal_ir::{Ir, Leaf, NodeId};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{Driver, DriverError};
use crate::bus::subjects;
use crate::domain::job::{
    BuildJob, DeployJob, EnvironmentRef, INLINE_IR_BYTES, IrPayload, OalJob, Phase, ReleasePayload, Want,
};
use crate::domain::planner;
use crate::store::deployments::advance::Held;
use crate::store::jobs::{self, NewJob};
use crate::store::releases::{self, Release};
use crate::store::{Tx, environments, scales};

/// How long a job may take whose state has no deadline; all states with jobs have one.
const ANYHOW: Duration = Duration::from_secs(600);

impl Driver {
    /// Makes the jobs of the state that the deployment is in. Those that are there already are not made again.
    pub(super) async fn begin(&self, tx: &mut Tx, held: &Held) -> Result<(), DriverError> {
        let place = environments::place(tx, held.environment_id).await?;
        match (held.state(), Phase::of(held.state())) {
            // What a rollback takes was checked when it was made.
            (DeploymentState::Checking, _) if held.kind() == DeploymentKind::Rollback => Ok(()),
            (DeploymentState::Checking, _) => {
                let Some(source) = held.source_digest.clone() else {
                    return Err(DriverError::Broken("a deployment without sources".to_owned()));
                };
                let EnvironmentRef { app, name, .. } = place.environment;
                let body = OalJob { source, environment: name, app, params: held.params.0.clone() };
                create(tx, held, "oal", "", subjects::OAL_CHECK.to_owned(), &body).await
            }
            (DeploymentState::Building, _) => self.begin_builds(tx, held, &place.environment).await,
            (_, Some(phase)) => {
                let release = releases::get(tx, some(held.release_id)?).await?;
                let release = release.ok_or_else(|| DriverError::Broken("its release is gone".to_owned()))?;
                let previous = match held.previous_release_id {
                    Some(id) => releases::get(tx, id).await?,
                    None => None,
                };
                let copies = scales::of(tx, held.environment_id).await?;
                let give_up = held.plan.as_ref().map_or_else(BTreeSet::new, |plan| planner::given_up(plan));
                let body = DeployJob {
                    environment: place.environment,
                    phase,
                    release: self.payload(&release, copies.clone())?,
                    previous: previous.map(|previous| self.payload(&previous, copies)).transpose()?,
                    give_up,
                };
                create(tx, held, "deploy", "", subjects::deploy(&place.target, phase), &body).await
            }
            _ => Ok(()),
        }
    }

    async fn begin_builds(&self, tx: &mut Tx, held: &Held, environment: &EnvironmentRef) -> Result<(), DriverError> {
        let ir = self.program_of(held)?;
        let secret_versions = held.secret_versions.clone().map(|versions| versions.0).unwrap_or_default();
        for wanted in self.wanted(tx, held, &ir).await? {
            let Some(node) = wanted.nodes.first() else { continue };
            let secrets = match wanted.want {
                Want::Build => seen_by_build(&ir, node, &secret_versions),
                Want::Image { .. } => BTreeMap::new(),
            };
            let body = BuildJob {
                environment: environment.clone(),
                ir: ir_payload(ir.clone(), held.ir_artifact.as_deref().unwrap_or_default())?,
                source: held.source_digest.clone().unwrap_or_default(),
                node: node.clone(),
                want: wanted.want,
                secrets,
            };
            create(tx, held, "build", node.as_str(), subjects::BUILD_DOCKER.to_owned(), &body).await?;
        }
        Ok(())
    }

    /// A release as a target needs it.
    ///
    /// # Errors
    /// Its document is gone or broken.
    pub(crate) fn payload(
        &self,
        release: &Release,
        copies: BTreeMap<NodeId, u32>,
    ) -> Result<ReleasePayload, DriverError> {
        Ok(ReleasePayload {
            number: release.number,
            ir: ir_payload(self.program(&release.ir_artifact)?, &release.ir_artifact)?,
            source: release.source_digest.clone(),
            images: release.images.0.clone(),
            copies,
            secrets: release.secret_versions.0.clone(),
        })
    }
}

/// The document without its source map, which no worker needs; by its digest where even that is large.
fn ir_payload(mut ir: Ir, artifact: &str) -> Result<IrPayload, DriverError> {
    ir.source_map = None;
    let broken = |what: String| DriverError::Broken(format!("the document {artifact}: {what}"));
    let bytes = ir.to_canonical().map_err(|error| broken(error.to_string()))?;
    if bytes.len() > INLINE_IR_BYTES {
        return Ok(IrPayload::Artifact(artifact.to_owned()));
    }
    let text = String::from_utf8(bytes).map_err(|error| broken(error.to_string()))?;
    Ok(IrPayload::Inline(RawValue::from_string(text).map_err(|error| broken(error.to_string()))?))
}

/// The secrets that a component's build sees: those in the texts of `build`, with what other components' outputs hold.
fn seen_by_build(ir: &Ir, node: &NodeId, versions: &BTreeMap<String, Uuid>) -> BTreeMap<String, Uuid> {
    let mut seen = BTreeSet::new();
    let Some(component) = ir.components.get(node) else { return BTreeMap::new() };
    component.spec.walk(|at, leaf| {
        let Leaf::Template(template) = leaf else { return };
        if !at.as_str().starts_with("/build/") {
            return;
        }
        seen.extend(template.parts().iter().filter_map(Part::node).cloned());
    });
    let of = |name: &str| seen.iter().any(|node| name.split('#').next() == Some(node.as_str()));
    versions.iter().filter(|(name, _)| of(name)).map(|(name, id)| (name.clone(), *id)).collect()
}

async fn create(
    tx: &mut Tx,
    held: &Held,
    kind: &'static str,
    slot: &str,
    subject: String,
    body: &impl Serialize,
) -> Result<(), DriverError> {
    let body = serde_json::to_value(body).map_err(|error| DriverError::Broken(error.to_string()))?;
    let new = NewJob {
        org: held.org_id,
        deployment: Some(held.id),
        environment: Some(held.environment_id),
        kind,
        stage: held.state().name().to_owned(),
        slot: slot.to_owned(),
        subject,
        body,
        deadline: held.deadline.unwrap_or(held.now + ANYHOW),
    };
    jobs::create(tx, &new).await?;
    Ok(())
}

fn some(id: Option<Uuid>) -> Result<Uuid, DriverError> {
    id.ok_or_else(|| DriverError::Broken("a deployment on its target without a release".to_owned()))
}
