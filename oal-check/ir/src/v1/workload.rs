//! The kinds `service` and `job`, and what they have in common: a program in a container.

use std::collections::BTreeMap;

use super::shape::shape;
use super::{
    Autoscale, Build, Capabilities, Cron, Device, Dns, EnvName, File, FilePath, Host, HostAddress, Image, IpAddr,
    Logging, Membership, Millis, Mount, Namespace, NetworkMode, NodeId, Overlap, Port, PortName, PortRange, Probe,
    Protocol, Pull, Resources, Restart, Security, Signal, SourcePath, Template, Trigger, Ulimit, UlimitName, Update,
};

/// Makes one record per kind, each with the common fields, and the view [`Workload`] of the common ones. In JSON all fields
/// of a kind stand side by side; serde cannot both flatten a record and refuse unknown fields.
macro_rules! workloads {
    (@view { $($(#[doc = $doc:literal])* $(#[serde($($serde:tt)*)])? $field:ident: $ty:ty,)* }) => {
        /// What services and jobs have in common, borrowed from either.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Workload<'a> {
            $($(#[doc = $doc])* pub $field: &'a $ty,)*
        }
    };
    (
        @kind [$($meta:tt)*] $kind:ident
        { $($(#[$common_meta:meta])* $common:ident: $common_ty:ty,)* }
        { $($(#[$own_meta:meta])* $own:ident: $own_ty:ty,)* }
    ) => {
        workloads! { @view_of $kind $($common)* }
        shape! {
            $($meta)*
            pub struct $kind {
                $($(#[$common_meta])* pub $common: $common_ty,)*
                $($(#[$own_meta])* pub $own: $own_ty,)*
            }
        }
    };
    (@view_of $kind:ident $($common:ident)*) => {
        impl $kind {
            /// What services and jobs have in common.
            #[must_use]
            pub const fn workload(&self) -> Workload<'_> {
                Workload { $($common: &self.$common),* }
            }
        }
    };
    ($common:tt $($(#[$meta:meta])* $kind:ident $own:tt)*) => {
        workloads! { @view $common }
        $(workloads! { @kind [$(#[$meta])*] $kind $common $own })*
    };
}

workloads! {
    {
        /// Free key and value pairs for tools that look at the deployed thing.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        labels: BTreeMap<String, String>,
        /// A ready image, best with a digest: `"ghcr.io/acme/api:2.4.1@sha256:…"`. This or `build`.
        #[serde(skip_serializing_if = "Option::is_none")]
        image: Option<Image>,
        /// Build the image from source. This or `image`.
        #[serde(skip_serializing_if = "Option::is_none")]
        build: Option<Build>,
        /// When the image is fetched.
        pull: Pull,
        /// Operating system and processor of the image, such as `"linux/arm64"` or `"wasi/wasm"`.
        /// Left out, it is the machine's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        platform: Option<String>,
        /// The container runtime, such as `"io.containerd.wasmedge.v1"`. Left out, the engine's own.
        #[serde(skip_serializing_if = "Option::is_none")]
        runtime: Option<String>,
        /// Arguments of the program, instead of the image's `CMD`. One list entry is one argument; no
        /// shell takes part. Everybody on the machine can read it, so no secrets.
        #[serde(skip_serializing_if = "Option::is_none")]
        command: Option<Vec<String>>,
        /// The program, instead of the image's `ENTRYPOINT`.
        #[serde(skip_serializing_if = "Option::is_none")]
        entrypoint: Option<Vec<String>>,
        /// Directory the program starts in.
        #[serde(skip_serializing_if = "Option::is_none")]
        working_dir: Option<FilePath>,
        /// User, and group after a colon, by name or number: `"1000:1000"`.
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<String>,
        /// Further groups of the user (Compose `group_add`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        groups: Vec<String>,
        /// Environment variables. A value is text; write a number as `"${3000}"`. Secrets are welcome.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        env: BTreeMap<EnvName, Template>,
        /// Files of `NAME=value` lines, read when the program is lowered. `env` wins over them, a later
        /// file over an earlier one (Compose `env_file`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        env_files: Vec<SourcePath>,
        /// Files put into the container, by their path there. May hold secrets
        /// (Compose `configs` and `secrets`).
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        files: BTreeMap<FilePath, File>,
        /// Disks and directories, by the path where the program sees them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        volumes: BTreeMap<FilePath, Mount>,
        /// Limits and reservations of each copy.
        resources: Resources,
        /// Wait with the start until these are ready: a service is healthy (or runs, if it has no health
        /// check), a job has succeeded, a database accepts connections. What is referred to elsewhere in
        /// this component is waited for anyway (Compose `depends_on`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        after: Vec<NodeId>,
        /// Wait with the start only until these have been started (Compose `service_started`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        after_started: Vec<NodeId>,
        /// Wait with the start until these are healthy; each must have a health check
        /// (Compose `service_healthy`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        after_healthy: Vec<NodeId>,
        /// Wait with the start until these have ended without failure (Compose
        /// `service_completed_successfully`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        after_completed: Vec<NodeId>,
        /// Signal that asks the program to end. Left out, it is the image's own, or `sigterm`.
        #[serde(skip_serializing_if = "Option::is_none")]
        stop_signal: Option<Signal>,
        /// Time between that signal and `sigkill` (Compose `stop_grace_period`).
        stop_grace: Millis,
        /// The network groups it is a member of, by name; they are declared in `app`. Without any, it is
        /// in the network that all components of the environment share.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        networks: BTreeMap<String, Membership>,
        /// Which network the container sees at all.
        network_mode: NetworkMode,
        /// Host name inside the container. Others find it by its `host`, whatever stands here.
        #[serde(skip_serializing_if = "Option::is_none")]
        hostname: Option<Host>,
        /// Further names under which this one sees another component: `links: { db: orders }`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        links: BTreeMap<Host, NodeId>,
        /// Names with fixed addresses, added to `/etc/hosts`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        extra_hosts: BTreeMap<Host, HostAddress>,
        /// Name servers instead of the environment's own.
        dns: Dns,
        /// Kernel capabilities on top of, or taken away from, the platform's default set.
        capabilities: Capabilities,
        /// What the kernel lets the program do.
        security: Security,
        /// All rights over the machine. A lint asks for the reason; name single `capabilities` or
        /// `devices` where that is enough.
        privileged: bool,
        /// The image's own files cannot be changed; give it a `tmpfs` for what it must write.
        read_only: bool,
        /// A small init process that reaps zombies and passes on signals.
        init: bool,
        /// Kernel settings of the container, such as `"net.core.somaxconn": "1024"`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        sysctls: BTreeMap<String, String>,
        /// Limits per process, such as `nofile: { soft: 65536, hard: 65536 }`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        ulimits: BTreeMap<UlimitName, Ulimit>,
        /// Devices of the machine, by the path where the program sees them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        devices: BTreeMap<FilePath, Device>,
        /// Whose shared memory and semaphores it sees.
        ipc: Namespace,
        /// Whose processes it sees.
        pid: Namespace,
        /// Keep standard input open (Compose `stdin_open`).
        stdin: bool,
        /// Give it a terminal.
        tty: bool,
        /// Where the output goes besides the platform's own log.
        #[serde(skip_serializing_if = "Option::is_none")]
        logging: Option<Logging>,
        /// Only on machines that carry these labels (Compose `deploy.placement.constraints`).
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        placement: BTreeMap<String, String>,
        /// Key and value pairs for the tools of the target. No secrets.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        annotations: BTreeMap<String, String>,
    }

    /// A program that runs all the time and answers others.
    Service {
        /// The ports it listens on inside the container, by a name of your choice: `{ http: 8080 }`.
        /// Other components reach all of them, the world none of them: for that see `publish` and the
        /// kind `route` (Compose `expose`).
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        ports: BTreeMap<PortName, Port>,
        /// Ports opened on the machine itself, by the name of the port behind: `{ http: 80 }`
        /// (Compose `ports`). A web service rather wants a `route`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        publish: BTreeMap<PortName, Port>,
        /// Ports opened on the machine under a number the engine picks.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        publish_any: Vec<PortName>,
        /// The machine's address that `publish` opens on, such as `"127.0.0.1"`. Left out, all of them.
        #[serde(skip_serializing_if = "Option::is_none")]
        publish_address: Option<IpAddr>,
        /// The same for single ports; wins over `publish_address`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        publish_addresses: BTreeMap<PortName, IpAddr>,
        /// What a port speaks, where it is not TCP.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        protocols: BTreeMap<PortName, Protocol>,
        /// Runs of ports, such as those of FTP or RTP.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        port_ranges: BTreeMap<String, PortRange>,
        /// How many copies run.
        replicas: u64,
        /// Let the platform choose the number of copies; wins over `replicas`.
        #[serde(skip_serializing_if = "Option::is_none")]
        autoscale: Option<Autoscale>,
        /// What happens when the program ends.
        restart: Restart,
        /// Whether a copy works; one that does not is restarted. Left out, the image's own `HEALTHCHECK`
        /// counts.
        #[serde(skip_serializing_if = "Option::is_none")]
        health: Option<Probe>,
        /// Whether a copy can take requests; one that cannot gets none. Left out, it is `health`.
        #[serde(skip_serializing_if = "Option::is_none")]
        ready: Option<Probe>,
        /// How a new release replaces the old one.
        update: Update,
        /// A fixed name of the container, for one copy only. Others find the service by its `host`, so
        /// this is for tools and scripts.
        #[serde(skip_serializing_if = "Option::is_none")]
        container_name: Option<String>,
    }

    /// A program that runs to its end: on a schedule, at each release, or by hand.
    Job {
        /// When it runs, as five fields: minute, hour, day of the month, month, day of the week.
        /// `"0 3 * * *"` is every day at three.
        #[serde(skip_serializing_if = "Option::is_none")]
        schedule: Option<Cron>,
        /// The clock that `schedule` follows, such as `"Europe/Berlin"`.
        timezone: String,
        /// What else starts it.
        on: Trigger,
        /// A run longer than that is stopped and has failed.
        timeout: Millis,
        /// So many new tries after a failure.
        retries: u64,
        /// Time before a new try; doubled each time.
        backoff: Millis,
        /// What to do when the time has come and the last run has not ended.
        overlap: Overlap,
        /// So many ended runs, and their logs, are kept.
        keep: u64,
    }
}
