//! `oal completions`: what a shell needs to complete command lines.

use clap_complete::Shell;

use crate::Verdict;
use crate::args;
use crate::output::Output;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  oal completions bash > ~/.local/share/bash-completion/completions/oal")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Runs `oal completions`.
pub(crate) fn run(args: &Args, output: &mut Output) -> Verdict {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut args::command(false), "oal", &mut script);
    output.text(&String::from_utf8_lossy(&script));
    Verdict::Clean
}
