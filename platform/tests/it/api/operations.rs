//! Each operation does what it says, asked by the client that users have.

use helios::store::secrets;
use helios_client::deployment::DeploymentKind;
use helios_client::{
    Approval, Cancellation, Client, ClientError, DeploymentState, JobState, NewDeployment, NewDown, NewEnvironment,
    NewRun, NewSecret, NewToken, Page, PageQuery, Scope, SecretRotation,
};
use http::Method;
use serde_json::json;
use uuid::Uuid;

use super::{Served, name, shop};
use crate::access::{keyring, new_token};

fn slug<T: std::fmt::Debug>(result: Result<T, ClientError>) -> String {
    match result.unwrap_err() {
        ClientError::Problem(problem) => format!("{} {}", problem.status, problem.slug()),
        error => panic!("{error:?}"),
    }
}

/// A live release, as a deployment would leave it.
pub(super) async fn release(served: &Served, org: Uuid, app: &str, environment: &str) -> Uuid {
    let mut tx = served.store.system().await.unwrap();
    let environment: Uuid = sqlx::query_scalar(
        "SELECT e.id FROM environments e JOIN apps a ON a.id = e.app_id WHERE e.org_id = $1 AND a.name = $2 AND e.name = $3",
    )
    .bind(org)
    .bind(app)
    .bind(environment)
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    let (deployment, release) = (Uuid::now_v7(), Uuid::now_v7());
    let [ir, source] =
        ["program", "sources"].map(|what| served.artifacts.put(format!("{what} {release}").as_bytes()).unwrap());
    sqlx::query(
        "INSERT INTO deployments (id, org_id, environment_id, kind, state, finished_at, urls) \
         VALUES ($1, $2, $3, 'deploy', 'live', now(), '[\"http://shop.localhost\"]')",
    )
    .bind(deployment)
    .bind(org)
    .bind(environment)
    .execute(&mut *tx)
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO releases (id, org_id, environment_id, number, ir_digest, ir_artifact, source_digest, images, secret_versions, digest, deployment_id) \
         SELECT $1, $2, $3, coalesce(max(number), 0) + 1, 'i', $5, $6, '{}', '{}', 'd' || count(*), $4 \
         FROM releases WHERE environment_id = $3",
    )
    .bind(release)
    .bind(org)
    .bind(environment)
    .bind(deployment)
    .bind(ir)
    .bind(source)
    .execute(&mut *tx)
    .await
    .unwrap();
    sqlx::query("UPDATE deployments SET release_id = $2 WHERE id = $1")
        .bind(deployment)
        .bind(release)
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("UPDATE environments SET live_release_id = $2 WHERE id = $1")
        .bind(environment)
        .bind(release)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    release
}

#[tokio::test]
async fn tokens_are_made_listed_and_revoked() {
    let served = Served::start().await;
    let (caller, secret) = served.organisation("acme").await;
    let admin = served.client(&secret);
    let who = admin.identity().await.unwrap();
    assert_eq!((who.org.name.as_str(), who.token.id), ("acme", caller.token));
    let made = admin.create_token(&NewToken { expires_in: Some(60), ..new_token(&[Scope::Read]) }).await.unwrap();
    let reader = served.client(&made.secret);
    assert_eq!(reader.identity().await.unwrap().token.id, made.token.id);
    assert_eq!(slug(reader.tokens(&PageQuery::default()).await), "403 forbidden");
    let listed = admin.tokens(&PageQuery::default()).await.unwrap();
    assert_eq!(listed.items.iter().map(|token| token.id).collect::<Vec<_>>(), [made.token.id, caller.token]);
    assert!(listed.items[0].last_used_at.is_some());
    admin.revoke_token(made.token.id).await.unwrap();
    admin.revoke_token(made.token.id).await.unwrap();
    assert_eq!(slug(reader.identity().await), "401 unauthenticated");
    assert_eq!(slug(admin.revoke_token(caller.token).await), "409 conflict");
    assert_eq!(slug(admin.revoke_token(Uuid::now_v7()).await), "404 not-found");
    let verbs: Vec<String> =
        admin.audit(&PageQuery::default()).await.unwrap().items.into_iter().map(|entry| entry.verb).collect();
    assert_eq!(verbs, ["token.revoke", "token.create", "token.create"]);
}

