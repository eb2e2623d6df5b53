//! The thread that reads. It also sees to the end: once the client has said `exit` or is gone, the process ends soon, whatever
//! is running.

use std::io::{self, Read};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::Sink;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tower_lsp::jsonrpc::{Error, Response};

use super::envelope::{self, Message};
use super::frames::{Frame, Frames};
use super::replay::Replay;

/// How long the loop may take to end by itself.
const GRACE: Duration = Duration::from_millis(700);

/// What the loop has to deal with.
pub(super) enum Incoming {
    Request { id: String, method: String, params: Option<Value> },
    Notification { method: String, params: Option<Value> },
    Invalid { id: String, error: Error },
    Fault(String),
}

/// Starts the thread. The queue ends with the stream.
///
/// # Errors
/// Where there can be no thread.
pub(super) fn start<A>(
    input: impl Read + Send + 'static,
    queue: UnboundedSender<Incoming>,
    mut answers: A,
    replay: Option<Arc<Replay>>,
) -> io::Result<()>
where
    A: Sink<Response> + Unpin + Send + 'static,
{
    std::thread::Builder::new().name("oal-lsp read".to_owned()).spawn(move || {
        let mut frames = Frames::new(input);
        let mut told_to_shut_down = false;
        while let Ok(Some(frame)) = frames.next() {
            if let (Frame::Body(body), Some(replay)) = (&frame, &replay) {
                replay.note(body);
            }
            let incoming = match frame {
                Frame::Fault(words) => Incoming::Fault(words),
                Frame::Body(body) => match envelope::read(&body) {
                    Err(words) => {
                        frames.resync(body);
                        Incoming::Fault(words)
                    }
                    Ok(Message::Answer(answer)) => {
                        // Takes it at once: it only looks up who waits.
                        let _ = Pin::new(&mut answers).start_send(answer);
                        continue;
                    }
                    Ok(Message::Request { id, method, params }) => {
                        told_to_shut_down |= method == "shutdown";
                        Incoming::Request { id, method, params }
                    }
                    Ok(Message::Notification { method, params }) => Incoming::Notification { method, params },
                    Ok(Message::Invalid { id, error }) => Incoming::Invalid { id, error },
                },
            };
            let last = matches!(&incoming, Incoming::Notification { method, .. } if method == "exit");
            if queue.send(incoming).is_err() || last {
                break;
            }
        }
        drop(queue);
        std::thread::sleep(GRACE);
        std::process::exit(i32::from(!told_to_shut_down));
    })?;
    Ok(())
}
