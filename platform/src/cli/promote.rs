//! `helios promote`: run what runs in one environment in another.

use std::path::PathBuf;

use helios_client::{Name, NewDeployment};

use super::deploy::{self, End};
use super::which::{Found, Which};
use super::{Exit, Failure, Output};

/// Run what runs in one environment in another: the same program and images
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    helios promote staging prod    what was tried in staging goes to production, not built again")]
pub(super) struct Args {
    /// The environment it runs in
    #[arg(value_name = "FROM")]
    from: Name,

    /// The environment it is to run in
    #[arg(value_name = "TO")]
    to: Name,

    /// Directory of the program
    #[arg(long = "dir", value_name = "DIR", default_value = ".", hide_default_value = true)]
    directory: PathBuf,

    /// The application; that of the program if not given
    #[arg(long, value_name = "NAME")]
    app: Option<Name>,

    #[command(flatten)]
    server: super::servers::Server,

    #[command(flatten)]
    end: End,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let which = Which { app: args.app.clone(), environment: Some(args.to.clone()), server: args.server.clone() };
    let found: Found = which.find(&args.directory).await?;
    let new = NewDeployment::Promote { from: args.from.clone() };
    let deployment = match found.client.deploy(&found.app, &found.environment, &new).await {
        Err(error) if error.status() == Some(404) && found.client.environment(&found.app, &args.from).await.is_ok() => {
            deploy::make(&found).await?;
            deploy::again(&found, &new).await?
        }
        deployment => deployment?,
    };
    deploy::end(&found.client, deployment, &args.end, output).await
}
