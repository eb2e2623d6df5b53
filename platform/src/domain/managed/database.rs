//! Databases: PostgreSQL, MySQL, MariaDB and MongoDB in their official images.

use helios_client::Failure;
use oal_ir::NodeId;
use oal_ir::v1::{Database, DatabaseEngine};

use super::{Common, Credential, Managed, Ready, disk, file, strings};
use crate::domain::container::ContainerSpec;
use crate::domain::outputs::{Program, encode, field, unsupported};
use crate::domain::workload::files::{password, project_file};

/// Where the password lies in the container.
pub(super) const PASSWORD: &str = "/run/secrets/password";
const ROOT_PASSWORD: &str = "/run/secrets/root_password";

/// The official image: <https://hub.docker.com/_/postgres> and its like.
pub(super) fn official(spec: &Database) -> String {
    let name = match spec.engine {
        DatabaseEngine::Postgres => "postgres",
        DatabaseEngine::Mysql => "mysql",
        DatabaseEngine::Mariadb => "mariadb",
        DatabaseEngine::Mongodb => "mongo",
    };
    match spec.minor {
        Some(minor) => format!("{name}:{}.{minor}", spec.version),
        None => format!("{name}:{}", spec.version),
    }
}

pub(super) fn credentials(spec: &Database, mut password: Vec<Credential>) -> Vec<Credential> {
    if matches!(spec.engine, DatabaseEngine::Mysql | DatabaseEngine::Mariadb) && spec.user != "root" {
        password.push(Credential { name: "root_password", length: 32 });
    }
    password
}

/// Which servers can read the same disk: a new major version of PostgreSQL or MongoDB cannot read the old one's, and MySQL
/// changes its disk without a way back.
pub(super) fn format(spec: &Database) -> String {
    match spec.engine {
        DatabaseEngine::Postgres => format!("postgres-{}", spec.version),
        DatabaseEngine::Mysql => "mysql".to_owned(),
        DatabaseEngine::Mariadb => "mariadb".to_owned(),
        DatabaseEngine::Mongodb => "mongodb".to_owned(),
    }
}

/// `postgres://user:password@host:port/name` and its like.
pub(crate) fn url(program: &Program<'_>, node: &NodeId, spec: &Database) -> Result<String, Failure> {
    let password = encode(&password(program, node, spec.password.as_ref(), "password")?);
    let (user, host, port, name) = (encode(&spec.user), program.host(node), spec.port, &spec.name);
    Ok(match spec.engine {
        DatabaseEngine::Postgres => format!("postgres://{user}:{password}@{host}:{port}/{name}"),
        DatabaseEngine::Mysql | DatabaseEngine::Mariadb => format!("mysql://{user}:{password}@{host}:{port}/{name}"),
        // The user is made in `admin`, as the image documents it.
        DatabaseEngine::Mongodb => format!("mongodb://{user}:{password}@{host}:{port}/{name}?authSource=admin"),
    })
}

/// What the containers that have to do with a database have in common.
pub(super) fn common(spec: &Database) -> Common<'_> {
    Common {
        resources: &spec.resources,
        networks: &spec.networks,
        port: spec.port.0.get(),
        publish: spec.publish.map(|port| (port, &spec.publish_address)),
    }
}

pub(super) fn recipe(program: &Program<'_>, node: &NodeId, spec: &Database, image: &str) -> Result<Managed, Failure> {
    let mut container = common(spec).container(program, node, image)?;
    container.files.insert(PASSWORD.to_owned(), file(password(program, node, spec.password.as_ref(), "password")?));
    for (index, path) in spec.init.iter().enumerate() {
        let contents = project_file(program, node, path, field(["init", &index.to_string()]))?;
        let name = path.rsplit('/').next().unwrap_or(path);
        container.files.insert(format!("/docker-entrypoint-initdb.d/{index:03}-{name}"), file(contents));
    }
    match spec.engine {
        DatabaseEngine::Postgres => Ok(postgres(program, node, spec, container)),
        DatabaseEngine::Mysql | DatabaseEngine::Mariadb => mysql(program, node, spec, container),
        DatabaseEngine::Mongodb => mongodb(program, node, spec, container),
    }
}

