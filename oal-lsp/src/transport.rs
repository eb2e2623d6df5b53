//! The loop that drives the router of `tower-lsp` as a service, in place of its own, which ends at one malformed message, mixes
//! up the order of changes and waits for work that runs when it should exit.
//!
//! A thread reads, one writes; between them messages are taken in their order: a notification is handled before anything after it
//! is looked at, a request is started (it takes its snapshot) and then goes on by itself. Answers to requests of ours bypass the
//! queue, so that nothing that waits for one can hold up the loop.

mod envelope;
mod frames;
mod mend;
mod outbox;
mod reader;
mod replay;
mod reply;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;
use tower_lsp::jsonrpc::{Error, ErrorCode, Request, RequestBuilder, Response};
use tower_lsp::{ClientSocket, ExitedError, LanguageServer, LspService};
use tower_service::Service;

use envelope::{NULL, error};
pub(crate) use outbox::Outbox;
use reader::Incoming;
pub(crate) use replay::Replay;
pub(crate) use reply::Reply;

/// How long the last answers may take to be written.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Where the conversation is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Before,
    Running,
    After,
}

/// Numbers that the client gave its running requests, and ours for them.
type Running = Arc<Mutex<HashMap<String, u32>>>;

struct Connection<S> {
    service: LspService<S>,
    outbox: Outbox,
    running: Running,
    last: u32,
    phase: Phase,
    adjust: fn(&mut Value),
}

/// Serves until the client is done; the exit code. `replay` gets what the client says, `adjust` has the last say on the answer to `initialize`, which can hold
/// what the types of the library lack.
pub(crate) async fn serve<S: LanguageServer>(
    service: LspService<S>,
    socket: ClientSocket,
    outbox: Outbox,
    replay: Option<Arc<Replay>>,
    adjust: fn(&mut Value),
) -> i32 {
    let (mut requests, answers) = socket.split();
    let (sender, mut queue) = unbounded_channel();
    if reader::start(std::io::stdin(), sender, answers, replay).is_err() {
        return 1;
    }
    let out = outbox.clone();
    tokio::spawn(async move {
        while let Some(request) = requests.next().await {
            out.send(&request);
        }
    });
    let running = Running::default();
    let mut connection = Connection { service, outbox, running, last: 0, phase: Phase::Before, adjust };
    while let Some(incoming) = queue.recv().await {
        if connection.take(incoming).await.is_break() {
            break;
        }
    }
    connection.outbox.flush(LAST_WORDS);
    i32::from(connection.phase != Phase::After)
}

impl<S: LanguageServer> Connection<S> {
    async fn take(&mut self, incoming: Incoming) -> std::ops::ControlFlow<()> {
        match incoming {
            Incoming::Fault(words) => self.outbox.answer(NULL, Err(error(ErrorCode::ParseError, words))),
            Incoming::Invalid { id, error } => self.outbox.answer(&id, Err(error)),
            Incoming::Notification { method, .. } if method == "exit" => return std::ops::ControlFlow::Break(()),
            Incoming::Notification { method, params } => self.notification(method, params).await,
            Incoming::Request { id, method, params } => self.request(id, method, params).await,
        }
        std::ops::ControlFlow::Continue(())
    }

    async fn notification(&mut self, method: String, params: Option<Value>) {
        if self.phase != Phase::Running {
            return;
        }
        let params = if method == "$/cancelRequest" { self.cancelled(params) } else { params };
        let future = self.call(build(method, params).finish()).await;
        // What went wrong has been reported; there is nobody to answer.
        let _ = future.await;
    }

    /// The number by which the service knows the request that is to be cancelled.
    fn cancelled(&self, params: Option<Value>) -> Option<Value> {
        let id = params?.get("id")?.to_string();
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(&id).map(|number| json!({ "id": number }))
    }

    async fn request(&mut self, id: String, method: String, params: Option<Value>) {
        let refused = match self.phase {
            Phase::Before if method != "initialize" => {
                Some(error(ErrorCode::ServerError(-32002), "the server is not initialized"))
            }
            Phase::After => Some(error(ErrorCode::InvalidRequest, "the server was told to shut down")),
            _ => None,
        };
        if let Some(refused) = refused {
            self.outbox.answer(&id, Err(refused));
            return;
        }
        // The number is put under one of ours: theirs may be longer than the library can hold, or twice the same.
        self.last = self.last % (i32::MAX as u32) + 1;
        let number = self.last;
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), number);
        let initializes = method == "initialize" && self.phase == Phase::Before;
        let shuts_down = method == "shutdown";
        let request = build(method, params).id(i64::from(number)).finish();
        let mut future = self.call(request).await;
        let running = Arc::clone(&self.running);
        let outbox = self.outbox.clone();
        let adjust = self.adjust;
        let reply = Reply::default();
        let put = reply.clone();
        let answer = move |outcome| {
            let mut result = outcome;
            if let (true, Ok(value)) = (initializes, &mut result) {
                adjust(value);
            }
            let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
            if running.get(&id) == Some(&number) {
                running.remove(&id);
            }
            drop(running);
            let succeeded = result.is_ok();
            if succeeded {
                reply.sent();
            }
            match reply.take().filter(|_| succeeded) {
                Some(json) => outbox.answer_json(&id, "result", &json),
                None => outbox.answer(&id, result),
            }
            succeeded
        };
        // The first poll is in order with everything else; `initialize` and `shutdown` are done by it.
        match std::future::poll_fn(|context| Poll::Ready(put.during(|| future.poll_unpin(context)))).await {
            Poll::Ready(outcome) => {
                let succeeded = answer(outcome);
                match self.phase {
                    Phase::Before if initializes && succeeded => self.phase = Phase::Running,
                    Phase::Running if shuts_down && succeeded => self.phase = Phase::After,
                    _ => {}
                }
            }
            Poll::Pending => {
                tokio::spawn(async move { answer(future.await) });
            }
        }
    }

    /// Hands a message to the router. A panic on the way is an error like any other.
    async fn call(&mut self, request: Request) -> BoxFuture<'static, Result<Value, Error>> {
        let ready = std::future::poll_fn(|context| self.service.poll_ready(context)).await;
        let called = catch_unwind(AssertUnwindSafe(|| ready.map(|()| self.service.call(request))));
        async move {
            let answer = match called {
                Ok(Ok(future)) => AssertUnwindSafe(future).catch_unwind().await,
                Ok(Err(exited)) => Ok(Err(exited)),
                Err(panic) => Err(panic),
            };
            match answer {
                Ok(answer) => result(answer),
                Err(_) => Err(error(ErrorCode::InternalError, "the server failed on this request and goes on")),
            }
        }
        .boxed()
    }
}

fn result(answer: Result<Option<Response>, ExitedError>) -> Result<Value, Error> {
    match answer {
        Ok(Some(response)) => response.into_parts().1,
        // What the library leaves out: requests of an optional kind that it does not know.
        Ok(None) => Err(Error::method_not_found()),
        Err(_) => Err(error(ErrorCode::InvalidRequest, "the server has ended")),
    }
}

fn build(method: String, params: Option<Value>) -> RequestBuilder {
    let Some(mut params) = params else { return Request::build(method) };
    mend::params(&method, &mut params);
    Request::build(method).params(params)
}
