//! What builds may not do.

use std::time::{Duration, Instant};

use helios::roles::worker::Stop;

use super::*;
use crate::support::disk::SmallDisk;

fn caps() -> Caps {
    Caps { free: 1, ..Caps::default() }
}

#[tokio::test]
async fn without_network_there_is_none() {
    let rig = Rig::new().await;
    for (network, interface) in [("false", "lo"), ("true", "eth0")] {
        // The engine's cache of steps does not look at the network.
        let recipe = format!("FROM busybox:1\nRUN echo {network}: $(ls /sys/class/net | head -n 1)\n");
        let outcome = rig.build_with(&format!("network: {network}"), &[("web/Dockerfile", &recipe)]).await;
        outcome.image();
        assert!(outcome.has_line(&format!("{network}: {interface}")), "{:?}", outcome.log);
    }
}

#[tokio::test]
async fn memory_is_capped() {
    let rig = Rig::with(Caps { memory: 64 << 20, ..caps() }).await;
    let outcome = rig.build("FROM busybox:1\nRUN dd if=/dev/zero of=/dev/null bs=256M count=1\n").await;
    let failure = outcome.failure();
    assert_eq!(failure.kind, FailureKind::BuildLimit, "{failure:?}");
    assert!(failure.message.ends_with("used more than 64 MiB of memory"), "{}", failure.message);
}

#[tokio::test]
async fn processes_are_capped() {
    let rig = Rig::with(Caps { processes: 50, ..caps() }).await;
    let recipe = "FROM busybox:1\nRUN sleep 1; for i in $(seq 200); do sleep 3 & done; wait\n";
    let outcome = rig.build(recipe).await;
    assert_eq!(outcome.failure().kind, FailureKind::BuildStep, "{:?}", outcome.failure());
    assert!(outcome.has_line("can't fork"), "{:?}", outcome.log);
}

#[tokio::test]
async fn time_is_capped() {
    let rig = Rig::with(Caps { time: Duration::from_secs(3), ..caps() }).await;
    let begin = Instant::now();
    let outcome = rig.build("FROM busybox:1\nRUN sleep 600\n").await;
    let failure = outcome.failure();
    assert_eq!(failure.kind, FailureKind::BuildLimit, "{failure:?}");
    assert!(failure.message.ends_with("it was at the step `RUN sleep 600`"), "{}", failure.message);
    assert!(begin.elapsed() < Duration::from_secs(60));
}

#[tokio::test]
async fn the_log_is_capped() {
    let rig = Rig::with(Caps { log: 100_000, ..caps() }).await;
    let outcome = rig.build("FROM busybox:1\nRUN yes\n").await;
    let failure = outcome.failure();
    assert_eq!(failure.kind, FailureKind::BuildLimit, "{failure:?}");
    assert!(failure.message.ends_with("wrote more than 97.7 KiB of log"), "{}", failure.message);
    assert!(outcome.log.iter().map(String::len).sum::<usize>() < 1_000_000);
}

