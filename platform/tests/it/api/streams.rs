//! Streams: resumed where they broke off, limited, ended; conversations with the agent.

use std::time::Duration;

use futures::StreamExt;
use helios::api::limits::Allowance;
use helios::bus::agent::{self, ExecRequest, LogsAnswer, LogsRequest};
use helios::bus::subjects;
use helios::store::{Store, events};
use helios::target::LogLine as TargetLine;
use helios_client::exec::{Frame, NewExec};
use helios_client::{ClientError, Failure, FailureKind, LogQuery, NewDeployment};
use uuid::Uuid;

use super::{Served, operations::release, shop};
use crate::support::Nats;

async fn deployment(served: &Served, secret: &str) -> Uuid {
    let client = served.client(secret);
    let (app, environment, source) = shop(&client).await;
    client.deploy(&app, &environment, &NewDeployment::Deploy { source, params: [].into() }).await.unwrap().id
}

async fn say(store: &Store, org: Uuid, deployment: Uuid, word: &str) {
    let mut tx = store.system().await.unwrap();
    events::record(&mut tx, org, None, Some(deployment), "word", &word).await.unwrap();
    tx.commit().await.unwrap();
}

async fn finish(store: &Store, deployment: Uuid) {
    sqlx::query("UPDATE deployments SET state = 'failed', finished_at = now() WHERE id = $1")
        .bind(deployment)
        .execute(store.pool())
        .await
        .unwrap();
}

#[tokio::test]
async fn events_come_as_they_happen_and_after_the_one_that_was_seen() {
    let served = Served::start().await;
    let (caller, secret) = served.organisation("acme").await;
    let id = deployment(&served, &secret).await;
    let client = served.client(&secret);
    let mut events = client.events(id, None);
    let (first, event) = events.next().await.unwrap().unwrap();
    assert_eq!(event.step().unwrap().to, helios_client::DeploymentState::Queued);
    for word in ["one", "two"] {
        say(&served.store, caller.org, id, word).await;
        let began = std::time::Instant::now();
        let (_, event) = events.next().await.unwrap().unwrap();
        assert_eq!(event.data, word);
        assert!(began.elapsed() < Duration::from_millis(900), "woken, not found by looking: {:?}", began.elapsed());
    }
    let resumed: Vec<_> =
        client.events(id, Some(first.parse().unwrap())).take(2).map(|event| event.unwrap().1.data).collect().await;
    assert_eq!(resumed, ["one", "two"]);
    finish(&served.store, id).await;
    assert!(events.next().await.is_none(), "it has told everything");
    let whole: Vec<_> = client.events(id, None).collect().await;
    assert_eq!(whole.len(), 3);
    let wrong = served
        .ask(
            http::Method::GET,
            &format!("/v1/deployments/{id}/events"),
            &[("authorization", &format!("Bearer {secret}")), ("last-event-id", "x")],
            "",
        )
        .await;
    wrong.is_problem(400, "invalid");
    let none = client.events(Uuid::now_v7(), None).next().await.unwrap().unwrap_err();
    assert_eq!(none.status(), Some(404));
}

