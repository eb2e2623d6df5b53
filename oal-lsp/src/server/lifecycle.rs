//! The beginning of a session, its folders and its settings.

use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use serde_json::Value;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::{
    ConfigurationItem, InitializeParams, InitializeResult, MessageType, WorkspaceFolder, WorkspaceFoldersChangeEvent,
};

use super::progress::Work;
use super::{Server, Session, analysis, capabilities, watch};
use crate::convert;
use crate::disk;
use crate::key::Key;
use crate::lanes::Lane;
use crate::library;
use crate::settings::Settings;
use crate::snapshot::lock;

/// How long the first messages may wait for the files of the folders.
const FIRST_LOOK: Duration = Duration::from_millis(150);

/// The name of our settings.
pub(super) const SECTION: &str = "oal";

impl Server {
    /// Agrees on what holds for the session. Nothing that takes time: that is begun when the client says it is ready.
    pub(super) fn start_session(&self, params: InitializeParams) -> Result<InitializeResult> {
        let general = params.capabilities.general.as_ref();
        let encoding = convert::encoding(general.and_then(|general| general.position_encodings.as_deref()));
        library::agree(params.initialization_options.as_ref());
        let commands = capabilities::commands(params.capabilities.experimental.as_ref());
        let session = Session { encoding, client: params.capabilities, commands, ..Session::default() };
        let answer = capabilities::answer(&session);
        // A second `initialize` does not come this far.
        let _ = self.inner.session.set(Arc::new(session));
        *lock(&self.inner.trace) = params.trace.unwrap_or_default();
        if let Some(parent) = params.process_id {
            watch::parent(parent);
        }
        #[expect(deprecated, reason = "all that older clients send")]
        let root = params.root_uri.map(|uri| uri.as_str().to_owned()).or_else(|| {
            let path = params.root_path.filter(|path| !path.is_empty());
            path.map(|path| crate::key::to_uri(&crate::key::normal(&path.replace('\\', "/"))))
        });
        let folders: Vec<String> = match params.workspace_folders {
            Some(folders) => folders.iter().map(|folder| folder.uri.as_str().to_owned()).collect(),
            None => root.into_iter().collect(),
        };
        let here = std::env::current_dir().ok().and_then(|here| here.to_str().map(str::to_owned));
        let (settings, _) = Settings::read(params.initialization_options.as_ref().unwrap_or(&Value::Null));
        let mut workspace = lock(&self.inner.workspace);
        workspace.set_folders(&folders, here.filter(|_| folders.is_empty()));
        workspace.set_settings(settings, Vec::new());
        Ok(answer)
    }

    /// Begins the work that goes on by itself.
    pub(super) fn begin(&self) {
        let server = self.clone();
        let thread = std::thread::Builder::new().name("oal-lsp check".to_owned()).stack_size(crate::lanes::STACK);
        if thread.spawn(move || analysis::run(&server)).is_err() {
            self.log(MessageType::ERROR, "there can be no more threads".to_owned());
        }
        self.look_at_folders();
        self.watch_files();
        self.ask_for_settings();
    }

    /// Finds the files of the folders. Most are found before the next message is looked at, so that the first answers know them;
    /// large ones go on beside.
    pub(super) fn look_at_folders(&self) {
        let (done, wait) = sync_channel::<()>(1);
        let folders: Vec<Key> = lock(&self.inner.workspace).folders().to_vec();
        for folder in folders {
            let (server, done) = (self.clone(), done.clone());
            self.inner.lanes.spawn(Lane::Background, move || {
                lock(&server.inner.left).remove(&folder);
                let mut work = Work::new(&server, &folder, "Looking for OAL files");
                let mut gone = |files: usize| {
                    let goes_on = work.goes_on(|| format!("{files} files"));
                    !goes_on || !lock(&server.inner.workspace).folders().contains(&folder)
                };
                let files = disk::below(&folder, &mut gone);
                // What has been found is known; other files are when a program uses them.
                if work.is_left() {
                    lock(&server.inner.left).insert(folder.clone());
                }
                lock(&server.inner.workspace).set_disk(&folder, &files);
                // It has ended when its files are known.
                drop(work);
                server.changed_elsewhere();
                drop(done);
            });
        }
        drop(done);
        // Ends when all have been found.
        let _ = wait.recv_timeout(FIRST_LOOK);
    }

    /// Something other than an open document has changed: what was answered may be old.
    pub(super) fn changed_elsewhere(&self) {
        self.inner.analysis.wake();
        self.refresh();
    }

    pub(super) fn change_folders(&self, event: WorkspaceFoldersChangeEvent) {
        let uri = |folder: &WorkspaceFolder| folder.uri.as_str().to_owned();
        let (added, removed): (Vec<_>, Vec<_>) =
            (event.added.iter().map(uri).collect(), event.removed.iter().map(uri).collect());
        lock(&self.inner.workspace).change_folders(&added, &removed);
        self.look_at_folders();
        self.changed_elsewhere();
        self.ask_for_settings();
    }

    /// Takes settings that the client sends, and asks for those of each folder; or only asks, if it only says that they are others.
    pub(super) fn change_settings(&self, sent: Value) {
        if sent.get(SECTION).is_some_and(Value::is_object) {
            let settings = self.read_settings(&sent);
            lock(&self.inner.workspace).set_settings(settings, Vec::new());
            self.changed_elsewhere();
        }
        self.ask_for_settings();
    }

    fn read_settings(&self, sent: &Value) -> Settings {
        let (settings, wrong) = Settings::read(sent);
        for words in wrong {
            self.log(MessageType::WARNING, words);
        }
        settings
    }

    /// Asks for the settings where the client keeps them for us: those for everything, and those of each folder.
    fn ask_for_settings(&self) {
        let session = self.session();
        if session.client.workspace.as_ref().and_then(|workspace| workspace.configuration) != Some(true) {
            return;
        }
        let server = self.clone();
        tokio::spawn(async move {
            let folders = lock(&server.inner.workspace).given().to_vec();
            let scopes = folders.iter().filter_map(|folder| folder.parse().ok()).map(Some);
            let item = |scope_uri| ConfigurationItem { scope_uri, section: Some(SECTION.to_owned()) };
            let items: Vec<_> = std::iter::once(None).chain(scopes).map(item).collect();
            let scopes: Vec<_> = items.iter().map(|item| item.scope_uri.clone()).collect();
            let Ok(sent) = server.inner.client.configuration(items).await else { return };
            let (mut everywhere, mut own) = (None, Vec::new());
            for (scope, sent) in scopes.into_iter().zip(sent).filter(|(_, sent)| sent.is_object()) {
                let settings = server.read_settings(&sent);
                match scope {
                    Some(uri) => own.push((uri.as_str().to_owned(), settings)),
                    None => everywhere = Some(settings),
                }
            }
            if everywhere.is_none() && own.is_empty() {
                return;
            }
            let mut workspace = lock(&server.inner.workspace);
            let everywhere = everywhere.unwrap_or_else(|| workspace.settings().clone());
            workspace.set_settings(everywhere, own);
            drop(workspace);
            server.changed_elsewhere();
        });
    }
}
