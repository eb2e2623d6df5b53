//! The documents as the client has them: folders, open documents over the files on disk. One thread changes them, in the order
//! of the messages; everyone else reads a [`Snapshot`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::disk;
use crate::documents::{Buffer, Change};
use crate::file::File;
use crate::key::{self, Key};
use crate::lines::Encoding;
use crate::long;
use crate::settings::{Scoped, Settings};
use crate::snapshot::{Shared, Snapshot, Table, lock};

/// The documents.
#[derive(Debug, Default)]
pub(crate) struct Workspace {
    /// Folders as the client gave them.
    given: Vec<String>,
    /// Directories of projects, ended by `/`; none lies in another.
    folders: Vec<Key>,
    /// Where there are no folders: the directory that the server was started in.
    here: Option<Key>,
    /// What is open, as it is now.
    buffers: BTreeMap<Key, Open>,
    /// What of that has changed since the tables were made.
    fresh: BTreeSet<Key>,
    table: Arc<Table>,
    open: Arc<Table>,
    settings: Arc<Scoped>,
    shared: Arc<Shared>,
    revision: u64,
    structure: u64,
    current: Option<Arc<Snapshot>>,
}

/// A document that an editor has open.
#[derive(Debug)]
struct Open {
    buffer: Buffer,
    uri: String,
    base: Key,
    version: i32,
}

impl Workspace {
    /// The documents as they are now.
    pub(crate) fn snapshot(&mut self) -> Arc<Snapshot> {
        for key in std::mem::take(&mut self.fresh) {
            let Some(Open { buffer, uri, base, version }) = self.buffers.get(&key) else { continue };
            let file = File::open(Arc::clone(&key), uri.clone(), Arc::clone(base), buffer.contents(), *version);
            let file = Arc::new(file);
            Arc::make_mut(&mut self.open).insert(Arc::clone(&key), Arc::clone(&file));
            Arc::make_mut(&mut self.table).insert(key, file);
        }
        let new = || {
            Arc::new(Snapshot::new(
                self.revision,
                Arc::clone(&self.table),
                Arc::clone(&self.open),
                self.structure,
                Arc::clone(&self.settings),
                Arc::clone(&self.shared),
            ))
        };
        Arc::clone(self.current.get_or_insert_with(new))
    }

    /// How many changes there were.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether a long text is open.
    pub(crate) fn has_long(&self) -> bool {
        self.buffers.values().any(|open| open.buffer.len() >= long::LEAST)
    }

    /// The folders.
    pub(crate) fn folders(&self) -> &[Key] {
        &self.folders
    }

    /// Takes these folders, and what is on disk in them as far as it is known. Folders in others are part of them: their
    /// programs may use each other's files.
    pub(crate) fn set_folders(&mut self, uris: &[String], here: Option<String>) {
        self.given = uris.to_vec();
        let mut folders: Vec<Key> = uris.iter().map(|uri| with_slash(&key::of_uri(uri))).collect();
        folders.sort_unstable();
        folders.dedup_by(|inner, outer| inner.starts_with(&**outer));
        self.folders = folders;
        self.here = here.map(|here| with_slash(&key::normal(&here))).filter(|here| &**here != "/");
        let table = Arc::make_mut(&mut self.table);
        table.retain(|_, file| file.version().is_some() || self.folders.contains(&file.base));
        self.change_structure();
        self.place_all();
    }

    /// Takes some folders more and some less.
    pub(crate) fn change_folders(&mut self, added: &[String], removed: &[String]) {
        let removed: Vec<Key> = removed.iter().map(|uri| with_slash(&key::of_uri(uri))).collect();
        let kept = self.given.iter().filter(|uri| !removed.contains(&with_slash(&key::of_uri(uri)))).cloned();
        let folders: Vec<String> = kept.chain(added.iter().cloned()).collect();
        let here = self.here.as_ref().map(ToString::to_string).filter(|_| folders.is_empty());
        self.set_folders(&folders, here);
    }

    /// Takes what is on disk in a folder, as paths from it on.
    pub(crate) fn set_disk(&mut self, base: &Key, paths: &[String]) {
        if !self.folders.contains(base) {
            return;
        }
        let known: Vec<Key> = paths.iter().map(|path| format!("{base}{path}").into()).collect();
        let table = Arc::make_mut(&mut self.table);
        table.retain(|key, file| {
            file.version().is_some() || !key.starts_with(&**base) || known.binary_search(key).is_ok()
        });
        for key in known {
            table.entry(key).or_insert_with_key(|key| Arc::new(File::disk(Arc::clone(key), Arc::clone(base))));
        }
        self.change_structure();
    }

    /// Takes new settings: for everything, or, by their URIs, for folders.
    pub(crate) fn set_settings(&mut self, everywhere: Settings, folders: Vec<(String, Settings)>) {
        let folders = folders.into_iter().map(|(uri, settings)| (with_slash(&key::of_uri(&uri)), settings)).collect();
        let settings = Scoped { everywhere, folders };
        if *self.settings != settings {
            self.settings = Arc::new(settings);
            self.changed();
        }
    }

