//! Writing files so that a reader, a full disk or Ctrl-C never meets half of one: all of it beside the old one, then a rename.
//! A process that is killed outright between the two may leave the hidden file beside; nothing takes it for a source.

use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, Once, PoisonError};

use crate::failure::Failure;

/// Puts these bytes into the file, which keeps its permissions and, where the system allows it, its owner. A symbolic link
/// stays one: its target is written.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    write(&target, bytes).map_err(|error| {
        let (name, why) = (super::shown(path), super::reason(&error));
        Failure::new("oal::io::write", format!("`{name}` cannot be written: {why}"))
    })
}

fn write(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let old = fs::metadata(target).ok();
    if let Some(old) = &old {
        // The rename asks nobody, so what is meant to stay as it is must be asked for here.
        if old.permissions().readonly() {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
        }
        // Nor does it ask whose file it is.
        let mut file = File::options().write(true).open(target)?;
        if !old.is_file() {
            // A device or pipe is written to, never replaced.
            return file.write_all(bytes);
        }
    }
    let beside = beside(target);
    end_between_files();
    let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let result = fill(&beside, bytes, old.as_ref()).and_then(|()| fs::rename(&beside, target));
    if result.is_err() {
        let _ = fs::remove_file(&beside);
    }
    result
}

/// Held while there is a file beside another.
static WRITING: Mutex<()> = Mutex::new(());

/// From now on, Ctrl-C and its like end the process when the file at hand is whole, with the exit code that shells give.
fn end_between_files() {
    const INTERRUPTED: i32 = 130;
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Where it cannot be had, everything is as without it: files are whole, and one may stay beside.
        let _ = ctrlc::set_handler(|| {
            let _whole = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
            std::process::exit(INTERRUPTED)
        });
    });
}

fn fill(beside: &Path, bytes: &[u8], old: Option<&Metadata>) -> io::Result<()> {
    let mut file = File::create_new(beside)?;
    file.write_all(bytes)?;
    if let Some(old) = old {
        keep_owner(&file, old);
        file.set_permissions(old.permissions())?;
    }
    Ok(())
}

#[cfg(unix)]
fn keep_owner(file: &File, old: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    // Only root may give files away; for everybody else it is theirs already.
    if file.metadata().is_ok_and(|new| (new.uid(), new.gid()) != (old.uid(), old.gid())) {
        let _ = fchown(file, Some(old.uid()), Some(old.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}

/// A hidden name in the same directory that no other process uses.
fn beside(target: &Path) -> PathBuf {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    target.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}
