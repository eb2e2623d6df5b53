//! `helios status`: how an environment is.

use std::path::PathBuf;

use helios_client::{BackupState, DeploymentState, EnvironmentStatus, Instance};

use super::output::Paint;
use super::table::{self, Cell};
use super::which::Which;
use super::{Exit, Failure, Output};

/// Say how an environment is: its release, what runs of it, the newest deployment
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios status                      of the program of this directory\n  \
    helios status --app shop -e prod   of any\n\n\
    Ends with 0 if everything of the live release runs and is healthy, else with 4, or with 5 while\n\
    a deployment is under way.")]
pub(super) struct Args {
    /// Directory or file of the program
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    directory: PathBuf,

    #[command(flatten)]
    which: Which,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let found = args.which.find(&args.directory).await?;
    let status = found.status().await?;
    if args.json {
        output.json(&status);
        return Ok(verdict(&status));
    }
    let paint = output.paint();
    let release = match (&status.release, status.environment.down_at) {
        (_, Some(at)) => format!("taken down {}", table::ago(at)),
        (Some(release), None) => format!("release {}, made {}", release.number, table::ago(release.created_at)),
        (None, None) => String::from("nothing was released yet"),
    };
    output.line(&format!("{}{}{}: {release}", paint.bold, found.name(), paint.plain));
    for url in &status.urls {
        output.line(&format!("  {}{url}{}", paint.cyan, paint.plain));
    }
    let rows: Vec<[Cell; 6]> = status.instances.iter().map(|instance| row(instance, paint)).collect();
    if !rows.is_empty() {
        output.line("");
    }
    table::print(["COMPONENT", "COPY", "STATE", "RESTARTS", "SINCE", "IMAGE"], &rows, output);
    for scale in &status.scales {
        let (node, since) = (&scale.node, table::ago(scale.changed_at));
        output.line(&format!("the load of {node} wants {} copies, since {since}", scale.copies));
    }
    for backup in &status.backups {
        let (what, color) = match backup.state {
            BackupState::Running => ("is being made", paint.yellow),
            BackupState::Done => ("made", paint.green),
            BackupState::Failed => ("failed", paint.red),
        };
        let why = backup.failure.as_ref().map(|why| format!(": {}", super::terminal::safe(why))).unwrap_or_default();
        let (node, at) = (&backup.node, table::ago(backup.created_at));
        output.line(&format!("newest copy of {node}: {color}{what}{} {at}{why}", paint.plain));
    }
    if let Some(deployment) = &status.deployment {
        let color = match deployment.state {
            DeploymentState::Live => paint.green,
            state if state.is_terminal() => paint.red,
            _ => paint.yellow,
        };
        let what = match (&deployment.failure, deployment.state) {
            (Some(failure), state) if state != DeploymentState::Live => {
                format!(": {}", super::terminal::safe(&failure.message))
            }
            _ => String::new(),
        };
        output.line("");
        output.line(&format!(
            "newest deployment: {color}{}{} {}{what}  {}{}{}",
            deployment.state.name(),
            paint.plain,
            table::ago(deployment.updated_at),
            paint.dim,
            deployment.id,
            paint.plain
        ));
        if deployment.state.is_terminal() {
            return Ok(verdict(&status));
        }
        output.line(&format!("follow it: helios deploy --follow {}", deployment.id));
    }
    Ok(verdict(&status))
}

fn row(instance: &Instance, paint: Paint) -> [Cell; 6] {
    let (state, color) = match (instance.state.as_str(), instance.health.as_deref()) {
        ("running", Some("healthy")) => (String::from("healthy"), paint.green),
        ("running", None) => (String::from("running"), paint.green),
        ("running", Some(health)) => (health.to_owned(), if health == "starting" { paint.yellow } else { paint.red }),
        (_, _) if instance.oom_killed => (String::from("out of memory"), paint.red),
        (state, _) => match instance.exit_code {
            Some(code) => (format!("{state} ({code})"), paint.red),
            None => (state.to_owned(), paint.yellow),
        },
    };
    [
        instance.node.to_string().into(),
        instance.replica.to_string().into(),
        Cell::colored(state, color),
        instance.restarts.to_string().into(),
        instance.started_at.map(table::ago).unwrap_or_default().into(),
        Cell::colored(table::short(&instance.image), paint.dim),
    ]
}

/// Whether everything is as it should be.
fn verdict(status: &EnvironmentStatus) -> Exit {
    if status.deployment.as_ref().is_some_and(|deployment| !deployment.state.is_terminal()) {
        return Exit::Unknown;
    }
    let well = |instance: &Instance| {
        instance.state == "running" && instance.health.as_deref().is_none_or(|health| health == "healthy")
    };
    let whole = status.release.is_some() && status.environment.down_at.is_none() && status.instances.iter().all(well);
    if whole { Exit::Live } else { Exit::Deploy }
}
