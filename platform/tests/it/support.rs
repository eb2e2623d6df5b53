//! What tests stand on: a private PostgreSQL and a private NATS, gone when their owner is, however it ends.
//!
//! A test takes what it needs: [`Services::start`] for both, [`Database::new`] for a migrated database on the server that the
//! tests of this process share, [`Postgres::start`] for a server of its own that it may stop.

pub(crate) mod build_cache;
pub(crate) mod caddy;
pub(crate) mod disk;
pub(crate) mod engine;
pub(crate) mod nats;
pub(crate) mod postgres;
pub(crate) mod server;
pub(crate) mod world;

pub(crate) use caddy::Caddy;
pub(crate) use nats::Nats;
pub(crate) use postgres::{Database, Postgres};
pub(crate) use world::World;

use std::path::PathBuf;

/// Both services, fresh and empty.
pub(crate) struct Services {
    /// A migrated database.
    pub(crate) database: Database,
    /// A server of its own.
    pub(crate) nats: Nats,
}

impl Services {
    /// Starts what is not running yet.
    pub(crate) async fn start() -> Self {
        Self { database: Database::new().await, nats: Nats::start() }
    }
}

/// The directory for what servers keep; swept of what processes that were killed have left.
fn scratch() -> PathBuf {
    static SWEPT: std::sync::Once = std::sync::Once::new();
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("services");
    std::fs::create_dir_all(&root).unwrap();
    SWEPT.call_once(|| {
        for entry in std::fs::read_dir(&root).unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let process = name.split_once('.').and_then(|(process, _)| process.parse::<u32>().ok());
            if process.is_some_and(|process| !PathBuf::from(format!("/proc/{process}")).exists()) {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    });
    root
}

/// A new directory of this process.
pub(crate) fn directory(what: &str) -> tempfile::TempDir {
    let prefix = format!("{}.{what}.", std::process::id());
    let directory = tempfile::Builder::new().prefix(&prefix).tempdir_in(scratch()).unwrap();
    std::fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
    directory
}

/// A port of the loopback that nobody listens on now.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
