//! `helios env`: the environments of an application.

use clap::Subcommand;
use helios_client::{Environment, Name, NewEnvironment, Params};

use super::table::{self, Cell};
use super::which::At;
use super::{Exit, Failure, Output, pages, terminal};

/// List and make the environments of an application
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios env list                  of the program of this directory\n  \
    helios env params -e prod        the values its params were given by `--param`\n  \
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
    /// List the values that an environment's params were given, newest first
    Params {
        /// How many versions at most
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
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

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    match &args.what {
        What::List { json, at } => {
            let (client, app) = &at.app()?;
            let environments = pages::all(|query| async move { client.environments(app, &query).await }).await?;
            if *json {
                output.json(&environments);
            } else {
                list(&environments, output);
            }
        }
        What::Params { limit, json, at } => {
            let found = &at.find().await?;
            let page = |query| async move { found.client.params(&found.app, &found.environment, &query).await };
            let versions = pages::first(*limit, page).await?;
            if *json {
                output.json(&versions);
            } else {
                let live = found.status().await?.release.and_then(|release| release.config_version);
                show_params(&versions, live, output);
            }
        }
        What::Create { name, target, json, at } => {
            let (client, app) = at.app()?;
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

fn show_params(versions: &[Params], live: Option<i64>, output: &mut Output) {
    let paint = output.paint();
    let rows: Vec<[Cell; 4]> = versions
        .iter()
        .map(|version| {
            let values: Vec<String> =
                version.params.iter().map(|(name, value)| terminal::safe(&format!("{name}={value}"))).collect();
            let values = if values.is_empty() { String::from("those of the program") } else { values.join(" ") };
            [
                version.version.to_string().into(),
                Cell::colored(if live == Some(version.version) { "live" } else { "" }, paint.green),
                table::ago(version.created_at).into(),
                values.into(),
            ]
        })
        .collect();
    table::print(["VERSION", "", "SINCE", "VALUES"], &rows, output);
}
