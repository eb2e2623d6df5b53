//! Streams of server-sent events that can be taken up where they broke off.
//!
//! What is sent has ids; `Last-Event-ID` says which one was seen last. A stream that has told everything ends with the event `end`;
//! one that fails with the event `problem`; one that just ends was cut off, and the client comes again.

use std::convert::Infallible;
use std::future::Future;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use http::{HeaderMap, HeaderValue};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;

use super::Api;
use super::limits::StreamSlot;
use super::refusal::{Answer, Refusal};
use crate::store::notices::Notice;

/// An event as it is sent (WHATWG HTML section 9.2), for the description.
#[derive(Debug, Clone, serde::Serialize, utoipa::ToSchema)]
pub struct ServerSentEvent {
    /// What to send as `Last-Event-ID` to go on after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub id: Option<String>,
    /// What kind it is: `end` after which nothing follows, `problem` with a `Problem`, or one of the operation's.
    pub event: String,
    /// JSON, as the operation says.
    pub data: String,
}

/// How often a stream that has nothing to say says so.
const BEAT: Duration = Duration::from_secs(15);

/// How often to look without a notice.
const POLL: Duration = Duration::from_secs(1);

/// What there is to send.
#[derive(Debug)]
pub struct Batch {
    /// The events, in order.
    pub events: Vec<Event>,
    /// Whether there may be more at once.
    pub more: bool,
    /// Whether nothing will ever follow.
    pub over: bool,
}

/// Something in the database that is followed.
pub trait Followed: Send + Sync + 'static {
    /// What was not sent yet.
    fn next(&mut self) -> impl Future<Output = Answer<Batch>> + Send;

    /// Whether a notice means that there may be more.
    fn concerns(&self, notice: Notice) -> bool;
}

/// An event with an id.
///
/// # Errors
/// The data cannot be written as JSON.
pub fn event(name: &str, id: &str, data: &impl Serialize) -> Answer<Event> {
    let event = Event::default().event(name).id(id).json_data(data);
    event.map_err(|error| Refusal::Internal(error.to_string()))
}

/// The event after which nothing follows.
pub fn end() -> Event {
    Event::default().event("end").data("{}")
}

/// The event that says why nothing follows.
pub fn failed(refusal: Refusal) -> Event {
    let problem = serde_json::to_string(&refusal.problem()).unwrap_or_default();
    Event::default().event("problem").data(problem)
}

/// What the client saw last, as the header says.
///
/// # Errors
/// It is no text.
pub fn last_event_id(headers: &HeaderMap) -> Answer<Option<&str>> {
    headers.get("last-event-id").map(|id| id.to_str().map_err(|_| wrong_id())).transpose()
}

/// The refusal of an id that is none of the stream's.
#[must_use]
pub fn wrong_id() -> Refusal {
    Refusal::Invalid(String::from("`Last-Event-ID` is not one of this stream"))
}

/// Follows something until it is over, the client has gone, or the process is to end.
pub fn follow(api: &Api, slot: StreamSlot, mut followed: impl Followed) -> Response {
    let (sender, receiver) = mpsc::channel(64);
    let (shutdown, notices) = (api.shutdown.clone(), api.notices.clone());
    tokio::spawn(async move {
        // before the first look, so that nothing falls between the two
        let mut waiting = notices.waiter();
        let work = async {
            loop {
                let batch = match followed.next().await {
                    Ok(batch) => batch,
                    Err(refusal) => {
                        let _ = sender.send(failed(refusal)).await;
                        return;
                    }
                };
                for event in batch.events {
                    if sender.send(event).await.is_err() {
                        return;
                    }
                }
                if batch.over {
                    let _ = sender.send(end()).await;
                    return;
                }
                if !batch.more {
                    tokio::select! {
                        () = sender.closed() => return,
                        () = waiting.until(POLL, |notice| followed.concerns(notice)) => {}
                    }
                }
            }
        };
        shutdown.run_until_cancelled(work).await;
    });
    respond(receiver, slot)
}

/// Answers with what comes through a channel; `slot` is held as long as the client reads.
pub fn respond(receiver: mpsc::Receiver<Event>, slot: StreamSlot) -> Response {
    let events = ReceiverStream::new(receiver).map(move |event| {
        let _held = &slot;
        Ok::<_, Infallible>(event)
    });
    let mut response = Sse::new(events).keep_alive(KeepAlive::new().interval(BEAT)).into_response();
    // what stands between must not wait for more
    response.headers_mut().insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}
