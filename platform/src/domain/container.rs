//! A container as it must be, whatever engine runs it, and the digest that tells whether one that runs is the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use helios_client::{Failure, FailureKind};
use oal_ir::canonical;
use oal_ir::v1::Probe;
use serde::Serialize;

/// Memory of a container that says nothing of it: 1 GiB.
pub const DEFAULT_MEMORY: u64 = 1 << 30;
/// Processes of a container that says nothing of them.
pub const DEFAULT_PIDS: u64 = 1024;

/// The kernel capabilities that a container has without asking: what programs need that start as root, prepare their files and
/// then change to a user of their own, as most images do. Against the engine's own set it lacks raw packets, device files, file
/// capabilities, `chroot` and the audit log.
pub const DEFAULT_CAPABILITIES: &[&str] =
    &["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];

/// What a container is made from.
#[derive(Clone, PartialEq, Eq, Serialize, Default)]
pub struct ContainerSpec {
    /// The engine's id of the image.
    pub image: String,
    /// Operating system and processor.
    pub platform: Option<String>,
    /// Instead of the engine's own runtime.
    pub runtime: Option<String>,
    /// Instead of the image's `ENTRYPOINT`.
    pub entrypoint: Option<Vec<String>>,
    /// Instead of the image's `CMD`.
    pub command: Option<Vec<String>>,
    /// Instead of the image's.
    pub working_dir: Option<String>,
    /// Instead of the image's.
    pub user: Option<String>,
    /// Further groups.
    pub groups: Vec<String>,
    /// May hold secrets.
    pub env: BTreeMap<String, String>,
    /// By their path in the container. May hold secrets; never on a disk.
    pub files: BTreeMap<String, FileSpec>,
    /// By their path in the container.
    pub mounts: BTreeMap<String, MountSpec>,
    /// What it sees of the network.
    pub network: NetworkSpec,
    /// Opened on the machine.
    pub publish: BTreeSet<Publish>,
    /// Host name inside.
    pub hostname: Option<String>,
    /// `NAME:ADDRESS`.
    pub extra_hosts: Vec<String>,
    /// Further names for other components: `HOST:NAME`.
    pub links: Vec<String>,
    /// Name servers.
    pub dns: Vec<String>,
    /// Domains tried after a short name.
    pub dns_search: Vec<String>,
    /// Options of `resolv.conf`.
    pub dns_options: Vec<String>,
    /// Kernel capabilities, without `CAP_`; all others are taken away.
    pub capabilities: BTreeSet<String>,
    /// `no-new-privileges:true`, `seccomp=…`, `apparmor=…`, `label=…`.
    pub security: Vec<String>,
    /// All rights over the machine.
    pub privileged: bool,
    /// The image's files cannot be changed.
    pub read_only: bool,
    /// A small init process.
    pub init: bool,
    /// Kernel settings.
    pub sysctls: BTreeMap<String, String>,
    /// Soft and hard limit by name.
    pub ulimits: BTreeMap<String, (i64, i64)>,
    /// Path on the machine and permissions, by the path in the container.
    pub devices: BTreeMap<String, (String, String)>,
    /// Sees the machine's shared memory.
    pub host_ipc: bool,
    /// Sees the machine's processes.
    pub host_pid: bool,
    /// Keeps standard input open.
    pub stdin: bool,
    /// Has a terminal.
    pub tty: bool,
    /// Where the output goes: driver and options.
    pub log: (String, BTreeMap<String, String>),
    /// What it may use.
    pub limits: Limits,
    /// The engine's own probe: a command of the program's, or none even if the image has one.
    pub probe: Option<EngineProbe>,
    /// The program's own labels and annotations.
    pub labels: BTreeMap<String, String>,
    /// Key and value pairs for the engine's tools.
    pub annotations: BTreeMap<String, String>,
    /// Instead of the image's.
    pub stop_signal: Option<String>,
    /// Time between that and `SIGKILL`, in seconds. Not part of the digest: it counts when the container is stopped.
    #[serde(skip)]
    pub stop_seconds: u64,
    /// What the engine does when it ends. Not part of the digest: it can be changed while it runs.
    #[serde(skip)]
    pub restart: RestartSpec,
}

/// Without environment and files, which may hold secrets.
impl fmt::Debug for ContainerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerSpec")
            .field("image", &self.image)
            .field("command", &self.command)
            .finish_non_exhaustive()
    }
}

