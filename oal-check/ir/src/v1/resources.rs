//! What one copy of a component may use.

use super::shape::shape;
use super::{Bytes, MilliCpu};

shape! {
    /// What one copy of a component may use. A limit left out is the platform's default.
    pub struct Resources {
        /// The most CPU time, in cores: `500m` is half a core, `2` is two (Compose `cpus`).
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cpu: Option<MilliCpu>,
        /// The most memory; beyond it the process is killed (Compose `mem_limit`).
        #[serde(skip_serializing_if = "Option::is_none")]
        pub memory: Option<Bytes>,
        /// CPU time set aside for it; at most `cpu` (Compose `deploy.resources.reservations.cpus`).
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cpu_request: Option<MilliCpu>,
        /// Memory set aside for it; at most `memory` (Compose `mem_reservation`).
        #[serde(skip_serializing_if = "Option::is_none")]
        pub memory_request: Option<Bytes>,
        /// Swap on top of `memory`; `0B` forbids swapping (Compose `memswap_limit` minus `mem_limit`).
        #[serde(skip_serializing_if = "Option::is_none")]
        pub swap: Option<Bytes>,
        /// Size of `/dev/shm` (Compose `shm_size`; the engine's default is 64 MiB).
        #[serde(skip_serializing_if = "Option::is_none")]
        pub shared_memory: Option<Bytes>,
        /// The most processes and threads at a time (Compose `pids_limit`).
        #[serde(skip_serializing_if = "Option::is_none")]
        pub pids: Option<u64>,
        /// Graphics processors set aside for it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub gpu: Option<Gpu>,
        /// The processors it may run on, such as `"0-3"` or `"0,2"` (Compose `cpuset`).
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cpu_set: Option<String>,
    }

    /// Graphics processors (Compose `deploy.resources.reservations.devices`).
    pub struct Gpu {
        /// How many.
        pub count: u64,
        /// Whose driver they need.
        pub vendor: GpuVendor,
        /// What the driver must offer, such as `"compute"` or `"video"`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub capabilities: Vec<String>,
    }

    /// Maker of a graphics processor.
    pub enum GpuVendor {
        /// NVIDIA, through its container toolkit.
        Nvidia,
        /// AMD, through ROCm.
        Amd,
        /// Intel.
        Intel,
    }
}
