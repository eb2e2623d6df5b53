//! `helios audit`: what was done, and by whom.

use helios_client::AuditEntry;

use super::servers::Server;
use super::table::{self, Cell};
use super::{Exit, Failure, Output, pages};

/// List what was done in the organisation, newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios audit --limit 20    the newest entries\n  \
    helios audit --verify      whether all of them are as they were written\n\n\
    Nothing is ever changed or removed in it: each entry's hash covers the one before it.")]
pub(super) struct Args {
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,

    /// Calculate all hashes again, and say whether an entry was changed or is missing
    #[arg(long, conflicts_with = "limit")]
    verify: bool,

    /// Print JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let client = &args.server.client()?;
    if args.verify {
        let found = client.verify_audit().await?;
        if args.json {
            output.json(&found);
        }
        return match found.broken {
            None => {
                if !args.json {
                    output.line("every entry is as it was written");
                }
                Ok(Exit::Live)
            }
            Some(id) => Err(Failure::new(
                Exit::Check,
                format!("entry {id} is not as it was written, or the one before it is gone"),
            )
            .help("compare with a backup of the database: `audit_log`, in the order of `id`")),
        };
    }
    let entries = pages::first(args.limit, |query| async move { client.audit(&query).await }).await?;
    if args.json {
        output.json(&entries);
        return Ok(Exit::Live);
    }
    // Names are for people; those who may read this may read them, too.
    let tokens = pages::all(|query| async move { client.tokens(&query).await }).await?;
    let who = |entry: &AuditEntry| match entry.token {
        None => String::from("the platform"),
        Some(id) => {
            tokens.iter().find(|token| token.id == id).map_or_else(|| id.to_string(), |token| token.name.clone())
        }
    };
    let row = |entry: &AuditEntry| -> [Cell; 5] {
        [
            entry.id.to_string().into(),
            table::ago(entry.at).into(),
            who(entry).into(),
            entry.verb.clone().into(),
            entry.object.clone().into(),
        ]
    };
    let rows: Vec<[Cell; 5]> = entries.iter().map(row).collect();
    table::print(["ENTRY", "WHEN", "TOKEN", "DID", "TO"], &rows, output);
    Ok(Exit::Live)
}
