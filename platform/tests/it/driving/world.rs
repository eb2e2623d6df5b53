//! An organisation, an application, a driver and workers that the test speaks for.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::Utc;
use clap::Parser;
use helios::artifacts::Artifacts;
use helios::bundle;
use helios::domain::job::{BuildJob, BuildResult, DeployJob, DeployResult, OalJob};
use helios::roles::driver::Driver;
use helios::roles::oal_worker::OalWorker;
use helios::sealing::Keyring;
use helios::settings::Settings;
use helios::store::deployments::{self, NewDeployment};
use helios::store::{Store, environments, secrets};
use helios_client::{Deployment, DeploymentKind, DeploymentState, Failure, FailureKind};
use serde_json::Value;
use sqlx::types::Json;
use uuid::Uuid;

use crate::support::Database;

#[derive(clap::Parser)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

/// What a worker answers.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// It goes well.
    Well,
    /// It fails.
    Badly(Box<Failure>),
    /// Nothing: the job stays open.
    Silence,
}

/// A job that is open.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) id: Uuid,
    pub(crate) kind: String,
    pub(crate) stage: String,
    pub(crate) body: Value,
    pub(crate) cancel_requested: bool,
}

impl Open {
    pub(crate) fn deploy(&self) -> DeployJob {
        serde_json::from_value(self.body.clone()).unwrap()
    }
}

/// Everything a deployment needs, and nothing more.
pub(crate) struct World {
    _database: Database,
    _directory: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) driver: Arc<Driver>,
    pub(crate) org: Uuid,
    pub(crate) app: Uuid,
    oal: OalWorker,
}

/// The way of a deployment that has nothing in its way.
pub(crate) const WHOLE_WAY: [&str; 10] = [
    "queued",
    "checking",
    "planning",
    "building",
    "releasing",
    "starting",
    "verifying",
    "shifting",
    "draining",
    "live",
];

impl World {
    /// An application called `shop`.
    pub(crate) async fn new() -> Self {
        let database = Database::new().await;
        let store = database.store().await;
        let directory = tempfile::tempdir().unwrap();
        let artifacts = Artifacts::open(directory.path()).unwrap();
        let settings = Arguments::parse_from(["test", "--database-url", &database.url, "--nats-url", "none"]).settings;
        let keyring = Arc::new(Keyring::parse(&Keyring::new_line().unwrap()).unwrap());
        let oal = OalWorker::new(artifacts.clone(), env!("CARGO_BIN_EXE_helios").into());
        let driver = Arc::new(Driver { store: store.clone(), artifacts, settings, keyring });
        let (org, app) = (Uuid::now_v7(), Uuid::now_v7());
        sqlx::query("INSERT INTO orgs (id, name) VALUES ($1, 'acme')").bind(org).execute(store.pool()).await.unwrap();
        sqlx::query("INSERT INTO apps (id, org_id, name) VALUES ($1, $2, 'shop')")
            .bind(app)
            .bind(org)
            .execute(store.pool())
            .await
            .unwrap();
        Self { _database: database, _directory: directory, store, driver, org, app, oal }
    }

