//! Commands in running containers: a connection that is switched over (RFC 9110 section 7.8), bridged to the agent.

use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::response::{AppendHeaders, IntoResponse, Response};
use helios_client::exec::{Frame, NewExec, PROTOCOL};
use http::header::{CONNECTION, UPGRADE};
use http::request::Parts;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{EnvironmentPath, jobs};
use crate::api::Api;
use crate::api::access::{Allowed, Exec};
use crate::api::extract::{Json, Path};
use crate::api::limits::StreamSlot;
use crate::api::refusal::{Answer, Refusal};
use crate::bus::agent::{self, Conversation, Ear, ExecRequest, Mouth};
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

/// Carries frames both ways until the command has ended or either side has gone; the agent hears of it. Each way at its own pace.
async fn bridge(caller: impl AsyncRead + AsyncWrite, conversation: Conversation, _slot: StreamSlot) {
    let (from, to) = tokio::io::split(caller);
    let Conversation { ear, mouth } = conversation;
    tokio::select! {
        () = give(from, mouth) => {}
        _ = take(ear, to) => {}
    }
}

/// Passes what the caller sends on to the agent, until the caller goes, sends what is no frame, or the agent has gone and that
/// is for [`take`] to say.
async fn give(mut caller: impl AsyncRead + Unpin, mut mouth: Mouth) {
    let mut buffer = Vec::new();
    while matches!(caller.read_buf(&mut buffer).await, Ok(1..)) {
        loop {
            match Frame::take(&mut buffer) {
                Ok(Some(frame @ (Frame::Input(_) | Frame::Resize(_)))) => {
                    let mut bytes = Vec::new();
                    frame.write(&mut bytes);
                    if mouth.say(bytes).await.is_err() {
                        return std::future::pending().await;
                    }
                }
                Ok(None) => break,
                _ => return,
            }
        }
    }
}

/// Passes what the agent says on to the caller, up to the last frame.
async fn take(mut ear: Ear, mut caller: impl AsyncWrite + Unpin) -> std::io::Result<()> {
    // Whoever has gone is noticed by what can no longer be written: while a command takes no input, nothing is read.
    let mut beats = tokio::time::interval(agent::BEAT);
    beats.reset();
    loop {
        let said = tokio::select! {
            said = ear.next() => said,
            _ = beats.tick() => {
                let mut nothing = Vec::new();
                Frame::Output(Vec::new()).write(&mut nothing);
                Ok(nothing.into())
            }
        };
        let (bytes, last) = match said {
            // the last frame of a command is its exit or what went wrong
            Ok(message) => {
                let last = matches!(message.first(), Some(3 | 5));
                (message, last)
            }
            Err(error) => {
                let mut bytes = Vec::new();
                Frame::Problem(Box::new(Refusal::from(error).problem())).write(&mut bytes);
                (bytes.into(), true)
            }
        };
        caller.write_all(&bytes).await?;
        caller.flush().await?;
        if last {
            return caller.shutdown().await;
        }
    }
}