#[tokio::test]
async fn lists_come_in_pages_that_join_without_gap_or_double() {
    let served = Served::start().await;
    let (_, secret) = served.organisation("acme").await;
    let client = served.client(&secret);
    for number in 0..7 {
        client.put_app(&name(&format!("app{number}"))).await.unwrap();
    }
    let (mut query, mut seen) = (PageQuery { cursor: None, limit: Some(3) }, Vec::new());
    loop {
        let Page { items, next } = client.apps(&query).await.unwrap();
        assert!((1..=3).contains(&items.len()));
        seen.extend(items.into_iter().map(|app| app.name.to_string()));
        query.cursor = next;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, (0..7).map(|number| format!("app{number}")).collect::<Vec<_>>());
    for wrong in [
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=x",
        "cursor=",
        "cursor=IgAi",
        "limit=1&limit=1",
        "page=2",
        "%6cimit=1",
    ] {
        served.get(&secret, &format!("/v1/apps?{wrong}")).await.is_problem(400, "invalid");
    }
}

#[tokio::test]
async fn a_source_bundle_is_kept_under_its_digest_and_no_other() {
    let served = Served::start().await;
    let (_, secret) = served.organisation("acme").await;
    let client = served.client(&secret);
    let (.., digest) = shop(&client).await;
    assert!(client.has_source(&digest).await.unwrap());
    let other = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    assert!(!client.has_source(&other).await.unwrap());
    let bytes = || futures::stream::iter([Ok::<_, std::io::Error>(b"other bytes".to_vec())]);
    assert_eq!(slug(client.upload_source(&other, 11, bytes()).await), "400 invalid");
    assert!(!client.has_source(&other).await.unwrap());
    let (_, stranger) = served.organisation("other").await;
    assert!(!served.client(&stranger).has_source(&digest).await.unwrap(), "what another has is not there");
}

