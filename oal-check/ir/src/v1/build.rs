//! How an image is built or fetched.

use std::collections::BTreeMap;

use super::shape::shape;
use super::{EnvName, FilePath, Image, SourcePath, Template};

shape! {
    /// How to build an image from source (Compose `build`).
    pub struct Build {
        /// Directory that is sent to the builder, relative to the file that says so.
        pub context: SourcePath,
        /// The recipe, relative to `context`.
        pub dockerfile: FilePath,
        /// The stage of the recipe to stop at. Left out, it is the last one.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub target: Option<String>,
        /// Values of `ARG` lines. They stay readable in the image's history, so no secrets.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub args: BTreeMap<EnvName, String>,
        /// Secrets that `RUN --mount=type=secret,id=…` sees while building; they do not enter the image.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub secrets: BTreeMap<String, Template>,
        /// Build for these, as one image with several variants. Left out, for the target's machines.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub platforms: Vec<String>,
        /// Further names for the result (Compose `image` next to `build`).
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub tags: Vec<Image>,
        /// Labels of the image.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub labels: BTreeMap<String, String>,
        /// Further directories that the recipe may `COPY --from` by name (Compose `additional_contexts`).
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub contexts: BTreeMap<String, SourcePath>,
        /// Fetch newer base images even where older ones are at hand.
        pub pull: bool,
        /// Let `RUN` lines reach the network. Without it only what the base images hold is there.
        pub network: bool,
    }

    /// When an image is fetched from its registry (Compose `pull_policy`).
    pub enum Pull {
        /// At every start, so that a moved tag is followed.
        Always,
        /// When the machine does not have it.
        IfMissing,
        /// Never: it must be on the machine.
        Never,
    }
}
