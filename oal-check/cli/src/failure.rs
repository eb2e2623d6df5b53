//! Failures of the program itself: wrong use, a missing file, a full disk. What is wrong with an OAL program never becomes one.

use std::fmt;

use miette::{Diagnostic, ReportHandler};

/// A failure: what, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    code: &'static str,
    message: String,
    help: Option<String>,
}

impl Failure {
    /// A failure without advice.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None }
    }

    /// Says what to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
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

impl Diagnostic for Failure {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }
}

/// Makes reports look like the findings: `error[code]: message`, then the causes and the help.
pub(crate) fn install(color: bool) {
    // It only fails where it was called before.
    let _ = miette::set_hook(Box::new(move |_| Box::new(Handler { color })));
}

struct Handler {
    color: bool,
}

impl ReportHandler for Handler {
    fn debug(&self, error: &dyn Diagnostic, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (red, bold, plain) = if self.color { ("\u{1b}[1;31m", "\u{1b}[1m", "\u{1b}[0m") } else { ("", "", "") };
        write!(f, "{red}error")?;
        if let Some(code) = error.code() {
            write!(f, "[{code}]")?;
        }
        write!(f, "{plain}{bold}: {error}{plain}")?;
        let mut cause = error.source();
        while let Some(error) = cause {
            write!(f, "\n  because: {error}")?;
            cause = error.source();
        }
        if let Some(help) = error.help() {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}