#[tokio::test]
async fn deployments_are_asked_for_looked_at_and_cancelled() {
    let served = Served::start().await;
    let (caller, secret) = served.organisation("acme").await;
    let client = served.client(&secret);
    let (app, environment, source) = shop(&client).await;
    let deploy = NewDeployment::Deploy { source, params: [("tag".into(), "\"a\"".into())].into() };
    let first = client.deploy(&app, &environment, &deploy).await.unwrap();
    assert_eq!((first.state, first.kind, first.version), (DeploymentState::Queued, DeploymentKind::Deploy, 1));
    let second = client.deploy(&app, &environment, &deploy).await.unwrap();
    assert_eq!(client.deployment(first.id).await.unwrap().state, DeploymentState::Superseded);
    let listed = client.deployments(&app, &environment, &PageQuery { limit: Some(1), cursor: None }).await.unwrap();
    assert_eq!(listed.items[0].id, second.id);
    let rest = client.deployments(&app, &environment, &PageQuery { cursor: listed.next, limit: None }).await.unwrap();
    assert_eq!(rest.items.iter().map(|deployment| deployment.id).collect::<Vec<_>>(), [first.id]);
    let steps = client.steps(first.id).await.unwrap().items;
    assert_eq!(
        steps.iter().map(|step| step.to).collect::<Vec<_>>(),
        [DeploymentState::Queued, DeploymentState::Superseded]
    );
    assert_eq!(client.status(&app, &environment).await.unwrap().deployment.unwrap().id, second.id);

    let approval = Approval { plan: format!("sha256:{}", "0".repeat(64)).parse().unwrap() };
    assert_eq!(slug(client.approve(second.id, &approval).await), "409 conflict");
    assert_eq!(slug(client.cancel(second.id, Some(7), &Cancellation::default()).await), "412 stale");
    let why = Cancellation { reason: Some("not today".into()) };
    assert!(client.cancel(second.id, Some(1), &why).await.unwrap().cancel_requested);
    assert_eq!(slug(client.cancel(first.id, None, &why).await), "409 conflict");

    let rollback = NewDeployment::Rollback { release: None };
    assert_eq!(slug(client.deploy(&app, &environment, &rollback).await), "409 conflict");
    release(&served, caller.org, "shop", "production").await;
    release(&served, caller.org, "shop", "production").await;
    let back = client.deploy(&app, &environment, &rollback).await.unwrap();
    assert_eq!(back.kind, DeploymentKind::Rollback);
    assert_eq!(
        slug(client.deploy(&app, &environment, &NewDeployment::Rollback { release: Some(9) }).await),
        "409 conflict"
    );
    let staging = name("staging");
    client.put_environment(&app, &staging, &NewEnvironment::default()).await.unwrap();
    let promote = NewDeployment::Promote { from: environment.clone() };
    assert_eq!(client.deploy(&app, &staging, &promote).await.unwrap().kind, DeploymentKind::Promote);
    assert_eq!(
        slug(client.deploy(&app, &environment, &NewDeployment::Promote { from: staging }).await),
        "409 conflict"
    );
    let unknown =
        NewDeployment::Deploy { source: format!("sha256:{}", "1".repeat(64)).parse().unwrap(), params: [].into() };
    assert_eq!(slug(client.deploy(&app, &environment, &unknown).await), "409 conflict");

    let status = client.status(&app, &environment).await.unwrap();
    assert_eq!((status.release.unwrap().number, status.urls), (2, vec!["http://shop.localhost".to_owned()]));
    let releases = client.releases(&app, &environment, &PageQuery::default()).await.unwrap().items;
    assert_eq!(
        releases.iter().map(|release| (release.number, release.live)).collect::<Vec<_>>(),
        [(2, true), (1, false)]
    );
    assert!(client.release(&app, &environment, 2).await.unwrap().live);
    assert_eq!(slug(client.release(&app, &environment, 3).await), "404 not-found");
}

#[tokio::test]
async fn an_entity_tag_tells_whether_a_deployment_has_changed() {
    let served = Served::start().await;
    let (_, secret) = served.organisation("acme").await;
    let client = served.client(&secret);
    let (app, environment, source) = shop(&client).await;
    let made = client.deploy(&app, &environment, &NewDeployment::Deploy { source, params: [].into() }).await.unwrap();
    let path = format!("/v1/deployments/{}", made.id);
    assert_eq!(served.get(&secret, &path).await.headers["etag"], "\"1\"");
    let bearer = format!("Bearer {secret}");
    for (tags, status) in
        [("\"1\"", 304), ("W/\"1\"", 304), ("\"0\", \"1\"", 304), ("*", 304), ("\"2\"", 200), ("1", 200)]
    {
        let reply = served.ask(Method::GET, &path, &[("authorization", &bearer), ("if-none-match", tags)], "").await;
        assert_eq!(reply.status, status, "{tags}");
    }
}

