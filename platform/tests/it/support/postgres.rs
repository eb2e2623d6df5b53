//! A private PostgreSQL, made from a template that has the tables already.
//!
//! The template, a whole data directory, is made once for each state of the migrations and copied for each server; a database is
//! a copy of one within it. Nothing is flushed to the disk: these servers need not survive the machine, only themselves.

use std::fs::File;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, Weak};

use helios::local::postgres::programs;
use helios::store::{MIGRATIONS, Store};
use rustix::process::Signal;

use super::server::{Server, User, as_user};

/// The migrated database in the template, and the superuser.
const TEMPLATE: &str = "helios";

/// A server of its own, which can be stopped and started again. Its first database is migrated.
pub(crate) struct Postgres {
    directory: tempfile::TempDir,
    port: u16,
    server: Mutex<Option<Server>>,
    databases: AtomicU32,
}

/// A migrated database, fresh.
pub(crate) struct Database {
    /// How to reach it.
    pub(crate) url: String,
    /// The server it is on.
    pub(crate) server: Arc<Postgres>,
}

impl Database {
    /// A database on the server that the tests of this process share.
    pub(crate) async fn new() -> Self {
        static SHARED: Mutex<Weak<Postgres>> = Mutex::new(Weak::new());
        let server = {
            let mut shared = SHARED.lock().unwrap();
            shared.upgrade().unwrap_or_else(|| {
                let server = Arc::new(Postgres::start());
                *shared = Arc::downgrade(&server);
                server
            })
        };
        Self::on(server).await
    }

    /// A database on this server.
    pub(crate) async fn on(server: Arc<Postgres>) -> Self {
        let number = server.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        let admin = Store::connect(&server.url("postgres"), 1).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy"));
        sqlx::query(create).execute(admin.pool()).await.unwrap();
        admin.pool().close().await;
        Self { url: server.url(&name), server }
    }

    /// A store with a few connections to it.
    pub(crate) async fn store(&self) -> Store {
        Store::connect(&self.url, 10).await.unwrap()
    }
}

impl Postgres {
    /// Starts a server of its own.
    pub(crate) fn start() -> Self {
        let (template, _in_use) = template();
        let mut tries = 0;
        loop {
            let directory = super::directory("postgres");
            let copied =
                Command::new("cp").arg("-a").arg("--reflink=auto").arg(&template).arg(data(&directory)).status();
            assert!(copied.unwrap().success(), "the template can be copied");
            let server =
                Self { directory, port: super::free_port(), server: Mutex::default(), databases: AtomicU32::new(0) };
            if server.try_resume() {
                return server;
            }
            tries += 1;
            assert!(tries < 5, "PostgreSQL does not start: {}", server.log());
        }
    }

    /// Where it listens on the loopback.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// How to reach a database.
    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://{TEMPLATE}@127.0.0.1:{}/{database}", self.port)
    }

    /// Ends it in good order: open transactions are rolled back.
    pub(crate) fn stop(&self) {
        self.end(Signal::INT);
    }

    /// Ends it at once, as if the machine had failed.
    pub(crate) fn kill(&self) {
        self.end(Signal::QUIT);
    }

    /// Starts it again where it was.
    pub(crate) fn resume(&self) {
        assert!(self.try_resume(), "PostgreSQL does not start again: {}", self.log());
    }

    fn try_resume(&self) -> bool {
        let mut server = self.server.lock().unwrap();
        assert!(server.is_none(), "it runs");
        *server = run(&data(&self.directory), self.port, &self.directory.path().join("log"));
        server.is_some()
    }

    fn end(&self, signal: Signal) {
        if let Some(server) = self.server.lock().unwrap().take() {
            server.end(signal);
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

fn data(directory: &tempfile::TempDir) -> PathBuf {
    directory.path().join("data")
}

fn program(name: &str) -> PathBuf {
    programs().expect("PostgreSQL is installed: apt-get install postgresql").join(name)
}

fn run(data: &Path, port: u16, log: &Path) -> Option<Server> {
    let mut arguments = vec!["-D".to_owned(), data.display().to_string(), "-p".to_owned(), port.to_string()];
    let settings = [
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "fsync=off",
        "full_page_writes=off",
        "max_connections=200",
        "shared_buffers=16MB",
        "autovacuum=off",
    ];
    arguments.extend(settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]));
    // Immediate shutdown: the postmaster ends its children and leaves nothing behind.
    Server::start(&program("postgres"), &arguments, owner(), "QUIT", log, port)
}

/// PostgreSQL refuses to run as root: the user `postgres` for root, else nobody else.
fn owner() -> User {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find_map(|line| line.strip_prefix("postgres:x:")).expect("there is a user `postgres`");
    let mut numbers = line.split(':').map(|field| field.parse().unwrap_or_default());
    Some((numbers.next().unwrap(), numbers.next().unwrap()))
}

/// The template's data directory, and a lock that keeps it while it is copied.
fn template() -> (PathBuf, File) {
    let root = super::scratch();
    let version = Command::new(program("postgres")).arg("--version").output().unwrap().stdout;
    let mut state = String::from_utf8_lossy(&version).into_owned();
    MIGRATIONS.iter().for_each(|migration| migration.checksum.iter().for_each(|byte| state += &format!("{byte:02x}")));
    let digest = helios::artifacts::digest(state.as_bytes());
    let name = format!("template-{}", &digest["sha256:".len()..][..16]);
    let (template, lock) = (root.join(&name), File::create(root.join("template.lock")).unwrap());
    lock.lock_shared().unwrap();
    if !template.exists() {
        lock.unlock().unwrap();
        lock.lock().unwrap();
        if !template.exists() {
            remove_old(&root);
            make(&root.join("making"), &template);
        }
    }
    (template, lock)
}

fn remove_old(root: &Path) {
    for entry in std::fs::read_dir(root).unwrap().flatten() {
        let name = entry.file_name();
        if name == "making" || name.to_string_lossy().starts_with("template-") {
            std::fs::remove_dir_all(entry.path()).unwrap();
        }
    }
}

fn make(making: &Path, template: &Path) {
    std::fs::create_dir(making).unwrap();
    let user = owner();
    if let Some((uid, gid)) = user {
        chown(making, Some(uid), Some(gid)).unwrap();
        let closed = making.ancestors().skip(1).find(|path| path.metadata().unwrap().mode() & 0o001 == 0);
        assert!(closed.is_none(), "{closed:?} lets no other user pass, and PostgreSQL runs as `postgres`");
    }
    let mut command = as_user(user);
    command.arg("--").arg(program("initdb")).arg("-D").arg(making).current_dir("/");
    command.args([
        "-U",
        TEMPLATE,
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--no-sync",
        "--wal-segsize=1",
    ]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));

    let (port, log) = (super::free_port(), making.with_extension("log"));
    let server = run(making, port, &log).unwrap_or_else(|| panic!("{}", std::fs::read_to_string(&log).unwrap()));
    let url = move |database| format!("postgres://{TEMPLATE}@127.0.0.1:{port}/{database}");
    // In a runtime of its own: a test's runtime may be the one that waits for this.
    let migrated = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let admin = Store::connect(&url("postgres"), 1).await.unwrap();
            let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {TEMPLATE}"));
            sqlx::query(create).execute(admin.pool()).await.unwrap();
            admin.pool().close().await;
            let store = Store::connect(&url(TEMPLATE), 1).await.unwrap();
            store.migrate().await.unwrap();
            store.pool().close().await;
        });
    });
    migrated.join().unwrap();
    server.end(Signal::INT);
    std::fs::rename(making, template).unwrap();
}
