//! The artifact store: source bundles and IR documents by the digest of their bytes, as files below a directory.
//!
//! A file is written beside its place and moved there whole, so that what has a name is complete; putting the same bytes twice is
//! no more than a comparison. Its time of change says when it was last asked for ([`Artifacts::touch`]), which keeps it from being
//! taken out ([`Artifacts::take_out`]) by another process: where both meet, the file stays or whoever asks learns that it is gone.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

/// Where files are that have no name yet.
const INCOMING: &str = "incoming";
/// Where files are that are about to go.
const OUTGOING: &str = "outgoing";

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
        for directory in [INCOMING, OUTGOING] {
            std::fs::create_dir_all(root.join(directory))?;
        }
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

    /// Whether it is there. If it is, it counts as asked for now: it stays for as long as what is new does.
    ///
    /// # Errors
    /// The text is no digest; the disk.
    pub fn touch(&self, digest: &str) -> Result<bool, ArtifactError> {
        let path = self.path(digest)?;
        let touched = std::fs::File::open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        match touched {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error.into()),
            // It may have been taken out between the two, and its time looked at before it was changed.
            Ok(()) => Ok(path.is_file()),
        }
    }

    /// Keeps bytes; returns their digest.
    ///
    /// # Errors
    /// The disk.
    pub fn put(&self, bytes: &[u8]) -> Result<String, ArtifactError> {
        let digest = digest(bytes);
        if !self.touch(&digest)? {
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
        tempfile::NamedTempFile::new_in(self.root.join(INCOMING)).map_err(|error| self.disk(error))
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

    /// The digests of what nobody has put or asked for since then.
    ///
    /// # Errors
    /// The disk.
    pub fn at_rest(&self, since: SystemTime) -> Result<Vec<String>, ArtifactError> {
        let mut found = Vec::new();
        for shard in std::fs::read_dir(&self.root)? {
            let shard = shard?;
            if shard.file_name().len() != 2 {
                continue;
            }
            for file in std::fs::read_dir(shard.path())? {
                let file = file?;
                let digest = format!("sha256:{}", file.file_name().to_string_lossy());
                if digits(&digest).is_ok() && modified(&file.path())?.is_some_and(|at| at < since) {
                    found.push(digest);
                }
            }
        }
        Ok(found)
    }

    /// Takes one out: from now on it is not there, and its bytes go with [`Outgoing::remove`]. None if it is not there or was asked
    /// for since then. One at a time may do this, for a whole store.
    ///
    /// # Errors
    /// The text is no digest; the disk.
    pub fn take_out(&self, digest: &str, since: SystemTime) -> Result<Option<Outgoing>, ArtifactError> {
        let (path, outgoing) = (self.path(digest)?, self.root.join(OUTGOING).join(digits(digest)?));
        match std::fs::rename(&path, &outgoing) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            renamed => renamed?,
        }
        // Looked at only now that nobody can find it any more: who was told before that it is there has changed its time.
        if modified(&outgoing)?.is_some_and(|at| at < since) {
            return Ok(Some(Outgoing(outgoing)));
        }
        std::fs::rename(outgoing, path)?;
        Ok(None)
    }

    /// Puts back what was taken out and not removed, by a process that ended in between.
    ///
    /// # Errors
    /// The disk.
    pub fn put_back(&self) -> Result<(), ArtifactError> {
        for file in std::fs::read_dir(self.root.join(OUTGOING))? {
            let file = file?;
            let path = self.path(&format!("sha256:{}", file.file_name().to_string_lossy()))?;
            std::fs::rename(file.path(), path)?;
        }
        Ok(())
    }
}

/// An artifact that was taken out of the store. It is put back if it is not removed, with the next collection.
#[derive(Debug)]
#[must_use]
pub struct Outgoing(PathBuf);

impl Outgoing {
    /// Removes the bytes.
    ///
    /// # Errors
    /// The disk.
    pub fn remove(self) -> Result<(), ArtifactError> {
        Ok(std::fs::remove_file(self.0)?)
    }
}

/// When a file was last changed; none if it is gone.
fn modified(path: &Path) -> io::Result<Option<SystemTime>> {
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        metadata => metadata?.modified().map(Some),
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
