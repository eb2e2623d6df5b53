//! Images by name, and which images can go.

use chrono::Duration;
use helios::local::child::find_program;
use rustix::process::Signal;

use super::*;
use crate::support::server::Server;
use crate::support::{directory, free_port};

fn named(image: &str, more: &str) -> String {
    format!("service web {{ image: \"{image}\" {more} }}")
}

#[tokio::test]
async fn an_image_that_is_there_is_taken() {
    let rig = Rig::new().await;
    let expected = rig.engine.image("busybox:1").await.unwrap().unwrap();
    let outcome = rig.run(rig.job(&named("busybox:1", ""), &[])).await;
    assert_eq!(outcome.image(), (&*expected.id, false));
    let never = rig.run(rig.job(&named("busybox:1", "pull: never"), &[])).await;
    assert_eq!(never.image().0, expected.id);
}

#[tokio::test]
async fn an_image_that_cannot_be_had_is_named() {
    let rig = Rig::new().await;
    for more in ["", "pull: never", "pull: always"] {
        let outcome = rig.run(rig.job(&named("127.0.0.1:1/none:7", more), &[])).await;
        let failure = outcome.failure();
        assert_eq!((failure.kind, field(failure)), (FailureKind::ImagePull, "/image"), "{failure:?}");
        assert!(failure.message.contains("`127.0.0.1:1/none:7`") && failure.help.is_some(), "{failure:?}");
    }
    let outcome = rig.run(rig.job(&named("busybox:1", "platform: \"linux/s390x\" pull: never"), &[])).await;
    assert_eq!(outcome.failure().kind, FailureKind::ImagePull);
}

/// A registry of this test's own that lets in one user; with the directory in which `docker login` has kept who that is.
async fn registry() -> (Server, u16, tempfile::TempDir) {
    let home = directory("registry");
    let hash = bcrypt::hash("open sesame", 4).unwrap();
    std::fs::write(home.path().join("users"), format!("ann:{hash}\n")).unwrap();
    let (port, data) = (free_port(), home.path().display());
    let settings = format!(
        "version: 0.1\nlog: {{ level: error }}\nstorage: {{ inmemory: {{}} }}\nhttp: {{ addr: \"127.0.0.1:{port}\" }}\n\
         auth: {{ htpasswd: {{ realm: test, path: {data}/users }} }}\n"
    );
    let file = home.path().join("registry.yml");
    std::fs::write(&file, settings).unwrap();
    let program =
        find_program("docker-registry", &[]).expect("a registry is installed: apt-get install docker-registry");
    let arguments = ["serve", file.to_str().unwrap()].map(str::to_owned);
    let server = Server::start(&program, &arguments, None, "KILL", &home.path().join("log"), port).expect("it starts");
    let config = home.path().to_str().unwrap();
    docker(&["--config", config, "login", "--username=ann", "--password=open sesame", &format!("127.0.0.1:{port}")]);
    (server, port, home)
}

#[tokio::test]
async fn a_private_image_is_fetched_with_what_docker_login_keeps() {
    let (server, port, home) = registry().await;
    let image = format!("127.0.0.1:{port}/private/tool:1");
    let local = "busybox:1";
    docker(&["tag", local, &image]);
    docker(&["--config", home.path().to_str().unwrap(), "push", "--quiet", &image]);
    docker(&["rmi", &image]);

    let stranger = Rig::new().await;
    let refused = stranger.run(stranger.job(&named(&image, ""), &[])).await;
    let failure = refused.failure();
    assert!(failure.help.as_deref().is_some_and(|help| help.contains("`docker login`")), "{failure:?}");

    let rig = Rig::with_credentials(home.path()).await;
    let outcome = rig.run(rig.job(&named(&image, ""), &[])).await;
    assert_eq!(outcome.image().0, rig.engine.image(local).await.unwrap().unwrap().id);
    docker(&["rmi", &image]);
    let built_on = rig.build(&format!("FROM {image}\nRUN true\n")).await;
    assert!(!built_on.image().1);
    docker(&["rmi", &image]);

    std::fs::write(home.path().join("config.json"), "no JSON").unwrap();
    let broken = rig.run(rig.job(&named(&image, ""), &[])).await;
    assert!(broken.failure().message.contains("credentials for registries"), "{:?}", broken.failure());
    server.end(Signal::KILL);
}

