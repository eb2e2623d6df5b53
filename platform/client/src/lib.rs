//! The API of Helios as data: what goes over the wire, and a client that sends it.
//!
//! Every type here is JSON with snake_case members; times are RFC 3339 in UTC, identifiers UUIDs, digests `sha256:` and 64
//! lower-case hexadecimal digits. Nothing here reads a file or knows a terminal.

pub mod deployment;
pub mod failure;
pub mod plan;

pub use deployment::{Deployment, DeploymentKind, DeploymentState, Step};
pub use failure::{Failure, FailureKind};
pub use plan::{Plan, PlanItem};
