//! The command line as a whole: the verbs and what holds for all of them. The flags of a verb stand with the verb.

use clap::builder::Styles;
use clap::builder::styling::{AnsiColor, Style};
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};

use crate::commands::{check, completions, diff, explain, fmt, init, lower, lsp, schema};

/// Check, lower and format OAL programs.
#[derive(Debug, Parser)]
#[command(
    name = "oal",
    version = concat!(env!("CARGO_PKG_VERSION"), " (edition 1, IR 1)"),
    max_term_width = 100,
    subcommand_required = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    disable_help_subcommand = true,
    after_help = "Example:\n  oal check examples    check every program below a directory, in all its environments\n\n\
        Exit codes: 0 clean, 1 findings, 2 wrong use or unreadable input.\n\
        `NO_COLOR` and `CLICOLOR_FORCE` are honoured.\n\
        `oal VERB --help` says more about a verb."
)]
pub(crate) struct Cli {
    /// When to colour: `auto` (on a terminal), `always` or `never`
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    pub(crate) color: Color,

    /// What to do
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless the environment says otherwise.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    Check(check::Args),
    Lower(lower::Args),
    Diff(diff::Args),
    Fmt(fmt::Args),
    Explain(explain::Args),
    Schema(schema::Args),
    Init(init::Args),
    Lsp(lsp::Args),
    Completions(completions::Args),
}

/// The parser of the command line. It colours only if it is told so: it prints nothing itself.
pub(crate) fn command(color: bool) -> clap::Command {
    let styles = if color {
        let heading = Style::new().bold();
        Styles::plain()
            .header(heading)
            .usage(heading)
            .literal(AnsiColor::Cyan.on_default())
            .placeholder(AnsiColor::Blue.on_default())
            .valid(AnsiColor::Green.on_default())
            .invalid(AnsiColor::Yellow.on_default())
            .error(AnsiColor::Red.on_default().bold())
    } else {
        Styles::plain()
    };
    Cli::command().styles(styles)
}

/// What `--color` says, read before the command line is understood: it holds for complaints about the command line, too.
pub(crate) fn early_color() -> Color {
    let mut color = Color::Auto;
    let mut next = false;
    for argument in std::env::args_os().skip(1) {
        let argument = argument.to_string_lossy();
        let value = if next { Some(&*argument) } else { argument.strip_prefix("--color=") };
        if let Some(value) = value {
            color = Color::from_str(value, false).unwrap_or(color);
        }
        next = argument == "--color";
        if argument == "--" {
            break;
        }
    }
    color
}
