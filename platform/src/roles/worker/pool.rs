//! Taking jobs from the bus, as many at a time as there are slots, for as long as the process lives.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{AckKind, Message};
use futures::StreamExt;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument;

use super::keep::Keeper;
use super::log::Log;
use super::{Handler, JobContext, JobError, Stop};
use crate::bus::envelope::SCHEMA;
use crate::bus::{Bus, Envelope, Queue, subjects};
use crate::domain::job;
use crate::settings::Timing;
use crate::store::jobs::End;
use crate::store::jobs::held::{self, Claim, Held, Retried};
use crate::store::notices::Notices;
use crate::store::{Store, dead_letters};
use crate::telemetry::traces::{self, Span, SpanKind};

/// One request for a message waits so long; then it is made again.
const PULL: Duration = Duration::from_secs(5);
/// A message whose job another worker holds is looked at again after this.
const ELSEWHERE: Duration = Duration::from_secs(5);
/// What was away is looked for again after so many times the wait before a second attempt.
const AWAY: u32 = 3;
/// So long it is tried to write down how a job ended. Whatever comes of it, the lease runs out and the reaper goes on.
const SETTLING: Duration = Duration::from_secs(120);

/// Takes the jobs of one queue.
#[derive(Debug, Clone)]
pub struct Worker {
    /// The database.
    pub store: Store,
    /// The bus.
    pub bus: Bus,
    /// Tells of requests to cancel.
    pub notices: Notices,
    /// Which jobs.
    pub queue: Queue,
    /// How many at a time.
    pub slots: usize,
    /// How long things take.
    pub timing: Timing,
    /// No new jobs; those that are held are given back.
    pub shutdown: CancellationToken,
}

/// What became of a message.
enum Settled {
    /// Written down: the message has done its work.
    Acknowledge,
    /// Nobody can do anything with it.
    Terminate,
    /// Another worker may have it now.
    GiveBack,
    /// Another worker may have it later.
    Delay(Duration),
    /// Not ours any more: whoever has the job has a message of their own.
    Leave,
}

enum Next {
    Message(Box<Message>),
    Nothing,
    NewConsumer(Option<String>),
}

impl Worker {
    /// Works until `shutdown`; returns when all that is held has ended or was given back. Whatever the bus or the database do
    /// meanwhile, it goes on.
    pub async fn run<H: Handler>(self, handler: Arc<H>) {
        let worker = Arc::new(self);
        let slots = (0..worker.slots.max(1)).map(|_| {
            let (worker, handler) = (Arc::clone(&worker), Arc::clone(&handler));
            async move { worker.slot(&handler).await }
        });
        futures::future::join_all(slots).await;
    }

