//! Conversations with the agent of a target over core NATS: lines of running containers, commands in them.
//!
//! The API asks `helios.agent.<target>.<verb>` and names a session, a prefix nobody can guess. The agent listens to `<session>.in`,
//! answers that it has accepted, and from then on speaks on `<session>.out`. Both sides are heard of every [`BEAT`], and take the
//! other for gone after [`SILENCE`]. Nothing here is kept: what breaks off is asked for again by whoever wants it.

use std::time::Duration;

use async_nats::{Client, Message};
use bytes::Bytes;
use helios_client::Failure;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::subjects;
use crate::domain::job::EnvironmentRef;
use crate::target::{ExecQuery, LogLine, LogQuery};

mod conversation;

pub use conversation::{Conversation, Ear, Mouth, WINDOW};

/// How often each side is heard of.
pub const BEAT: Duration = Duration::from_secs(5);
/// After that long without a word the other side is gone.
pub const SILENCE: Duration = Duration::from_secs(20);
/// How long the agent has to accept.
const ACCEPT: Duration = Duration::from_secs(5);

/// How long the bus has to say that nobody listens.
const LISTENS: Duration = Duration::from_secs(1);

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
    /// The other side has ended, or is not heard of any more.
    Gone,
    /// Something that the other side said has not come.
    Lost,
    /// The request cannot be written as JSON.
    Request(serde_json::Error),
}

impl std::fmt::Display for AgentError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoAgent(target) => write!(f, "no deploy agent of the target `{target}` is there"),
            Self::Slow(target) => write!(f, "the deploy agent of the target `{target}` does not answer"),
            Self::Bus(error) => write!(f, "the bus: {error}"),
            Self::Gone => f.write_str("the deploy agent has gone"),
            Self::Lost => f.write_str("the bus has lost a message of the deploy agent"),
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

/// Whether an agent of a target listens.
///
/// # Errors
/// The bus.
pub async fn is_there(client: &Client, target: &str) -> Result<bool, AgentError> {
    // No request, so that nobody answers; that nobody is there the bus says itself.
    let asked = timeout(LISTENS, client.request(subjects::agent(target, LOGS), Bytes::new()));
    match asked.await {
        Ok(Err(error)) if error.kind() == async_nats::RequestErrorKind::NoResponders => Ok(false),
        Ok(Err(error)) if error.kind() != async_nats::RequestErrorKind::TimedOut => {
            Err(AgentError::Bus(error.to_string()))
        }
        _ => Ok(true),
    }
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
    Ok(Conversation::new(client, messages, format!("{session}.in")))
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
    Ok(Some((request, Conversation::new(client, messages, format!("{session}.out")))))
}
