//! `helios serve`: the roles of the platform, for one machine or many.

use clap::ValueEnum as _;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::interrupt::Interrupt;
use super::{Exit, Failure, Output};
use crate::roles::serve::{self, Role};
use crate::settings::Settings;
use crate::telemetry;

/// Run roles of the platform, until SIGTERM or Ctrl-C
#[derive(Debug, clap::Args)]
#[command(
    next_line_help = true,
    after_help = "Examples:\n  \
    helios serve all                   everything on one machine\n  \
    helios serve api oal-worker        the public entry and the checker\n  \
    helios serve build-worker          on each machine that builds\n  \
    helios serve deploy-agent          on the machine with the container engine\n\n\
    All of them share one PostgreSQL, one NATS and one directory or volume of artifacts.\n\
    platform/docs/operations.md has the whole set-up."
)]
pub(super) struct Args {
    /// What to run: api, oal-worker, build-worker, deploy-agent, all
    #[arg(value_name = "ROLE", required = true, value_parser = roles)]
    roles: Vec<Roles>,

    #[command(flatten)]
    settings: Settings,
}

/// A role, or all of them.
#[derive(Debug, Clone)]
struct Roles(&'static [Role]);

fn roles(text: &str) -> Result<Roles, String> {
    let one =
        |role: &&[Role]| role.first().and_then(Role::to_possible_value).is_some_and(|value| value.matches(text, false));
    match text {
        "all" => Ok(Roles(Role::ALL)),
        _ => Role::ALL
            .chunks(1)
            .find(one)
            .map(Roles)
            .ok_or_else(|| String::from("roles are: api, oal-worker, build-worker, deploy-agent, all")),
    }
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    telemetry::init(&args.settings.log_format);
    if let Some(why) = telemetry::traces::begin() {
        tracing::warn!("{why}");
    }
    let mut interrupt = Interrupt::new()?;
    let (shutdown, (ready, is_ready)) = (CancellationToken::new(), oneshot::channel());
    let roles = args.roles.iter().flat_map(|roles| roles.0).copied().collect();
    let roles = serve::run(args.settings.clone(), roles, shutdown.clone(), ready);
    tokio::pin!(roles);
    let mut is_ready = Some(is_ready);
    loop {
        let ready = async {
            match &mut is_ready {
                Some(ready) => ready.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            end = &mut roles => {
                return match end {
                    Ok(()) => Ok(Exit::Live),
                    Err(error) => Err(Failure::new(Exit::Unknown, error.to_string())),
                };
            }
            ready = ready => {
                is_ready = None;
                match ready {
                    Ok(Some(address)) => tracing::info!(%address, "ready"),
                    Ok(None) => tracing::info!("ready"),
                    // It ends, and says why.
                    Err(_) => {}
                }
            }
            () = interrupt.next() => {
                if shutdown.is_cancelled() {
                    return Err(Failure::new(Exit::Unknown, "stopped at once: what was under way is taken up by others"));
                }
                output.flush();
                shutdown.cancel();
            }
        }
    }
}
