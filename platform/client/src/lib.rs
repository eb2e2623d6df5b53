//! The API of Helios as data: what goes over the wire, and a client that sends it.
//!
//! Every type here is JSON with snake_case members; times are RFC 3339 in UTC, identifiers UUIDs, digests `sha256:` and 64
//! lower-case hexadecimal digits. A request with a member that is not described here is refused; an answer may have more members
//! than a client knows. Nothing here reads a file or knows a terminal.
//!
//! [`http::Client`] has a method for every operation.

pub mod access;
pub mod backup;
pub mod deployment;
pub mod environment;
pub mod exec;
pub mod failure;
pub mod http;
pub mod job;
pub mod log;
pub mod page;
pub mod plan;
pub mod problem;
pub mod secret;
pub mod text;

pub use access::{AuditEntry, AuditVerification, Identity, NewToken, Org, Scope, Token, TokenWithSecret};
pub use backup::{Backup, BackupState, NewBackup};
pub use deployment::{
    Approval, Cancellation, Deployment, DeploymentEvent, DeploymentKind, DeploymentState, NewDeployment, Step,
};
pub use environment::{
    App, Environment, EnvironmentStatus, Instance, NewEnvironment, Params, Release, Repeated, Scale, Source,
};
pub use failure::{Failure, FailureKind};
pub use http::{Client, ClientError};
pub use job::{Job, JobKind, JobState, NewDown, NewRun};
pub use log::{LogLine, LogQuery};
pub use page::{Page, PageQuery};
pub use plan::{NewPlan, Plan, PlanItem};
pub use problem::Problem;
pub use secret::{NewSecret, Secret, SecretRotation, SecretVersionsQuery};
pub use text::{Digest, Label, Name, SecretName};