    /// The settings for everything that has no others.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings.everywhere
    }

    /// The folders as the client gave them.
    pub(crate) fn given(&self) -> &[String] {
        &self.given
    }

    /// A document is opened, or given a new text: of two times the second counts.
    pub(crate) fn open(&mut self, uri: String, text: String, version: i32) {
        let key = key::of_uri(&uri);
        let base = self.base(&key, Some(&key));
        self.buffers.insert(Arc::clone(&key), Open { buffer: Buffer::new(text), uri, base, version });
        self.fresh.insert(key);
        self.change_structure();
        self.place_all();
    }

    /// A document is changed. False where it is not open.
    pub(crate) fn edit(&mut self, uri: &str, version: i32, changes: Vec<Change>, encoding: Encoding) -> bool {
        let key = key::of_uri(uri);
        let Some(open) = self.buffers.get_mut(&key) else { return false };
        open.buffer.apply(changes, encoding);
        open.version = version;
        self.fresh.insert(key);
        self.changed();
        true
    }

    /// A document is closed: what is on disk counts again. False where it was not open.
    pub(crate) fn close(&mut self, uri: &str) -> bool {
        let key = key::of_uri(uri);
        let Some(open) = self.buffers.remove(&key) else { return false };
        self.fresh.remove(&key);
        Arc::make_mut(&mut self.open).remove(&key);
        Arc::make_mut(&mut self.table).remove(&key);
        lock(&self.shared.lazy).remove(&key);
        if self.folders.contains(&open.base) {
            self.look_at(&key, &open.base);
        }
        self.change_structure();
        self.place_all();
        true
    }

    /// Something happened to files on disk, or to directories with all that is in them. Whether it matters: open documents are not
    /// looked up there.
    pub(crate) fn touched(&mut self, keys: &[Key]) -> bool {
        let inner: Vec<Key> = keys.iter().flat_map(|key| self.known_below(key)).collect();
        let mut any = false;
        for key in keys.iter().chain(&inner) {
            if self.buffers.contains_key(key) {
                continue;
            }
            let known = self.table.get(key).or(lock(&self.shared.lazy).get(key)).map(Arc::clone);
            let stamp = known.as_ref().map(|known| known.stamp());
            if stamp.is_some_and(|stamp| stamp == Some(disk::stamp(key)) && stamp != Some(None)) {
                continue;
            }
            lock(&self.shared.lazy).remove(key);
            if known.is_some() {
                Arc::make_mut(&mut self.table).remove(key);
            }
            let base = self.folders.iter().find(|base| key.starts_with(&***base)).cloned();
            let is_there = base.is_some_and(|base| self.look_at(key, &base));
            any |= known.is_some() || is_there;
        }
        if any {
            self.change_structure();
        }
        any
    }

    /// The files that are known below a directory.
    fn known_below(&self, directory: &Key) -> Vec<Key> {
        let start = with_slash(directory);
        let below = |key: &&Key| key.starts_with(&*start);
        let table = self.table.range(Arc::clone(&start)..).map(|(key, _)| key).take_while(below).cloned();
        table.chain(lock(&self.shared.lazy).keys().filter(below).cloned()).collect()
    }

    /// Files that have changed on disk since they were looked at, for clients that do not say so.
    pub(crate) fn known_on_disk(&self) -> Vec<Arc<File>> {
        let lazy = lock(&self.shared.lazy);
        self.table.values().chain(lazy.values()).filter(|file| file.stamp().is_some()).map(Arc::clone).collect()
    }

    /// Adds a file of a folder if it is there. Whether it is.
    fn look_at(&mut self, key: &Key, base: &Key) -> bool {
        let path = key.strip_prefix(&**base).unwrap_or(key);
        let is_there = disk::is_looked_for(path) && disk::stamp(key).is_some();
        if is_there {
            let file = File::disk(Arc::clone(key), Arc::clone(base));
            Arc::make_mut(&mut self.table).insert(Arc::clone(key), Arc::new(file));
        }
        is_there
    }

    fn changed(&mut self) {
        self.revision += 1;
        self.current = None;
    }

    fn change_structure(&mut self) {
        self.structure += 1;
        self.changed();
    }

    /// The directory that no `use` of a document may leave: its folder; else, as for the command line, the directory that the
    /// server was started in, or its own. Of open documents one in another's directory belongs to that.
    fn base(&self, key: &Key, opening: Option<&Key>) -> Key {
        let fixed = self.folders.iter().chain(&self.here).find(|base| key.starts_with(&***base));
        if let Some(base) = fixed {
            return Arc::clone(base);
        }
        let loose = self.buffers.keys().chain(opening).map(|open| key::directory(open));
        let outermost =
            loose.filter(|directory| key::is_path(key) && key.starts_with(*directory)).min_by_key(|base| base.len());
        outermost.unwrap_or_else(|| key::directory(key)).into()
    }

    /// Gives open documents that have come to belong to another directory their new place.
    fn place_all(&mut self) {
        let places: Vec<(Key, Key)> = self.buffers.keys().map(|key| (Arc::clone(key), self.base(key, None))).collect();
        for (key, base) in places {
            if let Some(open) = self.buffers.get_mut(&key).filter(|open| open.base != base) {
                open.base = base;
                self.fresh.insert(key);
            }
        }
    }
}

fn with_slash(key: &str) -> Key {
    if key.ends_with('/') { key.into() } else { format!("{key}/").into() }
}
