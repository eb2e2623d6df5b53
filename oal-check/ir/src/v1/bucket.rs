//! The kind `bucket`.

use std::collections::BTreeMap;

use super::shape::shape;
use super::{Bytes, Millis, Url};

shape! {
    /// A store for files that programs reach over the S3 protocol.
    pub struct Bucket {
        /// Free key and value pairs for tools that look at the deployed thing.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub labels: BTreeMap<String, String>,
        /// Who may read its files without a key.
        pub access: BucketAccess,
        /// Keep the older versions of a file.
        pub versioning: bool,
        /// Files are deleted at that age. Left out, never.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub expire: Option<Millis>,
        /// The most it holds.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub max_size: Option<Bytes>,
        /// Web pages, by their origin, that may use it from a browser.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub origins: Vec<Url>,
    }

    /// Who may read a bucket without a key.
    pub enum BucketAccess {
        /// Nobody.
        Private,
        /// Everybody who knows a file's name.
        PublicRead,
    }
}
