//! The command line against a platform: `helios serve all` on a PostgreSQL, a NATS and a Caddy of its own and the shared
//! container engine.

mod access;
mod backups;
mod canary;
mod deployments;
mod health;
mod running;
mod terminal;
mod traces;
mod upgrade;
mod values;

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};

use rustix::process::Signal;

use super::sandbox::{Ran, Sandbox};
use crate::support::server::Server;
use crate::support::{Caddy, Database, Nats, directory, free_port};

/// Answers over HTTP with what `VERSION` is.
const PROGRAM: &str = include_str!("../target/program.py");

/// A platform that runs.
struct Live {
    url: String,
    token: String,
    org: String,
    port: u16,
    arguments: Vec<String>,
    server: Option<Server>,
    database: Database,
    data: tempfile::TempDir,
    _caddy: Caddy,
    nats: Nats,
}

impl Live {
    /// The platform that the tests of this process share.
    fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Live>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap();
        shared.upgrade().unwrap_or_else(|| {
            let live = Arc::new(Self::start());
            *shared = Arc::downgrade(&live);
            live
        })
    }

    fn start() -> Self {
        Self::start_with(&[])
    }

    /// One whose process has these variables in its environment, each as `NAME=VALUE`.
    fn start_with(environment: &[String]) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (database, nats, data) = (runtime.block_on(Database::new()), Nats::start(), directory("cli"));
        let caddy = Caddy::start(data.path());
        let output = Command::new(env!("CARGO_BIN_EXE_helios"))
            .args(["token", "bootstrap", "acme", "--database-url", &database.url])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let token = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        let org = runtime.block_on(async {
            let store = database.store().await;
            sqlx::query_scalar("SELECT id::text FROM orgs WHERE name = 'acme'").fetch_one(store.pool()).await.unwrap()
        });
        let port = free_port();
        let mut arguments = environment.to_vec();
        arguments.extend([
            env!("CARGO_BIN_EXE_helios").to_owned(),
            "serve".to_owned(),
            "all".to_owned(),
            format!("--database-url={}", database.url),
            format!("--nats-url={}", nats.url()),
            format!("--data={}", data.path().join("data").display()),
            format!("--run={}", data.path().join("run").display()),
            format!("--listen=127.0.0.1:{port}"),
            format!("--edge-admin=http://127.0.0.1:{}", caddy.admin),
            format!("--edge-http-port={}", free_port()),
            format!("--edge-https-port={}", free_port()),
            "--edge-address=127.0.0.1".to_owned(),
        ]);
        let url = format!("http://127.0.0.1:{port}");
        let mut live = Self { url, token, org, port, arguments, server: None, database, data, _caddy: caddy, nats };
        live.resume();
        live
    }

    /// Ends the platform's process in good order and starts another.
    fn restart(&mut self) {
        if let Some(server) = self.server.take() {
            server.end(Signal::TERM);
        }
        self.resume();
    }

    fn resume(&mut self) {
        let log = self.data.path().join("log");
        let server = Server::start(Path::new("env"), &self.arguments, None, "TERM", &log, self.port);
        self.server = Some(server.unwrap_or_else(|| panic!("{}", self.log())));
    }

    /// What the platform has written.
    fn log(&self) -> String {
        std::fs::read_to_string(self.data.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(server) = self.server.take() {
            server.end(Signal::TERM);
        }
        for (list, remove) in [
            (&["ps", "-aq"][..], &["rm", "-fv"][..]),
            (&["network", "ls", "-q"], &["network", "rm"]),
            (&["volume", "ls", "-q"], &["volume", "rm", "-f"]),
            (&["image", "ls", "-q"], &["image", "rm", "-f"]),
        ] {
            let docker = |words: &[&str]| Command::new("docker").args(words).output().unwrap().stdout;
            let filter = format!("label=helios.org={}", self.org);
            let found = String::from_utf8(docker(&[list, &["--filter", &filter]].concat())).unwrap();
            if !found.is_empty() {
                docker(&[remove, &found.split_whitespace().collect::<Vec<_>>()].concat());
            }
        }
    }
}

/// An application of a test: its files, and the platform it is deployed to.
struct App {
    name: &'static str,
    files: Sandbox,
    live: Arc<Live>,
}

impl App {
    /// One with this program, `body` behind its `app` and the environments `dev` and `prod`.
    fn new(name: &'static str, body: &str) -> Self {
        Self::on(Live::shared(), name, body)
    }

    /// The same on a platform of its own.
    fn on(live: Arc<Live>, name: &'static str, body: &str) -> Self {
        let app = Self { name, files: Sandbox::new(), live };
        std::fs::write(app.files.path("program.py"), PROGRAM).unwrap();
        app.program(body);
        app
    }

    /// Replaces the program.
    fn program(&self, body: &str) {
        let name = self.name;
        let text = format!("app {name} {{}}\nenvironment dev {{}}\nenvironment prod {{}}\n{body}");
        std::fs::write(self.files.path("app.oal"), text).unwrap();
    }

    /// `helios` with these arguments, in the directory of the program.
    fn command(&self, arguments: &[&str]) -> Command {
        self.started_by(&[], arguments)
    }

    fn started_by(&self, program: &[&str], arguments: &[&str]) -> Command {
        let mut command = self.files.started_by(program, arguments);
        command.env_remove("HELIOS_DATA").env("HELIOS_URL", &self.live.url).env("HELIOS_TOKEN", &self.live.token);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments), "")
    }

    fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        Ran::of(self.command(arguments), input)
    }

    /// What comes as JSON by standard output.
    #[track_caller]
    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let ran = self.run(arguments).code(0);
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error} in {ran:#?}"))
    }
}

/// A service that says its version.
fn web(version: &str) -> String {
    format!(
        r#"service web {{
  image: "python:3.12-slim"
  command: ["python3", "/program.py"]
  files: {{ "/program.py": file(path: "program.py") }}
  env: {{ VERSION: "{version}" }}
  ports: {{ http: 8000 }}
  resources: {{ cpu: 500m, memory: 64MiB }}
  stop_grace: 1s
  health: http(path: "/ready", every: 1s, retries: 2)
  update: {{ monitor: 0s }}
}}
"#
    )
}
