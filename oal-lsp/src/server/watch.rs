//! What happens outside: files that change on disk, and the process that started us.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tower_lsp::ls_types::Registration;

use super::Server;
use super::lifecycle::SECTION;
use crate::disk;
use crate::key::{self, Key};
use crate::lanes::Lane;
use crate::snapshot::lock;

/// How often the process that started us is looked for.
const PARENT: Duration = Duration::from_millis(300);
/// How often files are looked at where the client does not say when they change.
const SWEEP: Duration = Duration::from_secs(2);

/// Ends the process soon after the one that started it.
pub(super) fn parent(id: u32) {
    let watch = move || {
        let first = identity(id);
        loop {
            std::thread::sleep(PARENT);
            if identity(id) != first || first.is_none() {
                std::process::exit(1);
            }
        }
    };
    // Without a thread the end of the input is what tells.
    let _ = std::thread::Builder::new().name("oal-lsp parent".to_owned()).spawn(watch);
}

/// What tells a running process from another that comes to have its number; `None` once it has ended. proc(5): the state is the
/// field after the name in parentheses, the start time the twentieth after that.
#[cfg(target_os = "linux")]
fn identity(id: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    (!matches!(state, "Z" | "X" | "x")).then(|| fields.nth(18).unwrap_or_default().to_owned())
}

/// Elsewhere, only our own parent can be watched: when it ends we are given another. A client that is not our parent is told by
/// the end of the input.
#[cfg(all(unix, not(target_os = "linux")))]
fn identity(_: u32) -> Option<String> {
    Some(std::os::unix::process::parent_id().to_string())
}

#[cfg(not(unix))]
fn identity(_: u32) -> Option<String> {
    Some(String::new())
}

fn registration(method: &str, options: Value) -> Registration {
    Registration { id: format!("oal {method}"), method: method.to_owned(), register_options: Some(options) }
}

impl Server {
    /// Asks the client to say when files and settings change; looks for ourselves where it cannot.
    pub(super) fn watch_files(&self) {
        let session = self.session();
        let workspace = session.client.workspace.clone().unwrap_or_default();
        let files = workspace.did_change_watched_files.and_then(|can| can.dynamic_registration) == Some(true);
        let settings = workspace.did_change_configuration.and_then(|can| can.dynamic_registration) == Some(true);
        let mut registrations = Vec::new();
        if files {
            // A directory that comes or goes may be told of by its own name only: microsoft/vscode#109754.
            const CREATE_AND_DELETE: u32 = 1 | 4;
            let anything = json!({ "globPattern": "**/*", "kind": CREATE_AND_DELETE });
            let watchers = json!({ "watchers": [{ "globPattern": "**/*.oal" }, anything] });
            registrations.push(registration("workspace/didChangeWatchedFiles", watchers));
        } else {
            self.sweep_in_background();
        }
        if settings {
            registrations.push(registration("workspace/didChangeConfiguration", json!({ "section": SECTION })));
        }
        if registrations.is_empty() {
            return;
        }
        let server = self.clone();
        tokio::spawn(async move {
            let refused = server.inner.client.register_capability(registrations).await.is_err();
            if refused && files {
                server.sweep_in_background();
            }
        });
    }

    fn sweep_in_background(&self) {
        let server = self.clone();
        // Without a thread the files are as they were at the start.
        let _ = std::thread::Builder::new().name("oal-lsp sweep".to_owned()).spawn(move || server.sweep());
    }

    /// Something happened to what has these URIs: files, or directories with all that is in them.
    pub(super) fn files_changed<'a>(&self, uris: impl Iterator<Item = &'a str>) {
        let keys: Vec<Key> = uris.map(key::of_uri).collect();
        if lock(&self.inner.workspace).touched(&keys) {
            self.changed_elsewhere();
        }
        let directories: Vec<Key> =
            keys.into_iter().filter(|key| !key.ends_with(".oal") && disk::is_directory(key)).collect();
        if directories.is_empty() {
            return;
        }
        let server = self.clone();
        self.inner.lanes.spawn(Lane::Background, move || {
            let folders = lock(&server.inner.workspace).folders().to_vec();
            let inside = |key: &&Key| folders.iter().any(|folder| key.starts_with(&**folder));
            for directory in directories.iter().filter(inside) {
                let files = disk::below(&format!("{directory}/"), &mut |_| false).into_iter();
                let keys: Vec<Key> = files.map(|path| Key::from(format!("{directory}/{path}"))).collect();
                if lock(&server.inner.workspace).touched(&keys) {
                    server.changed_elsewhere();
                }
            }
        });
    }

    /// Looks at files again and again: those that are known, and the folders for new ones.
    fn sweep(&self) {
        let mut took = Duration::ZERO;
        loop {
            // Large folders are looked at less often.
            std::thread::sleep(SWEEP.max(took * 20));
            let began = Instant::now();
            let known = lock(&self.inner.workspace).known_on_disk();
            let changed = known.iter().filter(|file| file.stamp() != Some(disk::stamp(&file.key)));
            let mut keys: Vec<Key> = changed.map(|file| file.key.clone()).collect();
            let folders: Vec<Key> = lock(&self.inner.workspace).folders().to_vec();
            let snapshot = lock(&self.inner.workspace).snapshot();
            let left = lock(&self.inner.left).clone();
            for folder in folders.into_iter().filter(|folder| !left.contains(folder)) {
                let paths = disk::below(&folder, &mut |_| false);
                let found = paths.iter().map(|path| Key::from(format!("{folder}{path}")));
                keys.extend(found.filter(|key| !snapshot.table.contains_key(key)));
            }
            if !keys.is_empty() && lock(&self.inner.workspace).touched(&keys) {
                self.changed_elsewhere();
            }
            took = began.elapsed();
        }
    }

    /// Asks the client to ask again for what it shows, as far as it can be asked.
    pub(super) fn refresh(&self) {
        let session = self.session();
        let Some(workspace) = session.client.workspace.clone() else { return };
        let diagnostics = workspace.diagnostics.and_then(|can| can.refresh_support) == Some(true) && session.pulls();
        let tokens = workspace.semantic_tokens.and_then(|can| can.refresh_support) == Some(true);
        let hints = workspace.inlay_hint.and_then(|can| can.refresh_support) == Some(true);
        let lenses = workspace.code_lens.and_then(|can| can.refresh_support) == Some(true);
        let server = self.clone();
        self.inner.runtime.spawn(async move {
            // A client that refuses shows what it has.
            let client = &server.inner.client;
            if diagnostics {
                let _ = client.workspace_diagnostic_refresh().await;
            }
            if tokens {
                let _ = client.semantic_tokens_refresh().await;
            }
            if hints {
                let _ = client.inlay_hint_refresh().await;
            }
            if lenses {
                let _ = client.code_lens_refresh().await;
            }
        });
    }
}
