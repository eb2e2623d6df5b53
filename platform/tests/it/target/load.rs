//! Requests at a steady rate while releases change: none may fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use helios::domain::job::Phase;

use super::rollout::web;
use super::world::World;

/// Asks again and again until told to stop; counts answers and what was none.
struct Visitors {
    stop: Arc<AtomicBool>,
    good: Arc<AtomicU64>,
    tasks: Vec<tokio::task::JoinHandle<Vec<String>>>,
}

impl Visitors {
    fn start(port: u16) -> Self {
        let (stop, good) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let mut tasks = Vec::new();
        // Path, whether each request has a connection of its own, time between two.
        let kinds =
            [("/", false, 10), ("/", true, 20), ("/slow", false, 50), ("/slow", true, 50), ("/path/x", false, 15)];
        for (index, (path, own, pause)) in kinds.into_iter().cycle().take(10).enumerate() {
            let (stop, good) = (stop.clone(), good.clone());
            let post = index % 3 == 0;
            tasks.push(tokio::spawn(async move {
                let mut failed = Vec::new();
                let client = || reqwest::Client::builder().no_proxy().retry(reqwest::retry::never()).build().unwrap();
                let mut kept = client();
                while !stop.load(Ordering::Relaxed) {
                    if own {
                        kept = client();
                    }
                    let url = format!("http://127.0.0.1:{port}{path}");
                    let request = |client: &reqwest::Client| {
                        let request = if post { client.post(&url).body("x".repeat(2000)) } else { client.get(&url) };
                        request.header("Host", "demo.localhost").send()
                    };
                    let answer = request(&kept).await;
                    match answer {
                        Ok(answer) if answer.status().is_success() => drop(good.fetch_add(1, Ordering::Relaxed)),
                        Ok(answer) => failed.push(format!("{path}: {}", answer.status())),
                        Err(error) => failed.push(format!("{path}: {error:?}")),
                    }
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                failed
            }));
        }
        Self { stop, good, tasks }
    }

    async fn end(self) -> (u64, Vec<String>) {
        self.stop.store(true, Ordering::Relaxed);
        let mut failed = Vec::new();
        for task in self.tasks {
            failed.extend(task.await.unwrap());
        }
        (self.good.load(Ordering::Relaxed), failed)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_through_ten_cut_overs() {
    let world = World::new().await;
    let mut previous = world.release(1, 1, &web("0", "replicas: 2")).await;
    world.deploy(&previous, None).await;
    let visitors = Visitors::start(world.http);
    for number in 2..12 {
        let next = world.release(number, 1, &web(&number.to_string(), "replicas: 2")).await;
        world.deploy(&next, Some(&previous)).await;
        assert_eq!(world.get("demo.localhost", "/").await.1, number.to_string());
        previous = next;
    }
    world.done(Phase::RollBack, &previous, Some(&previous)).await;
    let (good, failed) = visitors.end().await;
    assert!(
        failed.is_empty(),
        "{} of {good}: {:#?}\n{}",
        failed.len(),
        &failed[..failed.len().min(5)],
        world.edge_errors()
    );
    assert!(good > 300, "{good} requests are no load");
}
