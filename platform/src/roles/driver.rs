//! The driver: moves deployments from state to state. Any number of drivers may run; a deployment's row is held while one looks.
//!
//! It is woken by notices, and looks at everything open once a second besides, since a notice may be lost. Each arrow is one
//! transaction: the state, its step, its event, and the jobs of the state that is entered. So after a crash anywhere the next look
//! finds either all of it or nothing.

mod outcome;
mod planning;
mod work;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use helios_client::{DeploymentKind, DeploymentState, Failure, FailureKind};
use oal_ir::Ir;
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use uuid::Uuid;

use crate::artifacts::{ArtifactError, Artifacts};
use crate::bundle;
use crate::domain::deployment::{Cancel, Decision, Planned, View, Why, Work, decide, time_limit};
use crate::domain::report;
use crate::sealing::Keyring;
use crate::settings::Settings;
use crate::store::deployments::advance::{self, Changes, Held};
use crate::store::deployments::{SUPERSEDED, stages};
use crate::store::notices::{Notice, Notices};
use crate::store::{Store, Tx, environments, jobs, repairs};
use crate::trace;

/// How often everything open is looked at, in case a notice was lost.
const POLL: Duration = Duration::from_secs(1);

/// Deployments that one driver looks at at a time; each takes a connection.
const AT_A_TIME: usize = 4;

/// The most bytes of an IR document that are read.
const MOST_IR_BYTES: u64 = 64 << 20;

/// What a driver works with.
#[derive(Debug)]
pub struct Driver {
    /// The database.
    pub store: Store,
    /// Where bundles and documents lie.
    pub artifacts: Artifacts,
    /// Names of images.
    pub settings: Settings,
    /// Seals the values that it makes.
    pub keyring: Arc<Keyring>,
}

/// Why a deployment could not be looked at. It stays where it is and is looked at again, until the state's deadline.
#[derive(Debug)]
#[non_exhaustive]
pub enum DriverError {
    /// The database.
    Store(sqlx::Error),
    /// The artifact store.
    Artifacts(ArtifactError),
    /// What an earlier step left is not as it should be.
    Broken(String),
}

impl std::fmt::Display for DriverError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Store(error) => write!(f, "the database: {error}"),
            Self::Artifacts(error) => error.fmt(f),
            Self::Broken(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for DriverError {}

impl From<sqlx::Error> for DriverError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error)
    }
}

impl From<ArtifactError> for DriverError {
    fn from(error: ArtifactError) -> Self {
        Self::Artifacts(error)
    }
}

