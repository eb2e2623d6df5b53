//! The number of copies follows the load on a real engine, and stays when roles are killed.

use helios_client::DeploymentState;

use super::platform::Platform;

/// Computes all the time, until it is told to be calm.
const PROGRAM: &str = r#"app shop {}
service busy {
  image: "busybox:1"
  command: ["sh", "-c", "while [ ! -e /tmp/calm ]; do :; done; exec sleep 100000"]
  resources: { cpu: 100m, memory: 32MiB }
  stop_signal: sigkill
  update: { monitor: 0s }
  autoscale: { min: 1, max: 2, cpu: 50%, cool_down: 5s }
}
"#;

impl Platform {
    async fn wanted(&self) -> Option<i32> {
        sqlx::query_scalar("SELECT copies FROM scales").fetch_optional(self.store.pool()).await.unwrap()
    }

    fn running(&self) -> Vec<String> {
        self.objects(&["ps", "-q"])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_added_under_load_and_taken_away_after_it() {
    let mut platform = Platform::start().await;
    let mut tx = platform.store.tenant(platform.org).await.unwrap();
    let id = platform.ask_for(&mut tx, platform.place(), &[("app.oal", PROGRAM)]).await;
    tx.commit().await.unwrap();
    assert_eq!(platform.follow(id, async |_, _| {}).await.last(), Some(&DeploymentState::Live));
    let first = platform.running();
    assert_eq!((first.len(), platform.wanted().await), (1, None));

    platform.until_it_is("there are two", async |platform| platform.running().len() == 2).await;
    assert_eq!(platform.wanted().await, Some(2));
    assert!(platform.running().contains(&first[0]), "the one that was there goes on");

    // Whoever comes after knows it, and puts it right as it is wanted.
    platform.restart("deploy-agent");
    platform.restart("api");
    let second = platform.running().into_iter().find(|id| *id != first[0]).unwrap();
    platform.docker().args(["rm", "-f", &second]).output().unwrap();
    platform.until_it_is("there are two again", async |platform| platform.running().len() == 2).await;

    for copy in platform.running() {
        platform.docker().args(["exec", &copy, "touch", "/tmp/calm"]).output().unwrap();
    }
    platform.until_it_is("one is left", async |platform| platform.running().len() == 1).await;
    assert_eq!(platform.wanted().await, Some(1));
    let told: Vec<String> = sqlx::query_scalar(
        "SELECT concat(data ->> 'node', ' ', data ->> 'from', ' ', data ->> 'to') FROM events WHERE kind = 'service.scaled' ORDER BY id",
    )
    .fetch_all(platform.store.pool())
    .await
    .unwrap();
    assert_eq!(told, ["service/busy 1 2", "service/busy 2 1"]);
}
