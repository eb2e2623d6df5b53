//! `helios deploy`: check, build and run a program, and wait until it is live.

use std::path::PathBuf;

use helios_client::{Cancellation, Deployment, DeploymentKind, DeploymentState, NewDeployment, NewEnvironment};
use uuid::Uuid;

use super::follow::{self, Followed, follow};
use super::interrupt::Interrupt;
use super::program::{self, Program};
use super::which::{Found, Which};
use super::{Exit, Failure, Output, source};

/// Check, build and run a program, and wait until it is live
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios deploy                                the program of this directory\n  \
    helios deploy shop --env prod                one of several environments\n  \
    helios deploy shop -e prod --param tag=2.4   with a value of a param\n  \
    helios deploy --follow 01936c2e-…            take up following again\n\n\
    The program is checked here before anything is sent. Ctrl-C leaves the deployment running.")]
pub(super) struct Args {
    /// Directory or file of the program
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    directory: PathBuf,

    #[command(flatten)]
    which: Which,

    /// Give a param its value, as an OAL literal; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = program::param)]
    params: Vec<(String, String)>,

    #[command(flatten)]
    end: End,

    /// Follow a deployment that is under way
    #[arg(long, value_name = "ID", conflicts_with_all = ["params", "detach", "cancel"])]
    follow: Option<Uuid>,

    /// Cancel a deployment, and wait until what it started is gone
    #[arg(long, value_name = "ID", conflicts_with_all = ["params", "detach"])]
    cancel: Option<Uuid>,
}

/// How the end of a deployment is awaited and told.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct End {
    #[command(flatten)]
    pub(super) options: follow::Options,

    /// Do not wait for the end
    #[arg(long)]
    detach: bool,

    /// Print the deployment as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    if let Some(id) = args.follow.or(args.cancel) {
        let client = args.which.server.client()?;
        if args.cancel.is_some() {
            let why = Cancellation { reason: Some(String::from("cancelled from the command line")) };
            let deployment = client.cancel(id, None, &why).await?;
            let end = end(&client, deployment, &args.end, output).await;
            return match end {
                // What was asked for.
                Err(failure) if failure.exit == Exit::Deploy => {
                    output.line(&failure.message);
                    Ok(Exit::Live)
                }
                end => end,
            };
        }
        let deployment = client.deployment(id).await?;
        return end(&client, deployment, &args.end, output).await;
    }
    let program = Program::load(&args.directory, &args.params)?;
    program.sound(output)?;
    let found = here(&program, &args.which)?;
    let deployment = begin(&found, &program, &args.params).await?;
    end(&found.client, deployment, &args.end, output).await
}

/// The environment that a program on disk is deployed to.
pub(super) fn here(program: &Program, which: &Which) -> Result<Found, Failure> {
    let environment = program.environment(which.environment.as_ref())?;
    Ok(Found { client: which.server.client()?, app: program.app()?, environment })
}

/// Sends a program and begins its deployment, in an environment that is made if it is not there.
pub(super) async fn begin(
    found: &Found,
    program: &Program,
    params: &[(String, String)],
) -> Result<Deployment, Failure> {
    let source = source::send(&found.client, program, &found.environment).await?;
    let new = NewDeployment::Deploy { source, params: params.iter().cloned().collect() };
    match found.client.deploy(&found.app, &found.environment, &new).await {
        Err(error) if error.status() == Some(404) => {
            make(found).await?;
            Ok(found.client.deploy(&found.app, &found.environment, &new).await?)
        }
        deployment => Ok(deployment?),
    }
}

/// Makes an environment and its application if they are not there.
pub(super) async fn make(found: &Found) -> Result<(), Failure> {
    found.client.put_app(&found.app).await?;
    found.client.put_environment(&found.app, &found.environment, &NewEnvironment::default()).await?;
    Ok(())
}

/// Waits for the end of a deployment, and tells it.
pub(super) async fn end(
    client: &helios_client::Client,
    deployment: Deployment,
    args: &End,
    output: &mut Output,
) -> Result<Exit, Failure> {
    if let Some(repeated) = &deployment.repeats {
        let (name, what) = (deployment.name(), follow::repeated(repeated, &deployment.environment));
        output.note(&match deployment.kind {
            DeploymentKind::Promote => format!("promoting {what} to {name}\n"),
            _ => format!("rolling {name} back to {what}\n"),
        });
    }
    if args.detach {
        if args.json {
            output.json(&deployment);
        } else {
            output.line(&format!("{}", deployment.id));
        }
        return Ok(Exit::Live);
    }
    let id = deployment.id;
    let followed = follow(client, id, &args.options, &mut Interrupt::new()?, output).await?;
    let Followed::Ended(deployment) = followed else {
        if args.json {
            output.json(&client.deployment(id).await?);
        }
        return Err(follow::left(&followed, id));
    };
    if !args.json {
        return follow::report(client, &deployment, output).await;
    }
    output.json(&deployment);
    match deployment.state {
        DeploymentState::Live => Ok(Exit::Live),
        _ => Ok(deployment.failure.as_ref().map_or(Exit::Deploy, super::failure::exit_of)),
    }
}

/// Begins a deployment that needs no sources.
pub(super) async fn again(found: &Found, new: &NewDeployment) -> Result<Deployment, Failure> {
    Ok(found.client.deploy(&found.app, &found.environment, new).await?)
}