impl Driver {
    /// Moves deployments until told to stop. Trouble with the database is logged and waited out.
    pub async fn run(self: Arc<Self>, notices: Notices, stop: CancellationToken) {
        let mut waiter = notices.waiter();
        let slots = Arc::new(Semaphore::new(AT_A_TIME));
        let mut tick = interval(POLL);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            // A deployment that was told of is waited for: whoever has it now may have looked before the change. One that is only
            // polled is not.
            let told = tokio::select! {
                () = stop.cancelled() => return,
                notice = waiter.next() => match notice {
                    Notice::Deployment(id) => Some(id),
                    Notice::Missed => None,
                    _ => continue,
                },
                _ = tick.tick() => None,
            };
            let due = match told {
                Some(id) => vec![id],
                None => self.open().await.unwrap_or_else(|error| {
                    tracing::warn!(%error, "the driver cannot look");
                    Vec::new()
                }),
            };
            for id in due {
                let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
                let driver = Arc::clone(&self);
                tokio::spawn(async move {
                    if let Err(error) = driver.advance(id, told.is_none()).await {
                        tracing::warn!(deployment = %id, %error, "a deployment could not be moved");
                    }
                    drop(slot);
                });
            }
        }
    }

    async fn open(&self) -> Result<Vec<Uuid>, DriverError> {
        let mut tx = self.store.system().await?;
        Ok(advance::open(&mut tx).await?)
    }

    /// Moves a deployment as far as it goes now. With `skip` one that somebody else holds is left alone.
    ///
    /// # Errors
    /// The database, the artifact store; it stays in the state it was in.
    pub async fn advance(&self, id: Uuid, skip: bool) -> Result<(), DriverError> {
        loop {
            let mut tx = self.store.system().await?;
            let Some(held) = advance::hold(&mut tx, id, skip).await? else { return Ok(()) };
            let span = tracing::info_span!("deployment", deployment = %held.id, traceparent = held.traceparent);
            let changed = match held.state().is_terminal() {
                true => false,
                false => trace::within(held.traceparent.clone(), self.step(&mut tx, &held)).instrument(span).await?,
            };
            if !changed {
                tx.commit().await?;
                return Ok(());
            }
            tx.commit().await?;
        }
    }

    /// One look at a deployment; whether its state changed.
    async fn step(&self, tx: &mut Tx, held: &Held) -> Result<bool, DriverError> {
        let own = stages::of_deployment(tx, held.id).await?;
        let state = held.state();
        let mut seen = outcome::of_stage(state, &own);
        let mut changes = Changes::default();
        // What puts the release before right would be at work on the same containers.
        if state == DeploymentState::Queued {
            repairs::stop(tx, held.org_id, held.environment_id).await?;
        }
        // Also a deployment that is at its end may have work that has not stopped yet.
        let another_active = state == DeploymentState::Queued
            && (advance::another_active(tx, held).await?
                || jobs::exclusive_open(tx, held.environment_id, Some(held.id)).await?);
        let mut view = View {
            state,
            another_active,
            work: seen.work,
            jobs_open: own.iter().any(stages::StageJob::is_open),
            target_touched: held.release_id.is_some(),
            cancel: cancel(held),
            plan: None,
            is_live_already: false,
            deadline_passed: held.deadline.is_some_and(|deadline| deadline < held.now),
            has_previous: held.previous_release_id.is_some(),
        };
        let late = view.deadline_passed;
        match state {
            DeploymentState::Checking if held.kind() == DeploymentKind::Rollback => {
                changes = self.take_over(tx, held).await?;
                view.work = Work::Succeeded;
            }
            DeploymentState::Checking => changes = outcome::lowered(&seen),
            DeploymentState::Planning if view.cancel.is_none() => match self.plan(tx, held).await {
                Ok(Ok(planned)) => {
                    view.work = Work::Succeeded;
                    view.is_live_already = planned.is_live_already;
                    let awaits_approval = planned.plan.needs_approval;
                    view.plan = Some(Planned { awaits_approval });
                    changes = planned.changes();
                }
                Ok(Err(failure)) => {
                    view.work = Work::Failed;
                    seen.failure = Some((failure, None));
                }
                // Nothing that is wrong here may keep the deadline from being met.
                Err(error) if !late => return Err(error),
                Err(error) => tracing::warn!(deployment = %held.id, %error, "planning goes on failing"),
            },
            DeploymentState::AwaitingApproval => {
                let plan = held.plan.as_ref().map(|plan| plan.digest.as_str());
                view.plan = Some(Planned { awaits_approval: plan.is_none() || plan != held.approved_plan.as_deref() });
            }
            DeploymentState::Building if view.cancel.is_none() && view.work != Work::Failed => {
                match self.built(tx, held, &own).await {
                    Ok(None) => {}
                    Ok(Some(built)) => {
                        view.work = Work::Succeeded;
                        view.is_live_already = built.is_live_already;
                        changes = self.release(tx, held, built).await?;
                    }
                    Err(error) if !late => return Err(error),
                    Err(error) => tracing::warn!(deployment = %held.id, %error, "the release cannot be made"),
                }
            }
            DeploymentState::Shifting => changes.urls = seen.urls.clone(),
            _ => {}
        }
        match decide(&view) {
            Decision::Wait => Ok(false),
            Decision::Begin => {
                self.begin(tx, held).await?;
                Ok(false)
            }
            Decision::Go { to, why } => {
                if why != Why::Done && why != Why::NothingToDo && why != Why::NeedsApproval {
                    changes = Changes::default();
                }
                self.go(tx, held, to, why, changes, seen).await?;
                Ok(true)
            }
        }
    }

    async fn go(
        &self,
        tx: &mut Tx,
        held: &Held,
        to: DeploymentState,
        why: Why,
        mut changes: Changes,
        seen: outcome::Seen,
    ) -> Result<(), DriverError> {
        let artifact = changes.ir_artifact.as_deref().or(held.ir_artifact.as_deref());
        // Only for time limits and places in the program: without it both are less exact.
        let ir = artifact.and_then(|artifact| self.program(artifact).ok());
        if let Some((mut failure, job)) = why_not(held, to, why, seen) {
            if let (Some(job), true) = (job, failure.log_tail.is_empty()) {
                let node = failure.node.as_ref().map(ToString::to_string);
                failure.log_tail = stages::tail(tx, job, node.as_deref(), report::TAIL).await?;
            }
            changes.failure = Some(self.report(failure, ir.as_ref(), held));
        }
        let deadline = time_limit(to, ir.as_ref()).map(|limit| held.now + limit);
        let next = advance::go(tx, held, to, why.words(), deadline, &changes).await?;
        tracing::info!(deployment = %held.id, from = held.state().name(), to = to.name(), why = why.words(), "state");
        match to {
            DeploymentState::Live => {
                let release =
                    next.release_id.ok_or_else(|| DriverError::Broken("live without a release".to_owned()))?;
                environments::set_live(tx, held.environment_id, release).await?;
            }
            DeploymentState::Cancelling | DeploymentState::CleaningUp | DeploymentState::RollingBack => {
                stages::stop(tx, held.org_id, held.id).await?;
            }
            _ if to.is_terminal() => stages::stop(tx, held.org_id, held.id).await?,
            _ => self.begin(tx, &next).await?,
        }
        // One that only waited has taken none, and those of the one it waited for are not its to give back.
        if to.is_terminal() && held.state() != DeploymentState::Queued {
            self.keep_hosts(tx, held).await?;
        }
        Ok(())
    }

    /// The program of a document in the artifact store.
    ///
    /// # Errors
    /// It is gone or broken.
    pub(crate) fn program(&self, artifact: &str) -> Result<Ir, DriverError> {
        let bytes = self.artifacts.get(artifact, MOST_IR_BYTES)?;
        oal_ir::read(&bytes).map_err(|error| DriverError::Broken(format!("the document {artifact}: {error}")))
    }

    /// The failure as it is shown: in its stage, under the line of the program it belongs to.
    fn report(&self, mut failure: Failure, ir: Option<&Ir>, held: &Held) -> Failure {
        if failure.stage.is_empty() {
            failure.stage = held.state().name().to_owned();
        }
        report::place(failure, ir.and_then(|ir| ir.source_map.as_ref()), &self.texts(held, ir))
    }
}

