//! The kind `config`.

use std::collections::BTreeMap;

use super::shape::shape;
use super::{FilePath, SourcePath, Template};

shape! {
    /// A set of files that several components mount. A file that only one component needs can stand in
    /// that component's `files`.
    pub struct Config {
        /// Free key and value pairs for tools that look at the deployed thing.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub labels: BTreeMap<String, String>,
        /// The files, by their path inside the set.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub files: BTreeMap<FilePath, ConfigFile>,
    }

    /// The contents of one file.
    pub enum ConfigFile {
        /// Text that stands in the program. May hold secrets.
        Text {
            /// All of the file.
            text: Template,
        },
        /// A file that lies next to the program, relative to the file that says so.
        File {
            /// Where it lies.
            path: SourcePath,
        },
    }
}
