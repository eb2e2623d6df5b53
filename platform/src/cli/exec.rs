//! `helios exec`: a command in a running container, with a terminal or as part of a pipe.

use std::io::{IsTerminal, Write};

use helios_client::exec::Frame;
use helios_client::exec::NewExec;
use helios_client::http::{ExecReader, ExecWriter};
use tokio::io::AsyncReadExt;
use tokio::signal::unix::{SignalKind, signal};

use super::which::At;
use super::{Exit, Failure, Output, terminal};

/// Run a command in a running container
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    helios exec web                                    a shell\n  \
    helios exec web -- ls -l /srv                      one command\n  \
    helios exec visits -- pg_dump visits > visits.sql  as part of a pipe\n\n\
    There is a terminal if both ends here are one. Ends with the exit code of the command.")]
pub(super) struct Args {
    /// The component: its id (`service/web`) or its name (`web`)
    #[arg(value_name = "COMPONENT")]
    component: String,

    /// Program and arguments; `sh` if not given
    #[arg(value_name = "COMMAND", last = true)]
    command: Vec<String>,

    /// Which copy; any if not given
    #[arg(long, value_name = "N")]
    copy: Option<u32>,

    /// Without a terminal, also where there is one
    #[arg(long, short = 'T')]
    no_terminal: bool,

    #[command(flatten)]
    at: At,
}

pub(super) async fn run(args: &Args, output: &mut Output) -> Result<Exit, Failure> {
    let found = args.at.find().await?;
    let node = found.component(&args.component).await?;
    let both = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let size = if both && !args.no_terminal { terminal::size() } else { None };
    let command = if args.command.is_empty() { vec![String::from("sh")] } else { args.command.clone() };
    let exec = NewExec { node, replica: args.copy, command, terminal: size };
    let session = found.client.exec(&found.app, &found.environment, &exec).await?;
    output.flush();
    let mode = size.and_then(|_| terminal::Mode::raw());
    let input = tokio::spawn(give(session.writer, size.is_some()));
    let end = take(session.reader).await;
    input.abort();
    // Before anything is said: in raw mode a line end does not begin a line.
    drop(mode);
    end
}

/// Gives the command what is typed here, and the size of the terminal whenever it changes.
async fn give(mut writer: ExecWriter, has_terminal: bool) -> helios_client::http::Result<()> {
    let mut stdin = tokio::io::stdin();
    let mut resized = signal(SignalKind::window_change()).ok().filter(|_| has_terminal);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let changed = async {
            match &mut resized {
                Some(resized) => resized.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            read = stdin.read(&mut buffer) => {
                let bytes = buffer.get(..read.unwrap_or(0)).unwrap_or_default().to_vec();
                let over = bytes.is_empty();
                writer.input(bytes).await?;
                if over {
                    // The connection must stay open for what the command still writes.
                    return std::future::pending().await;
                }
            }
            changed = changed => match (changed, terminal::size()) {
                (Some(()), Some(size)) => writer.resize(size).await?,
                (Some(()), None) => {}
                (None, _) => resized = None,
            },
        }
    }
}

/// Shows what the command writes, until it ends.
async fn take(mut reader: ExecReader) -> Result<Exit, Failure> {
    loop {
        let (mut to, bytes): (Box<dyn Write + Send>, Vec<u8>) = match reader.next().await? {
            Frame::Output(bytes) => (Box::new(std::io::stdout()), bytes),
            Frame::ErrorOutput(bytes) => (Box::new(std::io::stderr()), bytes),
            Frame::Exit(code) => return Ok(Exit::of_command(code)),
            _ => continue,
        };
        if let Err(error) = to.write_all(&bytes).and_then(|()| to.flush()) {
            return match error.kind() {
                // As every other program in a pipe whose reader goes away.
                std::io::ErrorKind::BrokenPipe => Ok(Exit::Live),
                _ => Err(Failure::usage(format!("cannot write the output: {error}"))),
            };
        }
    }
}
