//! The way of a deployment: which state may follow which, and what follows from what is known. Nothing here acts.
//!
//! Two rules hold everything together. Until traffic is shifted the release before is not touched, so every end before that is
//! reached by removing what was started; from then on a failure goes back to the release before. And nothing is called stopped
//! before all its jobs have ended: a state that undoes work begins its own only then.

use std::time::Duration;

use helios_client::DeploymentState;
use oal_ir::v1::{Condition, Probe, Spec, Trigger};
use oal_ir::{Ir, NodeId};

use DeploymentState::{
    AwaitingApproval, Building, Cancelled, Cancelling, Checking, CleaningUp, Draining, Failed, Live, Planning, Queued,
    Releasing, RolledBack, RollingBack, Shifting, Starting, Superseded, Verifying,
};

/// Every arrow there is: a state and those that may follow it. Terminal states have none.
pub const ARROWS: &[(DeploymentState, &[DeploymentState])] = &[
    (Queued, &[Checking, Superseded, Cancelled, Failed]),
    (Checking, &[Planning, Cancelling, Cancelled, CleaningUp, Failed]),
    (Planning, &[AwaitingApproval, Building, Live, Cancelled, Failed]),
    (AwaitingApproval, &[Building, Cancelled, Failed]),
    (Building, &[Releasing, Live, Cancelling, Cancelled, CleaningUp, Failed]),
    (Releasing, &[Starting, Cancelling, CleaningUp]),
    (Starting, &[Verifying, Cancelling, CleaningUp]),
    (Verifying, &[Shifting, Cancelling, CleaningUp]),
    (Shifting, &[Draining, RollingBack, CleaningUp]),
    (Draining, &[Live, RollingBack, CleaningUp]),
    (Cancelling, &[Cancelled, Failed]),
    (CleaningUp, &[Failed]),
    (RollingBack, &[RolledBack, Failed]),
];

/// Whether a state may follow another.
#[must_use]
pub fn is_arrow(from: DeploymentState, to: DeploymentState) -> bool {
    ARROWS.iter().any(|(state, next)| *state == from && next.contains(&to))
}

/// How the jobs stand that a state is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// It was not begun.
    NotBegun,
    /// Some of it is still to be done.
    Open,
    /// All of it succeeded.
    Succeeded,
    /// Some of it failed; other jobs may still run.
    Failed,
}

/// Why somebody asked for the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancel {
    /// A person did.
    Requested,
    /// A newer deployment of the environment came.
    Superseded,
}

/// What is known of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planned {
    /// It loses data and nobody has agreed to just this plan.
    pub awaits_approval: bool,
}

/// What a decision is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Where the deployment stands.
    pub state: DeploymentState,
    /// Whether another deployment of the environment is under way.
    pub another_active: bool,
    /// The jobs of this state.
    pub work: Work,
    /// Whether any job of the deployment, of this state or of an earlier one, is queued or running.
    pub jobs_open: bool,
    /// Whether a job for the target was ever made, so that something may have been started there.
    pub target_touched: bool,
    /// Whether somebody asked for the end.
    pub cancel: Option<Cancel>,
    /// The plan, once there is one.
    pub plan: Option<Planned>,
    /// The release that came out is the one that runs, whole and observed.
    pub is_live_already: bool,
    /// Whether the state took longer than it may.
    pub deadline_passed: bool,
    /// Whether there is a release to go back to.
    pub has_previous: bool,
}

/// What made a state follow another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No other deployment of the environment is under way.
    Turn,
    /// The work of the state succeeded.
    Done,
    /// The plan loses data.
    NeedsApproval,
    /// Somebody agreed to the plan.
    Approved,
    /// The release runs already.
    NothingToDo,
    /// The work of the state failed.
    Failed,
    /// The state took longer than it may.
    Deadline,
    /// Somebody asked for the end.
    Cancel(Cancel),
    /// What a failure or a request left to do is done.
    Settled,
}

