//! `helios plan`: what a deployment would change, without doing it.

use std::path::PathBuf;

use helios_client::NewPlan;

use super::program::{self, Program};
use super::which::Which;
use super::{Exit, Failure, Output, changes, deploy, source};

/// Say what a deployment would change, without doing it
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios plan                      of the program of this directory\n  \
    helios plan shop -e prod --json  for a pipeline; the digest is what `--approve` takes")]
pub(super) struct Args {
    /// Directory or file of the program
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    directory: PathBuf,

    #[command(flatten)]
    which: Which,

    /// Give a param its value, as an OAL literal; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = program::param)]
    params: Vec<(String, String)>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let program = Program::load(&args.directory, &args.params)?;
    program.sound(output)?;
    let found = deploy::here(&program, &args.which)?;
    let source = source::send(&found.client, &program, &found.environment).await?;
    let new = NewPlan { source, params: args.params.iter().cloned().collect() };
    let plan = match found.client.plan(&found.app, &found.environment, &new).await {
        Err(error) if error.status() == Some(404) => {
            deploy::make(&found).await?;
            found.client.plan(&found.app, &found.environment, &new).await?
        }
        plan => plan?,
    };
    if args.json {
        output.json(&plan);
        return Ok(Exit::Live);
    }
    output.text(&changes::text(&plan, output.paint()));
    if plan.needs_approval {
        output.line(&format!("to deploy it where nobody can be asked: helios deploy --approve {}", plan.digest));
    }
    Ok(Exit::Live)
}
