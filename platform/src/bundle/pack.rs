//! Packing a project: the same files give the same bytes, whoever packs them where and when.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _, Seek as _, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use tar::{Builder, EntryType, Header};

use super::ignoring::{DockerIgnore, GitIgnore};
use super::paths::{self, Seen};
use super::{BundleError, Fault, Limit, Limits};

/// What a program names, relative to the project's root: contexts of builds, recipes, files that components mount.
/// A path that is not there, or not within the project, is none of this module's business.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    paths: BTreeSet<String>,
}

impl<T: Into<String>> FromIterator<T> for Named {
    fn from_iter<I: IntoIterator<Item = T>>(paths: I) -> Self {
        Self { paths: paths.into_iter().map(Into::into).collect() }
    }
}

/// A packed project.
#[derive(Debug)]
pub struct Bundle {
    file: tempfile::NamedTempFile,
    /// `sha256:…` of its bytes.
    pub digest: String,
    /// Its bytes.
    pub size: u64,
    /// Files and links in it.
    pub entries: usize,
}

impl Bundle {
    /// Where it lies until it is dropped.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// A reader of it, from the start.
    ///
    /// # Errors
    /// The disk.
    pub fn reader(&self) -> io::Result<std::fs::File> {
        self.file.reopen()
    }
}

/// Packs a project. See the module for what goes in.
///
/// # Errors
/// A file cannot be read or be sent (see [`Fault`]), or there is too much.
pub fn pack(root: &Path, named: &Named, limits: &Limits) -> Result<Bundle, BundleError> {
    let disk = |error| BundleError::io("the bundle", error);
    let found = collect(root, named, limits)?;
    let mut file = tempfile::NamedTempFile::new().map_err(disk)?;
    // Byte 9 of the header is the operating system: 255 is `unknown` (RFC 1952, 2.3.1).
    let gzip = GzBuilder::new().mtime(0).operating_system(255).write(file.as_file_mut(), Compression::new(6));
    let mut archive = Builder::new(gzip);
    let mut unpacked = 0;
    for (path, kind) in &found {
        unpacked += append(&mut archive, root, path, kind)?;
        if unpacked > limits.unpacked {
            return Err(BundleError::Limit {
                limit: Limit::Unpacked,
                most: limits.unpacked,
                entry: Some(path.clone()),
            });
        }
    }
    archive.into_inner().and_then(|gzip| gzip.finish()).and_then(|file| file.flush()).map_err(disk)?;
    let size = file.as_file_mut().stream_position().map_err(disk)?;
    if size > limits.compressed {
        return Err(BundleError::Limit { limit: Limit::Compressed, most: limits.compressed, entry: None });
    }
    let digest = crate::artifacts::digest_of(file.path()).map_err(disk)?;
    Ok(Bundle { file, digest, size, entries: found.len() })
}

/// What goes in, by path.
#[derive(Debug)]
enum Found {
    File { executable: bool },
    Link { target: String },
}

/// What decides below a directory.
#[derive(Clone)]
enum Rules {
    /// The `.dockerignore` of the context at this path.
    Docker(std::rc::Rc<DockerIgnore>, String),
    Git(GitIgnore),
}

fn collect(root: &Path, named: &Named, limits: &Limits) -> Result<BTreeMap<String, Found>, BundleError> {
    let mut walk = Walk { root, limits, contexts: BTreeSet::new(), found: BTreeMap::new() };
    let mut single = BTreeSet::new();
    for path in &named.paths {
        // Not within the project: absolute, or above it. The root itself is a context anyway.
        let Ok(Some(path)) = paths::path(path.as_bytes(), limits) else { continue };
        match std::fs::symlink_metadata(root.join(&path)) {
            Ok(found) if found.is_dir() => drop(walk.contexts.insert(path)),
            Ok(_) => drop(single.insert(path)),
            Err(_) => {}
        }
    }
    walk.context("")?;
    for context in walk.contexts.clone() {
        walk.context(&context)?;
    }
    for path in single {
        // A path through a link names what lies behind it, which is taken where it lies.
        if walk.reaches_without_link(&path) {
            walk.take(path)?;
        }
    }
    let mut seen = Seen::default();
    walk.found.keys().try_for_each(|path| seen.add(path))?;
    Ok(walk.found)
}

struct Walk<'a> {
    root: &'a Path,
    limits: &'a Limits,
    /// Directories that the program names.
    contexts: BTreeSet<String>,
    found: BTreeMap<String, Found>,
}

