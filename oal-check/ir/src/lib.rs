//! The OAL intermediate representation: what a checked program says about one application in one environment, as one JSON
//! document that any tool can read without knowing the language.
//!
//! ```
//! use oal_ir::{Ir, Leaf, ReadError};
//!
//! /// Lists what a deployment of this document needs from outside.
//! fn needs(bytes: &[u8]) -> Result<Vec<String>, ReadError> {
//!     // Knows every version, refuses what was changed or does not fit together.
//!     let ir: Ir = oal_ir::read(bytes)?;
//!     let mut needs = vec![format!("{} {}: {}", ir.app.name, ir.environment, ir.digest)];
//!     ir.walk(|id, at, leaf| match leaf {
//!         Leaf::Image(image) => needs.push(format!("{id}{at}: image {image}")),
//!         Leaf::Template(text) if text.as_const().is_none() => needs.push(format!("{id}{at}: {text}")),
//!         _ => {}
//!     });
//!     for (level, nodes) in ir.graph.order.iter().enumerate() {
//!         needs.push(format!("start {level}: {nodes:?}"));
//!     }
//!     Ok(needs)
//! }
//!
//! let needs = needs(include_bytes!("../tests/data/shop.json"))?;
//! assert!(needs.contains(&"service/api/env/STRIPE_KEY: ${secret/stripe_key}".to_owned()));
//! # Ok::<(), ReadError>(())
//! ```
//!
//! # Shape of the document
//!
//! - Records are objects, closed: an unknown member is an error, never skipped.
//! - An enum value is a string. A variant with fields is an object with one member named after it:
//!   `"always"`, `{"on_failure": {"max": 3}}`.
//! - Nothing is `null`. An optional value that is absent, and a list or map that is empty, is left out (an empty list that
//!   is an optional value stands as `[]`, it differs from none).
//! - Every number is whole and at most 2^53 - 1: sizes in bytes, times in milliseconds, processor time in thousandths of a
//!   core, shares in hundredths of a percent.
//! - A text that may hold references or secrets is a [`v1::Template`]; a [`String`] never does.
//! - A component is named by its [`NodeId`]. A place inside a component is a [`Pointer`].
//! - The [digest](v1::Ir::digest) covers what is deployed, not where it was written: source files, their digests and all
//!   positions stand in the source map, which it leaves out.
//!
//! [`Ir`] is the newest version of the document; [`read`] brings every older one to it.
//!
//! [`read`] gives only documents that are whole and unchanged, [`v1::Ir::assemble`] makes one, [`schema()`] is the JSON Schema.

pub mod canonical;
pub mod diff;
mod pointer;
mod read;
mod schema;
pub mod v1;
mod walk;

pub use pointer::{Pointer, PointerError};
pub use read::{AnyIr, Limits, NEWEST_VERSION, ReadError, ShapeError, read};
pub use schema::schema;
pub use v1::{Ir, NodeId, NodeIdError, Template};
pub use walk::{Leaf, LeafMut};