impl Driver {
    /// The texts of the program's files. None of them where the bundle is gone: the failure is then shown without them.
    fn texts(&self, held: &Held, ir: Option<&Ir>) -> BTreeMap<String, String> {
        let (Some(source), Some(map)) = (&held.source_digest, ir.and_then(|ir| ir.source_map.as_ref())) else {
            return BTreeMap::new();
        };
        self.artifacts.file(source).map(|file| bundle::texts(file, map)).unwrap_or_default()
    }
}

fn cancel(held: &Held) -> Option<Cancel> {
    let superseded = held.cancel_reason.as_deref() == Some(SUPERSEDED);
    held.cancel_requested.then_some(if superseded { Cancel::Superseded } else { Cancel::Requested })
}

/// What is to be kept as the reason of the arrow, with the job whose log belongs to it. A reason that is there already stays: what
/// came first is what a person has to know.
fn why_not(held: &Held, to: DeploymentState, why: Why, seen: outcome::Seen) -> Option<(Failure, Option<Uuid>)> {
    let state = held.state();
    let undoing =
        matches!(state, DeploymentState::Cancelling | DeploymentState::CleaningUp | DeploymentState::RollingBack);
    match why {
        Why::Failed if undoing => {
            // How it went wrong to put things right is added to why they had to be.
            let (failure, job) = seen.failure?;
            match &held.failure {
                None => Some((failure, job)),
                Some(first) => {
                    let mut both = first.0.clone();
                    both.message = format!("{}; and {} failed: {}", both.message, state.name(), failure.message);
                    both.rendered = None;
                    Some((both, None))
                }
            }
        }
        Why::Failed => seen.failure,
        Why::Deadline => {
            let limit = held.deadline.unwrap_or(held.now).format("%H:%M:%S UTC");
            let failure = Failure::new(
                FailureKind::Deadline,
                state.name(),
                match seen.trouble {
                    Some(trouble) => format!("`{}` was not done by {limit}: {trouble}", state.name()),
                    None => format!("`{}` was not done by {limit}", state.name()),
                },
            );
            Some((failure, None)).filter(|_| held.failure.is_none())
        }
        Why::Cancel(_) if to != DeploymentState::Superseded => {
            let message = match cancel(held) {
                Some(Cancel::Superseded) => "a newer deployment took its place".to_owned(),
                _ => held.cancel_reason.clone().unwrap_or_else(|| "somebody asked for its end".to_owned()),
            };
            Some((Failure::new(FailureKind::Cancelled, state.name(), message), None))
        }
        _ => None,
    }
}
