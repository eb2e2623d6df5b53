//! What PostgreSQL tells at commit, on one connection for the whole process. A notice only wakes: what it is about is in the
//! rows, and some are lost whenever the connection is. Whoever waits for one looks at the rows from time to time as well.

use std::time::Duration;

use sqlx::postgres::PgListener;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{CANCEL_CHANNEL, DEPLOYMENT_CHANNEL, EVENT_CHANNEL, LOG_CHANNEL, OUTBOX_CHANNEL, Store};

/// How many notices may wait for a slow receiver before it is told that it missed some.
const WAITING: usize = 1024;

/// What was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// There are messages to publish.
    Outbox,
    /// This deployment may be able to go on.
    Deployment(Uuid),
    /// An event was written, of this deployment.
    Event(Option<Uuid>),
    /// This job has new lines, or ended.
    Log(Uuid),
    /// This job is to stop.
    Cancel(Uuid),
    /// Some may have been lost: look at everything.
    Missed,
}

/// Where notices are had.
#[derive(Debug, Clone)]
pub struct Notices {
    sender: broadcast::Sender<Notice>,
}

/// Notices from the moment it was made.
#[derive(Debug)]
pub struct Waiter {
    receiver: broadcast::Receiver<Notice>,
}

impl Waiter {
    /// The next notice. Never ends by itself.
    pub async fn next(&mut self) -> Notice {
        match self.receiver.recv().await {
            Ok(notice) => notice,
            Err(broadcast::error::RecvError::Lagged(_)) => Notice::Missed,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }

    /// Waits until a notice is of interest, or for `poll`, the net below; takes all that came meanwhile.
    pub async fn until(&mut self, poll: Duration, of_interest: impl Fn(Notice) -> bool) {
        let woken =
            async { while !matches!(self.next().await, notice if notice == Notice::Missed || of_interest(notice)) {} };
        let _ = tokio::time::timeout(poll, woken).await;
        while matches!(self.receiver.try_recv(), Ok(_) | Err(broadcast::error::TryRecvError::Lagged(_))) {}
    }
}

impl Notices {
    /// Listens until `shutdown`.
    #[must_use]
    pub fn listen(store: &Store, shutdown: CancellationToken) -> Self {
        let notices = Self { sender: broadcast::channel(WAITING).0 };
        let (sender, store) = (notices.sender.clone(), store.clone());
        tokio::spawn(async move {
            let listening = async {
                loop {
                    let Err(error) = listen(&store, &sender).await;
                    tracing::warn!(%error, "notices of PostgreSQL");
                    let _ = sender.send(Notice::Missed);
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = listening => {}
            }
        });
        notices
    }

    /// A receiver of what is told from now on.
    #[must_use]
    pub fn waiter(&self) -> Waiter {
        Waiter { receiver: self.sender.subscribe() }
    }
}

async fn listen(store: &Store, sender: &broadcast::Sender<Notice>) -> Result<std::convert::Infallible, sqlx::Error> {
    let mut listener = PgListener::connect_with(store.pool()).await?;
    let channels = [OUTBOX_CHANNEL, DEPLOYMENT_CHANNEL, EVENT_CHANNEL, LOG_CHANNEL, CANCEL_CHANNEL];
    listener.listen_all(channels).await?;
    // Whatever was told before this.
    let _ = sender.send(Notice::Missed);
    loop {
        // None: the connection was lost, and is made again at the next call.
        let notice = listener.try_recv().await?.map_or(Notice::Missed, |told| read(told.channel(), told.payload()));
        // Nobody waits now: fine.
        let _ = sender.send(notice);
    }
}

fn read(channel: &str, payload: &str) -> Notice {
    let id = payload.parse().ok();
    match (channel, id) {
        (OUTBOX_CHANNEL, _) => Notice::Outbox,
        (EVENT_CHANNEL, id) => Notice::Event(id),
        (DEPLOYMENT_CHANNEL, Some(id)) => Notice::Deployment(id),
        (LOG_CHANNEL, Some(id)) => Notice::Log(id),
        (CANCEL_CHANNEL, Some(id)) => Notice::Cancel(id),
        _ => Notice::Missed,
    }
}
