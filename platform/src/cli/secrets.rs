//! `helios secrets`: values that only running components see.

use clap::Subcommand;
use helios_client::{NewSecret, PageQuery, Secret, SecretName, SecretRotation, SecretVersionsQuery};
use uuid::Uuid;

use super::table::{self, Cell};
use super::which::{At, Found};
use super::{Exit, Failure, Output, deploy, pages, terminal};

/// Set, rotate and list secrets; their values never come out again
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios secrets set stripe_key                 asks for the value\n  \
    helios secrets set stripe_key < key.txt       takes it from a file, without the last line end\n  \
    helios secrets versions stripe_key            which one is what runs\n  \
    helios secrets rotate cookie_key -e prod      a new value for one that the platform made\n  \
    helios secrets list --json\n\n\
    A running release keeps the values it was made with; the next deployment takes the new ones.")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// List the secrets of an environment with their newest versions
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: At,
    },
    /// List the versions of a secret, newest first
    Versions {
        /// Its name in the program, or as in `database/visits#password`
        #[arg(value_name = "NAME", value_parser = name)]
        name: SecretName,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        at: At,
    },
    /// Set a secret to what is typed, or to what comes by standard input
    Set {
        /// Its name in the program, such as `stripe_key`
        #[arg(value_name = "NAME", value_parser = name)]
        name: SecretName,
        #[command(flatten)]
        at: At,
    },
    /// Give a secret that the platform made a new value
    Rotate {
        /// Its name in the program, or as in `database/visits#password`
        #[arg(value_name = "NAME", value_parser = name)]
        name: SecretName,
        #[command(flatten)]
        at: At,
    },
}

/// A secret's name; one without a kind is that of a `secret`.
fn name(text: &str) -> Result<SecretName, String> {
    let full = if text.contains('/') { text.to_owned() } else { format!("secret/{text}") };
    full.parse().map_err(|error| format!("{error}"))
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    match &args.what {
        What::List { json, at } => {
            let found = &at.find().await?;
            let page = |query| async move { found.client.secrets(&found.app, &found.environment, &query).await };
            let secrets = pages::all(page).await?;
            if *json {
                output.json(&secrets);
            } else {
                list(&secrets, output);
            }
        }
        What::Versions { name, json, at } => {
            let found = &at.find().await?;
            let page = |PageQuery { cursor, limit }| async move {
                let query = SecretVersionsQuery { name: name.clone(), cursor, limit };
                found.client.secret_versions(&found.app, &found.environment, &query).await
            };
            let versions = pages::all(page).await?;
            if versions.is_empty() {
                return Err(Failure::usage(format!("{} has no secret {name}", found.name()))
                    .help("`helios secrets list` shows those it has"));
            }
            if *json {
                output.json(&versions);
            } else {
                let release = found.status().await?.release;
                let live = release.and_then(|release| release.secret_versions.get(name.as_str()).copied());
                show_versions(&versions, live, output);
            }
        }
        What::Set { name, at } => {
            let found = at.find().await?;
            let value = terminal::secret(&format!("value of {name}"))?;
            if value.is_empty() {
                return Err(Failure::usage(format!("the value of {name} is empty")));
            }
            let secret = NewSecret { name: name.clone(), value: value.to_string() };
            let set = match found.client.set_secret(&found.app, &found.environment, &secret).await {
                // A program's secrets are set before it is deployed for the first time.
                Err(error) if error.status() == Some(404) => {
                    deploy::make(&found).await?;
                    found.client.set_secret(&found.app, &found.environment, &secret).await?
                }
                set => set?,
            };
            said(&set, &found, output);
        }
        What::Rotate { name, at } => {
            let found = at.find().await?;
            let rotation = SecretRotation { name: name.clone() };
            let rotated = found.client.rotate_secret(&found.app, &found.environment, &rotation).await?;
            said(&rotated, &found, output);
        }
    }
    Ok(Exit::Live)
}

fn said(secret: &Secret, found: &Found, output: &mut Output) {
    output.line(&format!("{} of {} has version {} now", secret.name, found.name(), secret.version));
    output.line("`helios deploy` brings it to what runs");
}

fn list(secrets: &[Secret], output: &mut Output) {
    let dim = output.paint().dim;
    let rows: Vec<[Cell; 5]> = secrets
        .iter()
        .map(|secret| {
            [
                secret.name.to_string().into(),
                secret.version.to_string().into(),
                origin(secret).into(),
                table::ago(secret.created_at).into(),
                Cell::colored(secret.version_id.to_string(), dim),
            ]
        })
        .collect();
    table::print(["SECRET", "VERSION", "VALUE", "SINCE", "ID"], &rows, output);
}

fn show_versions(versions: &[Secret], live: Option<Uuid>, output: &mut Output) {
    let paint = output.paint();
    let rows: Vec<[Cell; 5]> = versions
        .iter()
        .map(|version| {
            [
                version.version.to_string().into(),
                Cell::colored(if live == Some(version.version_id) { "live" } else { "" }, paint.green),
                origin(version).into(),
                table::ago(version.created_at).into(),
                Cell::colored(version.version_id.to_string(), paint.dim),
            ]
        })
        .collect();
    table::print(["VERSION", "", "VALUE", "SINCE", "ID"], &rows, output);
}

const fn origin(secret: &Secret) -> &'static str {
    if secret.generated { "made by the platform" } else { "set" }
}
