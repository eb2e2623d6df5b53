//! The connection: made again whenever it is lost, for as long as the process lives.

use std::fmt;
use std::time::Duration;

use async_nats::jetstream::{self, context::ContextBuilder};
use async_nats::{Client, ConnectOptions, Event, connection::State};
use bytes::Bytes;
use tokio::sync::watch;

/// How long the server may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Why the bus did not do it. Whoever sends tries again; whoever receives asks again.
#[derive(Debug)]
#[non_exhaustive]
pub enum BusError {
    /// The URL.
    Url(String),
    /// There is no connection now.
    Disconnected,
    /// The server does not know the stream or the consumer; [`super::Bus::set_up`] makes them.
    Missing(String),
    /// The message is larger than the server takes; it never will be taken.
    TooLarge,
    /// Anything else that the server or the connection said.
    Other(String),
}

impl fmt::Display for BusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => write!(f, "the URL of NATS: {error}"),
            Self::Disconnected => f.write_str("no connection to NATS"),
            Self::Missing(what) => write!(f, "NATS does not have {what}"),
            Self::TooLarge => f.write_str("the message is larger than NATS takes"),
            Self::Other(error) => write!(f, "NATS: {error}"),
        }
    }
}

impl std::error::Error for BusError {}

/// The bus.
#[derive(Debug, Clone)]
pub struct Bus {
    client: Client,
    jetstream: jetstream::Context,
    connections: watch::Receiver<u64>,
}

impl Bus {
    /// A bus that connects as soon as the server answers, and again whenever the connection is lost. Does not wait for it.
    ///
    /// # Errors
    /// The URL: `nats://[USER:PASSWORD@]HOST[:PORT]`.
    pub async fn connect(url: &str, name: &str) -> Result<Self, BusError> {
        let (count, connections) = watch::channel(0);
        let options = ConnectOptions::new()
            .name(name)
            .retry_on_initial_connect()
            .max_reconnects(None)
            .connection_timeout(ANSWER)
            .ping_interval(Duration::from_secs(10))
            .reconnect_delay_callback(|attempts| {
                Duration::from_millis(20).saturating_mul(1 << attempts.min(6)).min(Duration::from_secs(1))
            })
            .event_callback(move |event| {
                match event {
                    Event::Connected => count.send_modify(|count| *count += 1),
                    ref other => tracing::warn!(bus = %other, "NATS"),
                }
                std::future::ready(())
            });
        let address: async_nats::ServerAddr = url.parse().map_err(|error| BusError::Url(format!("{error}")))?;
        // The client does not look for them there.
        let options = match (address.username(), address.password()) {
            (Some(user), Some(password)) => options.user_and_password(decoded(user), decoded(password)),
            (Some(token), None) => options.token(decoded(token)),
            _ => options,
        };
        let client = options.connect(address).await.map_err(|error| BusError::Url(error.to_string()))?;
        let jetstream = ContextBuilder::new().timeout(ANSWER).ack_timeout(ANSWER).build(client.clone());
        Ok(Self { client, jetstream, connections })
    }

    /// The client, for requests that go past the streams.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The streams.
    pub(super) const fn jetstream(&self) -> &jetstream::Context {
        &self.jetstream
    }

    /// Whether there is a connection now.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.client.connection_state() == State::Connected
    }

    /// Counts the connections made so far: whoever waits for messages asks again when it changes.
    #[must_use]
    pub fn connections(&self) -> watch::Receiver<u64> {
        self.connections.clone()
    }

    /// Waits until there is a connection.
    ///
    /// # Errors
    /// [`BusError::Disconnected`] after `patience`.
    pub async fn until_connected(&self, patience: Duration) -> Result<(), BusError> {
        let mut connections = self.connections();
        let connected = async {
            while !self.is_connected() {
                // Looked at anyway from time to time: the count may have risen before the state.
                let _ = tokio::time::timeout(Duration::from_millis(50), connections.changed()).await;
            }
        };
        tokio::time::timeout(patience, connected).await.map_err(|_| BusError::Disconnected)
    }

    /// Publishes to a stream and waits until the server has the message. The same id again within ten minutes is not stored
    /// again, which counts as success.
    ///
    /// # Errors
    /// The server has not said that it has it: it may, or may not.
    pub async fn publish(&self, subject: &str, message_id: &str, payload: Bytes) -> Result<(), BusError> {
        // Without a connection the client would keep the message and send it at any later time.
        if !self.is_connected() {
            return Err(BusError::Disconnected);
        }
        let message = jetstream::message::PublishMessage::build().payload(payload).message_id(message_id);
        let sent = self.jetstream.send_publish(subject.to_owned(), message).await.map_err(publish_error)?;
        sent.await.map_err(publish_error)?;
        Ok(())
    }

    /// Publishes without waiting; lost if there is no connection now. For what others can read elsewhere, too.
    pub async fn tell(&self, subject: &str, payload: Bytes) {
        if self.is_connected() {
            let _ = self.client.publish(subject.to_owned(), payload).await;
        }
    }
}

/// The text that a part of a URL stands for.
fn decoded(part: &str) -> String {
    percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned()
}

fn publish_error(error: jetstream::context::PublishError) -> BusError {
    match error.kind() {
        jetstream::context::PublishErrorKind::StreamNotFound => {
            BusError::Missing("the stream of the subject".to_owned())
        }
        jetstream::context::PublishErrorKind::MaxPayloadExceeded => BusError::TooLarge,
        _ => BusError::Other(error.to_string()),
    }
}
