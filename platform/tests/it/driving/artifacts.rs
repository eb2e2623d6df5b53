//! Programs and sources that kept releases and what is under way need stay.

use std::time::SystemTime;

use helios::domain::garbage::REST;
use helios::roles::collector;
use helios::store::releases;
use helios_client::{DeploymentKind, DeploymentState};
use uuid::Uuid;

use super::world::{Answer, World};

fn program(version: u32) -> String {
    format!("app shop {{}}\nenvironment default {{}}\nservice web {{ image: \"web:{version}\" }}\n")
}

async fn release(world: &World, environment: Uuid, number: i64) -> releases::Release {
    let mut tx = world.store.system().await.unwrap();
    releases::by_number(&mut tx, world.org, environment, number).await.unwrap().unwrap()
}

/// What goes a day later, where two releases are kept.
async fn collect(world: &World) -> Vec<String> {
    let (store, artifacts) = (&world.store, &world.driver.artifacts);
    for digest in artifacts.at_rest(SystemTime::now() + REST.to_std().unwrap()).unwrap() {
        artifacts.file(&digest).unwrap().set_modified(SystemTime::now() - 2 * REST.to_std().unwrap()).unwrap();
    }
    let mut removed = collector::collect(store, artifacts, 2).await.unwrap();
    removed.sort();
    removed
}

#[tokio::test]
async fn a_rollback_to_a_kept_release_works_after_the_others_are_gone() {
    let world = World::new().await;
    for version in 1..=3 {
        world.live_with(&program(version)).await;
    }
    let environment = world.environment("default").await;
    let [first, second, third] = [
        release(&world, environment, 1).await,
        release(&world, environment, 2).await,
        release(&world, environment, 3).await,
    ];
    // As a run that nobody has taken yet: of a release that is not kept any more.
    let body =
        serde_json::json!({ "release": { "ir": { "artifact": first.ir_artifact }, "source": first.source_digest } });
    sqlx::query(
        "INSERT INTO jobs (id, org_id, environment_id, kind, stage, subject, body, deadline) \
         VALUES ($1, $2, $3, 'run', 'run', '', $4, now())",
    )
    .bind(Uuid::now_v7())
    .bind(world.org)
    .bind(environment)
    .bind(sqlx::types::Json(body))
    .execute(world.store.pool())
    .await
    .unwrap();
    // What a failed deployment had is nobody's, what one under way has is its own.
    let failed = world.deploy("app shop {}\nenvironment default {}\nservice web { image: web:9 }\n").await;
    assert_eq!(world.run(failed, |_| Answer::Well).await.state, DeploymentState::Failed);
    let under_way = world.deploy(&program(4)).await;
    world.run(under_way, |job| if job.stage == "releasing" { Answer::Silence } else { Answer::Well }).await;
    assert_eq!(collect(&world).await.len(), 1, "the sources of what failed");

    sqlx::query("UPDATE jobs SET state = 'done' WHERE kind = 'run'").execute(world.store.pool()).await.unwrap();
    let mut gone = vec![first.ir_artifact, first.source_digest];
    gone.sort();
    assert_eq!(collect(&world).await, gone);
    let deployment = world.run(under_way, |_| Answer::Well).await;
    assert_eq!(deployment.state, DeploymentState::Live, "{:?}", deployment.failure);
    let mut gone = vec![second.ir_artifact, second.source_digest];
    gone.sort();
    assert_eq!(collect(&world).await, gone);

    let id = world.ask(DeploymentKind::Rollback, "default", third.source_digest.clone(), Some(third.id)).await;
    let back = world.run(id, |_| Answer::Well).await;
    assert_eq!((back.state, back.release), (DeploymentState::Live, Some(5)), "{:?}", back.failure);
    assert_eq!(release(&world, environment, 5).await.digest, third.digest);
}
