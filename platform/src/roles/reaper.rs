//! The reaper: brings jobs on that nobody brings on, and removes what has done its work. Any number may run.

use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use crate::bus::Bus;
use crate::settings::Timing;
use crate::store::{Store, idempotency, jobs, outbox};
use crate::telemetry::Metrics;

/// How often it is asked whether messages were lost; also whenever the bus comes back.
const LOST: Duration = Duration::from_secs(5);
/// How often old rows are removed.
const PRUNE: Duration = Duration::from_secs(10 * 60);

/// Reaps until `shutdown`.
pub async fn run(store: Store, bus: Bus, timing: Timing, metrics: Metrics, shutdown: CancellationToken) {
    let mut connections = bus.connections();
    let mut ticks = tokio::time::interval(timing.sweep);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut lost, mut prune) = (Instant::now(), Instant::now());
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = connections.changed() => lost = Instant::now(),
            () = shutdown.cancelled() => return,
        }
        let now = Instant::now();
        // Each by itself: trouble with one does not keep the others from their work.
        let ended = async {
            let reaped = jobs::overdue::reap(&store).await?;
            if reaped != jobs::overdue::Reaped::default() {
                tracing::info!(?reaped, "jobs that nobody held");
                metrics.reaped("lease_expired", reaped.expired);
                metrics.reaped("ended", reaped.ended);
                metrics.reaped("sent_again", reaped.sent);
            }
            Ok::<(), sqlx::Error>(())
        };
        let sent = async {
            if lost <= now && bus.is_connected() {
                lost = now + LOST;
                send_lost(&store, &bus, timing.lease, &metrics).await?;
            }
            Ok::<(), sqlx::Error>(())
        };
        let pruned = async {
            if prune <= now {
                prune = now + PRUNE;
                outbox::prune(&store).await?;
                let mut tx = store.system().await?;
                idempotency::forget_old(&mut tx).await?;
                tx.commit().await?;
            }
            Ok::<(), sqlx::Error>(())
        };
        for (what, done) in [("ending", ended.await), ("sending again", sent.await), ("pruning", pruned.await)] {
            if let Err(error) = done {
                tracing::warn!(what, %error, "the reaper");
            }
        }
    }
}

async fn send_lost(store: &Store, bus: &Bus, taken: Duration, metrics: &Metrics) -> Result<(), sqlx::Error> {
    // Made at once when the server came back empty: what is due waits for it.
    let since = match bus.jobs_since().await {
        Ok(since) => Some(since),
        Err(_) => match bus.set_up().await {
            Ok(()) => bus.jobs_since().await.ok(),
            Err(_) => None,
        },
    };
    let sent = jobs::overdue::send_lost(store, since, taken).await?;
    if sent > 0 {
        tracing::info!(sent, "jobs whose message the bus had lost");
        metrics.reaped("message_lost", sent);
    }
    match bus.exhausted().await {
        Ok(exhausted) => {
            for message in exhausted {
                if let Some(job) = message.job {
                    let sent = jobs::overdue::send_again(store, job).await?;
                    tracing::warn!(%job, sent, "a message was delivered as often as may be");
                }
                bus.forget(&message).await;
            }
        }
        Err(error) => tracing::debug!(%error, "what the bus gave up on"),
    }
    Ok(())
}
