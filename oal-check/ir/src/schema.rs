//! The published JSON Schema of the newest version. The text is written from the types by a test (`UPDATE=1`), so it
//! costs a user of this library no dependency.

#[cfg(test)]
mod fresh;
#[cfg(test)]
pub(crate) mod shapes;

use std::sync::LazyLock;

use miniz_oxide::inflate;

/// The JSON Schema (draft 2020-12) of the document, closed: it accepts what [`crate::read`] can turn into values, and
/// no unknown member anywhere. What a schema cannot say (digest, references, normal form) [`crate::read`] checks.
#[must_use]
pub fn schema() -> &'static str {
    static TEXT: LazyLock<String> = LazyLock::new(|| {
        let packed = include_bytes!(concat!(env!("OUT_DIR"), "/schema"));
        inflate::decompress_to_vec(packed).ok().and_then(|text| String::from_utf8(text).ok()).unwrap_or_default()
    });
    &TEXT
}
