//! The kind `database`.

use std::collections::BTreeMap;

use super::shape::shape;
use super::{Bytes, Cron, Image, IpAddr, Membership, Millis, NodeId, Port, Resources, SourcePath, Template};

shape! {
    /// A database that the platform runs and keeps: user, password and disk come with it.
    pub struct Database {
        /// Free key and value pairs for tools that look at the deployed thing.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub labels: BTreeMap<String, String>,
        /// Which database.
        pub engine: DatabaseEngine,
        /// Its major version. To change it is a migration of the data, so it has no default.
        pub version: u64,
        /// Its minor version, where that matters: `version: 10, minor: 11` is MariaDB 10.11.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub minor: Option<u64>,
        /// The image to run instead of the official one of `engine` and `version`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub image: Option<Image>,
        /// Disk for the data. It can grow later, not shrink.
        pub storage: Bytes,
        /// Limits and reservations.
        pub resources: Resources,
        /// The port it listens on.
        pub port: Port,
        /// The database made at the first start.
        pub name: String,
        /// The user made at the first start, with all rights over `name`.
        pub user: String,
        /// The user's password. Left out, the platform makes a long one and never shows it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub password: Option<Template>,
        /// Extensions switched on at the first start, such as `"pg_trgm"`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub extensions: Vec<String>,
        /// Settings of the server by its own names: `max_connections: "200"`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub settings: BTreeMap<String, String>,
        /// Files of statements, run in this order at the first start.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub init: Vec<SourcePath>,
        /// Copies kept elsewhere.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub backup: Option<Backup>,
        /// The port opened on the machine itself. Left out, only components of the environment reach it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub publish: Option<Port>,
        /// The machine's address that `publish` opens on.
        pub publish_address: IpAddr,
        /// The network groups it is a member of.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub networks: BTreeMap<String, Membership>,
    }

    /// Databases that the platform runs.
    pub enum DatabaseEngine {
        /// PostgreSQL.
        Postgres,
        /// MySQL.
        Mysql,
        /// MariaDB.
        Mariadb,
        /// MongoDB.
        Mongodb,
    }

    /// Copies of the data.
    pub struct Backup {
        /// When one is made, as five fields of cron, in UTC.
        pub schedule: Cron,
        /// Older ones are deleted.
        pub keep: Millis,
        /// Where they go. Left out, it is the platform's own place.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub to: Option<NodeId>,
    }
}
