//! `helios login`: take a token for a platform and keep it.

use helios_client::Client;

use super::servers::Kept;
use super::table::{self, Cell};
use super::{Exit, Failure, Output, terminal};

/// Keep a token for a platform; the one logged in to last is the one asked
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios login https://helios.example.com              asks for the token\n  \
    helios login https://helios.example.com < token.txt  takes it from a file\n  \
    helios login --list                                  the platforms known here\n\n\
    Tokens lie in helios/servers.json below $XDG_CONFIG_HOME, readable for you alone.\n\
    HELIOS_URL and HELIOS_TOKEN win over what is kept.")]
pub(super) struct Args {
    /// Address of the platform
    #[arg(value_name = "URL", required_unless_present = "list")]
    url: Option<String>,

    /// The token; better not here, where others can see it
    #[arg(long, value_name = "TOKEN", env = "HELIOS_TOKEN")]
    token: Option<String>,

    /// List the platforms known here
    #[arg(long, conflicts_with_all = ["url", "forget"])]
    list: bool,

    /// Forget the token of this platform
    #[arg(long)]
    forget: bool,

    /// With `--list`: print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let mut kept = Kept::read()?;
    let Some(url) = &args.url else {
        list(&kept, args.json, output);
        return Ok(Exit::Live);
    };
    if args.forget {
        if !kept.remove(url.trim_end_matches('/')) {
            return Err(Failure::usage(format!("{url} is not known here")).help("`helios login --list` shows what is"));
        }
        kept.write()?;
        return Ok(Exit::Live);
    }
    // The address first: nobody should type a token for a wrong one.
    Client::new(url, "")?;
    let token = match &args.token {
        Some(token) => zeroize::Zeroizing::new(token.clone()),
        None => terminal::secret(&format!("token for {url}"))?,
    };
    if token.trim().is_empty() {
        return Err(Failure::usage("there is no token").help("`helios token create` makes one"));
    }
    let client = Client::new(url, token.trim())?;
    let identity = match client.identity().await {
        Err(error) if error.status() == Some(401) => {
            return Err(Failure::usage(format!("{} does not take this token", client.address()))
                .help("somebody with the scope `admin` makes one: `helios token create`"));
        }
        identity => identity?,
    };
    kept.put(client.address(), token.trim());
    let path = kept.write()?;
    output.line(&format!(
        "logged in to {} as `{}` of `{}`",
        client.address(),
        terminal::safe(&identity.token.name),
        identity.org.name
    ));
    let scopes: Vec<&str> = identity.token.scopes.iter().map(|scope| scope.name()).collect();
    output.line(&format!("may: {}; kept in {}", scopes.join(", "), path.display()));
    Ok(Exit::Live)
}

fn list(kept: &Kept, json: bool, output: &mut Output) {
    if json {
        let servers: Vec<_> =
            kept.servers().map(|url| serde_json::json!({ "url": url, "last": kept.is_last(url) })).collect();
        output.json(&servers);
        return;
    }
    let green = output.paint().green;
    let rows: Vec<[Cell; 2]> = kept
        .servers()
        .map(|url| [url.into(), Cell::colored(if kept.is_last(url) { "asked" } else { "" }, green)])
        .collect();
    table::print(["PLATFORM", ""], &rows, output);
}
