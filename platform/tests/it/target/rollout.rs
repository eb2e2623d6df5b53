//! What a deployment does, phase by phase, when all goes well.

use helios::domain::job::Phase;
use helios::target::Target;

use super::world::{World, secret_value};

/// A service behind a route.
pub(super) fn web(version: &str, more: &str) -> String {
    format!(
        r#"
service web {{
  image: "python:3.12-slim"
  command: ["python3", "/program.py"]
  files: {{ "/program.py": file(path: "program.py") }}
  env: {{ VERSION: "{version}" }}
  ports: {{ http: 8000 }}
  resources: {{ cpu: 500m, memory: 64MiB }}
  health: http(path: "/", every: 1s)
  update: {{ monitor: 300ms }}
  {more}
}}
route site {{ host: "demo.localhost", to: web.http, tls: off }}
"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_serves_and_the_next_one_takes_its_place() {
    let world = World::new().await;
    let first = world.release(1, 1, &web("one", "")).await;
    let urls = world.deploy(&first, None).await;
    assert_eq!(urls, [format!("http://demo.localhost:{}/", world.http)]);
    assert_eq!(world.get("demo.localhost", "/").await, (200, "one".to_owned()));
    assert_eq!(world.get("other.localhost", "/").await.0, 404);
    let old = world.running("service/web").await;

    let second = world.release(2, 1, &web("two", "")).await;
    for phase in [Phase::Release, Phase::Start, Phase::Verify] {
        world.done(phase, &second, Some(&first)).await;
        assert_eq!(world.get("demo.localhost", "/").await.1, "one", "nothing goes over before {phase:?} is done");
    }
    assert_eq!(world.running("service/web").await.len(), 2);
    world.done(Phase::Shift, &second, Some(&first)).await;
    assert_eq!(world.get("demo.localhost", "/").await.1, "two");
    world.done(Phase::Drain, &second, Some(&first)).await;
    let new = world.running("service/web").await;
    assert_eq!(new.len(), 1);
    assert!(new.iter().all(|name| !old.contains(name)));

    assert_eq!(world.docker.diff(&world.job(Phase::Converge, &second, None)).await.unwrap(), Vec::<String>::new());
    // The same again does nothing to what serves.
    let before = world.instances().await;
    world.deploy(&world.release(3, 1, &web("two", "")).await, Some(&second)).await;
    assert_eq!(world.instances().await, before);

    world.done(Phase::RollBack, &second, Some(&first)).await;
    assert_eq!(world.get("demo.localhost", "/").await.1, "one");
    assert_eq!(world.running("service/web").await, old, "the same release gives the same names");

    world.done(Phase::Down, &first, None).await;
    assert_eq!(world.objects(), (0, 0, 0));
    assert_eq!(world.get("demo.localhost", "/").await.0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_changes_is_touched_and_copies_come_and_go_one_by_one() {
    let world = World::new().await;
    let other = "service other { image: \"busybox:1\", command: [\"sleep\", \"1000\"], stop_signal: sigkill, update: { monitor: 0s } }";
    let body = |version: &str, replicas: u32| web(version, &format!("replicas: {replicas}")) + other;
    let first = world.release(1, 1, &body("one", 1)).await;
    world.deploy(&first, None).await;
    let (old, kept) = (world.running("service/web").await, world.running("service/other").await);

    let more = world.release(2, 1, &body("one", 3)).await;
    world.deploy(&more, Some(&first)).await;
    let three = world.running("service/web").await;
    assert_eq!(three.len(), 3);
    assert!(three.contains(&old[0]));

    let fewer = world.release(3, 1, &body("one", 2)).await;
    world.deploy(&fewer, Some(&more)).await;
    let two = world.running("service/web").await;
    assert_eq!(two.len(), 2);
    assert!(two.iter().all(|name| three.contains(name)));

    let changed = world.release(4, 1, &body("two", 2)).await;
    world.deploy(&changed, Some(&fewer)).await;
    assert!(world.running("service/web").await.iter().all(|name| !two.contains(name)));
    assert_eq!(world.running("service/other").await, kept);
    world.done(Phase::Destroy, &changed, None).await;
    assert_eq!(world.objects(), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_comes_first_then_the_job_then_the_service_and_data_stays() {
    let world = World::new().await;
    let body = |version: &str| {
        format!(
            r#"
secret token {{}}
database visits {{ engine: postgres, version: 16, storage: 1GiB }}
cache sessions {{ memory: 16MiB }}
queue events {{ engine: nats, storage: 1GiB, topics: {{ "orders.new": {{ keep: 1h }} }} }}
job first {{
  on: release, image: "postgres:16", entrypoint: ["psql"]
  command: ["-v", "ON_ERROR_STOP=1", "-c", "CREATE TABLE IF NOT EXISTS visits (id serial)", "-c", "INSERT INTO visits DEFAULT VALUES"]
  env: {{ PGHOST: visits.host, PGUSER: visits.user, PGDATABASE: visits.name, PGPASSFILE: "/run/secrets/pass", URL: visits.url }}
  files: {{ "/run/secrets/pass": text(text: "*:*:*:*:${{token}}", mode: "0600") }}
}}
job second {{ on: release, image: "redis:7", after: [first], entrypoint: ["redis-cli"], command: ["-h", "sessions", "ping"], env: {{ VERSION: "{version}" }} }}
"#
        ) + &web(
            version,
            "after: [second]\n  env: { TOKEN: token, SAY: token }\n  files: { \"/run/secrets/token\": text(text: token, mode: \"0400\") }",
        )
    };
    // Both blocks of `env` and `files` in one.
    let body = |version: &str| {
        body(version)
            .replace(&format!("  env: {{ VERSION: \"{version}\" }}\n  ports"), "  ports")
            .replace("  files: { \"/program.py\": file(path: \"program.py\") }\n", "")
            .replace(
                "env: { TOKEN: token, SAY: token }",
                &format!("env: {{ VERSION: \"{version}\", TOKEN: token, SAY: token }}"),
            )
            .replace(
                "files: { \"/run/secrets/token\"",
                "files: { \"/program.py\": file(path: \"program.py\"), \"/run/secrets/token\"",
            )
    };
    let first = world.release(1, 7, &body("one")).await;
    let (_, log) = world.phase(Phase::Release, &first, None).await;
    let at = |part: &str| log.iter().position(|line| line.contains(part)).unwrap_or_else(|| panic!("{part}: {log:#?}"));
    assert!(at("visits") < at("INSERT 0 1"), "{log:#?}");
    assert!(at("INSERT 0 1") < at("NOAUTH"), "{log:#?}");
    // Delivered twice: the jobs ran once.
    let (_, again) = world.phase(Phase::Release, &first, None).await;
    assert!(!again.iter().any(|line| line.contains("started")), "{again:#?}");
    for phase in [Phase::Start, Phase::Verify, Phase::Shift, Phase::Drain] {
        world.done(phase, &first, None).await;
    }
    assert_eq!(world.get("demo.localhost", "/secret").await, (200, secret_value(7)));
    assert!(!world.is_secret_in(&log.join("\n")));
    let labels_and_names: String = world
        .everything()
        .lines()
        .filter(|line| !line.contains("TOKEN=") && !line.contains("SAY=") && !line.contains("URL="))
        .collect();
    assert!(!world.is_secret_in(&labels_and_names));
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM edge_routes").fetch_one(world.store.pool()).await.unwrap();
    assert_eq!(rows, 1);

    // The container is made anew for the new password; the disk stays.
    let second = world.release(2, 8, &body("two")).await;
    world.deploy(&second, Some(&first)).await;
    let database = world.running("database/visits").await;
    let count = world
        .engine
        .run_in(
            &database[0],
            &["psql", "-U", "app", "-d", "app", "-Atc", "SELECT count(*) FROM visits"].map(str::to_owned),
            std::time::Duration::from_secs(5),
        )
        .await
        .unwrap();
    assert_eq!(count.output, "2");
    world.done(Phase::Down, &second, None).await;
    let (containers, networks, volumes) = world.objects();
    assert_eq!((containers, networks), (0, 0));
    assert!(volumes >= 2, "data outlives it");
    world.done(Phase::Destroy, &second, None).await;
    assert_eq!(world.objects(), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn networks_get_addresses_when_the_engine_has_none_left() {
    let world = World::new().await;
    let labels = std::collections::BTreeMap::from([("helios.target", world.target.clone())]);
    let spare = helios::settings::SUBNETS;
    for number in 0..34 {
        let name = format!("{}-{number}", world.target);
        world.engine.ensure_network(&name, false, None, spare, &labels).await.unwrap();
    }
    assert_eq!(world.objects().1, 34);
    assert!(world.everything().contains("\"Subnet\": \"10.213."), "Docker has 31 of its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_says_by_the_grpc_health_protocol_whether_it_works() {
    let world = World::new().await;
    // The service is this test: a container with the machine's network stands for it.
    let (reporter, health) = tonic_health::server::health_reporter();
    let incoming = tonic::transport::server::TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = incoming.local_addr().unwrap().port();
    tokio::spawn(tonic::transport::Server::builder().add_service(health).serve_with_incoming(incoming));
    let program = |name: &str| {
        format!(
            r#"service shop {{
  image: "busybox:1", command: ["sleep", "1000"], stop_signal: sigkill, network_mode: host
  ports: {{ api: {port} }}, protocols: {{ api: grpc }}
  health: grpc(service: "{name}", every: 1s, retries: 1), update: {{ monitor: 0s }}
}}"#
        )
    };
    reporter.set_service_status("acme.Shop", tonic_health::ServingStatus::NotServing).await;
    for (number, name, said) in [(1, "acme.Shop", "the answer was NOT_SERVING"), (2, "acme.Other", "not found")] {
        let release = world.release(number, 1, &program(name)).await;
        for phase in [Phase::Release, Phase::Start] {
            world.done(phase, &release, None).await;
        }
        let failure = world.fails(Phase::Verify, &release, None).await;
        assert_eq!(failure.node.as_ref().map(|node| node.as_str()), Some("service/shop"));
        assert!(failure.message.contains(said) && failure.message.contains(&format!("port {port}")), "{failure:?}");
        world.done(Phase::Down, &release, None).await;
    }
    reporter.set_service_status("acme.Shop", tonic_health::ServingStatus::Serving).await;
    world.deploy(&world.release(3, 1, &program("acme.Shop")).await, None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_in_the_network_of_another_is_asked_and_served_there() {
    let world = World::new().await;
    let body = web("inner", "network_mode: share(with: clock)")
        + "service clock { image: \"busybox:1\", command: [\"sleep\", \"1000\"], stop_signal: sigkill, update: { monitor: 0s } }";
    world.deploy(&world.release(1, 1, &body).await, None).await;
    assert_eq!(world.get("demo.localhost", "/").await, (200, "inner".to_owned()));
}
