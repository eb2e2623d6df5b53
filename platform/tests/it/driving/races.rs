//! Many at once: newer deployments, several drivers.

use std::sync::Arc;
use std::time::Duration;

use helios::store::deployments::advance;
use helios::store::environments;
use helios::store::notices::Notices;
use helios_client::DeploymentState;
use tokio_util::sync::CancellationToken;

use super::world::{Answer, WHOLE_WAY, World};

const WEB: &str = "app shop {}\nservice web { image: \"nginx:1.27\", ports: { http: 80 } }\n";

#[tokio::test]
async fn only_the_last_one_of_several_counts() {
    let world = World::new().await;
    let first = world.deploy(WEB).await;
    world.run(first, |job| if job.stage == "building" { Answer::Silence } else { Answer::Well }).await;
    let second = world.deploy(&WEB.replace("1.27", "1.28")).await;
    let third = world.deploy(&WEB.replace("1.27", "1.29")).await;
    assert_eq!(world.get(second).await.state, DeploymentState::Superseded);
    // It waits until the first one is gone.
    world.driver.advance(third, false).await.unwrap();
    assert_eq!(world.get(third).await.state, DeploymentState::Queued);
    let first = world.run(first, |_| Answer::Silence).await;
    assert_eq!(first.state, DeploymentState::Cancelled);
    assert_eq!(first.failure.unwrap().message, "a newer deployment took its place");
    assert_eq!(world.run(third, |_| Answer::Well).await.state, DeploymentState::Live);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_drivers_take_each_step_once() {
    let world = Arc::new(World::new().await);
    let stop = CancellationToken::new();
    let notices = Notices::listen(&world.store, stop.clone());
    let run = || Arc::clone(&world.driver).run(notices.clone(), stop.clone());
    let drivers: Vec<_> = (0..3).map(|_| tokio::spawn(run())).collect();
    let mut last = world.deploy(WEB).await;
    let end = tokio::time::Instant::now() + Duration::from_secs(60);
    let mut rounds = 0;
    loop {
        assert!(tokio::time::Instant::now() < end, "{:?}", world.way(last).await);
        for job in world.jobs(last).await {
            world.work(&job, Answer::Well).await;
        }
        if world.get(last).await.state.is_terminal() {
            rounds += 1;
            assert_eq!(world.way(last).await, WHOLE_WAY);
            assert_eq!(world.all_jobs(last).await.len(), 7);
            if rounds == 3 {
                break;
            }
            last = world.deploy(&WEB.replace("1.27", &format!("1.{rounds}"))).await;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.cancel();
    for driver in drivers {
        driver.await.unwrap();
    }
}

/// Whoever asks for a deployment and the driver that brings one to its end take environment and deployment in the same order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_push_at_the_very_end_of_another_deployment_fails_neither() {
    let world = Arc::new(World::new().await);
    let first = world.live_with(WEB).await;
    let second = world.deploy(&WEB.replace("1.27", "1.28")).await;
    world.run(second, |job| if job.stage == "draining" { Answer::Silence } else { Answer::Well }).await;
    let environment = world.environment("default").await;
    let mut tx = world.store.system().await.unwrap();
    assert!(advance::hold(&mut tx, second, false).await.unwrap().is_some());
    let push = tokio::spawn({
        let world = Arc::clone(&world);
        async move { world.deploy(&WEB.replace("1.27", "1.29")).await }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let release: uuid::Uuid = sqlx::query_scalar("SELECT release_id FROM deployments WHERE id = $1")
        .bind(first.id)
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    environments::set_live(&mut tx, environment, release).await.unwrap();
    tx.commit().await.unwrap();
    push.await.unwrap();
}
