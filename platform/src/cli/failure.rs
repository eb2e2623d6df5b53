//! How a verb ends.

use std::fmt;

/// The exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; for a deployment: live.
    Live = 0,
    /// Wrong use: a flag, a name, a file.
    Usage = 1,
    /// The program has errors.
    Check = 2,
    /// A build failed.
    Build = 3,
    /// The deployment failed or was rolled back.
    Deploy = 4,
    /// Still running, or the platform does not answer.
    Unknown = 5,
}

/// Why a verb did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// In a sentence, what happened.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Failure {
    /// A failure without advice.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: None }
    }

    /// Wrong use.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl miette::Diagnostic for Failure {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
}

impl From<crate::local::LocalError> for Failure {
    fn from(error: crate::local::LocalError) -> Self {
        Self { exit: Exit::Usage, message: error.to_string(), help: error.help() }
    }
}
