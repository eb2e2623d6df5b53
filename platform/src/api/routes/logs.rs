//! Lines of builds and jobs, from the database, and of running containers, from the agent that sees them.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::response::sse::Event;
use chrono::{DateTime, Utc};
use helios_client::{LogLine, LogQuery};
use oal_ir::NodeId;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{EnvironmentPath, IdPath, deployments, jobs};
use crate::api::Api;
use crate::api::access::{Allowed, Read};
use crate::api::extract::{Path, Query};
use crate::api::refusal::{Answer, Refusal};
use crate::api::stream::{self, Batch, Followed};
use crate::bus::agent::{self, Conversation, LogsAnswer, LogsRequest};
use crate::store::notices::Notice;
use crate::store::progress::{self, Part};
use crate::store::{Store, environments, logs};
use crate::target;

/// The most lines that are read at once.
const AT_ONCE: i64 = 500;
/// The most lines from before that may be asked for.
const LONGEST_TAIL: u32 = 10_000;

/// The lines of all builds and jobs of a deployment, to its end
///
/// Server-sent events whose data is a `LogLine`; `Last-Event-ID` takes the stream up after that line.
#[utoipa::path(get, path = "/v1/deployments/{id}/logs", operation_id = "follow_deployment_logs", tag = "logs",
    params(IdPath, ("Last-Event-ID" = Option<String>, Header, description = "The last line that was seen", pattern = "^[0-9]+([.][0-9]+)*$")),
    security(("token" = ["read"])), responses((status = 200, content_type = "text/event-stream", body = stream::ServerSentEvent)))]
pub async fn of_deployment(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<IdPath>,
    headers: HeaderMap,
) -> Answer<Response> {
    follow(&api, &allowed, &headers, Whose::Deployment(path.id)).await
}

/// The lines of a job, to its end
///
/// Server-sent events whose data is a `LogLine`; `Last-Event-ID` takes the stream up after that line.
#[utoipa::path(get, path = "/v1/jobs/{id}/logs", operation_id = "follow_job_logs", tag = "logs",
    params(IdPath, ("Last-Event-ID" = Option<String>, Header, description = "The last line that was seen", pattern = "^[0-9]+([.][0-9]+)*$")),
    security(("token" = ["read"])), responses((status = 200, content_type = "text/event-stream", body = stream::ServerSentEvent)))]
pub async fn of_job(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<IdPath>,
    headers: HeaderMap,
) -> Answer<Response> {
    follow(&api, &allowed, &headers, Whose::Job(path.id)).await
}

async fn follow(api: &Api, allowed: &Allowed<Read>, headers: &HeaderMap, whose: Whose) -> Answer<Response> {
    let seen = seen(headers)?;
    let slot = api.limits.stream(allowed.caller.token)?;
    let mut tx = allowed.begin(&api.store).await?;
    match whose {
        Whose::Deployment(id) => drop(deployments::find(allowed, &mut tx, id).await?),
        Whose::Job(id) => drop(jobs::find(allowed, &mut tx, id).await?),
    }
    drop(tx);
    let lines = Lines { store: api.store.clone(), org: allowed.org(), whose, seen, parts: Vec::new() };
    Ok(stream::follow(api, slot, lines))
}

/// What the client has seen: for each job, in the order they were made, the place of the last line; `4.0.17`.
fn seen(headers: &HeaderMap) -> Answer<Vec<i64>> {
    let Some(id) = stream::last_event_id(headers)? else { return Ok(Vec::new()) };
    let places: Result<Vec<i64>, _> = id.split('.').map(str::parse).collect();
    places
        .ok()
        .filter(|places| places.len() <= 1000 && places.iter().all(|place| *place >= 0))
        .ok_or_else(stream::wrong_id)
}

enum Whose {
    Deployment(Uuid),
    Job(Uuid),
}

struct Lines {
    store: Store,
    org: Uuid,
    whose: Whose,
    seen: Vec<i64>,
    parts: Vec<Part>,
}

impl Lines {
    fn id(&self) -> String {
        self.seen.iter().map(i64::to_string).collect::<Vec<_>>().join(".")
    }
}