    pub(crate) async fn environment(&self, name: &str) -> Uuid {
        let mut tx = self.store.tenant(self.org).await.unwrap();
        let id = environments::ensure(&mut tx, self.org, self.app, name, "docker").await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    /// A bundle of these files in the artifact store.
    pub(crate) fn bundle(&self, files: &[(&str, &str)]) -> String {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let packed = bundle::pack(directory.path(), &bundle::Named::default(), &bundle::Limits::PROJECT).unwrap();
        self.driver.artifacts.put(&std::fs::read(packed.path()).unwrap()).unwrap()
    }

    /// Asks for a deployment of a program in `default`.
    pub(crate) async fn deploy(&self, program: &str) -> Uuid {
        self.deploy_files(&[("app.oal", program)]).await
    }

    pub(crate) async fn deploy_files(&self, files: &[(&str, &str)]) -> Uuid {
        let source_digest = self.bundle(files);
        self.ask(DeploymentKind::Deploy, "default", source_digest, None).await
    }

    pub(crate) async fn ask(
        &self,
        kind: DeploymentKind,
        environment: &str,
        source_digest: String,
        from_release: Option<Uuid>,
    ) -> Uuid {
        let environment = self.environment(environment).await;
        let mut tx = self.store.tenant(self.org).await.unwrap();
        let new = NewDeployment {
            org: self.org,
            environment,
            kind,
            source_digest,
            params: BTreeMap::new(),
            from_release,
            requested_by: None,
            request_id: None,
        };
        let id = deployments::create(&mut tx, &new).await.unwrap();
        tx.commit().await.unwrap();
        id
    }

    pub(crate) async fn set_secret(&self, environment: &str, name: &str, value: &str) -> Uuid {
        let environment = self.environment(environment).await;
        let mut tx = self.store.tenant(self.org).await.unwrap();
        let keyring = &self.driver.keyring;
        let version =
            secrets::set(&mut tx, keyring, self.org, environment, name, value.as_bytes(), false).await.unwrap();
        tx.commit().await.unwrap();
        version.id
    }

    /// The deployment as a client sees it.
    pub(crate) async fn get(&self, id: Uuid) -> Deployment {
        let mut tx = self.store.tenant(self.org).await.unwrap();
        deployments::get(&mut tx, self.org, id).await.unwrap().unwrap()
    }

    pub(crate) async fn way(&self, id: Uuid) -> Vec<&'static str> {
        let mut tx = self.store.tenant(self.org).await.unwrap();
        let steps = deployments::steps(&mut tx, self.org, id).await.unwrap();
        steps.iter().map(|step| step.to.name()).collect()
    }

    /// The release that runs in an environment.
    pub(crate) async fn live(&self, environment: &str) -> Option<Uuid> {
        let mut tx = self.store.tenant(self.org).await.unwrap();
        environments::by_name(&mut tx, self.org, "shop", environment).await.unwrap()?.live_release_id
    }

    /// The open jobs of a deployment.
    pub(crate) async fn jobs(&self, id: Uuid) -> Vec<Open> {
        let rows: Vec<(Uuid, String, String, Json<Value>, bool)> = sqlx::query_as(
            "SELECT id, kind, stage, body, cancel_requested FROM jobs \
             WHERE deployment_id = $1 AND state IN ('queued', 'running') ORDER BY created_at, id",
        )
        .bind(id)
        .fetch_all(self.store.pool())
        .await
        .unwrap();
        let open = rows.into_iter().map(|(id, kind, stage, Json(body), cancel_requested)| Open {
            id,
            kind,
            stage,
            body,
            cancel_requested,
        });
        open.collect()
    }

    /// All jobs of a deployment ever made, as `stage` or `stage slot`.
    pub(crate) async fn all_jobs(&self, id: Uuid) -> Vec<String> {
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT stage, slot FROM jobs WHERE deployment_id = $1 ORDER BY created_at, id")
                .bind(id)
                .fetch_all(self.store.pool())
                .await
                .unwrap();
        rows.into_iter().map(|(stage, slot)| format!("{stage} {slot}").trim_end().to_owned()).collect()
    }

    /// Takes a job, as a worker does first.
    pub(crate) async fn claim(&self, job: Uuid) {
        sqlx::query("UPDATE jobs SET state = 'running', fence = fence + 1 WHERE id = $1")
            .bind(job)
            .execute(self.store.pool())
            .await
            .unwrap();
    }

    /// Ends a job.
    pub(crate) async fn finish(&self, job: Uuid, state: &str, result: Option<Value>) {
        sqlx::query("UPDATE jobs SET state = $2, result = $3, finished_at = now() WHERE id = $1")
            .bind(job)
            .bind(state)
            .bind(result.map(Json))
            .execute(self.store.pool())
            .await
            .unwrap();
        sqlx::query("SELECT pg_notify('helios_deployment', deployment_id::text) FROM jobs WHERE id = $1")
            .bind(job)
            .execute(self.store.pool())
            .await
            .unwrap();
    }

