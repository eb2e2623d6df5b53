//! The HTTP interface. What goes over the wire is in `helios-client`; here is what answers.
//!
//! A request passes, from the outside in: its id and trace ([`request`]), the limit for its address, the check of its query against
//! the description ([`describe`]), the token with its limit and scope ([`access`]), the idempotency key ([`idempotency`]), and then
//! its handler in [`routes`]. Whatever goes wrong anywhere is a [`refusal::Refusal`], and on the wire a problem (RFC 9457).

pub mod access;
mod connections;
pub mod cursor;
pub mod describe;
pub mod extract;
pub mod health;
pub mod idempotency;
pub mod limits;
pub mod refusal;
pub mod request;
pub mod routes;
pub mod serve;
pub mod stream;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::artifacts::Artifacts;
use crate::sealing::Keyring;
use crate::store::Store;
use crate::store::notices::Notices;
use crate::telemetry::Metrics;

/// What every handler has at hand. Cheap to clone.
#[derive(Clone)]
pub struct Api {
    /// The database.
    pub store: Store,
    /// The artifact store.
    pub artifacts: Artifacts,
    /// The master keys.
    pub keyring: Arc<Keyring>,
    /// The bus, for conversations with agents; none where the process has none, and then there are none.
    pub bus: Option<async_nats::Client>,
    /// The target of environments that name none.
    pub target: String,
    /// Proxies whose word on who a caller is counts.
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// What wakes streams.
    pub notices: Notices,
    /// How much a caller may.
    pub limits: Arc<limits::Limits>,
    /// What is measured.
    pub metrics: Metrics,
    /// What `/readyz` asks.
    pub readiness: Arc<health::Readiness>,
    /// Ends every stream when the process is to end.
    pub shutdown: CancellationToken,
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Api").finish_non_exhaustive()
    }
}