#[tokio::test]
async fn secrets_go_in_and_never_come_out() {
    let served = Served::start().await;
    let (caller, secret) = served.organisation("acme").await;
    let client = served.client(&secret);
    let (app, environment, _) = shop(&client).await;
    let canary = "canary-41973";
    let new = NewSecret { name: "secret/key".parse().unwrap(), value: canary.into() };
    assert_eq!(client.set_secret(&app, &environment, &new).await.unwrap().version, 1);
    assert_eq!(client.set_secret(&app, &environment, &new).await.unwrap().version, 2);
    let listed = client.secrets(&app, &environment, &PageQuery::default()).await.unwrap().items;
    assert_eq!(
        listed.iter().map(|secret| (secret.name.as_str(), secret.version)).collect::<Vec<_>>(),
        [("secret/key", 2)]
    );
    let rotation = SecretRotation { name: "secret/key".parse().unwrap() };
    assert_eq!(slug(client.rotate_secret(&app, &environment, &rotation).await), "404 not-found");
    let mut tx = served.store.system().await.unwrap();
    let id: Uuid = sqlx::query_scalar("SELECT id FROM environments").fetch_one(&mut *tx).await.unwrap();
    secrets::set(&mut tx, &keyring("a", 1), caller.org, id, "secret/made", b"0000", true).await.unwrap();
    tx.commit().await.unwrap();
    let rotation = SecretRotation { name: "secret/made".parse().unwrap() };
    let rotated = client.rotate_secret(&app, &environment, &rotation).await.unwrap();
    assert!(rotated.generated && rotated.version == 2);
    // nowhere in the database, the kept answers to requests included
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    )
    .fetch_all(served.store.pool())
    .await
    .unwrap();
    for table in tables {
        let query = format!(
            "SELECT count(*) FROM {table} t WHERE t::text LIKE '%{canary}%' OR t::text LIKE '%{}%'",
            hex(canary)
        );
        let found: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(served.store.pool()).await.unwrap();
        assert_eq!(found, 0, "{table}");
    }
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn runs_and_taking_down_are_jobs() {
    let served = Served::start().await;
    let (caller, secret) = served.organisation("acme").await;
    let client = served.client(&secret);
    let (app, environment, source) = shop(&client).await;
    let run = NewRun { node: "job/migrate".parse().unwrap(), command: None };
    assert_eq!(slug(client.run(&app, &environment, &run).await), "409 conflict");
    release(&served, caller.org, "shop", "production").await;
    let job = client.run(&app, &environment, &run).await.unwrap();
    assert_eq!((job.state, job.stage.as_str(), job.deployment), (JobState::Queued, "run", None));
    let published: String = sqlx::query_scalar("SELECT subject FROM outbox WHERE subject LIKE 'helios.job.run.%'")
        .fetch_one(served.store.pool())
        .await
        .unwrap();
    assert_eq!(published, "helios.job.run.docker.now");
    assert_eq!(client.cancel_job(job.id).await.unwrap().state, JobState::Cancelled);
    assert_eq!(client.job(job.id).await.unwrap().state, JobState::Cancelled);

    let deployer = served.client(&served.scoped(caller.org, &[Scope::Deploy, Scope::Read]).await);
    let shell = NewRun { command: Some(vec!["sh".into()]), ..run.clone() };
    assert_eq!(slug(deployer.run(&app, &environment, &shell).await), "403 forbidden");
    assert_eq!(slug(deployer.down(&app, &environment, &NewDown { destroy: true }).await), "403 forbidden");
    let waiting =
        client.deploy(&app, &environment, &NewDeployment::Deploy { source, params: [].into() }).await.unwrap();
    assert_eq!(slug(client.down(&app, &environment, &NewDown::default()).await), "409 conflict");
    sqlx::query("UPDATE deployments SET state = 'cancelled' WHERE id = $1")
        .bind(waiting.id)
        .execute(served.store.pool())
        .await
        .unwrap();
    let running = client.run(&app, &environment, &run).await.unwrap();
    assert_eq!(deployer.down(&app, &environment, &NewDown::default()).await.unwrap().stage, "down");
    assert!(client.environment(&app, &environment).await.unwrap().down_at.is_some());
    assert_eq!(client.job(running.id).await.unwrap().state, JobState::Cancelled, "nothing goes on in it");
    assert_eq!(slug(client.run(&app, &environment, &run).await), "409 conflict", "nothing begins in it");

    // What never went live may have left something.
    sqlx::query("UPDATE environments SET live_release_id = NULL").execute(served.store.pool()).await.unwrap();
    assert_eq!(deployer.down(&app, &environment, &NewDown::default()).await.unwrap().stage, "down");
}

