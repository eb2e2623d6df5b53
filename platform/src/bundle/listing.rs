//! What is in a bundle, without keeping its contents, and which part of it the context of a build is.

use std::collections::BTreeMap;
use std::io::Read;

use sha2::{Digest as _, Sha256};

use super::entries::{self, Kind};
use super::{BundleError, DockerIgnore, Limits, paths};

/// The most bytes of a `.dockerignore` that count.
const IGNORE_BYTES: u64 = 1024 * 1024;

/// The files and links of a bundle.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    entries: BTreeMap<String, Listed>,
    ignores: BTreeMap<String, String>,
}

/// An entry of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// A file.
    File {
        /// Bytes.
        size: u64,
        /// Whether it may be executed.
        executable: bool,
        /// SHA-256 of its contents.
        digest: [u8; 32],
    },
    /// A symbolic link.
    Link {
        /// Where it leads, as it stands there.
        target: String,
    },
}

/// The part of a bundle that is sent to a builder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Where it lies, from the project's root and without links; empty for the root itself.
    pub directory: String,
    /// What is in it but for what its `.dockerignore` leaves out, by path from `directory`.
    pub entries: BTreeMap<String, Listed>,
}

impl Listing {
    /// Reads a bundle.
    ///
    /// # Errors
    /// See [`BundleError`].
    pub fn read(bundle: impl Read, limits: &Limits) -> Result<Self, BundleError> {
        let mut listing = Self::default();
        let broken = |error: std::io::Error| BundleError::NotABundle(error.to_string());
        entries::each(bundle, limits, |path, kind, contents| {
            let listed = match kind {
                Kind::Directory => return Ok(()),
                Kind::Link { target } => Listed::Link { target: target.clone() },
                Kind::File { size, executable } => {
                    let mut hash = Sha256::new();
                    if path.rsplit('/').next() == Some(".dockerignore") {
                        let mut text = Vec::new();
                        contents.take(IGNORE_BYTES).read_to_end(&mut text).map_err(broken)?;
                        hash.update(&text);
                        listing.ignores.insert(path.to_owned(), String::from_utf8_lossy(&text).into_owned());
                    }
                    let mut buffer = vec![0; 64 * 1024];
                    loop {
                        let read = contents.read(&mut buffer).map_err(broken)?;
                        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
                        hash.update(bytes);
                    }
                    Listed::File { size: *size, executable: *executable, digest: hash.finalize().into() }
                }
            };
            listing.entries.insert(path.to_owned(), listed);
            Ok(())
        })?;
        Ok(listing)
    }

    /// The path with links followed, as the kernel would with the project's root as its root; none if it leads nowhere or out.
    #[must_use]
    pub fn resolve(&self, path: &str) -> Option<String> {
        paths::resolve(path, |path| match self.entries.get(path) {
            Some(Listed::Link { target }) => Some(target),
            _ => None,
        })
    }

    /// A file or link, by its path without links.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Listed> {
        self.entries.get(path)
    }

    /// The context at a directory of the project; none if there is nothing in it.
    #[must_use]
    pub fn context(&self, path: &str) -> Option<Context> {
        let directory = self.resolve(path)?;
        let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
        let ignore = self.ignores.get(&format!("{prefix}.dockerignore")).map(|text| DockerIgnore::parse(text));
        let mut there = false;
        let mut entries = BTreeMap::new();
        for (path, listed) in self.entries.range(prefix.clone()..) {
            let Some(within) = path.strip_prefix(&prefix) else { break };
            there = true;
            if !ignore.as_ref().is_some_and(|ignore| ignore.excludes(within)) {
                entries.insert(within.to_owned(), listed.clone());
            }
        }
        there.then_some(Context { directory, entries })
    }
}

impl Context {
    /// A digest of names, rights, contents and targets of links: of what a build can see, and of nothing else.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        for (path, listed) in &self.entries {
            part(path.as_bytes());
            match listed {
                Listed::File { executable: false, digest, .. } => {
                    part(b"file");
                    part(digest);
                }
                Listed::File { executable: true, digest, .. } => {
                    part(b"program");
                    part(digest);
                }
                Listed::Link { target } => {
                    part(b"link");
                    part(target.as_bytes());
                }
            }
        }
        hash.finalize().into()
    }
}
