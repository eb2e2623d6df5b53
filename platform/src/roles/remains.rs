//! Remains: where nothing is live and something may be left, because a clean-up or a taking down did not go well, a job takes it
//! away; all but the data. Any number may run.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::driver::{Driver, DriverError};
use super::repair::{LONGEST_PAUSE, pause};
use crate::bus::subjects;
use crate::domain::job::{DeployJob, Phase};
use crate::store::jobs::{self, NewJob};
use crate::store::{environments, releases, repairs};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(15);

/// How long it may take to take away what is left.
const LONGEST: TimeDelta = TimeDelta::minutes(15);

/// Takes away what is left until told to stop. Trouble with the database is logged and waited out.
pub async fn run(driver: Arc<Driver>, stop: CancellationToken) {
    let mut tick = interval(EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        if let Err(error) = look(&driver, Utc::now()).await {
            tracing::warn!(%error, "what is left of environments could not be looked for");
        }
    }
}

/// Looks once at all environments. Trouble with one of them does not hold up the others.
///
/// # Errors
/// The database.
pub async fn look(driver: &Driver, now: DateTime<Utc>) -> Result<(), DriverError> {
    let mut tx = driver.store.system().await?;
    let left = repairs::remains(&mut tx).await?;
    tx.commit().await?;
    for environment in left {
        if let Err(error) = look_at(driver, environment, now).await {
            tracing::warn!(%environment, %error, "what is left of an environment could not be taken away");
        }
    }
    Ok(())
}

async fn look_at(driver: &Driver, environment: Uuid, now: DateTime<Utc>) -> Result<(), DriverError> {
    let mut tx = driver.store.system().await?;
    if !repairs::hold_empty(&mut tx, environment).await? {
        return Ok(());
    }
    let stage = Phase::Down.name();
    let (count, last) = repairs::recent(&mut tx, environment, stage, now - LONGEST_PAUSE * 2).await?;
    if last.is_some_and(|last| now < last + pause(count)) {
        return Ok(());
    }
    let place = environments::place(&mut tx, environment).await?;
    let newest = releases::list(&mut tx, place.environment.org, environment, i64::MAX, 1).await?.pop();
    let Some(release) = newest else { return Ok(()) };
    let body = DeployJob {
        environment: place.environment,
        phase: Phase::Down,
        release: driver.payload(&release, std::collections::BTreeMap::new())?,
        previous: None,
        give_up: std::collections::BTreeSet::new(),
    };
    let new = NewJob {
        org: release.org_id,
        deployment: None,
        environment: Some(environment),
        kind: "deploy",
        stage: stage.to_owned(),
        slot: String::new(),
        subject: subjects::deploy(&place.target, Phase::Down),
        body: serde_json::to_value(&body).map_err(|error| DriverError::Broken(error.to_string()))?,
        deadline: now + LONGEST,
    };
    jobs::create(&mut tx, &new).await?;
    tx.commit().await?;
    tracing::info!(%environment, "what is left of an environment is taken away");
    Ok(())
}
