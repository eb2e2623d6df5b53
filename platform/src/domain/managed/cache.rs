//! Caches: Redis, Valkey and Memcached in their official images.

use helios_client::Failure;
use oal_ir::NodeId;
use oal_ir::v1::{Cache, CacheEngine, Eviction};

use super::{Common, Managed, Ready, disk, file, strings};
use crate::domain::outputs::{Program, encode, field, unsupported};
use crate::domain::workload::files::password;

const SETTINGS: &str = "/etc/helios/cache.conf";

const fn engine(spec: &Cache) -> &'static str {
    match spec.engine {
        CacheEngine::Redis => "redis",
        CacheEngine::Valkey => "valkey",
        CacheEngine::Memcached => "memcached",
    }
}

pub(super) fn official(spec: &Cache) -> String {
    match spec.engine {
        CacheEngine::Valkey => format!("valkey/valkey:{}", spec.version),
        _ => format!("{}:{}", engine(spec), spec.version),
    }
}

pub(super) fn format(spec: &Cache) -> String {
    format!("{}-{}", engine(spec), spec.version)
}

/// `redis://:password@host:port`, or `memcached://host:port`.
pub(crate) fn url(program: &Program<'_>, node: &NodeId, spec: &Cache) -> Result<String, Failure> {
    let (host, port) = (program.host(node), spec.port);
    if matches!(spec.engine, CacheEngine::Memcached) {
        return Ok(format!("memcached://{host}:{port}"));
    }
    let password = encode(&password(program, node, spec.password.as_ref(), "password")?);
    Ok(format!("redis://:{password}@{host}:{port}"))
}

pub(super) fn recipe(program: &Program<'_>, node: &NodeId, spec: &Cache, image: &str) -> Result<Managed, Failure> {
    let common = Common {
        resources: &spec.resources,
        networks: &spec.networks,
        port: spec.port.0.get(),
        publish: spec.publish.map(|port| (port, &spec.publish_address)),
    };
    let mut container = common.container(program, node, image)?;
    // The contents and what the server needs besides: buffers, fragmentation, a copy while it saves.
    if spec.resources.memory.is_none() {
        container.limits.memory = spec.memory.0 + spec.memory.0 / 2 + (64 << 20);
    }
    if matches!(spec.engine, CacheEngine::Memcached) {
        let mebibytes = (spec.memory.0 >> 20).max(1).to_string();
        let mut command = strings(["memcached", "-m", &mebibytes, "-p", &spec.port.to_string()]);
        match spec.eviction {
            Eviction::Lru => {}
            Eviction::Never => command.push("-M".to_owned()),
            _ => {
                let message = "`memcached` knows `lru` and `never` only";
                return Err(unsupported(message, node, field(["eviction"])));
            }
        }
        container.command = Some(command);
    } else {
        container.files.insert(SETTINGS.to_owned(), file(settings(program, node, spec)?));
        container.command = Some(strings([&format!("{}-server", engine(spec)), SETTINGS]));
        if spec.storage.is_some() {
            container.mounts.insert("/data".to_owned(), disk(program.names.volume(node, &format(spec))));
        }
    }
    Ok(Managed { container, ready: Ready::Tcp(spec.port.0.get()), settle: Vec::new(), streams: Vec::new() })
}

/// The settings file: a password among arguments could be seen by others.
fn settings(program: &Program<'_>, node: &NodeId, spec: &Cache) -> Result<String, Failure> {
    let password = password(program, node, spec.password.as_ref(), "password")?;
    let policy = match spec.eviction {
        Eviction::Lru => "allkeys-lru",
        Eviction::Lfu => "allkeys-lfu",
        Eviction::VolatileLru => "volatile-lru",
        Eviction::VolatileTtl => "volatile-ttl",
        Eviction::Random => "allkeys-random",
        Eviction::Never => "noeviction",
    };
    // Inside quotes the server reads `\"` and `\\`, and `\n` would end the line.
    let quoted = password.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r");
    let keep = if spec.storage.is_some() { "appendonly yes" } else { "appendonly no\nsave \"\"" };
    Ok(format!(
        "port {}\nbind * -::*\nrequirepass \"{quoted}\"\nmaxmemory {}\nmaxmemory-policy {policy}\ndir /data\n{keep}\n",
        spec.port, spec.memory.0
    ))
}
