//! How a verb ends.

use std::fmt;

use helios_client::{ClientError, FailureKind};

/// How a verb ended; the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; for a deployment: live.
    Live,
    /// Wrong use: a flag, a name, a file.
    Usage,
    /// The program has errors.
    Check,
    /// A build failed.
    Build,
    /// The deployment failed or was rolled back.
    Deploy,
    /// Still running, or the platform does not answer.
    Unknown,
    /// As the command ended that was run, other than with 0.
    Command(u8),
}

impl Exit {
    /// The number that the shell sees.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Live => 0,
            Self::Usage => 1,
            Self::Check => 2,
            Self::Build => 3,
            Self::Deploy => 4,
            Self::Unknown => 5,
            Self::Command(code) => code,
        }
    }

    /// How a command ended that was run in a container; a code that no shell can see is as a signal would be.
    pub(super) fn of_command(code: Option<i64>) -> Self {
        match code {
            Some(0) => Self::Live,
            Some(code) => Self::Command(u8::try_from(code).unwrap_or(255)),
            None => Self::Unknown,
        }
    }
}

/// Text that the server or the checker has made for people, without colours and with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Without colours.
    pub plain: String,
    /// With the colours of a terminal.
    pub colored: String,
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
    /// Shown above the message, exactly as it is.
    pub rendered: Option<Box<Rendered>>,
}

impl Failure {
    /// A failure without advice.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), help: None, rendered: None }
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

    /// Shows this above.
    #[must_use]
    pub fn rendered(mut self, plain: String, colored: String) -> Self {
        self.rendered = Some(Box::new(Rendered { plain, colored }));
        self
    }

    /// What the platform says went wrong. Where it has drawn that under a line of the program, this is shown as it is, and
    /// `summary` below it; else its message, its advice and the last lines of the log stand for themselves.
    pub(super) fn of(failure: &helios_client::Failure, exit: Exit, summary: &str) -> Self {
        if let Some(plain) = &failure.rendered {
            let colored = failure.rendered_ansi.as_ref().unwrap_or(plain);
            return Self::new(exit, summary).rendered(plain.clone(), colored.clone());
        }
        let mut message = match &failure.node {
            Some(node) => format!("{node}: {}", failure.message),
            None => failure.message.clone(),
        };
        for line in &failure.log_tail {
            message.push_str("\n  | ");
            message.push_str(&super::terminal::safe(line));
        }
        Self { help: failure.help.clone(), ..Self::new(exit, message) }
    }
}

/// The exit code for what went wrong in a deployment.
pub(super) fn exit_of(failure: &helios_client::Failure) -> Exit {
    match failure.kind {
        FailureKind::Check => Exit::Check,
        FailureKind::BuildStep | FailureKind::BuildLimit | FailureKind::ImagePull => Exit::Build,
        _ if failure.stage == "building" => Exit::Build,
        _ => Exit::Deploy,
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<crate::local::LocalError> for Failure {
    fn from(error: crate::local::LocalError) -> Self {
        Self { help: error.help(), ..Self::new(Exit::Usage, error.to_string()) }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        if let Some(problem) = error.problem() {
            if let Some(failure) = &problem.failure {
                return Self::of(failure, exit_of(failure), "it cannot be deployed like this");
            }
            let exit = if problem.status < 500 && problem.status != 429 { Exit::Usage } else { Exit::Unknown };
            let mut failure = Self::new(exit, problem.to_string());
            failure.help = match problem.status {
                401 => Some(String::from("`helios login` takes a new token, `HELIOS_TOKEN` one for this command")),
                _ => problem.help.clone(),
            };
            if let (Exit::Unknown, Some(request)) = (exit, &problem.request_id) {
                failure.help = Some(format!("the log of the platform says more, at request {request}"));
            }
            return failure;
        }
        match &error {
            ClientError::Address(_) => Self::usage(error.to_string()),
            ClientError::Token => {
                Self::usage(error.to_string()).help("`helios token create` prints a token once; it begins with `hl_`")
            }
            ClientError::Unreachable { .. } => Self::new(Exit::Unknown, error.to_string())
                .help("see whether the platform runs there: `helios up DIR` starts one on this machine"),
            _ => Self::new(Exit::Unknown, error.to_string()),
        }
    }
}
