//! Work that takes a while, shown by clients that can.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tower_lsp::ls_types::ProgressToken;

use super::Server;
use crate::snapshot::lock;

/// Work that is shown, until this is dropped.
pub(super) struct Progress {
    server: Server,
    state: Arc<Mutex<State>>,
    token: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The client has not said yet that it will show it.
    Asked,
    Shown,
    Ended,
}

impl Progress {
    /// Shows work under a name that no other has, if the client can.
    pub(super) fn begin(server: &Server, name: &str, title: &'static str) -> Option<Self> {
        if server.session().client.window.as_ref().and_then(|window| window.work_done_progress) != Some(true) {
            return None;
        }
        let token = format!("oal/{name}");
        let state = Arc::new(Mutex::new(State::Asked));
        let progress = Self { server: server.clone(), state: Arc::clone(&state), token: token.clone() };
        let server = server.clone();
        server.clone().inner.runtime.spawn(async move {
            let created = server.inner.client.create_work_done_progress(ProgressToken::String(token.clone())).await;
            let mut state = lock(&state);
            // It may have ended before the client answered.
            if created.is_ok() && *state == State::Asked {
                *state = State::Shown;
                send(&server, &token, &json!({ "kind": "begin", "title": title, "cancellable": false }));
            }
        });
        Some(progress)
    }

    /// Says how far it is.
    pub(super) fn report(&self, message: &str) {
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
    }
}

fn send(server: &Server, token: &str, value: &Value) {
    server.inner.outbox.notify("$/progress", json!({ "token": token, "value": value }));
}
