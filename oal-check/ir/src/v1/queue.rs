//! The kind `queue`.

use std::collections::BTreeMap;

use super::shape::shape;
use super::{Bytes, Image, IpAddr, Membership, Millis, Port, Resources, Template};

shape! {
    /// A broker that carries messages from one component to another.
    pub struct Queue {
        /// Free key and value pairs for tools that look at the deployed thing.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub labels: BTreeMap<String, String>,
        /// Which broker.
        pub engine: QueueEngine,
        /// Its major version.
        pub version: u64,
        /// The image to run instead of the official one of `engine` and `version`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub image: Option<Image>,
        /// Disk for messages. Left out, they are in memory only, and a restart loses them.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub storage: Option<Bytes>,
        /// Limits and reservations.
        pub resources: Resources,
        /// Topics (streams with `nats`, queues with `rabbitmq`) made at the first start, by name.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub topics: BTreeMap<String, Topic>,
        /// The port it listens on.
        pub port: Port,
        /// The user that clients log in as.
        pub user: String,
        /// The user's password. Left out, the platform makes a long one and never shows it.
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

    /// Brokers that the platform runs.
    pub enum QueueEngine {
        /// NATS with JetStream.
        Nats,
        /// RabbitMQ.
        Rabbitmq,
        /// Apache Kafka.
        Kafka,
    }

    /// A stream of messages.
    pub struct Topic {
        /// Parts that different readers take (`kafka`).
        pub partitions: u64,
        /// Messages older than that are deleted. Left out, none.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub keep: Option<Millis>,
        /// Beyond that the oldest messages are deleted.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub max_size: Option<Bytes>,
    }
}
