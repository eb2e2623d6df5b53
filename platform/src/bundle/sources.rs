//! Reading selected files of a bundle into memory: programs, and single files that components mount.

use std::collections::BTreeMap;
use std::io::Read;

use oal_ir::v1::SourceMap;

use super::entries::{self, Kind};
use super::{BundleError, Fault, Limit, Limits, paths};

/// The most bytes of a program's texts that are read to show a place in them.
const MOST_TEXT: u64 = 64 << 20;

/// The texts of a program's files. None of them where the bundle cannot be read.
#[must_use]
pub fn texts(bundle: impl Read, map: &SourceMap) -> BTreeMap<String, String> {
    let wanted = |path: &str| map.files.iter().any(|file| file.path == path);
    let Ok(sources) = Sources::read(bundle, &Limits::PROJECT, MOST_TEXT, wanted) else { return BTreeMap::new() };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    sources.files().map(|(path, bytes)| (path.to_owned(), text(bytes))).collect()
}

/// Files of a bundle, by their path from the project's root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sources {
    files: BTreeMap<String, File>,
    links: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    contents: Vec<u8>,
    executable: bool,
}

impl Sources {
    /// Reads the files that `wanted` says yes to, at most `memory` bytes of them together. The whole bundle is checked.
    ///
    /// # Errors
    /// See [`BundleError`].
    pub fn read(
        bundle: impl Read,
        limits: &Limits,
        memory: u64,
        mut wanted: impl FnMut(&str) -> bool,
    ) -> Result<Self, BundleError> {
        let mut sources = Self::default();
        let mut left = memory;
        entries::each(bundle, limits, |path, kind, contents| {
            match kind {
                Kind::Directory => {}
                Kind::Link { target } => drop(sources.links.insert(path.to_owned(), target.clone())),
                Kind::File { size, executable } if wanted(path) => {
                    left = left.checked_sub(*size).ok_or_else(|| BundleError::Limit {
                        limit: Limit::Memory,
                        most: memory,
                        entry: Some(path.to_owned()),
                    })?;
                    let mut bytes = Vec::new();
                    contents
                        .take(*size)
                        .read_to_end(&mut bytes)
                        .map_err(|error| BundleError::NotABundle(error.to_string()))?;
                    if bytes.len() as u64 != *size {
                        return Err(BundleError::entry(path, Fault::Size));
                    }
                    sources.files.insert(path.to_owned(), File { contents: bytes, executable: *executable });
                }
                Kind::File { .. } => {}
            }
            Ok(())
        })?;
        Ok(sources)
    }

    /// The contents of a file, links followed; none if it is not there, was not wanted, or a link leads in a circle.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&[u8]> {
        self.files.get(&self.resolve(path)?).map(|file| &*file.contents)
    }

    /// Whether a file may be executed; links are followed.
    #[must_use]
    pub fn is_executable(&self, path: &str) -> bool {
        self.resolve(path).and_then(|path| self.files.get(&path)).is_some_and(|file| file.executable)
    }

    /// All files that were read, by path; without links.
    pub fn files(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.files.iter().map(|(path, file)| (&**path, &*file.contents))
    }

    fn resolve(&self, path: &str) -> Option<String> {
        paths::resolve(path, |path| self.links.get(path).map(String::as_str))
    }
}
