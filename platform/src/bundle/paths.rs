//! Which paths and links a bundle may have, seen as texts; nothing here asks a disk.

use std::collections::{HashMap, HashSet};

use super::{BundleError, Fault, Limits};

/// The longest step of a path that disks take, in bytes.
const STEP: usize = 255;

/// Holds a path against the rules; returns it without a leading `./` and a trailing `/`. None for the root itself.
pub(super) fn path(bytes: &[u8], limits: &Limits) -> Result<Option<String>, BundleError> {
    let lossy = || String::from_utf8_lossy(bytes.get(..bytes.len().min(1024)).unwrap_or_default()).into_owned();
    let fault = |fault| BundleError::entry(lossy(), fault);
    if bytes.len() > limits.path {
        return Err(fault(Fault::TooLong(limits.path)));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| fault(Fault::NotUtf8))?;
    if text.chars().any(char::is_control) {
        return Err(fault(Fault::Control));
    }
    if text.starts_with('/') {
        return Err(fault(Fault::Absolute));
    }
    let text = text.strip_prefix("./").unwrap_or(text);
    let text = text.strip_suffix('/').unwrap_or(text);
    if matches!(text, "" | ".") {
        return if bytes.is_empty() { Err(fault(Fault::Step)) } else { Ok(None) };
    }
    for (depth, step) in text.split('/').enumerate() {
        match step {
            ".." => return Err(fault(Fault::Parent)),
            "" | "." => return Err(fault(Fault::Step)),
            _ if step.len() > STEP => return Err(fault(Fault::TooLong(STEP))),
            _ if depth > limits.depth => return Err(fault(Fault::TooDeep(limits.depth))),
            _ => {}
        }
    }
    Ok(Some(text.to_owned()))
}

/// Holds the target of a link at `path` against the rules: relative, `..` only at its start, and not out of the root.
///
/// That is enough: the directory a link lies in is a real one (no path leads through a link), so each `..` at the start is the
/// step up it looks like, and every link met afterwards has passed the same test.
pub(super) fn link(path: &str, target: &[u8], limits: &Limits) -> Result<String, BundleError> {
    let fault = |fault| BundleError::entry(path, fault);
    let text = std::str::from_utf8(target).map_err(|_| fault(Fault::NotUtf8))?;
    let owned = || text.to_owned();
    if text.len() > limits.path {
        return Err(fault(Fault::TooLong(limits.path)));
    }
    if text.chars().any(char::is_control) {
        return Err(fault(Fault::Control));
    }
    if text.is_empty() {
        return Err(fault(Fault::Step));
    }
    if text.starts_with('/') {
        return Err(fault(Fault::LeadsOut(owned())));
    }
    let mut up = path.matches('/').count();
    let mut named = false;
    for step in text.split('/') {
        match step {
            "" | "." => {}
            ".." if named => return Err(fault(Fault::Winding(owned()))),
            ".." => up = up.checked_sub(1).ok_or_else(|| fault(Fault::LeadsOut(owned())))?,
            _ => named = true,
        }
    }
    Ok(owned())
}

/// So many links in a row lead nowhere (the kernel's own limit, `path_resolution(7)`).
const HOPS: usize = 40;

/// A path without links in it, as the kernel would resolve it with the project's root as its root; `link` knows where links lead.
/// None if it leads out or in a circle.
pub(super) fn resolve<'a>(path: &'a str, link: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let mut done: Vec<&str> = Vec::new();
    let mut ahead: Vec<&str> = path.split('/').rev().collect();
    let mut hops = 0;
    while let Some(step) = ahead.pop() {
        match step {
            "" | "." => {}
            ".." => drop(done.pop()?),
            _ => {
                done.push(step);
                if let Some(target) = link(&done.join("/")) {
                    hops += 1;
                    if hops > HOPS {
                        return None;
                    }
                    done.pop();
                    ahead.extend(target.split('/').rev());
                }
            }
        }
    }
    Some(done.join("/"))
}

/// The paths seen so far, so that none comes twice, in another case, or through something that is no directory.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Files and links, by path in small letters, as they were written.
    entries: HashMap<String, String>,
    /// Directories above them, the same way.
    directories: HashMap<String, String>,
    /// Directories in the case they were first written in.
    known: HashSet<String>,
}

impl Seen {
    /// Takes in a file or link.
    pub(super) fn add(&mut self, path: &str) -> Result<(), BundleError> {
        if let Some((above, _)) = path.rsplit_once('/') {
            self.add_directory(above)?;
        }
        let folded = path.to_lowercase();
        let fault = |fault| Err(BundleError::entry(path, fault));
        if let Some(other) = self.directories.get(&folded) {
            return fault(if other == path { Fault::Twice } else { Fault::Case(other.clone()) });
        }
        if let Some(other) = self.entries.insert(folded, path.to_owned()) {
            return fault(if other == path { Fault::Twice } else { Fault::Case(other) });
        }
        Ok(())
    }

    /// Takes in a directory and those above it; the same one may come again.
    pub(super) fn add_directory(&mut self, path: &str) -> Result<(), BundleError> {
        if self.known.contains(path) {
            return Ok(());
        }
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for prefix in ends.filter_map(|end| path.get(..end)) {
            let folded = prefix.to_lowercase();
            if let Some(other) = self.entries.get(&folded) {
                let fault = if other == prefix { Fault::Through(other.clone()) } else { Fault::Case(other.clone()) };
                return Err(BundleError::entry(path, fault));
            }
            let first = self.directories.entry(folded).or_insert_with(|| prefix.to_owned());
            if first != prefix {
                return Err(BundleError::entry(path, Fault::Case(first.clone())));
            }
        }
        self.known.insert(path.to_owned());
        Ok(())
    }
}
