//! How deployments end.

use helios::store::deployments::{self, Answer as Said};
use helios_client::{DeploymentState, FailureKind};

use super::world::{Answer, WHOLE_WAY, World, failure, let_deadline_pass};

const WEB: &str = "app shop {}\nservice web { image: \"nginx:1.27\", ports: { http: 80 } }\n";

#[tokio::test]
async fn the_first_deployment_goes_all_the_way() {
    let world = World::new().await;
    let deployment = world.live_with(WEB).await;
    assert_eq!(world.way(deployment.id).await, WHOLE_WAY);
    assert_eq!(deployment.release, Some(1));
    assert_eq!(deployment.urls, ["http://shop.test"]);
    assert!(deployment.deadline.is_none() && deployment.finished_at.is_some());
    assert!(world.live("default").await.is_some());
    let jobs = world.all_jobs(deployment.id).await;
    assert_eq!(
        jobs,
        ["checking", "building service/web", "releasing", "starting", "verifying", "shifting", "draining"]
    );
    // Every job and every event is on its way to the bus.
    let published: i64 = sqlx::query_scalar("SELECT count(*) FROM outbox").fetch_one(world.store.pool()).await.unwrap();
    assert_eq!(published, (jobs.len() + WHOLE_WAY.len()) as i64);
}

#[tokio::test]
async fn what_the_check_rejects_is_said_as_the_checker_says_it() {
    let world = World::new().await;
    let program = "app shop {}\nservice web { imgae: \"nginx:1.27\" }\n";
    let id = world.deploy(program).await;
    let deployment = world.run(id, |_| Answer::Well).await;
    assert_eq!(world.way(id).await, ["queued", "checking", "failed"]);
    let failure = deployment.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Check);
    let project = oal_check::Project::single("app.oal", program);
    let checked = oal_check::check(&project, &oal_check::Options::default());
    let style = oal_check::diagnostic::Style::default();
    assert_eq!(failure.rendered.unwrap(), oal_check::diagnostic::render(checked.diagnostics(), &checked, style));
    assert!(failure.rendered_ansi.unwrap().contains("\u{1b}["));
    assert_eq!(failure.diagnostics.len(), checked.diagnostics().len());
}

#[tokio::test]
async fn a_failure_before_the_shift_leaves_the_release_before_alone() {
    let world = World::new().await;
    world.live_with(WEB).await;
    let before = world.live("default").await;
    for stage in ["releasing", "starting", "verifying"] {
        let id = world.deploy(&WEB.replace("1.27", stage)).await;
        let deployment = world
            .run(
                id,
                |job| if job.stage == stage { failure(FailureKind::OutOfMemory, "service/web") } else { Answer::Well },
            )
            .await;
        assert_eq!(deployment.state, DeploymentState::Failed);
        let way = world.way(id).await;
        assert_eq!(way[way.len() - 3..], [stage, "cleaning_up", "failed"]);
        assert_eq!(world.live("default").await, before);
        let failure = deployment.failure.unwrap();
        assert_eq!((failure.kind, &*failure.stage), (FailureKind::OutOfMemory, stage));
        let rendered = failure.rendered.unwrap();
        assert!(rendered.contains("error[out_of_memory]: `service/web` did not"), "{rendered}");
        assert!(rendered.contains("app.oal:2:"), "{rendered}");
        assert!(rendered.contains("boom"), "{rendered}");
    }
}

