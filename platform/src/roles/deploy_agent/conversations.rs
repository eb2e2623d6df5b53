//! Lines of running containers, and commands in them, for those who ask over the bus.

use std::time::Duration;

use async_nats::Message;
use bytes::Bytes;
use futures::StreamExt;
use helios_client::exec::{Frame, MOST, TerminalSize};
use helios_client::problem::Problem;
use helios_client::{Failure, FailureKind};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use super::DeployAgent;
use crate::bus::agent::{self, Conversation, EXEC, Ear, ExecRequest, LOGS, LogsAnswer, LogsRequest};
use crate::bus::{Bus, subjects};
use crate::domain::job::EnvironmentRef;
use crate::store::{environments, releases};
use crate::target::{BoxFuture, Exec, Target};

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
    let Conversation { ear, mut mouth } = conversation;
    let say = |answer: &LogsAnswer| Bytes::from(serde_json::to_vec(answer).unwrap_or_default());
    if let Err(failure) = learn(agent, &request.environment).await {
        return mouth.say(say(&LogsAnswer::Failed(Box::new(failure)))).await;
    }
    let mut lines = match agent.docker.logs(&request.environment, request.query).await {
        Ok(lines) => lines,
        Err(failure) => return mouth.say(say(&LogsAnswer::Failed(Box::new(failure)))).await,
    };
    let gone = ear.gone();
    let speak = async {
        while let Some(line) = lines.next().await {
            mouth.say(say(&LogsAnswer::Line(line))).await?;
        }
        mouth.say(say(&LogsAnswer::End)).await
    };
    gone.run_until_cancelled(speak).await.unwrap_or(Ok(()))
}

async fn exec(agent: &DeployAgent, request: ExecRequest, conversation: Conversation) -> Result<(), agent::AgentError> {
    let Conversation { mut ear, mut mouth } = conversation;
    let running = match agent.docker.exec(&request.environment, request.query).await {
        Ok(running) => running,
        Err(failure) => return mouth.say(bytes(&Frame::Problem(Box::new(problem(failure))))).await,
    };
    let Exec { mut output, mut input, resize, exit, end } = running;
    let gone = ear.gone();
    // Each at its own pace: a command that does not read waits for nobody to read what it writes, and the other way round.
    let speak = async {
        while let Some((is_error, written)) = output.next().await {
            for part in written.chunks(MOST) {
                let part = part.to_vec();
                mouth.say(bytes(&if is_error { Frame::ErrorOutput(part) } else { Frame::Output(part) })).await?;
            }
        }
        mouth.say(bytes(&Frame::Exit(exit.await))).await
    };
    let ended = tokio::select! {
        ended = speak => Some(ended),
        () = hear(&mut ear, &mut input, &*resize) => None,
        () = gone.cancelled() => None,
    };
    match ended {
        Some(Ok(())) => Ok(()),
        // Whoever asked is gone: nobody is left to end the command.
        other => {
            end.await;
            other.unwrap_or(Ok(()))
        }
    }
}

/// Brings a command what is said to it, until nothing more comes.
async fn hear(
    ear: &mut Ear,
    input: &mut (impl AsyncWrite + Unpin),
    resize: &(impl Fn(u16, u16) -> BoxFuture<'static, ()> + ?Sized),
) {
    let (mut heard, mut input_ended) = (Vec::new(), false);
    while let Ok(message) = ear.next().await {
        heard.extend_from_slice(&message);
        loop {
            match Frame::take(&mut heard) {
                Ok(Some(Frame::Input(bytes))) if bytes.is_empty() => {
                    input_ended = true;
                    let _ = input.shutdown().await;
                }
                Ok(Some(Frame::Input(bytes))) if !input_ended => {
                    // The command may have closed its input; that is its own business.
                    let _ = input.write_all(&bytes).await;
                    let _ = input.flush().await;
                }
                Ok(Some(Frame::Resize(TerminalSize { columns, rows }))) => resize(columns, rows).await,
                Ok(Some(Frame::Exit(_))) | Err(_) => return,
                Ok(Some(_)) => {}
                Ok(None) => break,
            }
        }
    }
}

fn bytes(frame: &Frame) -> Bytes {
    let mut bytes = Vec::new();
    frame.write(&mut bytes);
    bytes.into()
}

/// Sees to it that the secrets of what runs are blanked out: after this program has started it knows none, and a deployment
/// has told it those of the new release only.
async fn learn(agent: &DeployAgent, environment: &EnvironmentRef) -> Result<(), Failure> {
    let database = |error: sqlx::Error| Failure::new(FailureKind::Internal, "", format!("the database: {error}"));
    let mut tx = agent.store.system().await.map_err(database)?;
    let place = environments::place(&mut tx, environment.id).await.map_err(database)?;
    let Some(id) = place.live_release.filter(|id| !agent.docker.knows_secrets(environment.id, *id)) else {
        return Ok(());
    };
    let release = releases::get(&mut tx, id).await.map_err(database)?;
    drop(tx);
    match release {
        Some(release) => agent.docker.learn_secrets(environment, id, &release.secret_versions.0).await,
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
