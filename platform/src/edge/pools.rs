//! Where requests go: files that Caddy's `file` matcher reads anew with each request. A load of a configuration closes kept
//! connections, cuts websockets and resets connections that wait to be accepted; a new file does none of that. So addresses
//! stand in no configuration: a cut-over is a file's appearing, and goes on working while neither we nor the database run.
//!
//! Each site has a directory, its pool. In it lies one entry, named by what it says: a number, the side, and the addresses as
//! often as the pool has slots, `18446744073709551614.a,10.0.0.2:80,10.0.0.3:80,…`. A new entry has a lower number: Caddy takes
//! names in their order, and so sees either all of the old entry or all of the new one. The configuration names both sides, and
//! requests are counted by side: those of the old copies can be told from those of the new ones.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::site::{Pool, Side, Site};

/// Addresses in one name of a path; a file system takes 255 bytes, an IPv6 address with its port and comma 48 at most.
const PER_NAME: usize = 4;
/// An old entry stays for those who have just read of it.
const LINGER: std::time::Duration = std::time::Duration::from_secs(2);

/// The directory of all pools of a target.
#[derive(Debug, Clone)]
pub struct Pools {
    root: PathBuf,
}

impl Pools {
    /// The pools below this directory, which Caddy's user must be able to read.
    #[must_use]
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where they lie.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Makes the directory, and the file in it by which it is known whether Caddy can read it.
    ///
    /// # Errors
    /// The disk; a path that would mean something else to Caddy, which takes it for a pattern.
    pub fn open(&self) -> io::Result<()> {
        if self.root.to_string_lossy().contains(['*', '?', '[', '\\', '{']) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "its path has one of `*?[\\{`, which the edge takes for a pattern",
            ));
        }
        fs::create_dir_all(&self.root)?;
        fs::write(self.root.join(SEEN), "")
    }

    /// Whether the pool has been written yet.
    #[must_use]
    pub fn has(&self, pool: &Pool) -> bool {
        self.root.join(&pool.name).is_dir()
    }

    /// Makes requests to the site go to its copies, but for those that are left out.
    ///
    /// # Errors
    /// The disk; what was so before still is.
    pub fn write(&self, site: &Site, left_out: &BTreeSet<String>) -> io::Result<()> {
        let pool = site.pool();
        let directory = self.root.join(&pool.name);
        let wanted = entry(&pool, &fill(&site.upstreams, left_out, pool.slots));
        let there = entries(&directory)?;
        let last = there.iter().filter_map(|name| name.split('.').next()?.parse::<u64>().ok()).min();
        let path = |number: u64| directory.join(format!("{number:020}.{wanted}"));
        if let Some(number) = last.filter(|number| path(*number).exists()) {
            return tidy(&directory, there.iter().filter(|name| !name.starts_with(&format!("{number:020}."))));
        }
        let number = last.unwrap_or(u64::MAX).saturating_sub(1);
        // Made whole elsewhere on the same disk, then moved in at once.
        let (first, below) =
            wanted.split_once('/').map_or((wanted.as_str(), None), |(first, rest)| (first, Some(rest)));
        let made = self.root.join(format!(".{}", pool.name));
        remove(&made)?;
        match below {
            Some(below) => {
                let leaf = made.join(below);
                fs::create_dir_all(leaf.parent().unwrap_or(&made))?;
                fs::write(leaf, "")?;
            }
            None => fs::write(&made, "")?,
        }
        fs::create_dir_all(&directory)?;
        fs::rename(&made, directory.join(format!("{number:020}.{first}")))
    }

    /// Pools that are there and are none of these.
    ///
    /// # Errors
    /// The disk.
    pub fn others(&self, known: &BTreeSet<String>) -> io::Result<BTreeSet<String>> {
        Ok(entries(&self.root)?.into_iter().filter(|name| !known.contains(name)).collect())
    }

    /// Takes a pool away.
    ///
    /// # Errors
    /// The disk.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        remove(&self.root.join(name))
    }

    /// The route that answers 204 if Caddy can read the directory.
    pub(super) fn seen(&self) -> Value {
        json!({
            "match": [{ "host": [HOST], "file": { "root": self.root, "try_files": [format!("/{SEEN}")] } }],
            "handle": [{ "handler": "static_response", "status_code": 204 }],
            "terminal": true,
        })
    }

    /// The routes that bring requests to a pool's copies, with how each side is proxied given the addresses of its slots.
    pub(super) fn routes(&self, pool: &Pool, proxy: impl Fn(Vec<Value>) -> Value) -> Vec<Value> {
        let levels = pool.slots.div_ceil(PER_NAME);
        // Twice: an entry may go away between its being found and its being looked at.
        let pattern = "/*".repeat(levels);
        let said = "{http.matchers.file.relative}";
        let sides: Vec<Value> = [Side::A, Side::B]
            .into_iter()
            .map(|side| {
                let pool = Pool { side, ..pool.clone() };
                json!({
                    "match": [{ "vars_regexp": { said: { "name": pool.key(), "pattern": expression(&pool) } } }],
                    "handle": [proxy(pool.dials())],
                })
            })
            .collect();
        vec![
            json!({
                "match": [{ "file": { "root": self.root.join(&pool.name), "try_files": [pattern, pattern] } }],
                "handle": [{ "handler": "subroute", "routes": sides }],
            }),
            json!({ "handle": [{ "handler": "static_response", "status_code": 503, "body": "no copy runs\n" }] }),
        ]
    }
}

