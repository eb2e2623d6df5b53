//! `helios env`: the environments of an application.

use std::path::PathBuf;

use clap::Subcommand;
use helios_client::{Environment, Name, NewEnvironment};

use super::table::{self, Cell};
use super::which::Which;
use super::{Exit, Failure, Output, pages};

/// List and make the environments of an application
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios env list                  of the program of this directory\n  \
    helios env create prod           to set its secrets before the first deployment\n  \
    helios env create eu --target eu on another target than `docker`")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the environments of an application
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: At,
    },
    /// Make an environment, if it is not there
    Create {
        /// Its name, as in the program
        #[arg(value_name = "NAME")]
        name: Name,
        /// The target its releases run on
        #[arg(long, value_name = "NAME")]
        target: Option<Name>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: At,
    },
}

#[derive(Debug, clap::Args)]
struct At {
    /// Directory of the program
    #[arg(long = "dir", value_name = "DIR", default_value = ".", hide_default_value = true)]
    directory: PathBuf,

    #[command(flatten)]
    which: Which,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    match &args.what {
        What::List { json, at } => {
            let (app, _) = at.which.app(&at.directory)?;
            let (client, app) = (&at.which.server.client()?, &app);
            let environments = pages::all(|query| async move { client.environments(app, &query).await }).await?;
            if *json {
                output.json(&environments);
            } else {
                list(&environments, output);
            }
        }
        What::Create { name, target, json, at } => {
            let (app, _) = at.which.app(&at.directory)?;
            let client = at.which.server.client()?;
            client.put_app(&app).await?;
            let made = client.put_environment(&app, name, &NewEnvironment { target: target.clone() }).await?;
            if *json {
                output.json(&made);
            } else {
                output.line(&format!("{app}/{name} is there, on target `{}`", made.target));
            }
        }
    }
    Ok(Exit::Live)
}

fn list(environments: &[Environment], output: &mut Output) {
    let paint = output.paint();
    let rows: Vec<[Cell; 4]> = environments
        .iter()
        .map(|environment| {
            let release = match (environment.live_release, environment.down_at) {
                (_, Some(at)) => Cell::colored(format!("taken down {}", table::ago(at)), paint.yellow),
                (Some(number), None) => Cell::colored(format!("release {number}"), paint.green),
                (None, None) => "nothing yet".into(),
            };
            [
                environment.name.to_string().into(),
                release,
                environment.target.clone().into(),
                table::ago(environment.created_at).into(),
            ]
        })
        .collect();
    table::print(["ENVIRONMENT", "RUNS", "TARGET", "MADE"], &rows, output);
}
