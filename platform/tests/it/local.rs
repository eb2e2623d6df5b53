//! The private services of one machine.

use std::time::Duration;

use helios::bus::Bus;
use helios::local::directory::Directory;
use helios::local::{LocalError, caddy, nats, postgres};
use helios::store::Store;

/// A directory that PostgreSQL's user can reach, too.
fn directory() -> (tempfile::TempDir, Directory) {
    let parent = tempfile::Builder::new().prefix("helios-test-").tempdir_in("/tmp").unwrap();
    std::fs::set_permissions(parent.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).unwrap();
    let directory = Directory::open(&parent.path().join("data with spaces")).unwrap();
    (parent, directory)
}

/// Whether the process runs: signal 0.
fn runs(pid: u32) -> bool {
    let pid = rustix::process::Pid::from_raw(pid.try_into().unwrap()).unwrap();
    rustix::process::test_kill_process(pid).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_started_keeps_its_data_and_ends() {
    let (_parent, directory) = directory();
    let held = directory.hold().unwrap();
    let chosen = directory.chosen(&held).unwrap();
    for start in 0..2 {
        assert_eq!(directory.chosen(&held).unwrap(), chosen, "what was chosen once stays");
        let mut postgres = postgres::start(&directory, &chosen).await.unwrap();
        let mut nats = nats::start(&directory, &chosen).await.unwrap();
        let mut caddy = caddy::start(&directory).await.unwrap();
        let pids: Vec<u32> =
            [&postgres.child, &nats.child, &caddy.child].iter().map(|child| child.id().unwrap()).collect();

        let store = Store::connect(&postgres.url, 2).await.unwrap();
        if start == 0 {
            store.migrate().await.unwrap();
            sqlx::query("INSERT INTO orgs (id, name) VALUES ($1, 'kept')")
                .bind(uuid::Uuid::nil())
                .execute(store.pool())
                .await
                .unwrap();
        }
        let kept: i64 =
            sqlx::query_scalar("SELECT count(*) FROM orgs WHERE name = 'kept'").fetch_one(store.pool()).await.unwrap();
        assert_eq!(kept, 1);
        store.pool().close().await;
        let bus = Bus::connect(&nats.url, "test").await.unwrap();
        bus.until_connected(Duration::from_secs(10)).await.expect("with the password that the URL has");
        assert!(
            async_nats::connect(format!("nats://127.0.0.1:{}", chosen.nats_port)).await.is_err(),
            "only with the password"
        );

        for child in [&mut caddy.child, &mut nats.child, &mut postgres.child] {
            let status = child.stop(Duration::from_secs(20)).await.expect("it ends when it is asked to");
            assert!(status.success() || status.code() == Some(1), "{status}");
        }
        assert!(pids.into_iter().all(|pid| !runs(pid)));
    }
}

#[tokio::test]
async fn one_directory_serves_one_process() {
    let (_parent, directory) = directory();
    let held = directory.hold().unwrap();
    assert!(matches!(directory.hold(), Err(LocalError::InUse(_))));
    drop(held);
    assert!(directory.hold().is_ok());
}

#[tokio::test]
async fn a_child_that_fails_says_why() {
    let (_parent, directory) = directory();
    let held = directory.hold().unwrap();
    let chosen = directory.chosen(&held).unwrap();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", chosen.nats_port)).unwrap();
    let error = nats::start(&directory, &chosen).await.unwrap_err();
    assert!(error.to_string().contains("address already in use"), "{error}");
}

#[test]
fn what_others_may_not_read_they_cannot() {
    use std::os::unix::fs::PermissionsExt;
    let (_parent, directory) = directory();
    let held = directory.hold().unwrap();
    directory.chosen(&held).unwrap();
    helios::sealing::Keyring::open_or_make(&directory.at("keys")).unwrap();
    for name in ["chosen.json", "keys"] {
        let mode = std::fs::metadata(directory.at(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
