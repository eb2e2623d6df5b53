//! The kind `secret`. Its value is never in a document.

use std::collections::BTreeMap;

use super::SourcePath;
use super::shape::shape;

shape! {
    /// A value that nobody may see: a password, a key, a certificate. It has no literal form; where the
    /// component's name stands for a value, it is a `secret String`.
    pub struct Secret {
        /// Free key and value pairs for tools that look at the deployed thing.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub labels: BTreeMap<String, String>,
        /// For the person who has to set it: what it is and where to get it.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub description: Option<String>,
        /// Let the platform make it: so many random characters of `alphabet`. It stays the same until it
        /// is rotated.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub generate: Option<u64>,
        /// The characters of a generated value.
        pub alphabet: Alphabet,
        /// Where the value comes from, when it is not generated.
        pub from: SecretSource,
        /// What a value must look like, as a whole. Checked when it is set, never printed.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub pattern: Option<String>,
    }

    /// The characters of a generated secret.
    pub enum Alphabet {
        /// `A-Z a-z 0-9`; safe in URLs.
        Alphanumeric,
        /// `0-9 a-f`.
        Hex,
        /// `A-Z a-z 0-9 - _`; as keys are often written.
        Base64url,
        /// `0-9`.
        Digits,
    }

    /// Where a secret comes from.
    pub enum SecretSource {
        /// Set once for each environment with the platform's own command.
        Platform,
        /// A file on the machine that deploys, relative to the file that says so. Keep it out of version
        /// control. Neither `check` nor `lower` reads it (Compose `secrets.NAME.file`).
        File {
            /// Where it lies.
            path: SourcePath,
        },
        /// A store that the platform is connected to.
        Store {
            /// Its name there.
            name: String,
        },
    }
}
