//! All that is printed: results to standard output, words about them to standard error. Decides about colour and width.
//! A reader that goes away (`helios logs | head`) is no error: what it no longer reads is dropped.

use std::io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write};

use oal_check::diagnostic::Style;

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

    /// Where progress is drawn: on standard error where that is a terminal that can do it, else nowhere.
    #[must_use]
    pub fn progress(&self) -> Option<ProgressDrawTarget> {
        (io::stderr().is_terminal() && !dumb()).then(|| ProgressDrawTarget::stderr_with_hz(12))
    }

    /// How findings of a check look on standard error.
    #[must_use]
    pub fn error_style(&self) -> Style {
        let width = match terminal_size::terminal_size() {
            Some((terminal_size::Width(columns), _)) => usize::from(columns).clamp(40, 160),
            None => 100,
        };
        Style { color: self.colors_errors(), ascii: dumb(), width }
    }

    /// The colours of results.
    #[must_use]
    pub fn paint(&self) -> Paint {
        Paint::new(self.colors())
    }

    /// The colours of words about them.
    #[must_use]
    pub fn paint_errors(&self) -> Paint {
        Paint::new(self.colors_errors())
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
        let paint = Paint::new(self.colors_errors());
        let mut text = String::new();
        if let Some(rendered) = &failure.rendered {
            text.push_str(if paint.on() { &rendered.colored } else { &rendered.plain });
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
        text += &format!("{}error{}{}: {}{}\n", paint.red, paint.plain, paint.bold, failure.message, paint.plain);
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

/// Colours as ECMA-48 has them, or nothing. They never carry meaning by themselves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Paint {
    /// What matters.
    pub bold: &'static str,
    /// What matters less.
    pub dim: &'static str,
    /// What went wrong.
    pub red: &'static str,
    /// What is as it should be.
    pub green: &'static str,
    /// What wants a look.
    pub yellow: &'static str,
    /// What is a name or an address.
    pub cyan: &'static str,
    /// Back to how it was.
    pub plain: &'static str,
}

impl Paint {
    /// The colours, if there are to be any.
    #[must_use]
    pub const fn new(colors: bool) -> Self {
        if colors {
            Self {
                bold: "\u{1b}[1m",
                dim: "\u{1b}[2m",
                red: "\u{1b}[1;31m",
                green: "\u{1b}[32m",
                yellow: "\u{1b}[33m",
                cyan: "\u{1b}[36m",
                plain: "\u{1b}[0m",
            }
        } else {
            Self { bold: "", dim: "", red: "", green: "", yellow: "", cyan: "", plain: "" }
        }
    }

    /// Whether there are any.
    #[must_use]
    pub const fn on(self) -> bool {
        !self.plain.is_empty()
    }
}

/// Whether the terminal says that it can do nothing.
fn dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
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
        Color::Auto => set("CLICOLOR_FORCE") || (is_terminal() && !dumb()),
    }
}
