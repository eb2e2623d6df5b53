//! `helios run`: run a job, or a command in a component's surroundings, to its end.

use helios_client::{JobState, NewRun};

use super::which::At;
use super::{Exit, Failure, Output, jobs, terminal};

/// Run a job, or a command in the surroundings of a component, in a new container
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios run prepare                           a job of the program, now\n  \
    helios run web -- python3 manage.py migrate  a command as the component `web` would run it\n\n\
    Ends with the exit code of what ran.")]
pub(super) struct Args {
    /// The component: its id (`job/prepare`) or its name (`prepare`)
    #[arg(value_name = "COMPONENT")]
    component: String,

    /// Program and arguments instead of the component's own
    #[arg(value_name = "COMMAND", last = true)]
    command: Vec<String>,

    /// Do not wait for the end
    #[arg(long)]
    detach: bool,

    /// Print the job as JSON when it has ended, and not what it writes
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    at: At,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let found = args.at.find().await?;
    let node = found.component(&args.component).await?;
    let command = (!args.command.is_empty()).then(|| args.command.clone());
    let job = found.client.run(&found.app, &found.environment, &NewRun { node: node.clone(), command }).await?;
    if args.detach {
        if args.json {
            output.json(&job);
        } else {
            output.line(&job.id.to_string());
        }
        return Ok(Exit::Live);
    }
    let job = jobs::wait(&found.client, job, |line| {
        match (args.json, &line.node) {
            (true, _) => {}
            // What the platform says of it is no part of what it writes.
            (false, None) => output.note(&format!("{}\n", terminal::safe(&line.line))),
            (false, Some(_)) => {
                output.line(&terminal::safe(&line.line));
                output.flush();
            }
        }
    })
    .await?;
    if args.json {
        output.json(&job);
    }
    match (job.state, job.exit_code) {
        (JobState::Done | JobState::Failed, Some(code)) => {
            if code != 0 && !args.json {
                output.note(&format!("{node} ended with {code}\n"));
            }
            Ok(Exit::of_command(Some(code)))
        }
        (JobState::Done, None) if job.failure.is_none() => Ok(Exit::Live),
        _ => Err(jobs::failed(&job, &format!("{node} did not run to its end"))),
    }
}
