//! Writing a job's log: in batches, in order, each line once.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{LogEntry, Written};
use crate::bus::{Bus, subjects};
use crate::store::Store;
use crate::store::jobs::held::Held;
use crate::store::logs::{self, Line};

/// A batch is written when its first line has waited this long.
const WAIT: Duration = Duration::from_millis(100);
/// A batch is written when it has so many bytes.
const BATCH_BYTES: usize = 64 * 1024;
/// And so many lines.
const BATCH_LINES: usize = 2_000;

/// Where a job's lines go.
pub(super) struct Log {
    pub(super) store: Store,
    pub(super) bus: Bus,
    pub(super) held: Held,
    /// The work is done: what has come until then is all there is.
    pub(super) flush: CancellationToken,
    /// Told how much is kept.
    pub(super) written: Arc<Written>,
    /// Nothing may be written any more.
    pub(super) lost: CancellationToken,
}

impl Log {
    /// Writes all lines; ends after `flush`, once the last one is written, or when the job is lost.
    pub(super) async fn write(self, mut lines: UnboundedReceiver<LogEntry>) {
        let mut last = None;
        while let Some(batch) = self.batch(&mut lines).await {
            if !self.append(&mut last, batch).await {
                return;
            }
        }
    }

    /// The next lines; none if there will be no more.
    async fn batch(&self, lines: &mut UnboundedReceiver<LogEntry>) -> Option<Vec<LogEntry>> {
        let first = tokio::select! {
            biased;
            line = lines.recv() => line?,
            () = self.flush.cancelled() => return None,
        };
        let written = Instant::now() + WAIT;
        let mut bytes = first.line.len();
        let mut batch = vec![first];
        while bytes < BATCH_BYTES && batch.len() < BATCH_LINES {
            let line = tokio::select! {
                biased;
                line = lines.recv() => line,
                () = self.flush.cancelled() => None,
                () = tokio::time::sleep_until(written) => None,
            };
            let Some(line) = line else { break };
            bytes += line.line.len();
            batch.push(line);
        }
        Some(batch)
    }

    /// Adds a batch after the last line, however long the database takes to answer. False if the job is lost.
    async fn append(&self, last: &mut Option<i64>, batch: Vec<LogEntry>) -> bool {
        let first = loop {
            match *last {
                Some(last) => break last,
                None => match logs::last(&self.store, self.held.job).await {
                    Ok(found) => *last = Some(found),
                    Err(error) => self.pause(&error).await,
                },
            }
            if self.lost.is_cancelled() {
                return false;
            }
        };
        let lines: Vec<Line> = (first + 1..)
            .zip(batch)
            .map(|(seq, entry)| Line {
                seq,
                node: entry.node.map(|node| node.to_string()),
                line: entry.line,
                at: entry.at,
            })
            .collect();
        *last = lines.last().map(|line| line.seq);
        loop {
            match logs::append(&self.store, self.held.org, self.held.job, self.held.fence, &lines).await {
                Ok(true) => break,
                Ok(false) => return false,
                Err(error) => self.pause(&error).await,
            }
            if self.lost.is_cancelled() {
                return false;
            }
        }
        self.written.keep(lines.len() as u64);
        let told = serde_json::json!({ "job": self.held.job, "lines": lines });
        self.bus.tell(&subjects::log(self.held.job), Bytes::from(told.to_string())).await;
        true
    }

    async fn pause(&self, error: &sqlx::Error) {
        tracing::warn!(job = %self.held.job, %error, "the log could not be written");
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
            () = self.lost.cancelled() => {}
        }
    }
}