impl Walk<'_> {
    /// Takes all that a context lets in, but for the contexts within.
    fn context(&mut self, context: &str) -> Result<(), BundleError> {
        if !self.reaches_without_link(context) {
            return Ok(());
        }
        let rules = match DockerIgnore::of(&self.root.join(context))? {
            Some(ignore) => Rules::Docker(std::rc::Rc::new(ignore), context.to_owned()),
            None => Rules::Git(self.git_rules_above(context)?),
        };
        let mut ahead = vec![(context.to_owned(), rules)];
        while let Some((directory, rules)) = ahead.pop() {
            let rules = match rules {
                Rules::Git(rules) => Rules::Git(rules.with(self.root, &directory)?),
                rules @ Rules::Docker(..) => rules,
            };
            for (path, is_dir) in self.list(&directory)? {
                let excluded = match &rules {
                    Rules::Git(rules) => rules.excludes(&path, is_dir),
                    Rules::Docker(rules, context) => {
                        let within = path.strip_prefix(&**context).map_or(&*path, |rest| rest.trim_start_matches('/'));
                        if is_dir { rules.excludes_all_of(within) } else { rules.excludes(within) }
                    }
                };
                let program = !is_dir && Path::new(&path).extension().is_some_and(|extension| extension == "oal");
                if is_dir && !excluded && !self.contexts.contains(&path) {
                    ahead.push((path, rules.clone()));
                } else if !is_dir && (!excluded || program) {
                    self.take(path)?;
                }
            }
        }
        Ok(())
    }

    /// What is in a directory, but for `.git`: path, and whether it is a directory.
    fn list(&self, directory: &str) -> Result<Vec<(String, bool)>, BundleError> {
        let disk = |error| BundleError::io(if directory.is_empty() { "." } else { directory }, error);
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(self.root.join(directory)).map_err(disk)? {
            let entry = entry.map_err(disk)?;
            let name = entry.file_name();
            if name == ".git" {
                continue;
            }
            let path = if directory.is_empty() { PathBuf::from(name) } else { Path::new(directory).join(name) };
            let Some(text) = path.to_str() else {
                return Err(BundleError::entry(path.to_string_lossy(), Fault::NotUtf8));
            };
            paths.push((text.to_owned(), entry.file_type().map_err(disk)?.is_dir()));
        }
        Ok(paths)
    }

    /// The rules of `.gitignore` files above a directory, its own not yet.
    fn git_rules_above(&self, directory: &str) -> Result<GitIgnore, BundleError> {
        if directory.is_empty() {
            return Ok(GitIgnore::default());
        }
        let mut rules = GitIgnore::default().with(self.root, "")?;
        let mut ignored = rules.excludes(directory, true);
        for (at, _) in directory.match_indices('/') {
            let Some(above) = directory.get(..at) else { continue };
            ignored |= rules.excludes(above, true);
            rules = rules.with(self.root, above)?;
            ignored |= rules.excludes(directory, true);
        }
        // The same said of all that is in it: `dist/*`. Nobody gives a file this name.
        ignored |= rules.excludes(&format!("{directory}/\u{1}"), false);
        Ok(if ignored { GitIgnore::default() } else { rules })
    }

    /// Whether no directory of the path is a link; the path itself may be one.
    fn reaches_without_link(&self, path: &str) -> bool {
        path.match_indices('/')
            .filter_map(|(at, _)| path.get(..at))
            .all(|above| std::fs::symlink_metadata(self.root.join(above)).is_ok_and(|found| found.is_dir()))
    }

    fn take(&mut self, path: String) -> Result<(), BundleError> {
        if paths::path(path.as_bytes(), self.limits)?.as_deref() != Some(&*path) {
            return Err(BundleError::entry(path, Fault::Step));
        }
        let place = self.root.join(&path);
        let found = std::fs::symlink_metadata(&place).map_err(|error| BundleError::io(&*path, error))?;
        let kind = found.file_type();
        let found = if kind.is_file() {
            Found::File { executable: found.permissions().mode() & 0o100 != 0 }
        } else if kind.is_symlink() {
            let target = std::fs::read_link(&place).map_err(|error| BundleError::io(&*path, error))?;
            Found::Link { target: paths::link(&path, target.as_os_str().as_encoded_bytes(), self.limits)? }
        } else {
            return Err(BundleError::entry(path, Fault::Kind("a socket, named pipe or device")));
        };
        self.found.insert(path, found);
        match self.found.len() as u64 {
            count if count > self.limits.entries => {
                Err(BundleError::Limit { limit: Limit::Entries, most: self.limits.entries, entry: None })
            }
            _ => Ok(()),
        }
    }
}

/// Adds one entry; returns the bytes it takes.
fn append(archive: &mut Builder<impl Write>, root: &Path, path: &str, kind: &Found) -> Result<u64, BundleError> {
    let disk = |error| BundleError::io(path, error);
    let mut header = Header::new_gnu();
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    match kind {
        Found::Link { target } => {
            header.set_entry_type(EntryType::Symlink);
            header.set_mode(0o777);
            header.set_size(0);
            archive.append_link(&mut header, path, target).map_err(disk)?;
            Ok(512)
        }
        Found::File { executable } => {
            let mut file = std::fs::File::open(root.join(path)).map_err(disk)?;
            let size = file.metadata().map_err(disk)?.len();
            header.set_mode(if *executable { 0o755 } else { 0o644 });
            header.set_size(size);
            let mut exact = Exact { inner: (&mut file).take(size), left: size };
            match archive.append_data(&mut header, path, &mut exact) {
                Ok(()) => Ok(512 + size),
                Err(_) if exact.left == u64::MAX => Err(BundleError::entry(path, Fault::Size)),
                Err(error) => Err(disk(error)),
            }
        }
    }
}

/// A reader that fails if there is less than was announced: the archive would be wrong from there on.
struct Exact<R> {
    inner: R,
    left: u64,
}

impl<R: io::Read> io::Read for Exact<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            self.left = u64::MAX;
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= read as u64;
        Ok(read)
    }
}
