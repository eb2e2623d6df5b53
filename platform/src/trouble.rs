//! Why the platform could not do its own part of something: whether it is worth another try is known where the error is.

use helios_client::{Failure, FailureKind};

use crate::artifacts::ArtifactError;
use crate::bundle::BundleError;
use crate::engine::EngineError;

/// Why the platform could not do its own part.
#[derive(Debug)]
pub enum Trouble {
    /// What it needs does not answer, or not as it should, and may do so a little later: nothing is wrong with the program.
    Away(String),
    /// It will not go better.
    Failed(Box<Failure>),
}

impl Trouble {
    /// What is final, and nobody's but the platform's.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Failure::new(FailureKind::Internal, "", message.into()).into()
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Away(why) => f.write_str(why),
            Self::Failed(failure) => f.write_str(&failure.message),
        }
    }
}

impl std::error::Error for Trouble {}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(Box::new(failure))
    }
}

/// For who does not try again.
impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away(why) => Self::new(FailureKind::Internal, "", why),
            Trouble::Failed(failure) => *failure,
        }
    }
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        let message = format!("the database: {error}");
        if crate::store::is_transient(&error) { Self::Away(message) } else { Self::internal(message) }
    }
}

impl From<ArtifactError> for Trouble {
    fn from(error: ArtifactError) -> Self {
        match error {
            ArtifactError::Io(_) | ArtifactError::Full(_) => Self::Away(error.to_string()),
            error => Self::internal(error.to_string()),
        }
    }
}

impl From<BundleError> for Trouble {
    fn from(error: BundleError) -> Self {
        let message = format!("the source bundle: {error}");
        if error.is_io() { Self::Away(message) } else { Self::internal(message) }
    }
}

/// For calls in which the program has no say; for others see [`EngineError::is_away`].
impl From<EngineError> for Trouble {
    fn from(error: EngineError) -> Self {
        if error.is_transient() { Self::Away(error.to_string()) } else { Self::internal(error.to_string()) }
    }
}
