//! Laws of workers, on the real services: what a job is whatever happens to its worker, its message and its row.

use std::time::Duration;

use async_nats::jetstream::AckKind;
use bytes::Bytes;
use futures::StreamExt;
use helios::bus::{Envelope, Queue, subjects};
use helios::roles::worker::MAX_LOG_LINES;
use helios::store::jobs::held::{self, Claim};
use helios::store::jobs::{self, End};
use helios_client::JobState;
use uuid::Uuid;

use crate::support::world::{TIMING, Task, new_job};
use crate::support::{Nats, Postgres, World};

const QUICK: Task = Task::Say { lines: 3, pause_ms: 0 };

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_done_once_and_its_lines_are_kept_in_order() {
    let world = World::new().await;
    let _worker = world.worker(2);
    let mut jobs = Vec::new();
    for _ in 0..20 {
        jobs.push(world.job(&QUICK).await);
    }
    for job in jobs {
        let done = world.until(job, JobState::Done).await;
        assert_eq!((done.attempt, done.result), (1, Some(3.into())));
        assert_eq!(world.times_begun(job), 1);
        assert_eq!(world.lines(job).await, ["1:0", "1:1", "1:2"]);
    }
    assert_eq!(world.messages_left().await, 0);
    assert!(world.dead_letters().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_delivered_again_or_late_does_no_harm() {
    let world = World::new().await;
    let (_shutdown, _worker) = world.worker(2);
    let job = world.job(&Task::Say { lines: 5, pause_ms: 100 }).await;
    world.until(job, JobState::Running).await;
    let (payload,): (String,) = sqlx::query_as("SELECT payload::text FROM outbox WHERE message_id = $1 || ':1'")
        .bind(job.to_string())
        .fetch_one(world.store.pool())
        .await
        .unwrap();
    let again = async |id: &str| {
        world.bus.publish(subjects::BUILD_DOCKER, id, Bytes::from(payload.clone())).await.unwrap();
    };
    again("while it runs").await;
    world.until(job, JobState::Done).await;
    again("after it ended").await;
    again("and once more").await;
    // The first of them is looked at again after a while, as its job was held.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(world.messages_left().await, 0);
    assert_eq!(world.times_begun(job), 1);
    assert_eq!(world.lines(job).await.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_lost_the_lease_writes_nothing() {
    let world = World::new().await;
    let job = world.job(&QUICK).await;
    let lease = Duration::from_millis(100);
    let Claim::Taken(first) = held::claim(&world.store, job, 1, "slow", lease).await.unwrap() else { panic!() };
    assert!(matches!(held::claim(&world.store, job, 1, "other", lease).await.unwrap(), Claim::Elsewhere));

    // The reaper takes it away, a worker does it.
    let (_shutdown, _worker) = world.worker(1);
    let done = world.until(job, JobState::Done).await;
    assert_eq!((done.attempt, done.result), (2, Some(3.into())));

    let measured = world.metrics.write(helios::store::measures::all(&world.store).await.unwrap());
    for what in ["lease_expired", "sent_again"] {
        assert!(measured.contains(&format!("helios_jobs_reaped_total{{what=\"{what}\"}} 1\n")), "{measured}");
    }

    let late = End::Done("of the first".into());
    assert!(!held::finish(&world.store, job, first.fence, late).await.unwrap());
    assert!(!held::release(&world.store, job, first.fence).await.unwrap());
    assert_eq!(held::renew(&world.store, job, first.fence, lease).await.unwrap(), held::Renewal::Lost);
    assert_eq!(held::retry(&world.store, job, first.fence, "", lease).await.unwrap(), held::Retried::Lost);
    assert_eq!(world.find(job).await.result, Some(3.into()));
    assert_eq!(world.lines(job).await, ["attempt 2", "2:0", "2:1", "2:2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_was_wiped_loses_no_job() {
    let mut world = World::new().await;
    let (shutdown, worker) = world.worker(1);
    let before = world.job(&QUICK).await;
    world.until(before, JobState::Done).await;
    shutdown.cancel();
    worker.await.unwrap();

    // One is on the bus and is lost with it, one is made while there is no bus.
    let lost = world.job(&QUICK).await;
    let unpublished = "SELECT count(*) FROM outbox WHERE published_at IS NULL";
    while sqlx::query_scalar::<_, i64>(unpublished).fetch_one(world.store.pool()).await.unwrap() > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.nats.kill();
    let meanwhile = world.job(&QUICK).await;
    world.nats.resume();
    world.nats.wipe();
    let (_shutdown, _worker) = world.worker(1);
    for job in [lost, meanwhile] {
        let done = world.until(job, JobState::Done).await;
        assert_eq!(done.attempt, 1, "what the bus loses is not counted against the job");
    }
    assert_eq!(world.messages_left().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_runs_is_told_to_stop_and_ends_as_cancelled() {
    let world = World::new().await;
    let (_shutdown, _worker) = world.worker(2);
    let (polite, deaf) = (world.job(&Task::Wait).await, world.job(&Task::Insist { ms: 600_000 }).await);
    for job in [polite, deaf] {
        world.until(job, JobState::Running).await;
    }
    let asked = std::time::Instant::now();
    world.cancel(polite).await;
    world.until(polite, JobState::Cancelled).await;
    assert!(asked.elapsed() < TIMING.renewal * 4, "woken by the notice");
    assert_eq!(world.lines(polite).await, ["Cancelled"]);
    world.cancel(deaf).await;
    world.until(deaf, JobState::Cancelled).await;
    assert_eq!(world.messages_left().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_restarted_breaks_off_no_job_and_loses_no_line() {
    let world = World::with_own_server().await;
    let (_shutdown, _worker) = world.worker(2);
    let (talking, ending) =
        (world.job(&Task::Say { lines: 60, pause_ms: 50 }).await, world.job(&Task::Insist { ms: 500 }).await);
    for job in [talking, ending] {
        world.until(job, JobState::Running).await;
    }
    for how in [Postgres::stop, Postgres::kill] {
        how(&world.database.server);
        tokio::time::sleep(Duration::from_millis(300)).await;
        world.database.server.resume();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    for job in [talking, ending] {
        assert_eq!(world.until(job, JobState::Done).await.attempt, 1);
    }
    let said: Vec<String> = (0..60).map(|line| format!("1:{line}")).collect();
    assert_eq!(world.lines(talking).await, said);
    let after = world.job(&QUICK).await;
    world.until(after, JobState::Done).await;
    assert_eq!(world.messages_left().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_the_bus_gave_up_on_is_sent_again() {
    let world = World::new().await;
    let job = world.job(&QUICK).await;
    let consumer = world.bus.consumer(&Queue::build(), TIMING.lease).await.unwrap();
    let mut messages = consumer.messages().await.unwrap();
    loop {
        let message = messages.next().await.unwrap().unwrap();
        let sent: Envelope<serde_json::Value> = serde_json::from_slice(&message.payload).unwrap();
        assert_eq!(sent.job, job);
        if sent.attempt == 2 {
            message.ack_with(AckKind::Nak(None)).await.unwrap();
            break;
        }
        message.ack_with(AckKind::Nak(None)).await.unwrap();
    }
    drop(messages);
    let (_shutdown, _worker) = world.worker(1);
    assert_eq!(world.until(job, JobState::Done).await.attempt, 1);
    assert_eq!(world.messages_left().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_read_goes_to_the_dead_letters() {
    let world = World::new().await;
    let (_shutdown, _worker) = world.worker(1);
    let unknown = Uuid::now_v7();
    let newer = serde_json::json!({ "schema": 2, "job": unknown }).to_string();
    let envelope = serde_json::json!({
        "schema": 1, "job": unknown, "attempt": 1, "org": world.org, "deadline": "2100-01-01T00:00:00Z", "body": {},
    });
    let poison = ["no JSON \0".to_owned(), "{}".to_owned(), newer, envelope.to_string()];
    for (number, payload) in poison.iter().enumerate() {
        let payload = Bytes::from(payload.clone());
        world.bus.publish(subjects::BUILD_DOCKER, &format!("poison {number}"), payload).await.unwrap();
    }
    // A job whose body its handler cannot read.
    let new = new_job(world.org, serde_json::json!("a task that is none"), Duration::from_secs(60));
    let mut tx = world.store.system().await.unwrap();
    let job = jobs::create(&mut tx, &new).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    let dead = world.until(job, JobState::Dead).await;
    assert!(dead.error.unwrap().starts_with("what is to be done cannot be read: unknown variant"));

    assert_eq!(world.messages_left().await, 0);
    let letters = world.dead_letters().await;
    let reasons: Vec<&str> =
        letters.iter().map(|(_, reason)| reason.split_once(':').map_or(&**reason, |(text, _)| text)).collect();
    let unreadable = "the message cannot be read";
    let newer = "the message has the format 2, and this worker knows 1 at most";
    assert_eq!(reasons, [unreadable, unreadable, newer, "there is no such job", "what is to be done cannot be read"]);
    assert_eq!(letters[0].0, r#""no JSON \u0000""#);
    let after = world.job(&QUICK).await;
    world.until(after, JobState::Done).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_is_tried_as_often_as_it_may_be_and_no_more() {
    let world = World::new().await;
    let (_shutdown, _worker) = world.worker(4);
    let mends = world.job(&Task::FailUntil { attempt: 3 }).await;
    let (fails, panics, refuses) = (
        world.job(&Task::FailUntil { attempt: 100 }).await,
        world.job(&Task::Panic).await,
        world.job(&Task::Refuse).await,
    );
    assert_eq!(world.until(mends, JobState::Done).await.result, Some(3.into()));
    let dead = world.until(fails, JobState::Dead).await;
    assert_eq!((dead.attempt, dead.error.as_deref(), world.times_begun(fails)), (7, Some("not yet"), 7));
    let dead = world.until(panics, JobState::Dead).await;
    assert!(dead.error.unwrap().contains("a handler that panics"));
    assert_eq!(world.times_begun(panics), 7);
    let dead = world.until(refuses, JobState::Dead).await;
    assert_eq!((dead.error.as_deref(), world.times_begun(refuses)), (Some("never"), 1));
    assert_eq!(world.dead_letters().await.len(), 3);
    assert_eq!(world.messages_left().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_a_job_whether_a_worker_has_it_or_not() {
    let world = World::new().await;
    let waits = world.job_until(&QUICK, Duration::from_millis(500)).await;
    let failed = world.until(waits, JobState::Failed).await;
    assert_eq!(failed.error.as_deref(), Some("it did not end before its deadline"));
    let (_shutdown, _worker) = world.worker(2);
    let polite = world.job_until(&Task::Wait, Duration::from_secs(2)).await;
    let deaf = world.job_until(&Task::Insist { ms: 600_000 }, Duration::from_secs(2)).await;
    for job in [polite, deaf] {
        let failed = world.until(job, JobState::Failed).await;
        assert_eq!((failed.attempt, failed.error.as_deref()), (1, Some("it did not end before its deadline")));
    }
    assert_eq!(world.lines(polite).await, ["Deadline"]);
    assert_eq!(world.messages_left().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_ends_hands_its_jobs_over_at_once() {
    let world = World::new().await;
    let (shutdown, worker) = world.worker(2);
    let (polite, deaf) = (world.job(&Task::Wait).await, world.job(&Task::Insist { ms: 5_000 }).await);
    for job in [polite, deaf] {
        world.until(job, JobState::Running).await;
    }
    let asked = std::time::Instant::now();
    shutdown.cancel();
    worker.await.unwrap();
    let (_shutdown, _worker) = world.worker(2);
    for job in [polite, deaf] {
        assert_eq!(world.until(job, JobState::Running).await.attempt, 1, "that a worker ends is no attempt");
    }
    assert!(asked.elapsed() < TIMING.lease, "before any lease has run out");
    world.cancel(polite).await;
    world.until(polite, JobState::Cancelled).await;
    assert_eq!(world.lines(polite).await, ["Shutdown", "Cancelled"]);
    world.until(deaf, JobState::Done).await;
    assert_eq!(world.messages_left().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bus_that_is_gone_for_a_while_breaks_off_no_job() {
    let mut world = World::new().await;
    let (_shutdown, _worker) = world.worker(2);
    let runs = world.job(&Task::Say { lines: 20, pause_ms: 100 }).await;
    world.until(runs, JobState::Running).await;
    for how in [Nats::stop, Nats::kill] {
        how(&mut world.nats);
        let meanwhile = world.job(&QUICK).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(world.find(meanwhile).await.state, JobState::Queued);
        world.nats.resume();
        assert_eq!(world.until(meanwhile, JobState::Done).await.attempt, 1);
    }
    assert_eq!(world.until(runs, JobState::Done).await.attempt, 1);
    assert_eq!(world.lines(runs).await.len(), 20);
    assert_eq!(world.messages_left().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_too_long_ends_with_a_line_that_says_so() {
    let world = World::new().await;
    let (_shutdown, _worker) = world.worker(1);
    let job = world.job(&Task::Say { lines: MAX_LOG_LINES as u32 + 10, pause_ms: 0 }).await;
    world.until(job, JobState::Done).await;
    let lines = world.lines(job).await;
    assert_eq!(lines.len() as u64, MAX_LOG_LINES + 1);
    assert_eq!(lines.last().unwrap(), "the log ends here: more than 100000 lines or 16 MiB");
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_shown_live_on_the_bus_as_they_are_kept() {
    let world = World::new().await;
    let mut live = world.bus.client().subscribe("helios.log.job.*").await.unwrap();
    let (_shutdown, _worker) = world.worker(1);
    let job = world.job(&Task::Say { lines: 5, pause_ms: 50 }).await;
    let mut shown = Vec::new();
    while shown.len() < 5 {
        let message = live.next().await.unwrap();
        assert_eq!(message.subject.as_str(), subjects::log(job));
        let told: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
        shown.extend(told["lines"].as_array().unwrap().iter().map(|line| line["line"].as_str().unwrap().to_owned()));
    }
    world.until(job, JobState::Done).await;
    assert_eq!(world.lines(job).await, shown);
}