impl Why {
    /// In a few words, for the list of steps.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Turn => "nothing else is under way",
            Self::Done => "done",
            Self::NeedsApproval => "the plan loses data",
            Self::Approved => "the plan was approved",
            Self::NothingToDo => "this very release runs already",
            Self::Failed => "it failed",
            Self::Deadline => "it took too long",
            Self::Cancel(Cancel::Requested) => "somebody asked for its end",
            Self::Cancel(Cancel::Superseded) => "a newer deployment came",
            Self::Settled => "nothing of it is left",
        }
    }
}

/// What is to be done now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing, until something is told or the deadline passes.
    Wait,
    /// Begin the work of the state.
    Begin,
    /// Go to another state.
    Go {
        /// The state.
        to: DeploymentState,
        /// What made it so.
        why: Why,
    },
}

/// What follows from what is known.
#[must_use]
pub fn decide(view: &View) -> Decision {
    let go = |to, why| Decision::Go { to, why };
    match view.state {
        Live | Cancelled | RolledBack | Failed | Superseded => Decision::Wait,
        Queued => match view.cancel {
            Some(Cancel::Superseded) => go(Superseded, Why::Cancel(Cancel::Superseded)),
            Some(Cancel::Requested) => go(Cancelled, Why::Cancel(Cancel::Requested)),
            None if view.deadline_passed => go(Failed, Why::Deadline),
            None if view.another_active => Decision::Wait,
            None => go(Checking, Why::Turn),
        },
        Checking | Planning | AwaitingApproval | Building | Releasing | Starting | Verifying => before_shift(view),
        Shifting | Draining => match view.work {
            Work::Failed => go(way_back(view), Why::Failed),
            // What has succeeded has, however late it is seen.
            Work::Succeeded => go(if view.state == Shifting { Draining } else { Live }, Why::Done),
            _ if view.deadline_passed => go(way_back(view), Why::Deadline),
            Work::NotBegun => Decision::Begin,
            Work::Open => Decision::Wait,
        },
        Cancelling | CleaningUp | RollingBack => undo(view),
    }
}

fn before_shift(view: &View) -> Decision {
    let go = |to, why| Decision::Go { to, why };
    let nothing_to_undo = !view.target_touched && !view.jobs_open;
    let failed = if nothing_to_undo { Failed } else { CleaningUp };
    if let Some(cancel) = view.cancel {
        return go(if nothing_to_undo { Cancelled } else { Cancelling }, Why::Cancel(cancel));
    }
    match (view.state, view.work) {
        (_, Work::Failed) => go(failed, Why::Failed),
        (Checking, Work::Succeeded) => go(Planning, Why::Done),
        (Planning | Building, Work::Succeeded) if view.is_live_already => go(Live, Why::NothingToDo),
        (Planning, Work::Succeeded) => match view.plan {
            Some(Planned { awaits_approval: true }) => go(AwaitingApproval, Why::NeedsApproval),
            _ => go(Building, Why::Done),
        },
        (AwaitingApproval, _) if matches!(view.plan, Some(Planned { awaits_approval: false })) => {
            go(Building, Why::Approved)
        }
        (Building, Work::Succeeded) => go(Releasing, Why::Done),
        (Releasing, Work::Succeeded) => go(Starting, Why::Done),
        (Starting, Work::Succeeded) => go(Verifying, Why::Done),
        (Verifying, Work::Succeeded) => go(Shifting, Why::Done),
        _ if view.deadline_passed => go(failed, Why::Deadline),
        (AwaitingApproval, _) | (_, Work::Open | Work::Succeeded) => Decision::Wait,
        (_, Work::NotBegun) => Decision::Begin,
    }
}

/// Where a failure leads once traffic may have gone over.
const fn way_back(view: &View) -> DeploymentState {
    if view.has_previous { RollingBack } else { CleaningUp }
}

fn undo(view: &View) -> Decision {
    let go = |to, why| Decision::Go { to, why };
    let (well, badly) = match view.state {
        Cancelling => (Cancelled, Failed),
        RollingBack => (RolledBack, Failed),
        _ => (Failed, Failed),
    };
    match view.work {
        Work::Succeeded => go(well, Why::Settled),
        Work::Failed => go(badly, Why::Failed),
        _ if view.deadline_passed => go(badly, Why::Deadline),
        Work::NotBegun if view.jobs_open => Decision::Wait,
        Work::NotBegun if !view.target_touched => go(well, Why::Settled),
        Work::NotBegun => Decision::Begin,
        Work::Open => Decision::Wait,
    }
}

