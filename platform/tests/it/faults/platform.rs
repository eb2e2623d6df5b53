//! The whole platform, its roles in processes of their own, on services of its own, any of which a test may kill.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use helios::artifacts::Artifacts;
use helios::bundle;
use helios::roles::serve::{self, Role};
use helios::settings::Settings;
use helios::store::deployments::{self, NewDeployment};
use helios::store::environments;
use helios::store::{Store, Tx};
use helios_client::{Deployment, DeploymentKind, DeploymentState};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::bundle::project;
use crate::support::world::TIMING;
use crate::support::{Caddy, Database, Nats, Postgres, directory, free_port};

const ROLE: &str = "HELIOS_TEST_ROLE";

/// A role's process: this test, run again with its settings in its environment. Without them there is nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn process_of_a_role() {
    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        settings: Settings,
    }
    let Ok(role) = std::env::var(ROLE) else { return };
    helios::telemetry::init("pretty");
    let settings = <Arguments as clap::Parser>::parse_from(["helios"]).settings;
    let role = <Role as clap::ValueEnum>::from_str(&role, false).unwrap();
    let (ready, _) = tokio::sync::oneshot::channel();
    serve::run(settings, [role].into(), CancellationToken::new(), ready).await.unwrap();
}

pub(super) struct Platform {
    pub(super) database: Database,
    pub(super) nats: Nats,
    pub(super) store: Store,
    /// Where the container engine listens.
    engine: String,
    target: String,
    http: u16,
    api: u16,
    environment: Vec<(&'static str, String)>,
    processes: BTreeMap<&'static str, Child>,
    pub(super) caddy: Caddy,
    artifacts: Artifacts,
    pub(super) org: Uuid,
    place: Uuid,
    data: tempfile::TempDir,
}

/// The engine of this machine, which all tests share.
pub(super) const SHARED: &str = "unix:///var/run/docker.sock";

pub(super) const ROLES: [&str; 4] = ["api", "oal-worker", "build-worker", "deploy-agent"];

fn program(app: &str, version: &str) -> String {
    format!(
        r#"app {app} {{}}
service web {{
  image: "python:3.12-slim"
  command: ["python3", "/program.py"]
  files: {{ "/program.py": file(path: "program.py") }}
  env: {{ VERSION: "{version}" }}
  ports: {{ http: 8000 }}
  resources: {{ cpu: 500m, memory: 64MiB }}
  health: http(path: "/ready", every: 1s, retries: 2)
  update: {{ monitor: 300ms }}
  stop_grace: 30s
}}
route site {{ host: "{app}.localhost", to: web.http, tls: off }}
"#
    )
}

impl Platform {
    /// All roles, on the engine of this machine.
    pub(super) async fn start() -> Self {
        let mut platform = Self::new(SHARED).await;
        platform.start_roles();
        platform
    }

    /// The services; no role runs yet.
    pub(super) async fn new(engine: &str) -> Self {
        let database = Database::on(Arc::new(Postgres::start())).await;
        let (nats, store) = (Nats::start(), database.store().await);
        let (org, app) = (Uuid::now_v7(), Uuid::now_v7());
        let target = format!("test-{}", org.simple());
        sqlx::query("INSERT INTO orgs (id, name) VALUES ($1, 'acme')").bind(org).execute(store.pool()).await.unwrap();
        let insert = "INSERT INTO apps (id, org_id, name) VALUES ($1, $2, 'shop')";
        sqlx::query(insert).bind(app).bind(org).execute(store.pool()).await.unwrap();
        let mut tx = store.tenant(org).await.unwrap();
        let place = environments::ensure(&mut tx, org, app, "default", &target).await.unwrap();
        tx.commit().await.unwrap();

        let data = directory("faults");
        let (caddy, http, https) = (Caddy::start(data.path()), free_port(), free_port());
        let api = free_port();
        let environment = vec![
            ("DATABASE_URL", database.url.clone()),
            ("NATS_URL", nats.url()),
            ("HELIOS_DATA", data.path().display().to_string()),
            ("HELIOS_RUN", data.path().join("run").display().to_string()),
            ("HELIOS_LISTEN", format!("127.0.0.1:{api}")),
            ("DOCKER_HOST", engine.to_owned()),
            ("HELIOS_TARGET", target.clone()),
            ("HELIOS_PROGRAM", env!("CARGO_BIN_EXE_helios").to_owned()),
            ("HELIOS_EDGE_ADMIN", format!("http://127.0.0.1:{}", caddy.admin)),
            ("HELIOS_EDGE_HTTP_PORT", http.to_string()),
            ("HELIOS_EDGE_HTTPS_PORT", https.to_string()),
            ("HELIOS_EDGE_ADDRESS", "127.0.0.1".to_owned()),
            // Builds that a test holds up leave room for others.
            ("HELIOS_BUILD_SLOTS", "4".to_owned()),
            ("HELIOS_LEASE", format!("{}ms", TIMING.lease.as_millis())),
            ("HELIOS_RENEWAL", format!("{}ms", TIMING.renewal.as_millis())),
            ("HELIOS_SWEEP", format!("{}ms", TIMING.sweep.as_millis())),
        ];
        let artifacts = Artifacts::open(data.path().join("artifacts")).unwrap();
        Self {
            database,
            nats,
            store,
            engine: engine.to_owned(),
            target,
            http,
            api,
            environment,
            processes: BTreeMap::new(),
            caddy,
            artifacts,
            org,
            place,
            data,
        }
    }

