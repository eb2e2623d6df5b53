//! Conversations with the agent of a target over core NATS: lines of running containers, commands in them.
//!
//! The API asks `helios.agent.<target>.<verb>` and names a session, a prefix nobody can guess. The agent listens to `<session>.in`,
//! answers that it has accepted, and from then on speaks on `<session>.out`. Both sides say something every [`BEAT`], an empty
//! message if there is nothing else to say, and take the other for gone after [`SILENCE`]. Nothing here is kept: what breaks off is
//! asked for again by whoever wants it.

use std::time::Duration;

use async_nats::{Client, Message, Subscriber};
use bytes::Bytes;
use futures::StreamExt;
use helios_client::Failure;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval, timeout, timeout_at};

use super::subjects;
use crate::domain::job::EnvironmentRef;
use crate::target::{ExecQuery, LogLine, LogQuery};

/// How often each side says something.
pub const BEAT: Duration = Duration::from_secs(5);
/// After that long without a word the other side is gone.
pub const SILENCE: Duration = Duration::from_secs(20);
/// How long the agent has to accept.
const ACCEPT: Duration = Duration::from_secs(5);

/// The verb of [`LogsRequest`]; the agent speaks in [`LogsAnswer`]s as JSON.
pub const LOGS: &str = "logs";
/// The verb of [`ExecRequest`]; both sides speak in [`helios_client::exec::Frame`]s.
pub const EXEC: &str = "exec";

/// Asks for lines of running containers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LogsRequest {
    /// Of which environment.
    pub environment: EnvironmentRef,
    /// Which lines.
    pub query: LogQuery,
}

/// What the agent says to a [`LogsRequest`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogsAnswer {
    /// A line.
    Line(LogLine),
    /// There will be no more.
    End,
    /// It cannot be done.
    Failed(Box<Failure>),
}

/// Asks for a command in a running container.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ExecRequest {
    /// Of which environment.
    pub environment: EnvironmentRef,
    /// Which command, where.
    pub query: ExecQuery,
}

/// Why there is no conversation.
#[derive(Debug)]
#[non_exhaustive]
pub enum AgentError {
    /// No agent of that target listens.
    NoAgent(String),
    /// It listens and does not accept in time.
    Slow(String),
    /// The bus.
    Bus(String),
    /// The request cannot be written as JSON.
    Request(serde_json::Error),
}

impl std::fmt::Display for AgentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoAgent(target) => write!(f, "no deploy agent of the target `{target}` is there"),
            Self::Slow(target) => write!(f, "the deploy agent of the target `{target}` does not answer"),
            Self::Bus(error) => write!(f, "the bus: {error}"),
            Self::Request(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AgentError {}

/// How a request travels.
#[derive(Serialize, Deserialize)]
struct Opening<T> {
    session: String,
    request: T,
}

/// One end of a conversation. Split it to listen and speak at the same time.
#[derive(Debug)]
pub struct Conversation {
    /// What the other side says.
    pub ear: Ear,
    /// What is said to it.
    pub mouth: Mouth,
}

/// What the other side says.
#[derive(Debug)]
pub struct Ear {
    messages: Subscriber,
    heard: Instant,
}

/// What is said to the other side.
#[derive(Debug, Clone)]
pub struct Mouth {
    client: Client,
    subject: String,
}

impl Ear {
    /// The next message that says something; none when the other side is gone.
    pub async fn next(&mut self) -> Option<Bytes> {
        loop {
            let message = timeout_at(self.heard + SILENCE, self.messages.next()).await.ok().flatten()?;
            self.heard = Instant::now();
            if !message.payload.is_empty() {
                return Some(message.payload);
            }
        }
    }
}

impl Mouth {
    /// Says something.
    ///
    /// # Errors
    /// The bus.
    pub async fn say(&self, message: impl Into<Bytes>) -> Result<(), AgentError> {
        self.client
            .publish(self.subject.clone(), message.into())
            .await
            .map_err(|error| AgentError::Bus(error.to_string()))
    }

    /// Says that this side is still there; to be called at each tick of [`beats`].
    ///
    /// # Errors
    /// The bus.
    pub async fn beat(&self) -> Result<(), AgentError> {
        self.say(Bytes::new()).await
    }
}

/// Ticks at which a side has to say something, the first one a [`BEAT`] from now.
#[must_use]
pub fn beats() -> Interval {
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats.reset();
    beats
}

/// Begins a conversation with the agent of a target.
///
/// # Errors
/// There is no agent, or it does not answer; the bus.
pub async fn open(
    client: &Client,
    target: &str,
    verb: &str,
    request: &impl Serialize,
) -> Result<Conversation, AgentError> {
    let bus = |error: &dyn std::error::Error| AgentError::Bus(error.to_string());
    let session = client.new_inbox();
    let messages = client.subscribe(format!("{session}.out")).await.map_err(|error| bus(&error))?;
    let opening = serde_json::to_vec(&Opening { session: session.clone(), request }).map_err(AgentError::Request)?;
    let asked = client.request(subjects::agent(target, verb), opening.into());
    match timeout(ACCEPT, asked).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) if error.kind() == async_nats::RequestErrorKind::NoResponders => {
            return Err(AgentError::NoAgent(target.to_owned()));
        }
        Ok(Err(error)) if error.kind() != async_nats::RequestErrorKind::TimedOut => return Err(bus(&error)),
        _ => return Err(AgentError::Slow(target.to_owned())),
    }
    Ok(Conversation {
        ear: Ear { messages, heard: Instant::now() },
        mouth: Mouth { client: client.clone(), subject: format!("{session}.in") },
    })
}

/// Accepts a conversation, as the agent: `message` came on [`subjects::agent`], best by a queue subscription, so that one of
/// several agents takes it. None for a message that is no request.
///
/// # Errors
/// The bus.
pub async fn accept<T: DeserializeOwned>(
    client: &Client,
    message: &Message,
) -> Result<Option<(T, Conversation)>, AgentError> {
    let bus = |error: &dyn std::error::Error| AgentError::Bus(error.to_string());
    let Ok(Opening { session, request }) = serde_json::from_slice::<Opening<T>>(&message.payload) else {
        return Ok(None);
    };
    let Some(reply) = message.reply.clone() else { return Ok(None) };
    let messages = client.subscribe(format!("{session}.in")).await.map_err(|error| bus(&error))?;
    client.flush().await.map_err(|error| bus(&error))?;
    client.publish(reply, Bytes::from_static(b"{}")).await.map_err(|error| bus(&error))?;
    let conversation = Conversation {
        ear: Ear { messages, heard: Instant::now() },
        mouth: Mouth { client: client.clone(), subject: format!("{session}.out") },
    };
    Ok(Some((request, conversation)))
}