/// A tag that another organisation's build left at the engine is not the image a program means.
#[tokio::test]
async fn an_image_of_another_organisation_is_not_taken() {
    let (rig, other) = (Rig::new().await, Rig::new().await);
    let built = other.build("FROM busybox:1\nRUN echo theirs\n").await;
    let name = format!("helios-test-{}:1", other.org.simple());
    docker(&["tag", built.image().0, &name]);
    let theirs = other.run(other.job(&named(&name, "pull: never"), &[])).await;
    assert_eq!(theirs.image().0, built.image().0);
    let ours = rig.run(rig.job(&named(&name, "pull: never"), &[])).await;
    assert_eq!(ours.failure().kind, FailureKind::ImagePull);
    let built_on = rig.build(&format!("FROM {name}\nRUN true\n")).await;
    assert_eq!(built_on.failure().kind, FailureKind::ImagePull);
}

#[tokio::test]
async fn garbage_goes_and_what_is_needed_stays() {
    let rig = Rig::new().await;
    let mut images = BTreeMap::new();
    for name in ["live", "kept", "too old", "under way", "in use", "new", "unneeded"] {
        let outcome =
            rig.build_with("", &[("web/Dockerfile", "FROM scratch\nCOPY x /x\nCMD [\"/x\"]\n"), ("web/x", name)]).await;
        images.insert(name, outcome.image().0.to_owned());
    }
    sqlx::query("UPDATE builds SET last_used_at = now() - interval '25 hours' WHERE image <> $1")
        .bind(&images["new"])
        .execute(rig.store.pool())
        .await
        .unwrap();
    let environment = environment(&rig).await;
    // Of two kept releases the newest two that were live count, and besides them what runs.
    let live = release(&rig, environment, 1, &images["live"], "live").await;
    release(&rig, environment, 2, &images["too old"], "live").await;
    release(&rig, environment, 3, &images["kept"], "live").await;
    release(&rig, environment, 4, &images["kept"], "live").await;
    release(&rig, environment, 5, &images["unneeded"], "failed").await;
    sqlx::query("UPDATE environments SET live_release_id = $1").bind(live).execute(rig.store.pool()).await.unwrap();
    let other = self::environment(&rig).await;
    release(&rig, other, 1, &images["under way"], "starting").await;
    release(&rig, other, 2, &images["kept"], "live").await;
    release(&rig, other, 3, &images["kept"], "live").await;
    let container = docker(&["create", "--label", "helios.test=builds", &images["in use"]]);

    let removed = rig.worker.collect_garbage(2).await.unwrap();
    docker(&["rm", "--force", container.trim()]);
    let name = |image: &String| images.iter().find(|(_, id)| *id == image).map_or("?", |(name, _)| *name);
    let mut removed: Vec<&str> = removed.iter().map(name).collect();
    removed.sort_unstable();
    assert_eq!(removed, ["too old", "unneeded"]);
    for (name, image) in &images {
        assert_eq!(rig.engine.image(image).await.unwrap().is_some(), !removed.contains(name), "{name}");
    }
    // Nothing is in the way of the last one any more.
    assert_eq!(rig.worker.collect_garbage(2).await.unwrap(), [images["in use"].clone()]);
    assert!(rig.worker.collect_garbage(2).await.unwrap().is_empty());
}

pub(super) async fn environment(rig: &Rig) -> Uuid {
    let (app, environment) = (Uuid::now_v7(), Uuid::now_v7());
    let pool = rig.store.pool();
    sqlx::query("INSERT INTO apps (id, org_id, name) VALUES ($1, $2, $3)")
        .bind(app)
        .bind(rig.org)
        .bind(format!("app-{app}"))
        .execute(pool)
        .await
        .unwrap();
    sqlx::query("INSERT INTO environments (id, org_id, app_id, name) VALUES ($1, $2, $3, 'default')")
        .bind(environment)
        .bind(rig.org)
        .bind(app)
        .execute(pool)
        .await
        .unwrap();
    environment
}

async fn release(rig: &Rig, environment: Uuid, number: i64, image: &str, state: &str) -> Uuid {
    let (deployment, release) = (Uuid::now_v7(), Uuid::now_v7());
    let mut tx = rig.store.system().await.unwrap();
    sqlx::query("INSERT INTO deployments (id, org_id, environment_id, kind, state, created_at) VALUES ($1, $2, $3, 'deploy', $4, $5)")
        .bind(deployment)
        .bind(rig.org)
        .bind(environment)
        .bind(state)
        .bind(Utc::now() - Duration::days(2))
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO releases (id, org_id, environment_id, number, ir_digest, ir_artifact, source_digest, images, \
         secret_versions, digest, deployment_id) VALUES ($1, $2, $3, $4, '', '', '', $5, '{}', '', $6)",
    )
    .bind(release)
    .bind(rig.org)
    .bind(environment)
    .bind(number)
    .bind(serde_json::json!({ "service/web": image }))
    .bind(deployment)
    .execute(&mut *tx)
    .await
    .unwrap();
    sqlx::query("UPDATE deployments SET release_id = $1 WHERE id = $2")
        .bind(release)
        .bind(deployment)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    release
}
