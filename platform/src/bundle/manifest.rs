//! What a bundle holds, by path and digest, without holding it.

use std::collections::BTreeMap;
use std::io::Read;

use sha2::{Digest, Sha256};

use super::entries::{self, Kind};
use super::{BundleError, Fault, Limits};

/// A file or link of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A file.
    File {
        /// `sha256:` and 64 hexadecimal digits of its bytes.
        sha256: String,
        /// Bytes.
        size: u64,
        /// Whether it may be executed.
        executable: bool,
    },
    /// A symbolic link with its target.
    Link(String),
}

/// All files and links of a bundle, by path from the project's root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    entries: BTreeMap<String, Entry>,
}

impl Manifest {
    /// Reads all of a bundle and keeps digests only.
    ///
    /// # Errors
    /// See [`BundleError`].
    pub fn read(bundle: impl Read, limits: &Limits) -> Result<Self, BundleError> {
        let mut found = BTreeMap::new();
        let mut buffer = vec![0; 64 * 1024];
        entries::each(bundle, limits, |path, kind, contents| {
            let entry = match kind {
                Kind::Directory => return Ok(()),
                Kind::Link { target } => Entry::Link(target.clone()),
                Kind::File { size, executable } => {
                    let (mut hash, mut read) = (Sha256::new(), 0);
                    loop {
                        let count = contents.read(&mut buffer).map_err(|e| BundleError::NotABundle(e.to_string()))?;
                        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
                        hash.update(bytes);
                        read += bytes.len() as u64;
                    }
                    if read != *size {
                        return Err(BundleError::entry(path, Fault::Size));
                    }
                    let digits = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
                    Entry::File { sha256: format!("sha256:{digits}"), size: *size, executable: *executable }
                }
            };
            found.insert(path.to_owned(), entry);
            Ok(())
        })?;
        Ok(Self { entries: found })
    }

    /// The entry at a path; links are not followed.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// Whether anything lies below a directory.
    #[must_use]
    pub fn has_below(&self, directory: &str) -> bool {
        self.below(directory).next().is_some()
    }

    /// What lies below a directory, by path from there on.
    fn below(&self, directory: &str) -> impl Iterator<Item = (&str, &Entry)> {
        let directory = directory.trim_start_matches("./").trim_end_matches('/').to_owned();
        self.entries.iter().filter_map(move |(path, entry)| {
            let inner = match directory.as_str() {
                "" | "." => Some(path.as_str()),
                directory => path.strip_prefix(directory).and_then(|rest| rest.strip_prefix('/')),
            };
            inner.map(|inner| (inner, entry))
        })
    }

    /// The digest of all that lies below a directory: paths from there on, digests, rights, targets of links. The same for
    /// the same files wherever the directory lies.
    #[must_use]
    pub fn digest_below(&self, directory: &str) -> String {
        let mut hash = Sha256::new();
        for (inner, entry) in self.below(directory) {
            // No path and no target of a link has a control character.
            let line = match entry {
                Entry::File { sha256, executable, .. } => format!("{inner}\0{sha256}\0{executable}\n"),
                Entry::Link(target) => format!("{inner}\0->{target}\n"),
            };
            hash.update(line.as_bytes());
        }
        let digits = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        format!("sha256:{digits}")
    }
}
