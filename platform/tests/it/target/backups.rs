//! Copies of the data of a real PostgreSQL: made, brought back, cleared away.

use std::time::Duration;

use helios::domain::job::{DataWork, Phase, ReleasePayload, RunJob, RunResult};
use helios::target::Target;
use helios_client::FailureKind;
use uuid::Uuid;

use super::world::{World, context};

const DATABASE: &str = "database visits { engine: postgres, version: 16, storage: 1GiB, backup: { keep: 1d } }\n";

struct Copies {
    world: World,
    release: ReleasePayload,
}

impl Copies {
    async fn new() -> Self {
        let world = World::new().await;
        let release = world.release(1, 3, DATABASE).await;
        world.deploy(&release, None).await;
        Self { world, release }
    }

    async fn sql(&self, statement: &str) -> String {
        let command = ["psql", "-v", "ON_ERROR_STOP=1", "-U", "app", "-d", "app", "-Atqc", statement];
        let container = self.world.running("database/visits").await.remove(0);
        let outcome =
            self.world.engine.run_in(&container, &command.map(str::to_owned), Duration::from_secs(10)).await.unwrap();
        assert_eq!(outcome.code, Some(0), "{}", outcome.output);
        outcome.output
    }

    fn job(&self, data: DataWork) -> RunJob {
        RunJob {
            environment: self.world.environment.clone(),
            release: self.release.clone(),
            node: "database/visits".parse().unwrap(),
            command: None,
            data: Some(data),
        }
    }

    /// Does it; with the lines it logged.
    async fn work(&self, data: DataWork) -> (RunResult, String) {
        let (context, mut lines) = context();
        let result = self.world.docker.run(&self.job(data), &context).await.unwrap();
        let mut log = String::new();
        while let Ok(entry) = lines.try_recv() {
            log += &(entry.line + "\n");
        }
        (result, log)
    }

    async fn copy(&self) -> (Uuid, String) {
        let id = Uuid::now_v7();
        let (result, log) = self.work(DataWork::Backup { id, keep: None }).await;
        let copy = result.copy.unwrap_or_else(|| panic!("{:?}\n{log}", result.failure));
        assert!(copy.size > 500, "{copy:?}");
        assert!(!self.world.is_secret_in(&log), "{log}");
        (id, copy.digest)
    }

    /// What a shell says that has the volume of the copies.
    fn shell(&self, script: &str) -> String {
        let target = format!("label=helios.target={}", self.world.target);
        let volumes = docker(&["volume", "ls", "-q", "--filter", &target]);
        let mut found = None;
        for volume in volumes.split_whitespace() {
            // That of the data carries the component's label, and goes with it.
            if !docker(&["volume", "inspect", volume]).contains("helios.node") {
                assert_eq!(found.replace(volume.to_owned()), None, "one volume has the copies");
            }
        }
        let mount = format!("{}:/copies", found.expect("a volume has the copies"));
        docker(&[
            "run",
            "--rm",
            "--label",
            &target["label=".len()..],
            "-v",
            &mount,
            "-w",
            "/copies",
            "busybox:1",
            "sh",
            "-c",
            script,
        ])
    }
}

