//! The kind `volume`.

use std::collections::BTreeMap;

use super::Bytes;
use super::shape::shape;

shape! {
    /// A disk that outlives the containers that use it.
    pub struct Volume {
        /// Free key and value pairs for tools that look at the deployed thing.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub labels: BTreeMap<String, String>,
        /// How much it holds. It can grow later, not shrink. Left out, as much as the machine has.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub size: Option<Bytes>,
        /// How many containers may use it at a time.
        pub access: VolumeAccess,
        /// Driver of the engine, such as `"local"`.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub driver: Option<String>,
        /// Options of the driver, such as `type: "nfs"`.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub driver_options: BTreeMap<String, String>,
        /// A volume that exists already, by its name at the engine; it is neither made nor deleted
        /// (Compose `external`).
        #[serde(skip_serializing_if = "Option::is_none")]
        pub existing: Option<String>,
    }

    /// How many containers may use a volume at a time.
    pub enum VolumeAccess {
        /// One that writes; others may read where they are on the same machine.
        OneWriter,
        /// Any number; only for file systems that allow it, such as NFS.
        ManyWriters,
        /// Any number, and none writes.
        ReadOnly,
    }
}
