//! What is planned, needed and approved.

use helios::store::deployments::{self, Answer as Said};
use helios_client::plan::{Consequence, PlanAction};
use helios_client::{DeploymentState, FailureKind};

use super::world::{Answer, World};

const WEB: &str = "app shop {}\nservice web { image: \"nginx:1.27\", ports: { http: 80 } }\n";

#[tokio::test]
async fn the_same_release_again_is_nothing_to_do() {
    let world = World::new().await;
    let first = world.live_with(WEB).await;
    world.observe_live(&[("service/web", 1)]).await;
    // A comment makes other sources, but not another release.
    let again = world.live_with(&format!("// the same\n{WEB}")).await;
    assert_eq!(world.way(again.id).await, ["queued", "checking", "planning", "live"]);
    assert_eq!(world.all_jobs(again.id).await, ["checking"]);
    assert_eq!((again.release, &again.urls), (first.release, &first.urls));
    assert!(again.plan.unwrap().is_empty());
    // Where it is not known to run, or something else runs, it is made so.
    world.observe_live(&[("service/web", 2)]).await;
    assert_eq!(world.way(world.live_with(WEB).await.id).await.len(), 10);
}

#[tokio::test]
async fn a_plan_says_what_changes_and_why() {
    let world = World::new().await;
    world.live_with(WEB).await;
    let changed = WEB.replace("{ http: 80 }", "{ http: 80 }, env: { LEVEL: \"info\" }")
        + "service more { image: \"nginx:1.27\" }\n";
    let plan = world.live_with(&changed).await.plan.unwrap();
    let items: Vec<_> = plan.items.iter().map(|item| (item.node.as_str(), item.action, item.consequence)).collect();
    let rolling = Consequence::RollingRestart;
    assert_eq!(
        items,
        [("service/more", PlanAction::Create, Consequence::None), ("service/web", PlanAction::Change, rolling)]
    );
    assert_eq!(plan.items[1].reasons, ["env/LEVEL: \"info\""]);
    assert!(!plan.needs_approval);
}

const STRIPE: &str =
    "app shop {}\nsecret stripe_key {}\nservice web { image: \"nginx:1.27\", env: { KEY: stripe_key } }\n";

#[tokio::test]
async fn a_missing_secret_is_said_at_its_line() {
    let world = World::new().await;
    let id = world.deploy(STRIPE).await;
    let failure = world.run(id, |_| Answer::Well).await.failure.unwrap();
    assert_eq!(world.way(id).await, ["queued", "checking", "planning", "failed"]);
    assert_eq!(failure.kind, FailureKind::MissingSecret);
    insta::assert_snapshot!(failure.rendered.unwrap(), @r"
    error[missing_secret]: `secret/stripe_key` has no value in `default`; `service/web` uses it
      ┌─ app.oal:2:1
      │
    2 │ secret stripe_key {}
      │ ^^^^^^^^^^^^^^^^^ it has no value here
      │
      = help: `helios secrets set stripe_key --env default`
    ");
    // Once it is set the same program goes live; another value of it reaches who uses it.
    world.set_secret("default", "secret/stripe_key", "sk_1").await;
    world.live_with(STRIPE).await;
    world.set_secret("default", "secret/stripe_key", "sk_2").await;
    let plan = world.live_with(STRIPE).await.plan.unwrap();
    assert_eq!(plan.items.len(), 1);
    assert_eq!(plan.items[0].action, PlanAction::Touch);
    assert_eq!(plan.items[0].reasons, ["new value of secret/stripe_key"]);
}

#[tokio::test]
async fn values_are_made_once() {
    let world = World::new().await;
    let program = "app shop {}\nsecret token { generate: 24, alphabet: hex, pattern: \"[0-9a-f]+\" }\n\
        database db { engine: postgres, version: 16, storage: 1GiB }\n\
        service web { image: \"nginx:1.27\", env: { TOKEN: token, DB: db.url } }\n";
    world.live_with(program).await;
    let made = || async {
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT s.name, count(*) FROM secrets s JOIN secret_versions v ON v.secret_id = s.id GROUP BY s.name ORDER BY s.name",
        )
        .fetch_all(world.store.pool())
        .await
        .unwrap();
        rows
    };
    assert_eq!(made().await, [("database/db#password".to_owned(), 1), ("secret/token".to_owned(), 1)]);
    world.live_with(&program.replace("1.27", "1.28")).await;
    assert_eq!(made().await, [("database/db#password".to_owned(), 1), ("secret/token".to_owned(), 1)]);
}

