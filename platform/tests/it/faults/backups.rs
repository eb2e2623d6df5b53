//! Copies of data that a schedule asks for, while the agent that makes them is killed.

use std::collections::BTreeSet;
use std::time::Duration;

use helios_client::DeploymentState;
use uuid::Uuid;

use super::platform::Platform;

const PROGRAM: &str = "app shop {}\n\
    database visits { engine: postgres, version: 16, storage: 1GiB, backup: { schedule: \"0 2 * * *\", keep: 7d } }\n";

impl Platform {
    fn said(&self, words: &[&str]) -> String {
        let done = self.docker().args(words).output().unwrap();
        assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    fn sql(&self, statement: &str) -> String {
        let container = self.objects(&["ps", "-q", "--filter", "label=helios.role=managed"]).remove(0);
        let psql = ["exec", &container, "psql", "-U", "app", "-d", "app", "-Atqc", statement];
        self.said(&psql).trim().to_owned()
    }

    /// The copies that lie there, by what `ls` says.
    fn copies(&self) -> BTreeSet<String> {
        let volumes = self.objects(&["volume", "ls", "-q"]);
        let no_components = |name: &&String| !self.said(&["volume", "inspect", name]).contains("helios.node");
        let Some(volume) = volumes.iter().find(no_components) else { return BTreeSet::new() };
        let mount = format!("{volume}:/copies");
        let listed = self.said(&["run", "--rm", "-v", &mount, "busybox:1", "ls", "/copies"]);
        listed.lines().map(str::to_owned).collect()
    }

    /// The rows: identifier, whether the copy was made, whether it was removed; oldest first.
    async fn rows(&self) -> Vec<(Uuid, bool, bool)> {
        sqlx::query_as("SELECT id, digest IS NOT NULL, removed_at IS NOT NULL FROM backups ORDER BY id")
            .fetch_all(self.store.pool())
            .await
            .unwrap()
    }

    /// Lets the last time of the schedule come once more.
    async fn due(&self) {
        sqlx::query("DELETE FROM cron_runs").execute(self.store.pool()).await.unwrap();
    }

    pub(super) async fn until_it_is(&self, what: &str, mut is_so: impl AsyncFnMut(&Self) -> bool) {
        for _ in 0..1200 {
            if is_so(self).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("it is never so that {what}\n{}", self.logs());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_that_are_due_are_made_although_their_agent_is_killed_and_old_ones_go_after_good_ones_only() {
    let mut platform = Platform::start().await;
    let place = platform.place();
    let mut tx = platform.store.tenant(platform.org).await.unwrap();
    let id = platform.ask_for(&mut tx, place, &[("app.oal", PROGRAM)]).await;
    tx.commit().await.unwrap();
    assert_eq!(platform.follow(id, async |_, _| {}).await.last(), Some(&DeploymentState::Live));
    assert_eq!(platform.rows().await, []);
    platform.sql("CREATE TABLE visits (id int)");

    // Whoever copies waits for this one.
    let database = platform.objects(&["ps", "-q", "--filter", "label=helios.role=managed"]).remove(0);
    let lock = "BEGIN; LOCK TABLE visits; SELECT pg_sleep(600)";
    platform.said(&["exec", "-d", &database, "psql", "-U", "app", "-d", "app", "-c", lock]);
    for statement in
        ["ALTER TABLE releases DISABLE TRIGGER releases_immutable", "UPDATE releases SET created_at = '2026-01-01'"]
    {
        sqlx::query(statement).execute(platform.store.pool()).await.unwrap();
    }
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'";
    platform.until_it_is("a copy is begun", async |platform| platform.sql(waits) == "1").await;
    platform.restart("deploy-agent");
    let first = platform.rows().await[0].0;
    assert_eq!(platform.rows().await, [(first, false, false)], "a half copy is none");
    assert_eq!(platform.copies(), [format!("{first}.part")].into());
    // Killed with its container, too, and then whoever held it up goes.
    let run = platform.objects(&["ps", "-q", "--filter", "label=helios.role=run"]).remove(0);
    platform.said(&["kill", &run]);
    platform.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' AND pid <> pg_backend_pid()");
    platform.until_it_is("it is made", async |platform| platform.rows().await == [(first, true, false)]).await;
    let ended = "SELECT count(*) = 0 FROM jobs WHERE state IN ('queued', 'running')";
    let ended = async |platform: &Platform| sqlx::query_scalar(ended).fetch_one(platform.store.pool()).await.unwrap();
    platform.until_it_is("the job has ended", ended).await;
    assert_eq!(platform.copies(), [first.to_string()].into());

    // One that cannot be made takes none with it, however old.
    let old = "UPDATE backups SET created_at = now() - interval '8 days'";
    sqlx::query(old).execute(platform.store.pool()).await.unwrap();
    let password = platform.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'app'");
    platform.sql("ALTER ROLE app PASSWORD 'another'");
    platform.due().await;
    platform.until_it_is("another was tried", async |platform| platform.rows().await.len() == 2).await;
    platform.until_it_is("the job has ended", ended).await;
    let second = platform.rows().await[1].0;
    assert_eq!(platform.rows().await, [(first, true, false), (second, false, false)]);
    assert_eq!(platform.copies(), [first.to_string()].into());
    let events: Vec<String> = sqlx::query_scalar("SELECT kind FROM events WHERE kind LIKE 'backup.%' ORDER BY id")
        .fetch_all(platform.store.pool())
        .await
        .unwrap();
    assert_eq!(events, ["backup.done", "backup.failed"]);

    platform.sql(&format!("ALTER ROLE app PASSWORD '{password}'"));
    platform.due().await;
    platform.until_it_is("a third is made", async |platform| platform.rows().await.len() == 3).await;
    platform.until_it_is("the job has ended", ended).await;
    let third = platform.rows().await[2].0;
    assert_eq!(platform.rows().await, [(first, true, true), (second, false, false), (third, true, false)]);
    assert_eq!(platform.copies(), [third.to_string()].into());
    assert_eq!(platform.objects(&["ps", "-aq"]).len(), 1, "no container is left over");
}
