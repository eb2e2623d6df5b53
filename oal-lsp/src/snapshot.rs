//! All documents at one moment, and what was found out about them since: whoever asks first computes, the others wait for the same
//! answer. What an earlier snapshot knows of programs that have not changed is taken over.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use oal_syntax::FileId;
use rustc_hash::{FxHashMap, FxHasher};

use crate::file::File;
use crate::key::{self, Key};
use crate::long;
use crate::program::Program;
use crate::settings::Settings;

/// The documents by their keys.
pub(crate) type Table = BTreeMap<Key, Arc<File>>;

/// All documents at one moment.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) revision: u64,
    /// What is open, and what is known to be on disk.
    pub(crate) table: Arc<Table>,
    /// What is open.
    pub(crate) open: Arc<Table>,
    /// Changes when files come or go.
    pub(crate) structure: u64,
    pub(crate) settings: Arc<Settings>,
    pub(crate) shared: Arc<Shared>,
    graph: OnceLock<Arc<Graph>>,
    programs: Mutex<FxHashMap<Key, Checking>>,
}

/// A check that is done once: `None` where it failed.
type Checking = Arc<OnceLock<Option<Arc<Program>>>>;

/// What outlives snapshots.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Files on disk that were asked for without being in any table.
    pub(crate) lazy: Mutex<FxHashMap<Key, Arc<File>>>,
    /// The last check of each program, by its root.
    programs: Mutex<FxHashMap<Key, Arc<Program>>>,
    graph: Mutex<Option<Arc<Graph>>>,
}

/// Which files use which.
#[derive(Debug, Default)]
struct Graph {
    /// What it was made of.
    structure: u64,
    links: u64,
    roots: Vec<Key>,
    used_by: FxHashMap<Key, Vec<Key>>,
}

impl Snapshot {
    pub(crate) fn new(
        revision: u64,
        table: Arc<Table>,
        open: Arc<Table>,
        structure: u64,
        settings: Arc<Settings>,
        shared: Arc<Shared>,
    ) -> Self {
        let (graph, programs) = (OnceLock::new(), Mutex::default());
        Self { revision, table, open, structure, settings, shared, graph, programs }
    }

    pub(crate) fn structure(&self) -> u64 {
        self.structure
    }

    pub(crate) fn settings(&self) -> &Arc<Settings> {
        &self.settings
    }

    /// The document of this key, if it is known.
    pub(crate) fn file(&self, key: &str) -> Option<Arc<File>> {
        if let Some(name) = key.strip_prefix(key::STD) {
            return Some(File::std(oal_check::std::index(oal_check::std::file_named(name)?)?));
        }
        self.table.get(key).cloned()
    }

    /// The document of this key, or what is on disk under its name, perhaps nothing.
    pub(crate) fn file_in(&self, key: &Key, base: &Key) -> Arc<File> {
        if let Some(file) = self.table.get(key) {
            return if file.base == *base { Arc::clone(file) } else { Arc::new(file.rebased(base)) };
        }
        let mut lazy = lock(&self.shared.lazy);
        let new = || Arc::new(File::disk(Arc::clone(key), Arc::clone(base)));
        let file = lazy.entry(Arc::clone(key)).or_insert_with(new);
        if file.base != *base {
            *file = new();
        }
        Arc::clone(file)
    }

    /// Whether documents lie below this key.
    pub(crate) fn is_directory(&self, key: &str) -> bool {
        let start: Key = format!("{key}/").into();
        self.table.range(Arc::clone(&start)..).next().is_some_and(|(next, _)| next.starts_with(&*start))
    }

    /// The paths of open documents below a base.
    pub(crate) fn opened_below<'a>(&'a self, base: &'a Key) -> impl Iterator<Item = String> + 'a {
        self.open.values().filter(move |file| file.base == *base).map(|file| file.path().to_owned())
    }

    /// The programs that hold a document, with its number in each; a file that is in none stands for one by itself.
    pub(crate) fn programs_of(self: &Arc<Self>, key: &Key) -> Vec<(Arc<Program>, FileId)> {
        let mut found = Vec::new();
        if key.starts_with(key::STD) {
            // Every program holds the built-in library; those of open documents are checked anyway.
            let program = self.open.keys().find_map(|open| self.programs_of(open).into_iter().next());
            return program.and_then(|(program, _)| program.id(key).map(|id| (program, id))).into_iter().collect();
        }
        for root in self.roots_of(key) {
            if let Some(program) = self.program(&root) {
                found.extend(program.id(key).map(|id| (program, id)));
            }
        }
        if found.is_empty() {
            found.extend(self.program(key).and_then(|program| program.id(key).map(|id| (program, id))));
        }
        found
    }

