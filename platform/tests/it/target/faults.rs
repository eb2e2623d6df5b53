//! What goes wrong, and that it is said where: kind, component, field, last lines. And broken off anywhere, done again.

use std::time::Duration;

use helios::domain::job::{IrPayload, Phase};
use helios::roles::worker::{JobError, Stop};
use helios::target::Target;
use helios_client::FailureKind;

use super::rollout::web;
use super::world::{PHASES, World, context, until};

/// A service of one's own making.
fn service(fields: &str) -> String {
    format!("service web {{\n  stop_grace: 1s\n  update: {{ monitor: 1s }}\n  {fields}\n}}\n")
}

/// Deploys until something fails, then cleans up; nothing may be left of it.
async fn failure_of(world: &World, body: &str) -> helios_client::Failure {
    let release = world.release(1, 1, body).await;
    let mut failure = None;
    for phase in [Phase::Release, Phase::Start, Phase::Verify] {
        if let (helios::domain::job::DeployResult::Failed { failure: found, .. }, _) =
            world.phase(phase, &release, None).await
        {
            failure = Some(*found);
            break;
        }
    }
    world.done(Phase::CleanUp, &release, None).await;
    let (containers, networks, _) = world.objects();
    assert_eq!((containers, networks), (0, 0), "nothing is left");
    failure.expect("it fails")
}

