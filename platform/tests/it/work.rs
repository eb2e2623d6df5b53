//! Laws of workers, on the real services: what a job is whatever happens to its worker, its message and its row.

use std::time::Duration;

use bytes::Bytes;
use helios::bus::subjects;
use helios::domain::job::JobState;
use helios::store::jobs::End;
use helios::store::jobs::held::{self, Claim};

use crate::support::world::{TIMING, Task};
use crate::support::{Postgres, World};

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
