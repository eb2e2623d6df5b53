//! Roles and services fail while deployments are under way, in an order that nobody planned.

use std::time::Duration;

use helios_client::DeploymentState;

use super::platform::{Platform, SHARED};

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_goes_live_although_every_role_is_killed_on_its_way() {
    let mut platform = Platform::start().await;
    let first = platform.deploy("one").await;
    platform.follow(first, async |_, _| {}).await;
    platform.is_as_it_says("one").await;

    let second = platform.deploy("two").await;
    let seen = platform
        .follow(second, async |platform, state| {
            for role in ["api", "oal-worker", "build-worker"] {
                platform.restart(role);
            }
            // The lease of what it was doing has to run out: not at each state.
            if matches!(state, DeploymentState::Starting | DeploymentState::Shifting) {
                platform.restart("deploy-agent");
            }
        })
        .await;
    assert_eq!(seen.last(), Some(&DeploymentState::Live));
    platform.is_as_it_says("two").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_goes_live_although_bus_and_database_fail_on_its_way() {
    let mut platform = Platform::start().await;
    let id = platform.deploy("one").await;
    let seen = platform
        .follow(id, async |platform, state| match state {
            DeploymentState::Checking | DeploymentState::Starting => platform.nats.wipe(),
            DeploymentState::Releasing => {
                platform.database.server.stop();
                tokio::time::sleep(Duration::from_secs(1)).await;
                platform.database.server.resume();
            }
            DeploymentState::Verifying => {
                platform.nats.stop();
                tokio::time::sleep(Duration::from_secs(1)).await;
                platform.nats.resume();
            }
            DeploymentState::Shifting => {
                platform.database.server.kill();
                platform.database.server.resume();
            }
            _ => {}
        })
        .await;
    assert_eq!(seen.last(), Some(&DeploymentState::Live));
    platform.is_as_it_says("one").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_works_is_not_taken_back_because_database_or_edge_are_away_for_long() {
    let mut platform = Platform::new(SHARED).await;
    platform.set("HELIOS_LEASE", "60s");
    platform.start_roles();
    let first = platform.deploy("one").await;
    platform.follow(first, async |_, _| {}).await;
    for (version, what) in [("two", "the database"), ("three", "the edge")] {
        let id = platform.deploy(version).await;
        let seen = platform
            .follow(id, async |platform, state| match state {
                // The old copy is not removed before its request has ended: it is drained until then.
                DeploymentState::Verifying => platform.ask_later("shop", "slow?15"),
                DeploymentState::Draining if what == "the database" => {
                    platform.works_on(id, state).await;
                    let tries = platform.tries_again();
                    platform.database.server.stop();
                    platform.tries_more_often_than(tries).await;
                    platform.database.server.resume();
                }
                DeploymentState::Draining => {
                    platform.works_on(id, state).await;
                    let tries = platform.tries_again();
                    platform.caddy.stop();
                    platform.tries_more_often_than(tries).await;
                    platform.caddy.resume();
                }
                _ => {}
            })
            .await;
        assert_eq!(seen.last(), Some(&DeploymentState::Live), "{what}");
        platform.serves().await;
        platform.is_as_it_says(version).await;
    }
    let said: i64 = sqlx::query_scalar("SELECT count(*) FROM log_lines WHERE line LIKE '%; it is tried again'")
        .fetch_one(platform.store.pool())
        .await
        .unwrap();
    assert!(said >= 2, "each time it is said what is away, also to who reads the deployment's log");
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_applications_go_live_at_once() {
    let mut platform = Platform::start().await;
    let mut asked = Vec::new();
    for number in 0..20 {
        let app = format!("app{number}");
        let place = platform.add(&app).await;
        asked.push((platform.deploy_to(place, &app, &app).await, app));
    }
    for (id, app) in &asked {
        let seen = platform.follow(*id, async |_, _| {}).await;
        assert_eq!(seen.last(), Some(&DeploymentState::Live), "{app}");
    }
    for (_, app) in &asked {
        assert_eq!(platform.answer(app).await, *app);
    }
    assert_eq!(platform.objects(&["ps", "-aq"]).len(), asked.len(), "one container each, and none is left over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_no_longer_works_is_started_again() {
    let mut platform = Platform::start().await;
    let id = platform.deploy("one").await;
    platform.follow(id, async |_, _| {}).await;
    let seen = async |platform: &Platform| -> (Option<String>, Option<chrono::DateTime<chrono::Utc>>) {
        sqlx::query_as("SELECT health, started_at FROM instances").fetch_one(platform.store.pool()).await.unwrap()
    };
    let until = async |platform: &Platform, what: &str, is_so: &dyn Fn(&str, chrono::DateTime<chrono::Utc>) -> bool| {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            if let (Some(health), Some(started)) = seen(platform).await
                && is_so(&health, started)
            {
                return started;
            }
            assert!(tokio::time::Instant::now() < deadline, "never {what}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let first = until(&platform, "healthy", &|health, _| health == "healthy").await;
    platform.ask("shop", "break").await;
    let second = until(&platform, "started again", &|health, started| health == "healthy" && started > first).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(seen(&platform).await, (Some("healthy".to_owned()), Some(second)), "once is enough");
    platform.is_as_it_says("one").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_job_ended_without_its_worker_is_taken_away() {
    let mut platform = Platform::new(SHARED).await;
    let (ended, open) = (platform.run_left_over("cancelled").await, platform.run_left_over("queued").await);
    assert_eq!(platform.objects(&["ps", "-q"]).len(), 2);
    platform.restart("deploy-agent");
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while platform.objects(&["ps", "-aq", "--no-trunc"]) != [open.clone()] {
        assert!(tokio::time::Instant::now() < deadline, "{ended} is left\n{}", platform.logs());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
