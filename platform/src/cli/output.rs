//! All that is printed: results to standard output, words about them to standard error. Decides about colour and width.
//! A reader that goes away (`helios logs | head`) is no error: what it no longer reads is dropped.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write};

use clap::ValueEnum;
use indicatif::ProgressDrawTarget;

use super::Failure;

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise (`NO_COLOR`, `CLICOLOR_FORCE`).
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The two streams.
#[derive(Debug)]
pub struct Output {
    results: BufWriter<Stdout>,
    gone: bool,
    failed: Option<io::Error>,
    color: Color,
}

impl Output {
    /// Nothing printed yet.
    pub(super) fn new() -> Self {
        let color = match std::env::args().collect::<Vec<_>>().windows(2).find_map(early) {
            Some(color) => color,
            None => Color::Auto,
        };
        Self { results: BufWriter::new(io::stdout()), gone: false, failed: None, color }
    }

    /// Decides about colour anew.
    pub(super) const fn set_color(&mut self, color: Color) {
        self.color = color;
    }

    /// Whether results are coloured.
    #[must_use]
    pub fn colors(&self) -> bool {
        wants_color(self.color, || io::stdout().is_terminal())
    }

    /// Whether words about them are coloured.
    #[must_use]
    pub fn colors_errors(&self) -> bool {
        wants_color(self.color, || io::stderr().is_terminal())
    }

    /// Where progress is drawn: standard error where that is a terminal, else nowhere.
    #[must_use]
    pub fn progress(&self) -> ProgressDrawTarget {
        if io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb") {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        }
    }

    /// Whether nobody reads the results any more.
    #[must_use]
    pub const fn is_gone(&self) -> bool {
        self.gone
    }

    /// Prints a result.
    pub fn text(&mut self, text: &str) {
        if !self.gone {
            let result = self.results.write_all(text.as_bytes());
            self.look_at(result);
        }
    }

    /// Prints a result of one line.
    pub fn line(&mut self, line: &str) {
        self.text(line);
        self.text("\n");
    }

    /// Prints a result as JSON, indented.
    pub fn json(&mut self, value: &impl serde::Serialize) {
        match serde_json::to_string_pretty(value) {
            Ok(text) => self.line(&text),
            Err(error) => self.look_at(Err(io::Error::other(error))),
        }
    }

    /// Shows what is printed so far.
    pub fn flush(&mut self) {
        if !self.gone {
            let result = self.results.flush();
            self.look_at(result);
        }
    }

    fn look_at(&mut self, result: io::Result<()>) {
        if let Err(error) = result {
            self.gone = true;
            if error.kind() != ErrorKind::BrokenPipe {
                self.failed = Some(error);
            }
        }
    }

    /// Prints words about the results; they stand after what was printed before.
    pub fn note(&mut self, text: &str) {
        self.flush();
        // Who closed standard error does not want to know.
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// Reports why a verb did not do what it was asked, in the form of `oal`.
    pub fn report(&mut self, failure: &Failure) {
        let (red, bold, plain) =
            if self.colors_errors() { ("\u{1b}[1;31m", "\u{1b}[1m", "\u{1b}[0m") } else { ("", "", "") };
        let mut text = format!("{red}error{plain}{bold}: {}{plain}\n", failure.message);
        if let Some(help) = &failure.help {
            text += &format!("  = help: {help}\n");
        }
        self.note(&text);
    }

    /// Ends the output; `Err` where some of it could not be written, which is reported.
    pub(super) fn finish(mut self) -> Result<(), ()> {
        self.flush();
        match self.failed.take() {
            None => Ok(()),
            Some(error) => {
                self.report(&Failure::usage(format!("cannot write the results: {error}")));
                Err(())
            }
        }
    }
}

/// What `--color` says, read before the command line is understood: it holds for complaints about the command line, too.
fn early(pair: &[String]) -> Option<Color> {
    let [flag, value] = pair else { return None };
    let value = match flag.as_str() {
        "--color" => value.as_str(),
        _ => value.strip_prefix("--color=")?,
    };
    Color::from_str(value, false).ok()
}

fn wants_color(color: Color, is_terminal: impl FnOnce() -> bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto => set("CLICOLOR_FORCE") || is_terminal(),
    }
}