/// The file by which it is seen whether Caddy can read the directory.
const SEEN: &str = ".seen";
/// The host that asks for it: the names of RFC 6761 are nobody's.
pub(super) const HOST: &str = "pools.helios.invalid";

impl Pool {
    /// What its requests are counted under, and its addresses are found by.
    fn key(&self) -> String {
        format!("{}{}", self.name, self.side)
    }

    fn dial(&self, slot: usize) -> String {
        format!("{{http.regexp.{}.{}}}", self.key(), slot + 1)
    }

    /// Its slots, as Caddy's upstreams.
    pub(super) fn dials(&self) -> Vec<Value> {
        (0..self.slots).map(|slot| json!({ "dial": self.dial(slot) })).collect()
    }

    /// How many requests are under way, by what Caddy says of its upstreams.
    #[must_use]
    pub fn requests(&self, all: &std::collections::BTreeMap<String, u64>) -> u64 {
        (0..self.slots).filter_map(|slot| all.get(&self.dial(slot))).sum()
    }
}

/// The addresses by slots: each copy has its own, so that who comes back comes to the same one; those of copies that are left
/// out go to the others.
fn fill<'u>(upstreams: &'u [String], left_out: &BTreeSet<String>, slots: usize) -> Vec<&'u str> {
    let good: Vec<&str> = upstreams.iter().map(String::as_str).filter(|one| !left_out.contains(*one)).collect();
    let all = upstreams.iter().map(String::as_str).cycle().take(if upstreams.is_empty() { 0 } else { slots });
    let mut others = good.iter().copied().cycle();
    all.filter_map(|own| if left_out.contains(own) { others.next() } else { Some(own) }).collect()
}

/// The path that says it, without the number.
fn entry(pool: &Pool, addresses: &[&str]) -> String {
    let levels: Vec<String> = match addresses {
        // As deep as any other entry, or an older one would be found in its place.
        [] => vec!["none".to_owned(); pool.slots.div_ceil(PER_NAME)],
        _ => addresses.chunks(PER_NAME).map(|level| level.join(",")).collect(),
    };
    format!("{},{}", pool.side, levels.join("/"))
}

/// What the path of an entry matches, one group for each slot.
fn expression(pool: &Pool) -> String {
    let levels: Vec<String> = (0..pool.slots)
        .collect::<Vec<_>>()
        .chunks(PER_NAME)
        .map(|level| vec!["([^,/]+)"; level.len()].join(","))
        .collect();
    format!("^/?[0-9]+[.]{},{}$", pool.side, levels.join("/"))
}

/// Takes entries away that nobody reads any more.
fn tidy<'n>(directory: &Path, old: impl Iterator<Item = &'n String>) -> io::Result<()> {
    for name in old {
        let path = directory.join(name);
        if fs::symlink_metadata(&path)?.modified()?.elapsed().unwrap_or_default() > LINGER {
            remove(&path)?;
        }
    }
    Ok(())
}

fn entries(directory: &Path) -> io::Result<Vec<String>> {
    let all = match fs::read_dir(directory) {
        Ok(all) => all,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let names = all.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    names.filter(|name: &io::Result<String>| !name.as_ref().is_ok_and(|name| name.starts_with('.'))).collect()
}

fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(kind) if kind.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
