//! Names that are the machine's, not the environment's: what bears one and is not this environment's is never touched.

use std::process::Command;

use helios::domain::job::Phase;
use helios_client::FailureKind;
use uuid::Uuid;

use super::world::World;

fn docker(words: &[&str]) -> String {
    let done = Command::new("docker").args(words).output().unwrap();
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}

fn named(component: &str, name: &str, seconds: u32) -> String {
    format!(
        "service {component} {{ image: \"busybox:1\", command: [\"sleep\", \"{seconds}\"], container_name: \"{name}\", \
         stop_signal: sigkill, update: {{ monitor: 0s }} }}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fixed_name_never_costs_somebody_else_his_container() {
    let (world, other) = (World::new().await, World::new().await);
    let name = format!("fixed-{}", Uuid::now_v7().simple());
    let first = world.release(1, 1, &named("web", &name, 1001)).await;
    world.deploy(&first, None).await;
    let id = docker(&["inspect", "--format", "{{.Id}}", &name]);

    // Another environment's, and one of nobody's.
    let nobodys = format!("nobodys-{}", Uuid::now_v7().simple());
    docker(&["create", "--name", &nobodys, "--label", &format!("helios.target={}", other.target), "busybox:1"]);
    for (name, whose) in [(&name, "another environment"), (&nobodys, "somebody else")] {
        let release = other.release(1, 1, &named("web", name, 1002)).await;
        for phase in [Phase::Release, Phase::Start, Phase::RollBack] {
            let previous = (phase == Phase::RollBack).then_some(&release);
            let failure = other.fails(phase, &release, previous).await;
            assert_eq!(failure.kind, FailureKind::Start, "{failure:?}");
            assert_eq!(failure.field.unwrap().to_string(), "/container_name");
            assert!(failure.message.contains(whose) && failure.message.contains(name.as_str()), "{}", failure.message);
        }
        other.done(Phase::CleanUp, &release, None).await;
    }
    docker(&["inspect", &nobodys]);
    docker(&["rm", "-f", &nobodys]);
    let state = docker(&["inspect", "--format", "{{.Id}} {{.State.Running}}", &name]);
    assert_eq!(state, format!("{id} true"), "nobody has touched it");

    // Its own is replaced, also under another component's name; two components of one program cannot both have it.
    let second = world.release(2, 1, &named("web", &name, 1003)).await;
    world.deploy(&second, Some(&first)).await;
    let third = world.release(3, 1, &named("renamed", &name, 1003)).await;
    world.deploy(&third, Some(&second)).await;
    assert_eq!(world.running("service/renamed").await, std::slice::from_ref(&name));
    let both = world.release(4, 1, &(named("web", &name, 1003) + &named("renamed", &name, 1003))).await;
    let failure = world.fails(Phase::Release, &both, Some(&third)).await;
    assert_eq!(failure.node.unwrap().as_str(), "service/web");
    assert!(failure.message.contains("`service/renamed` of this environment"), "{}", failure.message);
    assert_eq!(world.running("service/renamed").await, [name]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_of_another_environment_is_none_that_exists() {
    let (world, other) = (World::new().await, World::new().await);
    let own = "volume data {}\nservice web { image: \"busybox:1\", command: [\"sleep\", \"1001\"], volumes: { \"/data\": volume(data) }, \
               stop_signal: sigkill, update: { monitor: 0s } }\n";
    world.deploy(&world.release(1, 1, own).await, None).await;
    let volume = docker(&["volume", "ls", "-q", "--filter", &format!("label=helios.target={}", world.target)]);
    let body = own.replace("volume data {}", &format!("volume data {{ existing: \"{volume}\" }}"));
    let failure = other.fails(Phase::Release, &other.release(1, 1, &body).await, None).await;
    assert_eq!(failure.field.unwrap().to_string(), "/existing");
    assert!(failure.message.contains("another environment"), "{}", failure.message);
    // Its own, and one of nobody's, it may have.
    world.deploy(&world.release(2, 1, &body).await, None).await;
    let nobodys = docker(&["volume", "create"]);
    let body = body.replace(&volume, &nobodys);
    other.deploy(&other.release(2, 1, &body).await, None).await;
    other.done(Phase::Down, &other.release(2, 1, &body).await, None).await;
    docker(&["volume", "rm", &nobodys]);
}