    /// The program that starts at a document; `None` where there is none, or where checking it fails.
    pub(crate) fn program(self: &Arc<Self>, root: &Key) -> Option<Arc<Program>> {
        let file = self.table.get(root)?;
        let cell = Arc::clone(lock(&self.programs).entry(Arc::clone(root)).or_default());
        if let Some(program) = cell.get() {
            return program.clone();
        }
        let known = lock(&self.shared.programs).get(root).map(|known| known.len());
        let is_long = known.unwrap_or_else(|| file.text().len()) >= long::LEAST;
        let (snapshot, file, result) = (Arc::clone(self), Arc::clone(file), Arc::clone(&cell));
        let work = move || {
            result.get_or_init(|| snapshot.check(&file));
        };
        if is_long {
            long::run(work)
        } else {
            work()
        }
        cell.get().cloned().flatten()
    }

    /// The last check of the program, where it holds; a new one else.
    fn check(&self, root: &Arc<File>) -> Option<Arc<Program>> {
        let known = lock(&self.shared.programs).get(&root.key).cloned();
        if let Some(known) = known.filter(|known| known.holds_for(self)) {
            return Some(known);
        }
        // A check that fails costs the answers about this version, nothing else.
        let program = Arc::new(catch_unwind(AssertUnwindSafe(|| Program::new(self, root))).ok()?);
        let old = lock(&self.shared.programs).insert(Arc::clone(&root.key), Arc::clone(&program));
        if let Some(old) = old.filter(|old| old.len() >= long::LEAST) {
            // To take it apart takes a while, and those who wait want the new one.
            long::free(old);
        }
        Some(program)
    }

    /// The last check of each program that holds a document, at once: perhaps of an older version.
    pub(crate) fn programs_at_hand(&self, key: &Key) -> Vec<(Arc<Program>, FileId)> {
        let programs = lock(&self.shared.programs);
        let held = programs.values().filter_map(|program| program.id(key).map(|id| (Arc::clone(program), id)));
        let mut held: Vec<_> = held.collect();
        held.sort_by(|(one, _), (other, _)| {
            let name = |program: &Program| program.files().first().map(|file| Arc::clone(&file.key));
            name(one).cmp(&name(other))
        });
        held
    }

    /// How many programs are kept checked.
    pub(crate) fn checked_count(&self) -> usize {
        lock(&self.shared.programs).len()
    }

    /// The roots of all programs.
    pub(crate) fn roots(&self) -> Vec<Key> {
        self.graph().roots.clone()
    }

    /// The roots of the programs that hold a document.
    fn roots_of(&self, key: &Key) -> Vec<Key> {
        let graph = self.graph();
        let (mut seen, mut waiting) = (vec![Arc::clone(key)], vec![Arc::clone(key)]);
        while let Some(next) = waiting.pop() {
            for user in graph.used_by.get(&next).into_iter().flatten() {
                if !seen.contains(user) {
                    seen.push(Arc::clone(user));
                    waiting.push(Arc::clone(user));
                }
            }
        }
        seen.retain(|key| self.table.get(key).is_some_and(|file| file.links().is_root));
        seen.sort_unstable();
        seen
    }

    fn graph(&self) -> Arc<Graph> {
        Arc::clone(self.graph.get_or_init(|| {
            let mut hasher = FxHasher::default();
            self.open.values().for_each(|file| (&file.key, file.links()).hash(&mut hasher));
            let links = hasher.finish();
            let mut last = lock(&self.shared.graph);
            if let Some(last) = last.as_ref().filter(|last| (last.structure, last.links) == (self.structure, links)) {
                return Arc::clone(last);
            }
            let mut graph = Graph { structure: self.structure, links, ..Graph::default() };
            for (key, file) in &*self.table {
                let links = file.links();
                if links.is_root {
                    graph.roots.push(Arc::clone(key));
                }
                for used in &links.uses {
                    graph.used_by.entry(Arc::clone(used)).or_default().push(Arc::clone(key));
                }
            }
            lock(&self.shared.programs)
                .retain(|root, _| graph.roots.binary_search(root).is_ok() || self.open.contains_key(root));
            Arc::clone(last.insert(Arc::new(graph)))
        }))
    }
}

/// Locks; what another thread left when it failed is whole: nothing fails while it holds one of these.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