    /// Says something else to the roles that start from now on.
    pub(super) fn set(&mut self, name: &'static str, value: &str) {
        self.environment.retain(|(old, _)| *old != name);
        self.environment.push((name, value.to_owned()));
    }

    pub(super) fn start_roles(&mut self) {
        ROLES.into_iter().for_each(|role| self.restart(role));
    }

    /// Kills the process of a role, if it runs, and starts another.
    pub(super) fn restart(&mut self, role: &'static str) {
        if let Some(mut child) = self.processes.remove(role) {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log(role)).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(std::env::current_exe().unwrap());
        command.args(["--exact", "faults::platform::process_of_a_role", "--nocapture"]).env(ROLE, role);
        command.envs(self.environment.iter().cloned());
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        self.processes.insert(role, child);
    }

    /// What all roles have logged.
    pub(super) fn logs(&self) -> String {
        ROLES.iter().map(|role| std::fs::read_to_string(self.log(role)).unwrap_or_default()).collect()
    }

    fn log(&self, role: &str) -> std::path::PathBuf {
        self.data.path().join(format!("{role}.log"))
    }

    pub(super) async fn deploy(&self, version: &str) -> Uuid {
        self.deploy_to(self.place, "shop", version).await
    }

    /// The environment of `shop`.
    pub(super) const fn place(&self) -> Uuid {
        self.place
    }

    /// A new application with an environment; the environment.
    pub(super) async fn add(&self, name: &str) -> Uuid {
        let app = Uuid::now_v7();
        let insert = "INSERT INTO apps (id, org_id, name) VALUES ($1, $2, $3)";
        sqlx::query(insert).bind(app).bind(self.org).bind(name).execute(self.store.pool()).await.unwrap();
        let mut tx = self.store.tenant(self.org).await.unwrap();
        let place = environments::ensure(&mut tx, self.org, app, "default", &self.target).await.unwrap();
        tx.commit().await.unwrap();
        place
    }

    pub(super) async fn deploy_to(&self, place: Uuid, app: &str, version: &str) -> Uuid {
        let files = [("app.oal", &*program(app, version)), ("program.py", include_str!("../target/program.py"))];
        let mut tx = self.store.tenant(self.org).await.unwrap();
        let id = self.ask_for(&mut tx, place, &files).await;
        tx.commit().await.unwrap();
        id
    }

    /// Asks for the deployment of these files.
    pub(super) async fn ask_for(&self, tx: &mut Tx, place: Uuid, files: &[(&str, &str)]) -> Uuid {
        let project = project(files);
        // Nothing is left out, whatever a program names.
        let named = files.iter().map(|(path, _)| *path).collect::<bundle::Named>();
        let packed = bundle::pack(project.path(), &named, &bundle::Limits::PROJECT).unwrap();
        let new = NewDeployment {
            org: self.org,
            environment: place,
            kind: DeploymentKind::Deploy,
            source_digest: self.artifacts.put(&std::fs::read(packed.path()).unwrap()).unwrap(),
            params: BTreeMap::new(),
            from_release: None,
            requested_by: None,
            request_id: None,
        };
        deployments::create(tx, &new).await.unwrap()
    }

    pub(super) async fn deployment(&self, id: Uuid) -> Deployment {
        let mut tx = self.store.tenant(self.org).await.unwrap();
        deployments::get(&mut tx, self.org, id).await.unwrap().unwrap()
    }

