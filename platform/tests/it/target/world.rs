//! An environment on the shared container engine, with a Caddy of its own; everything it made is gone when it is dropped.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use helios::artifacts::Artifacts;
use helios::bundle::{Limits, Named, pack};
use helios::domain::job::{DeployJob, DeployResult, EnvironmentRef, Instance, IrPayload, Phase, ReleasePayload};
use helios::domain::managed;
use helios::edge::Edge;
use helios::engine::Engine;
use helios::roles::worker::JobContext;
use helios::settings::Settings;
use helios::store::Store;
use helios::target::Target;
use helios::target::docker::{Docker, Parts};
use helios::target::secrets::SecretSource;
use helios::trouble::Trouble;
use helios_client::Failure;
use oal_ir::v1::{Ir, Spec};
use uuid::Uuid;

use crate::support::{Caddy, Database, directory, free_port};

/// Answers over HTTP: who it is, slowly if asked, and for ever badly if told to.
const PROGRAM: &str = include_str!("program.py");

pub(crate) struct World {
    pub(crate) docker: Docker,
    pub(crate) engine: Engine,
    pub(crate) environment: EnvironmentRef,
    pub(crate) http: u16,
    pub(crate) https: u16,
    pub(crate) store: Store,
    pub(crate) artifacts: Artifacts,
    pub(crate) target: String,
    pub(crate) caddy: Caddy,
    project: tempfile::TempDir,
    values: BTreeMap<Uuid, String>,
    data: tempfile::TempDir,
    _database: Database,
}

struct Values(BTreeMap<Uuid, String>);

impl SecretSource for Values {
    fn open<'a>(
        &'a self,
        _: &'a EnvironmentRef,
        versions: &'a BTreeMap<String, Uuid>,
    ) -> helios::target::BoxFuture<'a, Result<BTreeMap<String, String>, Trouble>> {
        Box::pin(async move { Ok(versions.iter().map(|(name, id)| (name.clone(), self.0[id].clone())).collect()) })
    }
}

