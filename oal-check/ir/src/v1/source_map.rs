//! Where in the sources each component and value was written. Not part of what the digest covers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::NodeId;
use crate::Pointer;

/// Where everything was written, so that what happens at run time can be shown in the sources.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceMap {
    /// The files of the program. Places name them by their index.
    pub files: Vec<SourceText>,
    /// Where the components stand.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub nodes: BTreeMap<NodeId, NodeSource>,
}

/// One file of the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceText {
    /// Its path, relative to the project's root with `/` between the parts.
    pub path: String,
    /// The digest of its bytes: `sha256:` and 64 lower-case hexadecimal digits.
    #[cfg_attr(test, schemars(regex(pattern = "^sha256:[0-9a-f]{64}$")))]
    pub sha256: String,
    /// Its length in bytes.
    pub size: u64,
}

/// Where a component and its values stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NodeSource {
    /// The component's declaration: kind and name.
    pub at: Place,
    /// Its values, by their JSON Pointer (RFC 6901) from the component's `spec`, such as `/env/DATABASE_URL`. A value
    /// that stands nowhere (a default) has no entry; a part of a value that stands in one piece need not have one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<Pointer, Place>,
}

/// A range of text in one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Index into `files`.
    pub file: u32,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
    /// Line of the first byte, from 1.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub line: u32,
    /// Column of the first byte in Unicode scalar values, from 1.
    #[cfg_attr(test, schemars(range(min = 1)))]
    pub column: u32,
}

impl SourceMap {
    /// Where the value at `field` of a component stands, or else the nearest thing around it that stands somewhere: the
    /// record it is part of, the component, the component that one is declared in.
    #[must_use]
    pub fn find(&self, node: &NodeId, field: &Pointer) -> Option<Place> {
        let mut around = Some(node.clone());
        let source = loop {
            let id = around?;
            match self.nodes.get(&id) {
                Some(source) => break source,
                None => around = id.parent(),
            }
        };
        let mut at = Some(field.clone());
        while let Some(pointer) = at {
            if let Some(place) = source.fields.get(&pointer) {
                return Some(*place);
            }
            at = pointer.parent();
        }
        Some(source.at)
    }

    /// The file of a place.
    #[must_use]
    pub fn file(&self, place: Place) -> Option<&SourceText> {
        self.files.get(usize::try_from(place.file).ok()?)
    }
}
