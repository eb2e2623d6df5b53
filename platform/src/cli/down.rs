//! `helios down`: take an environment down.

use std::path::PathBuf;

use chrono::Utc;
use helios_client::{JobState, NewDown};

use super::progress::Progress;
use super::which::Which;
use super::{Exit, Failure, Output, jobs, terminal};

/// Take an environment down; its data stay, unless `--volumes` is given
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios down                        stop and remove what runs of this directory's program\n  \
    helios down -e preview --volumes   and all its data, after a question\n\n\
    `helios deploy` brings it up again, as does `helios rollback`.")]
pub(super) struct Args {
    /// Directory or file of the program
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    directory: PathBuf,

    /// Remove its volumes, too, and with them all data
    #[arg(long)]
    volumes: bool,

    /// Do not ask
    #[arg(long, short)]
    yes: bool,

    /// Print the job as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    which: Which,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let found = args.which.find(&args.directory).await?;
    let name = found.name();
    if args.volumes && !args.yes {
        if !terminal::can_ask() {
            return Err(Failure::usage(format!("`--volumes` removes all data of {name}"))
                .help("say that this is meant: `--yes`"));
        }
        output.flush();
        if !terminal::confirm(&format!("Remove {name} with all its data?"))? {
            return Err(Failure::usage("nothing was done"));
        }
    }
    let mut progress = Progress::new(output);
    let started = Utc::now();
    progress.begin(&format!("taking {name} down"), &format!("taking {name} down"), started);
    let job = found.client.down(&found.app, &found.environment, &NewDown { destroy: args.volumes }).await?;
    let job = jobs::wait(&found.client, job, |line| {
        progress.below(&line.node.as_ref().map(ToString::to_string).unwrap_or_default(), &line.line);
    })
    .await?;
    progress.clear();
    drop(progress);
    if args.json {
        output.json(&job);
    }
    match job.state {
        JobState::Done if job.failure.is_none() => {
            if !args.json {
                let what = if args.volumes { "and all its data are gone" } else { "is down; its data stay" };
                output.line(&format!("{name} {what}"));
            }
            Ok(Exit::Live)
        }
        _ => Err(jobs::failed(&job, &format!("{name} was not taken down"))),
    }
}
