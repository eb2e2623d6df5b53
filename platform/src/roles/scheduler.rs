//! The scheduler: starts what of live releases has a schedule, jobs and copies of databases' data. Any number may run.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bus::subjects;
use crate::domain::job::{DataWork, RunJob};
use crate::domain::schedule::{self, Due, Scheduled, Start};
use crate::roles::driver::{Driver, DriverError};
use crate::store::jobs::{self, NewJob};
use crate::store::releases::{self, Release};
use crate::store::{Tx, backups, cron, environments};

/// How often it looks; schedules count in minutes.
const EVERY: Duration = Duration::from_secs(1);

/// Starts scheduled jobs.
#[derive(Debug)]
pub struct Scheduler {
    driver: Arc<Driver>,
    /// The scheduled jobs of releases seen so far. Releases never change.
    known: HashMap<Uuid, Arc<Vec<Scheduled>>>,
}

impl Scheduler {
    /// A scheduler that shares what a driver works with.
    #[must_use]
    pub fn new(driver: Arc<Driver>) -> Self {
        Self { driver, known: HashMap::new() }
    }

    /// Starts jobs until told to stop. Trouble with the database is logged and waited out.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            if let Err(error) = self.look(Utc::now()).await {
                tracing::warn!(%error, "the scheduler could not look");
            }
        }
    }

    /// Looks once at all environments. Trouble with one of them does not hold up the others.
    ///
    /// # Errors
    /// The database.
    pub async fn look(&mut self, now: DateTime<Utc>) -> Result<(), DriverError> {
        let mut tx = self.driver.store.system().await?;
        let live = cron::live(&mut tx).await?;
        tx.commit().await?;
        self.known.retain(|release, _| live.iter().any(|(_, live)| live == release));
        for (environment, release) in live {
            if let Err(error) = self.look_at(environment, release, now).await {
                tracing::warn!(%environment, %error, "scheduled jobs of an environment could not be looked at");
            }
        }
        Ok(())
    }

    async fn look_at(&mut self, environment: Uuid, release: Uuid, now: DateTime<Utc>) -> Result<(), DriverError> {
        if self.known.get(&release).is_some_and(|jobs| jobs.is_empty()) {
            return Ok(());
        }
        let mut tx = self.driver.store.system().await?;
        let Some(release) = releases::get(&mut tx, release).await? else { return Ok(()) };
        let jobs = match self.known.get(&release.id) {
            Some(jobs) => Arc::clone(jobs),
            None => {
                let jobs = Arc::new(schedule::of(&self.driver.program(&release.ir_artifact)?));
                self.known.insert(release.id, Arc::clone(&jobs));
                jobs
            }
        };
        for job in jobs.iter() {
            let Some(due) = job.last_due(now) else { continue };
            let node = job.node.as_str();
            // A release is not asked for what was due before it was made.
            if due >= release.created_at && !cron::is_taken(&mut tx, environment, node, due).await? {
                self.start(&mut tx, environment, &release, job, due, now).await?;
            }
        }
        tx.commit().await?;
        Ok(())
    }

    async fn start(
        &self,
        tx: &mut Tx,
        environment: Uuid,
        release: &Release,
        job: &Scheduled,
        due: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), DriverError> {
        let (org, node) = (release.org_id, job.node.as_str());
        let (stage, stages): (&str, &[&str]) = match job.start {
            Start::Job => (cron::STAGE, &[cron::STAGE]),
            Start::Backup(_) => {
                backups::hold(tx, environment, node).await?;
                (backups::BACKUP, &[backups::BACKUP, backups::RESTORE])
            }
        };
        let runs = cron::runs(tx, environment, stages, node).await?;
        match job.decide(due, now, runs) {
            Due::Wait => return Ok(()),
            Due::Stop => return Ok(cron::stop(tx, org, environment, stages, node).await?),
            Due::Missed | Due::Skip => {
                cron::take(tx, org, environment, node, due).await?;
                return Ok(());
            }
            Due::Start => {}
        }
        // Whoever takes it down meanwhile finds this run, or this finds it down.
        if !environments::is_up(tx, environment).await? || !cron::take(tx, org, environment, node, due).await? {
            return Ok(());
        }
        let place = environments::place(tx, environment).await?;
        let id = Uuid::now_v7();
        let data = match job.start {
            Start::Job => None,
            Start::Backup(keep) => Some(DataWork::Backup { id, keep: Some(keep) }),
        };
        let body = RunJob {
            environment: place.environment,
            release: self.driver.payload(release, BTreeMap::new())?,
            node: job.node.clone(),
            command: None,
            data,
        };
        let new = NewJob {
            org,
            deployment: None,
            environment: Some(environment),
            kind: "run",
            stage: stage.to_owned(),
            slot: node.to_owned(),
            subject: subjects::run(&place.target),
            body: serde_json::to_value(&body).map_err(|error| DriverError::Broken(error.to_string()))?,
            deadline: now + job.longest,
        };
        let started = match job.start {
            Start::Job => jobs::create(tx, &new).await?,
            Start::Backup(_) => backups::begin(tx, id, true, environment, &new).await?,
        };
        if let Some(started) = started {
            cron::started(tx, environment, node, due, started).await?;
        }
        cron::trim(tx, environment, stages, node, i64::try_from(job.keep).unwrap_or(i64::MAX)).await?;
        Ok(())
    }
}