    /// Does a job as its worker would.
    pub(crate) async fn work(&self, job: &Open, answer: Answer) {
        let result = match (&*job.kind, answer) {
            (_, Answer::Silence) => return,
            ("oal", _) => {
                let body: OalJob = serde_json::from_value(job.body.clone()).unwrap();
                serde_json::to_value(self.oal.check(body).await.unwrap())
            }
            ("build", Answer::Well) => {
                let body: BuildJob = serde_json::from_value(job.body.clone()).unwrap();
                let image =
                    helios::artifacts::digest(format!("{} {:?} {}", body.node, body.want, body.source).as_bytes());
                serde_json::to_value(BuildResult::Image {
                    image,
                    key: None,
                    reused: false,
                    size: 1,
                    builder: "test".into(),
                })
            }
            ("build", Answer::Badly(failure)) => serde_json::to_value(BuildResult::Failed(failure)),
            (_, Answer::Well) => {
                let urls = vec!["http://shop.test".to_owned()];
                serde_json::to_value(DeployResult::Done { observed: Vec::new(), urls })
            }
            (_, Answer::Badly(failure)) => serde_json::to_value(DeployResult::Failed { failure, observed: Vec::new() }),
        };
        self.finish(job.id, "done", Some(result.unwrap())).await;
    }

    /// Drives a deployment and does its jobs until it is at its end or nothing moves any more.
    pub(crate) async fn run(&self, id: Uuid, mut answer: impl FnMut(&Open) -> Answer) -> Deployment {
        for _ in 0..40 {
            self.driver.advance(id, false).await.unwrap();
            let mut silent = true;
            for job in self.jobs(id).await {
                let answer = answer(&job);
                silent &= matches!(answer, Answer::Silence);
                self.work(&job, answer).await;
            }
            let deployment = self.get(id).await;
            if deployment.state.is_terminal() || silent {
                return deployment;
            }
        }
        panic!("it goes on for ever: {:?}", self.way(id).await);
    }

    /// Deploys with workers that succeed; it must go live.
    pub(crate) async fn live_with(&self, program: &str) -> Deployment {
        let id = self.deploy(program).await;
        let deployment = self.run(id, |_| Answer::Well).await;
        assert_eq!(deployment.state, DeploymentState::Live, "{:?}", deployment.failure);
        deployment
    }

    /// Says that what the live release of `default` wants is what runs.
    pub(crate) async fn observe_live(&self, replicas: &[(&str, i32)]) {
        let environment = self.environment("default").await;
        let release = self.live("default").await.unwrap();
        sqlx::query("DELETE FROM instances WHERE environment_id = $1")
            .bind(environment)
            .execute(self.store.pool())
            .await
            .unwrap();
        for (node, count) in replicas {
            sqlx::query(
                "INSERT INTO instances (environment_id, org_id, container, node, replica, release_number, image, state) \
                 SELECT $1, $2, $3 || n, $3, n, r.number, r.images ->> $3, 'running' \
                 FROM releases r, generate_series(0, $5 - 1) n WHERE r.id = $4",
            )
            .bind(environment)
            .bind(self.org)
            .bind(*node)
            .bind(release)
            .bind(*count)
            .execute(self.store.pool())
            .await
            .unwrap();
        }
    }
}

/// A failure of a component.
pub(crate) fn failure(kind: FailureKind, node: &str) -> Answer {
    let failure = Failure::new(kind, "", format!("`{node}` did not do as it should"));
    Answer::Badly(Box::new(failure.of(node.parse().unwrap()).log(vec!["boom".to_owned()])))
}

/// A moment ago.
pub(crate) async fn let_deadline_pass(world: &World, id: Uuid) {
    sqlx::query("UPDATE deployments SET deadline = $2 WHERE id = $1")
        .bind(id)
        .bind(Utc::now() - chrono::Duration::seconds(1))
        .execute(world.store.pool())
        .await
        .unwrap();
}
