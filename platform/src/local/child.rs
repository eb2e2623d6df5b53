//! A child process that ends with this one.

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child as Process, Command};

use super::LocalError;

/// So many of the last lines of a child's output are kept to be shown if it fails.
const KEPT_LINES: usize = 20;

/// A user of the system that a child runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
}

/// How a child is started.
#[derive(Debug)]
pub struct Start<'a> {
    /// What people call it.
    pub name: &'static str,
    /// The program's path.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its environment; nothing else of ours but `PATH` and `HOME`.
    pub environment: Vec<(&'static str, String)>,
    /// As whom, if not as ourselves; only for root.
    pub user: Option<User>,
    /// The signal that ends it in good order.
    pub end: Signal,
}

/// A child process that ends with this one: on [`Self::stop`] in good order, else by the kernel.
#[derive(Debug)]
pub struct Child {
    name: &'static str,
    end: Signal,
    process: Process,
    lines: Arc<Mutex<VecDeque<String>>>,
}

impl Child {
    /// Starts a child. It is in a process group of its own, so that a Ctrl-C of the terminal does not reach it before we have
    /// ended what uses it. The kernel ends it when the thread that starts it ends, so that must be one that lives as long as the
    /// process: the main thread or one of the runtime's own.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(start: Start<'_>) -> Result<Self, LocalError> {
        let mut command = Command::new("setpriv");
        command.arg("--pdeathsig").arg(signal_name(start.end));
        if let Some(User { uid, gid }) = start.user {
            command.arg(format!("--reuid={uid}")).arg(format!("--regid={gid}")).arg("--clear-groups");
        }
        command.arg("--").arg(start.program).args(&start.arguments).process_group(0).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env_clear();
        command.envs(["PATH", "HOME"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        command.envs(start.environment);
        let mut process = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => LocalError::Missing { program: "setpriv", package: "util-linux" },
            _ => LocalError::Io { path: start.program.to_owned(), error },
        })?;
        let lines = Arc::new(Mutex::new(VecDeque::new()));
        if let Some(output) = process.stdout.take() {
            follow(start.name, output, Arc::clone(&lines));
        }
        if let Some(output) = process.stderr.take() {
            follow(start.name, output, Arc::clone(&lines));
        }
        Ok(Self { name: start.name, end: start.end, process, lines })
    }

    /// Its process id, while it runs.
    #[must_use]
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// Waits until `ready` says so.
    ///
    /// # Errors
    /// It ended, or was not ready in time; with the last lines it wrote.
    pub async fn until_ready<F: Future<Output = bool>>(
        &mut self,
        within: Duration,
        mut ready: impl FnMut() -> F,
    ) -> Result<(), LocalError> {
        let deadline = tokio::time::Instant::now() + within;
        while !ready().await {
            if let Ok(Some(status)) = self.process.try_wait() {
                return Err(self.failed(format!("ended at once: {status}")).await);
            }
            if tokio::time::Instant::now() > deadline {
                return Err(self.failed(format!("was not ready after {} s", within.as_secs())).await);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Ends when the child has ended by itself.
    pub async fn ended(&mut self) -> LocalError {
        let what = match self.process.wait().await {
            Ok(status) => format!("ended: {status}"),
            Err(error) => format!("was lost: {error}"),
        };
        self.failed(what).await
    }

    /// Asks it to end, waits up to `grace`, then kills it. Returns how it ended.
    pub async fn stop(&mut self, grace: Duration) -> Option<ExitStatus> {
        let pid = self.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(pid) = pid {
            let _ = kill_process(pid, self.end);
        }
        match tokio::time::timeout(grace, self.process.wait()).await {
            Ok(status) => status.ok(),
            Err(_) => {
                let _ = self.process.kill().await;
                None
            }
        }
    }

    async fn failed(&self, what: String) -> LocalError {
        // What it wrote last may still be on its way through the pipe.
        tokio::time::sleep(Duration::from_millis(100)).await;
        let lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        LocalError::Child { name: self.name, what, log: lines.iter().cloned().collect() }
    }
}

fn follow(name: &'static str, output: impl AsyncRead + Unpin + Send + 'static, kept: Arc<Mutex<VecDeque<String>>>) {
    tokio::spawn(async move {
        let mut lines = BufReader::new(output).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            tracing::debug!(child = name, "{line}");
            let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == KEPT_LINES {
                kept.pop_front();
            }
            kept.push_back(line);
        }
    });
}

/// The name `setpriv` takes.
fn signal_name(signal: Signal) -> &'static str {
    if signal == Signal::INT { "INT" } else { "TERM" }
}

/// A program on the `PATH`, or in one of the directories named.
#[must_use]
pub fn find_program(name: &str, also: &[PathBuf]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let sbin = [PathBuf::from("/usr/sbin"), PathBuf::from("/usr/local/sbin")];
    let places = std::env::split_paths(&path).chain(also.iter().cloned()).chain(sbin);
    places.map(|place| place.join(OsStr::new(name))).find(|path| path.is_file())
}