#[tokio::test]
async fn what_the_target_cannot_do_is_said_before_anything_is_built() {
    let world = World::new().await;
    let program = WEB.replace("ports:", "autoscale: { min: 1, max: 3, requests: 100 }, ports:");
    let id = world.deploy(&program).await;
    let failure = world.run(id, |_| Answer::Well).await.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Unsupported, "{failure:?}");
    assert_eq!(failure.field.unwrap().to_string(), "/autoscale/requests");
    assert_eq!(world.way(id).await, ["queued", "checking", "planning", "failed"]);
}

#[tokio::test]
async fn copies_of_data_that_the_target_cannot_make_are_refused_with_their_field() {
    let to = "bucket away {}\ndatabase db { engine: postgres, version: 16, backup: { to: away } }\n";
    let other = "database db { engine: mongodb, version: 7, backup: {} }\n";
    for (database, field) in [(to, "/backup/to"), (other, "/backup")] {
        let world = World::new().await;
        let id = world.deploy(&format!("{WEB}{database}")).await;
        let failure = world.run(id, |_| Answer::Well).await.failure.unwrap();
        assert_eq!((failure.kind, failure.node.unwrap().as_str()), (FailureKind::Unsupported, "database/db"));
        assert_eq!(failure.field.unwrap().to_string(), field);
        assert!(failure.help.is_some());
    }
}

#[tokio::test]
async fn losing_data_needs_a_yes_to_just_this_plan() {
    let world = World::new().await;
    world.live_with(&format!("{WEB}database db {{ engine: postgres, version: 16, storage: 1GiB }}\n")).await;
    let id = world.deploy(WEB).await;
    let waiting = world.run(id, |_| Answer::Well).await;
    assert_eq!(waiting.state, DeploymentState::AwaitingApproval);
    let plan = waiting.plan.unwrap();
    let item = plan.items.iter().find(|item| item.node.as_str() == "database/db").unwrap();
    assert_eq!((item.action, item.consequence), (PlanAction::Remove, Consequence::DataLoss));
    assert_eq!(approve(&world, id, "sha256:other").await, Said::OtherPlan(plan.digest.clone()));
    world.driver.advance(id, false).await.unwrap();
    assert_eq!(world.get(id).await.state, DeploymentState::AwaitingApproval);
    assert_eq!(approve(&world, id, &plan.digest).await, Said::Granted);
    let mut given_up = Vec::new();
    let deployment = world
        .run(id, |job| {
            if job.stage == "draining" {
                given_up.extend(job.deploy().give_up);
            }
            Answer::Well
        })
        .await;
    assert_eq!(deployment.state, DeploymentState::Live);
    assert_eq!(given_up.iter().map(|node| node.as_str()).collect::<Vec<_>>(), ["database/db"]);
}

async fn approve(world: &World, id: uuid::Uuid, plan: &str) -> Said {
    let mut tx = world.store.tenant(world.org).await.unwrap();
    let said = deployments::approve(&mut tx, world.org, id, plan, uuid::Uuid::now_v7()).await.unwrap();
    tx.commit().await.unwrap();
    said
}

const REACHES: &str = r#"app shop {}
volume kept { existing: "other_data" }
volume root { driver_options: { type: "none", o: "bind", device: "/" } }
volume shared { driver_options: { type: "nfs", device: ":/export" } }
service web {
  image: "nginx:1.27"
  volumes: { "/host": bind(path: "/"), "/kept": volume(kept), "/root": volume(root), "/shared": volume(shared) }
  privileged: true
  devices: { "/dev/mem": { host: "/dev/mem" } }
  network_mode: host
  pid: host
  ipc: host
  capabilities: { add: [net_admin, sys_admin] }
}
"#;

#[tokio::test]
async fn a_program_reaches_the_machine_only_where_the_platform_lets_it() {
    let mut world = World::new().await;
    let id = world.deploy(REACHES).await;
    let failure = world.run(id, |_| Answer::Well).await.failure.unwrap();
    assert_eq!(world.way(id).await, ["queued", "checking", "planning", "failed"]);
    assert_eq!(failure.kind, FailureKind::Unsupported, "{failure:?}");
    let drawn = failure.rendered.unwrap();
    let places = drawn.lines().filter_map(|line| line.trim().strip_prefix("┌─ app.oal:"));
    let lines: Vec<&str> = places.filter_map(|place| place.split(':').next()).collect();
    assert_eq!(lines, ["7", "8", "9", "10", "11", "12", "13", "2", "3"], "{drawn}");
    assert!(drawn.contains("HELIOS_HOST_ACCESS=true"), "{drawn}");

    let driver = std::sync::Arc::get_mut(&mut world.driver).unwrap();
    driver.settings.host_access = true;
    world.live_with(REACHES).await;
}
