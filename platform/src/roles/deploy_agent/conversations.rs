//! Lines of running containers, and commands in them, for those who ask over the bus.

use std::time::Duration;

use async_nats::Message;
use bytes::Bytes;
use futures::StreamExt;
use helios_client::exec::{Frame, TerminalSize};
use helios_client::problem::Problem;
use helios_client::{Failure, FailureKind};
use tokio::io::AsyncWriteExt;
use tokio_util::sync::CancellationToken;

use super::DeployAgent;
use crate::bus::agent::{self, Conversation, EXEC, ExecRequest, LOGS, LogsAnswer, LogsRequest};
use crate::bus::{Bus, subjects};
use crate::domain::job::EnvironmentRef;
use crate::store::{environments, releases};
use crate::target::Target;

/// The pause before it is listened again when the bus has broken off.
const AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn answer(agent: DeployAgent, bus: Bus, shutdown: CancellationToken) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = listen(&agent, &bus, &shutdown) => {}
    }
}

async fn listen(agent: &DeployAgent, bus: &Bus, shutdown: &CancellationToken) {
    loop {
        let client = bus.client();
        let subject = |verb| subjects::agent(agent.docker.name(), verb);
        // Of several agents one answers.
        let group = "agents".to_owned();
        let logs = client.queue_subscribe(subject(LOGS), group.clone()).await;
        let exec = client.queue_subscribe(subject(EXEC), group).await;
        if let (Ok(mut logs), Ok(mut exec)) = (logs, exec) {
            loop {
                let (verb, message) = tokio::select! {
                    message = logs.next() => (LOGS, message),
                    message = exec.next() => (EXEC, message),
                };
                let Some(message) = message else { break };
                let (agent, bus, shutdown) = (agent.clone(), bus.clone(), shutdown.clone());
                tokio::spawn(async move {
                    tokio::select! {
                        () = shutdown.cancelled() => {}
                        () = talk(agent, bus, verb, message) => {}
                    }
                });
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

async fn talk(agent: DeployAgent, bus: Bus, verb: &'static str, message: Message) {
    let ended = match verb {
        LOGS => match agent::accept::<LogsRequest>(bus.client(), &message).await {
            Ok(Some((request, conversation))) => logs(&agent, request, conversation).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        },
        _ => match agent::accept::<ExecRequest>(bus.client(), &message).await {
            Ok(Some((request, conversation))) => exec(&agent, request, conversation).await,
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        },
    };
    if let Err(error) = ended {
        tracing::debug!(verb, %error, "a conversation broke off");
    }
}

async fn logs(agent: &DeployAgent, request: LogsRequest, conversation: Conversation) -> Result<(), agent::AgentError> {
    let Conversation { mut ear, mouth } = conversation;
    let say = |answer: &LogsAnswer| Bytes::from(serde_json::to_vec(answer).unwrap_or_default());
    if let Err(failure) = learn(agent, &request.environment).await {
        return mouth.say(say(&LogsAnswer::Failed(Box::new(failure)))).await;
    }
    let mut lines = match agent.docker.logs(&request.environment, request.query).await {
        Ok(lines) => lines,
        Err(failure) => return mouth.say(say(&LogsAnswer::Failed(Box::new(failure)))).await,
    };
    let mut beats = agent::beats();
    loop {
        tokio::select! {
            line = lines.next() => match line {
                Some(line) => mouth.say(say(&LogsAnswer::Line(line))).await?,
                None => return mouth.say(say(&LogsAnswer::End)).await,
            },
            _ = beats.tick() => mouth.beat().await?,
            // Nothing is said to us here; when it ends, nobody listens any more.
            heard = ear.next() => if heard.is_none() { return Ok(()) },
        }
    }
}

async fn exec(agent: &DeployAgent, request: ExecRequest, conversation: Conversation) -> Result<(), agent::AgentError> {
    let Conversation { mut ear, mouth } = conversation;
    let say = |frame: Frame| {
        let mut bytes = Vec::new();
        frame.write(&mut bytes);
        Bytes::from(bytes)
    };
    let mut running = match agent.docker.exec(&request.environment, request.query).await {
        Ok(running) => running,
        Err(failure) => return mouth.say(say(Frame::Problem(Box::new(problem(failure))))).await,
    };
    let (mut beats, mut heard, mut input_ended) = (agent::beats(), Vec::new(), false);
    loop {
        tokio::select! {
            output = running.output.next() => match output {
                Some((true, bytes)) => mouth.say(say(Frame::ErrorOutput(bytes.to_vec()))).await?,
                Some((false, bytes)) => mouth.say(say(Frame::Output(bytes.to_vec()))).await?,
                None => return mouth.say(say(Frame::Exit(running.exit.await))).await,
            },
            _ = beats.tick() => mouth.beat().await?,
            bytes = ear.next() => {
                // Whoever asked is gone: nobody is left to end the command.
                let Some(bytes) = bytes else {
                    running.end.await;
                    return Ok(());
                };
                heard.extend_from_slice(&bytes);
                while let Ok(Some(frame)) = Frame::take(&mut heard) {
                    match frame {
                        Frame::Input(bytes) if bytes.is_empty() => {
                            input_ended = true;
                            let _ = running.input.shutdown().await;
                        }
                        Frame::Input(bytes) if !input_ended => {
                            // The command may have closed its input; that is its own business.
                            let _ = running.input.write_all(&bytes).await;
                            let _ = running.input.flush().await;
                        }
                        Frame::Resize(TerminalSize { columns, rows }) => (running.resize)(columns, rows).await,
                        _ => {}
                    }
                }
            }
        }
    }
}

/// Sees to it that the secrets of what runs are blanked out: after this program has started it knows none.
async fn learn(agent: &DeployAgent, environment: &EnvironmentRef) -> Result<(), Failure> {
    if agent.docker.knows_secrets(environment.id) {
        return Ok(());
    }
    let database = |error: sqlx::Error| Failure::new(FailureKind::Internal, "", format!("the database: {error}"));
    let mut tx = agent.store.system().await.map_err(database)?;
    let place = environments::place(&mut tx, environment.id).await.map_err(database)?;
    let release = match place.live_release {
        Some(release) => releases::get(&mut tx, release).await.map_err(database)?,
        None => None,
    };
    drop(tx);
    match release {
        Some(release) => agent.docker.learn_secrets(environment, &release.secret_versions.0).await,
        None => Ok(()),
    }
}

fn problem(failure: Failure) -> Problem {
    let (slug, title, status) = match failure.kind {
        FailureKind::Internal => ("internal", "the platform failed", 500),
        _ => ("conflict", "it cannot be done now", 409),
    };
    Problem {
        kind: format!("/problems/{slug}"),
        title: title.to_owned(),
        status,
        detail: Some(failure.message.clone()),
        help: failure.help.clone(),
        request_id: None,
        diagnostics: Vec::new(),
        failure: Some(Box::new(failure)),
    }
}
