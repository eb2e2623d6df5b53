//! The data directory of one machine: what is in it, who holds it, and the numbers and passwords that were chosen once.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use serde::{Deserialize, Serialize};

use super::LocalError;

/// What is chosen at the first start and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// Port of the private PostgreSQL.
    pub postgres_port: u16,
    /// Password of its one user.
    pub postgres_password: String,
    /// Port of the private NATS.
    pub nats_port: u16,
    /// Password of its one user.
    pub nats_password: String,
    /// Port of the API.
    pub api_port: u16,
    /// Port of the edge for HTTP.
    pub http_port: u16,
    /// Port of the edge for HTTPS.
    pub https_port: u16,
}

/// A data directory.
#[derive(Debug, Clone)]
pub struct Directory {
    root: PathBuf,
}

/// The right to be the one process that serves from a directory; given up when dropped, and by the kernel when the process ends.
#[derive(Debug)]
pub struct Held {
    _file: File,
}

impl Directory {
    /// The directory used when none is named: `/var/lib/helios` for root, else `helios` below `$XDG_DATA_HOME` or
    /// `~/.local/share` (XDG Base Directory).
    #[must_use]
    pub fn usual() -> PathBuf {
        if rustix::process::geteuid().is_root() {
            return PathBuf::from("/var/lib/helios");
        }
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
        let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).or_else(home);
        data.unwrap_or_else(|| PathBuf::from(".")).join("helios")
    }

    /// Opens a directory, made if it is not there. Others may pass through it (PostgreSQL runs as a user of its own) and see
    /// nothing.
    ///
    /// # Errors
    /// The disk.
    pub fn open(root: &Path) -> Result<Self, LocalError> {
        fs::create_dir_all(root).map_err(LocalError::io(root))?;
        let root = root.canonicalize().map_err(LocalError::io(root))?;
        fs::set_permissions(&root, fs::Permissions::from_mode(0o711)).map_err(LocalError::io(&root))?;
        Ok(Self { root })
    }

    /// Its path.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A path in it.
    #[must_use]
    pub fn at(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Takes the directory for this process.
    ///
    /// # Errors
    /// Another process has it; the disk.
    pub fn hold(&self) -> Result<Held, LocalError> {
        let path = self.at("lock");
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(LocalError::io(&path))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Held { _file: file }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(LocalError::InUse(self.root.clone())),
            Err(error) => Err(LocalError::Io { path, error: error.into() }),
        }
    }

    /// What was chosen at the first start; now, if this is the first. A port that something else took meanwhile is chosen anew.
    /// Only for who holds the directory.
    ///
    /// # Errors
    /// The disk; no port is free.
    pub fn chosen(&self, _held: &Held) -> Result<Chosen, LocalError> {
        let kept = self.read_chosen()?;
        let chosen = match &kept {
            Some(kept) => Chosen {
                postgres_port: free_or_any(kept.postgres_port)?,
                nats_port: free_or_any(kept.nats_port)?,
                api_port: free_or_any(kept.api_port)?,
                http_port: free_from(kept.http_port)?,
                https_port: free_from(kept.https_port)?,
                ..kept.clone()
            },
            None => Chosen {
                postgres_port: free_or_any(0)?,
                postgres_password: password()?,
                nats_port: free_or_any(0)?,
                nats_password: password()?,
                api_port: free_or_any(7070)?,
                http_port: free_from(8080)?,
                https_port: free_from(8443)?,
            },
        };
        if kept.as_ref() != Some(&chosen) {
            let text = serde_json::to_string_pretty(&chosen).map_err(|error| LocalError::Other(error.to_string()))?;
            self.write_private("chosen.json", text.as_bytes())?;
        }
        Ok(chosen)
    }

    /// What was chosen, if this is not the first start.
    ///
    /// # Errors
    /// The disk; the file was changed by hand and cannot be read.
    pub fn read_chosen(&self) -> Result<Option<Chosen>, LocalError> {
        let path = self.at("chosen.json");
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|error| LocalError::Other(format!("{}: {error}", path.display()))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(LocalError::Io { path, error }),
        }
    }

    /// Writes a file that nobody else may read, whole or not at all.
    ///
    /// # Errors
    /// The disk.
    pub fn write_private(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, LocalError> {
        let path = self.at(name);
        let beside = self.at(&format!("{name}.new"));
        let write = || {
            let mut options = OpenOptions::new();
            let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
            file.write_all(bytes)?;
            file.sync_data()?;
            fs::rename(&beside, &path)
        };
        write().map_err(LocalError::io(&path))?;
        Ok(path)
    }
}

/// A password of 128 bits.
fn password() -> Result<String, LocalError> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).map_err(|error| LocalError::Other(format!("no randomness: {error}")))?;
    Ok(bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}")))
}

/// Whether a port can be listened on; the port itself, or for 0 the one that was given.
fn free(port: u16) -> Option<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
    listener.local_addr().ok().map(|address| address.port())
}

fn free_or_any(port: u16) -> Result<u16, LocalError> {
    free(port).or_else(|| free(0)).ok_or_else(|| LocalError::Other("no port is free on 127.0.0.1".to_owned()))
}

/// The first free port from this one on.
fn free_from(port: u16) -> Result<u16, LocalError> {
    let found = (port..port.saturating_add(200)).find_map(free);
    found.ok_or_else(|| LocalError::Other(format!("no port from {port} on is free on 127.0.0.1")))
}
