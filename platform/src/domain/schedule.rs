//! When scheduled jobs and copies of databases' data are due, and what is done when their time has come.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::Cron;
use oal_ir::v1::{Backup, Job, Overlap, Spec};
use oal_ir::{Ir, NodeId};
use std::str::FromStr;

/// A time that was missed by more than that, because the platform was down, is left out: a report of three o'clock is not wanted at
/// noon.
pub const GRACE: TimeDelta = TimeDelta::minutes(5);

/// What is started when its time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// A job of the program.
    Job,
    /// A copy of a database's data; those older than so many milliseconds are removed.
    Backup(u64),
}

/// A component with a schedule.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// The component.
    pub node: NodeId,
    /// What is started.
    pub start: Start,
    cron: Cron,
    timezone: Tz,
    /// What is done when the last run has not ended.
    pub overlap: Overlap,
    /// So many ended runs are kept.
    pub keep: u64,
    /// The longest that a run takes, all tries together.
    pub longest: TimeDelta,
}

/// What is known of the runs of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Runs {
    /// Whether one has not ended.
    pub open: bool,
    /// When the last one ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What is done now about a time that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing: it is too long ago.
    Missed,
    /// Start a run.
    Start,
    /// Leave it out.
    Skip,
    /// Look again when the run before has ended.
    Wait,
    /// Ask the run before to stop, and look again when it has.
    Stop,
}

/// What of a program has a schedule. One whose clock or schedule cannot be read is not among them; the check lets none through.
#[must_use]
pub fn of(ir: &Ir) -> Vec<Scheduled> {
    let jobs = ir.components.iter().filter_map(|(node, component)| match &component.spec {
        Spec::Job(job) => scheduled(node, job),
        Spec::Database(database) => copied(node, database.backup.as_ref()?),
        _ => None,
    });
    jobs.collect()
}

fn scheduled(node: &NodeId, job: &Job) -> Option<Scheduled> {
    let cron = Cron::from_str(job.schedule.as_ref()?).ok()?;
    let tries = i64::try_from(job.retries.saturating_add(1).min(100)).unwrap_or(100);
    let milliseconds = |value: u64| TimeDelta::milliseconds(i64::try_from(value).unwrap_or(i64::MAX).min(A_MONTH));
    let doubled = 1_i32.checked_shl(u32::try_from(tries).unwrap_or(u32::MAX)).unwrap_or(i32::MAX).max(1);
    let pauses = milliseconds(job.backoff.0).checked_mul(doubled).unwrap_or(TimeDelta::days(30));
    let runs = milliseconds(job.timeout.0).checked_mul(i32::try_from(tries).unwrap_or(i32::MAX));
    let longest = runs.unwrap_or(TimeDelta::days(30)).min(TimeDelta::days(30)) + pauses.min(TimeDelta::days(30));
    Some(Scheduled {
        node: node.clone(),
        start: Start::Job,
        cron,
        timezone: job.timezone.parse().ok()?,
        overlap: job.overlap.clone(),
        keep: job.keep,
        longest: longest + TimeDelta::minutes(1),
    })
}

/// The longest that a copy takes to be made or brought back.
pub const LONGEST_COPY: TimeDelta = TimeDelta::hours(12);

fn copied(node: &NodeId, backup: &Backup) -> Option<Scheduled> {
    Some(Scheduled {
        node: node.clone(),
        start: Start::Backup(backup.keep.0),
        cron: Cron::from_str(backup.schedule.as_ref()).ok()?,
        timezone: Tz::UTC,
        overlap: Overlap::Skip,
        keep: 50,
        longest: LONGEST_COPY,
    })
}

/// Milliseconds; nothing that is scheduled takes longer.
const A_MONTH: i64 = 30 * 24 * 3600 * 1000;

impl Scheduled {
    /// The last time that has come by `now`, in the job's own clock; none if there was none for years.
    #[must_use]
    pub fn last_due(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let here = now.with_timezone(&self.timezone);
        self.cron.find_previous_occurrence(&here, true).ok().map(|due| due.with_timezone(&Utc))
    }

    /// What is done now about a time that has come and was not yet taken.
    #[must_use]
    pub fn decide(&self, due: DateTime<Utc>, now: DateTime<Utc>, runs: Runs) -> Due {
        if runs.open {
            return match self.overlap {
                Overlap::Skip => Due::Skip,
                Overlap::Wait => Due::Wait,
                Overlap::Replace => Due::Stop,
                Overlap::Both => Due::Start,
            };
        }
        // One that had to wait for the run before is not late by its own fault.
        let waited =
            !matches!(self.overlap, Overlap::Skip) && runs.ended_at.is_some_and(|end| end >= due && now - end <= GRACE);
        // A copy of what is there now is never too late.
        let timeless = matches!(self.start, Start::Backup(_));
        if timeless || now - due <= GRACE || waited { Due::Start } else { Due::Missed }
    }
}
