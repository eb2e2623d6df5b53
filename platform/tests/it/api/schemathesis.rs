//! Serves the API for schemathesis, which sends what the description allows and what it does not. Ignored without it:
//! `platform/tests/schemathesis/run` installs it and runs this.

use std::process::Command;

use futures::StreamExt;
use helios::api::limits::Allowance;
use helios::bus::agent::{self, LogsAnswer, LogsRequest};
use helios::bus::subjects;

use super::{Served, operations::release, shop};
use crate::support::Nats;

/// An agent of every target that has nothing to show.
async fn quiet_agent(bus: async_nats::Client) {
    let mut asked = bus.subscribe(subjects::agent("*", agent::LOGS)).await.unwrap();
    bus.flush().await.unwrap();
    tokio::spawn(async move {
        while let Some(message) = asked.next().await {
            if let Some((_, mut talk)) = agent::accept::<LogsRequest>(&bus, &message).await.unwrap() {
                talk.mouth.say(serde_json::to_vec(&LogsAnswer::End).unwrap()).await.unwrap();
            }
        }
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes schemathesis: run platform/tests/schemathesis/run"]
async fn schemathesis_finds_nothing() {
    let program = std::env::var_os("SCHEMATHESIS").expect("SCHEMATHESIS names the program");
    let nats = Nats::start();
    let bus = async_nats::connect(nats.url()).await.unwrap();
    quiet_agent(bus.clone()).await;
    let plenty = Allowance { per_token: 100_000, per_address: 100_000, failures: 100_000, ..Allowance::default() };
    let served = Served::with(plenty, Some(bus)).await;
    let (caller, secret) = served.organisation("acme").await;
    shop(&served.client(&secret)).await;
    release(&served, caller.org, "shop", "production").await;
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    // it keeps what it found where it runs
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command
        .args(["--config-file", &format!("{package}tests/schemathesis/schemathesis.toml")])
        .args(["run", &format!("{package}openapi.json"), "--url", &served.url("")])
        .current_dir(directory.path())
        .env("HELIOS_TOKEN", &secret);
    let status = tokio::task::spawn_blocking(move || command.status()).await.unwrap().unwrap();
    assert!(status.success(), "see above");
}
