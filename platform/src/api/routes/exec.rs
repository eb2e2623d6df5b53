//! Commands in running containers: a connection that is switched over (RFC 9110 section 7.8), bridged to the agent.

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse, Response};
use helios_client::exec::{Frame, NewExec, PROTOCOL};
use http::header::{CONNECTION, UPGRADE};
use http::request::Parts;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{EnvironmentPath, jobs};
use crate::api::Api;
use crate::api::access::{Allowed, Exec};
use crate::api::extract::{Json, Path};
use crate::api::limits::StreamSlot;
use crate::api::refusal::{Answer, Refusal};
use crate::bus::agent::{self, Conversation, ExecRequest};
use crate::store::{audit, environments};
use crate::target::ExecQuery;

/// A connection that the caller wants to switch over; none if it does not say so.
pub struct Switch(Option<OnUpgrade>);

impl std::fmt::Debug for Switch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Switch").finish_non_exhaustive()
    }
}

impl FromRequestParts<Api> for Switch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Refusal> {
        let has = |name, word: &str| {
            let values = parts.headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            values.flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(word))
        };
        if !has(CONNECTION, "upgrade") || !has(UPGRADE, PROTOCOL) {
            return Ok(Self(None));
        }
        Ok(Self(parts.extensions.remove()))
    }
}

/// Run a command in a running container
///
/// Takes `Connection: upgrade` and `Upgrade: helios-exec`; frames follow, as the client's source has them.
#[utoipa::path(post, path = "/v1/apps/{app}/environments/{environment}/exec", operation_id = "exec", tag = "jobs",
    params(EnvironmentPath), request_body = NewExec, security(("token" = ["exec"])),
    responses((status = 101, description = "The connection is the command's"), (status = 426, description = "It takes another protocol", body = helios_client::Problem, content_type = "application/problem+json")))]
pub async fn exec(
    State(api): State<Api>,
    allowed: Allowed<Exec>,
    Path(path): Path<EnvironmentPath>,
    Switch(connection): Switch,
    Json(new): Json<NewExec>,
) -> Answer<Response> {
    jobs::check_command(&new.command)?;
    let connection = connection.ok_or(Refusal::UpgradeRequired(PROTOCOL))?;
    let slot = api.limits.stream(allowed.caller.token)?;
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let place = environments::place(&mut tx, view.id).await?;
    // the words of a command may hold what nobody should read later; which program it was is enough
    let program = new.command.first().cloned().unwrap_or_default();
    let object = format!("{}/{} {} {program}", path.app, path.environment, new.node);
    audit::record(&mut tx, &allowed.did("exec", object)).await?;
    tx.commit().await?;
    let bus = api.bus.as_ref().ok_or_else(|| Refusal::Unavailable(String::from("this process has no bus")))?;
    let terminal = new.terminal.map(|size| (size.columns, size.rows));
    let query = ExecQuery { node: new.node, replica: new.replica, command: new.command, terminal };
    let request = ExecRequest { environment: place.environment, query };
    let conversation = agent::open(bus, &place.target, agent::EXEC, &request).await?;
    let shutdown = api.shutdown.clone();
    tokio::spawn(async move {
        let bridge = async {
            match connection.await {
                Ok(connection) => bridge(TokioIo::new(connection), conversation, slot).await,
                Err(error) => tracing::debug!(%error, "a caller went before its command began"),
            }
        };
        shutdown.run_until_cancelled(bridge).await;
    });
    let headers = AppendHeaders([(CONNECTION, "upgrade"), (UPGRADE, PROTOCOL)]);
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

/// Carries frames both ways until the command has ended or either side has gone.
async fn bridge(
    mut caller: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    mut conversation: Conversation,
    _slot: StreamSlot,
) {
    let (mut beats, mut buffer) = (agent::beats(), Vec::new());
    loop {
        tokio::select! {
            _ = beats.tick() => {
                if conversation.mouth.beat().await.is_err() {
                    break;
                }
            }
            read = caller.read_buf(&mut buffer) => {
                if !matches!(read, Ok(1..)) || !pass_on(&mut buffer, &conversation).await {
                    break;
                }
            }
            message = conversation.ear.next() => {
                let gone = || Refusal::Unavailable(String::from("the deploy agent has gone"));
                let (bytes, last) = match message {
                    Some(mut message) if message.len() <= 5 + helios_client::exec::MOST => {
                        // the last frame of a command is its exit or what went wrong
                        let last = matches!(message.first(), Some(3 | 5));
                        (std::mem::take(&mut message).to_vec(), last)
                    }
                    _ => {
                        let mut bytes = Vec::new();
                        Frame::Problem(Box::new(gone().problem())).write(&mut bytes);
                        (bytes, true)
                    }
                };
                if caller.write_all(&bytes).await.is_err() || caller.flush().await.is_err() {
                    break;
                }
                if last {
                    let _ = caller.shutdown().await;
                    return;
                }
            }
        }
    }
    // the command must not outlive who started it
    let mut end = Vec::new();
    Frame::Exit(None).write(&mut end);
    let _ = conversation.mouth.say(end).await;
}

/// Passes whole frames on to the agent; false when the caller sends what is none.
async fn pass_on(buffer: &mut Vec<u8>, conversation: &Conversation) -> bool {
    loop {
        match Frame::take(buffer) {
            Ok(Some(frame @ (Frame::Input(_) | Frame::Resize(_)))) => {
                let mut bytes = Vec::new();
                frame.write(&mut bytes);
                if conversation.mouth.say(bytes).await.is_err() {
                    return false;
                }
            }
            Ok(None) => return true,
            _ => return false,
        }
    }
}
