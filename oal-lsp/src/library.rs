//! Files of the built-in library and pages of codes as clients are shown them: by a scheme of our own where a client says that it reads
//! that (`initializationOptions`, `"library": "scheme"`), else as read-only files in the user's cache, which every editor opens.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{env, fs};

use oal_check::diagnostic::codes;

use crate::key::{self, Key};

/// Whether the client reads the scheme: a server has one client for as long as it runs.
static READS_SCHEME: AtomicBool = AtomicBool::new(false);

/// Notes what a client said for starting.
pub(crate) fn agree(options: Option<&serde_json::Value>) {
    let says = options.and_then(|options| options.get("library")).and_then(serde_json::Value::as_str);
    READS_SCHEME.store(says == Some("scheme"), Ordering::Relaxed);
}

/// The URI of a document of the library, by which this client can open it.
pub(crate) fn uri(key: &str) -> String {
    let Some(name) = key.strip_prefix(key::STD).filter(|_| !READS_SCHEME.load(Ordering::Relaxed)) else {
        return key.to_owned();
    };
    written(name).map_or_else(|| key.to_owned(), |path| key::to_uri(&path))
}

/// The key of a document of the library by the path of its file.
pub(crate) fn key_of(path: &str) -> Option<Key> {
    let name = path.strip_prefix(&**directory()?)?.strip_prefix('/')?;
    text(name).map(|_| format!("{}{name}", key::STD).into())
}

/// What a document of the library says.
pub(crate) fn text(name: &str) -> Option<&'static str> {
    if let Some(code) = name.strip_prefix("errors/").and_then(|page| page.strip_suffix(".md")) {
        return codes::lookup(code).map(codes::Code::page);
    }
    let index = oal_check::std::index(oal_check::std::file_named(name)?)?;
    Some(&oal_check::std::source(index).text)
}

/// Where the files are: one directory for each version, so that none is ever changed.
fn directory() -> Option<&'static Key> {
    static DIRECTORY: OnceLock<Option<Key>> = OnceLock::new();
    let find = || {
        let var = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let home = |below: &str| var("HOME").map(|home| home.join(below));
        let cache = match env::consts::OS {
            "windows" => var("LOCALAPPDATA"),
            "macos" => var("XDG_CACHE_HOME").or_else(|| home("Library/Caches")),
            _ => var("XDG_CACHE_HOME").or_else(|| home(".cache")),
        };
        let path = cache?.join("oal").join(format!("std-{}", env!("CARGO_PKG_VERSION")));
        Some(key::normal(&path.to_str()?.replace('\\', "/")))
    };
    DIRECTORY.get_or_init(find).as_ref()
}

/// The file of a document, written where it is not there yet; `None` where that cannot be.
fn written(name: &str) -> Option<String> {
    let path = format!("{}/{name}", directory()?);
    let text = text(name)?;
    let file = Path::new(&path);
    if fs::read(file).is_ok_and(|there| there == text.as_bytes()) {
        return Some(path);
    }
    fs::create_dir_all(file.parent()?).ok()?;
    // Whole or not at all, whoever else writes it now.
    let beside = format!("{path}.{}", std::process::id());
    fs::write(&beside, text).ok()?;
    let mut rights = fs::metadata(&beside).ok()?.permissions();
    rights.set_readonly(true);
    let done = fs::set_permissions(&beside, rights).and_then(|()| fs::rename(&beside, file));
    if done.is_err() {
        let _ = fs::remove_file(&beside);
    }
    done.ok().map(|()| path)
}
