//! Files and directories on disk, as the command line sees them: hidden directories and those that tools fill are not looked into,
//! links are not followed out of the project.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use oal_check::LoadError;

/// Directories that tools fill.
const SKIPPED: [&str; 2] = ["target", "node_modules"];
/// More bytes than this are not read.
const MOST_BYTES: u64 = oal_syntax::lexer::MAX_LEN as u64;

/// What tells whether a file has changed.
pub(crate) type Stamp = Option<(SystemTime, u64)>;

/// The stamp of what is at a path; `None` where there is nothing.
pub(crate) fn stamp(path: &str) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// The bytes of a file that lies below `root`, links resolved.
///
/// # Errors
/// Why they cannot be had.
pub(crate) fn read(path: &str, root: &str) -> Result<Vec<u8>, LoadError> {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    let metadata = fs::metadata(path).map_err(|error| load_error(&error))?;
    let real = fs::canonicalize(path).map_err(|error| load_error(&error))?;
    if !real.starts_with(fs::canonicalize(root).map_err(|error| load_error(&error))?) {
        return Err(LoadError::Outside);
    }
    if metadata.is_dir() {
        return Err(LoadError::Directory);
    }
    if !metadata.is_file() {
        return Err(LoadError::Unreadable("it is not a regular file".to_owned()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(MOST_BYTES)).unwrap_or(0) + 1);
    let file = File::open(path).map_err(|error| load_error(&error))?;
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| load_error(&error))?;
    if bytes.len() as u64 > MOST_BYTES { Err(LoadError::TooLarge) } else { Ok(bytes) }
}

fn load_error(error: &io::Error) -> LoadError {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => LoadError::NotFound,
        io::ErrorKind::IsADirectory => LoadError::Directory,
        _ => {
            let text = error.to_string();
            let words = text.split(" (os error").next().unwrap_or(&text);
            let mut letters = words.chars();
            let first = letters.next().map(|first| first.to_lowercase().chain(letters).collect());
            LoadError::Unreadable(first.unwrap_or_default())
        }
    }
}

/// The OAL files below a directory (which ends in `/`), as paths from it on. `stop` is asked before each directory, with the
/// number of files so far.
pub(crate) fn below(directory: &str, stop: &mut dyn FnMut(usize) -> bool) -> Vec<String> {
    let (mut files, mut waiting) = (Vec::new(), vec![String::new()]);
    while let Some(path) = waiting.pop() {
        if stop(files.len()) {
            break;
        }
        waiting.extend(enter(directory, &path, &mut files));
    }
    files.sort_unstable();
    files
}

/// Adds the OAL files of one directory and gives the directories in it.
fn enter(root: &str, path: &str, files: &mut Vec<String>) -> Vec<String> {
    let mut directories = Vec::new();
    for entry in fs::read_dir(Path::new(root).join(path)).into_iter().flatten().flatten() {
        let (Ok(kind), name) = (entry.file_type(), entry.file_name()) else { continue };
        let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
        let inner = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        if kind.is_dir() && !SKIPPED.contains(&name) {
            directories.push(inner);
        } else if kind.is_file() && Path::new(name).extension() == Some(OsStr::new("oal")) {
            files.push(inner);
        }
    }
    directories
}

/// Whether an OAL file is looked for at a path from a root on: not in hidden directories and those that tools fill.
pub(crate) fn is_looked_for(path: &str) -> bool {
    path.ends_with(".oal") && path.split('/').all(|part| !part.starts_with('.') && !SKIPPED.contains(&part))
}

/// Whether a directory is at a path.
pub(crate) fn is_directory(path: &str) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// What lies in a directory: names, and whether each is a directory. Links and what tools fill are left out.
pub(crate) fn entries(directory: &str) -> Vec<(String, bool)> {
    let one = |entry: fs::DirEntry| {
        let (kind, name) = (entry.file_type().ok()?, entry.file_name().into_string().ok()?);
        let wanted = kind.is_file() || kind.is_dir() && !SKIPPED.contains(&name.as_str());
        wanted.then_some((name, kind.is_dir()))
    };
    fs::read_dir(directory).into_iter().flatten().flatten().filter_map(one).collect()
}

/// The OAL files below `root` that someone may have meant by `path`: those in its directory and beside that.
pub(crate) fn near(root: &str, path: &str) -> Vec<String> {
    const MOST: usize = 2_000;
    let above = |path: &str| path.rsplit_once('/').map_or_else(String::new, |(above, _)| above.to_owned());
    let mut directory = above(path);
    while !directory.is_empty() && !Path::new(root).join(&directory).is_dir() {
        directory = above(&directory);
    }
    let mut found = Vec::new();
    for directory in [above(&directory), directory] {
        let mut inner = enter(root, &directory, &mut found);
        inner.sort_unstable();
        for inner in inner {
            if found.len() < MOST {
                enter(root, &inner, &mut found);
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}
