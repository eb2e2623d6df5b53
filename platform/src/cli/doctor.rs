//! `helios doctor`: what this machine lacks, and the command that mends it.

use super::output::Paint;
use super::{Exit, Failure, Output};
use crate::local::needs;

/// Say what this machine lacks to run Helios, and the command that mends it
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  helios doctor    everything it needs, with versions; ends with 1 if something is missing"
)]
pub(super) struct Args {
    /// Socket of the container engine
    #[arg(
        long,
        env = "DOCKER_HOST",
        value_name = "URL",
        default_value = "unix:///var/run/docker.sock",
        hide_default_value = true
    )]
    docker_host: String,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let findings = needs::look(&args.docker_host).await;
    let missing = findings.iter().any(|finding| !finding.ok);
    if args.json {
        output.json(&findings);
    } else {
        let Paint { green, red, dim, plain, .. } = output.paint();
        let width = findings.iter().map(|finding| finding.name.len()).max().unwrap_or(0);
        for finding in &findings {
            let (color, word) = if finding.ok { (green, "ok     ") } else { (red, "missing") };
            output.line(&format!("{color}{word}{plain}  {:width$}  {}", finding.name, finding.found));
            if let Some(mend) = &finding.mend {
                output.line(&format!("         {:width$}  {mend}", "mend:"));
            }
            if let Some(note) = &finding.note {
                output.line(&format!("         {:width$}  {dim}{note}{plain}", "note:"));
            }
        }
    }
    Ok(if missing { Exit::Usage } else { Exit::Live })
}
