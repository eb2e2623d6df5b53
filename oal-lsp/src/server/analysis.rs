//! The thread that checks the newest documents as soon as they change, so that answers are at hand, and tells clients that do not
//! ask what is wrong. Changes that come while it checks are taken together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use oal_check::diagnostic::codes;
use tower_lsp::ls_types::{MessageType, PublishDiagnosticsParams, ShowMessageParams};

use super::{Server, Session};
use crate::convert;
use crate::convert::diagnostics::{all, result_id};
use crate::findings::Findings;
use crate::key::Key;
use crate::snapshot::{Snapshot, lock};

/// Wakes the thread.
#[derive(Debug, Default)]
pub(super) struct Signal {
    waiting: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// Says that there is something new.
    pub(super) fn wake(&self) {
        *lock(&self.waiting) = true;
        self.changed.notify_one();
    }

    /// Waits for something new.
    fn wait(&self) {
        let mut new = lock(&self.waiting);
        while !*new {
            new = self.changed.wait(new).unwrap_or_else(PoisonError::into_inner);
        }
        *new = false;
    }
}

/// What a client was told of a document: the URI, and a name for the list.
type Told = BTreeMap<Key, (String, String)>;

/// For so long a client that changes documents all the time is told nothing.
const PATIENCE: Duration = Duration::from_millis(150);

/// Changes that follow each other sooner than this are a run of them.
const PAUSE: Duration = Duration::from_millis(5);

/// Checks for as long as the process runs.
pub(super) fn run(server: &Server) {
    let session = server.session();
    let mut told = Told::new();
    let mut warned = BTreeSet::new();
    let mut last = Instant::now();
    loop {
        server.inner.analysis.wait();
        if session.pulls() {
            settle(server);
        }
        let snapshot = lock(&server.inner.workspace).snapshot();
        let began = Instant::now();
        let leave = || last.elapsed() < PATIENCE && lock(&server.inner.workspace).revision() != snapshot.revision;
        // A check that fails is reported by those who need it; the thread lives.
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let done = if session.pulls() {
                warm(&snapshot, &leave)
            } else {
                publish(server, &session, &snapshot, &mut told, &leave)
            };
            if done {
                server.refresh_plain_tokens();
                warn_of_editions(server, &snapshot, &mut warned);
            }
            done
        }));
        server.trace(|| format!("checked revision {} in {:?}", snapshot.revision, began.elapsed()));
        if result.unwrap_or(true) {
            last = Instant::now();
        }
    }
}

/// Waits for the end of a run of changes, where a long text is open and its client will ask anyway: a check of a text that is about to
/// change delays the next.
fn settle(server: &Server) {
    let began = Instant::now();
    let now = || {
        let workspace = lock(&server.inner.workspace);
        workspace.has_long().then(|| workspace.revision())
    };
    let mut revision = now();
    while revision.is_some() && began.elapsed() < PATIENCE {
        std::thread::sleep(PAUSE);
        let next = now();
        if next == revision {
            break;
        }
        revision = next;
    }
}

/// Says once of each program that it asks for a newer edition of the language: what is found in it may be wrong.
fn warn_of_editions(server: &Server, snapshot: &Arc<Snapshot>, warned: &mut BTreeSet<Key>) {
    for key in snapshot.open.keys() {
        for (program, _) in snapshot.programs_of(key) {
            let newer = program.checked.diagnostics().iter().find(|found| *found.code == codes::UNKNOWN_EDITION);
            let root = program.files().first();
            if let (Some(found), Some(root)) = (newer, root)
                && warned.insert(root.key.clone())
            {
                let message = format!("{}: {}; this server knows {}", root.path(), found.message, crate::VERSION);
                server
                    .inner
                    .outbox
                    .notify("window/showMessage", ShowMessageParams { typ: MessageType::WARNING, message });
            }
        }
    }
}

/// Checks the programs of open documents. False where that was left for something newer.
fn warm(snapshot: &Arc<Snapshot>, leave: &dyn Fn() -> bool) -> bool {
    for key in snapshot.open.keys() {
        if leave() {
            return false;
        }
        snapshot.programs_of(key);
    }
    true
}

/// Tells what is wrong with all documents of the programs that an open document is in, where it has not been told before. False where it was
/// left for something newer.
fn publish(
    server: &Server,
    session: &Session,
    snapshot: &Arc<Snapshot>,
    told: &mut Told,
    leave: &dyn Fn() -> bool,
) -> bool {
    let mut current = BTreeMap::new();
    for (key, file) in &*snapshot.open {
        current.insert(key.clone(), file.clone());
        for (program, _) in snapshot.programs_of(key) {
            current.extend(program.files().iter().map(|file| (file.key.clone(), file.clone())));
        }
        if leave() {
            return false;
        }
    }
    for (key, file) in &current {
        let found = all(&Findings::of(snapshot, key), session.encoding, session.shows());
        let name = format!("{:?} {}", file.version(), result_id(&found));
        let known = told.get(key).map(|(_, name)| name);
        if known == Some(&name) || known.is_none() && found.is_empty() && file.version().is_none() {
            continue;
        }
        if leave() {
            return false;
        }
        let Some(uri) = convert::uri(file) else { continue };
        let params = PublishDiagnosticsParams { uri, diagnostics: found, version: file.version() };
        server.inner.outbox.notify("textDocument/publishDiagnostics", params);
        told.insert(key.clone(), (file.uri.clone(), name));
    }
    told.retain(|key, (uri, _)| {
        let keep = current.contains_key(key);
        if let (false, Ok(uri)) = (keep, uri.parse()) {
            let params = PublishDiagnosticsParams { uri, diagnostics: Vec::new(), version: None };
            server.inner.outbox.notify("textDocument/publishDiagnostics", params);
        }
        keep
    });
    true
}