#[tokio::test]
async fn what_is_no_text_is_taken_for_text() {
    let rig = Rig::new().await;
    let outcome =
        rig.build("FROM busybox:1\nRUN printf 'a\\000b\\377c\\n'; head -c 50000 /dev/zero | tr '\\000' x\n").await;
    outcome.image();
    assert!(outcome.log.iter().all(|line| !line.contains('\0') && line.len() <= 20_000));
    assert!(outcome.has_line("a\u{fffd}b\u{fffd}c"), "{:?}", outcome.log.iter().take(8).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_disk_is_capped() {
    let rig = Rig::with(Caps { disk: 20 << 20, ..caps() }).await;
    let outcome = rig.build("FROM busybox:1\nRUN dd if=/dev/zero of=/big bs=1M count=60; sync; sleep 60\n").await;
    let failure = outcome.failure();
    assert_eq!(failure.kind, FailureKind::BuildLimit, "{failure:?}");
    assert!(failure.message.ends_with("wrote more than 20 MiB to disk"), "{}", failure.message);

    let rig = Rig::with(Caps { free: u64::MAX, ..caps() }).await;
    let outcome = rig.build("FROM busybox:1\nRUN true\n").await;
    assert_eq!(outcome.failure().kind, FailureKind::BuildLimit);
    assert!(!outcome.has_line("Step"), "it was begun");
}

/// A disk of two megabytes for sources of four.
#[tokio::test]
async fn a_full_disk_is_said_to_be_full() {
    let place = tempfile::tempdir().unwrap();
    let Some(_disk) = SmallDisk::mount(place.path(), "2m") else { return };
    let rig = Rig::at(caps(), tempfile::tempdir_in(place.path()).unwrap()).await;
    // Not to be compressed, so that no other limit is hit first.
    let noise = (0..200_000u64).map(|n| format!("{:x}\n", n.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect::<String>();
    let recipe = "FROM busybox:1\nRUN true\n".to_owned();
    let outcome = rig.build_with("", &[("web/Dockerfile", &recipe), ("web/noise", &noise)]).await;
    let failure = outcome.failure();
    assert_eq!(failure.kind, FailureKind::BuildLimit, "{failure:?}");
    let directory = rig.data.path().join("builds");
    let said = format!("the disk of the builder is full: no space is left in `{}`", directory.display());
    assert_eq!(failure.message, said);
    drop(rig);
}

#[tokio::test]
async fn a_cancelled_build_is_gone_when_it_says_so() {
    let rig = Rig::new().await;
    let recipe = "FROM busybox:1\nRUN echo begun; trap '' TERM INT; sleep 600\n".to_owned();
    let job = rig.job(&program(""), &[("web/Dockerfile", &recipe)]);
    for reason in [Stop::Cancelled, Stop::LeaseLost] {
        let (context, mut lines) = rig.context();
        let cancel = async {
            while lines.recv().await.unwrap().line != "begun" {}
            context.stop(reason);
            Instant::now()
        };
        let (result, asked) = tokio::join!(rig.worker.handle(job.clone(), &context), cancel);
        assert!(matches!(result, Err(JobError::Stopped)), "{result:?}");
        assert!(asked.elapsed() < Duration::from_secs(20));
        rig.nothing_left(&context).await;
    }
    // The key is free again.
    let (context, _lines) = rig.context();
    let running = tokio::time::timeout(Duration::from_secs(3), rig.worker.handle(job, &context));
    assert!(running.await.is_err(), "the build ended by itself");
}

/// Someone who stops waiting for a build, as a process that ends does, leaves nothing behind either.
#[tokio::test]
async fn a_build_that_nobody_waits_for_ends() {
    let rig = Rig::new().await;
    let recipe = "FROM busybox:1\nRUN echo begun; sleep 600\n".to_owned();
    let job = rig.job(&program(""), &[("web/Dockerfile", &recipe)]);
    let (context, mut lines) = rig.context();
    tokio::select! {
        result = rig.worker.handle(job, &context) => panic!("{result:?}"),
        () = async { while lines.recv().await.unwrap().line != "begun" {} } => {}
    }
    for _ in 0..100 {
        if rig.engine.build_containers(&marks_of(&context)).await.unwrap().is_empty() {
            return rig.nothing_left(&context).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("a container of the build is left");
}

/// What an attempt left at an engine that was restarted under it, the next one takes away.
#[tokio::test]
async fn the_next_attempt_ends_what_is_left_of_the_last() {
    let rig = Rig::new().await;
    let (context, _lines) = rig.context();
    let host = format!("{}0.helios.invalid:127.0.0.1", marks_of(&context));
    let label = format!("helios.test=builds-{}", rig.org);
    docker(&[
        "run",
        "--detach",
        "--network",
        "none",
        "--label",
        &label,
        "--add-host",
        &host,
        "busybox:1",
        "sleep",
        "600",
    ]);
    let job = rig.job(&program(""), &[("web/Dockerfile", "FROM busybox:1\nRUN true\n")]);
    let result = rig.worker.handle(job, &context).await;
    let left = docker(&["ps", "--all", "--quiet", "--filter", &format!("label={label}")]);
    for id in left.lines() {
        docker(&["rm", "--force", id]);
    }
    assert!(matches!(result, Ok(BuildResult::Image { .. })), "{result:?}");
    assert_eq!(left, "");
    rig.nothing_left(&context).await;
}

/// A secret that a program wants in a build is nowhere: not at the engine, not in the log, not in what the job says.
#[tokio::test]
async fn a_secret_of_a_build_goes_nowhere() {
    let canary = "canary-4f1d2c9a7b";
    let rig = Rig::new().await;
    let text = format!("secret key {{ from: file(path: \"key.txt\") }}\n{}", program("secrets: { token: \"${key}\" }"));
    let files = [
        ("web/Dockerfile", "FROM busybox:1\nRUN --mount=type=secret,id=token cat /run/secrets/token\n"),
        ("key.txt", canary),
    ];
    let outcome = rig.run(rig.job(&text, &files)).await;
    assert_eq!(outcome.failure().kind, FailureKind::Unsupported);
    assert!(!format!("{:?} {:?}", outcome.result, outcome.log).contains(canary));
    assert!(
        rig.engine.images_with(&format!("helios.org={}", rig.org)).await.unwrap().is_empty(),
        "something was built"
    );
}
