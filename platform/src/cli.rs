//! The command line: the verbs and what holds for all of them. The flags of a verb stand with the verb, one file each.

mod audit;
mod backups;
mod changes;
mod completions;
mod deploy;
mod doctor;
mod down;
mod env;
mod exec;
mod failure;
mod follow;
mod interrupt;
mod jobs;
mod login;
mod logs;
mod open;
mod output;
mod pages;
mod plan;
mod program;
mod progress;
mod promote;
mod releases;
mod rollback;
mod run;
mod secrets;
mod serve;
mod servers;
mod source;
mod status;
mod table;
mod terminal;
mod token;
mod up;
mod which;

use clap::builder::Styles;
use clap::builder::styling::{AnsiColor, Style};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use failure::{Exit, Failure, Rendered};
pub use output::{Color, Output, Paint};

use crate::roles::oal_worker;
use crate::telemetry::traces::{self, Span, SpanKind};
use crate::trace;

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
    #[arg(hide_possible_values = true, hide_default_value = true, display_order = 900)]
    color: Color,

    /// What to do
    #[command(subcommand)]
    verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
enum Verb {
    Up(up::Args),
    Login(login::Args),
    Deploy(deploy::Args),
    Plan(plan::Args),
    Status(status::Args),
    Logs(logs::Args),
    Open(open::Args),
    Run(run::Args),
    Exec(exec::Args),
    Rollback(rollback::Args),
    Promote(promote::Args),
    Secrets(secrets::Args),
    Backups(backups::Args),
    Env(env::Args),
    Releases(releases::Args),
    Token(token::Args),
    Audit(audit::Args),
    Down(down::Args),
    // Larger than all others: it has the settings of every role.
    Serve(Box<serve::Args>),
    Doctor(doctor::Args),
    Completions(completions::Args),
    /// Check one program within limits; the OAL worker runs it
    #[command(name = oal_worker::VERB, hide = true)]
    CheckBundle,
}

/// Runs the command line of this process; returns the exit code.
#[must_use]
pub fn main() -> i32 {
    let mut output = Output::new();
    let parsed = command(output.colors_errors()).try_get_matches().and_then(|matches| {
        let name = matches.subcommand_name().unwrap_or_default().to_owned();
        Ok((name, Cli::from_arg_matches(&matches)?))
    });
    let exit = match parsed {
        Ok((name, cli)) => {
            output.set_color(cli.color);
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            match runtime {
                Ok(runtime) => {
                    let end = runtime.block_on(traced(&name, cli.verb, &mut output));
                    // A read from the terminal that nobody waits for any more would hold it up until the next key.
                    runtime.shutdown_background();
                    end.unwrap_or_else(|failure| {
                        output.report(&failure);
                        failure.exit
                    })
                }
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
        Ok(()) => i32::from(exit.code()),
        Err(()) => i32::from(Exit::Usage.code()),
    }
}

/// Performs a verb as a part of a trace, where traces are sent: that of `TRACEPARENT`, or one of its own.
async fn traced(name: &str, verb: Verb, output: &mut Output) -> Result<Exit, Failure> {
    // The platform's own processes begin their traces with each request, and say by their log what is wrong.
    let asks = !matches!(verb, Verb::Up(_) | Verb::Serve(_) | Verb::Completions(_) | Verb::CheckBundle);
    if let Some(why) = (asks || matches!(verb, Verb::Up(_))).then(traces::begin).flatten() {
        output.note(&format!("{why}\n"));
    }
    let parent = std::env::var("TRACEPARENT").ok().filter(|_| asks);
    let span =
        asks.then(|| traces::span(SpanKind::Client, parent.as_deref(), || (format!("helios {name}"), Vec::new())));
    let mut span = span.flatten();
    let traceparent = span.as_ref().map(Span::traceparent).or(parent);
    let end = trace::within(traceparent, perform(verb, output)).await;
    if let Some(span) = &mut span {
        let exit = end.as_ref().map_or_else(|failure| failure.exit, |exit| *exit);
        span.set("process.exit.code", exit.code().into());
        if end.is_err() {
            span.fail("exit code");
        }
    }
    drop(span);
    traces::end().await;
    end
}

async fn perform(verb: Verb, output: &mut Output) -> Result<Exit, Failure> {
    match verb {
        Verb::Up(args) => up::run(&args, output).await,
        Verb::Login(args) => login::run(&args, output).await,
        Verb::Deploy(args) => deploy::run(&args, output).await,
        Verb::Plan(args) => plan::run(&args, output).await,
        Verb::Status(args) => status::run(&args, output).await,
        Verb::Logs(args) => logs::run(&args, output).await,
        Verb::Open(args) => open::run(&args, output).await,
        Verb::Run(args) => run::run(&args, output).await,
        Verb::Exec(args) => exec::run(&args, output).await,
        Verb::Rollback(args) => rollback::run(&args, output).await,
        Verb::Promote(args) => promote::run(&args, output).await,
        Verb::Backups(args) => backups::run(&args, output).await,
        Verb::Secrets(args) => secrets::run(&args, output).await,
        Verb::Env(args) => env::run(&args, output).await,
        Verb::Releases(args) => releases::run(&args, output).await,
        Verb::Token(args) => token::run(&args, output).await,
        Verb::Audit(args) => audit::run(&args, output).await,
        Verb::Serve(args) => serve::run(&args, output).await,
        Verb::Doctor(args) => doctor::run(&args, output).await,
        Verb::Down(args) => down::run(&args, output).await,
        Verb::Completions(args) => Ok(completions::run(&args, output)),
        Verb::CheckBundle => match oal_worker::process() {
            Ok(()) => Ok(Exit::Live),
            Err(error) => Err(Failure::new(Exit::Unknown, error.to_string())),
        },
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
    quiet(Cli::command().styles(styles))
}

/// Help does not show what variables of the environment hold: some of it is secret, all of it makes long lines.
fn quiet(command: clap::Command) -> clap::Command {
    command.mut_args(|argument| argument.hide_env_values(true)).mut_subcommands(quiet)
}
