//! What the server says of messages it will not deliver again. Only a backstop: a worker that cannot do anything with a message
//! says so in the database, and the reaper sends a job again that nobody took.

use async_nats::jetstream::Message;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use futures::StreamExt;
use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{Bus, BusError, Envelope, subjects};

/// So many at a time.
const BATCH: usize = 100;

/// A message of a job that was delivered as often as the server does. It stays in the queue until [`Bus::forget`].
#[derive(Debug)]
pub struct Exhausted {
    /// The job, if the message is still there and can be read.
    pub job: Option<Uuid>,
    sequence: u64,
    advisory: Message,
}

#[derive(Deserialize)]
struct Advisory {
    #[serde(rename = "type")]
    kind: String,
    stream_seq: u64,
}

impl Bus {
    /// The messages of jobs that the server has given up on since the last time they were asked for.
    ///
    /// # Errors
    /// The server.
    pub async fn exhausted(&self) -> Result<Vec<Exhausted>, BusError> {
        let other = |error: &dyn std::fmt::Display| BusError::Other(format!("advisories: {error}"));
        let config = pull::Config {
            durable_name: Some("reaper".to_owned()),
            ack_policy: AckPolicy::Explicit,
            ..pull::Config::default()
        };
        let consumer = self.jetstream().create_consumer_on_stream(config, subjects::ADVISORY).await;
        let consumer = consumer.map_err(|error| other(&error))?;
        let mut advisories = consumer.fetch().max_messages(BATCH).messages().await.map_err(|error| other(&error))?;
        let jobs = self.jetstream().get_stream_no_info(subjects::JOBS).await.map_err(|error| other(&error))?;
        let mut exhausted = Vec::new();
        while let Some(advisory) = advisories.next().await {
            let advisory = advisory.map_err(|error| other(&error))?;
            match serde_json::from_slice(&advisory.payload) {
                Ok(Advisory { kind, stream_seq: sequence }) if kind.ends_with(".max_deliver") => {
                    let message = jobs.get_raw_message(sequence).await.ok();
                    let envelope = message
                        .and_then(|message| serde_json::from_slice::<Envelope<Box<RawValue>>>(&message.payload).ok());
                    exhausted.push(Exhausted { job: envelope.map(|envelope| envelope.job), sequence, advisory });
                }
                // A worker ended it, and wrote down why.
                _ => acknowledge(&advisory).await,
            }
        }
        Ok(exhausted)
    }

    /// Removes a message from the queue once its job has been seen to.
    pub async fn forget(&self, exhausted: &Exhausted) {
        if let Ok(jobs) = self.jetstream().get_stream_no_info(subjects::JOBS).await {
            let _ = jobs.delete_message(exhausted.sequence).await;
        }
        acknowledge(&exhausted.advisory).await;
    }
}

/// If this is lost it comes again, and nothing more happens.
async fn acknowledge(advisory: &Message) {
    if let Err(error) = advisory.ack().await {
        tracing::debug!(%error, "an advisory could not be acknowledged");
    }
}
