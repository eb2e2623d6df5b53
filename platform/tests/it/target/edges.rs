//! What routes mean, asked of a real Caddy.

use helios::domain::job::Phase;
use helios::target::docker::health::Copy;
use oal_ir::v1::Spec;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::rollout::web;
use super::world::{World, lower, secret_value};

const BODY: &str = r#"
secret token {}
service web {
  image: "python:3.12-slim"
  command: ["python3", "/program.py"]
  files: { "/program.py": file(path: "program.py") }
  env: { VERSION: "web" }
  ports: { http: 8000 }
  stop_grace: 1s
  health: http(path: "/", every: 1s)
  update: { monitor: 0s }
}
route main {
  host: "a.localhost", aliases: ["b.localhost"], redirect_from: ["c.localhost"]
  path: "/app", strip_path: true, to: web.http, tls: off
  headers: { "X-Added": "yes" }, max_body: 1KiB, users: { ann: token }
}
route only { host: "a.localhost", path: "/app/only", path_match: exact, to: web.http, tls: off, allow_from: ["192.0.2.0/24"] }
route rest { host: "*.wild.localhost", to: web.http, tls: off, sticky: true }
route safe { host: "s.localhost", to: web.http }
"#;

#[tokio::test(flavor = "multi_thread")]
async fn each_field_of_a_route_does_what_it_says() {
    let world = World::new().await;
    let release = world.release(1, 1, BODY).await;
    let urls = world.deploy(&release, None).await;
    assert!(urls.contains(&format!("https://s.localhost:{}/", world.https)), "{urls:?}");

    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .danger_accept_invalid_certs(true)
        .resolve("s.localhost", ([127, 0, 0, 1], world.https).into())
        .build()
        .unwrap();
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", world.http);
    let get = |host: &str, path: &str| client.get(url(path)).header("Host", host.to_owned());
    let (name, password) = ("ann", Some(secret_value(1)));

    assert_eq!(get("a.localhost", "/app/path/x").send().await.unwrap().status(), 401);
    let wrong = get("a.localhost", "/app/path/x").basic_auth(name, Some("guess")).send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    for host in ["a.localhost", "b.localhost"] {
        let answer = get(host, "/app/path/x").basic_auth(name, password.clone()).send().await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), &*answer.headers()["X-Added"].to_str().unwrap().to_owned()),
            (200, "yes")
        );
        assert_eq!(answer.text().await.unwrap(), "/path/x", "the path is taken off");
    }
    assert_eq!(get("a.localhost", "/elsewhere").send().await.unwrap().status(), 404);
    assert_eq!(get("a.localhost", "/apple").send().await.unwrap().status(), 404, "only whole steps of a path count");
    assert_eq!(get("a.localhost", "/app/only").send().await.unwrap().status(), 403);

    let large =
        client.post(url("/app/")).header("Host", "a.localhost").basic_auth(name, password).body(vec![b'x'; 4096]);
    assert_eq!(large.send().await.unwrap().status(), 413);

    let moved = get("c.localhost", "/app/y?z=1").send().await.unwrap();
    assert_eq!(moved.status(), 308);
    assert_eq!(moved.headers()["Location"], format!("http://a.localhost:{}/app/y?z=1", world.http).as_str());

    let sticky = get("one.wild.localhost", "/").send().await.unwrap();
    assert!(sticky.headers()["Set-Cookie"].to_str().unwrap().contains("helios_copy"));

    let upgraded = get("s.localhost", "/").send().await.unwrap();
    assert_eq!(upgraded.status(), 308);
    assert_eq!(upgraded.headers()["Location"], format!("https://s.localhost:{}/", world.https).as_str());
    let safe = client.get(format!("https://s.localhost:{}/", world.https)).send().await.unwrap();
    assert_eq!(safe.text().await.unwrap(), "web");
}

/// A connection through the edge that is no HTTP any more, as those of websockets.
struct Upgraded(TcpStream);

impl Upgraded {
    async fn open(port: u16, host: &str) -> Self {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let request = format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        assert!(answer.starts_with(b"HTTP/1.1 101 "), "{}", String::from_utf8_lossy(&answer));
        Self(stream)
    }

