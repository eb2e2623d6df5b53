//! Going back, and taking a release to another environment.

use helios::store::releases;
use helios_client::{DeploymentKind, DeploymentState};

use super::world::{Answer, World};

const PROGRAM: &str = "app shop {}\nenvironment default {}\nenvironment prod { web.replicas: 2 }\n\
    secret key {}\n\
    service web { build: { context: \".\" }, replicas: 1, env: { KEY: key, LEVEL: \"one\" } }\n";

async fn release(world: &World, id: uuid::Uuid) -> releases::Release {
    let mut tx = world.store.system().await.unwrap();
    releases::get(&mut tx, id).await.unwrap().unwrap()
}

fn files(program: &str) -> [(&str, &str); 3] {
    [("app.oal", program), ("Dockerfile", "FROM scratch\n"), ("main.c", "int main;\n")]
}

#[tokio::test]
async fn a_rollback_takes_program_images_configuration_and_secrets() {
    let world = World::new().await;
    world.set_secret("default", "secret/key", "old").await;
    let id = world.deploy_files(&files(PROGRAM)).await;
    assert_eq!(world.run(id, |_| Answer::Well).await.state, DeploymentState::Live);
    let first = release(&world, world.live("default").await.unwrap()).await;
    world.set_secret("default", "secret/key", "new").await;
    let id = world.deploy_files(&files(&PROGRAM.replace("one", "two"))).await;
    assert_eq!(world.run(id, |_| Answer::Well).await.state, DeploymentState::Live);

    let mut tx = world.store.tenant(world.org).await.unwrap();
    let before = releases::before_live(&mut tx, world.org, first.environment_id).await.unwrap().unwrap();
    tx.commit().await.unwrap();
    assert_eq!(before.id, first.id);
    let id = world.ask(DeploymentKind::Rollback, "default", first.source_digest.clone(), Some(first.id)).await;
    let back = world.run(id, |_| Answer::Well).await;
    assert_eq!((back.state, back.release), (DeploymentState::Live, Some(3)));
    let third = release(&world, world.live("default").await.unwrap()).await;
    assert_eq!(third.digest, first.digest);
    assert_eq!((third.images, third.secret_versions), (first.images, first.secret_versions));
    let jobs = world.all_jobs(id).await;
    assert_eq!(
        jobs,
        ["releasing", "starting", "verifying", "shifting", "draining"],
        "nothing is checked or built anew"
    );
}

#[tokio::test]
async fn a_promotion_takes_the_images_and_the_own_values() {
    let world = World::new().await;
    world.set_secret("default", "secret/key", "default's").await;
    let id = world.deploy_files(&files(PROGRAM)).await;
    assert_eq!(world.run(id, |_| Answer::Well).await.state, DeploymentState::Live);
    let from = release(&world, world.live("default").await.unwrap()).await;

    let own = world.set_secret("prod", "secret/key", "prod's").await;
    let id = world.ask(DeploymentKind::Promote, "prod", from.source_digest.clone(), Some(from.id)).await;
    let deployment = world.run(id, |_| Answer::Well).await;
    assert_eq!(deployment.state, DeploymentState::Live, "{:?}", deployment.failure);
    let there = release(&world, world.live("prod").await.unwrap()).await;
    assert_eq!(there.images, from.images);
    assert_ne!(there.ir_digest, from.ir_digest, "two copies here, one there");
    assert_eq!(there.secret_versions.get("secret/key"), Some(&own));
    assert!(!world.all_jobs(id).await.iter().any(|job| job.starts_with("building")));
}

#[tokio::test]
async fn other_sources_are_built_anew_and_the_same_are_not() {
    let world = World::new().await;
    world.set_secret("default", "secret/key", "k").await;
    let id = world.deploy_files(&files(PROGRAM)).await;
    world.run(id, |_| Answer::Well).await;
    let mut changed = files(PROGRAM);
    changed[2].1 = "int main(void) { return 0; }\n";
    let id = world.deploy_files(&changed).await;
    let deployment = world.run(id, |_| Answer::Well).await;
    assert!(world.all_jobs(id).await.contains(&"building service/web".to_owned()));
    let plan = deployment.plan.unwrap();
    assert_eq!(plan.items[0].reasons, ["image: its sources changed"]);
}

#[tokio::test]
async fn jobs_of_a_deployment_work_for_the_trace_of_the_request() {
    let world = World::new().await;
    world.set_secret("default", "secret/key", "value").await;
    let trace = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    let id = helios::trace::within(trace.clone(), world.deploy_files(&files(PROGRAM))).await;
    assert_eq!(world.run(id, |_| Answer::Well).await.state, DeploymentState::Live);
    let traces: Vec<(Option<String>, Option<String>)> = sqlx::query_as(
        "SELECT j.traceparent, o.payload->>'traceparent' FROM jobs j JOIN outbox o ON o.message_id = j.id || ':1' \
         WHERE j.deployment_id = $1",
    )
    .bind(id)
    .fetch_all(world.store.pool())
    .await
    .unwrap();
    assert_eq!(traces, vec![(trace.clone(), trace); world.all_jobs(id).await.len()]);
}

#[tokio::test]
async fn a_rollback_after_a_rollback_goes_on_back() {
    let world = World::new().await;
    let program = |version: &str| format!("app shop {{}}\nservice web {{ image: \"nginx:{version}\" }}\n");
    for version in ["1.25", "1.26", "1.27"] {
        world.live_with(&program(version)).await;
    }
    let environment = world.environment("default").await;
    let before = async || {
        let mut tx = world.store.tenant(world.org).await.unwrap();
        releases::before_live(&mut tx, world.org, environment).await.unwrap()
    };
    for number in [2, 1] {
        let to = before().await.unwrap();
        assert_eq!(to.number, number);
        let id = world.ask(DeploymentKind::Rollback, "default", to.source_digest.clone(), Some(to.id)).await;
        assert_eq!(world.run(id, |_| Answer::Well).await.state, DeploymentState::Live);
    }
    assert!(before().await.is_none(), "there is nothing before the first one");
    // What is new counts from there.
    world.live_with(&program("1.28")).await;
    assert_eq!(before().await.unwrap().number, 5);
}