#[tokio::test]
async fn what_is_not_described_is_refused_with_a_problem() {
    let served = Served::start().await;
    let (_, secret) = served.organisation("acme").await;
    let bearer = format!("Bearer {secret}");
    let put = async |headers: &[(&str, &str)], body: &str| {
        let headers = [&[("authorization", &*bearer)], headers].concat();
        served.ask(Method::PUT, "/v1/apps/shop", &headers, body.to_owned()).await
    };
    const JSON: (&str, &str) = ("content-type", "application/json");
    put(&[JSON], "{\"x\":1}").await.is_problem(400, "invalid");
    put(&[JSON], "{} {}").await.is_problem(400, "invalid");
    put(&[JSON], "").await.is_problem(400, "invalid");
    put(&[JSON], &"[".repeat(100_000)).await.is_problem(400, "invalid");
    let path = "/v1/apps/shop/environments/e/deployments";
    served.post(&secret, path, &json!({ "kind": "rollback", "x": 1 })).await.is_problem(400, "invalid");
    served.post(&secret, path, &json!({ "kind": "roll" })).await.is_problem(400, "invalid");
    put(&[], "{}").await.is_problem(415, "unsupported-media-type");
    put(&[("content-type", "text/plain")], "{}").await.is_problem(415, "unsupported-media-type");
    put(&[JSON], &format!("{{{}}}", " ".repeat(300_000))).await.is_problem(413, "too-large");
    assert_eq!(put(&[("content-type", "application/json; charset=utf-8")], "{}").await.status, 201);
    let wrong = served.json(&secret, Method::PATCH, "/v1/apps/shop", &json!({})).await;
    assert!(wrong.is_problem(405, "method-not-allowed").headers["allow"].to_str().unwrap().contains("PUT"));
    served.get(&secret, "/v2/apps").await.is_problem(404, "not-found");
    served.get(&secret, "/v1/deployments/not-an-id").await.is_problem(404, "not-found");
    served
        .post(&secret, "/v1/apps/shop/environments/e/exec", &json!({ "node": "service/a", "command": ["sh"] }))
        .await
        .is_problem(426, "upgrade-required");
    for (authorization, what) in
        [("", "none"), ("Bearer", "no token"), ("Basic aGw6eA==", "another scheme"), ("Bearer hl_x", "a wrong one")]
    {
        let reply = served.ask(Method::GET, "/v1/identity", &[("authorization", authorization)], "").await;
        reply.is_problem(401, "unauthenticated");
        assert_eq!(reply.headers["www-authenticate"], "Bearer", "{what}");
    }
}

#[tokio::test]
async fn a_client_says_where_it_could_not_get_to() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = Client::new(&format!("http://{nobody}"), "hl_x").unwrap().identity().await.unwrap_err();
    assert!(matches!(&error, ClientError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains(&nobody.to_string()), "{error}");
    assert!(matches!(Client::new("ftp://x", "hl_x"), Err(ClientError::Address(_))));
    assert!(matches!(Client::new("http://x", "a\nb"), Err(ClientError::Token)));
}

#[tokio::test]
async fn a_trace_goes_on_into_what_a_request_causes() {
    let served = Served::start().await;
    let (caller, secret) = served.organisation("acme").await;
    let (_, _, source) = shop(&served.client(&secret)).await;
    release(&served, caller.org, "shop", "production").await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let bearer = format!("Bearer {secret}");
    for (at, body) in
        [("runs", json!({ "node": "job/a" })), ("deployments", json!({ "kind": "deploy", "source": source }))]
    {
        for key in [None, Some(at)] {
            let mut headers =
                vec![("authorization", &*bearer), ("content-type", "application/json"), ("traceparent", trace)];
            headers.extend(key.map(|key| ("idempotency-key", key)));
            let path = format!("/v1/apps/shop/environments/production/{at}");
            let reply = served.ask(Method::POST, &path, &headers, body.to_string()).await;
            assert!(reply.status < 300, "{}", reply.text);
        }
    }
    let count = async |query: &'static str| -> i64 {
        sqlx::query_scalar(query).bind(trace).fetch_one(served.store.pool()).await.unwrap()
    };
    assert_eq!(count("SELECT count(*) FROM jobs WHERE traceparent = $1").await, 2);
    assert_eq!(count("SELECT count(*) FROM outbox WHERE payload->>'traceparent' = $1").await, 2);
    assert_eq!(count("SELECT count(*) FROM deployments WHERE traceparent = $1").await, 2);
}
