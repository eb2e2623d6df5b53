//! Limits, keys that make a request count once, readiness, and the end of a process.

use std::time::{Duration, Instant};

use futures::StreamExt;
use helios::api::limits::Allowance;
use helios_client::NewDeployment;
use http::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{Served, shop};

#[tokio::test]
async fn who_asks_too_much_is_told_when_to_come_again() {
    let served = Served::with(Allowance { per_token: 3, ..Allowance::default() }, None).await;
    let ((_, one), (_, other)) = (served.organisation("one").await, served.organisation("other").await);
    let mut refused = None;
    for _ in 0..20 {
        let reply = served.get(&one, "/v1/identity").await;
        if reply.status == 429 {
            refused = Some(reply);
            break;
        }
    }
    let refused = refused.expect("twenty requests at once are more than six");
    let after: u64 = refused.is_problem(429, "too-many").headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert_eq!(served.get(&other, "/v1/identity").await.status, 200, "another token is not held back");
    tokio::time::sleep(Duration::from_secs(after)).await;
    assert_eq!(served.get(&one, "/v1/identity").await.status, 200);
    // the client waits by itself
    let client = served.client(&one);
    for _ in 0..10 {
        client.identity().await.unwrap();
    }
}

/// What comes back on a connection that sends this, until the server closes it.
async fn closed_after(served: &Served, sent: &str) -> String {
    let mut connection = tokio::net::TcpStream::connect(served.address).await.unwrap();
    connection.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = tokio::time::timeout(Duration::from_secs(20), connection.read_to_string(&mut answer)).await;
    read.expect("the server closes it").unwrap();
    answer
}

#[tokio::test]
async fn a_connection_that_keeps_the_server_waiting_is_closed() {
    let patience = Allowance { headers: Duration::from_millis(300), ..Allowance::default() };
    let served = Served::with(patience, None).await;
    let started = Instant::now();
    assert_eq!(closed_after(&served, "").await, "");
    assert_eq!(closed_after(&served, "GET /healthz HTTP/1.1\r\nHost: x\r\n").await, "");
    let rested = closed_after(&served, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(rested.starts_with("HTTP/1.1 200 OK\r\n"), "{rested}");
    assert!(started.elapsed() >= Duration::from_millis(900), "each had its time");

    // A stream takes as long as it takes.
    let (_, secret) = served.organisation("acme").await;
    let (app, environment, source) = shop(&served.client(&secret)).await;
    let new = NewDeployment::Deploy { source, params: [].into() };
    let deployment = served.client(&secret).deploy(&app, &environment, &new).await.unwrap();
    let mut events = served.client(&secret).events(deployment.id, None);
    assert!(events.next().await.unwrap().is_ok());
    let more = tokio::time::timeout(Duration::from_secs(1), events.next()).await;
    assert!(more.is_err(), "it is open, and nothing comes: {more:?}");
}

#[tokio::test]
async fn guessing_tokens_is_slow() {
    let served = Served::with(Allowance { failures: 2, ..Allowance::default() }, None).await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(served.get("hl_guess", "/v1/identity").await.status);
    }
    assert_eq!((statuses[0], statuses[7]), (401, 429), "{statuses:?}");
}

#[tokio::test]
async fn a_source_bundle_has_a_limit_whether_it_says_its_size_or_not() {
    let served = Served::with(Allowance { source: 1000, ..Allowance::default() }, None).await;
    let (_, secret) = served.organisation("acme").await;
    let bearer = format!("Bearer {secret}");
    let headers = [("authorization", &*bearer), ("content-type", "application/octet-stream")];
    let path = format!("/v1/sources/sha256:{}", "0".repeat(64));
    served.ask(Method::PUT, &path, &headers, vec![0; 1001]).await.is_problem(413, "too-large");
    let parts = futures::stream::iter((0..11).map(|_| Ok::<_, std::io::Error>(vec![0; 100])));
    served.ask(Method::PUT, &path, &headers, reqwest::Body::wrap_stream(parts)).await.is_problem(413, "too-large");
}

#[tokio::test]
async fn a_request_with_a_key_counts_once() {
    let served = Served::start().await;
    let (_, secret) = served.organisation("acme").await;
    let (.., source) = shop(&served.client(&secret)).await;
    let path = "/v1/apps/shop/environments/production/deployments";
    let bearer = format!("Bearer {secret}");
    let ask = async |key: &str, body: serde_json::Value| {
        let headers = [("authorization", &*bearer), ("content-type", "application/json"), ("idempotency-key", key)];
        served.ask(Method::POST, path, &headers, body.to_string()).await
    };
    let deploy = json!({ "kind": "deploy", "source": source });
    let count = async || {
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM deployments").fetch_one(served.store.pool()).await.unwrap()
    };
    let first = ask("k1", deploy.clone()).await;
    assert_eq!(first.status, 201);
    let again = ask("\"k1\"", deploy.clone()).await;
    assert_eq!((again.status, &again.text, count().await), (201, &first.text, 1));
    assert_eq!(
        (&again.headers["etag"], &again.headers["idempotent-replayed"]),
        (&first.headers["etag"], &"true".parse().unwrap())
    );
    ask("k1", json!({ "kind": "rollback" })).await.is_problem(422, "idempotency-key-reused");
    ask("", deploy.clone()).await.is_problem(400, "invalid");
    // what came to nothing may be tried again
    ask("k2", json!({ "kind": "rollback" })).await.is_problem(409, "conflict");
    assert_eq!(ask("k2", deploy.clone()).await.status, 201);
    assert_eq!(count().await, 2);
    // many at once: one is answered, the others are told to wait or get the same answer
    let all = futures::future::join_all((0..8).map(|_| ask("k3", deploy.clone()))).await;
    assert_eq!(count().await, 3);
    for reply in &all {
        assert!(reply.status == 201 || reply.json()["type"] == "/problems/idempotency-key-in-flight", "{}", reply.text);
    }
    let mut made: Vec<_> =
        all.iter().filter(|reply| reply.status == 201).map(|reply| reply.json()["id"].to_string()).collect();
    made.dedup();
    assert_eq!(made.len(), 1);
    // a token shown once is shown again to who lost the answer, and lies nowhere
    let token = async || {
        let headers = [("authorization", &*bearer), ("content-type", "application/json"), ("idempotency-key", "k4")];
        served
            .ask(Method::POST, "/v1/tokens", &headers, json!({ "name": "x", "scopes": ["read"] }).to_string())
            .await
            .json()
    };
    let made = token().await;
    assert_eq!(token().await, made);
    let secret = made["secret"].as_str().unwrap();
    let kept: Vec<String> = sqlx::query_scalar("SELECT encode(body, 'escape') FROM idempotency_keys")
        .fetch_all(served.store.pool())
        .await
        .unwrap();
    assert!(!kept.concat().contains(secret));
}

