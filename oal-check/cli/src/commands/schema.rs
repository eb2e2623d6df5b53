//! `oal schema`: the JSON Schemas of what the other verbs print.

use crate::Verdict;
use crate::output::Output;

/// Print the JSON Schema of a format
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  oal schema ir > ir.schema.json    for a tool that reads what `oal lower` writes")]
pub(crate) struct Args {
    /// Which format: what `oal lower` writes, or what `oal check --format json` prints
    #[arg(value_enum, value_name = "ir|diagnostics", hide_possible_values = true)]
    format: Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// What `oal lower` writes
    Ir,
    /// What `oal check --format json` writes
    Diagnostics,
}

/// Runs `oal schema`.
pub(crate) fn run(args: &Args, output: &mut Output) -> Verdict {
    let schema = match args.format {
        Format::Ir => oal_ir::schema(),
        Format::Diagnostics => oal_check::diagnostic::SCHEMA,
    };
    output.line(schema.trim_end());
    Verdict::Clean
}
