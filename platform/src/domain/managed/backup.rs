//! Copies of a database's data: made, brought back and cleared away by the tools of its own image, in containers of their own.
//!
//! All copies of a database lie on one volume, each under its identifier. One that is being made ends in `.part` until it is whole
//! and on the disk, so a copy under its own name is always whole.

use helios_client::{Failure, FailureKind};
use oal_ir::NodeId;
use oal_ir::v1::{Database, DatabaseEngine, Spec};
use uuid::Uuid;

use super::database::{PASSWORD, common};
use super::{file, strings};
use crate::domain::container::{ContainerSpec, MountSpec, NetworkSpec, RestartSpec};
use crate::domain::outputs::{Program, field, unsupported};
use crate::domain::workload::files::password;

/// Where the copies lie in the container.
const COPIES: &str = "/copies";

/// What is done with copies of a database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task<'a> {
    /// Make one under this name. The last line of its output is `copied SIZE DIGEST`.
    Copy(Uuid),
    /// Bring back the one of this name and digest (`sha256:…`).
    Restore(Uuid, &'a str),
    /// Remove all but those.
    Clear(&'a [Uuid]),
}

/// Whether copies of this kind of database can be made.
#[must_use]
pub const fn is_supported(engine: &DatabaseEngine) -> bool {
    matches!(engine, DatabaseEngine::Postgres)
}

/// The volume that the copies of a database's data lie on. It goes with its environment only, not with the database.
#[must_use]
pub fn volume(program: &Program<'_>, node: &NodeId) -> String {
    program.names.volume(node, "backups")
}

/// The container that does it.
///
/// # Errors
/// It is no database, or one of whose data no copies are made; a secret is not there.
pub fn recipe(program: &Program<'_>, node: &NodeId, image: &str, task: &Task<'_>) -> Result<ContainerSpec, Failure> {
    let Some(Spec::Database(spec)) = program.ir.components.get(node).map(|component| &component.spec) else {
        let message = format!("`{node}` is no database of the live release");
        return Err(Failure::new(FailureKind::Unsupported, "", message));
    };
    if !is_supported(&spec.engine) {
        return Err(unsupported("copies are made of PostgreSQL's data only", node, field(["backup"])));
    }
    let mut container = common(spec).container(program, node, image)?;
    // It uses the database's networks, and is not found by its name there.
    if let NetworkSpec::Networks(networks) = &mut container.network {
        networks.values_mut().for_each(|attachment| *attachment = Default::default());
    }
    container.publish.clear();
    // What lies there belongs to root, whoever the image's programs are run as.
    container.user = Some("0:0".to_owned());
    container.capabilities.clear();
    container.restart = RestartSpec::Never;
    // A copy that is broken off is of no use, so there is nothing to be put in order.
    container.stop_seconds = 1;
    container.files.insert(PASSWORD.to_owned(), file(password(program, node, spec.password.as_ref(), "password")?));
    let read_only = matches!(task, Task::Restore(..));
    container.mounts.insert(COPIES.to_owned(), MountSpec::Volume { name: volume(program, node), read_only });
    container.entrypoint = Some(strings(["sh", "-euc"]));
    container.command = Some(vec![script(task)]);
    container.working_dir = Some(COPIES.to_owned());
    for (name, value) in client(program, node, spec) {
        container.env.insert(name.to_owned(), value);
    }
    Ok(container)
}

/// How the tools reach the database (PostgreSQL 16, 34.15); the password comes by a file.
fn client(program: &Program<'_>, node: &NodeId, spec: &Database) -> [(&'static str, String); 4] {
    [
        ("PGHOST", program.host(node).to_owned()),
        ("PGPORT", spec.port.to_string()),
        ("PGUSER", spec.user.clone()),
        ("PGDATABASE", spec.name.clone()),
    ]
}

/// What is done, in words of the shell. Names of copies are hexadecimal digits and hyphens, so they need no quotes.
fn script(task: &Task<'_>) -> String {
    let password = format!("PGPASSWORD=$(cat {PASSWORD})\nexport PGPASSWORD\n");
    match task {
        Task::Copy(id) => format!(
            "umask 077\nrm -f -- *.part\ntrap 'rm -f -- {id}.part' EXIT\n{password}\
             pg_dump --format=custom --no-password --lock-wait-timeout=10min --file={id}.part\n\
             sync {id}.part\nmv {id}.part {id}\nsync .\n\
             echo \"copied $(stat -c %s {id}) $(sha256sum < {id} | cut -d' ' -f1)\"\n"
        ),
        Task::Restore(id, digest) => format!(
            "if [ \"sha256:$(sha256sum < {id} | cut -d' ' -f1)\" != {digest} ]; then\n\
             echo 'the copy is not what it was when it was made' >&2\nexit 1\nfi\n{password}\
             pg_restore --clean --if-exists --single-transaction --no-password --dbname=\"$PGDATABASE\" {id}\n"
        ),
        Task::Clear(keep) => {
            let kept: Vec<String> = keep.iter().map(Uuid::to_string).collect();
            format!(
                "for copy in *; do\ncase ' {} ' in\n*\" $copy \"*) ;;\n*) rm -f -- \"$copy\" ;;\nesac\ndone\nsync .\n",
                kept.join(" ")
            )
        }
    }
}

/// Size and digest of a copy, out of what its container wrote.
#[must_use]
pub fn copied<'a>(lines: impl IntoIterator<Item = &'a str>) -> Option<(u64, String)> {
    let line = lines.into_iter().filter_map(|line| line.strip_prefix("copied ")).last()?;
    let (size, digest) = line.split_once(' ')?;
    let whole = digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    whole.then_some((size.parse().ok()?, format!("sha256:{digest}")))
}
