//! `helios token`: who may ask the platform for what.

use chrono::{TimeDelta, Utc};
use clap::Subcommand;
use helios_client::{Label, Name, NewToken, Scope, Token};
use uuid::Uuid;

use super::servers::Server;
use super::table::{self, Cell};
use super::{Exit, Failure, Output, pages};
use crate::store::{Store, tokens};

/// Make, list and revoke tokens
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios token create ci --scope deploy --scope read --app shop --expires 90d\n  \
    helios token list\n  \
    helios token revoke 01936c2e-…\n  \
    helios token bootstrap acme    where the platform runs: the first token there is\n\n\
    Scopes: read, deploy, secrets, exec, admin. The token is shown once, on standard output.")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a token and print it, once
    Create {
        /// What people call it
        #[arg(value_name = "NAME")]
        name: Label,
        /// What it allows; may be repeated
        #[arg(long = "scope", value_name = "SCOPE", required = true, value_parser = scope)]
        scopes: Vec<Scope>,
        /// Only for this application
        #[arg(long, value_name = "NAME")]
        app: Option<Name>,
        /// Only for this environment of the application
        #[arg(long = "env", short = 'e', value_name = "NAME", requires = "app")]
        environment: Option<Name>,
        /// How long it holds: `12h`, `90d`; for ever if not given
        #[arg(long, value_name = "TIME", value_parser = table::parse_duration)]
        expires: Option<TimeDelta>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: Server,
    },
    /// List the tokens, newest first
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        server: Server,
    },
    /// Make the first token of an organisation, at the database of a platform of your own
    Bootstrap {
        /// The organisation, which is made if it is not there
        #[arg(value_name = "ORG")]
        org: String,
        /// PostgreSQL, as a URL
        #[arg(long, env = "DATABASE_URL", value_name = "URL")]
        database_url: String,
    },
    /// Revoke a token, at once and for ever
    Revoke {
        /// Its id, as `helios token list` shows it
        #[arg(value_name = "ID")]
        id: Uuid,
        #[command(flatten)]
        server: Server,
    },
}

fn scope(text: &str) -> Result<Scope, String> {
    let names = || Scope::ALL.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", ");
    Scope::from_name(text).ok_or_else(|| format!("scopes are: {}", names()))
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    match &args.what {
        What::Create { name, scopes, app, environment, expires, json, server } => {
            let expires_in = match expires {
                Some(time) => match u32::try_from(time.num_seconds()) {
                    Ok(seconds) if seconds > 0 => Some(seconds),
                    _ => return Err(Failure::usage("a token holds at least a second and at most ten years")),
                },
                None => None,
            };
            let new = NewToken {
                name: name.clone(),
                scopes: scopes.clone(),
                app: app.clone(),
                environment: environment.clone(),
                expires_in,
            };
            let made = server.client()?.create_token(&new).await?;
            if *json {
                output.json(&made);
            } else {
                output.line(&made.secret);
                output.note(&format!("`{name}` has the id {}; the token is not shown again\n", made.token.id));
            }
        }
        What::List { json, server } => {
            let client = &server.client()?;
            let tokens = pages::all(|query| async move { client.tokens(&query).await }).await?;
            if *json {
                output.json(&tokens);
            } else {
                list(&tokens, output);
            }
        }
        What::Bootstrap { org, database_url } => bootstrap(org, database_url, output).await?,
        What::Revoke { id, server } => {
            server.client()?.revoke_token(*id).await?;
            output.line(&format!("{id} is revoked"));
        }
    }
    Ok(Exit::Live)
}

/// The first token: nobody could ask the platform for it.
async fn bootstrap(org: &str, database_url: &str, output: &mut Output) -> Result<(), Failure> {
    let failed = |error: sqlx::Error| match &error {
        sqlx::Error::Database(found) if found.is_check_violation() => {
            Failure::usage(format!("`{org}` is no name for an organisation"))
                .help("letters a to z, digits and `-`, a letter first, at most 39")
        }
        _ => Failure::new(Exit::Unknown, format!("PostgreSQL: {error}")),
    };
    let store = Store::connect(database_url, 1).await.map_err(failed)?;
    store.migrate().await.map_err(|error| Failure::new(Exit::Unknown, format!("PostgreSQL: {error}")))?;
    let name = "bootstrap".parse().map_err(|error| Failure::usage(format!("{error}")))?;
    let new = NewToken { name, scopes: vec![Scope::Admin], app: None, environment: None, expires_in: None };
    let (token, secret) = tokens::bootstrap(&store, org, &new).await.map_err(failed)?;
    output.line(&secret);
    output.note(&format!("it may do everything in `{org}`, has the id {}, and is not shown again\n", token.id));
    Ok(())
}

fn list(tokens: &[Token], output: &mut Output) {
    let paint = output.paint();
    let rows: Vec<[Cell; 6]> = tokens
        .iter()
        .map(|token| {
            let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.name()).collect();
            let place = match (&token.app, &token.environment) {
                (Some(app), Some(environment)) => format!("{app}/{environment}"),
                (Some(app), None) => app.clone(),
                _ => String::from("everything"),
            };
            let state = match (token.revoked_at, token.expires_at) {
                (Some(at), _) => Cell::colored(format!("revoked {}", table::ago(at)), paint.red),
                (None, Some(at)) if at <= Utc::now() => Cell::colored("expired", paint.yellow),
                (None, Some(at)) => format!("until {}", at.format("%Y-%m-%d")).into(),
                (None, None) => "".into(),
            };
            [
                token.name.clone().into(),
                scopes.join(", ").into(),
                place.into(),
                token.last_used_at.map_or_else(|| String::from("never used"), table::ago).into(),
                state,
                Cell::colored(token.id.to_string(), paint.dim),
            ]
        })
        .collect();
    table::print(["TOKEN", "SCOPES", "FOR", "USED", "", "ID"], &rows, output);
}
