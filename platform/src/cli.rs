//! The command line: the verbs and what holds for all of them. The flags of a verb stand with the verb, one file each.

mod doctor;
mod failure;
mod output;

use clap::builder::Styles;
use clap::builder::styling::{AnsiColor, Style};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use failure::{Exit, Failure};
pub use output::{Color, Output};

/// Deploy, observe and roll back what OAL programs describe.
#[derive(Debug, Parser)]
#[command(
    name = "helios",
    version = concat!(env!("CARGO_PKG_VERSION"), " (API v1, IR 1)"),
    max_term_width = 100,
    subcommand_required = true,
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs",
    disable_help_subcommand = true,
    after_help = "Example:\n  helios up examples/guestbook    run an application on this machine, with nothing set up before\n\n\
        Exit codes: 0 live, 1 wrong use, 2 check failed, 3 build failed, 4 deploy failed or rolled back,\n\
        5 unknown: still running, or the platform does not answer.\n\
        `helios VERB --help` says more about a verb."
)]
struct Cli {
    /// When to colour: `auto` (on a terminal), `always` or `never`
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    #[arg(hide_possible_values = true, hide_default_value = true)]
    color: Color,

    /// What to do
    #[command(subcommand)]
    verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
enum Verb {
    Doctor(doctor::Args),
}

/// Runs the command line of this process; returns the exit code.
#[must_use]
pub fn main() -> i32 {
    let mut output = Output::new();
    let parsed = command(output.colors_errors()).try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let exit = match parsed {
        Ok(cli) => {
            output.set_color(cli.color);
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(run(cli.verb, &mut output)).unwrap_or_else(|failure| {
                    output.report(&failure);
                    failure.exit
                }),
                Err(error) => {
                    output.report(&Failure::new(Exit::Unknown, format!("no threads: {error}")));
                    Exit::Unknown
                }
            }
        }
        Err(error) => {
            let text = error.render().ansi().to_string();
            if error.use_stderr() {
                output.note(&text);
                Exit::Usage
            } else {
                output.text(&text);
                Exit::Live
            }
        }
    };
    match output.finish() {
        Ok(()) => exit as i32,
        Err(()) => Exit::Usage as i32,
    }
}

async fn run(verb: Verb, output: &mut Output) -> Result<Exit, Failure> {
    match verb {
        Verb::Doctor(args) => doctor::run(&args, output).await,
    }
}

/// The parser of the command line. It colours only if it is told so: it prints nothing itself.
fn command(color: bool) -> clap::Command {
    let styles = if color {
        let heading = Style::new().bold();
        Styles::plain()
            .header(heading)
            .usage(heading)
            .literal(AnsiColor::Cyan.on_default())
            .placeholder(AnsiColor::Blue.on_default())
            .error(AnsiColor::Red.on_default().bold())
    } else {
        Styles::plain()
    };
    Cli::command().styles(styles)
}
