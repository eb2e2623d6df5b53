//! What a machine needs, and the command that mends what is missing: `helios doctor`.

use std::path::PathBuf;
use std::time::Duration;

use tokio::process::Command;

use super::child::find_program;
use super::postgres;
use crate::engine::Engine;

/// Name of the finding about PostgreSQL.
pub const POSTGRES: &str = "PostgreSQL";
/// Name of the finding about NATS.
pub const NATS: &str = "NATS";

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// What.
    pub name: &'static str,
    /// Whether it is as it must be.
    pub ok: bool,
    /// What was found: a version, or what is wrong.
    pub found: String,
    /// The command that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
    /// What does not work as well as it could, although it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Finding {
    fn good(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, ok: true, found: found.into(), mend: None, note: None }
    }

    fn bad(name: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { name, ok: false, found: found.into(), mend: Some(mend.into()), note: None }
    }
}

/// Looks at everything, in the order it is needed.
pub async fn look(docker_host: &str) -> Vec<Finding> {
    vec![
        program(POSTGRES, postgres::programs().map(|path| path.join("postgres")), "--version", "postgresql").await,
        nats().await,
        program("Caddy", find_program("caddy", &[]), "version", "caddy").await,
        program("setpriv", find_program("setpriv", &[]), "--version", "util-linux").await,
        engine(docker_host).await,
    ]
}

async fn program(name: &'static str, path: Option<PathBuf>, version: &str, package: &str) -> Finding {
    let Some(path) = path else {
        return Finding::bad(name, "not installed", format!("apt-get install {package}"));
    };
    let asked = Command::new(&path).arg(version).output();
    match tokio::time::timeout(Duration::from_secs(5), asked).await {
        Ok(Ok(output)) if output.status.success() => {
            let said = String::from_utf8_lossy(&output.stdout);
            Finding::good(name, said.lines().next().unwrap_or_default().trim())
        }
        _ => Finding::bad(
            name,
            format!("{} does not run", path.display()),
            format!("apt-get install --reinstall {package}"),
        ),
    }
}

async fn nats() -> Finding {
    let mut finding = program(NATS, find_program("nats-server", &[]), "--version", "nats-server").await;
    let version = finding.found.rsplit_once('v').map(|(_, version)| version.to_owned());
    let minor = version.and_then(|version| {
        let mut parts = version.split('.').map(str::parse::<u32>);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    });
    if finding.ok && minor.is_some_and(|minor| minor < (2, 10)) {
        finding.note = Some(
            "before 2.10 it cannot write every message to disk at once; nothing is lost by that here, \
            PostgreSQL has the truth and sends again, but for several machines take 2.12 or later"
                .to_owned(),
        );
    }
    finding
}

async fn engine(host: &str) -> Finding {
    let name = "container engine";
    let asked = async { Engine::connect(host).await?.about().await };
    match tokio::time::timeout(Duration::from_secs(5), asked).await {
        Ok(Ok(facts)) => Finding::good(name, format!("{} (API {}), data in {}", facts.version, facts.api, facts.data)),
        Ok(Err(error)) => Finding::bad(name, error.to_string(), start_engine()),
        Err(_) => Finding::bad(name, format!("`{host}` accepts a call and does not answer it"), start_engine()),
    }
}

/// The command that gives this user an engine.
fn start_engine() -> &'static str {
    if find_program("dockerd", &[]).is_none() {
        "apt-get install docker.io"
    } else if rustix::process::geteuid().is_root() {
        "systemctl start docker, or without systemd: dockerd &"
    } else {
        "sudo systemctl start docker; sudo usermod -aG docker $USER; then log in again"
    }
}
