//! `helios open`: an application in the browser.

use std::path::PathBuf;
use std::process::Stdio;

use super::which::Which;
use super::{Exit, Failure, Output};
use crate::local::child::find_program;

/// Open an application in the browser
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios open            the first address of the program of this directory\n  \
    helios open --print    only print its addresses")]
pub(super) struct Args {
    /// Directory or file of the program
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    directory: PathBuf,

    #[command(flatten)]
    which: Which,

    /// Only print the addresses, one a line
    #[arg(long)]
    print: bool,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let found = args.which.find(&args.directory).await?;
    let urls = found.status().await?.urls;
    let Some(first) = urls.first() else {
        return Err(Failure::usage(format!("{} has no address", found.name()))
            .help("a `route` in the program gives it one, and it must be live: `helios status` says whether it is"));
    };
    if args.print {
        urls.iter().for_each(|url| output.line(url));
        return Ok(Exit::Live);
    }
    output.line(first);
    let named = std::env::var_os("BROWSER").filter(|name| !name.is_empty()).map(PathBuf::from);
    let Some(browser) = named.or_else(|| ["xdg-open", "open"].iter().find_map(|name| find_program(name, &[]))) else {
        return Err(Failure::usage("there is no browser to open it with").help("`BROWSER` names one"));
    };
    let started = tokio::process::Command::new(&browser)
        .arg(first)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    match started {
        Ok(_) => Ok(Exit::Live),
        Err(error) => Err(Failure::usage(format!("{}: {error}", browser.display()))),
    }
}