impl Followed for Lines {
    async fn next(&mut self) -> Answer<Batch> {
        let mut tx = self.store.tenant(self.org).await?;
        let (parts, over) = match self.whose {
            Whose::Deployment(id) => progress::of_deployment(&mut tx, self.org, id).await?,
            Whose::Job(id) => progress::of_job(&mut tx, self.org, id).await?,
        };
        self.parts = parts;
        self.seen.resize(self.parts.len().max(self.seen.len()), 0);
        let mut batch = Batch { events: Vec::new(), more: false, over };
        for (index, part) in self.parts.clone().into_iter().enumerate() {
            let after = self.seen.get(index).copied().unwrap_or_default();
            let lines = logs::after(&mut tx, self.org, part.job, after, AT_ONCE).await?;
            batch.more |= lines.len() >= usize::try_from(AT_ONCE).unwrap_or(usize::MAX);
            for line in lines {
                if let Some(seen) = self.seen.get_mut(index) {
                    *seen = line.seq;
                }
                let data = LogLine {
                    at: line.at,
                    node: line.node.and_then(|node| node.parse().ok()),
                    job: Some(part.job),
                    stage: Some(part.stage.clone()),
                    replica: None,
                    stderr: false,
                    line: line.line,
                };
                batch.events.push(stream::event("line", &self.id(), &data)?);
            }
        }
        batch.over &= !batch.more;
        Ok(batch)
    }

    fn concerns(&self, notice: Notice) -> bool {
        match (notice, &self.whose) {
            (Notice::Log(job), Whose::Job(id)) => job == *id,
            // one that is not known yet may be new
            (Notice::Log(_), Whose::Deployment(_)) => true,
            (Notice::Event(id), Whose::Deployment(deployment)) => id.is_none_or(|id| id == *deployment),
            _ => false,
        }
    }
}

/// Lines of an environment's running containers
///
/// Server-sent events whose data is a `LogLine`. `Last-Event-ID` takes the stream up at that time; a line that was written at the
/// same moment may come again.
#[utoipa::path(get, path = "/v1/apps/{app}/environments/{environment}/logs", operation_id = "follow_logs", tag = "logs",
    params(EnvironmentPath, LogQuery, ("Last-Event-ID" = Option<DateTime<Utc>>, Header, description = "The last line that was seen")),
    security(("token" = ["read"])), responses((status = 200, content_type = "text/event-stream", body = stream::ServerSentEvent)))]
pub async fn of_environment(
    State(api): State<Api>,
    allowed: Allowed<Read>,
    Path(path): Path<EnvironmentPath>,
    Query(query): Query<LogQuery>,
    headers: HeaderMap,
) -> Answer<Response> {
    let last = stream::last_event_id(&headers)?.map(|id| id.parse::<DateTime<Utc>>().map_err(|_| stream::wrong_id()));
    let last = last.transpose()?;
    if query.tail.is_some_and(|tail| tail > LONGEST_TAIL) {
        return Err(Refusal::Invalid(format!("`tail` is at most {LONGEST_TAIL}")));
    }
    let slot = api.limits.stream(allowed.caller.token)?;
    let mut tx = allowed.begin(&api.store).await?;
    let view = allowed.environment(&mut tx, path.app.as_str(), path.environment.as_str()).await?;
    let place = environments::place(&mut tx, view.id).await?;
    drop(tx);
    let bus = api.bus.as_ref().ok_or_else(|| Refusal::Unavailable(String::from("this process has no bus")))?;
    let request = LogsRequest {
        environment: place.environment,
        query: target::LogQuery {
            node: query.node,
            since: last.or(query.since),
            tail: if last.is_some() { None } else { query.tail },
            follow: query.follow,
        },
    };
    let conversation = agent::open(bus, &place.target, agent::LOGS, &request).await?;
    let (sender, receiver) = mpsc::channel(64);
    let shutdown = api.shutdown.clone();
    tokio::spawn(async move { shutdown.run_until_cancelled(relay(conversation, sender)).await });
    Ok(stream::respond(receiver, slot))
}

/// Passes on what the agent says, until either side has gone.
async fn relay(mut conversation: Conversation, sender: mpsc::Sender<Event>) {
    loop {
        let message = tokio::select! {
            () = sender.closed() => break,
            message = conversation.ear.next() => message,
        };
        // without its end the stream was cut off, and the client comes again
        let Ok(message) = message else { break };
        let (event, last) = match serde_json::from_slice(&message) {
            Ok(LogsAnswer::Line(line)) => match show(line) {
                Ok(event) => (event, false),
                Err(refusal) => (stream::failed(refusal), true),
            },
            Ok(LogsAnswer::End) => (stream::end(), true),
            Ok(LogsAnswer::Failed(failure)) => (stream::failed(Refusal::Rejected(failure)), true),
            Err(error) => (stream::failed(Refusal::Internal(error.to_string())), true),
        };
        if sender.send(event).await.is_err() || last {
            break;
        }
    }
}

fn show(line: target::LogLine) -> Answer<Event> {
    let node: Option<NodeId> = Some(line.node);
    let at = line.at;
    let data =
        LogLine { at, node, job: None, stage: None, replica: Some(line.replica), stderr: line.stderr, line: line.line };
    stream::event("line", &at.to_rfc3339_opts(chrono::SecondsFormat::Nanos, true), &data)
}
