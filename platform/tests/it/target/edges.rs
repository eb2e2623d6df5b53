//! What routes mean, asked of a real Caddy.

use super::world::{World, secret_value};

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
