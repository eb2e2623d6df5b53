//! Names of streams, subjects and consumers; nowhere else.

use uuid::Uuid;

use crate::domain::job::Phase;

/// Work for workers: a work queue.
pub const JOBS: &str = "HELIOS_JOBS";
/// What happened, for whoever follows.
pub const EVENTS: &str = "HELIOS_EVENTS";
/// Lines of builds and jobs as they come.
pub const LOGS: &str = "HELIOS_LOGS";
/// What the server says of jobs it gave up on.
pub const ADVISORY: &str = "HELIOS_ADVISORY";

/// What the server says of jobs that were delivered too often, or that a worker refused for good.
pub const ADVISORIES: [&str; 2] = [
    "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.HELIOS_JOBS.>",
    "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.HELIOS_JOBS.>",
];

/// What every subject of a job begins with.
pub const JOB: &str = "helios.job.";
/// All jobs.
pub const ALL_JOBS: &str = "helios.job.>";
/// All events.
pub const ALL_EVENTS: &str = "helios.evt.>";
/// All lines.
pub const ALL_LOGS: &str = "helios.log.>";
/// The jobs of the OAL worker.
pub const OAL_JOBS: &str = "helios.job.oal.>";
/// The jobs of the build worker.
pub const BUILD_JOBS: &str = "helios.job.build.>";

/// Checks a program.
pub const OAL_CHECK: &str = "helios.job.oal.check";
/// Builds or fetches an image with the container engine.
pub const BUILD_DOCKER: &str = "helios.job.build.docker";

/// The jobs of the agent of a target.
#[must_use]
pub fn deploy_jobs(target: &str) -> String {
    format!("helios.job.deploy.{target}.>")
}

/// A phase of a deployment on a target.
#[must_use]
pub fn deploy(target: &str, phase: Phase) -> String {
    format!("helios.job.deploy.{target}.{}", phase.name())
}

/// The jobs that run a component on a target.
#[must_use]
pub fn run_jobs(target: &str) -> String {
    format!("helios.job.run.{target}.>")
}

/// Runs a component on a target.
#[must_use]
pub fn run(target: &str) -> String {
    format!("helios.job.run.{target}.now")
}

/// An event of a deployment.
#[must_use]
pub fn event(org: Uuid, kind: &str) -> String {
    format!("helios.evt.{}.{kind}", org.simple())
}

/// The lines of a job.
#[must_use]
pub fn log(job: Uuid) -> String {
    format!("helios.log.job.{}", job.simple())
}

/// Core request to the agent of a target: logs and commands in running containers.
#[must_use]
pub fn agent(target: &str, verb: &str) -> String {
    format!("helios.agent.{target}.{verb}")
}
