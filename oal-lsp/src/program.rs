//! One program, checked, with the versions of the files that went into it: it holds for every snapshot that has the same.

use std::sync::Arc;

use oal_check::{Checked, LoadError, Loader, Options, Project, SourceFile, check};
use oal_syntax::FileId;
use oal_syntax::ast::ItemKind;
use rustc_hash::FxHashMap;

use crate::disk;
use crate::file::File;
use crate::key::{self, Key};
use crate::settings::Settings;
use crate::snapshot::Snapshot;

/// A program.
#[derive(Debug)]
pub(crate) struct Program {
    /// The check.
    pub(crate) checked: Checked,
    /// What the check was asked.
    pub(crate) options: Options,
    /// Its files, by their numbers in the check.
    files: Vec<Arc<File>>,
    /// All that was asked for, found or not.
    inputs: Vec<Arc<File>>,
    /// When that was.
    pub(crate) revision: u64,
    /// Which files there were, if that went into it: names that were suggested.
    structure: Option<u64>,
    settings: Settings,
}

impl Program {
    /// Reads and checks the program that starts at a file.
    pub(crate) fn new(snapshot: &Snapshot, root: &File) -> Self {
        let mut loading = Loading { snapshot, base: &root.base, inputs: Vec::new(), structure: None };
        let project = Project::load(root.path(), &mut loading);
        let Loading { inputs, structure, .. } = loading;
        let by_path: FxHashMap<&str, &Arc<File>> = inputs.iter().map(|file| (file.path(), file)).collect();
        let file =
            |source: &SourceFile| by_path.get(&*source.path).map_or_else(|| File::std(0), |file| Arc::clone(file));
        let files = project.files().map(|(_, source)| file(source)).collect();
        let settings = snapshot.settings_of(&root.key).clone();
        let options = settings.options(&environments(&project), &params(&project));
        let checked = check(&project, &options);
        Self { checked, options, files, inputs, revision: snapshot.revision, structure, settings }
    }

    /// Whether a check of the snapshot's files would be the same.
    pub(crate) fn holds_for(&self, snapshot: &Snapshot) -> bool {
        self.structure.is_none_or(|structure| structure == snapshot.structure())
            && self.root().is_some_and(|root| self.settings == *snapshot.settings_of(root))
            && self.inputs.iter().all(|file| Arc::ptr_eq(file, &snapshot.file_in(&file.key, &file.base)))
    }

    /// The file of this number.
    pub(crate) fn file(&self, id: FileId) -> Arc<File> {
        match oal_check::std::index(id) {
            Some(index) => File::std(index),
            None => self.files.get(id.0 as usize).map_or_else(|| File::std(0), Arc::clone),
        }
    }

    /// The number of the file that is known by this key.
    pub(crate) fn id(&self, key: &str) -> Option<FileId> {
        if let Some(name) = key.strip_prefix(key::STD) {
            return oal_check::std::file_named(name);
        }
        let at = self.files.iter().position(|file| &*file.key == key)?;
        Some(FileId(u32::try_from(at).ok()?))
    }

    /// How many bytes it is written in.
    pub(crate) fn len(&self) -> usize {
        self.checked.project().files().map(|(_, source)| source.text.len()).sum()
    }

    /// The key of the file that it starts in.
    pub(crate) fn root(&self) -> Option<&Key> {
        self.files.first().map(|file| &file.key)
    }

    /// Its files, the root first.
    pub(crate) fn files(&self) -> &[Arc<File>] {
        &self.files
    }
}

struct Loading<'a> {
    snapshot: &'a Snapshot,
    base: &'a Key,
    inputs: Vec<Arc<File>>,
    structure: Option<u64>,
}

impl Loader for Loading<'_> {
    fn load(&mut self, path: &str) -> Result<Arc<SourceFile>, LoadError> {
        let file = self.snapshot.file_in(&format!("{}{path}", self.base).into(), self.base);
        self.inputs.push(Arc::clone(&file));
        match file.source() {
            Err(LoadError::NotFound) if self.snapshot.is_directory(&file.key) => Err(LoadError::Directory),
            source => source.cloned().map_err(Clone::clone),
        }
    }

    fn similar(&mut self, path: &str) -> Vec<String> {
        self.structure = Some(self.snapshot.structure());
        let mut found = if key::is_path(self.base) { disk::near(self.base, path) } else { Vec::new() };
        found.extend(self.snapshot.opened_below(self.base));
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// The environments that a program declares.
fn environments(project: &Project) -> Vec<&str> {
    let root = project.file(FileId(0));
    let items = root.parse.tree.top.iter().map(|id| root.parse.tree.item(*id));
    items.filter(|item| matches!(item.kind, ItemKind::Environment(_))).map(|item| item.name.text(&root.text)).collect()
}

/// The params that a program declares.
fn params(project: &Project) -> Vec<&str> {
    let mut names = Vec::new();
    for (_, file) in project.files() {
        let items = file.parse.tree.top.iter().map(|id| file.parse.tree.item(*id));
        let params = items.filter(|item| matches!(item.kind, ItemKind::Param { .. }));
        names.extend(params.map(|item| item.name.text(&file.text)));
    }
    names
}
