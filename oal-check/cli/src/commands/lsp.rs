//! `oal lsp`: the language server, for editors.

/// Serve an editor over the language server protocol
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    oal lsp          what an editor starts; it speaks over standard input and output\n  \
    oal-lsp          the same as a program of its own\n\n\
    Ends with 0 where the editor said goodbye, else with 1.")]
pub(crate) struct Args {
    /// Standard input and output; there is no other way
    #[arg(long)]
    stdio: bool,
}

/// Runs `oal lsp` until the editor is done.
pub(crate) fn run(args: &Args) -> ! {
    let Args { stdio: _ } = args;
    std::process::exit(oal_lsp::run())
}