/// How long a state may take. What the program itself allows (time-outs of its jobs, patience of its probes) is added; without
/// the program, as before it was lowered, only the platform's own share counts. None for terminal states.
#[must_use]
pub fn time_limit(state: DeploymentState, ir: Option<&Ir>) -> Option<Duration> {
    let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
    let program = |share: fn(&Ir, &NodeId, &Spec) -> Duration| ir.map_or(Duration::ZERO, |ir| sum(ir, share));
    Some(match state {
        Queued => minutes(24 * 60),
        Checking => minutes(3),
        Planning => minutes(2),
        AwaitingApproval => minutes(24 * 60),
        Building => minutes(60),
        Releasing => minutes(15) + program(release_job),
        // Also jobs that need a service, and services that others wait for.
        Starting => minutes(15) + program(release_job) + program(patience),
        Verifying => minutes(5) + program(patience),
        Shifting => minutes(10) + program(patience) + program(grace),
        Draining => minutes(10) + program(grace),
        Cancelling | CleaningUp => minutes(10) + program(grace),
        RollingBack => minutes(15) + program(patience) + program(grace),
        Live | Cancelled | RolledBack | Failed | Superseded => return None,
    })
}

/// The share of each component, together, and at most a day: what a program asks for is not to hold an environment for ever.
fn sum(ir: &Ir, share: fn(&Ir, &NodeId, &Spec) -> Duration) -> Duration {
    let shares = ir.components.iter().map(|(node, component)| share(ir, node, &component.spec));
    shares.fold(Duration::ZERO, Duration::saturating_add).min(Duration::from_secs(24 * 3600))
}

/// Whether a job runs with each release: because it says so, or because something waits for its end.
#[must_use]
pub fn runs_on_release(ir: &Ir, node: &NodeId) -> bool {
    let Some(Spec::Job(job)) = ir.components.get(node).map(|component| &component.spec) else { return false };
    job.on == Trigger::Release || ir.graph.needed_by(node).any(|edge| edge.until == Condition::Completed)
}

/// The longest that a job that runs with each release may take, all tries and the time between them.
fn release_job(ir: &Ir, node: &NodeId, spec: &Spec) -> Duration {
    let Spec::Job(job) = spec else { return Duration::ZERO };
    if !runs_on_release(ir, node) {
        return Duration::ZERO;
    }
    let tries = job.retries.saturating_add(1);
    let doubled = 1_u64.checked_shl(u32::try_from(job.retries).unwrap_or(u32::MAX)).unwrap_or(u64::MAX);
    let pauses = job.backoff.0.saturating_mul(doubled);
    Duration::from_millis(job.timeout.0.saturating_mul(tries).saturating_add(pauses))
}

/// How long a service may take until it is known to be healthy, all copies one after the other.
fn patience(_: &Ir, _: &NodeId, spec: &Spec) -> Duration {
    let Spec::Service(service) = spec else { return Duration::ZERO };
    let probe = |probe: Option<&Probe>| match probe {
        Some(
            Probe::Http { every, timeout, retries, start_period, .. }
            | Probe::Tcp { every, timeout, retries, start_period, .. }
            | Probe::Exec { every, timeout, retries, start_period, .. }
            | Probe::Grpc { every, timeout, retries, start_period, .. },
        ) => every.0.saturating_add(timeout.0).saturating_mul(retries.saturating_add(1)).saturating_add(start_period.0),
        Some(Probe::Off) | None => 0,
    };
    let once = probe(service.health.as_ref())
        .max(probe(service.ready.as_ref()))
        .saturating_add(service.update.monitor.0)
        .saturating_add(service.update.delay.0);
    Duration::from_millis(once.saturating_mul(service.replicas.max(1)))
}

/// The time a service gets to end.
fn grace(_: &Ir, _: &NodeId, spec: &Spec) -> Duration {
    let Spec::Service(service) = spec else { return Duration::ZERO };
    Duration::from_millis(service.stop_grace.0)
}
