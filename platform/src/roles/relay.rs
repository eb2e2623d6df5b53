//! The relay: takes messages from the outbox to the bus. Any number may run; a message that was published and not marked is
//! published again, and the bus knows it by its id.

use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use tokio_util::sync::CancellationToken;

use crate::bus::{Bus, BusError};
use crate::store::notices::{Notice, Notices};
use crate::store::outbox::{self, Due};
use crate::store::{Store, dead_letters, jobs};

/// The net below the notices.
const POLL: Duration = Duration::from_secs(1);
/// So many messages in one transaction.
const BATCH: i64 = 100;
/// So many of them at a time on their way to the server.
const AT_ONCE: usize = 32;

/// Publishes until `shutdown`.
pub async fn run(store: Store, bus: Bus, notices: Notices, shutdown: CancellationToken) {
    let (mut waiter, mut connections) = (notices.waiter(), bus.connections());
    while !shutdown.is_cancelled() {
        let full = if bus.is_connected() {
            round(&store, &bus).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "the outbox");
                false
            })
        } else {
            false
        };
        if full {
            continue;
        }
        tokio::select! {
            () = waiter.until(POLL, |notice| notice == Notice::Outbox) => {}
            _ = connections.changed() => {}
            () = shutdown.cancelled() => {}
        }
    }
}

/// Publishes what is due. True if there may be more.
async fn round(store: &Store, bus: &Bus) -> Result<bool, sqlx::Error> {
    let mut tx = store.system().await?;
    let due = outbox::due(&mut tx, BATCH).await?;
    if due.is_empty() {
        return Ok(false);
    }
    let publishing: Vec<_> = due.iter().map(|message| publish(bus, message)).collect();
    let results: Vec<Result<(), BusError>> = futures::stream::iter(publishing).buffered(AT_ONCE).collect().await;
    let (mut published, mut put_off, mut hopeless) = (Vec::new(), Vec::new(), Vec::new());
    let mut first_error = None;
    for (message, result) in due.iter().zip(results) {
        match result {
            Ok(()) => published.push(message.id),
            // It stays due: the connection comes back or not, that is no fault of the message.
            Err(BusError::Disconnected) => {}
            Err(BusError::TooLarge) => {
                published.push(message.id);
                hopeless.push(message);
            }
            Err(error) => {
                put_off.push(message.id);
                first_error.get_or_insert(error);
            }
        }
    }
    outbox::published(&mut tx, &published).await?;
    outbox::put_off(&mut tx, &put_off).await?;
    tx.commit().await?;
    if let Some(error) = first_error {
        tracing::warn!(%error, messages = put_off.len(), "the bus did not take messages");
    }
    for message in hopeless {
        give_up(store, message).await?;
    }
    Ok(!published.is_empty() && due.len() as i64 == BATCH)
}

async fn publish(bus: &Bus, message: &Due) -> Result<(), BusError> {
    let send = || bus.publish(&message.subject, &message.message_id, Bytes::from(message.payload.clone()));
    match send().await {
        // The server came back empty.
        Err(BusError::Missing(_)) => {
            bus.set_up().await?;
            send().await
        }
        other => other,
    }
}

/// A message that the bus will never take.
async fn give_up(store: &Store, message: &Due) -> Result<(), sqlx::Error> {
    let why = BusError::TooLarge.to_string();
    tracing::error!(message = message.message_id, why, "a message cannot be published");
    match jobs::of_message_id(&message.message_id) {
        Some(job) => jobs::overdue::give_up(store, job, &why).await.map(drop),
        None => dead_letters::add(store, &message.subject, message.payload.as_bytes(), &why).await,
    }
}
