//! Why a program is not lowered.

use oal_ir::Pointer;
use oal_ir::v1::AssembleError;
use std::fmt;

/// Why there is no IR.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LowerError {
    /// The program has no such environment.
    UnknownEnvironment {
        /// As asked for.
        name: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// The check was told to look at other environments only.
    NotChecked(String),
    /// The check found so many errors, in whatever environment.
    HasErrors(usize),
    /// A value that the IR cannot hold. The check refuses all of them: please report it.
    Value(Box<BadValue>),
    /// Components that contradict each other. The check refuses all of them: please report it.
    Parts(AssembleError),
}

/// A value that the IR cannot hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadValue {
    /// Whose it is: the id of a component, or the app.
    pub of: String,
    /// Where in its values.
    pub at: Pointer,
    /// Where it stands, if anywhere: file, line and column.
    pub place: Option<(String, u32, u32)>,
    /// What is wrong with it.
    pub why: String,
}

impl fmt::Display for LowerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownEnvironment { name, known } => {
                write!(f, "there is no environment `{name}`: the program has `{}`", known.join("`, `"))
            }
            Self::NotChecked(name) => write!(f, "environment `{name}` was not checked"),
            Self::HasErrors(1) => f.write_str("the program has an error"),
            Self::HasErrors(count) => write!(f, "the program has {count} errors"),
            Self::Value(bad) => bad.fmt(f),
            Self::Parts(error) => error.fmt(f),
        }
    }
}

impl fmt::Display for BadValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((file, line, column)) = &self.place {
            write!(f, "{file}:{line}:{column}: ")?;
        }
        write!(f, "{}", self.of)?;
        if !self.at.as_str().is_empty() {
            write!(f, " at `{}`", self.at)?;
        }
        write!(f, " cannot be lowered: {}", self.why)
    }
}

impl std::error::Error for LowerError {}
