//! Jobs with a schedule, and putting right what went astray.

use chrono::{DateTime, TimeDelta, Utc};
use helios::domain::job::{DataWork, DeployJob, RunJob};
use helios::roles::remains;
use helios::roles::repair::Repair;
use helios::roles::scheduler::Scheduler;
use helios::store::jobs::NewJob;
use helios_client::{DeploymentState, FailureKind};
use serde_json::Value;
use sqlx::types::Json;
use std::sync::Arc;
use uuid::Uuid;

use super::world::{Answer, Open, World, failure, let_deadline_pass};

type Row = (Uuid, String, Json<Value>, bool);

/// Jobs that no deployment made.
async fn jobs(world: &World, stage: &str) -> Vec<Row> {
    sqlx::query_as("SELECT id, state, body, cancel_requested FROM jobs WHERE stage = $1 ORDER BY created_at, id")
        .bind(stage)
        .fetch_all(world.store.pool())
        .await
        .unwrap()
}

fn program(overlap: &str) -> String {
    format!(
        "app shop {{}}\njob report {{ image: \"busybox:1.36\", schedule: \"0 3 * * *\", timezone: \"Europe/Berlin\", \
         overlap: {overlap}, keep: 1 }}\n"
    )
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// A world whose release was made long before.
async fn scheduled(overlap: &str) -> (World, Scheduler) {
    let world = World::new().await;
    world.live_with(&program(overlap)).await;
    sqlx::query("ALTER TABLE releases DISABLE TRIGGER releases_immutable").execute(world.store.pool()).await.unwrap();
    sqlx::query("UPDATE releases SET created_at = '2026-01-01'").execute(world.store.pool()).await.unwrap();
    let scheduler = Scheduler::new(Arc::clone(&world.driver));
    (world, scheduler)
}

#[tokio::test]
async fn each_time_counts_once_in_the_clock_of_the_job() {
    let (world, mut scheduler) = scheduled("skip").await;
    let mut other = Scheduler::new(Arc::clone(&world.driver));
    // Three o'clock in Berlin is two in London before the clocks change, one after.
    scheduler.look(at("2026-03-28T01:59:59Z")).await.unwrap();
    assert_eq!(jobs(&world, "cron").await.len(), 0, "the time before was missed by hours");
    for _ in 0..2 {
        scheduler.look(at("2026-03-28T02:00:00Z")).await.unwrap();
        other.look(at("2026-03-28T02:00:01Z")).await.unwrap();
    }
    let started = jobs(&world, "cron").await;
    assert_eq!(started.len(), 1);
    let body: RunJob = serde_json::from_value(started[0].2.0.clone()).unwrap();
    assert_eq!(body.node.as_str(), "job/report");
    world.finish(started[0].0, "done", None).await;
    scheduler.look(at("2026-03-29T01:00:00Z")).await.unwrap();
    // One ended run is kept, beside the one that runs.
    assert_eq!(jobs(&world, "cron").await.len(), 2);
    let ended = jobs(&world, "cron").await[1].0;
    world.finish(ended, "done", None).await;
    scheduler.look(at("2026-03-30T01:00:00Z")).await.unwrap();
    assert_eq!(jobs(&world, "cron").await.len(), 2);
    let taken: i64 = sqlx::query_scalar("SELECT count(*) FROM cron_runs").fetch_one(world.store.pool()).await.unwrap();
    assert_eq!(taken, 4, "the missed one is taken, too");
}

#[tokio::test]
async fn a_run_that_has_not_ended_is_met_as_the_program_says() {
    for (overlap, runs, asked_to_stop) in
        [("skip", 1, false), ("both", 2, false), ("wait", 1, false), ("replace", 1, true)]
    {
        let (world, mut scheduler) = scheduled(overlap).await;
        scheduler.look(at("2026-03-02T02:00:00Z")).await.unwrap();
        scheduler.look(at("2026-03-03T02:00:00Z")).await.unwrap();
        let open = jobs(&world, "cron").await;
        assert_eq!((open.len(), open[0].3), (runs, asked_to_stop), "{overlap}");
        // Long after, the first one ends.
        sqlx::query("UPDATE jobs SET state = 'done', finished_at = '2026-03-03T04:00:00Z' WHERE id = $1")
            .bind(open[0].0)
            .execute(world.store.pool())
            .await
            .unwrap();
        scheduler.look(at("2026-03-03T04:00:01Z")).await.unwrap();
        let all = jobs(&world, "cron").await.len();
        assert_eq!(all, if overlap == "skip" { 1 } else { 2 }, "{overlap}");
    }
}

#[tokio::test]
async fn copies_of_data_are_made_when_due_however_late_and_one_at_a_time() {
    let world = World::new().await;
    let program = "app shop {}\ndatabase db { engine: postgres, version: 16, backup: { schedule: \"0 2 * * *\", keep: 7d } }\n\
                   database other { engine: postgres, version: 16 }\n";
    world.live_with(program).await;
    sqlx::query("ALTER TABLE releases DISABLE TRIGGER releases_immutable").execute(world.store.pool()).await.unwrap();
    sqlx::query("UPDATE releases SET created_at = '2026-03-01T12:00:00Z'").execute(world.store.pool()).await.unwrap();
    let mut scheduler = Scheduler::new(Arc::clone(&world.driver));
    scheduler.look(at("2026-03-02T01:59:59Z")).await.unwrap();
    assert_eq!(jobs(&world, "backup").await.len(), 0, "the release was not there the last time");
    let mut other = Scheduler::new(Arc::clone(&world.driver));
    for _ in 0..2 {
        // The platform was away at two.
        scheduler.look(at("2026-03-02T09:30:00Z")).await.unwrap();
        other.look(at("2026-03-02T09:30:00Z")).await.unwrap();
    }
    let begun = jobs(&world, "backup").await;
    assert_eq!(begun.len(), 1);
    let body: RunJob = serde_json::from_value(begun[0].2.0.clone()).unwrap();
    let Some(DataWork::Backup { id, keep }) = body.data else { panic!("{body:?}") };
    assert_eq!((body.node.as_str(), keep), ("database/db", Some(7 * 24 * 3600 * 1000)));
    let row: (Uuid, bool) =
        sqlx::query_as("SELECT id, scheduled FROM backups").fetch_one(world.store.pool()).await.unwrap();
    assert_eq!(row, (id, true));
    scheduler.look(at("2026-03-03T02:00:00Z")).await.unwrap();
    assert_eq!(jobs(&world, "backup").await.len(), 1, "the one before has not ended");
    world.finish(begun[0].0, "dead", None).await;
    scheduler.look(at("2026-03-03T02:00:01Z")).await.unwrap();
    assert_eq!(jobs(&world, "backup").await.len(), 1, "and that time is over");
    scheduler.look(at("2026-03-04T02:00:00Z")).await.unwrap();
    assert_eq!(jobs(&world, "backup").await.len(), 2);
}

const WEB: &str = "app shop {}\nservice web { image: \"nginx:1.27\", replicas: 2 }\n";

#[tokio::test]
async fn what_went_astray_is_put_right_with_patience() {
    let world = World::new().await;
    world.live_with(WEB).await;
    let mut repair = Repair::new(Arc::clone(&world.driver));
    let now = Utc::now();
    repair.look(now).await.unwrap();
    assert_eq!(jobs(&world, "converge").await.len(), 0, "nothing was seen yet");
    world.observe_live(&[("service/web", 2)]).await;
    repair.look(now).await.unwrap();
    assert_eq!(jobs(&world, "converge").await.len(), 0);
    world.observe_live(&[("service/web", 1)]).await;
    for _ in 0..2 {
        repair.look(now).await.unwrap();
    }
    let open = jobs(&world, "converge").await;
    assert_eq!(open.len(), 1);
    let body: DeployJob = serde_json::from_value(open[0].2.0.clone()).unwrap();
    assert_eq!((body.phase.name(), body.release.number), ("converge", 1));
    // It did not help: the next ones come after longer and longer pauses.
    for (repairs, pause) in [(1, 15), (2, 30), (3, 60)] {
        let last = jobs(&world, "converge").await.pop().unwrap().0;
        world.finish(last, "done", None).await;
        repair.look(Utc::now() + TimeDelta::seconds(pause - 2)).await.unwrap();
        assert_eq!(jobs(&world, "converge").await.len(), repairs, "too early");
        repair.look(Utc::now() + TimeDelta::seconds(pause + 1)).await.unwrap();
        assert_eq!(jobs(&world, "converge").await.len(), repairs + 1);
    }
}

#[tokio::test]
async fn a_deployment_and_a_repair_never_work_at_a_time() {
    let world = World::new().await;
    world.live_with(WEB).await;
    world.observe_live(&[("service/web", 1)]).await;
    let mut repair = Repair::new(Arc::clone(&world.driver));
    repair.look(Utc::now()).await.unwrap();
    let job = jobs(&world, "converge").await[0].0;
    world.claim(job).await;
    let id = world.deploy(&WEB.replace("1.27", "1.28")).await;
    world.driver.advance(id, false).await.unwrap();
    assert_eq!(world.get(id).await.state, DeploymentState::Queued);
    assert!(jobs(&world, "converge").await[0].3, "it is asked to stop");
    world.finish(job, "cancelled", None).await;
    world.run(id, |job| if job.stage == "starting" { Answer::Silence } else { Answer::Well }).await;
    assert_eq!(world.get(id).await.state, DeploymentState::Starting);
    repair.look(Utc::now() + TimeDelta::hours(1)).await.unwrap();
    assert_eq!(jobs(&world, "converge").await.len(), 1);
}

/// A job of an environment that is no deployment's.
async fn job_of(world: &World, stage: &str, kind: &'static str) -> Uuid {
    let environment = world.environment("default").await;
    let mut tx = world.store.system().await.unwrap();
    let new = NewJob {
        org: world.org,
        deployment: None,
        environment: Some(environment),
        kind,
        stage: stage.to_owned(),
        slot: String::new(),
        subject: "helios.job.test".to_owned(),
        body: serde_json::json!({}),
        deadline: Utc::now() + TimeDelta::hours(1),
    };
    let id = helios::store::jobs::create(&mut tx, &new).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    world.claim(id).await;
    id
}

#[tokio::test]
async fn a_deployment_waits_for_whatever_changes_its_environment() {
    let world = World::new().await;
    let taken_down = job_of(&world, "destroy", "deploy").await;
    job_of(&world, "run", "run").await;
    let id = world.deploy(WEB).await;
    world.driver.advance(id, false).await.unwrap();
    assert_eq!(world.get(id).await.state, DeploymentState::Queued);
    world.finish(taken_down, "done", None).await;
    // One that took too long to clean up after itself is at its end while its work goes on.
    world.run(id, |job| if job.stage == "starting" { Answer::Silence } else { Answer::Well }).await;
    for _ in 0..2 {
        for job in world.jobs(id).await {
            world.claim(job.id).await;
        }
        let_deadline_pass(&world, id).await;
        world.driver.advance(id, false).await.unwrap();
        for job in world.jobs(id).await.into_iter().filter(|job| job.stage == "starting") {
            world.finish(job.id, "cancelled", None).await;
            world.driver.advance(id, false).await.unwrap();
        }
    }
    assert_eq!(world.get(id).await.state, DeploymentState::Failed, "{:?}", world.way(id).await);
    let working = world.jobs(id).await;
    assert_eq!(working.iter().map(|job| &*job.stage).collect::<Vec<_>>(), ["cleaning_up"]);
    let next = world.deploy(WEB).await;
    world.driver.advance(next, false).await.unwrap();
    assert_eq!(world.get(next).await.state, DeploymentState::Queued);
    world.finish(working[0].id, "cancelled", None).await;
    assert_eq!(world.run(next, |_| Answer::Well).await.state, DeploymentState::Live);
}

#[tokio::test]
async fn what_a_clean_up_has_left_is_taken_away_with_patience() {
    let world = World::new().await;
    let id = world.deploy(WEB).await;
    let badly = |job: &Open| match &*job.stage {
        "shifting" | "cleaning_up" => failure(FailureKind::Internal, "service/web"),
        _ => Answer::Well,
    };
    assert_eq!(world.run(id, badly).await.state, DeploymentState::Failed);
    let driver = Arc::clone(&world.driver);
    let look = async |after: i64| remains::look(&driver, Utc::now() + TimeDelta::seconds(after)).await.unwrap();
    look(0).await;
    look(0).await;
    let down = jobs(&world, "down").await;
    assert_eq!(down.len(), 1);
    let body: DeployJob = serde_json::from_value(down[0].2.0.clone()).unwrap();
    assert_eq!((body.phase.name(), body.release.number), ("down", 1));
    world.finish(down[0].0, "dead", None).await;
    look(0).await;
    assert_eq!(jobs(&world, "down").await.len(), 1, "too early");
    look(20).await;
    let down = jobs(&world, "down").await;
    assert_eq!(down.len(), 2);
    let done = serde_json::to_value(helios::domain::job::DeployResult::Done { observed: vec![], urls: vec![] });
    world.finish(down[1].0, "done", Some(done.unwrap())).await;
    look(3600).await;
    assert_eq!(jobs(&world, "down").await.len(), 2, "nothing is left");
    world.live_with(WEB).await;
    look(7200).await;
    assert_eq!(jobs(&world, "down").await.len(), 2, "what is live stays");
}

#[tokio::test]
async fn a_job_that_nobody_takes_for_days_is_sent_again_as_any_other() {
    let world = World::new().await;
    let job = job_of(&world, "run", "run").await;
    sqlx::query("UPDATE jobs SET state = 'queued', sent = 60 WHERE id = $1")
        .bind(job)
        .execute(world.store.pool())
        .await
        .unwrap();
    sqlx::query("UPDATE outbox SET message_id = $1 || ':60', published_at = now() - interval '1 hour' WHERE message_id = $1 || ':1'")
        .bind(job.to_string())
        .execute(world.store.pool())
        .await
        .unwrap();
    let sent = helios::store::jobs::overdue::send_lost(&world.store, None, std::time::Duration::from_secs(30)).await;
    assert_eq!(sent.unwrap(), 1);
}
