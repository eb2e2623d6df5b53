//! A private NATS server with JetStream.

use std::time::Duration;

use async_nats::ConnectOptions;
use rustix::process::Signal;

use super::LocalError;
use super::child::{Child, Start, find_program};
use super::directory::{Chosen, Directory};

/// A NATS server of our own.
#[derive(Debug)]
pub struct Nats {
    /// The server.
    pub child: Child,
    /// How to reach it, with the credentials.
    pub url: String,
}

/// Starts a server with its streams in the directory.
///
/// # Errors
/// Not installed; the disk; it does not start.
pub async fn start(directory: &Directory, chosen: &Chosen) -> Result<Nats, LocalError> {
    let program = find_program("nats-server", &[])
        .ok_or(LocalError::Missing { program: "nats-server", package: "nats-server" })?;
    let store = directory.at("nats");
    std::fs::create_dir_all(&store).map_err(LocalError::io(&store))?;
    // Strings of the configuration are JSON strings, too.
    let configuration = serde_json::json!({
        "host": "127.0.0.1",
        "port": chosen.nats_port,
        "jetstream": { "store_dir": store },
        "authorization": { "user": "helios", "password": chosen.nats_password },
        "max_payload": 1_048_576,
    });
    let file = directory.write_private("nats.conf", configuration.to_string().as_bytes())?;
    let mut child = Child::start(Start {
        name: "NATS",
        program: &program,
        arguments: vec!["-c".to_owned(), file.display().to_string()],
        environment: Vec::new(),
        user: None,
        end: Signal::TERM,
    })?;
    let url = format!("nats://helios:{}@127.0.0.1:{}", chosen.nats_password, chosen.nats_port);
    let answers = || async {
        let options = ConnectOptions::with_user_and_password("helios".to_owned(), chosen.nats_password.clone());
        options.connect(format!("127.0.0.1:{}", chosen.nats_port)).await.is_ok()
    };
    child.until_ready(Duration::from_secs(20), answers).await?;
    Ok(Nats { child, url })
}