    async fn slot<H: Handler>(&self, handler: &Arc<H>) {
        let mut connections = self.bus.connections();
        let mut failures = 0_u32;
        while !self.shutdown.is_cancelled() {
            connections.borrow_and_update();
            match self.bus.consumer(&self.queue, self.timing.lease).await {
                Ok(consumer) => {
                    failures = 0;
                    let why = self.pull(&consumer, &mut connections, handler).await;
                    let Some(why) = why else { continue };
                    tracing::warn!(queue = self.queue.name(), why, "asking for the consumer again");
                }
                Err(error) => {
                    tracing::warn!(queue = self.queue.name(), %error, "no consumer");
                    failures = failures.saturating_add(1);
                }
            }
            let pause = Duration::from_millis(100).saturating_mul(1 << failures.min(5));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = connections.changed() => {}
                () = self.shutdown.cancelled() => {}
            }
        }
    }

    /// Takes one message after the other. Ends when the consumer has to be had anew, with the reason if it is an error.
    async fn pull<H: Handler>(
        &self,
        consumer: &PullConsumer,
        connections: &mut watch::Receiver<u64>,
        handler: &Arc<H>,
    ) -> Option<String> {
        while !self.shutdown.is_cancelled() {
            match self.next(consumer, connections).await {
                Next::Message(message) => self.message(&message, handler).await,
                Next::Nothing => {}
                Next::NewConsumer(why) => return why,
            }
        }
        None
    }

    /// One message, asked for only now that there is somebody to work on it: what waits in a client runs out of time there.
    async fn next(&self, consumer: &PullConsumer, connections: &mut watch::Receiver<u64>) -> Next {
        let mut batch = match consumer.batch().max_messages(1).expires(PULL).messages().await {
            Ok(batch) => batch,
            Err(error) => return Next::NewConsumer(Some(error.to_string())),
        };
        tokio::select! {
            biased;
            message = batch.next() => match message {
                Some(Ok(message)) => Next::Message(Box::new(message)),
                Some(Err(error)) => Next::NewConsumer(Some(error.to_string())),
                None => Next::Nothing,
            },
            () = self.shutdown.cancelled() => Next::Nothing,
            // The server has forgotten our request, and perhaps the consumer.
            _ = connections.changed() => Next::NewConsumer(None),
        }
    }

    async fn message<H: Handler>(&self, message: &Message, handler: &Arc<H>) {
        let settled = match self.settle(message, handler).await {
            Ok(settled) => settled,
            Err(error) => {
                tracing::warn!(queue = self.queue.name(), %error, "a message could not be looked at");
                // No use in taking another before the database answers.
                tokio::time::sleep(Duration::from_secs(1)).await;
                Settled::GiveBack
            }
        };
        let said = match settled {
            // With an answer: an acknowledgement that is lost costs a delivery.
            Settled::Acknowledge => tokio::time::timeout(Duration::from_secs(5), message.double_ack()).await,
            Settled::Terminate => Ok(message.ack_with(AckKind::Term).await),
            Settled::GiveBack => Ok(message.ack_with(AckKind::Nak(None)).await),
            Settled::Delay(delay) => Ok(message.ack_with(AckKind::Nak(Some(delay))).await),
            Settled::Leave => return,
        };
        match said {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::debug!(%error, "the bus was not told; it will deliver again"),
            Err(_) => tracing::debug!("the bus has not answered; it may deliver again"),
        }
    }

    /// Does what a message asks for.
    async fn settle<H: Handler>(&self, message: &Message, handler: &Arc<H>) -> Result<Settled, sqlx::Error> {
        let envelope = match read(&message.payload) {
            Ok(envelope) => envelope,
            Err(reason) => {
                dead_letters::add(&self.store, &message.subject, &message.payload, &reason).await?;
                return Ok(Settled::Terminate);
            }
        };
        // Both before the claim: see `Keeper::keep`.
        let (taken, waiter) = (Instant::now(), self.notices.waiter());
        let name = format!("{}:{}", self.queue.name(), std::process::id());
        let held = match held::claim(&self.store, envelope.job, envelope.attempt, &name, self.timing.lease).await? {
            Claim::Taken(held) => held,
            Claim::Over => return Ok(Settled::Acknowledge),
            Claim::Elsewhere => return Ok(Settled::Delay(ELSEWHERE)),
            Claim::Unknown => {
                dead_letters::add(&self.store, &message.subject, &message.payload, "there is no such job").await?;
                return Ok(Settled::Terminate);
            }
        };
        let (context, lines) =
            JobContext::new(held.job, held.org, held.deployment, held.attempt, held.fence, held.deadline);
        let keeper =
            Keeper { store: &self.store, message, context: &context, timing: self.timing, shutdown: &self.shutdown };
        let mut span = of_job(message, &envelope, held.attempt);
        let lost = CancellationToken::new();
        let keeping = async {
            keeper.keep(taken, waiter).await;
            lost.cancel();
            std::future::pending().await
        };
        let working = async {
            let body = match serde_json::from_str(envelope.body.get()) {
                Ok(body) => body,
                Err(error) => {
                    let why = format!("what is to be done cannot be read: {error}");
                    return self.write_down(&held, Outcome::End(End::Dead(why)), &lost).await;
                }
            };
            let flush = CancellationToken::new();
            context.written.keep(0);
            let log = Log {
                written: Arc::clone(&context.written),
                store: self.store.clone(),
                bus: self.bus.clone(),
                held: held.clone(),
                flush: flush.clone(),
                lost: lost.clone(),
            };
            let log = AbortOnDropHandle::new(tokio::spawn(log.write(lines)));
            if held.attempt > 1 {
                context.log(None, format!("attempt {}", held.attempt));
            }
            let outcome = self.handle(body, &context, handler).await;
            if let Outcome::Retry(why) | Outcome::Away(why) = &outcome {
                // Where the database is what is away, its reader sees the line later, and the operator at once.
                tracing::warn!(job = %held.job, attempt = held.attempt, why, "the job is tried again");
                context.log(None, format!("{why}; it is tried again"));
            }
            flush.cancel();
            let _ = log.await;
            if let (Some(span), Some(why)) = (&mut span, outcome.why()) {
                span.fail(&why);
            }
            // What comes next in the trace begins with what is written down.
            drop(span);
            self.write_down(&held, outcome, &lost).await
        };
        let work = async {
            tokio::select! {
                settled = working => settled,
                never = keeping => never,
            }
        };
        let (deployment, traceparent) = (envelope.deployment.map(tracing::field::display), &envelope.traceparent);
        let span = tracing::info_span!("job", job = %envelope.job, deployment, traceparent);
        Ok(work.instrument(span).await)
    }

    /// Runs the handler to its end, or to the end of its patience after it was told to stop.
    async fn handle<H: Handler>(&self, body: H::Body, context: &JobContext, handler: &Arc<H>) -> Outcome {
        // A task of its own: a panic ends the attempt, not the worker.
        let mut work = AbortOnDropHandle::new(tokio::spawn({
            let (handler, context) = (Arc::clone(handler), context.clone());
            async move { handler.handle(body, &context).await }.in_current_span()
        }));
        let patience = async {
            context.until_stopped().await;
            let patience = match context.stopped() {
                Some(Stop::Cancelled | Stop::Deadline) => self.timing.grace,
                Some(Stop::Shutdown) => self.timing.shutdown_grace,
                Some(Stop::LeaseLost) | None => Duration::from_secs(1),
            };
            tokio::time::sleep(patience).await;
        };
        let ended = tokio::select! {
            ended = &mut work => Some(ended),
            () = patience => None,
        };
        let error = match ended {
            Some(Ok(Ok(result))) => match serde_json::to_value(&result) {
                Ok(result) => return Outcome::End(End::Done(result)),
                Err(error) => JobError::Fatal(format!("the result cannot be written: {error}")),
            },
            Some(Ok(Err(error))) => error,
            Some(Err(panic)) => JobError::Retry(format!("the worker failed: {panic}")),
            None => JobError::Stopped,
        };
        match (error, context.stopped()) {
            (JobError::Fatal(why), _) => Outcome::End(End::Dead(why)),
            (_, Some(Stop::Cancelled)) => Outcome::End(End::Cancelled),
            (_, Some(Stop::Deadline)) => Outcome::End(End::Failed("it did not end before its deadline".to_owned())),
            (_, Some(Stop::Shutdown)) => Outcome::Release,
            (_, Some(Stop::LeaseLost)) => Outcome::Lost,
            (JobError::Retry(why), None) => Outcome::Retry(why),
            (JobError::Away(why), None) => Outcome::Away(why),
            (JobError::Stopped, None) => Outcome::Retry("it stopped and does not say why".to_owned()),
        }
    }

    /// Writes down how a job ended, trying for as long as it is ours to write.
    async fn write_down(&self, held: &Held, outcome: Outcome, lost: &CancellationToken) -> Settled {
        let started = Instant::now();
        loop {
            match self.try_write_down(held, &outcome).await {
                Ok(settled) => return settled,
                Err(error) if lost.is_cancelled() || started.elapsed() > SETTLING => {
                    tracing::error!(job = %held.job, %error, "how the job ended could not be written down");
                    return Settled::Leave;
                }
                Err(error) => {
                    tracing::warn!(job = %held.job, %error, "trying again to write down how the job ended");
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        }
    }

    async fn try_write_down(&self, held: &Held, outcome: &Outcome) -> Result<Settled, sqlx::Error> {
        let (job, fence) = (held.job, held.fence);
        Ok(match outcome {
            Outcome::End(end) => {
                let dead = matches!(end, End::Dead(_));
                match held::finish(&self.store, job, fence, end.clone()).await? {
                    true if dead => Settled::Terminate,
                    true => Settled::Acknowledge,
                    false => Settled::Leave,
                }
            }
            Outcome::Retry(why) => {
                let delay = self.timing.retry.saturating_mul(1 << held.attempt.saturating_sub(1).min(6));
                settled(held::retry(&self.store, job, fence, why, delay).await?)
            }
            Outcome::Away(why) => {
                let delay = self.timing.retry.saturating_mul(AWAY);
                settled(held::wait(&self.store, job, fence, why, delay).await?)
            }
            Outcome::Release => match held::release(&self.store, job, fence).await? {
                true => Settled::GiveBack,
                false => Settled::Leave,
            },
            Outcome::Lost => Settled::Leave,
        })
    }
}

const fn settled(retried: Retried) -> Settled {
    match retried {
        Retried::Queued => Settled::Acknowledge,
        Retried::Dead => Settled::Terminate,
        Retried::Lost => Settled::Leave,
    }
}

/// How work on a job ended.
enum Outcome {
    End(End),
    Retry(String),
    Away(String),
    Release,
    Lost,
}

impl Outcome {
    /// Why it did not go well, in a word: the kind of the failure where the program is to blame.
    fn why(&self) -> Option<String> {
        let word = match self {
            Self::End(End::Done(result)) => return job::failure(result).map(|failure| failure.kind.name().to_owned()),
            Self::End(End::Cancelled) => "cancelled",
            Self::End(End::Failed(_)) => "deadline",
            Self::End(End::Dead(_)) => "given up",
            Self::Retry(_) | Self::Away(_) => "tried again",
            Self::Release => "given back",
            Self::Lost => "lost",
        };
        Some(word.to_owned())
    }
}

/// The span of an attempt at a job.
fn of_job(message: &Message, envelope: &Envelope<Box<RawValue>>, attempt: u32) -> Option<Span> {
    traces::span(SpanKind::Consumer, envelope.traceparent.as_deref(), || {
        let subject = message.subject.to_string();
        let name = subject.strip_prefix(subjects::JOB).unwrap_or(&subject).to_owned();
        let mut attributes = vec![
            ("messaging.system", "nats".to_owned()),
            ("messaging.destination.name", subject),
            ("helios.job.id", envelope.job.to_string()),
            ("helios.job.attempt", attempt.to_string()),
        ];
        attributes.extend(envelope.deployment.map(|id| ("helios.deployment.id", id.to_string())));
        (name, attributes)
    })
}

/// Reads a message; its body only as far as to find its end.
fn read(payload: &[u8]) -> Result<Envelope<Box<RawValue>>, String> {
    #[derive(Deserialize)]
    struct Version {
        schema: u32,
    }
    let unreadable = |error: serde_json::Error| format!("the message cannot be read: {error}");
    let Version { schema } = serde_json::from_slice(payload).map_err(unreadable)?;
    if schema > SCHEMA {
        return Err(format!("the message has the format {schema}, and this worker knows {SCHEMA} at most"));
    }
    serde_json::from_slice(payload).map_err(unreadable)
}
