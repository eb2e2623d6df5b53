//! The prelude: what a service is, written in OAL and embedded. A file is parsed when one of its names is first used, once a
//! process, so that a program pays for the kinds it has.

use crate::project::SourceFile;
use oal_syntax::FileId;
use oal_syntax::ast::EntryValue;
use std::sync::OnceLock;

/// Files of the prelude have numbers from here on.
const FIRST: u32 = 0x8000_0000;

macro_rules! prelude {
    ($($name:literal: $($declared:literal)*;)*) => {
        const FILES: &[(&str, &str)] = &[$((concat!("std:", $name), include_str!(concat!("../std/", $name)))),*];
        const NAMES: &[(&str, &[&str])] = &[$((concat!("std:", $name), &[$($declared),*])),*];
        static PARSED: [OnceLock<SourceFile>; FILES.len()] = [const { OnceLock::new() }; FILES.len()];
    };
}

// What a program can name; the bases `component` and `workload` are for the prelude alone.
prelude! {
    "app.oal": "App" "Quota" "Network";
    "types.oal": "Resources" "Gpu" "GpuVendor" "Membership";
    "workload.oal": "Build" "Platform" "Pull" "File" "FileMode" "Mount" "NetworkMode" "HostAddress" "Dns"
        "Signal" "Capabilities" "Capability" "Security" "Seccomp" "UlimitName" "Ulimit" "Device" "Namespace"
        "Logging";
    "service.oal": "service" "Protocol" "PortRange" "Probe" "Restart" "Autoscale" "Update" "UpdateOrder"
        "UpdateFailure";
    "job.oal": "job" "Trigger" "Overlap";
    "database.oal": "database" "DatabaseEngine" "Backup";
    "cache.oal": "cache" "CacheEngine" "Eviction";
    "queue.oal": "queue" "QueueEngine" "Topic";
    "bucket.oal": "bucket" "BucketAccess";
    "volume.oal": "volume" "VolumeAccess";
    "secret.oal": "secret" "Alphabet" "SecretSource";
    "config.oal": "config" "ConfigFile";
    "route.oal": "route" "PathMatch" "Tls";
    "external.oal": "external";
}

/// How many files the prelude has.
#[must_use]
pub fn len() -> usize {
    FILES.len()
}

/// The index in the prelude of a file's number; `None` for a file of the project.
#[must_use]
pub fn index(file: FileId) -> Option<usize> {
    file.0.checked_sub(FIRST).map(|index| index as usize)
}

/// The number of a file of the prelude.
#[must_use]
pub fn id(index: usize) -> FileId {
    FileId(FIRST.saturating_add(u32::try_from(index).unwrap_or(0)))
}

/// The file by its name without `std:`.
#[must_use]
pub fn file_named(name: &str) -> Option<FileId> {
    FILES.iter().position(|(path, _)| path.strip_prefix("std:") == Some(name)).map(id)
}

/// The file that declares a kind or a type.
#[must_use]
pub fn file_declaring(name: &str) -> Option<FileId> {
    NAMES.iter().position(|(_, names)| names.contains(&name)).map(id)
}

/// The kinds of which a program can declare components.
const KINDS: [&str; 11] =
    ["service", "job", "database", "cache", "queue", "bucket", "volume", "secret", "config", "route", "external"];

/// The bases of the built-in kinds, with the file of each: types that values may have, and nothing to declare.
const BASES: [(&str, &str); 2] = [("component", "types.oal"), ("workload", "workload.oal")];

/// Whether a program can declare components of this built-in kind.
#[must_use]
pub fn is_kind(name: &str) -> bool {
    KINDS.contains(&name)
}

/// The kinds of which a program can declare components.
pub fn kind_names() -> impl Iterator<Item = &'static str> {
    KINDS.into_iter()
}

/// Whether components of some built-in kind have a field of this name, and no kind is called so.
#[must_use]
pub fn is_field(name: &str) -> bool {
    let declares = |index: usize| {
        let file = source(index);
        let names = file.parse.tree.entries.iter().filter(|entry| matches!(entry.value, EntryValue::Field(_)));
        names.map(|entry| entry.key.text(&file.text)).any(|field| field == name)
    };
    !is_kind(name) && (0..FILES.len()).any(declares)
}

/// The file that declares a kind or a type, bases included, and the name for as long as the program runs.
#[must_use]
pub fn declaration(name: &str) -> Option<(FileId, &'static str)> {
    let listed = NAMES.iter().enumerate().find_map(|(index, (_, names))| {
        names.iter().find(|listed| **listed == name).map(|listed| (id(index), *listed))
    });
    listed.or_else(|| {
        let (base, file) = BASES.iter().find(|(base, _)| *base == name)?;
        Some((file_named(file)?, *base))
    })
}

/// All kinds and types that the prelude declares.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().flat_map(|(_, names)| names.iter().copied())
}

/// A file's path and text.
#[must_use]
pub fn text(index: usize) -> (&'static str, &'static str) {
    FILES.get(index).copied().unwrap_or_default()
}

/// A file with its tree.
#[must_use]
pub fn source(index: usize) -> &'static SourceFile {
    let Some(cell) = PARSED.get(index) else { return empty() };
    cell.get_or_init(|| {
        let (path, text) = text(index);
        SourceFile::new(path, text.to_owned())
    })
}

/// A file of nothing.
#[must_use]
pub fn empty() -> &'static SourceFile {
    static EMPTY: OnceLock<SourceFile> = OnceLock::new();
    EMPTY.get_or_init(SourceFile::default)
}

#[cfg(test)]
mod tests {
    use super::{FILES, NAMES};

    #[test]
    fn every_declaration_is_listed_with_its_file() {
        for ((path, text), (_, listed)) in FILES.iter().zip(NAMES) {
            let declared: Vec<&str> = text
                .lines()
                .filter_map(|line| line.strip_prefix("extern kind ").or_else(|| line.strip_prefix("type ")))
                .filter_map(|rest| rest.split(' ').next())
                .filter(|name| !["component", "workload"].contains(name))
                .collect();
            assert_eq!(&declared, listed, "{path}");
        }
    }
}
