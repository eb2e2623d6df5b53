//! Commands in running containers.

use std::pin::Pin;
use std::time::Duration;

use bollard::container::LogOutput;
use bollard::exec::{CreateExecOptions, ResizeExecOptions, StartExecOptions, StartExecResults};
use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use rustix::process::Signal;
use tokio::io::AsyncWrite;

use super::super::{Engine, EngineError};

/// A command that runs.
pub struct Running {
    /// The engine's id of it.
    pub id: String,
    /// What it writes: `(is standard error, bytes)`.
    pub output: BoxStream<'static, (bool, Bytes)>,
    /// What it reads.
    pub input: Pin<Box<dyn AsyncWrite + Send>>,
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its exit code; none if it did not end in time.
    pub code: Option<i64>,
    /// The end of what it wrote.
    pub output: String,
}

/// How much of a command's output is kept.
const KEPT: usize = 4096;

impl Engine {
    /// Starts a command in a running container; with a terminal of `columns` and `rows` if they are given.
    ///
    /// # Errors
    /// [`EngineError::Missing`] no such container; [`EngineError::Conflict`] it does not run; the engine.
    pub async fn exec(
        &self,
        name: &str,
        command: &[String],
        terminal: Option<(u16, u16)>,
    ) -> Result<Running, EngineError> {
        let options = CreateExecOptions {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            tty: Some(terminal.is_some()),
            cmd: Some(command.to_vec()),
            ..CreateExecOptions::default()
        };
        let id = self.docker().create_exec(name, options).await?.id;
        let start = StartExecOptions { detach: false, tty: terminal.is_some(), output_capacity: None };
        let StartExecResults::Attached { output, input } = self.docker().start_exec(&id, Some(start)).await? else {
            return Err(EngineError::Failed("the engine did not attach the command".to_owned()));
        };
        if let Some((columns, rows)) = terminal {
            // One that has ended already needs no size.
            let _ = self.resize_exec(&id, columns, rows).await;
        }
        let output = output.filter_map(|output| {
            futures::future::ready(
                output.ok().map(|output| (matches!(output, LogOutput::StdErr { .. }), output.into_bytes())),
            )
        });
        Ok(Running { id, output: output.boxed(), input })
    }

    /// Tells a command's terminal its size.
    ///
    /// # Errors
    /// The command has ended; the engine.
    pub async fn resize_exec(&self, id: &str, columns: u16, rows: u16) -> Result<(), EngineError> {
        Ok(self.docker().resize_exec(id, ResizeExecOptions { width: columns, height: rows }).await?)
    }

    /// The exit code of a command and its process on the machine; no code while it runs.
    ///
    /// # Errors
    /// The engine.
    pub async fn exec_state(&self, id: &str) -> Result<(Option<i64>, Option<i64>), EngineError> {
        let state = self.docker().inspect_exec(id).await?;
        let running = state.running.unwrap_or(false);
        Ok((state.exit_code.filter(|_| !running), state.pid.filter(|pid| running && *pid > 0)))
    }

    /// Ends a command and what it began: asks, and after `grace` no longer. One that has ended is fine.
    // The engine has no call for that; the process is one of this machine's, and the runtime makes it the leader of a session.
    pub async fn end_exec(&self, id: &str, grace: Duration) {
        let process = async || {
            // One that has just begun has no process yet.
            for _ in 0..50 {
                match self.exec_state(id).await.ok()? {
                    (None, None) => tokio::time::sleep(Duration::from_millis(20)).await,
                    (_, process) => return i32::try_from(process?).ok().and_then(rustix::process::Pid::from_raw),
                }
            }
            None
        };
        if !grace.is_zero() {
            let Some(process) = process().await else { return };
            let _ = rustix::process::kill_process(process, Signal::HUP);
            tokio::time::sleep(grace).await;
        }
        if let Some(process) = process().await {
            let _ = rustix::process::kill_process_group(process, Signal::KILL);
            let _ = rustix::process::kill_process(process, Signal::KILL);
        }
    }

    /// Runs a command in a container to its end, or for `limit` at most: then it is ended.
    ///
    /// # Errors
    /// As [`Self::exec`].
    pub async fn run_in(&self, name: &str, command: &[String], limit: Duration) -> Result<Outcome, EngineError> {
        let mut running = self.exec(name, command, None).await?;
        let mut kept = Vec::new();
        let reading = async {
            while let Some((_, bytes)) = running.output.next().await {
                kept.extend_from_slice(&bytes);
                let surplus = kept.len().saturating_sub(KEPT);
                kept.drain(..surplus);
            }
        };
        let ended = tokio::time::timeout(limit, reading).await.is_ok();
        let mut code = None;
        if !ended {
            self.end_exec(&running.id, Duration::ZERO).await;
        }
        // The output may end a moment before the engine has the exit code.
        for _ in 0..if ended { 50 } else { 0 } {
            code = self.exec_state(&running.id).await?.0;
            if code.is_some() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(Outcome { code, output: String::from_utf8_lossy(&kept).trim_end().to_owned() })
    }
}
