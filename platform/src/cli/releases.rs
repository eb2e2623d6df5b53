//! `helios releases`: what was released to an environment.

use std::path::PathBuf;

use helios_client::Release;

use super::table::{self, Cell};
use super::which::Which;
use super::{Exit, Failure, Output, pages};

/// List the releases of an environment, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  helios releases -e prod    `helios rollback NUMBER` runs one of them again")]
pub(super) struct Args {
    /// Directory or file of the program
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    directory: PathBuf,

    #[command(flatten)]
    which: Which,

    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let found = &args.which.find(&args.directory).await?;
    let page = |query| async move { found.client.releases(&found.app, &found.environment, &query).await };
    let releases = pages::first(args.limit, page).await?;
    if args.json {
        output.json(&releases);
        return Ok(Exit::Live);
    }
    let paint = output.paint();
    let how = |release: &Release| match &release.repeats {
        None => String::from("deployed"),
        Some(from) if from.environment == found.environment.as_str() => format!("rolled back to #{}", from.number),
        Some(from) => format!("promoted from {} #{}", from.environment, from.number),
    };
    let rows: Vec<[Cell; 7]> = releases
        .iter()
        .map(|release| {
            [
                release.number.to_string().into(),
                Cell::colored(if release.live { "live" } else { "" }, paint.green),
                table::ago(release.created_at).into(),
                release.by.clone().unwrap_or_default().into(),
                how(release).into(),
                table::short(&release.ir_digest).into(),
                Cell::colored(release.deployment.to_string(), paint.dim),
            ]
        })
        .collect();
    table::print(["RELEASE", "", "MADE", "BY", "HOW", "PROGRAM", "DEPLOYMENT"], &rows, output);
    Ok(Exit::Live)
}
