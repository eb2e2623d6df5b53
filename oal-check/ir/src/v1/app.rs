//! What is said about the application as a whole.

use std::collections::BTreeMap;

use super::shape::shape;
use super::{Bytes, MilliCpu};

shape! {
    /// The application as a whole.
    pub struct App {
        /// The name after `app`.
        pub name: String,
        /// Who answers for it: a team, a person or an address.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub owner: Option<String>,
        /// One line that says what the application does.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub description: Option<String>,
        /// The edition of the language the files are written in. Without it the newest one is taken.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub edition: Option<u64>,
        /// The most that all components together may ask for. `check` adds up and refuses what is above.
        pub quota: Quota,
        /// The network groups that components may join, by name. Without any, all components of an
        /// environment share one private network.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub networks: BTreeMap<String, Network>,
    }

    /// Upper bounds over the sum of all components and their replicas.
    pub struct Quota {
        /// Cores, counted by `resources.cpu`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub cpu: Option<MilliCpu>,
        /// Memory, counted by `resources.memory`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub memory: Option<Bytes>,
        /// Disk, counted by `storage` of databases, caches and queues and by `size` of volumes.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub storage: Option<Bytes>,
        /// Copies of services.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub replicas: Option<u64>,
        /// Graphics processors.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub gpus: Option<u64>,
    }

    /// A network group: only components in the same group reach each other (Compose `networks`).
    pub struct Network {
        /// Cut off from the outside world (Compose `internal`).
        pub internal: bool,
        /// Its addresses, such as `"172.20.0.0/24"`; only for components with a fixed `address`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub subnet: Option<String>,
    }
}