/// A file in a container.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct FileSpec {
    /// All of it; as a digest in the fingerprint and in snapshots.
    #[serde(serialize_with = "as_digest")]
    pub contents: Vec<u8>,
    /// Access rights.
    pub mode: u32,
    /// User and group by number. Left out, the container's user by number, else root.
    pub owner: Option<(u32, u32)>,
}

fn as_digest<S: serde::Serializer>(contents: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&canonical::sha256(contents))
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MountSpec {
    /// A disk by its name at the engine.
    Volume {
        /// Its name.
        name: String,
        /// Only read from.
        read_only: bool,
    },
    /// A path of the machine.
    Bind {
        /// The path.
        path: String,
        /// Only read from.
        read_only: bool,
    },
    /// A directory in memory.
    Tmpfs {
        /// Bytes at most.
        size: Option<u64>,
        /// Access rights.
        mode: u32,
    },
    /// A disk that goes with the container.
    Scratch,
}

/// What a container sees of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkSpec {
    /// Networks by their name at the engine.
    Networks(BTreeMap<String, Attachment>),
    /// The machine's own.
    Host,
    /// None.
    None,
    /// That of a component's first copy.
    Share(oal_ir::NodeId),
}

impl Default for NetworkSpec {
    fn default() -> Self {
        Self::Networks(BTreeMap::new())
    }
}

/// How a container takes part in a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Attachment {
    /// Names it is found by.
    pub aliases: Vec<String>,
    /// A fixed address.
    pub address: Option<String>,
}

/// A port opened on the machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Publish {
    /// In the container.
    pub port: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: &'static str,
    /// The machine's address; all if left out.
    pub address: Option<String>,
    /// On the machine; any that is free if left out.
    pub on: Option<u16>,
}

/// What a container may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Default)]
pub struct Limits {
    /// Thousandths of a core.
    pub cpu: Option<u64>,
    /// Thousandths of a core it gets when all want more.
    pub cpu_request: Option<u64>,
    /// The processors it may run on.
    pub cpu_set: Option<String>,
    /// Bytes.
    pub memory: u64,
    /// Bytes set aside.
    pub memory_request: Option<u64>,
    /// Bytes on top of `memory`.
    pub swap: u64,
    /// Bytes of `/dev/shm`.
    pub shared_memory: Option<u64>,
    /// Processes.
    pub pids: u64,
    /// Graphics processors, and what their driver must offer.
    pub gpu: Option<(u64, Vec<String>)>,
}

/// The engine's own probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineProbe {
    /// None, even if the image says one.
    Off,
    /// A command; times in milliseconds.
    Command {
        /// Program and arguments.
        command: Vec<String>,
        /// From one to the next.
        every: u64,
        /// At most so long.
        timeout: u64,
        /// So many failures in a row.
        retries: u64,
        /// Failures do not count so long.
        start_period: u64,
    },
}

/// What the engine does when a container ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RestartSpec {
    /// Nothing.
    #[default]
    Never,
    /// It starts it again.
    Always,
    /// Unless it was stopped by hand.
    UnlessStopped,
    /// If it failed, at most so often; 0 for ever.
    OnFailure(u64),
}

impl ContainerSpec {
    /// The digest of all that needs a new container when it changes. To be taken of a spec that was made with the ids of secret
    /// versions in place of their values.
    ///
    /// # Errors
    /// None in practice: everything here is JSON.
    pub fn digest(&self) -> Result<String, Failure> {
        let bytes = canonical::to_canonical(self)
            .map_err(|error| Failure::new(FailureKind::Internal, "", format!("a container's digest: {error}")))?;
        Ok(canonical::sha256(&bytes))
    }
}

/// The probe as the engine runs it, where it can: commands, and none at all.
#[must_use]
pub fn engine_probe(probe: Option<&Probe>) -> Option<EngineProbe> {
    match probe? {
        Probe::Exec { command, every, timeout, retries, start_period } => Some(EngineProbe::Command {
            command: command.clone(),
            every: every.0,
            timeout: timeout.0,
            retries: *retries,
            start_period: start_period.0,
        }),
        // What the platform asks itself, the engine need not ask in the image's way, too.
        Probe::Off | Probe::Http { .. } | Probe::Tcp { .. } | Probe::Grpc { .. } => Some(EngineProbe::Off),
    }
}
