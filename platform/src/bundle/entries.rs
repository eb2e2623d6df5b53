//! Reading a bundle that may be hostile: one pass, every entry held against the limits and rules before anybody sees it.
//!
//! Only what [`super::pack`] writes and `tar --format=gnu` may write is understood. Extended headers (PAX) and sparse files are
//! refused rather than interpreted: what two programs read differently is a way past the one that checks.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use flate2::read::GzDecoder;
use tar::{Archive, EntryType, Header};

use super::paths::{self, Seen};
use super::{BundleError, Counted, Fault, Limit, Limits};

/// An entry that has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A directory.
    Directory,
    /// A file.
    File {
        /// Bytes.
        size: u64,
        /// Whether it may be executed.
        executable: bool,
    },
    /// A symbolic link.
    Link {
        /// Where it leads, as it stands there.
        target: String,
    },
}

/// Calls `take` for each entry in turn, with its contents.
pub(super) fn each(
    bundle: impl Read,
    limits: &Limits,
    mut take: impl FnMut(&str, &Kind, &mut dyn Read) -> Result<(), BundleError>,
) -> Result<(), BundleError> {
    let (sent, out) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let compressed = Counted { inner: bundle, count: Rc::clone(&sent), most: limits.compressed };
    let ratio =
        Rated { inner: GzDecoder::new(compressed), sent: Rc::clone(&sent), out: Rc::clone(&out), ratio: limits.ratio };
    let counted = Counted { inner: ratio, count: Rc::clone(&out), most: limits.unpacked };
    let mut archive = Archive::new(counted);
    let mut at = None;
    let result = walk(&mut archive, limits, &mut at, &mut take).and_then(|()| {
        // To the end, where the checksum is.
        io::copy(&mut archive.into_inner(), &mut io::sink()).map(drop).map_err(not_a_bundle)
    });
    // The reader can only say that it stopped; the counters say at which limit.
    let limit = |limit, most| BundleError::Limit { limit, most, entry: at.clone() };
    match result {
        Err(_) if sent.get() > limits.compressed => Err(limit(Limit::Compressed, limits.compressed)),
        Err(_) if out.get() > limits.unpacked => Err(limit(Limit::Unpacked, limits.unpacked)),
        Err(_) if over_ratio(sent.get(), out.get(), limits.ratio) => Err(limit(Limit::Ratio, limits.ratio)),
        other => other,
    }
}

fn walk(
    archive: &mut Archive<impl Read>,
    limits: &Limits,
    at: &mut Option<String>,
    take: &mut impl FnMut(&str, &Kind, &mut dyn Read) -> Result<(), BundleError>,
) -> Result<(), BundleError> {
    let mut seen = Seen::default();
    let mut count: u64 = 0;
    let (mut long_path, mut long_target) = (None, None);
    for entry in archive.entries().map_err(not_a_bundle)?.raw(true) {
        let mut entry = entry.map_err(not_a_bundle)?;
        count += 1;
        if count > limits.entries {
            return Err(BundleError::Limit { limit: Limit::Entries, most: limits.entries, entry: at.clone() });
        }
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname() || kind.is_gnu_longlink() {
            let long = if kind.is_gnu_longname() { &mut long_path } else { &mut long_target };
            if long.replace(long_name(&mut entry, limits)?).is_some() {
                return Err(BundleError::entry("", Fault::Header));
            }
            // It belongs to the entry that follows.
            count -= 1;
            continue;
        }
        let name = match long_path.take() {
            Some(name) => name,
            None => {
                clean(entry.header())?;
                entry.header().path_bytes().into_owned()
            }
        };
        *at = Some(String::from_utf8_lossy(name.get(..name.len().min(1024)).unwrap_or_default()).into_owned());
        let long_target = long_target.take();
        let fault = |fault| BundleError::entry(at.clone().unwrap_or_default(), fault);
        let refused = |what| Err(fault(Fault::Kind(what)));
        let path = paths::path(&name, limits)?;
        let kind = match kind {
            EntryType::Directory => Kind::Directory,
            EntryType::Regular | EntryType::Continuous => {
                let mode = entry.header().mode().map_err(|_| fault(Fault::Header))?;
                Kind::File { size: entry.size(), executable: mode & 0o100 != 0 }
            }
            EntryType::Symlink => {
                let target = long_target.as_deref().map(Into::into).or_else(|| entry.header().link_name_bytes());
                let path = path.as_deref().unwrap_or(".");
                Kind::Link { target: paths::link(path, &target.unwrap_or_default(), limits)? }
            }
            EntryType::Link => return refused("a hard link"),
            EntryType::Char | EntryType::Block => return refused("a device"),
            EntryType::Fifo => return refused("a named pipe"),
            EntryType::GNUSparse => return refused("a sparse file"),
            EntryType::XHeader | EntryType::XGlobalHeader => {
                return refused("an extended header; `tar --format=gnu` writes none");
            }
            _ => return refused("of an unknown kind"),
        };
        if !matches!(kind, Kind::File { .. }) && entry.size() != 0 {
            return Err(fault(Fault::Header));
        }
        match (path, &kind) {
            // `tar -C dir .` begins with the directory itself.
            (None, Kind::Directory) => {}
            (None, _) => return Err(fault(Fault::Step)),
            (Some(path), Kind::Directory) => {
                seen.add_directory(&path)?;
                take(&path, &kind, &mut io::empty())?;
            }
            (Some(path), _) => {
                seen.add(&path)?;
                take(&path, &kind, &mut entry)?;
            }
        }
    }
    if long_path.is_some() || long_target.is_some() {
        return Err(BundleError::NotABundle("it ends with a name".to_owned()));
    }
    Ok(())
}

/// The contents of an entry that is the name of the next one; never more than a path may have.
fn long_name(entry: &mut impl Read, limits: &Limits) -> Result<Vec<u8>, BundleError> {
    let mut name = Vec::new();
    let most = limits.path as u64 + 1;
    entry.by_ref().take(most + 1).read_to_end(&mut name).map_err(not_a_bundle)?;
    if name.last() == Some(&0) {
        name.pop();
    }
    if name.len() > limits.path {
        let start = String::from_utf8_lossy(name.get(..200).unwrap_or_default()).into_owned();
        return Err(BundleError::entry(start, Fault::TooLong(limits.path)));
    }
    Ok(name)
}

/// The name in a header ends at its first NUL; what other readers might make of bytes behind it does not matter if there are none.
fn clean(header: &Header) -> Result<(), BundleError> {
    let name = &header.as_old().name;
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    if name.iter().skip(end).any(|byte| *byte != 0) {
        let path = String::from_utf8_lossy(&header.path_bytes()).into_owned();
        return Err(BundleError::entry(path, Fault::Control));
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
fn not_a_bundle(error: io::Error) -> BundleError {
    BundleError::NotABundle(error.to_string())
}

const fn over_ratio(sent: u64, out: u64, ratio: u64) -> bool {
    out > Limits::RATIO_FROM && out > sent.saturating_mul(ratio)
}

/// A reader that stops when too much comes out of too little.
struct Rated<R> {
    inner: R,
    sent: Rc<Cell<u64>>,
    out: Rc<Cell<u64>>,
    ratio: u64,
}

impl<R: Read> Read for Rated<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if over_ratio(self.sent.get(), self.out.get() + read as u64, self.ratio) {
            self.out.set(self.out.get() + read as u64);
            return Err(io::Error::other("over the limit"));
        }
        Ok(read)
    }
}
