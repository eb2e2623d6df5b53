//! The artifact store: source bundles and IR documents by the digest of their bytes, as files below a directory.
//!
//! A file is written beside its place and moved there whole, so that what has a name is complete; putting the same bytes twice is
//! no more than a comparison.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A directory of artifacts.
#[derive(Debug, Clone)]
pub struct Artifacts {
    root: PathBuf,
}

/// Why an artifact cannot be had or kept.
#[derive(Debug)]
#[non_exhaustive]
pub enum ArtifactError {
    /// The text is no digest: `sha256:` and 64 lower-case hexadecimal digits.
    NotADigest(String),
    /// The bytes have another digest than was announced.
    Mismatch {
        /// What was announced.
        announced: String,
        /// What it is.
        found: String,
    },
    /// More bytes than allowed.
    TooLarge(u64),
    /// There is none of that digest.
    Missing(String),
    /// There is no space left in the store's directory.
    Full(PathBuf),
    /// The disk.
    Io(io::Error),
}

impl std::fmt::Display for ArtifactError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotADigest(text) => {
                write!(f, "`{text}` is no digest: `sha256:` and 64 lower-case hexadecimal digits")
            }
            Self::Mismatch { announced, found } => write!(f, "the bytes have the digest {found}, not {announced}"),
            Self::TooLarge(most) => write!(f, "more than {most} bytes"),
            Self::Missing(digest) => write!(f, "there is no artifact {digest}"),
            Self::Full(root) => {
                write!(f, "the disk of the artifact store is full: no space is left in `{}`", root.display())
            }
            Self::Io(error) => write!(f, "the artifact store: {error}"),
        }
    }
}

impl std::error::Error for ArtifactError {}

impl From<io::Error> for ArtifactError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// The digest of bytes: `sha256:` and 64 lower-case hexadecimal digits.
#[must_use]
pub fn digest(bytes: &[u8]) -> String {
    oal_ir::canonical::sha256(bytes)
}

/// The hexadecimal digits of a digest.
fn digits(digest: &str) -> Result<&str, ArtifactError> {
    let good = |text: &&str| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    digest.strip_prefix("sha256:").filter(good).ok_or_else(|| ArtifactError::NotADigest(digest.to_owned()))
}

impl Artifacts {
    /// The store below `root`, which is made if it is not there.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, ArtifactError> {
        let root = root.into();
        std::fs::create_dir_all(root.join("incoming"))?;
        Ok(Self { root })
    }

    /// The directory.
    #[must_use]
    pub fn root(&self) -> &std::path::Path {
        &self.root
    }

    /// Where an artifact lies or would lie.
    ///
    /// # Errors
    /// The text is no digest.
    pub fn path(&self, digest: &str) -> Result<PathBuf, ArtifactError> {
        let digits = digits(digest)?;
        let (shard, _) = digits.split_at(2);
        Ok(self.root.join(shard).join(digits))
    }

    /// Whether it is there.
    ///
    /// # Errors
    /// The text is no digest.
    pub fn has(&self, digest: &str) -> Result<bool, ArtifactError> {
        Ok(self.path(digest)?.is_file())
    }

    /// Keeps bytes; returns their digest.
    ///
    /// # Errors
    /// The disk.
    pub fn put(&self, bytes: &[u8]) -> Result<String, ArtifactError> {
        let digest = digest(bytes);
        if !self.has(&digest)? {
            let mut file = self.incoming()?;
            file.write_all(bytes).map_err(|error| self.disk(error))?;
            self.keep(file, &digest)?;
        }
        Ok(digest)
    }

    /// A new file for bytes on their way in; gone if it is dropped before [`Self::keep`].
    ///
    /// # Errors
    /// The disk.
    pub fn incoming(&self) -> Result<tempfile::NamedTempFile, ArtifactError> {
        tempfile::NamedTempFile::new_in(self.root.join("incoming")).map_err(|error| self.disk(error))
    }

    /// What a failed write of a file on its way in means.
    #[must_use]
    pub fn disk(&self, error: io::Error) -> ArtifactError {
        if crate::build::is_full(&error) { ArtifactError::Full(self.root.clone()) } else { error.into() }
    }

    /// Gives a complete file its place. The digest is trusted: compute it while writing, or with [`digest_of`].
    ///
    /// # Errors
    /// The text is no digest; the disk.
    pub fn keep(&self, file: tempfile::NamedTempFile, digest: &str) -> Result<(), ArtifactError> {
        let path = self.path(digest)?;
        if let Some(shard) = path.parent() {
            std::fs::create_dir_all(shard).map_err(|error| self.disk(error))?;
        }
        file.as_file().sync_data().map_err(|error| self.disk(error))?;
        file.persist(path).map_err(|error| self.disk(error.error))?;
        Ok(())
    }

    /// The bytes, looked at again: a file that was damaged is not given out.
    ///
    /// # Errors
    /// None of that digest; more than `most` bytes; damaged; the disk.
    pub fn get(&self, digest: &str, most: u64) -> Result<Vec<u8>, ArtifactError> {
        let mut bytes = Vec::new();
        self.file(digest)?.take(most + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > most {
            return Err(ArtifactError::TooLarge(most));
        }
        match self::digest(&bytes) {
            found if found == digest => Ok(bytes),
            found => Err(ArtifactError::Mismatch { announced: digest.to_owned(), found }),
        }
    }

    /// The file, to be read as a stream.
    ///
    /// # Errors
    /// None of that digest; the disk.
    pub fn file(&self, digest: &str) -> Result<std::fs::File, ArtifactError> {
        std::fs::File::open(self.path(digest)?).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ArtifactError::Missing(digest.to_owned()),
            _ => ArtifactError::Io(error),
        })
    }

    /// Removes one; none of that digest is fine.
    ///
    /// # Errors
    /// The text is no digest; the disk.
    pub fn remove(&self, digest: &str) -> Result<(), ArtifactError> {
        match std::fs::remove_file(self.path(digest)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// The digest of a file's bytes.
///
/// # Errors
/// The disk.
pub fn digest_of(path: &Path) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut file = std::fs::File::open(path)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let count = file.read(&mut buffer)?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
        hash.update(read);
    }
    Ok(hash.finalize().iter().fold(String::from("sha256:"), |text, byte| text + &format!("{byte:02x}")))
}
