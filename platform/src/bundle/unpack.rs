//! Unpacking into a directory.

use std::io::{self, Read};
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _, Permissions, PermissionsExt as _};

use super::entries::{self, Kind};
use super::{BundleError, Fault, Limits};

/// What came out of a bundle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Files and links.
    pub entries: u64,
    /// Bytes of the files.
    pub bytes: u64,
}

/// Unpacks a bundle into a directory, which must be there and empty. What was written before an error stays: the caller removes
/// the directory.
///
/// The directory is held as a handle and every path is resolved below it by the kernel, so that even a rule overlooked in
/// checking the archive, or another program at work in the directory, does not lead out of it.
///
/// # Errors
/// See [`BundleError`].
pub fn unpack(bundle: impl Read, into: &Path, limits: &Limits) -> Result<Unpacked, BundleError> {
    let name = || into.display().to_string();
    let root = Dir::open_ambient_dir(into, ambient_authority()).map_err(|error| BundleError::io(name(), error))?;
    if root.entries().map_err(|error| BundleError::io(name(), error))?.next().is_some() {
        return Err(BundleError::io(name(), io::Error::from(io::ErrorKind::DirectoryNotEmpty)));
    }
    let mut unpacked = Unpacked::default();
    entries::each(bundle, limits, |path, kind, contents| {
        let disk = |error| BundleError::io(path, error);
        let above = match kind {
            Kind::Directory => Some(path),
            _ => path.rsplit_once('/').map(|(above, _)| above),
        };
        if let Some(above) = above {
            root.create_dir_all(above).map_err(disk)?;
        }
        match kind {
            Kind::Directory => return Ok(()),
            Kind::Link { target } => root.symlink(target, path).map_err(disk)?,
            Kind::File { size, executable } => {
                let mode = if *executable { 0o755 } else { 0o644 };
                let mut options = OpenOptions::new();
                let mut file = root.open_with(path, options.write(true).create_new(true).mode(mode)).map_err(disk)?;
                let written = copy(contents, &mut file, path)?;
                if written != *size {
                    return Err(BundleError::entry(path, Fault::Size));
                }
                // Whatever the process's umask is.
                file.set_permissions(Permissions::from_mode(mode)).map_err(disk)?;
                unpacked.bytes += written;
            }
        }
        unpacked.entries += 1;
        Ok(())
    })?;
    Ok(unpacked)
}

/// Copies, telling a broken archive from a full disk.
fn copy(from: &mut dyn Read, to: &mut impl io::Write, path: &str) -> Result<u64, BundleError> {
    let mut buffer = vec![0; 64 * 1024];
    let mut written = 0;
    loop {
        let read = from.read(&mut buffer).map_err(|error| BundleError::NotABundle(error.to_string()))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return Ok(written) };
        to.write_all(bytes).map_err(|error| BundleError::io(path, error))?;
        written += read as u64;
    }
}
