//! Repair: where what runs differs from the live release, a job makes it equal again. Any number may run.
//!
//! What runs is what the agent last reported; an environment that a deployment is changing is left to it. A repair that does not
//! help is tried again after longer and longer pauses, so that a container that cannot run is not started all day.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use oal_ir::Ir;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bus::subjects;
use crate::domain::drift;
use crate::domain::job::{DeployJob, Phase};
use crate::roles::driver::{Driver, DriverError};
use crate::store::jobs::{self, NewJob};
use crate::store::{Tx, cron, environments, instances, releases, repairs, scales};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(5);

/// What the agent saw longer ago says nothing.
const FRESH: Duration = Duration::from_secs(120);

/// How long a repair may take.
const LONGEST: TimeDelta = TimeDelta::minutes(15);

/// The pause after one repair; doubled with each further one that did not help, up to [`LONGEST_PAUSE`].
const PAUSE: TimeDelta = TimeDelta::seconds(15);

/// The longest pause.
pub(super) const LONGEST_PAUSE: TimeDelta = TimeDelta::minutes(30);

/// Makes what runs equal to what should.
#[derive(Debug)]
pub struct Repair {
    driver: Arc<Driver>,
    /// Programs of releases seen so far. Releases never change.
    known: HashMap<Uuid, Arc<Ir>>,
}

impl Repair {
    /// A repairer that shares what a driver works with.
    #[must_use]
    pub fn new(driver: Arc<Driver>) -> Self {
        Self { driver, known: HashMap::new() }
    }

    /// Repairs until told to stop. Trouble with the database is logged and waited out.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut tick = interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = tick.tick() => {}
            }
            if let Err(error) = self.look(Utc::now()).await {
                tracing::warn!(%error, "what runs could not be compared with what should");
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
                tracing::warn!(%environment, %error, "an environment could not be repaired");
            }
        }
        Ok(())
    }

    async fn look_at(&mut self, environment: Uuid, release: Uuid, now: DateTime<Utc>) -> Result<(), DriverError> {
        let mut tx = self.driver.store.system().await?;
        self.repair(&mut tx, environment, release, now).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn repair(
        &mut self,
        tx: &mut Tx,
        environment: Uuid,
        release: Uuid,
        now: DateTime<Utc>,
    ) -> Result<(), DriverError> {
        // Held to the end, so that no deployment begins and no other repairer looks meanwhile.
        if !repairs::hold(tx, environment, release).await? {
            return Ok(());
        }
        let Some(running) = instances::running(tx, environment, FRESH).await? else { return Ok(()) };
        let Some(release) = releases::get(tx, release).await? else { return Ok(()) };
        let ir = match self.known.get(&release.id) {
            Some(ir) => Arc::clone(ir),
            None => {
                let ir = Arc::new(self.driver.program(&release.ir_artifact)?);
                self.known.insert(release.id, Arc::clone(&ir));
                ir
            }
        };
        let copies = scales::of(tx, environment).await?;
        let differences = drift::differences(&ir, &release.images.0, &copies, &running);
        if differences.is_empty() {
            return Ok(());
        }
        let (count, last) = repairs::recent(tx, environment, repairs::STAGE, now - LONGEST_PAUSE * 2).await?;
        if last.is_some_and(|last| now < last + pause(count)) {
            return Ok(());
        }
        let place = environments::place(tx, environment).await?;
        let body = DeployJob {
            environment: place.environment,
            phase: Phase::Converge,
            release: self.driver.payload(&release, copies)?,
            previous: None,
            give_up: std::collections::BTreeSet::new(),
        };
        let new = NewJob {
            org: release.org_id,
            deployment: None,
            environment: Some(environment),
            kind: "deploy",
            stage: repairs::STAGE.to_owned(),
            slot: String::new(),
            subject: subjects::deploy(&place.target, Phase::Converge),
            body: serde_json::to_value(&body).map_err(|error| DriverError::Broken(error.to_string()))?,
            deadline: now + LONGEST,
        };
        jobs::create(tx, &new).await?;
        tracing::info!(%environment, differences = differences.join("; "), "what runs is put right");
        Ok(())
    }
}

/// How long to wait after so many repairs in a row.
pub(super) fn pause(count: i64) -> TimeDelta {
    let doubled = 1_i32.checked_shl(u32::try_from(count.saturating_sub(1)).unwrap_or(0).min(20)).unwrap_or(i32::MAX);
    PAUSE.checked_mul(doubled).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
}
