//! Where releases run. The platform says what must be; a target makes it so and says what it sees.
//!
//! Shaped for engines that place containers themselves (Docker now; Swarm and Kubernetes have the same operations): every object
//! is named and labelled from organisation, application, environment, node and the digest of what it was made from, so doing an
//! operation twice changes nothing and a difference is a comparison of labels.

use std::future::Future;
use std::pin::Pin;

use futures::stream::BoxStream;
use helios_client::Failure;
use oal_ir::NodeId;

use crate::domain::job::{DeployJob, DeployResult, EnvironmentRef, Instance, RunJob, RunResult};
use crate::roles::worker::{JobContext, JobError};

pub mod docker;
pub mod secrets;

/// What an asynchronous operation returns; boxed, so that targets are chosen at run time.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Which lines of a log are wanted.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
pub struct LogQuery {
    /// Only this component.
    pub node: Option<NodeId>,
    /// Only lines since then.
    pub since: Option<chrono::DateTime<chrono::Utc>>,
    /// Only so many of the last lines of each container.
    pub tail: Option<u32>,
    /// Go on with new lines.
    pub follow: bool,
}

/// A line that a container wrote.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct LogLine {
    /// When the engine got it.
    pub at: chrono::DateTime<chrono::Utc>,
    /// The component.
    pub node: NodeId,
    /// Which copy.
    pub replica: u32,
    /// Whether it came by standard error.
    pub stderr: bool,
    /// The line without its end; invalid UTF-8 replaced.
    pub line: String,
}

/// A command in a running container.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct ExecQuery {
    /// The component.
    pub node: NodeId,
    /// Which copy; none for any.
    pub replica: Option<u32>,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Whether it gets a terminal, of this many columns and rows.
    pub terminal: Option<(u16, u16)>,
}

/// Where releases run.
pub trait Target: Send + Sync {
    /// Its name in subjects and in `environments.target`.
    fn name(&self) -> &str;

    /// What runs of an environment.
    ///
    /// # Errors
    /// The engine does not answer.
    fn observe<'a>(&'a self, environment: &'a EnvironmentRef) -> BoxFuture<'a, Result<Vec<Instance>, Failure>>;

    /// What differs between a release and what runs, one line each; empty if nothing does.
    ///
    /// # Errors
    /// The engine does not answer.
    fn diff<'a>(&'a self, job: &'a DeployJob) -> BoxFuture<'a, Result<Vec<String>, Failure>>;

    /// Does one phase. Stops between two operations as soon as the context says that the lease is lost or the job is cancelled.
    ///
    /// # Errors
    /// [`JobError::Stopped`] because the context said so; [`JobError::Away`] the engine, the edge, the database do not answer. What the program is to
    /// blame for is a result.
    fn apply<'a>(
        &'a self,
        job: &'a DeployJob,
        context: &'a JobContext,
    ) -> BoxFuture<'a, Result<DeployResult, JobError>>;

    /// Runs a component to its end, its output to the job's log.
    ///
    /// # Errors
    /// As [`Self::apply`].
    fn run<'a>(&'a self, job: &'a RunJob, context: &'a JobContext) -> BoxFuture<'a, Result<RunResult, JobError>>;

    /// Lines of running containers, in the order they came.
    ///
    /// # Errors
    /// The engine does not answer; no such component.
    fn logs<'a>(
        &'a self,
        environment: &'a EnvironmentRef,
        query: LogQuery,
    ) -> BoxFuture<'a, Result<BoxStream<'static, LogLine>, Failure>>;

    /// Starts a command in a running container.
    ///
    /// # Errors
    /// The engine does not answer; nothing of that component runs.
    fn exec<'a>(&'a self, environment: &'a EnvironmentRef, query: ExecQuery) -> BoxFuture<'a, Result<Exec, Failure>>;
}

/// A command that runs.
pub struct Exec {
    /// What it writes: `(is standard error, bytes)`.
    pub output: BoxStream<'static, (bool, bytes::Bytes)>,
    /// What it reads.
    pub input: Pin<Box<dyn tokio::io::AsyncWrite + Send>>,
    /// Tells its terminal the number of columns and rows.
    pub resize: Box<dyn Fn(u16, u16) -> BoxFuture<'static, ()> + Send + Sync>,
    /// Its exit code, once `output` has ended.
    pub exit: BoxFuture<'static, Option<i64>>,
    /// Ends it, for when nobody reads any more.
    pub end: BoxFuture<'static, ()>,
}