/// The value of the secret of that number.
pub(crate) fn secret_value(number: u128) -> String {
    format!("canary/{number}@{}", "s3cret".repeat(3))
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = Database::new().await;
        let store = database.store().await;
        let (org, app, id) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
        for (statement, names) in [
            ("INSERT INTO orgs (id, name) VALUES ($1, 'acme')", vec![org]),
            ("INSERT INTO apps (id, org_id, name) VALUES ($2, $1, 'demo')", vec![org, app]),
            ("INSERT INTO environments (id, org_id, app_id, name) VALUES ($3, $1, $2, 'test')", vec![org, app, id]),
        ] {
            let query = names.into_iter().fold(sqlx::query(statement), |query, name| query.bind(name));
            query.execute(store.pool()).await.unwrap();
        }
        let data = directory("target");
        let project = directory("project");
        std::fs::write(project.path().join("program.py"), PROGRAM).unwrap();
        let (caddy, http, https) = (Caddy::start(data.path()), free_port(), free_port());
        let target = format!("test-{}", id.simple());
        let settings = settings(&database.url, data.path(), &target, caddy.admin, http, https);
        let artifacts = Artifacts::open(settings.artifacts()).unwrap();
        let engine = Engine::connect("unix:///var/run/docker.sock").await.expect("a container engine answers");
        let values: BTreeMap<Uuid, String> =
            (1..40).map(|number| (Uuid::from_u128(number), secret_value(number))).collect();
        let docker = Docker::new(Parts {
            name: target.clone(),
            engine: engine.clone(),
            edge: Edge::new(store.clone(), &settings).unwrap(),
            artifacts: artifacts.clone(),
            secrets: Arc::new(Values(values.clone())),
            run: data.path().join("run"),
            data: data.path().to_owned(),
            subnets: settings.subnets,
        });
        let environment =
            EnvironmentRef { org, org_name: "acme".to_owned(), id, app: "demo".to_owned(), name: "test".to_owned() };
        Self {
            docker,
            engine,
            environment,
            http,
            https,
            store,
            artifacts,
            target,
            caddy,
            project,
            values,
            data,
            _database: database,
        }
    }

    /// The same edge, told at another port.
    pub(crate) fn edge_at(&self, admin: u16) -> Edge {
        let url = "postgres://127.0.0.1/none";
        let settings = settings(url, self.data.path(), &self.target, admin, self.http, self.https);
        Edge::new(self.store.clone(), &settings).unwrap()
    }

    /// The target as another process has it that knows nothing yet.
    pub(crate) fn restarted(&self) -> Docker {
        Docker::new(Parts {
            name: self.target.clone(),
            engine: self.engine.clone(),
            edge: self.docker.edge().clone(),
            artifacts: self.artifacts.clone(),
            secrets: Arc::new(Values(self.values.clone())),
            run: self.data.path().join("run"),
            data: self.data.path().to_owned(),
            subnets: helios::settings::SUBNETS,
        })
    }

    /// Writes down that a release is live.
    pub(crate) async fn is_live(&self, release: &ReleasePayload) {
        let (id, deployment) = (Uuid::now_v7(), Uuid::now_v7());
        let IrPayload::Artifact(artifact) = &release.ir else { panic!("an artifact") };
        let mut tx = self.store.system().await.unwrap();
        sqlx::query(
            "INSERT INTO deployments (id, org_id, environment_id, kind, state) VALUES ($1, $2, $3, 'deploy', 'live')",
        )
        .bind(deployment)
        .bind(self.environment.org)
        .bind(self.environment.id)
        .execute(&mut *tx)
        .await
        .unwrap();
        sqlx::query(
            "INSERT INTO releases (id, org_id, environment_id, number, ir_digest, ir_artifact, source_digest, images, \
             secret_versions, digest, deployment_id) VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, '', $9)",
        )
        .bind(id)
        .bind(self.environment.org)
        .bind(self.environment.id)
        .bind(release.number)
        .bind(artifact)
        .bind(&release.source)
        .bind(serde_json::to_value(&release.images).unwrap())
        .bind(serde_json::to_value(&release.secrets).unwrap())
        .bind(deployment)
        .execute(&mut *tx)
        .await
        .unwrap();
        sqlx::query("UPDATE environments SET live_release_id = $1, target = $2 WHERE id = $3")
            .bind(id)
            .bind(&self.target)
            .bind(self.environment.id)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// A release of the program with this body; every secret and credential has the version of this number.
    pub(crate) async fn release(&self, number: i64, secrets: u128, body: &str) -> ReleasePayload {
        let ir = lower(&format!("app demo {{}}\n{body}"));
        let bundle =
            pack(self.project.path(), &["program.py"].into_iter().collect::<Named>(), &Limits::PROJECT).unwrap();
        let source = self.artifacts.put(&std::fs::read(bundle.path()).unwrap()).unwrap();
        let mut images = BTreeMap::new();
        let mut names = BTreeMap::new();
        for (id, component) in &ir.components {
            let own = component.spec.workload().and_then(|work| work.image.as_ref().map(|image| image.to_string()));
            let managed = managed::image(&component.spec).map(|image| match image {
                managed::ImageName::Official(name) | managed::ImageName::Own(name) => name,
            });
            if let Some(name) = own.or(managed) {
                let found = self.engine.image(&name).await.unwrap();
                images.insert(id.clone(), found.unwrap_or_else(|| panic!("`tests/images/build` makes {name}")).id);
            }
            if matches!(component.spec, Spec::Secret(_)) {
                names.insert(id.to_string(), Uuid::from_u128(secrets));
            }
            for credential in managed::credentials(&component.spec) {
                names.insert(format!("{id}#{}", credential.name), Uuid::from_u128(secrets));
            }
        }
        let digest = self.artifacts.put(&ir.to_canonical().unwrap()).unwrap();
        ReleasePayload {
            number,
            ir: IrPayload::Artifact(digest),
            source,
            images,
            copies: BTreeMap::new(),
            secrets: names,
        }
    }

    pub(crate) fn job(&self, phase: Phase, release: &ReleasePayload, previous: Option<&ReleasePayload>) -> DeployJob {
        DeployJob {
            environment: self.environment.clone(),
            phase,
            release: release.clone(),
            previous: previous.cloned(),
            give_up: std::collections::BTreeSet::new(),
        }
    }

    /// Does a phase; with the lines it logged.
    pub(crate) async fn phase(
        &self,
        phase: Phase,
        release: &ReleasePayload,
        previous: Option<&ReleasePayload>,
    ) -> (DeployResult, Vec<String>) {
        let job = self.job(phase, release, previous);
        let (context, mut lines) = context();
        let result = self.docker.apply(&job, &context).await.unwrap_or_else(|error| panic!("{phase:?}: {error:?}"));
        let mut log = Vec::new();
        while let Ok(entry) = lines.try_recv() {
            log.push(entry.line);
        }
        (result, log)
    }

    /// Does a phase that must go well.
    pub(crate) async fn done(
        &self,
        phase: Phase,
        release: &ReleasePayload,
        previous: Option<&ReleasePayload>,
    ) -> Vec<String> {
        match self.phase(phase, release, previous).await {
            (DeployResult::Done { urls, .. }, _) => urls,
            (DeployResult::Failed { failure, .. }, log) => panic!("{phase:?}: {failure:?}\n{log:#?}"),
        }
    }

    /// Does a phase that must fail.
    pub(crate) async fn fails(
        &self,
        phase: Phase,
        release: &ReleasePayload,
        previous: Option<&ReleasePayload>,
    ) -> Failure {
        match self.phase(phase, release, previous).await {
            (DeployResult::Failed { failure, .. }, _) => *failure,
            (DeployResult::Done { .. }, log) => panic!("{phase:?} went well\n{log:#?}"),
        }
    }

    /// All phases of a deployment that goes well.
    pub(crate) async fn deploy(&self, release: &ReleasePayload, previous: Option<&ReleasePayload>) -> Vec<String> {
        let mut urls = Vec::new();
        for phase in PHASES {
            let told = self.done(phase, release, previous).await;
            if phase == Phase::Shift {
                urls = told;
            }
        }
        urls
    }

    /// What runs.
    pub(crate) async fn instances(&self) -> Vec<Instance> {
        self.docker.observe(&self.environment).await.unwrap()
    }

    /// Names of what runs of a component.
    pub(crate) async fn running(&self, node: &str) -> Vec<String> {
        let all = self.instances().await.into_iter();
        all.filter(|one| one.node.as_str() == node && one.state == "running").map(|one| one.container).collect()
    }

    /// Asks the edge.
    pub(crate) async fn get(&self, host: &str, path: &str) -> (u16, String) {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("http://127.0.0.1:{}{path}", self.http);
        let answer = client.get(url).header("Host", host).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// Which configuration Caddy runs.
    pub(crate) async fn configuration(&self) -> String {
        let url = format!("http://127.0.0.1:{}/config/", self.caddy.admin);
        reqwest::Client::builder().no_proxy().build().unwrap().get(url).send().await.unwrap().text().await.unwrap()
    }

    /// What Caddy wrote of what went wrong.
    pub(crate) fn edge_errors(&self) -> String {
        let log = std::fs::read_to_string(self.data.path().join("caddy.log")).unwrap_or_default();
        log.lines()
            .filter(|line| line.contains("\"level\":\"error\""))
            .take(20)
            .map(|line| format!("{line}\n"))
            .collect()
    }

    /// Everything that the engine says of all objects of this world: for what must not be in it.
    pub(crate) fn everything(&self) -> String {
        let mut all = String::new();
        for list in [&["ps", "-aq"][..], &["network", "ls", "-q"], &["volume", "ls", "-q"]] {
            for id in self.list(list) {
                all += &output(&["inspect", &id]);
            }
        }
        all
    }

    fn list(&self, command: &[&str]) -> Vec<String> {
        let filter = format!("label=helios.target={}", self.target);
        let mut words = command.to_vec();
        words.extend(["--filter", &filter]);
        output(&words).split_whitespace().map(str::to_owned).collect()
    }

    /// Containers, networks and volumes that are there.
    pub(crate) fn objects(&self) -> (usize, usize, usize) {
        (
            self.list(&["ps", "-aq"]).len(),
            self.list(&["network", "ls", "-q"]).len(),
            self.list(&["volume", "ls", "-q"]).len(),
        )
    }

    pub(crate) fn is_secret_in(&self, text: &str) -> bool {
        self.values.values().any(|value| text.contains(value.as_str()))
    }
}

pub(crate) const PHASES: [Phase; 5] = [Phase::Release, Phase::Start, Phase::Verify, Phase::Shift, Phase::Drain];

pub(crate) type LogReceiver = tokio::sync::mpsc::UnboundedReceiver<helios::roles::worker::LogEntry>;

pub(crate) fn context() -> (JobContext, LogReceiver) {
    let deadline = chrono::Utc::now() + chrono::TimeDelta::hours(1);
    JobContext::new(Uuid::now_v7(), Uuid::now_v7(), None, 1, 1, deadline)
}

pub(crate) fn lower(program: &str) -> Ir {
    let project = oal_check::Project::single("app.oal", program);
    let checked = oal_check::check(&project, &oal_check::Options::default());
    assert!(!checked.has_errors(), "{:#?}", checked.diagnostics());
    oal_check::lower(&checked, "default").unwrap()
}

fn settings(database: &str, data: &std::path::Path, target: &str, admin: u16, http: u16, https: u16) -> Settings {
    #[derive(clap::Parser)]
    struct Arguments {
        #[command(flatten)]
        settings: Settings,
    }
    let arguments = [
        "helios".to_owned(),
        format!("--database-url={database}"),
        "--nats-url=nats://127.0.0.1:1".to_owned(),
        format!("--data={}", data.display()),
        format!("--run={}", data.join("run").display()),
        format!("--target={target}"),
        format!("--edge-admin=http://127.0.0.1:{admin}"),
        format!("--edge-http-port={http}"),
        format!("--edge-https-port={https}"),
        "--edge-address=127.0.0.1".to_owned(),
    ];
    <Arguments as clap::Parser>::parse_from(arguments).settings
}

fn output(words: &[&str]) -> String {
    let done = Command::new("docker").args(words).output().expect("the command `docker` is installed");
    String::from_utf8_lossy(&done.stdout).into_owned()
}

impl Drop for World {
    fn drop(&mut self) {
        for (list, remove) in [
            (&["ps", "-aq"][..], &["rm", "-fv"][..]),
            (&["network", "ls", "-q"], &["network", "rm"]),
            (&["volume", "ls", "-q"], &["volume", "rm", "-f"]),
        ] {
            let found = self.list(list);
            if !found.is_empty() {
                let mut words = remove.to_vec();
                words.extend(found.iter().map(String::as_str));
                output(&words);
            }
        }
    }
}

/// Waits until it is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("it is never so that {what}");
}
