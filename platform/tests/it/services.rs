//! The private services of the tests themselves.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use crate::support::{Database, Nats, Postgres, Services};

fn answers(port: u16) -> bool {
    std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[tokio::test]
async fn services_are_fresh_and_ready() {
    let services = Services::start().await;
    let store = services.database.store().await;
    let organisations: i64 = sqlx::query_scalar("SELECT count(*) FROM orgs").fetch_one(store.pool()).await.unwrap();
    assert_eq!(organisations, 0);
    async_nats::connect(services.nats.url()).await.unwrap();
}

#[tokio::test]
async fn a_database_server_comes_back_with_what_it_kept() {
    let database = Database::on(Arc::new(Postgres::start())).await;
    let store = database.store().await;
    sqlx::query("CREATE TABLE kept ()").execute(store.pool()).await.unwrap();
    for how in [Postgres::stop, Postgres::kill] {
        how(&database.server);
        assert!(!answers(database.server.port()));
        database.server.resume();
        let again = database.store().await;
        sqlx::query("SELECT FROM kept").execute(again.pool()).await.unwrap();
    }
}

#[tokio::test]
async fn a_bus_comes_back_with_what_it_kept_unless_it_was_wiped() {
    let mut nats = Nats::start();
    let kept = async |nats: &Nats| {
        let jetstream = async_nats::jetstream::new(async_nats::connect(nats.url()).await.unwrap());
        jetstream.get_stream("KEPT").await.is_ok()
    };
    let jetstream = async_nats::jetstream::new(async_nats::connect(nats.url()).await.unwrap());
    let config = async_nats::jetstream::stream::Config { name: "KEPT".to_owned(), ..Default::default() };
    jetstream.create_stream(config).await.unwrap();
    for how in [Nats::stop, Nats::kill] {
        how(&mut nats);
        assert!(!answers(nats.port()));
        nats.resume();
        assert!(kept(&nats).await);
    }
    nats.wipe();
    assert!(!kept(&nats).await);
}

/// A test process that is killed runs no destructor; the kernel has to end its servers.
#[test]
fn servers_end_with_a_process_that_is_killed() {
    const CHILD: &str = "HELIOS_TEST_HOLD_SERVICES";
    if std::env::var_os(CHILD).is_some() {
        let (nats, postgres) = (Nats::start(), Postgres::start());
        writeln!(std::io::stdout(), "ports {} {}", nats.port(), postgres.port()).unwrap();
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let name = "services::servers_end_with_a_process_that_is_killed";
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(CHILD, "1")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let output = std::io::BufReader::new(child.stdout.take().unwrap());
    let mut lines = std::io::BufRead::lines(output).map(Result::unwrap);
    let ports = lines.find_map(|line| Some(line.split_once("ports ")?.1.to_owned())).unwrap();
    let ports: Vec<u16> = ports.split(' ').map(|port| port.parse().unwrap()).collect();
    assert!(ports.len() == 2 && ports.iter().copied().all(answers));
    child.kill().unwrap();
    child.wait().unwrap();
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while ports.iter().copied().any(answers) {
        assert!(std::time::Instant::now() < deadline, "a server outlived the process that started it");
        std::thread::sleep(Duration::from_millis(20));
    }
}
