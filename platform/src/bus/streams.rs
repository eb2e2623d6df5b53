//! Streams and consumers: made, or brought to this state, by whoever starts, and again when a server came back empty.
//!
//! All of it is within what nats-server 2.9 can do: no key-value buckets, one filter for each consumer.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use chrono::{DateTime, Utc};

use super::{Bus, BusError, subjects};

/// The server forgets ids of messages after this long.
const DUPLICATES: Duration = Duration::from_secs(10 * 60);
/// Only a backstop: the row of a job counts its attempts.
const MAX_DELIVERIES: i64 = 1_000;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// The jobs of one kind of worker: a durable consumer of the stream of jobs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The consumer's name.
    name: String,
    /// Which jobs; of two queues never the same.
    filter: String,
}

impl Queue {
    /// Programs to check.
    #[must_use]
    pub fn oal() -> Self {
        Self { name: "oal".to_owned(), filter: subjects::OAL_JOBS.to_owned() }
    }

    /// Images to build or fetch.
    #[must_use]
    pub fn build() -> Self {
        Self { name: "build".to_owned(), filter: subjects::BUILD_JOBS.to_owned() }
    }

    /// Phases of deployments on a target.
    #[must_use]
    pub fn deploy(target: &str) -> Self {
        Self { name: format!("deploy-{target}"), filter: subjects::deploy_jobs(target) }
    }

    /// Components to run on a target.
    #[must_use]
    pub fn run(target: &str) -> Self {
        Self { name: format!("run-{target}"), filter: subjects::run_jobs(target) }
    }

    /// The consumer's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// All streams. Bounded by age and number, not by bytes: those the server would reserve on the disk, or refuse the stream.
fn streams() -> [Config; 4] {
    let stream = |name: &str, subjects: &[&str], age: Duration, messages: i64| Config {
        name: name.to_owned(),
        subjects: subjects.iter().map(|subject| (*subject).to_owned()).collect(),
        storage: StorageType::File,
        num_replicas: 1,
        max_age: age,
        max_messages: messages,
        discard: DiscardPolicy::Old,
        retention: RetentionPolicy::Limits,
        ..Config::default()
    };
    [
        Config {
            retention: RetentionPolicy::WorkQueue,
            // A full queue refuses: the message stays in the outbox.
            discard: DiscardPolicy::New,
            duplicate_window: DUPLICATES,
            ..stream(subjects::JOBS, &[subjects::ALL_JOBS], 24 * HOUR, 100_000)
        },
        Config {
            duplicate_window: DUPLICATES,
            ..stream(subjects::EVENTS, &[subjects::ALL_EVENTS], 7 * 24 * HOUR, 100_000)
        },
        Config { max_messages_per_subject: 1_000, ..stream(subjects::LOGS, &[subjects::ALL_LOGS], HOUR, 5_000) },
        stream(subjects::ADVISORY, &subjects::ADVISORIES, 7 * 24 * HOUR, 10_000),
    ]
}

impl Bus {
    /// Makes all streams, or brings them to this program's state.
    ///
    /// # Errors
    /// The server.
    pub async fn set_up(&self) -> Result<(), BusError> {
        for config in streams() {
            let name = config.name.clone();
            let made = self.jetstream().create_or_update_stream(config).await;
            made.map_err(|error| BusError::Other(format!("stream {name}: {error}")))?;
        }
        Ok(())
    }

    /// The consumer of a queue, made with its stream if it is not there. A worker that has said nothing of a message for `heard` is
    /// taken for dead.
    ///
    /// # Errors
    /// The server.
    pub async fn consumer(&self, queue: &Queue, heard: Duration) -> Result<PullConsumer, BusError> {
        self.set_up().await?;
        let config = pull::Config {
            durable_name: Some(queue.name.clone()),
            filter_subject: queue.filter.clone(),
            ack_policy: AckPolicy::Explicit,
            ack_wait: heard,
            max_deliver: MAX_DELIVERIES,
            ..pull::Config::default()
        };
        let made = self.jetstream().create_consumer_on_stream(config, subjects::JOBS).await;
        made.map_err(|error| BusError::Other(format!("consumer {}: {error}", queue.name)))
    }

    /// When the stream of jobs was made. What was sent before is not in it.
    ///
    /// # Errors
    /// The server; there is none.
    pub async fn jobs_since(&self) -> Result<DateTime<Utc>, BusError> {
        let stream = self.jetstream().get_stream(subjects::JOBS).await;
        let stream = stream.map_err(|error| BusError::Missing(format!("{}: {error}", subjects::JOBS)))?;
        let created = stream.cached_info().created;
        DateTime::from_timestamp(created.unix_timestamp(), created.nanosecond())
            .ok_or_else(|| BusError::Other("a time that is none".to_owned()))
    }
}
