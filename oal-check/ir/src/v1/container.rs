//! What a container may do and what happens to its output.

use std::collections::BTreeMap;

use super::shape::shape;
use super::{FilePath, SourcePath};

shape! {
    /// A signal to a process.
    pub enum Signal {
        /// End in good order; what most programs expect.
        Sigterm,
        /// As from the keyboard; what Flask and many development servers expect.
        Sigint,
        /// End; nginx and php-fpm finish running requests first.
        Sigquit,
        /// End at once; cannot be caught.
        Sigkill,
        /// The terminal went away; many servers read their settings again.
        Sighup,
        /// For the program's own use.
        Sigusr1,
        /// For the program's own use.
        Sigusr2,
        /// The terminal changed its size; Apache finishes running requests first.
        Sigwinch,
    }

    /// Changes to the set of kernel capabilities.
    pub struct Capabilities {
        /// Granted on top (Compose `cap_add`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub add: Vec<Capability>,
        /// Taken away, before `add` counts; `all` takes away everything (Compose `cap_drop`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub drop: Vec<Capability>,
    }

    /// A kernel capability, as in capabilities(7) without `CAP_`.
    pub enum Capability {
        /// All of them.
        All,
        /// Write the audit log.
        AuditWrite,
        /// Use load-measuring and BPF facilities.
        Bpf,
        /// Change the owner of any file.
        Chown,
        /// Ignore the access rights of files.
        DacOverride,
        /// Ignore the read rights of files and directories.
        DacReadSearch,
        /// Ignore that a file has another owner.
        Fowner,
        /// Keep set-user-id bits when a file changes.
        Fsetid,
        /// Lock memory.
        IpcLock,
        /// Signal any process.
        Kill,
        /// Make device files.
        Mknod,
        /// Change interfaces, routes and filters.
        NetAdmin,
        /// Listen on ports below 1024.
        NetBindService,
        /// Broadcast and multicast.
        NetBroadcast,
        /// Make raw packets, as `ping` does.
        NetRaw,
        /// Watch performance counters.
        Perfmon,
        /// Set file capabilities.
        Setfcap,
        /// Change the own group.
        Setgid,
        /// Pass capabilities on.
        Setpcap,
        /// Change the own user.
        Setuid,
        /// A great many administration calls; close to `privileged`.
        SysAdmin,
        /// Reboot.
        SysBoot,
        /// Change the root directory.
        SysChroot,
        /// Load kernel modules.
        SysModule,
        /// Raise priorities.
        SysNice,
        /// Switch process accounting.
        SysPacct,
        /// Trace any process.
        SysPtrace,
        /// Reach ports and memory of the machine directly.
        SysRawio,
        /// Ignore limits of resources.
        SysResource,
        /// Set the clock.
        SysTime,
        /// Configure terminals.
        SysTtyConfig,
        /// Read and empty the kernel log.
        Syslog,
        /// Wake the machine.
        WakeAlarm,
    }

    /// What the kernel lets the program do (Compose `security_opt`).
    pub struct Security {
        /// No program it starts gets more rights than it has.
        pub no_new_privileges: bool,
        /// Which system calls are allowed.
        pub seccomp: Seccomp,
        /// Name of an AppArmor profile; `"unconfined"` switches it off.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub apparmor: Option<String>,
        /// SELinux labels, such as `"type:container_t"` or `"disable"`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub selinux: Vec<String>,
    }

    /// Which system calls are allowed.
    pub enum Seccomp {
        /// The engine's own list.
        Default,
        /// All.
        Unconfined,
        /// Those of a profile.
        Profile {
            /// A JSON file, relative to the file that says so.
            path: SourcePath,
        },
    }

    /// A limit per process; `-1` is none.
    pub struct Ulimit {
        /// What counts now.
        pub soft: i64,
        /// How far the process may raise it.
        pub hard: i64,
    }

    /// A device of the machine.
    pub struct Device {
        /// Its path on the machine.
        pub host: FilePath,
        /// `r` to read, `w` to write, `m` to make device files.
        pub permissions: String,
    }

    /// Whose processes or shared memory a container sees.
    pub enum Namespace {
        /// Only its own.
        Private,
        /// The machine's.
        Host,
    }

    /// Where the engine sends the output (Compose `logging`).
    pub struct Logging {
        /// Name of the engine's log driver, such as `"json-file"`, `"journald"` or `"none"`.
        pub driver: String,
        /// Its options, such as `"max-size": "10m"`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub options: BTreeMap<String, String>,
    }
}

macro_rules! ulimit_names {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// The limits of getrlimit(2), without `RLIMIT_`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum UlimitName {
            $($(#[$doc])* $variant,)*
        }

        impl UlimitName {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name as the language writes it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

ulimit_names! {
    /// Size of a core dump, in bytes.
    Core = "core",
    /// CPU time, in seconds.
    Cpu = "cpu",
    /// Data segment, in bytes.
    Data = "data",
    /// Largest file it may write, in bytes.
    Fsize = "fsize",
    /// Locked memory, in bytes.
    Memlock = "memlock",
    /// Bytes in message queues.
    Msgqueue = "msgqueue",
    /// Highest priority it may ask for.
    Nice = "nice",
    /// Open files.
    Nofile = "nofile",
    /// Processes of the user.
    Nproc = "nproc",
    /// Highest real-time priority.
    Rtprio = "rtprio",
    /// Waiting signals.
    Sigpending = "sigpending",
    /// Stack, in bytes.
    Stack = "stack",
}
