//! The whole platform, its roles in processes of their own, while these are killed and the services below them fail: a deployment
//! comes to its end all the same, and what runs is what it says.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use helios::artifacts::Artifacts;
use helios::bundle;
use helios::local::child::find_program;
use helios::roles::serve::{self, Role};
use helios::settings::Settings;
use helios::store::Store;
use helios::store::deployments::{self, NewDeployment};
use helios::store::environments;
use helios_client::{DeploymentKind, DeploymentState};
use rustix::process::Signal;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::server::Server;
use crate::support::{Database, Nats, Postgres, directory, free_port};

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
    let settings = <Arguments as clap::Parser>::parse_from(["helios"]).settings;
    let role = <Role as clap::ValueEnum>::from_str(&role, false).unwrap();
    let (ready, _) = tokio::sync::oneshot::channel();
    serve::run(settings, [role].into(), CancellationToken::new(), ready).await.unwrap();
}

struct Platform {
    database: Database,
    nats: Nats,
    store: Store,
    target: String,
    http: u16,
    environment: Vec<(&'static str, String)>,
    processes: BTreeMap<&'static str, Child>,
    caddy: Option<Server>,
    artifacts: Artifacts,
    org: Uuid,
    place: Uuid,
    data: tempfile::TempDir,
}

const ROLES: [&str; 4] = ["api", "oal-worker", "build-worker", "deploy-agent"];

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
}}
route site {{ host: "{app}.localhost", to: web.http, tls: off }}
"#
    )
}

impl Platform {
    async fn start() -> Self {
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
        let (admin, http, https) = (free_port(), free_port(), free_port());
        let configuration = serde_json::json!({
            "admin": { "listen": format!("127.0.0.1:{admin}"), "config": { "persist": false } },
            "storage": { "module": "file_system", "root": data.path().join("caddy") },
        });
        let file = data.path().join("caddy.json");
        std::fs::write(&file, configuration.to_string()).unwrap();
        let caddy = find_program("caddy", &[]).expect("Caddy is installed: apt-get install caddy");
        let arguments = ["run", "--config", file.to_str().unwrap()].map(str::to_owned);
        let caddy = Server::start(&caddy, &arguments, None, "KILL", &data.path().join("caddy.log"), admin);
        let environment = vec![
            ("DATABASE_URL", database.url.clone()),
            ("NATS_URL", nats.url()),
            ("HELIOS_DATA", data.path().display().to_string()),
            ("HELIOS_RUN", data.path().join("run").display().to_string()),
            ("HELIOS_LISTEN", "127.0.0.1:0".to_owned()),
            ("HELIOS_TARGET", target.clone()),
            ("HELIOS_EDGE_ADMIN", format!("http://127.0.0.1:{admin}")),
            ("HELIOS_EDGE_HTTP_PORT", http.to_string()),
            ("HELIOS_EDGE_HTTPS_PORT", https.to_string()),
            ("HELIOS_EDGE_ADDRESS", "127.0.0.1".to_owned()),
        ];
        let artifacts = Artifacts::open(data.path().join("artifacts")).unwrap();
        let processes = BTreeMap::new();
        let mut platform =
            Self { database, nats, store, target, http, environment, processes, caddy, artifacts, org, place, data };
        ROLES.into_iter().for_each(|role| platform.restart(role));
        platform
    }

    /// Kills the process of a role, if it runs, and starts another.
    fn restart(&mut self, role: &'static str) {
        if let Some(mut child) = self.processes.remove(role) {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log(role)).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(std::env::current_exe().unwrap());
        command.args(["--exact", "faults::process_of_a_role", "--nocapture"]).env(ROLE, role);
        command.envs(self.environment.iter().cloned());
        let child = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        self.processes.insert(role, child);
    }

    fn log(&self, role: &str) -> std::path::PathBuf {
        self.data.path().join(format!("{role}.log"))
    }

    async fn deploy(&self, version: &str) -> Uuid {
        self.deploy_to(self.place, "shop", version).await
    }

    /// A new application with an environment; the environment.
    async fn add(&self, name: &str) -> Uuid {
        let app = Uuid::now_v7();
        let insert = "INSERT INTO apps (id, org_id, name) VALUES ($1, $2, $3)";
        sqlx::query(insert).bind(app).bind(self.org).bind(name).execute(self.store.pool()).await.unwrap();
        let mut tx = self.store.tenant(self.org).await.unwrap();
        let place = environments::ensure(&mut tx, self.org, app, "default", &self.target).await.unwrap();
        tx.commit().await.unwrap();
        place
    }

