//! `helios completions`: what a shell needs to complete command lines.

use clap_complete::Shell;

use super::{Exit, Output};

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  helios completions bash > ~/.local/share/bash-completion/completions/helios")]
pub(super) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &Args, output: &mut Output) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::command(false), "helios", &mut script);
    output.text(&String::from_utf8_lossy(&script));
    Exit::Live
}
