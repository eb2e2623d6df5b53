//! `helios logs`: the lines of running containers, of builds and of jobs.

use chrono::{Local, TimeDelta, Utc};
use futures::StreamExt;
use helios_client::http::Follow;
use helios_client::{LogLine, LogQuery};
use uuid::Uuid;

use super::interrupt::Interrupt;
use super::output::Paint;
use super::which::At;
use super::{Exit, Failure, Output, table, terminal};

/// Print the lines of running containers, or of builds and jobs
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios logs -f                        of everything that runs, and go on\n  \
    helios logs web --since 10m           of one component\n  \
    helios logs --tail 100 --app shop     the last lines of each container\n  \
    helios logs --deployment              builds and jobs of the newest deployment\n  \
    helios logs --job 01936c2e-…          a job that was run")]
pub(super) struct Args {
    /// The component: its id (`service/web`) or its name (`web`)
    #[arg(value_name = "COMPONENT", conflicts_with_all = ["deployment", "job"])]
    component: Option<String>,

    /// Go on with new lines, until Ctrl-C
    #[arg(long, short)]
    follow: bool,

    /// Only lines since so long ago: `30s`, `15m`, `2h`, `7d`
    #[arg(long, value_name = "TIME", value_parser = table::parse_duration)]
    since: Option<TimeDelta>,

    /// Only so many of the last lines of each container
    #[arg(long, value_name = "N")]
    tail: Option<u32>,

    /// Lines of the builds and jobs of a deployment; the newest if none is named
    #[arg(long, value_name = "ID", num_args = 0..=1, conflicts_with_all = ["since", "tail", "job"])]
    deployment: Option<Option<Uuid>>,

    /// Lines of a job
    #[arg(long, value_name = "ID", conflicts_with_all = ["since", "tail"])]
    job: Option<Uuid>,

    /// Show when each line was written
    #[arg(long)]
    times: bool,

    /// Print each line as a JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    at: At,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let lines = lines(args).await?;
    print(lines, args.times, args.json, output).await
}

async fn lines(args: &Args) -> Result<Follow<LogLine>, Failure> {
    if let Some(job) = args.job {
        return Ok(args.at.which.server.client()?.job_logs(job, None));
    }
    if let Some(Some(deployment)) = args.deployment {
        return Ok(args.at.which.server.client()?.deployment_logs(deployment, None));
    }
    let found = args.at.find().await?;
    if args.deployment.is_some() {
        let newest = found.status().await?.deployment;
        let newest = newest.ok_or_else(|| Failure::usage(format!("nothing was deployed to {} yet", found.name())))?;
        return Ok(found.client.deployment_logs(newest.id, None));
    }
    let node = match &args.component {
        Some(component) => Some(found.component(component).await?),
        None => None,
    };
    let since = args.since.and_then(|since| Utc::now().checked_sub_signed(since));
    let query = LogQuery { node, since, tail: args.tail, follow: args.follow };
    Ok(found.client.logs(&found.app, &found.environment, &query)?)
}

/// Prints lines as they come, until there are no more, nobody reads them, or Ctrl-C.
pub(super) async fn print(
    mut lines: Follow<LogLine>,
    times: bool,
    json: bool,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let (paint, mut interrupt) = (output.paint(), Interrupt::new()?);
    loop {
        let line = tokio::select! {
            biased;
            line = lines.next() => line,
            () = interrupt.next() => return Ok(Exit::Live),
        };
        match line {
            None => return Ok(Exit::Live),
            Some(Err(error)) => return Err(error.into()),
            Some(Ok((_, line))) if json => match serde_json::to_string(&line) {
                Ok(line) => output.line(&line),
                Err(error) => return Err(Failure::new(Exit::Unknown, error.to_string())),
            },
            Some(Ok((_, line))) => output.line(&text(&line, times, paint)),
        }
        output.flush();
        if output.is_gone() {
            return Ok(Exit::Live);
        }
    }
}

/// A line with whose it is before it.
fn text(line: &LogLine, times: bool, paint: Paint) -> String {
    let mut text = String::new();
    if times {
        let at = line.at.with_timezone(&Local).format("%m-%d %H:%M:%S%.3f");
        text.push_str(&format!("{}{at}{} ", paint.dim, paint.plain));
    }
    let mut name = match &line.node {
        Some(node) => node.to_string(),
        None => line.stage.clone().unwrap_or_default(),
    };
    if let Some(replica) = line.replica {
        name.push_str(&format!(".{replica}"));
    }
    let bar = if line.stderr { paint.yellow } else { paint.dim };
    text.push_str(&format!("{}{name}{} {bar}|{} ", color(&name, paint), paint.plain, paint.plain));
    text.push_str(&terminal::safe(&line.line));
    text
}

/// The same colour for the same component, each time.
fn color(name: &str, paint: Paint) -> &'static str {
    const COLORS: [&str; 5] = ["\u{1b}[36m", "\u{1b}[35m", "\u{1b}[34m", "\u{1b}[32m", "\u{1b}[33m"];
    if !paint.on() {
        return "";
    }
    let sum = name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte)));
    COLORS.get(sum % COLORS.len()).copied().unwrap_or_default()
}
