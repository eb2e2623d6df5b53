//! What can be wrong with a bundle or with what is to become one.

use std::{fmt, io};

/// Which of the [`super::Limits`] was hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Bytes as sent.
    Compressed,
    /// Bytes inside.
    Unpacked,
    /// Bytes inside for each byte sent.
    Ratio,
    /// Files and links.
    Entries,
    /// Bytes of files that are held in memory.
    Memory,
}

/// What is wrong with one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Its path starts at the root of the machine.
    Absolute,
    /// Its path has a step `..`.
    Parent,
    /// Its path is empty, or has an empty step or a step `.` in the middle.
    Step,
    /// Its path has a control character; NUL is one.
    Control,
    /// Its path is not UTF-8.
    NotUtf8,
    /// Its path, or one step of it, has more bytes than allowed.
    TooLong(usize),
    /// It lies below more directories than allowed.
    TooDeep(usize),
    /// There is another entry of that path.
    Twice,
    /// There is another entry whose path differs in the case of letters only; some disks hold them for the same.
    Case(String),
    /// Its path leads through another entry that is no directory.
    Through(String),
    /// It is neither a file nor a directory nor a symbolic link.
    Kind(&'static str),
    /// It is a symbolic link that leads out of the project.
    LeadsOut(String),
    /// It is a symbolic link with `..` behind a name, so that where it leads depends on other links.
    Winding(String),
    /// Its size is not what the archive or the disk said.
    Size,
    /// Its header has bytes where none may be.
    Header,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute => f.write_str("its path is absolute"),
            Self::Parent => f.write_str("its path has a step `..`"),
            Self::Step => f.write_str("its path has an empty step"),
            Self::Control => f.write_str("its path has a control character"),
            Self::NotUtf8 => f.write_str("its path is not UTF-8"),
            Self::TooLong(most) => write!(f, "its path is longer than {most} bytes"),
            Self::TooDeep(most) => write!(f, "it lies below more than {most} directories"),
            Self::Twice => f.write_str("it is there twice"),
            Self::Case(other) => write!(f, "it differs from `{}` in the case of letters only", shown(other)),
            Self::Through(other) => write!(f, "its path leads through `{}`, which is no directory", shown(other)),
            Self::Kind(kind) => write!(f, "it is {kind}; only files, directories and symbolic links can be sent"),
            Self::LeadsOut(target) => write!(f, "it is a link to `{}`, outside the project", shown(target)),
            Self::Winding(target) => {
                write!(f, "it is a link to `{}`; `..` may only stand at the start of a link's target", shown(target))
            }
            Self::Size => f.write_str("its size changed while it was read"),
            Self::Header => f.write_str("its header is damaged"),
        }
    }
}

/// Why a project could not be packed or a bundle not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum BundleError {
    /// It is no gzip-compressed tar archive, or breaks off.
    NotABundle(String),
    /// It is too large.
    Limit {
        /// In which way.
        limit: Limit,
        /// The limit.
        most: u64,
        /// The entry at which that was seen.
        entry: Option<String>,
    },
    /// An entry cannot be taken.
    Entry {
        /// Its path, as far as it can be shown.
        path: String,
        /// What is wrong.
        fault: Fault,
    },
    /// The disk.
    Io {
        /// What was read or written, as far as it is known.
        path: String,
        /// The error.
        error: io::Error,
    },
}

impl BundleError {
    /// The fault of an entry.
    pub(super) fn entry(path: impl Into<String>, fault: Fault) -> Self {
        Self::Entry { path: path.into(), fault }
    }

    /// The disk's fault, at a path.
    pub(crate) fn io(path: impl Into<String>, error: io::Error) -> Self {
        Self::Io { path: path.into(), error }
    }

    /// Whether it is the disk's fault, and not that of the bundle or project.
    #[must_use]
    pub const fn is_io(&self) -> bool {
        matches!(self, Self::Io { .. })
    }
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotABundle(why) => write!(f, "this is no source bundle: {why}"),
            Self::Limit { limit, most, entry } => {
                match limit {
                    Limit::Compressed => write!(f, "the sources have more than {most} bytes even compressed")?,
                    Limit::Unpacked => write!(f, "the sources have more than {most} bytes")?,
                    Limit::Ratio => write!(f, "the sources are more than {most} times as large as they were sent")?,
                    Limit::Entries => write!(f, "the sources have more than {most} files")?,
                    Limit::Memory => {
                        write!(f, "the files that the program names have more than {most} bytes together")?
                    }
                }
                entry.as_ref().map_or(Ok(()), |entry| write!(f, ", reached at `{}`", shown(entry)))
            }
            Self::Entry { path, fault } => write!(f, "`{}` cannot be sent: {fault}", shown(path)),
            Self::Io { path, error } => write!(f, "`{}`: {error}", shown(path)),
        }
    }
}

impl std::error::Error for BundleError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}

/// A path for a message: no control characters, and not all of a very long one.
fn shown(path: &str) -> String {
    let mut text: String = path
        .chars()
        .take(120)
        .flat_map(|c| if c.is_control() { c.escape_default().collect::<Vec<_>>() } else { vec![c] })
        .collect();
    if path.chars().nth(120).is_some() {
        text.push('…');
    }
    text
}
