//! What every message looks like.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The version of [`Envelope`]; a reader refuses a higher one.
pub const SCHEMA: u32 = 1;

/// A job on its way to a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Envelope<T> {
    /// The version of this format.
    pub schema: u32,
    /// The job's row.
    pub job: Uuid,
    /// How often it was sent before, plus one; with `job` the message's id.
    pub attempt: u32,
    /// The organisation it is for.
    pub org: Uuid,
    /// The deployment it is part of, for logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment: Option<Uuid>,
    /// W3C Trace Context, as it came with the request that caused this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// After that nobody waits for the result.
    pub deadline: DateTime<Utc>,
    /// What is to be done.
    pub body: T,
}