#[tokio::test]
async fn a_process_says_whether_it_can_work_and_what_it_measured() {
    let served = Served::start().await;
    let (_, secret) = served.organisation("acme").await;
    assert_eq!(served.ask(Method::GET, "/healthz", &[], "").await.text, "ok\n");
    let ready = served.ask(Method::GET, "/readyz", &[], "").await;
    assert_eq!((ready.status, &*ready.text), (200, "migrations: ok\noutbox: ok\npostgres: ok\n"));
    let (.., source) = shop(&served.client(&secret)).await;
    let deploy = NewDeployment::Deploy { source, params: [].into() };
    served.client(&secret).deploy(&super::name("shop"), &super::name("production"), &deploy).await.unwrap();
    sqlx::query("UPDATE deployments SET state = 'live', finished_at = created_at + interval '2 seconds'")
        .execute(served.store.pool())
        .await
        .unwrap();
    let metrics = served.ask(Method::GET, "/metrics", &[], "").await.text;
    for line in [
        "helios_http_request_duration_seconds_count{method=\"PUT\",route=\"/v1/sources/{digest}\",status=\"201\"} 1",
        "helios_deployment_duration_seconds_bucket{le=\"1.0\",state=\"live\"} 0",
        "helios_deployment_duration_seconds_bucket{le=\"3.0\",state=\"live\"} 1",
        "helios_deployment_duration_seconds_sum{state=\"live\"} 2.0",
        "helios_open_deployments 0.0",
        "helios_outbox_messages 1.0",
    ] {
        assert!(metrics.lines().any(|one| one == line), "{line}\nis not in\n{metrics}");
    }
    assert!(metrics.ends_with("# EOF\n") && metrics.matches("# EOF").count() == 1);
    assert!(!metrics.contains("acme") && !metrics.contains("shop"), "nothing of an organisation");

    sqlx::query("UPDATE outbox SET created_at = now() - interval '1 minute'")
        .execute(served.store.pool())
        .await
        .unwrap();
    let ready = served.ask(Method::GET, "/readyz", &[], "").await;
    assert!(ready.status == 503 && ready.text.contains("outbox: a message has been waiting"), "{}", ready.text);
    sqlx::query("TRUNCATE outbox").execute(served.store.pool()).await.unwrap();
    sqlx::query("DELETE FROM _sqlx_migrations").execute(served.store.pool()).await.unwrap();
    let ready = served.ask(Method::GET, "/readyz", &[], "").await;
    assert!(ready.status == 503 && ready.text.contains("have not been applied"), "{}", ready.text);
}

#[tokio::test]
async fn a_process_ends_while_streams_are_open_and_their_clients_are_cut_off() {
    let served = Served::start().await;
    let (_, secret) = served.organisation("acme").await;
    let client = served.client(&secret);
    let (app, environment, source) = shop(&client).await;
    let made = client.deploy(&app, &environment, &NewDeployment::Deploy { source, params: [].into() }).await.unwrap();
    let bearer = format!("Bearer {secret}");
    let open = async |path: String| {
        super::http().get(served.url(&path)).header("authorization", &bearer).send().await.unwrap()
    };
    let mut events = open(format!("/v1/deployments/{}/events", made.id)).await;
    let logs = open(format!("/v1/deployments/{}/logs", made.id)).await;
    let mut text = events.chunk().await.unwrap().unwrap().to_vec();
    let began = Instant::now();
    served.shutdown.cancel();
    while let Some(more) = events.chunk().await.unwrap() {
        text.extend(more);
    }
    let text = String::from_utf8(text).unwrap();
    assert!(text.contains("deployment.state") && !text.contains("event: end"), "cut off, not ended: {text}");
    assert!(!logs.text().await.unwrap().contains("event: end"));
    served.server.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn callers_behind_a_trusted_proxy_are_told_apart() {
    let served = Served::with(Allowance { failures: 2, ..Allowance::default() }, None).await;
    let guess = async |forwarded: &str| {
        let headers = [("authorization", "Bearer hl_guess"), ("x-forwarded-for", forwarded)];
        served.ask(Method::GET, "/v1/identity", &headers, "").await.status
    };
    // What stands before it the caller may have written himself; what is behind it, trusted proxies have.
    let words: Vec<String> = (0..30).map(|number| format!("203.0.113.{number}, 192.0.2.1, 10.1.2.3")).collect();
    let all = futures::future::join_all(words.iter().map(|forwarded| guess(forwarded))).await;
    assert!(all.contains(&429), "{all:?}");
    assert_eq!(guess("192.0.2.2").await, 401, "another caller is not held back");
}
