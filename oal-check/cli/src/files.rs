//! Source files on disk: which ones a command means, reading them, the project's root they may not leave.
//!
//! The root is the directory that was given; for a file, the current directory if the file lies below it, else the file's
//! own directory; `--root` says it outright. Paths inside a project have `/` between their parts and start at the root.

mod select;
mod walk;
mod write;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use oal_check::{LoadError, Loader, SourceFile};

use crate::failure::Failure;

pub(crate) use select::{Candidate, Place, select};
pub(crate) use walk::{SKIPPED, below};
pub(crate) use write::replace;

pub(crate) use oal_check::project::MOST_BYTES;

/// The files below one root, each read once.
#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    real_root: Option<PathBuf>,
    prefix: String,
    files: BTreeMap<String, Result<Arc<SourceFile>, LoadError>>,
}

impl Disk {
    /// The files below this directory, which is shown as it is written.
    pub(crate) fn new(root: PathBuf) -> Self {
        let mut prefix = shown(&root);
        if prefix == "." {
            prefix.clear();
        } else if !prefix.is_empty() && !prefix.ends_with('/') {
            prefix.push('/');
        }
        let root = if root.as_os_str().is_empty() { PathBuf::from(".") } else { root };
        Self { root, real_root: None, prefix, files: BTreeMap::new() }
    }

    /// The root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// How a path below the root is shown.
    pub(crate) fn shown(&self, path: &str) -> String {
        format!("{}{path}", self.prefix)
    }

    /// Where a path below the root is on disk.
    pub(crate) fn on_disk(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Takes this text for the file at `path`, whether there is one or not.
    pub(crate) fn put(&mut self, path: String, bytes: Vec<u8>) {
        let file = source_file(&path, bytes);
        self.files.insert(path, file);
    }

    /// A file that was read before.
    pub(crate) fn known(&self, path: &str) -> Option<&Arc<SourceFile>> {
        self.files.get(path).and_then(|file| file.as_ref().ok())
    }

    /// The failure to report where a file that is meant cannot be had.
    pub(crate) fn failure(&mut self, path: &str, error: &LoadError) -> Failure {
        let mut similar = Vec::new();
        if *error == LoadError::NotFound {
            similar = walk::near(&self.root, path);
            similar.extend(walk::beside(&self.root, path));
        }
        let similar: Vec<String> = similar.iter().map(|path| self.shown(path)).collect();
        failure(&self.shown(path), error, &similar)
    }

    fn read(&mut self, path: &str) -> Result<Arc<SourceFile>, LoadError> {
        let place = self.root.join(path);
        // Looked at before it is opened: opening a pipe would wait for its writer.
        let metadata = fs::metadata(&place).map_err(|error| load_error(&error))?;
        let real = fs::canonicalize(&place).map_err(|error| load_error(&error))?;
        if !real.starts_with(self.real_root()?) {
            return Err(LoadError::Outside);
        }
        if metadata.is_dir() {
            return Err(LoadError::Directory);
        }
        if !metadata.is_file() {
            return Err(LoadError::Unreadable("it is not a regular file".to_owned()));
        }
        if metadata.len() > MOST_BYTES {
            return Err(LoadError::TooLarge);
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
        let mut file = File::open(&place).map_err(|error| load_error(&error))?;
        // It may grow while it is read.
        file.by_ref().take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| load_error(&error))?;
        source_file(path, bytes)
    }

    fn real_root(&mut self) -> Result<&Path, LoadError> {
        let real = match self.real_root.take() {
            Some(real) => real,
            None => fs::canonicalize(&self.root).map_err(|error| load_error(&error))?,
        };
        Ok(self.real_root.insert(real))
    }
}

impl Loader for Disk {
    fn load(&mut self, path: &str) -> Result<Arc<SourceFile>, LoadError> {
        if let Some(file) = self.files.get(path) {
            return file.clone();
        }
        let file = self.read(path);
        self.files.insert(path.to_owned(), file.clone());
        file
    }

    fn similar(&mut self, path: &str) -> Vec<String> {
        walk::near(&self.root, path)
    }
}

/// The tree of what a file holds, unless there is too much of it.
fn source_file(path: &str, bytes: Vec<u8>) -> Result<Arc<SourceFile>, LoadError> {
    if u64::try_from(bytes.len()).is_ok_and(|len| len > MOST_BYTES) {
        return Err(LoadError::TooLarge);
    }
    Ok(Arc::new(SourceFile::from_bytes(path, bytes)))
}

fn load_error(error: &io::Error) -> LoadError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => LoadError::NotFound,
        io::ErrorKind::IsADirectory => LoadError::Directory,
        _ => LoadError::Unreadable(reason(error)),
    }
}

/// The system's words, in the style of the messages.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// The failure on a file, with the names that may have been meant.
fn failure(name: &str, error: &LoadError, similar: &[String]) -> Failure {
    match error {
        LoadError::NotFound => {
            let failure = Failure::new("oal::io::not_found", format!("there is no file or directory `{name}`"));
            match oal_check::suggest::closest(name, similar.iter().map(String::as_str)) {
                Some(near) => failure.help(format!("did you mean `{near}`?")),
                None => failure,
            }
        }
        LoadError::Directory => Failure::new("oal::io::directory", format!("`{name}` is a directory, not a file"))
            .help("give it another name: names that end in `.oal` are for files"),
        LoadError::Outside => {
            Failure::new("oal::io::outside", format!("`{name}` leads outside the project, by a symbolic link"))
                .help("name the file itself, or a directory that holds both with `--root`")
        }
        LoadError::Unreadable(why) => Failure::new("oal::io::unreadable", format!("`{name}` cannot be read: {why}"))
            .help("make it readable for the user who runs `oal`, or leave it out"),
        _ => Failure::new("oal::io::unreadable", format!("`{name}` cannot be read")),
    }
}

/// The failure where a file's name is no text.
fn not_utf8(name: &str) -> Failure {
    Failure::new("oal::io::file_name", format!("the name of `{name}` is not UTF-8"))
        .help("rename it: no `use` could ever name it")
}

/// A path as it is shown: with `/`, and without anything that would disturb a terminal.
pub(crate) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = text.strip_prefix("./").unwrap_or(&text);
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
