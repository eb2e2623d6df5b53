//! All that is printed: results to standard output, words about them to standard error. Decides about colour and width.
//! A reader that goes away (`oal check | head`) is no error: what it no longer reads is dropped.

use std::ffi::OsStr;
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Stdout, Write};
use std::time::Duration;

use oal_check::diagnostic::Style;

use crate::args::Color;

/// The two streams.
pub(crate) struct Output {
    results: BufWriter<Stdout>,
    gone: bool,
    failed: Option<io::Error>,
    color: Color,
}

impl Output {
    /// Nothing printed yet.
    pub(crate) fn new(color: Color) -> Self {
        Self { results: BufWriter::with_capacity(1 << 16, io::stdout()), gone: false, failed: None, color }
    }

    /// Decides about colour anew.
    pub(crate) fn set_color(&mut self, color: Color) {
        self.color = color;
    }

    /// Whether standard output is a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Whether results are coloured.
    pub(crate) fn colors(&self) -> bool {
        wants_color(self.color, || io::stdout().is_terminal())
    }

    /// Whether words about them are coloured.
    pub(crate) fn colors_errors(&self) -> bool {
        wants_color(self.color, || io::stderr().is_terminal())
    }

    /// How findings look on standard output.
    pub(crate) fn style(&self) -> Style {
        Style { color: self.colors(), ascii: dumb(), width: self.width() }
    }

    /// How findings look on standard error.
    pub(crate) fn error_style(&self) -> Style {
        Style { color: self.colors_errors(), ascii: dumb(), width: self.width() }
    }

    /// How many columns a line may take; 100 where there is no terminal to ask.
    pub(crate) fn width(&self) -> usize {
        match terminal_size::terminal_size() {
            Some((terminal_size::Width(columns), _)) => usize::from(columns).clamp(40, 160),
            None => 100,
        }
    }

    /// Whether nobody reads the results any more.
    pub(crate) fn is_gone(&self) -> bool {
        self.gone
    }

    /// Prints a result.
    pub(crate) fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Prints a result of one line.
    pub(crate) fn line(&mut self, line: &str) {
        self.text(line);
        self.text("\n");
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if !self.gone {
            let result = self.results.write_all(bytes);
            self.look_at(result);
        }
    }

    /// Shows what is printed so far.
    pub(crate) fn flush(&mut self) {
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
    pub(crate) fn note(&mut self, text: &str) {
        self.flush();
        // Who closed standard error does not want to know.
        let _ = io::stderr().write_all(text.as_bytes());
    }

    /// Reports a failure of the program.
    pub(crate) fn report(&mut self, report: &miette::Report) {
        self.note(&format!("{report:?}\n"));
    }

    /// Ends the output; `Err` where some of it could not be written, which is reported.
    pub(crate) fn finish(mut self) -> Result<(), ()> {
        self.flush();
        match self.failed.take() {
            None => Ok(()),
            Some(error) => {
                let failure =
                    crate::failure::Failure::new("oal::io::output", format!("the output cannot be written: {error}"));
                self.report(&failure.into());
                Err(())
            }
        }
    }
}

/// The rule of <https://no-color.org> and <https://bixense.com/clicolors>: a flag wins over a variable, `NO_COLOR` over
/// `CLICOLOR_FORCE`, a variable over the kind of stream.
fn wants_color(color: Color, terminal: impl FnOnce() -> bool) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR").is_some() => false,
        Color::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != OsStr::new("0")) => true,
        Color::Auto => terminal() && !dumb(),
    }
}

/// Whether the terminal says that it can do nothing.
fn dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == OsStr::new("dumb"))
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, word: &str) -> String {
    format!("{number} {word}{}", if number == 1 { "" } else { "s" })
}

/// A time as people say it: `3.2 ms`, `41 ms`, `1.20 s`.
pub(crate) fn time(took: Duration) -> String {
    let milliseconds = took.as_secs_f64() * 1e3;
    if milliseconds < 9.95 {
        format!("{milliseconds:.1} ms")
    } else if milliseconds < 999.5 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.2} s", took.as_secs_f64())
    }
}
