//! What the client has said, in a file, so that a failure can be shown to others: only where `OAL_LSP_REPLAY` names a directory, since
//! documents are in it. The file is what the server reads, so it is told again by `(cat FILE; sleep 5) | oal lsp`. Files on disk
//! are not in it. It goes with the session, unless a request has failed.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::snapshot::lock;

/// The file of a session.
#[derive(Debug)]
pub(crate) struct Replay {
    path: PathBuf,
    file: Mutex<File>,
    failed: AtomicBool,
}

impl Replay {
    /// Begins the file, where one is wanted and can be.
    pub(crate) fn begin() -> Option<Self> {
        let directory = std::env::var_os("OAL_LSP_REPLAY").filter(|directory| !directory.is_empty())?;
        let path = Path::new(&directory).join(format!("oal-lsp-{}.replay", std::process::id()));
        let file = Mutex::new(File::create(&path).ok()?);
        Some(Self { path, file, failed: AtomicBool::new(false) })
    }

    /// Notes a message, but those that end a session.
    pub(super) fn note(&self, body: &[u8]) {
        let Ok(mut message) = serde_json::from_slice::<Value>(body) else { return };
        match message.get("method").and_then(Value::as_str) {
            Some("shutdown" | "exit") => return,
            // The editor of then is not there when it is told again.
            Some("initialize") => {
                if let Some(process) = message.pointer_mut("/params/processId") {
                    process.take();
                }
            }
            _ => {}
        }
        let body = message.to_string();
        // What cannot be written is missing; the session is not to suffer.
        let _ = write!(lock(&self.file), "Content-Length: {}\r\n\r\n{body}", body.len());
    }

    /// Keeps the file: a request has failed.
    pub(crate) fn keep(&self) -> &Path {
        self.failed.store(true, Ordering::Relaxed);
        &self.path
    }

    /// The session has ended.
    pub(crate) fn end(&self) {
        if !self.failed.load(Ordering::Relaxed) {
            // Nobody misses it.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