#[tokio::test]
async fn a_failure_after_the_shift_goes_back() {
    let world = World::new().await;
    world.live_with(WEB).await;
    let before = world.live("default").await;
    for stage in ["shifting", "draining"] {
        let id = world.deploy(&WEB.replace("1.27", stage)).await;
        let mut back = None;
        let deployment = world
            .run(id, |job| {
                if job.stage == "rolling_back" {
                    back = Some(job.deploy());
                }
                if job.stage == stage { failure(FailureKind::Edge, "service/web") } else { Answer::Well }
            })
            .await;
        assert_eq!(deployment.state, DeploymentState::RolledBack);
        assert_eq!(back.unwrap().previous.unwrap().number, 1);
        assert_eq!(world.live("default").await, before);
        assert_eq!(deployment.failure.unwrap().kind, FailureKind::Edge);
    }
    // Even the way back can fail; then nothing is glossed over.
    let id = world.deploy(&WEB.replace("1.27", "worst")).await;
    let bad = |stage: &str| matches!(stage, "shifting" | "rolling_back");
    let run =
        world.run(id, |job| if bad(&job.stage) { failure(FailureKind::Edge, "service/web") } else { Answer::Well });
    let deployment = run.await;
    assert_eq!(deployment.state, DeploymentState::Failed);
    assert!(deployment.failure.unwrap().message.contains("and rolling_back failed"));
}

#[tokio::test]
async fn without_a_release_before_there_is_no_way_back() {
    let world = World::new().await;
    let id = world.deploy(WEB).await;
    let run = world
        .run(id, |job| if job.stage == "shifting" { failure(FailureKind::Edge, "service/web") } else { Answer::Well });
    assert_eq!(run.await.state, DeploymentState::Failed);
    assert!(world.way(id).await.ends_with(&["shifting", "cleaning_up", "failed"]));
    assert_eq!(world.live("default").await, None);
}

#[tokio::test]
async fn cancelled_is_said_only_when_the_work_has_stopped() {
    let world = World::new().await;
    let id = world.deploy(WEB).await;
    let silent = |job: &super::world::Open| if job.stage == "starting" { Answer::Silence } else { Answer::Well };
    world.run(id, silent).await;
    let job = world.jobs(id).await.pop().unwrap();
    world.claim(job.id).await;
    let mut tx = world.store.tenant(world.org).await.unwrap();
    assert_eq!(deployments::cancel(&mut tx, world.org, id, "changed my mind").await.unwrap(), Said::Granted);
    tx.commit().await.unwrap();
    world.driver.advance(id, false).await.unwrap();
    assert_eq!(world.get(id).await.state, DeploymentState::Cancelling);
    let open = world.jobs(id).await;
    assert!(open.len() == 1 && open[0].cancel_requested, "the job is asked to stop, and nothing else begins: {open:?}");
    // The worker has observed the stop.
    world.finish(job.id, "cancelled", None).await;
    let deployment = world.run(id, |job| if job.stage == "cancelling" { Answer::Well } else { Answer::Silence }).await;
    assert_eq!(deployment.state, DeploymentState::Cancelled);
    assert_eq!(deployment.failure.unwrap().message, "changed my mind");
    assert!(world.all_jobs(id).await.contains(&"cancelling".to_owned()));
}

#[tokio::test]
async fn after_the_shift_it_is_too_late_to_cancel() {
    let world = World::new().await;
    let id = world.deploy(WEB).await;
    world.run(id, |job| if job.stage == "shifting" { Answer::Silence } else { Answer::Well }).await;
    let mut tx = world.store.tenant(world.org).await.unwrap();
    let said = deployments::cancel(&mut tx, world.org, id, "too late").await.unwrap();
    assert_eq!(said, Said::NotNow(DeploymentState::Shifting));
    // Another organisation's deployment is none at all.
    let other = uuid::Uuid::now_v7();
    assert_eq!(deployments::cancel(&mut tx, other, id, "not mine").await.unwrap(), Said::Missing);
}

#[tokio::test]
async fn every_state_ends_by_its_deadline() {
    let world = World::new().await;
    for stage in ["checking", "building", "starting", "shifting"] {
        let id = world.deploy(WEB).await;
        world.run(id, |job| if job.stage == stage { Answer::Silence } else { Answer::Well }).await;
        for _ in 0..3 {
            let_deadline_pass(&world, id).await;
            world.driver.advance(id, false).await.unwrap();
        }
        let deployment = world.get(id).await;
        assert_eq!(deployment.state, DeploymentState::Failed, "{stage}: {:?}", world.way(id).await);
        assert_eq!(deployment.failure.unwrap().kind, FailureKind::Deadline);
    }
}
