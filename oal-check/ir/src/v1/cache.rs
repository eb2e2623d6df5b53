//! The kind `cache`.

use std::collections::BTreeMap;

use super::shape::shape;
use super::{Bytes, Image, IpAddr, Membership, Port, Resources, Template};

shape! {
    /// A store for what can be computed again.
    pub struct Cache {
        /// Free key and value pairs for tools that look at the deployed thing.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub labels: BTreeMap<String, String>,
        /// Which cache.
        pub engine: CacheEngine,
        /// Its major version.
        pub version: u64,
        /// The image to run instead of the official one of `engine` and `version`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub image: Option<Image>,
        /// The most it holds; what comes then, `eviction` says.
        pub memory: Bytes,
        /// What makes room when `memory` is full.
        pub eviction: Eviction,
        /// Disk to keep the contents over a restart. Left out, they are in memory only.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub storage: Option<Bytes>,
        /// Limits and reservations; `memory` is what counts for the contents.
        pub resources: Resources,
        /// The port it listens on.
        pub port: Port,
        /// Its password (`memcached` has none). Left out, the platform makes one and never shows it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub password: Option<Template>,
        /// The port opened on the machine itself. Left out, only components of the environment reach it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub publish: Option<Port>,
        /// The machine's address that `publish` opens on.
        pub publish_address: IpAddr,
        /// The network groups it is a member of.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub networks: BTreeMap<String, Membership>,
    }

    /// Caches that the platform runs.
    pub enum CacheEngine {
        /// Redis.
        Redis,
        /// Valkey, which speaks the same protocol.
        Valkey,
        /// Memcached: in memory only, without a password.
        Memcached,
    }

    /// What makes room when the memory is full.
    pub enum Eviction {
        /// What was not used for the longest time goes.
        Lru,
        /// What is used most seldom goes.
        Lfu,
        /// What was not used for the longest time goes, but only entries with an expiry.
        VolatileLru,
        /// What expires first goes.
        VolatileTtl,
        /// Anything goes.
        Random,
        /// Nothing goes: writing fails. For those who use it as a store.
        Never,
    }
}
