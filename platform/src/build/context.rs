//! The context of a build on its way to the engine.

use std::io::{self, Write};

use cap_std::fs::Dir;
use tar::{Builder, EntryType, Header};

use super::key::BuildSources;
use crate::bundle::Listed;

/// The recipe's name in a context.
pub const RECIPE: &str = ".helios.dockerfile";
/// What a context has besides the project's files.
pub(super) const OWN: [&str; 2] = [RECIPE, ".dockerignore"];

/// Seconds since 1970 that all files of a context carry. Bundles have no times, but two things want them: build tools compare
/// them with one another, so they must be equal, and web servers make entity tags of time and size, so they must change when the
/// contents do. So the time comes from the digest: some second between 2000 and 2020.
pub(super) fn time(digest: &[u8]) -> u64 {
    let first = digest.first_chunk().map_or(0, |bytes| u32::from_be_bytes(*bytes));
    946_684_800 + u64::from(first) % 631_152_000
}

/// The header of a file or link.
pub(super) fn header(kind: EntryType, mode: u32, size: u64, time: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(time);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// The bytes of a file of the project, of the size that was listed.
pub(super) fn open(project: &Dir, path: &str, size: u64) -> io::Result<cap_std::fs::File> {
    let file = project.open(path)?;
    if file.metadata()?.len() == size { Ok(file) } else { Err(io::Error::other(format!("`{path}` was changed"))) }
}

/// Writes the context as an archive, with a recipe of this text as [`RECIPE`]. The engine takes the recipe out again before it
/// copies anything, because the `.dockerignore` that goes with it says so; the project's own has been obeyed here.
///
/// # Errors
/// The disk, or `into`.
pub fn write(project: &Dir, sources: &BuildSources, recipe: &str, into: impl Write) -> io::Result<()> {
    let mut archive = Builder::new(into);
    let (context, time) = (&sources.context, time(&sources.context.digest()));
    let prefix = if context.directory.is_empty() { String::new() } else { format!("{}/", context.directory) };
    for (path, listed) in context.entries.iter().filter(|(path, _)| !OWN.contains(&&***path)) {
        match listed {
            Listed::Link { target } => {
                archive.append_link(&mut header(EntryType::Symlink, 0o777, 0, time), path, target)?
            }
            Listed::File { size, executable, .. } => {
                let file = open(project, &format!("{prefix}{path}"), *size)?;
                let mode = if *executable { 0o755 } else { 0o644 };
                archive.append_data(&mut header(EntryType::Regular, mode, *size, time), path, file)?;
            }
        }
    }
    for (path, text) in OWN.iter().zip([recipe, &OWN.join("\n")]) {
        archive.append_data(&mut header(EntryType::Regular, 0o644, text.len() as u64, time), path, text.as_bytes())?;
    }
    archive.into_inner()?.flush()
}