    /// Follows a deployment to its end; `fault` is told each state that is seen, once. The states that were seen.
    pub(super) async fn follow(
        &mut self,
        id: Uuid,
        mut fault: impl AsyncFnMut(&mut Self, DeploymentState),
    ) -> Vec<DeploymentState> {
        let mut seen = Vec::new();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(420);
        loop {
            let found = self.deployment(id).await;
            if seen.last() != Some(&found.state) {
                seen.push(found.state);
                if found.state.is_terminal() {
                    assert_eq!(found.failure, None, "{seen:?}\n{}", self.logs());
                    return seen;
                }
                fault(self, found.state).await;
            }
            if tokio::time::Instant::now() > deadline {
                panic!("it does not end: {seen:?}\n{}", self.logs());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What must be so once nothing is under way.
    pub(super) async fn is_as_it_says(&self, version: &str) {
        let open: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')")
            .fetch_one(self.store.pool())
            .await
            .unwrap();
        assert_eq!(open, 0);
        assert_eq!(self.objects(&["ps", "-aq"]).len(), 1, "no container is left over");
        assert_eq!(self.answer("shop").await, version);
    }

    /// What the application says to a visitor.
    pub(super) async fn answer(&self, app: &str) -> String {
        self.ask(app, "").await
    }

    pub(super) async fn ask(&self, app: &str, path: &str) -> String {
        // Another test may have done so.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://127.0.0.1:{}/{path}", self.http);
        let answer = client.get(url).header("Host", format!("{app}.localhost")).send().await.unwrap();
        answer.text().await.unwrap()
    }

    /// The container of a run whose job stands like this; its id.
    pub(super) async fn run_left_over(&self, state: &str) -> String {
        let job = Uuid::now_v7();
        sqlx::query(
            "INSERT INTO jobs (id, org_id, environment_id, kind, stage, subject, body, state, deadline, sent) \
             VALUES ($1, $2, $3, 'run', 'run', 'helios.job.test', '{}', $4, now() + interval '1 hour', 1)",
        )
        .bind(job)
        .bind(self.org)
        .bind(self.place)
        .bind(state)
        .execute(self.store.pool())
        .await
        .unwrap();
        let mut run = self.docker();
        run.args(["run", "-d", "--init", "--label", "helios.role=run"]);
        run.args(["--label", &format!("helios.target={}", self.target), "--label", &format!("helios.job={job}")]);
        run.args(["--label", &format!("helios.environment={}", self.place), "busybox:1", "sleep", "1000"]);
        let ran = run.output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8_lossy(&ran.stdout).trim().to_owned()
    }

    /// Waits until the edge has been told again: one that has started anew knows nothing.
    pub(super) async fn serves(&self) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while tokio::net::TcpStream::connect(("127.0.0.1", self.http)).await.is_err() {
            assert!(tokio::time::Instant::now() < deadline, "the edge serves nothing\n{}", self.logs());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Asks, and waits for no answer.
    pub(super) fn ask_later(&self, app: &str, path: &str) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://127.0.0.1:{}/{path}", self.http);
        tokio::spawn(client.get(url).header("Host", format!("{app}.localhost")).send());
    }

    /// Returns when a worker has taken the job of a deployment's state.
    pub(super) async fn works_on(&self, id: Uuid, state: DeploymentState) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        let running = "SELECT count(*) FROM jobs WHERE deployment_id = $1 AND stage = $2 AND state = 'running'";
        let running = async || -> i64 {
            sqlx::query_scalar(running).bind(id).bind(state.name()).fetch_one(self.store.pool()).await.unwrap()
        };
        while running().await == 0 {
            assert!(tokio::time::Instant::now() < deadline, "nobody works on {state:?}\n{}", self.logs());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// How often the roles have said that they try a job again.
    pub(super) fn tries_again(&self) -> usize {
        self.logs().matches("the job is tried again").count()
    }

    /// Returns when they have said it more often than `tries` times.
    pub(super) async fn tries_more_often_than(&self, tries: usize) {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        while self.tries_again() <= tries {
            assert!(tokio::time::Instant::now() < deadline, "nothing is tried again\n{}", self.logs());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(super) fn objects(&self, command: &[&str]) -> Vec<String> {
        let filter = format!("label=helios.target={}", self.target);
        let listed = self.docker().args(command).args(["--filter", &filter]).output();
        let listed = listed.expect("the command `docker` is installed");
        String::from_utf8_lossy(&listed.stdout).lines().map(str::to_owned).collect()
    }

    /// Where the platform keeps what it keeps.
    pub(super) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Where the API listens.
    pub(super) fn api(&self) -> String {
        format!("http://127.0.0.1:{}", self.api)
    }

    /// Where the container engine listens.
    pub(super) fn engine(&self) -> &str {
        &self.engine
    }

    /// The engine's command.
    pub(super) fn docker(&self) -> Command {
        let mut docker = Command::new("docker");
        docker.args(["--host", &self.engine]);
        docker
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        for child in self.processes.values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
        for (list, remove) in [
            (&["ps", "-aq"][..], &["rm", "-fv"][..]),
            (&["network", "ls", "-q"], &["network", "rm"]),
            (&["volume", "ls", "-q"], &["volume", "rm", "-f"]),
        ] {
            let found = self.objects(list);
            if !found.is_empty() {
                let _ = self.docker().args(remove).args(found).output();
            }
        }
    }
}
