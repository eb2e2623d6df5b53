//! One machine, no set-up: PostgreSQL, NATS and Caddy as child processes of `helios up`, private to one data directory, on
//! loopback, with generated credentials.
//!
//! What is started here ends with this process, whatever ends it: in good order on Ctrl-C, and by the kernel (`setpriv
//! --pdeathsig`) when the process is killed.

pub mod caddy;
pub mod child;
pub mod directory;
pub mod machine;
pub mod nats;
pub mod needs;
pub mod postgres;

use std::fmt;
use std::path::PathBuf;

/// Why the machine could not be made ready.
#[derive(Debug)]
#[non_exhaustive]
pub enum LocalError {
    /// A program is not installed.
    Missing {
        /// Its name.
        program: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// Another process uses the data directory.
    InUse(PathBuf),
    /// A child ended or did not get ready; the last lines it wrote.
    Child {
        /// Which one.
        name: &'static str,
        /// What it did.
        what: String,
        /// Its last lines.
        log: Vec<String>,
    },
    /// The disk.
    Io {
        /// Where.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// Anything else, in a sentence.
    Other(String),
}

impl LocalError {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Missing { package, .. } => Some(format!("install it: apt-get install {package}")),
            Self::InUse(_) => Some("end the other `helios up`, or give another `--data` directory".to_owned()),
            _ => None,
        }
    }

    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |error| Self::Io { path, error }
    }
}

impl fmt::Display for LocalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { program, .. } => write!(f, "`{program}` is not installed"),
            Self::InUse(path) => write!(f, "another process uses {}", path.display()),
            Self::Child { name, what, log } => {
                write!(f, "{name} {what}")?;
                log.iter().try_for_each(|line| write!(f, "\n  {line}"))
            }
            Self::Io { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for LocalError {}
