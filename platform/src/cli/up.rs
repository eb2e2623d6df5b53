//! `helios up`: everything on this machine, from nothing to a running application, until Ctrl-C.

mod platform;

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::Utc;
use helios_client::{Cancellation, Client};

use super::follow::{self, Followed, follow};
use super::interrupt::Interrupt;
use super::program::{self, Program};
use super::progress::Progress;
use super::which::Found;
use super::{Exit, Failure, Output, deploy, servers};
use crate::local::directory::Directory;
use crate::local::machine::Given;
use crate::local::{LocalError, needs};
use crate::settings::BuildKit;
use platform::Platform;

/// How long another `helios up` may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// Run an application on this machine with nothing set up before, until Ctrl-C
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios up examples/guestbook    an application; it prints where it answers\n  \
    helios up shop --env dev        one of several environments\n\n\
    It starts a PostgreSQL, a NATS and a Caddy of its own and stops them again, with the containers;\n\
    data stay. A second `helios up` deploys to the first one and ends. `helios doctor` says what is\n\
    missing. `helios status`, `logs`, `exec` and so on find it by themselves.")]
pub(super) struct Args {
    /// Directory or file of the program
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    directory: PathBuf,

    /// The environment; may be left out where there is only one
    #[arg(long = "env", short = 'e', value_name = "NAME")]
    environment: Option<helios_client::Name>,

    /// Give a param its value, as an OAL literal; may be repeated
    #[arg(long = "param", value_name = "NAME=VALUE", value_parser = program::param)]
    params: Vec<(String, String)>,

    #[command(flatten)]
    follow: follow::Options,

    /// Directory where everything is kept
    #[arg(long, env = "HELIOS_DATA", value_name = "DIR", help_heading = "Machine")]
    data: Option<PathBuf>,

    /// Address to answer on
    #[arg(long, env = "HELIOS_EDGE_ADDRESS", value_name = "IP", default_value = "127.0.0.1")]
    #[arg(help_heading = "Machine")]
    address: IpAddr,

    /// Socket of the container engine
    #[arg(
        long,
        env = "DOCKER_HOST",
        value_name = "URL",
        default_value = "unix:///var/run/docker.sock",
        hide_default_value = true
    )]
    #[arg(help_heading = "Machine")]
    docker_host: String,

    /// BuildKit's builds: `when-needed`, else `never`
    // What is built here is this user's own, so that it needs no caps on memory and processor.
    #[arg(
        long,
        env = "HELIOS_BUILDKIT",
        value_name = "WHEN",
        default_value = "when-needed",
        hide_default_value = true,
        hide_possible_values = true,
        help_heading = "Machine"
    )]
    buildkit: BuildKit,

    /// A PostgreSQL that runs already, as a URL
    #[arg(long, env = "DATABASE_URL", value_name = "URL", help_heading = "Machine")]
    database_url: Option<String>,

    /// A NATS that runs already, as a URL
    #[arg(long, env = "NATS_URL", value_name = "URL", help_heading = "Machine")]
    nats_url: Option<String>,

    /// Image instead of an official one; may be repeated
    #[arg(long = "image", env = "HELIOS_IMAGES", value_name = "NAME=IMAGE", value_delimiter = ',')]
    #[arg(value_parser = crate::settings::pair, help_heading = "Machine")]
    images: Vec<(String, String)>,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let program = Program::load(&args.directory, &args.params)?;
    program.sound(output)?;
    let (app, environment) = (program.app()?, program.environment(args.environment.as_ref())?);
    let directory = Directory::open(&args.data.clone().unwrap_or_else(Directory::usual))?;
    let held = match directory.hold() {
        Err(LocalError::InUse(_)) => {
            let client = other(&directory).await?;
            let found = Found { client, app, environment };
            let deployment = deploy::begin(&found, &program, &args.params).await?;
            let followed = follow(&found.client, deployment.id, &args.follow, &mut Interrupt::new()?, output).await?;
            return match followed {
                Followed::Ended(deployment) => follow::report(&found.client, &deployment, output).await,
                left => Err(follow::left(&left, deployment.id)),
            };
        }
        held => held?,
    };
    look(args).await?;
    let mut interrupt = Interrupt::new()?;
    let mut progress = Progress::new(output);
    let started = Utc::now();
    progress.begin("starting the platform", "starting the platform", started);
    let start = Platform::start(args, &directory, held);
    let platform = tokio::select! {
        platform = start => platform,
        () = interrupt.next() => Err(Failure::new(Exit::Unknown, "stopped before anything ran")),
    };
    let mut platform = platform.inspect_err(|_| progress.failed("the platform did not start"))?;
    progress.done(&format!("the platform runs: {}", platform.names()), Some(Utc::now() - started));
    drop(progress);

    let found = Found { client: platform.client.clone(), app, environment };
    let end = serve(args, &found, &program, &mut platform, &mut interrupt, output).await;
    let in_order = stop(platform, &found, &mut interrupt, output).await;
    end.and_then(|exit| if in_order { Ok(exit) } else { Err(cut_off()) })
}

