//! From the paths on a command line to roots and files.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use oal_check::LoadError;

use super::{Disk, MOST_BYTES, below, failure, not_utf8, shown};
use crate::failure::Failure;

/// What a command line names.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// The roots with their files.
    pub(crate) places: Vec<Place>,
    /// What could not be had.
    pub(crate) failures: Vec<Failure>,
}

/// A root and the files below it that are meant.
#[derive(Debug)]
pub(crate) struct Place {
    /// The root's files.
    pub(crate) disk: Disk,
    /// The files meant, in order.
    pub(crate) files: Vec<Candidate>,
    /// The directories looked through, to watch.
    pub(crate) directories: Vec<PathBuf>,
}

/// A file that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// Its path from the root on.
    pub(crate) path: String,
    /// Whether it was named; else it was found in a directory.
    pub(crate) named: bool,
}

/// Looks up what these paths mean; `-` is standard input, taken for a file at `stdin_path`. A file is meant once,
/// whatever number of paths lead to it.
pub(crate) fn select(paths: &[PathBuf], stdin_path: Option<&Path>, root: Option<&Path>) -> Given {
    let mut given = Given::default();
    let mut seen = BTreeSet::new();
    for path in paths {
        if path.as_os_str() == "-" {
            given.stdin(stdin_path.unwrap_or(Path::new("stdin.oal")), root);
        } else if path.is_dir() {
            given.directory(path, root.unwrap_or(path), &mut seen);
        } else {
            given.file(path, root, &mut seen);
        }
    }
    given
}

impl Given {
    fn stdin(&mut self, path: &Path, root: Option<&Path>) {
        let mut bytes = Vec::new();
        if let Err(error) = std::io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes) {
            let why = super::reason(&error);
            self.failures.push(Failure::new("oal::io::unreadable", format!("standard input cannot be read: {why}")));
            return;
        }
        match locate(path, root) {
            Ok((root, path)) => {
                let place = self.place(root);
                place.disk.put(path.clone(), bytes);
                place.files.push(Candidate { path, named: true });
            }
            Err(failure) => self.failures.push(failure),
        }
    }

    /// All files in the directory, as files of the project at `root`.
    fn directory(&mut self, path: &Path, root: &Path, seen: &mut BTreeSet<PathBuf>) {
        let mut found = below(path, &shown(path));
        self.failures.append(&mut found.failures);
        if path.extension().is_some_and(|extension| extension == "oal") {
            self.failures.push(failure(&shown(path), &LoadError::Directory, &[]));
        }
        let prefix = match locate(path, Some(root)) {
            Ok((_, prefix)) => prefix,
            Err(failure) => return self.failures.push(failure),
        };
        let place = self.place(root.to_owned());
        place.directories.extend(found.directories.iter().map(|directory| path.join(directory)));
        for file in found.files {
            if new(&path.join(&file), seen) {
                let path = if prefix.is_empty() { file } else { format!("{prefix}/{file}") };
                place.files.push(Candidate { path, named: false });
            }
        }
    }

    fn file(&mut self, path: &Path, root: Option<&Path>, seen: &mut BTreeSet<PathBuf>) {
        match locate(path, root) {
            Ok((root, inner)) => {
                let place = self.place(root);
                // A file that a directory led to before is now named, too.
                if let Some(known) = place.files.iter_mut().find(|candidate| candidate.path == inner) {
                    known.named = true;
                } else if new(path, seen) {
                    place.files.push(Candidate { path: inner, named: true });
                }
            }
            Err(failure) => self.failures.push(failure),
        }
    }

    #[expect(clippy::indexing_slicing, reason = "the index was found or made just before")]
    fn place(&mut self, root: PathBuf) -> &mut Place {
        let disk = Disk::new(root);
        let at = self.places.iter().position(|place| place.disk.root() == disk.root()).unwrap_or(self.places.len());
        if at == self.places.len() {
            self.places.push(Place { disk, files: Vec::new(), directories: Vec::new() });
        }
        &mut self.places[at]
    }
}

/// Whether this file was not met before, by whatever path.
fn new(path: &Path, seen: &mut BTreeSet<PathBuf>) -> bool {
    seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()))
}

/// The root and the path from there on.
fn locate(path: &Path, root: Option<&Path>) -> Result<(PathBuf, String), Failure> {
    let inner = |path: &Path| match path.to_str() {
        Some(text) => Ok(text.replace(std::path::MAIN_SEPARATOR, "/")),
        None => Err(not_utf8(&shown(path))),
    };
    if let Some(root) = root {
        return match real(path).strip_prefix(real(root)) {
            Ok(rest) => Ok((root.to_owned(), inner(rest)?)),
            Err(_) => Err(Failure::new(
                "oal::usage::outside_root",
                format!("`{}` does not lie below the root `{}`", shown(path), shown(root)),
            )),
        };
    }
    let plain: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
    if plain.components().all(|part| matches!(part, Component::Normal(_))) {
        return Ok((PathBuf::from("."), inner(&plain)?));
    }
    let here = std::env::current_dir().map(|here| real(&here)).unwrap_or_default();
    if let Ok(rest) = real(path).strip_prefix(&here) {
        return Ok((PathBuf::from("."), inner(rest)?));
    }
    Ok((parent(path).to_owned(), inner(path.file_name().map_or(path, Path::new))?))
}

/// Where a path leads, without following the last part if it is a link to a file, and even if there is nothing.
fn real(path: &Path) -> PathBuf {
    if path.is_dir() {
        return fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    }
    let directory = fs::canonicalize(parent(path)).unwrap_or_else(|_| parent(path).to_owned());
    path.file_name().map_or_else(|| directory.clone(), |name| directory.join(name))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
