//! `helios rollback`: run an earlier release again.

use helios_client::NewDeployment;

use super::deploy::{self, End};
use super::which::At;
use super::{Exit, Failure, Output};

/// Run an earlier release again: its program, images, params and secrets
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios rollback               the release before the one that runs\n  \
    helios rollback 12 -e prod    release 12; `helios releases` lists them")]
pub(super) struct Args {
    /// Number of the release; the one before the live one if not given
    #[arg(value_name = "RELEASE")]
    release: Option<i64>,

    #[command(flatten)]
    at: At,

    #[command(flatten)]
    end: End,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let found = args.at.find().await?;
    let deployment = deploy::again(&found, &NewDeployment::Rollback { release: args.release }).await?;
    deploy::end(&found.client, deployment, &args.end, output).await
}
