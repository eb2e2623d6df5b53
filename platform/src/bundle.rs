//! Source bundles: packing a project so that the same files give the same bytes, and unpacking what strangers send.
//!
//! A bundle is a gzip-compressed tar archive (GNU format) of files and symbolic links, sorted by path, without owners, times and
//! directories (they come from the files in them), with the rights 644 or 755. Its digest is that of its bytes.
//!
//! What goes in, by [`pack`]:
//! - never `.git`;
//! - always what the program names by itself: `.oal` files, recipes, single files that components mount;
//! - else what the nearest context above a file lets in, a context being the project's root or a directory that the program names.
//!   Where the context has a `.dockerignore`, it alone decides, as in `docker build`; where it has none, the `.gitignore` files
//!   from the root down decide, except that a named directory is never ignored as a whole: whoever deploys `dist/` has usually
//!   ignored it.
//!
//! What comes out, by [`unpack`] and [`Sources`], is held against [`Limits`] and the rules of [`Fault`] before a byte of it is
//! written; nothing of a bundle is trusted, also not that this program packed it.

use std::io::Read;

mod entries;
mod error;
mod ignoring;
mod listing;
mod pack;
mod paths;
mod sources;
mod unpack;

pub use error::{BundleError, Fault, Limit};
pub use ignoring::DockerIgnore;
pub use listing::{Context, Listed, Listing};
pub use pack::{Bundle, Named, pack};
pub use sources::{Sources, texts};
pub use unpack::{Unpacked, unpack};

/// What a bundle may cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes as sent.
    pub compressed: u64,
    /// Bytes of the archive inside, headers included.
    pub unpacked: u64,
    /// So many times as large as sent, once [`Self::RATIO_FROM`] bytes are out.
    pub ratio: u64,
    /// Files and links.
    pub entries: u64,
    /// Bytes of a path.
    pub path: usize,
    /// Directories above a file.
    pub depth: usize,
}

impl Limits {
    /// Below that many bytes any ratio is fine: a file of a few zeros shrinks to nothing.
    pub const RATIO_FROM: u64 = 16 * 1024 * 1024;
    /// What a project may be.
    pub const PROJECT: Self = Self {
        compressed: 512 * 1024 * 1024,
        unpacked: 2 * 1024 * 1024 * 1024,
        ratio: 200,
        entries: 200_000,
        path: 1024,
        depth: 64,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::PROJECT
    }
}

/// A reader that counts and stops at a limit.
struct Counted<R> {
    inner: R,
    count: std::rc::Rc<std::cell::Cell<u64>>,
    most: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.set(self.count.get().saturating_add(read as u64));
        if self.count.get() > self.most {
            return Err(std::io::Error::other("over the limit"));
        }
        Ok(read)
    }
}