/// Deploys, and stays until somebody wishes the end or something breaks.
async fn serve(
    args: &Args,
    found: &Found,
    program: &Program,
    platform: &mut Platform,
    interrupt: &mut Interrupt,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let deployed = async {
        let deployment = deploy::begin(found, program, &args.params).await?;
        match follow(&found.client, deployment.id, &args.follow, interrupt, output).await? {
            Followed::Ended(deployment) => follow::report(&found.client, &deployment, output).await.map(|_| true),
            left => {
                let why = Cancellation { reason: Some(String::from("`helios up` ends")) };
                // Where it is too late for that, it ends with what it started.
                let _ = found.client.cancel(deployment.id, None, &why).await;
                match left {
                    Followed::Unapproved(plan) => {
                        Err(Failure::new(Exit::Deploy, "the plan loses data, and nobody has approved it").help(
                            format!(
                                "if that is meant: helios up {} --approve {}",
                                args.directory.display(),
                                plan.digest
                            ),
                        ))
                    }
                    _ => Ok(false),
                }
            }
        }
    };
    let went = tokio::select! {
        deployed = deployed => deployed?,
        broken = platform.broken() => return Err(broken),
    };
    if !went {
        return Ok(Exit::Unknown);
    }
    output.note("  Ctrl-C stops it; data stay\n");
    output.flush();
    tokio::select! {
        () = interrupt.next() => Ok(Exit::Live),
        broken = platform.broken() => Err(broken),
    }
}

fn cut_off() -> Failure {
    Failure::new(Exit::Unknown, "stopped at once: containers may still run")
        .help("the next `helios up` takes them over, and ends them when it ends")
}

/// Stops everything in order. Who asks a second time has it at once: the kernel ends the children with this process. False
/// then.
async fn stop(platform: Platform, found: &Found, interrupt: &mut Interrupt, output: &mut Output) -> bool {
    let mut progress = Progress::new(output);
    let started = Utc::now();
    progress.begin("stopping; Ctrl-C once more ends it at once", "stopping", started);
    tokio::select! {
        () = platform.stop(found) => {
            progress.done("stopped", Some(Utc::now() - started));
            true
        }
        () = interrupt.next() => {
            progress.failed("stopping");
            false
        }
    }
}

/// What of this machine's needs is missing, before anything is started.
async fn look(args: &Args) -> Result<(), Failure> {
    let given = |name: &str| match name {
        needs::POSTGRES => args.database_url.is_some(),
        needs::NATS => args.nats_url.is_some(),
        _ => false,
    };
    let findings = needs::look(&args.docker_host).await;
    let missing: Vec<_> = findings.iter().filter(|finding| !finding.ok && !given(finding.name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let width = missing.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
    let mut message = String::from("this machine lacks what `helios up` needs");
    for finding in missing {
        let (name, mend) = (finding.name, finding.mend.as_deref().unwrap_or_default());
        message.push_str(&format!("\n  {name:width$}  {}\n  {:width$}  mend: {mend}", finding.found, ""));
    }
    Err(Failure::usage(message).help("`helios doctor` looks again, at everything"))
}

/// The `helios up` that has the directory, once it answers.
async fn other(directory: &Directory) -> Result<Client, Failure> {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        let failure = match servers::local(directory.root(), None)? {
            Some(client) => match client.identity().await {
                Ok(_) => return Ok(client),
                Err(error) => error.into(),
            },
            None => Failure::new(Exit::Unknown, "it has not got as far as to keep a token"),
        };
        if failure.exit != Exit::Unknown || tokio::time::Instant::now() > deadline {
            let message = format!("another `helios up` has {}: {}", directory.root().display(), failure.message);
            return Err(Failure::new(failure.exit, message).help("end it, or give another directory with `--data`"));
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
