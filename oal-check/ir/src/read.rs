//! From bytes to a document: [`read`], its limits and its errors. Safe on any input.

mod strict;
pub(crate) mod tree;

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

pub use strict::Limits;
pub use tree::ShapeError;

use crate::v1::{self, VerifyError};
use crate::{Ir, Pointer};

/// A document of any version this library knows, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AnyIr {
    /// Version 1.
    V1(v1::Ir),
}

/// The newest version that [`read`] understands and [`Ir`] is.
pub const NEWEST_VERSION: u64 = v1::VERSION;

/// Reads, verifies and upgrades a document to the newest version.
///
/// # Errors
/// Anything that is not a whole, unchanged document of a known version; see [`ReadError`].
pub fn read(bytes: &[u8]) -> Result<Ir, ReadError> {
    AnyIr::read(bytes, &Limits::default()).map(AnyIr::upgrade)
}

impl AnyIr {
    /// Reads and verifies a document and keeps its version. The digest is that of the version it was written in.
    ///
    /// # Errors
    /// As for [`read`].
    pub fn read(bytes: &[u8], limits: &Limits) -> Result<Self, ReadError> {
        let document = strict::parse(bytes, limits)?;
        match version(&document)? {
            v1::VERSION => {
                let ir = v1::Ir::deserialize(tree::Node::new(&document)).map_err(|error| shape(error.into_shape()))?;
                ir.verify().map_err(|error| not_verified(error, &document))?;
                Ok(Self::V1(ir))
            }
            found => Err(ReadError::UnknownVersion { found, newest: NEWEST_VERSION }),
        }
    }

    /// The version it was written in.
    #[must_use]
    pub const fn version(&self) -> u64 {
        match self {
            Self::V1(_) => v1::VERSION,
        }
    }

    /// The document in the newest version. Each version knows the way to the next one only; an upgraded document has the
    /// digest of its new form.
    #[must_use]
    pub fn upgrade(self) -> Ir {
        match self {
            Self::V1(ir) => ir,
        }
    }
}

fn version(document: &Value) -> Result<u64, ReadError> {
    let members = document.as_object().ok_or(ReadError::NotADocument)?;
    let version = members.get("oal_ir").ok_or(ReadError::MissingVersion)?;
    version.as_u64().ok_or_else(|| ReadError::BadVersion { found: version.to_string() })
}

fn shape(error: ShapeError) -> ReadError {
    match error.problem {
        tree::Problem::UnknownField(field) => ReadError::UnknownField { at: error.at, field },
        tree::Problem::UnknownVariant(variant) => ReadError::UnknownVariant { at: error.at, variant },
        tree::Problem::Other(message) => ReadError::Shape { at: error.at, message },
    }
}

/// A digest that fits the bytes but not the meaning comes from a writer that keeps what the normal form leaves out.
fn not_verified(error: VerifyError, document: &Value) -> ReadError {
    if let VerifyError::WrongDigest { stated, .. } = &error
        && v1::digest_of(document).is_ok_and(|digest| digest == *stated)
    {
        return ReadError::NotNormal;
    }
    ReadError::NotVerified(error)
}

