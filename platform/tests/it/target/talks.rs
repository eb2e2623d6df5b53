//! The agent over the bus: lines of running containers, and commands in them.

use std::time::Duration;

use helios::bus::Bus;
use helios::bus::agent::{self, EXEC, ExecRequest, LOGS, LogsAnswer, LogsRequest};
use helios::roles::deploy_agent::DeployAgent;
use helios::settings::Timing;
use helios::store::notices::Notices;
use helios::target::{ExecQuery, LogQuery, Target};
use helios_client::exec::Frame;
use tokio_util::sync::CancellationToken;

use super::rollout::web;
use super::world::{World, until};
use crate::support::Nats;

fn bytes(frame: Frame) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame.write(&mut bytes);
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_are_seen_without_secrets_and_commands_run_until_their_reader_is_gone() {
    let world = World::new().await;
    let body = web("one", "").replace("env: {", "env: { SAY: token,") + "secret token {}\n";
    world.deploy(&world.release(1, 5, &body).await, None).await;
    let nats = Nats::start();
    let bus = Bus::connect(&nats.url(), "test").await.unwrap();
    bus.until_connected(Duration::from_secs(10)).await.unwrap();
    bus.set_up().await.unwrap();
    let stop = CancellationToken::new();
    let notices = Notices::listen(&world.store, stop.clone());
    let serving = tokio::spawn(DeployAgent::new(world.store.clone(), world.docker.clone(), Timing::default()).run(
        bus.clone(),
        notices,
        stop.clone(),
    ));
    let target = world.docker.name().to_owned();

    let request = LogsRequest { environment: world.environment.clone(), query: LogQuery::default() };
    let mut lines = Vec::new();
    until("the agent listens", async || agent::open(bus.client(), &target, LOGS, &request).await.is_ok()).await;
    let mut conversation = agent::open(bus.client(), &target, LOGS, &request).await.unwrap();
    while let Ok(message) = conversation.ear.next().await {
        match serde_json::from_slice(&message).unwrap() {
            LogsAnswer::Line(line) => lines.push(line.line),
            LogsAnswer::End => break,
            LogsAnswer::Failed(failure) => panic!("{failure:?}"),
        }
    }
    assert_eq!(lines, ["says ••••••", "listens one"]);

    let exec = |command: &[&str]| ExecRequest {
        environment: world.environment.clone(),
        query: ExecQuery {
            node: "service/web".parse().unwrap(),
            replica: None,
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            terminal: None,
        },
    };
    let request = exec(&["sh", "-c", "read x; echo got $x >&2; exit 7"]);
    let mut conversation = agent::open(bus.client(), &target, EXEC, &request).await.unwrap();
    conversation.mouth.say(bytes(Frame::Input(b"abc\n".to_vec()))).await.unwrap();
    let (mut buffer, mut frames) = (Vec::new(), Vec::new());
    while !frames.iter().any(|frame| matches!(frame, Frame::Exit(_) | Frame::Problem(_))) {
        buffer.extend(conversation.ear.next().await.expect("it ends with a last frame"));
        while let Some(frame) = Frame::take(&mut buffer).unwrap() {
            frames.push(frame);
        }
    }
    assert_eq!(frames, [Frame::ErrorOutput(b"got abc\n".to_vec()), Frame::Exit(Some(7))]);

    // Whoever asked goes away.
    let begun = std::time::Instant::now();
    drop(agent::open(bus.client(), &target, EXEC, &exec(&["sleep", "4711"])).await.unwrap());
    let container = world.running("service/web").await.remove(0);
    until("the command has ended", async || {
        let command = ["sh", "-c", "ps | grep -c '[s]leep 4711'"].map(str::to_owned);
        world.engine.run_in(&container, &command, Duration::from_secs(5)).await.unwrap().output.trim() == "0"
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(15), "its end is said, not waited for: {:?}", begun.elapsed());
    let written: i64 = sqlx::query_scalar("SELECT count(*) FROM instances WHERE state = 'running'")
        .fetch_one(world.store.pool())
        .await
        .unwrap();
    assert_eq!(written, 1, "the agent says what it sees");
    stop.cancel();
    serving.await.unwrap();
}

/// Both ends of a conversation over a private bus, without an agent.
async fn both_ends(bus: &Bus, verb: &str) -> (agent::Conversation, agent::Conversation) {
    let mut asked = bus.client().subscribe(helios::bus::subjects::agent("test", verb)).await.unwrap();
    bus.client().flush().await.unwrap();
    let client = bus.client().clone();
    let answering = tokio::spawn(async move {
        let message = futures::StreamExt::next(&mut asked).await.unwrap();
        agent::accept::<String>(&client, &message).await.unwrap().unwrap().1
    });
    let asking = agent::open(bus.client(), "test", verb, &"a request").await.unwrap();
    (asking, answering.await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_heard_whole_or_ends_and_has_bounds() {
    let nats = Nats::start();
    let bus = Bus::connect(&nats.url(), "test").await.unwrap();
    bus.until_connected(Duration::from_secs(10)).await.unwrap();

    // Who speaks waits for who listens.
    let (mut asking, mut answering) = both_ends(&bus, "much").await;
    let said = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&said);
    let speaking = tokio::spawn(async move {
        for number in 0..200_u8 {
            asking.mouth.say(vec![number; 60_000]).await.unwrap();
            counted.fetch_add(60_000, std::sync::atomic::Ordering::SeqCst);
        }
        asking
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(said.load(std::sync::atomic::Ordering::SeqCst) <= agent::WINDOW as usize, "{said:?}");
    for number in 0..200_u8 {
        assert_eq!(answering.ear.next().await.unwrap(), vec![number; 60_000]);
    }
    // An end is heard at once, behind what was said before.
    let mut asking = speaking.await.unwrap();
    asking.mouth.say("last").await.unwrap();
    drop(asking);
    assert_eq!(answering.ear.next().await.unwrap(), "last");
    let end = tokio::time::timeout(Duration::from_secs(5), answering.ear.next()).await.unwrap();
    assert!(matches!(end, Err(agent::AgentError::Gone)), "{end:?}");

    // What is lost is not passed over.
    let mut all = bus.client().subscribe("_INBOX.>").await.unwrap();
    bus.client().flush().await.unwrap();
    let (mut asking, mut answering) = both_ends(&bus, "lost").await;
    answering.mouth.say("one").await.unwrap();
    let subject = loop {
        let message = futures::StreamExt::next(&mut all).await.unwrap();
        if message.payload == "one" {
            break message.subject;
        }
    };
    let mut headers = async_nats::HeaderMap::new();
    headers.insert("Helios-Number", "3");
    bus.client().publish_with_headers(subject, headers, "three".into()).await.unwrap();
    assert_eq!(asking.ear.next().await.unwrap(), "one");
    let lost = asking.ear.next().await;
    assert!(matches!(lost, Err(agent::AgentError::Lost)), "{lost:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_has_started_again_knows_the_secrets_of_what_still_runs() {
    let world = World::new().await;
    let body = |version: &str| {
        let loud = "command: [\"python3\", \"-uc\", \"import os, time; print(os.environ['SAY']); time.sleep(1000)\"]";
        let web = web(version, "").replace("env: {", "env: { SAY: token,") + "secret token {}\n";
        web.replace("command: [\"python3\", \"/program.py\"]", loud).replace("health: http(path: \"/\", every: 1s)", "")
    };
    let first = world.release(1, 5, &body("one")).await;
    world.deploy(&first, None).await;
    world.is_live(&first).await;
    // The first it hears of is the next release, with another value.
    let docker = world.restarted();
    let second = world.release(2, 6, &body("one")).await;
    let (context, _lines) = super::world::context();
    let job = world.job(helios::domain::job::Phase::Release, &second, Some(&first));
    docker.apply(&job, &context).await.unwrap();

    let nats = Nats::start();
    let bus = Bus::connect(&nats.url(), "test").await.unwrap();
    bus.until_connected(Duration::from_secs(10)).await.unwrap();
    bus.set_up().await.unwrap();
    let stop = CancellationToken::new();
    let notices = Notices::listen(&world.store, stop.clone());
    let agent = DeployAgent::new(world.store.clone(), docker, Timing::default());
    let serving = tokio::spawn(agent.run(bus.clone(), notices, stop.clone()));
    let request = LogsRequest { environment: world.environment.clone(), query: LogQuery::default() };
    until("the agent listens", async || agent::open(bus.client(), &world.target, LOGS, &request).await.is_ok()).await;
    let mut conversation = agent::open(bus.client(), &world.target, LOGS, &request).await.unwrap();
    let mut lines = Vec::new();
    while let Ok(message) = conversation.ear.next().await {
        match serde_json::from_slice(&message).unwrap() {
            LogsAnswer::Line(line) => lines.push(line.line),
            LogsAnswer::End => break,
            LogsAnswer::Failed(failure) => panic!("{failure:?}"),
        }
    }
    assert_eq!(lines, ["••••••"]);
    stop.cancel();
    serving.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_several_containers_come_by_their_time() {
    let world = World::new().await;
    let talker = |name: &str| {
        format!(
            "service {name} {{ image: \"busybox:1\", stop_signal: sigkill, update: {{ monitor: 0s }}, \
             command: [\"sh\", \"-c\", \"for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.2; done; sleep 1000\"] }}\n"
        )
    };
    let release = world.release(1, 1, &(talker("one") + &talker("two") + &talker("three"))).await;
    world.deploy(&release, None).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let lines = world.docker.logs(&world.environment, LogQuery::default()).await.unwrap();
    let lines: Vec<_> = futures::StreamExt::collect::<Vec<_>>(lines).await;
    assert_eq!(lines.len(), 24);
    assert!(lines.is_sorted_by_key(|line| line.at), "{lines:?}");
    assert!(lines[..8].iter().any(|line| line.node != lines[0].node), "they are mixed: {lines:?}");
}
