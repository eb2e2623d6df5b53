//! What containers wrote.

use bollard::container::LogOutput;
use bollard::query_parameters::LogsOptionsBuilder;
use chrono::{DateTime, Utc};
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};

use super::super::{Engine, EngineError};

/// Which lines.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    /// Only lines since then.
    pub since: Option<DateTime<Utc>>,
    /// Only so many of the last ones.
    pub tail: Option<u32>,
    /// Go on with new ones until the container ends.
    pub follow: bool,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When the engine got it.
    pub at: DateTime<Utc>,
    /// Whether it came by standard error.
    pub stderr: bool,
    /// Without its end; invalid UTF-8 replaced.
    pub text: String,
}

impl Engine {
    /// The lines of a container, in the order they came.
    pub fn lines(&self, name: &str, which: Lines) -> BoxStream<'static, Result<Line, EngineError>> {
        let mut options = LogsOptionsBuilder::default().stdout(true).stderr(true).timestamps(true).follow(which.follow);
        if let Some(since) = which.since {
            options = options.since(i32::try_from(since.timestamp()).unwrap_or(i32::MAX));
        }
        if let Some(tail) = which.tail {
            options = options.tail(&tail.to_string());
        }
        let (engine, name) = (self.clone(), name.to_owned());
        let since = which.since;
        let output = stream(engine, name, options.build());
        // The engine counts in seconds.
        let lines = output.map(|output| output.map(line).map_err(EngineError::from));
        lines
            .filter(move |line| {
                futures::future::ready(
                    line.as_ref().is_ok_and(|line| since.is_none_or(|since| line.at > since)) || line.is_err(),
                )
            })
            .boxed()
    }

    /// The last lines of a container, oldest first. None if the engine does not say: to be used where there is a failure to
    /// tell of already.
    pub async fn last_lines(&self, name: &str, count: u32) -> Vec<String> {
        let lines = self.lines(name, Lines { tail: Some(count), ..Lines::default() });
        lines.filter_map(|line| futures::future::ready(line.ok())).map(|line| line.text).collect().await
    }
}

/// The engine's stream borrows the name; this one owns it.
fn stream(
    engine: Engine,
    name: String,
    options: bollard::query_parameters::LogsOptions,
) -> impl Stream<Item = Result<LogOutput, bollard::errors::Error>> + Send {
    let (sender, receiver) = tokio::sync::mpsc::channel(64);
    tokio::spawn(async move {
        let mut output = Box::pin(engine.docker().logs(&name, Some(options)));
        loop {
            tokio::select! {
                () = sender.closed() => break,
                next = output.next() => match next {
                    Some(item) => if sender.send(item).await.is_err() { break },
                    None => break,
                },
            }
        }
    });
    tokio_stream::wrappers::ReceiverStream::new(receiver)
}

fn line(output: LogOutput) -> Line {
    let stderr = matches!(output, LogOutput::StdErr { .. });
    let text = String::from_utf8_lossy(output.as_ref()).into_owned();
    let text = text.trim_end_matches(['\n', '\r']);
    let (at, rest) = text.split_once(' ').unwrap_or((text, ""));
    match DateTime::parse_from_rfc3339(at) {
        Ok(at) => Line { at: at.with_timezone(&Utc), stderr, text: rest.to_owned() },
        Err(_) => Line { at: Utc::now(), stderr, text: text.to_owned() },
    }
}
