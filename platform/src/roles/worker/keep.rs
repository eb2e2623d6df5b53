//! Keeping a job: its lease in the database and its message on the bus, and telling the work when it must stop.

use std::time::Duration;

use async_nats::jetstream::{AckKind, Message};
use chrono::Utc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{JobContext, Stop};
use crate::settings::Timing;
use crate::store::Store;
use crate::store::jobs::held::{Renewal, renew};
use crate::store::notices::{Notice, Waiter};

/// What it takes to keep a job.
pub(super) struct Keeper<'a> {
    pub(super) store: &'a Store,
    pub(super) message: &'a Message,
    pub(super) context: &'a JobContext,
    pub(super) timing: Timing,
    pub(super) shutdown: &'a CancellationToken,
}

impl Keeper<'_> {
    /// Renews until the lease is lost. `taken` is a time before the claim; `waiter` was made before it, too, so that no request
    /// to cancel falls between.
    pub(super) async fn keep(self, taken: Instant, mut waiter: Waiter) {
        let job = self.context.job;
        let deadline = Instant::now() + (self.context.deadline - Utc::now()).to_std().unwrap_or_default();
        let mut expires = taken + self.timing.lease;
        let mut next = taken + self.timing.renewal;
        loop {
            let working = self.context.stopped().is_none();
            tokio::select! {
                () = tokio::time::sleep_until(next) => {}
                notice = waiter.next() => if !matches!(notice, Notice::Missed) && notice != Notice::Cancel(job) { continue },
                () = tokio::time::sleep_until(deadline), if working => {
                    self.context.stop(Stop::Deadline);
                    continue;
                }
                () = self.shutdown.cancelled(), if working => {
                    self.context.stop(Stop::Shutdown);
                    continue;
                }
            }
            // The bus holds the message back for whoever says that the work goes on; the lease is what counts.
            let _ = self.message.ack_with(AckKind::Progress).await;
            let asked = Instant::now();
            let renewed =
                tokio::time::timeout_at(expires, renew(self.store, job, self.context.fence, self.timing.lease));
            match renewed.await {
                Ok(Ok(Renewal::Lost)) | Err(_) => break,
                Ok(Ok(Renewal::Held)) => {
                    (expires, next) = (asked + self.timing.lease, asked + self.timing.renewal);
                }
                Ok(Ok(Renewal::Cancelled)) => {
                    (expires, next) = (asked + self.timing.lease, asked + self.timing.renewal);
                    self.context.stop(Stop::Cancelled);
                }
                Ok(Err(error)) => {
                    tracing::warn!(%job, %error, "the lease could not be renewed");
                    next = Instant::now() + Duration::from_millis(500).min(self.timing.renewal);
                    if next >= expires {
                        break;
                    }
                }
            }
        }
        tracing::warn!(%job, "the lease is lost");
        self.context.stop(Stop::LeaseLost);
    }
}