fn says(failure: &helios_client::Failure) -> (FailureKind, String, String) {
    let field = failure.field.as_ref().map(ToString::to_string).unwrap_or_default();
    (failure.kind, failure.node.as_ref().map(ToString::to_string).unwrap_or_default(), field)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_is_named_by_kind_component_and_field() {
    let world = World::new().await;
    let web = |kind, field: &str| (kind, "service/web".to_owned(), field.to_owned());
    let missing = failure_of(&world, &service(r#"image: "busybox:1", command: ["no-such-program"]"#)).await;
    assert_eq!(says(&missing), web(FailureKind::Start, "/command"), "{missing:?}");
    assert!(missing.message.contains("no-such-program"), "{missing:?}");
    assert_eq!(missing.stage, "starting");

    let crash =
        failure_of(&world, &service(r#"image: "busybox:1", command: ["sh", "-c", "echo last words; exit 3"]"#)).await;
    assert_eq!(says(&crash), web(FailureKind::CrashLoop, ""), "{crash:?}");
    assert!(crash.message.contains("exit code 3"), "{crash:?}");
    assert!(crash.log_tail.iter().any(|line| line == "last words"), "{crash:?}");
    assert_eq!(crash.stage, "verifying");

    let hungry = r#"image: "python:3.12-slim", resources: { memory: 32MiB }, command: ["python3", "-c", "x = bytearray(200000000)"]"#;
    let oom = failure_of(&world, &service(hungry)).await;
    assert_eq!(says(&oom), web(FailureKind::OutOfMemory, "/resources/memory"), "{oom:?}");

    let probe = r#"image: "busybox:1", command: ["sh", "-c", "echo up; sleep 1000"], ports: { http: 8000 }
      health: http(path: "/", every: 300ms, timeout: 300ms, retries: 2)"#;
    let port = failure_of(&world, &service(probe)).await;
    assert_eq!(says(&port), web(FailureKind::Probe, "/health"), "{port:?}");
    assert!(port.message.contains("port 8000"), "{port:?}");
    assert_eq!(port.log_tail, ["up"]);

    let exec = r#"image: "busybox:1", command: ["sleep", "1000"]
      health: exec(command: ["sh", "-c", "echo not yet; false"], every: 300ms, retries: 2)"#;
    let exec = failure_of(&world, &service(exec)).await;
    assert_eq!(says(&exec), web(FailureKind::Probe, "/health"), "{exec:?}");
    assert!(exec.message.contains("not yet"), "{exec:?}");

    let job = r#"job prepare { on: release, retries: 1, backoff: 100ms, image: "busybox:1", command: ["sh", "-c", "echo it cannot; exit 4"] }"#;
    let job = failure_of(&world, job).await;
    assert_eq!(says(&job), (FailureKind::ReleaseJob, "job/prepare".to_owned(), String::new()), "{job:?}");
    assert!(job.log_tail.iter().any(|line| line == "it cannot"), "{job:?}");

    let slow =
        r#"job prepare { on: release, timeout: 1s, stop_grace: 1s, image: "busybox:1", command: ["sleep", "100"] }"#;
    let slow = failure_of(&world, slow).await;
    assert_eq!(says(&slow), (FailureKind::ReleaseJob, "job/prepare".to_owned(), "/timeout".to_owned()), "{slow:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_release_leaves_the_good_one_serving() {
    let world = World::new().await;
    let good = world.release(1, 1, &web("good", "")).await;
    world.deploy(&good, None).await;
    let serving = world.running("service/web").await;
    let bad = world
        .release(2, 1, &web("bad", "").replace("path: \"/\", every: 1s", "path: \"/bad\", every: 200ms, retries: 2"))
        .await;
    world.done(Phase::Release, &bad, Some(&good)).await;
    world.done(Phase::Start, &bad, Some(&good)).await;
    let failure = world.fails(Phase::Verify, &bad, Some(&good)).await;
    assert_eq!(failure.kind, FailureKind::Probe);
    assert!(failure.message.contains("500"), "{failure:?}");
    world.done(Phase::CleanUp, &bad, Some(&good)).await;
    assert_eq!(world.running("service/web").await, serving);
    assert_eq!(world.get("demo.localhost", "/").await, (200, "good".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_platform_needs_and_is_away_is_nobodys_failure() {
    let world = World::new().await;
    let release = world.release(1, 1, &web("one", "")).await;
    let is_away = async |phase| {
        let (context, _lines) = context();
        match world.docker.apply(&world.job(phase, &release, None), &context).await {
            Err(JobError::Away(why)) => why,
            other => panic!("{phase:?}: {other:?}"),
        }
    };
    let IrPayload::Artifact(digest) = &release.ir else { panic!("by its digest") };
    let (place, aside) = (world.artifacts.path(digest).unwrap(), world.artifacts.root().join("aside"));
    std::fs::rename(&place, &aside).unwrap();
    // A disk that cannot be read: root may read everything else.
    std::fs::create_dir(&place).unwrap();
    assert!(is_away(Phase::Release).await.contains("the artifact store"));
    std::fs::remove_dir(&place).unwrap();
    std::fs::rename(&aside, &place).unwrap();
    for phase in [Phase::Release, Phase::Start, Phase::Verify] {
        world.done(phase, &release, None).await;
    }
    world.caddy.stop();
    assert!(is_away(Phase::Shift).await.contains("the edge does not answer"));
    world.caddy.resume();
    world.done(Phase::Shift, &release, None).await;
    world.done(Phase::Drain, &release, None).await;
    assert_eq!(world.get("demo.localhost", "/").await, (200, "one".to_owned()));
}

/// The agent dies after some milliseconds of each phase, and another one begins the phase anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_phase_that_was_broken_off_anywhere_is_done_again() {
    let world = World::new().await;
    let body = |version: &str| {
        web(version, "after: [prepare]")
            + "database data { engine: postgres, version: 16, storage: 1GiB }\n\
               job prepare { on: release, image: \"busybox:1\", command: [\"sh\", \"-c\", \"sleep 0.3; echo once\"], after: [data] }\n"
    };
    let first = world.release(1, 1, &body("one")).await;
    let mut previous = None;
    let second = world.release(2, 1, &body("two")).await;
    for (release, version) in [(&first, "one"), (&second, "two")] {
        for phase in PHASES {
            for after in [5, 30, 90, 200, 450, 900] {
                let job = world.job(phase, release, previous);
                let (context, _lines) = context();
                // Dropped, as a process that is killed drops everything.
                let _ = tokio::time::timeout(Duration::from_millis(after), world.docker.apply(&job, &context)).await;
            }
            world.done(phase, release, previous).await;
        }
        assert_eq!(world.get("demo.localhost", "/").await, (200, version.to_owned()));
        assert_eq!(world.running("service/web").await.len(), 1);
        assert_eq!(world.instances().await.len(), 2, "a service and a database, nothing else");
        previous = Some(release);
    }
    world.done(Phase::Destroy, &second, None).await;
    assert_eq!(world.objects(), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_phase_stops_and_what_it_began_is_cleaned_up() {
    let world = World::new().await;
    let body = "job prepare { on: release, image: \"busybox:1\", command: [\"sleep\", \"1000\"], stop_grace: 1s }";
    let release = world.release(1, 1, body).await;
    let job = world.job(Phase::Release, &release, None);
    let (context, mut lines) = context();
    let working = {
        let (docker, job, context) = (world.docker.clone(), job.clone(), context.clone());
        tokio::spawn(async move { docker.apply(&job, &context).await })
    };
    while let Some(entry) = lines.recv().await {
        if entry.line.contains("runs as") {
            break;
        }
    }
    context.stop(Stop::Cancelled);
    assert!(working.await.unwrap().is_err());
    world.done(Phase::CleanUp, &release, None).await;
    assert_eq!(world.objects(), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_changed_is_put_right() {
    let world = World::new().await;
    let release = world.release(1, 1, &web("one", "replicas: 2")).await;
    world.deploy(&release, None).await;
    let names = world.running("service/web").await;
    world.engine.remove_container(&names[0]).await.unwrap();
    world.engine.stop_container(&names[1], Duration::from_secs(1)).await.unwrap();
    let job = world.job(Phase::Converge, &release, None);
    assert_eq!(world.docker.diff(&job).await.unwrap().len(), 3, "two copies and the edge");
    world.done(Phase::Converge, &release, None).await;
    assert_eq!(world.running("service/web").await, names);
    assert_eq!(world.docker.diff(&job).await.unwrap(), Vec::<String>::new());
    until("the edge answers again", async || world.get("demo.localhost", "/").await == (200, "one".to_owned())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_still_in_use_does_not_take_a_healthy_release_back() {
    let world = World::new().await;
    let body = "volume data {}\n".to_owned()
        + &service(
            r#"image: "busybox:1", command: ["sleep", "1001"], stop_signal: sigkill, volumes: { "/data": volume(data) }"#,
        );
    let first = world.release(1, 1, &body).await;
    world.deploy(&first, None).await;
    let docker = |words: &[&str]| {
        let done = std::process::Command::new("docker").args(words).output().unwrap();
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    let label = format!("label=helios.target={}", world.target);
    let (network, volume) =
        (docker(&["network", "ls", "-q", "--filter", &label]), docker(&["volume", "ls", "-q", "--filter", &label]));
    let held = docker(&[
        "run",
        "-d",
        "--label",
        &format!("helios.target={}", world.target),
        "--network",
        &network,
        "-v",
        &format!("{volume}:/data"),
        "busybox:1",
        "sleep",
        "1002",
    ]);
    assert!(!held.is_empty());

    let second = world
        .release(
            2,
            1,
            &service(r#"image: "busybox:1", command: ["sleep", "1003"], network_mode: none, stop_signal: sigkill"#),
        )
        .await;
    for phase in [Phase::Release, Phase::Start, Phase::Verify, Phase::Shift] {
        world.done(phase, &second, Some(&first)).await;
    }
    let mut job = world.job(Phase::Drain, &second, Some(&first));
    job.give_up.insert("volume/data".parse().unwrap());
    let (context, mut lines) = context();
    let result = world.docker.apply(&job, &context).await.unwrap();
    assert!(matches!(result, helios::domain::job::DeployResult::Done { .. }), "{result:?}");
    let mut said = String::new();
    while let Ok(line) = lines.try_recv() {
        said += &line.line;
    }
    assert!(said.contains("still in use and stays for now") && said.contains("docker volume rm"), "{said}");
    assert_eq!((world.objects().1, world.objects().2), (1, 1));
    // When it is free it goes.
    docker(&["rm", "-fv", &held]);
    assert!(matches!(
        world.docker.apply(&job, &context).await.unwrap(),
        helios::domain::job::DeployResult::Done { .. }
    ));
    assert_eq!((world.objects().1, world.objects().2), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_takes_too_long_is_ended_with_what_it_began() {
    let world = World::new().await;
    let body = service(r#"image: "busybox:1", command: ["sleep", "1001"], stop_signal: sigkill"#);
    world.deploy(&world.release(1, 1, &body).await, None).await;
    let container = world.running("service/web").await.remove(0);
    let run = async |command: &str, limit: u64| {
        let command = ["sh", "-c", command].map(str::to_owned);
        world.engine.run_in(&container, &command, Duration::from_millis(limit)).await.unwrap()
    };
    assert_eq!(run("sleep 4714; true", 500).await.code, None);
    until("nothing of it is left", async || run("ps | grep -c '[s]leep 4714'", 10_000).await.output == "0").await;
}