fn postgres(program: &Program<'_>, node: &NodeId, spec: &Database, mut container: ContainerSpec) -> Managed {
    let port = spec.port.to_string();
    for (name, value) in
        [("POSTGRES_USER", &*spec.user), ("POSTGRES_DB", &spec.name), ("POSTGRES_PASSWORD_FILE", PASSWORD)]
    {
        container.env.insert(name.to_owned(), value.to_owned());
    }
    // From 18 on the image keeps each version in a directory of its own below this one.
    let data = if spec.version >= 18 { "/var/lib/postgresql" } else { "/var/lib/postgresql/data" };
    container.mounts.insert(data.to_owned(), disk(program.names.volume(node, &format(spec))));
    let mut command = strings(["postgres", "-p", &port]);
    for (name, value) in &spec.settings {
        command.extend(["-c".to_owned(), format!("{name}={value}")]);
    }
    container.command = Some(command);
    // In order: no new connections, running ones may end.
    container.stop_signal = Some("SIGINT".to_owned());
    // 64 MiB, the engine's own, are too few for parallel queries.
    container.limits.shared_memory.get_or_insert(256 << 20);
    let ready = strings(["pg_isready", "-q", "-h", "127.0.0.1", "-p", &port, "-U", &spec.user, "-d", &spec.name]);
    let extension = |name: &String| {
        let quoted = name.replace('"', "\"\"");
        let statement = format!("CREATE EXTENSION IF NOT EXISTS \"{quoted}\"");
        strings([
            "psql",
            "-v",
            "ON_ERROR_STOP=1",
            "-q",
            "-p",
            &port,
            "-U",
            &spec.user,
            "-d",
            &spec.name,
            "-c",
            &statement,
        ])
    };
    // The first start makes the user with its password; afterwards the server is told, for it may have been changed since. The
    // password goes by a file: arguments can be seen by others.
    let password = format!(
        "psql -v ON_ERROR_STOP=1 -q -p {port} -U \"$POSTGRES_USER\" -d \"$POSTGRES_DB\" <<'END'\n\\set password `cat {PASSWORD}`\n\
         ALTER ROLE CURRENT_USER PASSWORD :'password';\nEND"
    );
    let mut settle = vec![strings(["sh", "-c", &password])];
    settle.extend(spec.extensions.iter().map(extension));
    Managed { container, ready: Ready::Command(ready), settle, streams: Vec::new() }
}

fn mysql(
    program: &Program<'_>,
    node: &NodeId,
    spec: &Database,
    mut container: ContainerSpec,
) -> Result<Managed, Failure> {
    let mut env = vec![("MYSQL_DATABASE", &*spec.name)];
    if spec.user == "root" {
        env.push(("MYSQL_ROOT_PASSWORD_FILE", PASSWORD));
    } else {
        let root = program.secret(&format!("{node}#root_password"))?;
        container.files.insert(ROOT_PASSWORD.to_owned(), file(root));
        env.extend([
            ("MYSQL_USER", &*spec.user),
            ("MYSQL_PASSWORD_FILE", PASSWORD),
            ("MYSQL_ROOT_PASSWORD_FILE", ROOT_PASSWORD),
        ]);
    }
    // MariaDB reads the same names.
    container.env.extend(env.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
    container.mounts.insert("/var/lib/mysql".to_owned(), disk(program.names.volume(node, &format(spec))));
    // The first word makes the entrypoint start the server; MariaDB knows the old name, too.
    let program_name = if matches!(spec.engine, DatabaseEngine::Mariadb) { "mariadbd" } else { "mysqld" };
    let mut command = vec![program_name.to_owned(), format!("--port={}", spec.port)];
    command.extend(spec.settings.iter().map(|(name, value)| format!("--{name}={value}")));
    container.command = Some(command);
    // The server that prepares the data directory listens on no port.
    Ok(Managed { container, ready: Ready::Tcp(spec.port.0.get()), settle: Vec::new(), streams: Vec::new() })
}

fn mongodb(
    program: &Program<'_>,
    node: &NodeId,
    spec: &Database,
    mut container: ContainerSpec,
) -> Result<Managed, Failure> {
    if let Some(name) = spec.settings.keys().next() {
        return Err(unsupported("settings of MongoDB are not passed on yet", node, field(["settings", name])));
    }
    let env = [
        ("MONGO_INITDB_ROOT_USERNAME", &*spec.user),
        ("MONGO_INITDB_ROOT_PASSWORD_FILE", PASSWORD),
        ("MONGO_INITDB_DATABASE", &spec.name),
    ];
    container.env.extend(env.map(|(name, value)| (name.to_owned(), value.to_owned())));
    container.mounts.insert("/data/db".to_owned(), disk(program.names.volume(node, &format(spec))));
    container.command = Some(vec!["mongod".to_owned(), "--port".to_owned(), spec.port.to_string()]);
    // The server that prepares the data directory listens on the container's loopback only.
    Ok(Managed { container, ready: Ready::Tcp(spec.port.0.get()), settle: Vec::new(), streams: Vec::new() })
}
