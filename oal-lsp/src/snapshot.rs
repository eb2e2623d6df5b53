//! All documents at one moment, and what was found out about them since: whoever asks first computes, the others wait for the same
//! answer. What an earlier snapshot knows of programs that have not changed is taken over.

use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use oal_syntax::FileId;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::file::File;
use crate::key::{self, Key};
use crate::long;
use crate::program::Program;
use crate::settings::{Scoped, Settings};

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
    pub(crate) settings: Arc<Scoped>,
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
    /// With the newest revision that it is of.
    graph: Mutex<Option<(u64, Arc<Graph>)>>,
}

/// Which files use which.
#[derive(Debug, Default)]
struct Graph {
    /// What it was made of.
    structure: u64,
    links: u64,
    /// Files in which a program starts, in order.
    roots: Vec<Key>,
    /// Those, and the files that no other uses: with what they use, these are all there is.
    starts: Vec<Key>,
    used_by: FxHashMap<Key, Vec<Key>>,
}

impl Graph {
    /// The starts that lead to a file; none where files only use each other in a circle.
    fn starts_of(&self, key: &Key) -> Vec<Key> {
        let (mut seen, mut waiting) = (FxHashSet::from_iter([key]), vec![key]);
        while let Some(next) = waiting.pop() {
            for user in self.used_by.get(next).into_iter().flatten() {
                if seen.insert(user) {
                    waiting.push(user);
                }
            }
        }
        let mut starts: Vec<Key> =
            seen.into_iter().filter(|key| self.starts.binary_search(key).is_ok()).map(Arc::clone).collect();
        starts.sort_unstable();
        starts
    }

    /// The starts of the programs by which a file is judged: those with an `app`, or the file by itself.
    fn judges_of(&self, key: &Key) -> Vec<Key> {
        let mut starts = self.starts_of(key);
        starts.retain(|start| self.roots.binary_search(start).is_ok());
        if starts.is_empty() { vec![Arc::clone(key)] } else { starts }
    }
}

impl Snapshot {
    pub(crate) fn new(
        revision: u64,
        table: Arc<Table>,
        open: Arc<Table>,
        structure: u64,
        settings: Arc<Scoped>,
        shared: Arc<Shared>,
    ) -> Self {
        let (graph, programs) = (OnceLock::new(), Mutex::default());
        Self { revision, table, open, structure, settings, shared, graph, programs }
    }

    pub(crate) fn structure(&self) -> u64 {
        self.structure
    }

    /// The settings for a document.
    pub(crate) fn settings_of(&self, key: &str) -> &Settings {
        self.settings.of(key)
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
        if key.starts_with(key::STD) {
            // Every program holds the built-in library; those of open documents are checked anyway.
            let program = self.open.keys().find_map(|open| self.programs_of(open).into_iter().next());
            return program.and_then(|(program, _)| program.id(key).map(|id| (program, id))).into_iter().collect();
        }
        self.held_by(&self.graph().judges_of(key), key)
    }

    /// All programs that hold a document, and all that would be one but for the `app`: whoever changes what the document declares
    /// has to look at these.
    pub(crate) fn holders_of(self: &Arc<Self>, key: &Key) -> Vec<(Arc<Program>, FileId)> {
        self.held_by(&self.graph().starts_of(key), key)
    }

    /// Those of some programs that hold a document; where none does, it stands for one by itself.
    fn held_by(self: &Arc<Self>, starts: &[Key], key: &Key) -> Vec<(Arc<Program>, FileId)> {
        let hold = |start: &Key| self.program(start).and_then(|program| program.id(key).map(|id| (program, id)));
        let mut found: Vec<_> = starts.iter().filter_map(hold).collect();
        if found.is_empty() {
            found.extend(hold(key));
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
        if !root.links().is_root && !self.open.contains_key(&root.key) {
            // Asked for once in a while: it is not kept.
            return Some(program);
        }
        let mut programs = lock(&self.shared.programs);
        if programs.get(&root.key).is_some_and(|known| known.revision > program.revision) {
            // Somebody has asked about an older version.
            return Some(program);
        }
        let old = programs.insert(Arc::clone(&root.key), Arc::clone(&program));
        drop(programs);
        if let Some(old) = old.filter(|old| old.len() >= long::LEAST) {
            // To take it apart takes a while, and those who wait want the new one.
            long::free(old);
        }
        Some(program)
    }

    /// The last check of each program by which a document is judged, at once: perhaps of an older version.
    pub(crate) fn programs_at_hand(&self, key: &Key) -> Vec<(Arc<Program>, FileId)> {
        // The last graph, too: a new one waits until what has changed is read.
        let graph = lock(&self.shared.graph).clone();
        let judges = graph.map(|(_, graph)| graph.judges_of(key)).unwrap_or_default();
        let programs = lock(&self.shared.programs);
        let hold = |program: &Arc<Program>| program.id(key).map(|id| (Arc::clone(program), id));
        let held: Vec<_> = judges.iter().filter_map(|judge| programs.get(judge)).filter_map(hold).collect();
        if !held.is_empty() {
            return held;
        }
        // Until the first check of a new program others are better than none.
        let mut held: Vec<_> = programs.values().filter_map(hold).collect();
        held.sort_by(|(one, _), (other, _)| one.root().cmp(&other.root()));
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

    /// The roots, and the files that no other uses.
    pub(crate) fn starts(&self) -> Vec<Key> {
        self.graph().starts.clone()
    }

    fn graph(&self) -> Arc<Graph> {
        Arc::clone(self.graph.get_or_init(|| {
            let mut hasher = FxHasher::default();
            self.open.values().for_each(|file| (&file.key, file.links()).hash(&mut hasher));
            let links = hasher.finish();
            let mut last = lock(&self.shared.graph);
            let is_this = |last: &Graph| (last.structure, last.links) == (self.structure, links);
            if let Some((revision, last)) = last.as_mut().filter(|(_, last)| is_this(last)) {
                *revision = self.revision.max(*revision);
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
            let is_start = |key: &Key| graph.roots.binary_search(key).is_ok() || !graph.used_by.contains_key(key);
            graph.starts = self.table.keys().filter(|key| is_start(key)).map(Arc::clone).collect();
            let graph = Arc::new(graph);
            if last.as_ref().is_some_and(|(revision, _)| *revision > self.revision) {
                // Somebody has asked about an older version.
                return graph;
            }
            lock(&self.shared.programs).retain(|root, _| {
                graph.roots.binary_search(root).is_ok()
                    || self.open.contains_key(root) && graph.judges_of(root).contains(root)
            });
            *last = Some((self.revision, Arc::clone(&graph)));
            graph
        }))
    }
}

/// Locks; what another thread left when it failed is whole: nothing fails while it holds one of these.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