    async fn says_again(&mut self, word: &[u8]) -> bool {
        let mut heard = vec![0; word.len()];
        self.0.write_all(word).await.is_ok() && self.0.read_exact(&mut heard).await.is_ok() && heard == word
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_over_loads_no_configuration_and_cuts_no_connection_of_others() {
    let world = World::new().await;
    let body = |version: &str, more: &str| {
        let other = web("other", "").replace("service web", "service other").replace("web.http", "other.http");
        let other = other.replace("route site", "route steady").replace("demo.localhost", "steady.localhost");
        web(version, more) + &other
    };
    let first = world.release(1, 1, &body("one", "")).await;
    world.deploy(&first, None).await;
    let configuration = world.configuration().await;
    let mut upgraded = Upgraded::open(world.http, "steady.localhost").await;
    assert!(upgraded.says_again(b"before").await);

    let second = world.release(2, 1, &body("two", "")).await;
    world.deploy(&second, Some(&first)).await;
    assert_eq!(world.get("demo.localhost", "/").await.1, "two");
    let more = world.release(3, 1, &body("three", "replicas: 2")).await;
    world.deploy(&more, Some(&second)).await;
    assert_eq!(world.get("demo.localhost", "/").await.1, "three");
    world.done(Phase::RollBack, &more, Some(&second)).await;
    assert_eq!(world.get("demo.localhost", "/").await.1, "two");
    world.docker.edge().retell().await.unwrap();
    assert_eq!(world.configuration().await, configuration);
    assert!(upgraded.says_again(b"after").await, "{}", world.edge_errors());

    // What the edge forgets it is told again, and requests go where they went.
    let other = world
        .release(4, 1, &body("four", "").replace("tls: off }", "tls: off, headers: { \"X-Form\": \"new\" } }"))
        .await;
    world.deploy(&other, Some(&second)).await;
    assert_ne!(world.configuration().await, configuration);
    assert_eq!(world.get("demo.localhost", "/").await.1, "four");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_not_ready_gets_no_requests() {
    let world = World::new().await;
    let body = web("one", "replicas: 3, ready: http(path: \"/ready\", every: 1s, retries: 1)");
    let release = world.release(1, 1, &body).await;
    world.deploy(&release, None).await;
    let names = async || {
        let mut names = std::collections::BTreeSet::new();
        for _ in 0..30 {
            let (status, name) = world.get("demo.localhost", "/who").await;
            assert_eq!(status, 200);
            names.insert(name);
        }
        names
    };
    let all = names().await;
    assert_eq!(all.len(), 3, "each copy gets requests");

    let ir = lower(&format!("app demo {{}}\n{body}"));
    let Spec::Service(service) = &ir.components["service/web"].spec else { panic!("a service") };
    let ask = async || {
        let containers =
            world.engine.containers(&[("helios.environment", &world.environment.id.to_string())]).await.unwrap();
        let copies: Vec<_> = containers.iter().map(|container| Copy { service, container }).collect();
        assert_eq!(copies.len(), 3);
        world.docker.ask_copies(&copies).await;
        world.docker.leave_out(&copies).await.unwrap();
    };
    ask().await;
    assert_eq!(names().await, all);
    world.get("demo.localhost", "/break").await;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    ask().await;
    let left = names().await;
    assert!(left.len() == 2 && left.is_subset(&all), "{left:?} of {all:?}");
    for _ in 0..20 {
        world.get("demo.localhost", "/break").await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    ask().await;
    assert_eq!(world.get("demo.localhost", "/").await.0, 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_hangs_is_not_waited_for_long() {
    let world = World::new().await;
    // It takes connections, and says nothing.
    let hanging = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let edge = world.edge_at(hanging.local_addr().unwrap().port());
    let begun = std::time::Instant::now();
    let trouble = edge.retell().await.unwrap_err();
    assert!(matches!(trouble, helios::trouble::Trouble::Away(_)), "{trouble}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(15), "{:?}", begun.elapsed());
}