/// Why bytes were not accepted as a document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadError {
    /// More bytes than allowed.
    TooLarge {
        /// How many there are.
        bytes: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// More JSON values than allowed.
    TooManyValues {
        /// How many are allowed.
        limit: usize,
    },
    /// Arrays and objects inside each other more often than any document needs.
    TooDeep {
        /// How deep is allowed.
        limit: usize,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
    },
    /// A byte that is not UTF-8.
    NotUtf8 {
        /// Where.
        offset: usize,
    },
    /// No text at all.
    Empty,
    /// The text ends inside a value.
    CutOff {
        /// How many bytes there are.
        bytes: usize,
    },
    /// Not JSON.
    Malformed {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// What was found or expected.
        message: String,
    },
    /// The same member twice in one object.
    DuplicateKey {
        /// The object.
        at: Pointer,
        /// The member.
        key: String,
    },
    /// A `null`; in a document what is absent is left out.
    Null {
        /// Where.
        at: Pointer,
    },
    /// A number with a fraction or exponent, or beyond ±(2^53 - 1).
    Number {
        /// Where.
        at: Pointer,
    },
    /// JSON, but not an object.
    NotADocument,
    /// No `oal_ir` member.
    MissingVersion,
    /// `oal_ir` is no whole number.
    BadVersion {
        /// What it is, as JSON.
        found: String,
    },
    /// A version this library does not know.
    UnknownVersion {
        /// The version found.
        found: u64,
        /// The newest one known.
        newest: u64,
    },
    /// A member this library does not know: most likely from a newer writer of the same version.
    UnknownField {
        /// The object.
        at: Pointer,
        /// The member.
        field: String,
    },
    /// A word this library does not know where only certain ones may stand: most likely from a newer writer.
    UnknownVariant {
        /// Where.
        at: Pointer,
        /// The word.
        variant: String,
    },
    /// A value of another kind than the format says, or a missing member.
    Shape {
        /// Where.
        at: Pointer,
        /// What is wrong.
        message: String,
    },
    /// The digest fits what is written, but what should be left out (an empty list, say) is written.
    NotNormal,
    /// The digest is wrong or the parts contradict each other.
    NotVerified(VerifyError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NEWER: &str = "a newer OAL wrote it: update this program, or lower the sources with the version it knows";
        match self {
            Self::TooLarge { bytes, limit } => {
                write!(f, "the IR document has {bytes} bytes, more than the {limit} allowed here")
            }
            Self::TooManyValues { limit } => {
                write!(f, "the IR document holds more than the {limit} JSON values allowed here")
            }
            Self::TooDeep { limit, line, column } => write!(
                f,
                "line {line}, column {column}: arrays and objects stand more than {limit} deep, which no IR document needs"
            ),
            Self::NotUtf8 { offset } => {
                write!(f, "the byte at offset {offset} is not UTF-8, so this is no IR document")
            }
            Self::Empty => f.write_str("the IR document is empty; did the program that writes it fail?"),
            Self::CutOff { bytes } => {
                write!(f, "the IR document ends early, after {bytes} bytes; was it written and copied completely?")
            }
            Self::Malformed { line, column, message } => {
                write!(f, "line {line}, column {column}: this is not JSON, hence no IR document: {message}")
            }
            Self::DuplicateKey { at, key } => {
                write!(f, "{} has the member `{key}` twice; lower the sources again", place(at))
            }
            Self::Null { at } => {
                write!(f, "{} is `null`; an IR document leaves out what is absent", place(at))
            }
            Self::Number { at } => {
                write!(f, "{} is not a whole number between -(2^53 - 1) and 2^53 - 1", place(at))
            }
            Self::NotADocument => {
                f.write_str("this is JSON, but no IR document: the outermost value must be an object")
            }
            Self::MissingVersion => f.write_str(
                "this is no IR document: the member `oal_ir`, its version, is missing; `oal lower` writes one",
            ),
            Self::BadVersion { found } => write!(f, "`oal_ir` is `{found}`, but the version is a whole number"),
            Self::UnknownVersion { found, newest } if found > newest => {
                write!(f, "the IR has version {found}, and the newest known here is {newest}; {NEWER}")
            }
            Self::UnknownVersion { found, newest } => {
                write!(
                    f,
                    "the IR has version {found}, but the first version is 1 and the newest known here is {newest}"
                )
            }
            Self::UnknownField { at, field } => {
                write!(f, "{} has the unknown member `{field}`; {NEWER}", place(at))
            }
            Self::UnknownVariant { at, variant } => {
                write!(f, "{} is `{variant}`, which is unknown here; {NEWER}", place(at))
            }
            Self::Shape { at, message } => write!(f, "{}: {message}", place(at)),
            Self::NotNormal => f.write_str(
                "the IR is not in normal form: an empty list or map is written, or text in parts that belong together; \
                 write it with `oal lower` or leave such members out",
            ),
            Self::NotVerified(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotVerified(error) => Some(error),
            _ => None,
        }
    }
}

fn place(at: &Pointer) -> String {
    if at.as_str().is_empty() { "the document".to_owned() } else { format!("`{at}`") }
}