#[tokio::test]
async fn lines_of_several_jobs_are_resumed_without_gap_or_double() {
    let served = Served::start().await;
    let (caller, secret) = served.organisation("acme").await;
    let id = deployment(&served, &secret).await;
    let client = served.client(&secret);
    let mut jobs = Vec::new();
    for slot in ["a", "b"] {
        let job = Uuid::now_v7();
        sqlx::query(
            "INSERT INTO jobs (id, org_id, deployment_id, kind, stage, slot, subject, body, deadline) \
             VALUES ($1, $2, $3, 'build', 'building', $4, '', '{}', now())",
        )
        .bind(job)
        .bind(caller.org)
        .bind(id)
        .bind(slot)
        .execute(served.store.pool())
        .await
        .unwrap();
        jobs.push(job);
    }
    let write = async |job: Uuid, seq: i64| {
        sqlx::query("INSERT INTO log_lines (job_id, org_id, seq, node, line) VALUES ($1, $2, $3, 'service/api', $4)")
            .bind(job)
            .bind(caller.org)
            .bind(seq)
            .bind(format!("{job} {seq}"))
            .execute(served.store.pool())
            .await
            .unwrap();
        sqlx::query("SELECT pg_notify('helios_log', $1)")
            .bind(job.to_string())
            .execute(served.store.pool())
            .await
            .unwrap();
    };
    let mut lines = client.deployment_logs(id, None);
    let (mut seen, mut last) = (Vec::new(), None);
    for seq in 1..=4 {
        for job in &jobs {
            write(*job, seq).await;
        }
        // two lines, then another connection goes on from there
        for _ in 0..2 {
            let (id, line) = lines.next().await.unwrap().unwrap();
            seen.push(line.line);
            last = Some(id);
        }
        lines = client.deployment_logs(id, last.clone());
    }
    sqlx::query("UPDATE jobs SET state = 'done'").execute(served.store.pool()).await.unwrap();
    finish(&served.store, id).await;
    assert!(lines.next().await.is_none());
    let mut expected: Vec<String> =
        (1..=4).flat_map(|seq| jobs.iter().map(move |job| format!("{job} {seq}"))).collect();
    expected.sort();
    seen.sort();
    assert_eq!(seen, expected);
    let of_job: Vec<_> =
        client.job_logs(jobs[1], Some(String::from("3"))).map(|line| line.unwrap().1.line).collect().await;
    assert_eq!(of_job, [format!("{} 4", jobs[1])]);
}

