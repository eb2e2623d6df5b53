//! Being asked to stop: Ctrl-C, or the end of the session.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{Exit, Failure};

/// Listens for requests to stop. From the moment it is made such a signal no longer ends the process by itself, and none is
/// missed between two waits.
#[derive(Debug)]
pub(super) struct Interrupt {
    signals: [Signal; 3],
}

impl Interrupt {
    /// Begins to listen.
    ///
    /// # Errors
    /// The system.
    pub(super) fn new() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|error| Failure::new(Exit::Unknown, format!("no signals: {error}")));
        let [interrupt, terminate, hangup] =
            [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(listen);
        Ok(Self { signals: [interrupt?, terminate?, hangup?] })
    }

    /// Waits for the next request.
    pub(super) async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.signals;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