fn docker(words: &[&str]) -> String {
    let done = std::process::Command::new("docker").args(words).output().unwrap();
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_brings_back_what_was_deleted_and_is_not_trusted_once_it_is_damaged() {
    let copies = Copies::new().await;
    copies.sql("CREATE TABLE visits (id serial PRIMARY KEY, who text); INSERT INTO visits (who) SELECT 'v' || n FROM generate_series(1, 100) n").await;
    let before = copies.world.instances().await;
    let (id, digest) = copies.copy().await;
    let listed = copies.shell("ls; stat -c %a *; sha256sum *");
    assert!(listed.starts_with(&format!("{id}\n600\n{}", digest.trim_start_matches("sha256:"))), "{listed}");
    copies
        .sql("DELETE FROM visits WHERE id > 10; CREATE TABLE later (id int); INSERT INTO visits (who) VALUES ('new')")
        .await;

    let (result, log) = copies.work(DataWork::Restore { id, digest: digest.clone() }).await;
    assert_eq!(result.failure, None, "{log}");
    assert_eq!(copies.sql("SELECT count(*), max(id) FROM visits").await, "100|100");
    assert_eq!(copies.sql("INSERT INTO visits (who) VALUES ('next') RETURNING id").await, "101", "and the sequence");
    assert_eq!(copies.world.instances().await, before, "the database itself is left alone, and nothing is left over");
    assert_eq!(copies.sql("SELECT count(*) FROM later").await, "0", "what the copy does not have stays");

    // All or nothing: what stands in the way leaves all as it is.
    copies.sql("CREATE TABLE uses (visit int REFERENCES visits)").await;
    let (result, _) = copies.work(DataWork::Restore { id, digest: digest.clone() }).await;
    let failure = result.failure.unwrap();
    assert_eq!(failure.kind, FailureKind::Backup, "{failure:?}");
    assert!(failure.log_tail.join("\n").contains("uses"), "{failure:?}");
    assert_eq!(copies.sql("SELECT count(*) FROM visits").await, "101");
    copies.sql("DROP TABLE uses").await;

    copies.shell(&format!("echo damaged >> {id}"));
    let (result, _) = copies.work(DataWork::Restore { id, digest }).await;
    let failure = result.failure.unwrap();
    assert!(failure.message.contains("the copy is not what it was when it was made"), "{failure:?}");
    assert_eq!(copies.sql("SELECT count(*) FROM visits").await, "101");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_broken_off_leaves_nothing_that_could_be_taken_for_one() {
    let copies = Copies::new().await;
    copies.sql("CREATE TABLE visits (id int)").await;
    let database = copies.world.running("database/visits").await.remove(0);
    // Whoever copies waits for this one.
    let lock = "BEGIN; LOCK TABLE visits; SELECT pg_sleep(600)";
    let locked = ["exec", "-d", &database, "psql", "-U", "app", "-d", "app", "-c", lock];
    docker(&locked);
    let id = Uuid::now_v7();
    let target = format!("label=helios.target={}", copies.world.target);
    let during = async {
        super::world::until("a copy waits", async || {
            copies.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'").await == "1"
        })
        .await;
        assert_eq!(copies.shell("ls"), format!("{id}.part\n"));
        let run = docker(&["ps", "-q", "--filter", &target, "--filter", "label=helios.role=run"]);
        let arguments = docker(&["top", run.trim(), "-eo", "pid,args"]) + &docker(&["inspect", run.trim()]);
        assert!(arguments.contains("pg_dump") && !copies.world.is_secret_in(&arguments), "{arguments}");
        docker(&["kill", run.trim()]);
        copies.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' AND pid <> pg_backend_pid()").await;
    };
    let ((result, log), ()) = tokio::join!(copies.work(DataWork::Backup { id, keep: None }), during);
    assert!(log.contains("another try"), "{log}");
    assert!(result.copy.is_some(), "the next try makes it: {result:?}");
    assert_eq!(copies.shell("ls"), format!("{id}\n"));

    // Halves and those that are not wanted any more go.
    let (second, _) = copies.copy().await;
    copies.shell(&format!("touch {id}.part other"));
    let (context, _lines) = context();
    let job = copies.job(DataWork::Backup { id: second, keep: None });
    copies.world.docker.clear_copies(&job, &[second], &context).await.unwrap();
    assert_eq!(copies.shell("ls"), format!("{second}\n"));

    // The copies outlive what runs, and go with the rest of the data.
    copies.world.done(Phase::Down, &copies.release, None).await;
    assert_eq!(copies.shell("ls"), format!("{second}\n"));
    copies.world.done(Phase::Destroy, &copies.release, None).await;
    assert_eq!(copies.world.objects(), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_cannot_be_made_says_why() {
    let copies = Copies::new().await;
    copies.sql("ALTER ROLE app PASSWORD 'another'").await;
    let id = Uuid::now_v7();
    let (result, _) = copies.work(DataWork::Backup { id, keep: None }).await;
    let failure = result.failure.unwrap();
    assert_eq!((result.copy, failure.kind), (None, FailureKind::Backup));
    assert_eq!(failure.field.as_ref().unwrap().to_string(), "/backup");
    assert!(failure.message.contains("password authentication failed"), "{failure:?}");
    assert!(!copies.world.is_secret_in(&format!("{failure:?}")));
    assert_eq!(copies.shell("ls"), "", "not even a half one");
}
