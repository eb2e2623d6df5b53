//! A private PostgreSQL.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use sqlx::Connection;
use tokio::process::Command;

use super::child::{Child, Start, User, find_program};
use super::directory::{Chosen, Directory};
use super::{LocalError, child};

/// Name of the superuser and of the database.
const NAME: &str = "helios";

/// A PostgreSQL server of our own.
#[derive(Debug)]
pub struct Postgres {
    /// The server.
    pub child: Child,
    /// How to reach it.
    pub url: String,
}

/// The directory with `postgres` and `initdb`: where `postgres` is on the `PATH`, or Debian's of the highest version.
#[must_use]
pub fn programs() -> Option<PathBuf> {
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = debian
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_unstable();
    let also: Vec<PathBuf> = versions.into_iter().rev().map(|(_, path)| path).collect();
    let found = find_program("postgres", &also)?;
    let directory = found.parent()?.to_owned();
    directory.join("initdb").is_file().then_some(directory)
}

/// How long the server of a `helios up` that was killed may take to end, and to give up the data.
const LAST_ONE: Duration = Duration::from_secs(20);

/// The user `postgres`, whom a server started by root runs as: PostgreSQL refuses to run as root.
fn user() -> Result<Option<User>, LocalError> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").map_err(LocalError::io("/etc/passwd"))?;
    let found = users.lines().find_map(|line| {
        let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
        Some(User { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
    });
    found.map(Some).ok_or_else(|| LocalError::Other("there is no user `postgres` to run PostgreSQL as".to_owned()))
}

/// Starts a server with its data in the directory, which is made at the first start.
///
/// # Errors
/// Not installed; the disk; it does not start.
pub async fn start(directory: &Directory, chosen: &Chosen) -> Result<Postgres, LocalError> {
    let programs = programs().ok_or(LocalError::Missing { program: "postgres", package: "postgresql" })?;
    let user = user()?;
    let data = directory.at("postgres");
    if !data.join("PG_VERSION").is_file() {
        make(directory, &programs, &data, user, &chosen.postgres_password).await?;
    }
    let port = chosen.postgres_port.to_string();
    let settings =
        ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=100", "logging_collector=off"];
    let mut arguments = vec!["-D".to_owned(), data.display().to_string(), "-p".to_owned(), port.clone()];
    arguments.extend(settings.iter().flat_map(|setting| ["-c".to_owned(), (*setting).to_owned()]));
    let url = |database| format!("postgres://{NAME}:{}@127.0.0.1:{port}/{database}", chosen.postgres_password);
    let admin = url("postgres");
    let (program, lock, begun) = (programs.join("postgres"), data.join("postmaster.pid"), Instant::now());
    let child = loop {
        let was_locked = lock.exists();
        let mut child = Child::start(Start {
            name: "PostgreSQL",
            program: &program,
            arguments: arguments.clone(),
            environment: Vec::new(),
            user,
            end: Signal::INT,
        })?;
        let ready = || async { sqlx::PgConnection::connect(&admin).await.is_ok() };
        match child.until_ready(Duration::from_secs(60), ready).await {
            Ok(()) => break child,
            Err(LocalError::Child { .. }) if was_locked && begun.elapsed() < LAST_ONE => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(error) => return Err(error),
        }
    };
    create_database(&admin).await.map_err(|error| LocalError::Other(format!("PostgreSQL: {error}")))?;
    Ok(Postgres { child, url: url(NAME) })
}

async fn create_database(admin: &str) -> Result<(), sqlx::Error> {
    let mut connection = sqlx::PgConnection::connect(admin).await?;
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(NAME)
        .fetch_one(&mut connection)
        .await?;
    if !there {
        sqlx::query("CREATE DATABASE helios").execute(&mut connection).await?;
    }
    connection.close().await
}

/// Makes the data directory: beside its place, so that one that is there is whole.
async fn make(
    directory: &Directory,
    programs: &Path,
    data: &Path,
    user: Option<User>,
    password: &str,
) -> Result<(), LocalError> {
    let making = directory.at("postgres.new");
    if making.exists() {
        fs::remove_dir_all(&making).map_err(LocalError::io(&making))?;
    }
    fs::create_dir(&making).map_err(LocalError::io(&making))?;
    let secret = directory.write_private("postgres.password", password.as_bytes())?;
    if let Some(child::User { uid, gid }) = user {
        for path in [&making, &secret] {
            chown(path, Some(uid), Some(gid)).map_err(LocalError::io(path))?;
        }
        passable(directory.root(), user)?;
    }
    let mut command = match user {
        Some(User { uid, gid }) => {
            let mut command = Command::new("setpriv");
            command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).args(["--clear-groups", "--"]);
            command.arg(programs.join("initdb"));
            command
        }
        None => Command::new(programs.join("initdb")),
    };
    command.arg("-D").arg(&making).args(["-U", NAME, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]);
    command.arg(format!("--pwfile={}", secret.display())).current_dir("/");
    let output = command.output().await.map_err(LocalError::io(programs))?;
    let _ = fs::remove_file(&secret);
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let log = said.lines().map(str::to_owned).collect();
        return Err(LocalError::Child { name: "initdb", what: format!("failed: {}", output.status), log });
    }
    fs::rename(&making, data).map_err(LocalError::io(data))
}

/// Says clearly when the server's user cannot reach the directory: initdb would only say that it cannot.
fn passable(root: &Path, user: Option<User>) -> Result<(), LocalError> {
    let closed = root.ancestors().find(|path| {
        let Ok(metadata) = fs::metadata(path) else { return false };
        let owned = user.is_some_and(|user| metadata.uid() == user.uid);
        !owned && metadata.mode() & 0o001 == 0
    });
    match closed {
        Some(path) => Err(LocalError::Other(format!(
            "{} lets no other user pass, and PostgreSQL runs as `postgres`: give another `--data` directory, such as /var/lib/helios",
            path.display()
        ))),
        None => Ok(()),
    }
}