    async fn deploy_to(&self, place: Uuid, app: &str, version: &str) -> Uuid {
        let project = tempfile::tempdir().unwrap();
        std::fs::write(project.path().join("app.oal"), program(app, version)).unwrap();
        std::fs::write(project.path().join("program.py"), include_str!("target/program.py")).unwrap();
        let packed = bundle::pack(project.path(), &bundle::Named::default(), &bundle::Limits::PROJECT).unwrap();
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
        let mut tx = self.store.tenant(self.org).await.unwrap();
        let id = deployments::create(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// Follows a deployment to its end; `fault` is told each state that is seen, once. The states that were seen.
    async fn follow(
        &mut self,
        id: Uuid,
        mut fault: impl AsyncFnMut(&mut Self, DeploymentState),
    ) -> Vec<DeploymentState> {
        let mut seen = Vec::new();
        let deadline = tokio::time::Instant::now() + Duration::from_secs(420);
        loop {
            let mut tx = self.store.tenant(self.org).await.unwrap();
            let found = deployments::get(&mut tx, self.org, id).await.unwrap().unwrap();
            tx.commit().await.unwrap();
            if seen.last() != Some(&found.state) {
                seen.push(found.state);
                if found.state.is_terminal() {
                    assert_eq!(found.failure, None, "{seen:?}");
                    return seen;
                }
                fault(self, found.state).await;
            }
            if tokio::time::Instant::now() > deadline {
                let logs: Vec<String> =
                    ROLES.iter().map(|role| std::fs::read_to_string(self.log(role)).unwrap_or_default()).collect();
                panic!("it does not end: {seen:?}\n{}", logs.join("\n"));
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What must be so once nothing is under way.
    async fn is_as_it_says(&self, version: &str) {
        let open: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs WHERE state IN ('queued', 'running')")
            .fetch_one(self.store.pool())
            .await
            .unwrap();
        assert_eq!(open, 0);
        assert_eq!(self.objects(&["ps", "-aq"]).len(), 1, "no container is left over");
        assert_eq!(self.answer("shop").await, version);
    }

    /// What the application says to a visitor.
    async fn answer(&self, app: &str) -> String {
        self.ask(app, "").await
    }

    async fn ask(&self, app: &str, path: &str) -> String {
        // Another test may have done so.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://127.0.0.1:{}/{path}", self.http);
        let answer = client.get(url).header("Host", format!("{app}.localhost")).send().await.unwrap();
        answer.text().await.unwrap()
    }

    fn objects(&self, command: &[&str]) -> Vec<String> {
        let filter = format!("label=helios.target={}", self.target);
        let mut docker = Command::new("docker");
        let listed =
            docker.args(command).args(["--filter", &filter]).output().expect("the command `docker` is installed");
        String::from_utf8_lossy(&listed.stdout).split_whitespace().map(str::to_owned).collect()
    }
}

impl Drop for Platform {
    fn drop(&mut self) {
        for child in self.processes.values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
        for (list, remove) in [(&["ps", "-aq"][..], &["rm", "-fv"][..]), (&["network", "ls", "-q"], &["network", "rm"])]
        {
            let found = self.objects(list);
            if !found.is_empty() {
                let _ = Command::new("docker").args(remove).args(found).output();
            }
        }
        if let Some(caddy) = self.caddy.take() {
            caddy.end(Signal::KILL);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_goes_live_although_every_role_is_killed_on_its_way() {
    let mut platform = Platform::start().await;
    let first = platform.deploy("one").await;
    platform.follow(first, async |_, _| {}).await;
    platform.is_as_it_says("one").await;

    let second = platform.deploy("two").await;
    let seen = platform
        .follow(second, async |platform, state| {
            for role in ["api", "oal-worker", "build-worker"] {
                platform.restart(role);
            }
            // The lease of what it was doing has to run out: not at each state.
            if matches!(state, DeploymentState::Starting | DeploymentState::Shifting) {
                platform.restart("deploy-agent");
            }
        })
        .await;
    assert_eq!(seen.last(), Some(&DeploymentState::Live));
    platform.is_as_it_says("two").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_goes_live_although_bus_and_database_fail_on_its_way() {
    let mut platform = Platform::start().await;
    let id = platform.deploy("one").await;
    let seen = platform
        .follow(id, async |platform, state| match state {
            DeploymentState::Checking | DeploymentState::Starting => platform.nats.wipe(),
            DeploymentState::Releasing => {
                platform.database.server.stop();
                tokio::time::sleep(Duration::from_secs(1)).await;
                platform.database.server.resume();
            }
            DeploymentState::Verifying => {
                platform.nats.stop();
                tokio::time::sleep(Duration::from_secs(1)).await;
                platform.nats.resume();
            }
            DeploymentState::Shifting => {
                platform.database.server.kill();
                platform.database.server.resume();
            }
            _ => {}
        })
        .await;
    assert_eq!(seen.last(), Some(&DeploymentState::Live));
    platform.is_as_it_says("one").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_applications_go_live_at_once() {
    let mut platform = Platform::start().await;
    let mut asked = Vec::new();
    for number in 0..20 {
        let app = format!("app{number}");
        let place = platform.add(&app).await;
        asked.push((platform.deploy_to(place, &app, &app).await, app));
    }
    for (id, app) in &asked {
        let seen = platform.follow(*id, async |_, _| {}).await;
        assert_eq!(seen.last(), Some(&DeploymentState::Live), "{app}");
    }
    for (_, app) in &asked {
        assert_eq!(platform.answer(app).await, *app);
    }
    assert_eq!(platform.objects(&["ps", "-aq"]).len(), asked.len(), "one container each, and none is left over");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_no_longer_works_is_started_again() {
    let mut platform = Platform::start().await;
    let id = platform.deploy("one").await;
    platform.follow(id, async |_, _| {}).await;
    let seen = async |platform: &Platform| -> (Option<String>, Option<chrono::DateTime<chrono::Utc>>) {
        sqlx::query_as("SELECT health, started_at FROM instances").fetch_one(platform.store.pool()).await.unwrap()
    };
    let until = async |platform: &Platform, what: &str, is_so: &dyn Fn(&str, chrono::DateTime<chrono::Utc>) -> bool| {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        loop {
            if let (Some(health), Some(started)) = seen(platform).await
                && is_so(&health, started)
            {
                return started;
            }
            assert!(tokio::time::Instant::now() < deadline, "never {what}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let first = until(&platform, "healthy", &|health, _| health == "healthy").await;
    platform.ask("shop", "break").await;
    let second = until(&platform, "started again", &|health, started| health == "healthy" && started > first).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(seen(&platform).await, (Some("healthy".to_owned()), Some(second)), "once is enough");
    platform.is_as_it_says("one").await;
}
