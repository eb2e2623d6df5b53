//! The kind `external`.

use std::collections::BTreeMap;

use super::Template;
use super::shape::shape;

shape! {
    /// Something that is run elsewhere and that this application uses. An environment can give it
    /// another address.
    pub struct External {
        /// Free key and value pairs for tools that look at the deployed thing.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub labels: BTreeMap<String, String>,
        /// Where it is. May hold credentials if they come from a secret.
        pub url: Template,
        /// Keys and passwords for it, by a name of your choice.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub credentials: BTreeMap<String, Template>,
        /// For the reader: what it is and who runs it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub description: Option<String>,
    }
}