#[tokio::test]
async fn a_token_has_so_many_streams_at_a_time() {
    let served = Served::with(Allowance { streams: 2, ..Allowance::default() }, None).await;
    let (_, secret) = served.organisation("acme").await;
    let id = deployment(&served, &secret).await;
    let open = async || {
        let path = format!("/v1/deployments/{id}/events");
        super::http().get(served.url(&path)).header("authorization", format!("Bearer {secret}")).send().await.unwrap()
    };
    let (one, _two) = (open().await, open().await);
    assert_eq!(open().await.status(), 429);
    drop(one);
    for _ in 0..50 {
        if open().await.status() == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("a stream that has gone still counts");
}

/// An agent that answers the way the test says.
async fn agent_of(nats: &Nats) -> async_nats::Client {
    async_nats::connect(nats.url()).await.unwrap()
}

#[tokio::test]
async fn lines_of_containers_and_commands_in_them_go_through_the_agent() {
    let nats = Nats::start();
    let bus = agent_of(&nats).await;
    let served = Served::with(Allowance::default(), Some(bus)).await;
    let (caller, secret) = served.organisation("acme").await;
    let client = served.client(&secret);
    let (app, environment, _) = shop(&client).await;
    release(&served, caller.org, "shop", "production").await;

    let query = LogQuery { tail: Some(5), ..LogQuery::default() };
    let path = "/v1/apps/shop/environments/production/logs";
    served.get(&secret, path).await.is_problem(503, "unavailable");

    let client_of_agent = agent_of(&nats).await;
    let mut logs = client_of_agent.subscribe(subjects::agent("docker", agent::LOGS)).await.unwrap();
    let mut execs = client_of_agent.subscribe(subjects::agent("docker", agent::EXEC)).await.unwrap();
    client_of_agent.flush().await.unwrap();
    tokio::spawn({
        let agent_client = client_of_agent.clone();
        async move {
            while let Some(message) = logs.next().await {
                let (request, mut talk) = agent::accept::<LogsRequest>(&agent_client, &message).await.unwrap().unwrap();
                assert_eq!(
                    (&*request.environment.org_name, &*request.environment.app, request.query.tail),
                    ("acme", "shop", Some(5))
                );
                let line = TargetLine {
                    at: chrono::Utc::now(),
                    node: "service/a".parse().unwrap(),
                    replica: 1,
                    stderr: true,
                    line: "hello".into(),
                };
                talk.mouth.say(serde_json::to_vec(&LogsAnswer::Line(line)).unwrap()).await.unwrap();
                let last = match request.query.follow {
                    true => LogsAnswer::Failed(Box::new(Failure::new(FailureKind::Internal, "logs", "gone"))),
                    false => LogsAnswer::End,
                };
                talk.mouth.say(serde_json::to_vec(&last).unwrap()).await.unwrap();
            }
        }
    });
    let lines: Vec<_> = client.logs(&app, &environment, &query).unwrap().map(|line| line.unwrap().1).collect().await;
    assert_eq!((lines.len(), &*lines[0].line, lines[0].replica, lines[0].stderr), (1, "hello", Some(1), true));
    let failing = LogQuery { follow: true, ..query };
    let results: Vec<_> = client.logs(&app, &environment, &failing).unwrap().collect().await;
    assert!(
        matches!(&results[1], Err(ClientError::Problem(problem)) if problem.detail.as_deref() == Some("gone")),
        "{results:?}"
    );

    // a command that echoes until its input ends
    tokio::spawn(async move {
        let message = execs.next().await.unwrap();
        let (request, mut talk) = agent::accept::<ExecRequest>(&client_of_agent, &message).await.unwrap().unwrap();
        assert_eq!(request.query.command, ["cat"]);
        while let Ok(message) = talk.ear.next().await {
            let mut bytes = message.to_vec();
            let frame = match Frame::take(&mut bytes).unwrap().unwrap() {
                Frame::Input(bytes) if bytes.is_empty() => Frame::Exit(Some(7)),
                Frame::Input(bytes) => Frame::Output(bytes),
                frame => panic!("{frame:?}"),
            };
            let mut bytes = Vec::new();
            frame.write(&mut bytes);
            talk.mouth.say(bytes).await.unwrap();
        }
    });
    let new =
        NewExec { node: "service/a".parse().unwrap(), replica: None, command: vec!["cat".into()], terminal: None };
    let mut session = client.exec(&app, &environment, &new).await.unwrap();
    for text in ["one", "two"] {
        session.writer.input(text.into()).await.unwrap();
        assert_eq!(session.reader.next().await.unwrap(), Frame::Output(text.into()));
    }
    session.writer.input(Vec::new()).await.unwrap();
    assert_eq!(session.reader.next().await.unwrap(), Frame::Exit(Some(7)));
    let written: Vec<String> = sqlx::query_scalar("SELECT object FROM audit_log WHERE verb = 'exec'")
        .fetch_all(served.store.pool())
        .await
        .unwrap();
    assert_eq!(written, ["shop/production service/a cat"]);
}

#[tokio::test]
async fn an_environment_is_made_on_a_target_that_somebody_serves() {
    let nats = Nats::start();
    let bus = async_nats::connect(nats.url()).await.unwrap();
    let served = Served::with(Allowance::default(), Some(bus.clone())).await;
    let (_, secret) = served.organisation("acme").await;
    let put = async |environment: &str, body: serde_json::Value| {
        let path = format!("/v1/apps/shop/environments/{environment}");
        served.json(&secret, http::Method::PUT, &path, &body).await
    };
    // Its own may be away for a moment.
    assert_eq!(put("default", serde_json::json!({})).await.json()["target"], "docker");
    let refused = put("eu", serde_json::json!({ "target": "dokcer" })).await;
    assert!(
        refused.status >= 400 && refused.text.contains("`dokcer`") && refused.text.contains("`docker`"),
        "{}",
        refused.text
    );
    let _agent = bus.subscribe(subjects::agent("eu", agent::LOGS)).await.unwrap();
    bus.flush().await.unwrap();
    assert_eq!(put("eu", serde_json::json!({ "target": "eu" })).await.status, 201);
}
