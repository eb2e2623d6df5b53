//! Whose the host names of routes are.

use helios::store::{environments, hosts};
use helios_client::{DeploymentKind, DeploymentState, Failure, FailureKind};
use uuid::Uuid;

use super::world::{Answer, World};

fn shop(route: &str) -> String {
    format!(
        "app shop {{}}\nenvironment prod {{}}\nenvironment dev {{}}\nservice web {{ image: \"nginx:1.27\", ports: {{ http: 80 }} }}\n{route}"
    )
}

fn route(fields: &str) -> String {
    format!("route site {{ to: web.http, {fields} }}\n")
}

async fn deploy(world: &World, environment: &str, program: &str) -> Uuid {
    let bundle = world.bundle(&[("app.oal", program)]);
    world.ask(DeploymentKind::Deploy, environment, bundle, None).await
}

/// Deploys what must go live.
async fn live(world: &World, environment: &str, program: &str) {
    let id = deploy(world, environment, program).await;
    let deployment = world.run(id, |_| Answer::Well).await;
    assert_eq!(deployment.state, DeploymentState::Live, "{:?}", deployment.failure);
}

/// Deploys what must be refused when it is planned.
async fn refused(world: &World, environment: &str, program: &str) -> Failure {
    let id = deploy(world, environment, program).await;
    let deployment = world.run(id, |_| Answer::Well).await;
    assert_eq!(world.way(id).await, ["queued", "checking", "planning", "failed"]);
    let failure = deployment.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Edge, "{failure:?}");
    failure
}

#[tokio::test]
async fn a_host_belongs_to_the_environment_that_has_it() {
    let mut world = World::new().await;
    let program = shop(&route("host: \"shop.test\", aliases: [\"www.shop.test\"], redirect_from: [\"old.shop.test\"]"));
    live(&world, "prod", &program).await;
    // Again and again, and with a change.
    live(&world, "prod", &program.replace("1.27", "1.28")).await;

    let failure =
        refused(&world, "dev", &shop(&route("host: \"dev.test\", aliases: [\"shop.test\"], path: \"/login\""))).await;
    insta::assert_snapshot!(failure.rendered.unwrap(), @r#"
    error[edge]: the host `shop.test` belongs to `shop` in `prod` on this target
      ┌─ app.oal:5:56
      │
    5 │ route site { to: web.http, host: "dev.test", aliases: ["shop.test"], path: "/login" }
      │                                                        ^^^^^^^^^^^ the edge does not serve this
      │
      = help: give each environment a host of its own, as by a `param`; this one is free when `shop` in `prod` is deployed without it, or taken down: `helios down --app shop --env prod`
    "#);
    for name in ["www.shop.test", "old.shop.test", "*.test", "SHOP.test"] {
        let failure = refused(&world, "dev", &shop(&route(&format!("host: \"{}\"", name.to_lowercase())))).await;
        assert_eq!(failure.field.unwrap().to_string(), "/host", "{name}");
    }
    // What was refused is not kept.
    live(&world, "dev", &shop(&route("host: \"dev.test\""))).await;

    // Another application of the same environment shares it by another path.
    let (org, app) = (world.org, Uuid::now_v7());
    insert(&world, "INSERT INTO apps (id, org_id, name) VALUES ($1, $2, 'api')", &[app, org]).await;
    let own = std::mem::replace(&mut world.app, app);
    let api = |fields: &str| shop(&route(fields)).replace("app shop", "app api");
    refused(&world, "prod", &api("host: \"shop.test\"")).await;
    refused(&world, "dev", &api("host: \"shop.test\", path: \"/api\"")).await;
    live(&world, "prod", &api("host: \"shop.test\", path: \"/api\"")).await;
    world.app = own;

    // Another organisation has no part in it, and is not told whose it is.
    let (other, theirs) = (Uuid::now_v7(), Uuid::now_v7());
    insert(&world, "INSERT INTO orgs (id, name) VALUES ($1, 'evil')", &[other]).await;
    insert(&world, "INSERT INTO apps (id, org_id, name) VALUES ($1, $2, 'shop')", &[theirs, other]).await;
    (world.org, world.app) = (other, theirs);
    for fields in ["host: \"shop.test\", path: \"/login\"", "host: \"*.shop.test\""] {
        let failure = refused(&world, "prod", &shop(&route(fields))).await;
        assert!(failure.message.contains("another organisation"), "{failure:?}");
        assert!(!format!("{failure:?}").contains("acme"), "{failure:?}");
    }
    live(&world, "prod", &shop(&route("host: \"evil.test\""))).await;
}

#[tokio::test]
async fn a_host_is_free_when_nothing_serves_it_any_more() {
    let world = World::new().await;
    let program = |host: &str| shop(&route(&format!("host: \"{host}\"")));
    live(&world, "prod", &program("one.test")).await;
    // While a deployment is under way both are its: it may go back.
    let id = deploy(&world, "prod", &program("two.test")).await;
    world.run(id, |job| if job.stage == "verifying" { Answer::Silence } else { Answer::Well }).await;
    refused(&world, "dev", &program("one.test")).await;
    refused(&world, "dev", &program("two.test")).await;
    let failed = world
        .run(id, |job| {
            if job.stage == "verifying" {
                super::world::failure(FailureKind::Probe, "service/web")
            } else {
                Answer::Well
            }
        })
        .await;
    assert_eq!(failed.state, DeploymentState::Failed);
    refused(&world, "dev", &program("one.test")).await;
    live(&world, "dev", &program("two.test")).await;

    // A route that goes gives its host free, and so does an environment that is down.
    live(&world, "dev", &program("three.test")).await;
    live(&world, "prod", &program("two.test")).await;
    let environment = world.environment("prod").await;
    let mut tx = world.store.system().await.unwrap();
    let place = environments::place(&mut tx, environment).await.unwrap();
    sqlx::query("UPDATE environments SET down_at = now() WHERE id = $1")
        .bind(environment)
        .execute(&mut *tx)
        .await
        .unwrap();
    hosts::give_back(&mut tx, place.environment.id).await.unwrap();
    tx.commit().await.unwrap();
    live(&world, "dev", &program("two.test")).await;
    refused(&world, "prod", &program("two.test")).await;
}

async fn insert(world: &World, statement: &str, ids: &[Uuid]) {
    let query = ids.iter().fold(sqlx::query(sqlx::AssertSqlSafe(statement.to_owned())), |query, id| query.bind(id));
    query.execute(world.store.pool()).await.unwrap();
}
