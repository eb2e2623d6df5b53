//! What every worker has in common: taking jobs from the bus, holding their lease, stopping when it is lost or the job is
//! cancelled, writing the result with the fence, and only then acknowledging.

mod keep;
mod log;
pub mod pool;

pub use pool::Worker;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use oal_ir::NodeId;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Why work on a job has to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Somebody asked for it; the job ends as cancelled once the worker has observed the stop.
    Cancelled,
    /// Another worker may hold it now: touch nothing any more.
    LeaseLost,
    /// The job's deadline has passed.
    Deadline,
    /// The process is to end: give the job back.
    Shutdown,
}

/// Why a job gave no result.
#[derive(Debug)]
pub enum JobError {
    /// Worth another attempt: the engine or a service did not answer.
    Retry(String),
    /// What the platform itself needs for it does not answer: another attempt, for as long as the deadline lets it, and none that
    /// counts.
    Away(String),
    /// It stopped because the context said so.
    Stopped,
    /// No attempt will ever do better; goes to the dead letters.
    Fatal(String),
}

/// The most bytes of a line; the rest is cut off.
pub const MAX_LINE_BYTES: usize = 16 * 1024;
/// The most lines of a job's log, over one attempt.
pub const MAX_LOG_LINES: u64 = 100_000;
/// The most bytes of a job's log, over one attempt.
pub const MAX_LOG_BYTES: u64 = 16 * 1024 * 1024;

/// A line for a job's log.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// The component it is about.
    pub node: Option<NodeId>,
    /// Without its end.
    pub line: String,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// A job as its worker sees it.
#[derive(Debug, Clone)]
pub struct JobContext {
    /// The job's row.
    pub job: Uuid,
    /// The organisation.
    pub org: Uuid,
    /// The deployment it is part of.
    pub deployment: Option<Uuid>,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// What every write for it must name.
    pub fence: i64,
    /// When it must have ended.
    pub deadline: DateTime<Utc>,
    stop: CancellationToken,
    reason: Arc<OnceLock<Stop>>,
    log: mpsc::UnboundedSender<LogEntry>,
    written: Arc<Written>,
}

/// How much of a job's log there is.
#[derive(Debug, Default)]
struct Written {
    lines: AtomicU64,
    bytes: AtomicU64,
    full: AtomicBool,
    /// Lines handed over to be kept.
    sent: AtomicU64,
    /// How many of them are kept; none where nobody keeps them.
    kept: watch::Sender<Option<u64>>,
}

impl Written {
    fn keep(&self, lines: u64) {
        self.kept.send_modify(|kept| *kept = Some(kept.unwrap_or_default() + lines));
    }
}

impl JobContext {
    /// A context with the receiver of its log. The worker's loop makes it; tests of a handler make one without a bus.
    #[must_use]
    pub fn new(
        job: Uuid,
        org: Uuid,
        deployment: Option<Uuid>,
        attempt: u32,
        fence: i64,
        deadline: DateTime<Utc>,
    ) -> (Self, mpsc::UnboundedReceiver<LogEntry>) {
        let (log, lines) = mpsc::unbounded_channel();
        let (stop, reason) = (CancellationToken::new(), Arc::new(OnceLock::new()));
        (Self { job, org, deployment, attempt, fence, deadline, stop, reason, log, written: Arc::default() }, lines)
    }

    /// Tells the work to stop; the first reason counts.
    pub fn stop(&self, reason: Stop) {
        let _ = self.reason.set(reason);
        self.stop.cancel();
    }

    /// Why it has to stop, if it has.
    #[must_use]
    pub fn stopped(&self) -> Option<Stop> {
        self.stop.is_cancelled().then(|| self.reason.get().copied().unwrap_or(Stop::Shutdown))
    }

    /// Ends when it has to stop. For `tokio::select!` around long waits.
    pub async fn until_stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Fails when it has to stop. To be asked before every step that changes something outside.
    ///
    /// # Errors
    /// [`JobError::Stopped`].
    pub fn go_on(&self) -> Result<(), JobError> {
        if self.stop.is_cancelled() { Err(JobError::Stopped) } else { Ok(()) }
    }

    /// Adds a line to the job's log, where it is kept and shown live; a text of several lines as several. Never a secret: blank
    /// them out before. Past [`MAX_LOG_LINES`] or [`MAX_LOG_BYTES`] the log ends with a line that says so.
    pub fn log(&self, node: Option<&NodeId>, line: impl Into<String>) {
        let (text, at) = (line.into(), Utc::now());
        for line in text.split('\n') {
            let mut line = line.trim_end_matches('\r').replace('\0', "\u{fffd}");
            line.truncate(line.floor_char_boundary(MAX_LINE_BYTES));
            let lines = self.written.lines.fetch_add(1, Ordering::Relaxed);
            let bytes = self.written.bytes.fetch_add(line.len() as u64, Ordering::Relaxed);
            if lines < MAX_LOG_LINES && bytes < MAX_LOG_BYTES {
                self.written.sent.fetch_add(1, Ordering::Relaxed);
                let _ = self.log.send(LogEntry { node: node.cloned(), line, at });
            } else if !self.written.full.swap(true, Ordering::Relaxed) {
                let line = format!(
                    "the log ends here: more than {MAX_LOG_LINES} lines or {} MiB",
                    MAX_LOG_BYTES / (1024 * 1024)
                );
                self.written.sent.fetch_add(1, Ordering::Relaxed);
                let _ = self.log.send(LogEntry { node: None, line, at });
            }
        }
    }
}

impl JobContext {
    /// Ends when all lines so far are kept, or the work has to stop. To be waited for before what the lines tell of is written
    /// down as done: whoever finds it done does not do it again, and says nothing.
    pub async fn until_log_is_kept(&self) {
        let sent = self.written.sent.load(Ordering::Relaxed);
        let mut kept = self.written.kept.subscribe();
        tokio::select! {
            _ = kept.wait_for(|kept| kept.is_none_or(|kept| kept >= sent)) => {}
            () = self.until_stopped() => {}
        }
    }
}

/// What a kind of worker does.
pub trait Handler: Send + Sync + 'static {
    /// What it is asked.
    type Body: DeserializeOwned + Send;
    /// What it answers. A failure that the user's program is to blame for is an answer, not an error.
    type Result: Serialize + Send;

    /// Does one job. Must be fit to be done again after it was broken off anywhere.
    fn handle(
        &self,
        body: Self::Body,
        context: &JobContext,
    ) -> impl std::future::Future<Output = Result<Self::Result, JobError>> + Send;
}
