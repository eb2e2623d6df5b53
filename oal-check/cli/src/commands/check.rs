//! `oal check`: says what is wrong with programs, in all their environments.

mod levels;
mod previous;
mod programs;
mod watch;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use oal_check::Options;

use crate::Verdict;
use crate::findings::Format;
use crate::output::Output;
use programs::Round;

/// Check programs, each in all its environments
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    oal check                                    every program below this directory\n  \
    oal check shop/app.oal --env prod            one program, as it is in one environment\n  \
    oal check --deny warnings --format github    in a workflow: no warnings, findings at their lines\n  \
    oal check shop --previous build/             also: nothing that is deployed would get less storage\n  \
    cat app.oal | oal check - --stdin-path shop/app.oal\n\n\
    A file's project root, which no `use` may leave, is the current directory if the file lies below it,\n\
    else the file's own directory. Exit codes: 0 no errors, 1 errors, 2 wrong use or unreadable input.")]
pub(crate) struct Args {
    /// Files, or directories with all programs below; `-` is standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,

    /// The file that standard input stands for
    #[arg(long, value_name = "PATH", default_value = "stdin.oal", hide_default_value = true)]
    stdin_path: PathBuf,

    /// The project's root, which no `use` may leave
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,

    /// Check this environment only; may be repeated
    #[arg(long = "env", value_name = "NAME")]
    environments: Vec<String>,

    /// Give a param its value; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = super::program::param)]
    params: Vec<(String, String)>,

    /// Compare with what is deployed: a document of `oal lower`, or a directory of them
    #[arg(long, value_name = "FILE|DIR")]
    previous: Option<PathBuf>,

    /// The form: human, plain, short, json, sarif, github or junit
    #[arg(long, value_enum, default_value_t = Format::Human, hide_possible_values = true)]
    format: Format,

    /// Make a lint an error; `warnings` means all of them
    #[arg(long, value_name = "LINT")]
    deny: Vec<String>,

    /// Make a lint a warning; `notes` means the advice that is else left out
    #[arg(long, value_name = "LINT")]
    warn: Vec<String>,

    /// Leave out the findings of a lint
    #[arg(long, value_name = "LINT")]
    allow: Vec<String>,

    /// Check again whenever a file changes
    #[arg(long)]
    watch: bool,
}

/// Runs `oal check`.
pub(crate) fn run(args: &Args, output: &mut Output, started: Instant) -> miette::Result<Verdict> {
    let options = Options { params: args.params.clone(), lints: levels::read(args)?, ..Options::default() };
    if args.watch {
        return watch::run(args, &options, output);
    }
    let round = Round::new(args, &options)?;
    let verdict = round.verdict();
    print(args, &round, output);
    summarize(args, &round, started.elapsed(), output);
    args.leave(round);
    Ok(verdict)
}

impl Args {
    /// Leaves a value to the end of the process, which frees memory faster than we do; a watch goes on and frees its own.
    fn leave<T>(&self, value: T) {
        if !self.watch {
            std::mem::forget(value);
        }
    }
}

/// Prints the findings and failures of a round.
fn print(args: &Args, round: &Round, output: &mut Output) {
    let text = round.findings.print(args.format, output.style());
    output.text(&text);
    for failure in &round.failures {
        output.report(&failure.clone().into());
    }
}

/// Says in one line what was checked: below the findings for people, else beside them.
fn summarize(args: &Args, round: &Round, took: Duration, output: &mut Output) {
    let people = args.format.is_for_people();
    let color = if people { output.colors() } else { output.colors_errors() };
    if let Some(line) = round.summary(took, color) {
        if people { output.line(&line) } else { output.note(&format!("{line}\n")) }
    }
}
