//! The `oal` command: reads the command line, runs one verb, reports what failed, ends with the exit code.
//! What a verb does is in `commands/`; whatever is printed goes through `output`.

mod args;
mod commands;
mod failure;
mod files;
mod findings;
mod output;
mod page;

use std::time::Instant;

use clap::FromArgMatches;

use crate::args::{Cli, Verb};
use crate::output::Output;

/// What a verb found out; the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Nothing to complain of.
    Clean = 0,
    /// The programs have errors, or files are not formatted.
    Findings = 1,
    /// Wrong use, or input that cannot be read.
    Failed = 2,
}

fn main() {
    let started = Instant::now();
    let mut output = Output::new(args::early_color());
    let verdict = match args::command(output.colors_errors()).try_get_matches().and_then(|m| Cli::from_arg_matches(&m))
    {
        Ok(cli) => {
            output.set_color(cli.color);
            failure::install(output.colors_errors());
            run(cli.verb, &mut output, started).unwrap_or_else(|report| {
                output.report(&report);
                Verdict::Failed
            })
        }
        Err(error) => {
            let text = error.render().ansi().to_string();
            if error.use_stderr() {
                output.note(&text);
                Verdict::Failed
            } else {
                output.text(&text);
                Verdict::Clean
            }
        }
    };
    let verdict = match output.finish() {
        Ok(()) => verdict,
        Err(()) => Verdict::Failed,
    };
    // Ends without giving back memory: the system is faster at it.
    std::process::exit(verdict as i32)
}

fn run(verb: Verb, output: &mut Output, started: Instant) -> miette::Result<Verdict> {
    match verb {
        Verb::Check(args) => commands::check::run(&args, output, started),
        Verb::Lower(args) => commands::lower::run(&args, output),
        Verb::Diff(args) => commands::diff::run(&args, output),
        Verb::Fmt(args) => commands::fmt::run(&args, output, started),
        Verb::Explain(args) => commands::explain::run(&args, output),
        Verb::Schema(args) => Ok(commands::schema::run(&args, output)),
        Verb::Init(args) => commands::init::run(&args, output),
        Verb::Lsp(args) => commands::lsp::run(&args),
        Verb::Completions(args) => Ok(commands::completions::run(&args, output)),
    }
}
