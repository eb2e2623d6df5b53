//! The build key: the same key, the same image, so nothing is built twice.

use std::collections::BTreeMap;

use oal_ir::canonical::{self, CanonicalError};
use oal_ir::v1::Build;
use serde::Serialize;
use uuid::Uuid;

use crate::bundle::{Context, Listed, Listing};

/// All that an image is made from.
#[derive(Debug, Serialize)]
pub struct BuildKey<'a> {
    /// Name and version of the builder.
    pub builder: &'a str,
    /// Digest of the sources, see [`sources`].
    pub sources: &'a str,
    /// Operating system and processor.
    pub platform: &'a str,
    /// The stage to stop at.
    pub target: Option<&'a str>,
    /// Values of `ARG` lines.
    pub args: BTreeMap<&'a str, &'a str>,
    /// Labels that the program asks for.
    pub labels: &'a BTreeMap<String, String>,
    /// Whether `RUN` lines reach the network.
    pub network: bool,
    /// Ids of the images it starts from, by the name that stands in the recipe.
    pub bases: &'a BTreeMap<String, String>,
    /// Versions of the secrets it may read, by their name in the program; never values.
    pub secrets: &'a BTreeMap<String, Uuid>,
}

impl BuildKey<'_> {
    /// The key, `sha256:…`.
    ///
    /// # Errors
    /// None in practice: the parts are texts.
    pub fn digest(&self) -> Result<String, CanonicalError> {
        Ok(canonical::sha256(&canonical::to_canonical(self)?))
    }
}

/// What a build needs from the project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildSources {
    /// What is sent to the builder.
    pub context: Context,
    /// Where the recipe lies, from the project's root and without links.
    pub dockerfile: String,
    /// `sha256:…` over the context and the recipe.
    pub digest: String,
}

/// Why the sources of a build cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSources {
    /// The context is not within the project, or empty.
    Context,
    /// The recipe is not there.
    Dockerfile,
}

/// What a build needs from a bundle, with its digest: the same digest, and a build sees the same.
///
/// # Errors
/// [`NoSources`].
pub fn sources(listing: &Listing, build: &Build) -> Result<BuildSources, NoSources> {
    let context = listing.context(&build.context).ok_or(NoSources::Context)?;
    let path = match build.dockerfile.strip_prefix('/') {
        // Absolute paths within a context start at it.
        Some(path) => format!("{}/{path}", context.directory),
        None => format!("{}/{}", context.directory, &*build.dockerfile),
    };
    let dockerfile = listing.resolve(&path).ok_or(NoSources::Dockerfile)?;
    let Some(Listed::File { digest, .. }) = listing.get(&dockerfile) else { return Err(NoSources::Dockerfile) };
    let mut bytes = context.digest().to_vec();
    bytes.extend_from_slice(digest);
    Ok(BuildSources { digest: canonical::sha256(&bytes), context, dockerfile })
}
