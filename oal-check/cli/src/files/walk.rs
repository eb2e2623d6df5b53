//! Which OAL files lie below a directory: in order of name, without hidden directories and those that tools fill.
//! Symbolic links are not followed, so there is no circle and nothing outside.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use crate::failure::Failure;

/// Directories that tools fill.
pub(crate) const SKIPPED: [&str; 2] = ["target", "node_modules"];

/// What lies below a directory.
#[derive(Debug, Default)]
pub(crate) struct Below {
    /// Paths of the OAL files, with `/`, from the directory on.
    pub(crate) files: Vec<String>,
    /// Paths of the directories looked at, the first one empty.
    pub(crate) directories: Vec<String>,
    /// What could not be looked at.
    pub(crate) failures: Vec<Failure>,
}

/// Looks below a directory, which is called `name` in failures.
pub(crate) fn below(directory: &Path, name: &str) -> Below {
    let mut found = Below::default();
    let mut waiting = vec![String::new()];
    while let Some(path) = waiting.pop() {
        let mut inner = enter(directory, name, &path, &mut found);
        // The last one waits the shortest.
        inner.reverse();
        waiting.append(&mut inner);
        found.directories.push(path);
    }
    found.files.sort_unstable();
    found
}

/// Looks into one directory and gives those in it.
fn enter(directory: &Path, name: &str, path: &str, found: &mut Below) -> Vec<String> {
    let inside = |part: &str| match [name, path, part].map(|part| if part == "." { "" } else { part }) {
        ["", "", ""] => ".".to_owned(),
        parts => parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"),
    };
    let entries = match fs::read_dir(directory.join(path)) {
        Ok(entries) => entries,
        Err(error) => {
            let why = super::reason(&error);
            found.failures.push(Failure::new("oal::io::unreadable", format!("`{}` cannot be read: {why}", inside(""))));
            return Vec::new();
        }
    };
    let mut directories = Vec::new();
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let file_name = entry.file_name();
        let is_source = Path::new(&file_name).extension() == Some(OsStr::new("oal"));
        if !(kind.is_dir() || kind.is_file() && is_source) {
            continue;
        }
        let Some(part) = file_name.to_str() else {
            let shown = super::shown(Path::new(&file_name));
            found.failures.push(super::not_utf8(&inside(&shown)));
            continue;
        };
        if part.starts_with('.') || kind.is_dir() && SKIPPED.contains(&part) {
            continue;
        }
        let path = if path.is_empty() { part.to_owned() } else { format!("{path}/{part}") };
        if kind.is_file() {
            found.files.push(path);
            continue;
        }
        if is_source {
            let error = oal_check::LoadError::Directory;
            found.failures.push(super::failure(&inside(part), &error, &[]));
        }
        directories.push(path);
    }
    directories.sort_unstable();
    directories
}

/// The OAL files that someone may have meant by `path`: those in its directory and beside that, a limited number.
pub(super) fn near(root: &Path, path: &str) -> Vec<String> {
    const MOST: usize = 2_000;
    let above = |path: &str| path.rsplit_once('/').map_or_else(String::new, |(above, _)| above.to_owned());
    let mut directory = above(path);
    while !directory.is_empty() && !root.join(&directory).is_dir() {
        directory = above(&directory);
    }
    let mut found = Below::default();
    for directory in [above(&directory), directory] {
        for inner in enter(root, "", &directory, &mut found) {
            if found.files.len() < MOST {
                enter(root, "", &inner, &mut found);
            }
        }
    }
    found.files.sort_unstable();
    found.files.dedup();
    found.files
}

/// The directories that someone may have meant by `path`: those in its directory.
pub(super) fn beside(root: &Path, path: &str) -> Vec<String> {
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    enter(root, "", parent, &mut Below::default())
}
