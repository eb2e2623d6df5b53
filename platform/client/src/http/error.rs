//! Why a call gave no answer.

use crate::problem::Problem;

/// Why a call gave no answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// The server's address is no `http` or `https` URL.
    Address(String),
    /// The token holds what no HTTP header may.
    Token,
    /// The server could not be reached, or the connection broke.
    Unreachable {
        /// The server's address.
        address: String,
        /// How.
        source: reqwest::Error,
    },
    /// The server refused, or failed.
    Problem(Box<Problem>),
    /// What the server said is not what this client understands.
    Answer {
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        reason: String,
    },
    /// A stream broke, and could not be taken up again in time.
    Broken(String),
}

impl ClientError {
    /// What the server said, if it did.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }

    /// The HTTP status of the answer, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Problem(problem) => Some(problem.status),
            Self::Answer { status, .. } => Some(*status),
            _ => None,
        }
    }
}

impl std::fmt::Display for ClientError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Address(address) => {
                write!(f, "`{address}` is no address of a server: `http://HOST:PORT` or `https://HOST`")
            }
            Self::Token => f.write_str("the token has characters that no token has"),
            Self::Unreachable { address, source } => {
                let mut cause: &dyn std::error::Error = source;
                while let Some(deeper) = cause.source() {
                    cause = deeper;
                }
                write!(f, "{address} does not answer: {cause}")
            }
            Self::Problem(problem) => problem.fmt(f),
            Self::Answer { status, reason } => {
                write!(f, "the server's answer with status {status} makes no sense: {reason}")
            }
            Self::Broken(reason) => write!(f, "the stream broke: {reason}"),
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreachable { source, .. } => Some(source),
            Self::Problem(problem) => Some(problem),
            _ => None,
        }
    }
}
