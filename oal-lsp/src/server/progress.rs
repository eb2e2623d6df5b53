//! Work that takes a while: shown by clients that can, and left when a person says so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tower_lsp::ls_types::{ProgressToken, WorkDoneProgressCancelParams};

use super::Server;
use crate::lanes::Cancelled;
use crate::snapshot::lock;

/// How long work goes on before it is shown.
const SHOWN_AFTER: Duration = Duration::from_millis(500);

/// What is shown now, by its token.
pub(super) type Shown = Mutex<BTreeMap<String, Cancelled>>;

/// Work of many steps.
pub(super) struct Work<'s> {
    server: &'s Server,
    name: &'s str,
    title: &'static str,
    began: Instant,
    progress: Option<Progress>,
    /// Whether the client was asked to show it, or cannot.
    tried: bool,
}

impl<'s> Work<'s> {
    /// Begins work under a name that no other has.
    pub(super) fn new(server: &'s Server, name: &'s str, title: &'static str) -> Self {
        Self { server, name, title, began: Instant::now(), progress: None, tried: false }
    }

    /// Says how far it is, where it has gone on for a while. Whether it is to go on.
    pub(super) fn goes_on(&mut self, how_far: impl FnOnce() -> String) -> bool {
        super::drill("step");
        if !self.tried && self.began.elapsed() > SHOWN_AFTER {
            self.progress = Progress::begin(self.server, self.name, self.title);
            self.tried = true;
        }
        if let Some(progress) = &self.progress {
            progress.report(&how_far());
        }
        !self.is_left()
    }

    /// Whether a person has said that it is to stop.
    pub(super) fn is_left(&self) -> bool {
        self.progress.as_ref().is_some_and(|progress| progress.cancelled.is())
    }
}

/// Work that is shown, until this is dropped.
struct Progress {
    server: Server,
    state: Arc<Mutex<State>>,
    token: String,
    cancelled: Cancelled,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The client has not said yet that it will show it.
    Asked,
    Shown,
    Ended,
}

impl Progress {
    /// Shows work, if the client can.
    fn begin(server: &Server, name: &str, title: &'static str) -> Option<Self> {
        if server.session().client.window.as_ref().and_then(|window| window.work_done_progress) != Some(true) {
            return None;
        }
        let token = format!("oal/{name}");
        let state = Arc::new(Mutex::new(State::Asked));
        let cancelled = Cancelled::default();
        lock(&server.inner.shown).insert(token.clone(), cancelled.clone());
        let progress = Self { server: server.clone(), state: Arc::clone(&state), token: token.clone(), cancelled };
        let server = server.clone();
        server.clone().inner.runtime.spawn(async move {
            let created = server.inner.client.create_work_done_progress(ProgressToken::String(token.clone())).await;
            let mut state = lock(&state);
            // It may have ended before the client answered.
            if created.is_ok() && *state == State::Asked {
                *state = State::Shown;
                send(&server, &token, &json!({ "kind": "begin", "title": title, "cancellable": true }));
            }
        });
        Some(progress)
    }

    fn report(&self, message: &str) {
        if *lock(&self.state) == State::Shown {
            send(&self.server, &self.token, &json!({ "kind": "report", "message": message }));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        if *state == State::Shown {
            send(&self.server, &self.token, &json!({ "kind": "end" }));
        }
        *state = State::Ended;
        lock(&self.server.inner.shown).remove(&self.token);
    }
}

impl Server {
    /// `window/workDoneProgress/cancel`
    pub(crate) async fn cancel_progress(&self, params: WorkDoneProgressCancelParams) {
        if let ProgressToken::String(token) = &params.token
            && let Some(cancelled) = lock(&self.inner.shown).get(token)
        {
            cancelled.set();
        }
    }
}

fn send(server: &Server, token: &str, value: &Value) {
    server.inner.outbox.notify("$/progress", json!({ "token": token, "value": value }));
}
