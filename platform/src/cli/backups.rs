//! `helios backups`: copies of databases' data.

use clap::Subcommand;
use helios_client::{Backup, BackupState, Job, JobState, NewBackup};
use oal_ir::NodeId;
use uuid::Uuid;

use super::table::{self, Cell};
use super::which::{At, Found};
use super::{Exit, Failure, Output, jobs, pages, terminal};

/// List copies of databases' data, make one, bring one back
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios backups list                which copies there are, newest first\n  \
    helios backups create orders       makes one now, beside those of its `backup` in the program\n  \
    helios backups restore ID -e prod  brings one back, after a question\n\n\
    `backup: { schedule: \"0 2 * * *\", keep: 30d }` of a `database` makes them by itself.")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the copies of an environment's databases, newest first
    List {
        /// How many at most
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: usize,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: At,
    },
    /// Make a copy of a database's data now
    Create {
        /// The database: its id or its name; not needed where there is only one
        #[arg(value_name = "DATABASE")]
        database: Option<String>,
        /// Print the job as JSON when it has ended
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: At,
    },
    /// Bring a copy back; what changed since it was made is lost
    Restore {
        /// The copy, as `helios backups list` names it
        #[arg(value_name = "ID")]
        id: Uuid,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
        /// Print the job as JSON when it has ended
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: At,
    },
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    match &args.what {
        What::List { limit, json, at } => {
            let found = &at.find().await?;
            let page = |query| async move { found.client.backups(&found.app, &found.environment, &query).await };
            let backups = pages::first(*limit, page).await?;
            if *json {
                output.json(&backups);
            } else {
                list(&backups, output);
            }
            Ok(Exit::Live)
        }
        What::Create { database, json, at } => {
            let found = at.find().await?;
            let node = match database {
                Some(text) => found.component(text).await?,
                None => only(&found).await?,
            };
            let backup = NewBackup { node: node.clone() };
            let job = found.client.create_backup(&found.app, &found.environment, &backup).await?;
            let job = wait(&found, job, output).await?;
            end(&job, *json, &format!("a copy of {node} was made"), &format!("no copy of {node} was made"), output)
        }
        What::Restore { id, yes, json, at } => {
            let found = at.find().await?;
            let name = found.name();
            if !yes {
                if !terminal::can_ask() {
                    return Err(Failure::usage(format!("data of {name} are replaced by those of the copy"))
                        .help("say that this is meant: `--yes`"));
                }
                output.flush();
                if !terminal::confirm(&format!("Replace data of {name} by those of the copy {id}?"))? {
                    return Err(Failure::usage("nothing was done"));
                }
            }
            let job = found.client.restore_backup(&found.app, &found.environment, *id).await?;
            let job = wait(&found, job, output).await?;
            end(&job, *json, &format!("{name} has the data of {id} again"), "the copy was not brought back", output)
        }
    }
}

/// The only database there is.
async fn only(found: &Found) -> Result<NodeId, Failure> {
    let images = found.status().await?.release.map(|release| release.images).unwrap_or_default();
    let ids = images.into_keys().filter_map(|id| id.parse::<NodeId>().ok());
    let mut databases: Vec<NodeId> =
        ids.filter(|id| id.segments().last().is_some_and(|last| last.kind == "database")).collect();
    match (databases.pop(), databases.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(Failure::usage(format!("{} has no database", found.name()))),
        (Some(_), false) => {
            Err(Failure::usage(format!("{} has several databases", found.name())).help("name the one that is meant"))
        }
    }
}

async fn wait(found: &Found, job: Job, output: &mut Output) -> Result<Job, Failure> {
    jobs::wait(&found.client, job, |line| output.note(&format!("{}\n", terminal::safe(&line.line)))).await
}

fn end(job: &Job, json: bool, well: &str, badly: &str, output: &mut Output) -> Result<Exit, Failure> {
    if json {
        output.json(job);
    }
    if job.state != JobState::Done || job.failure.is_some() {
        return Err(jobs::failed(job, badly));
    }
    if !json {
        output.line(well);
    }
    Ok(Exit::Live)
}

fn list(backups: &[Backup], output: &mut Output) {
    let paint = output.paint();
    let rows: Vec<[Cell; 6]> = backups
        .iter()
        .map(|backup| {
            let (state, color) = match backup.state {
                BackupState::Running => ("running", paint.yellow),
                BackupState::Done => ("done", paint.green),
                BackupState::Failed => ("failed", paint.red),
            };
            [
                backup.node.to_string().into(),
                Cell::colored(state, color),
                table::ago(backup.created_at).into(),
                (if backup.scheduled { "schedule" } else { "asked for" }).into(),
                backup.size.map(|size| format!("{size} bytes")).unwrap_or_default().into(),
                backup.id.to_string().into(),
            ]
        })
        .collect();
    table::print(["DATABASE", "STATE", "MADE", "BY", "SIZE", "ID"], &rows, output);
    for backup in backups.iter().filter(|backup| backup.state == BackupState::Failed) {
        if let Some(failure) = &backup.failure {
            output.line(&format!("{}: {}", backup.id, terminal::safe(failure)));
        }
    }
}
