//! The published JSON Schema of the newest version. The text is written from the types by a test (`UPDATE=1`), so it
//! costs a user of this library no dependency.

#[cfg(test)]
mod fresh;
#[cfg(test)]
pub(crate) mod shapes;

/// The JSON Schema (draft 2020-12) of the document, closed: it accepts what [`crate::read`] can turn into values, and
/// no unknown member anywhere. What a schema cannot say (digest, references, normal form) [`crate::read`] checks.
#[must_use]
pub const fn schema() -> &'static str {
    include_str!("../schema/v1.json")
}
