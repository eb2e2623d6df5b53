//! The bus, the relay and the reaper on private services, with an organisation whose jobs can be made and watched.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use helios::bus::{Bus, Queue, subjects};
use helios::roles::worker::{Handler, JobContext, JobError, Worker};
use helios::roles::{reaper, relay};
use helios::settings::Timing;
use helios::store::jobs::{self, Job, NewJob};
use helios::store::notices::Notices;
use helios::store::{Store, logs};
use helios::telemetry::Metrics;
use helios_client::JobState;
use serde::{Deserialize, Serialize};
use tokio_util::sync::{CancellationToken, DropGuard};
use uuid::Uuid;

use super::{Database, Nats, Services};

/// Leases short enough for a test to see them run out, long enough for a machine under load.
pub(crate) const TIMING: Timing = Timing {
    lease: Duration::from_secs(3),
    renewal: Duration::from_millis(500),
    sweep: Duration::from_millis(500),
    grace: Duration::from_secs(2),
    shutdown_grace: Duration::from_millis(500),
    retry: Duration::from_millis(50),
};

/// How long a test waits for what must happen.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) database: Database,
    pub(crate) nats: Nats,
    pub(crate) store: Store,
    pub(crate) bus: Bus,
    pub(crate) notices: Notices,
    pub(crate) metrics: Metrics,
    pub(crate) org: Uuid,
    /// What was begun, in order.
    pub(crate) begun: Begun,
    _end: DropGuard,
}

/// Attempts that were begun: the job and its fence.
pub(crate) type Begun = Arc<Mutex<Vec<(Uuid, i64)>>>;

/// What a job of a test does.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Task {
    /// Writes lines, with a pause after each, and ends.
    Say { lines: u32, pause_ms: u64 },
    /// Ends when it is told to stop.
    Wait,
    /// Goes on whatever it is told, as long as this.
    Insist { ms: u64 },
    /// Fails, and may be tried again, until it was begun so often.
    FailUntil { attempt: u32 },
    /// Fails for good.
    Refuse,
    /// Panics.
    Panic,
    /// Kills its own process until it was begun so often.
    DieUntil { attempt: u32 },
}

/// Does what a [`Task`] says.
pub(crate) struct Doer(pub(crate) Begun);

impl Handler for Doer {
    type Body = Task;
    type Result = u32;

    async fn handle(&self, body: Task, context: &JobContext) -> Result<u32, JobError> {
        self.0.lock().unwrap().push((context.job, context.fence));
        match body {
            Task::Say { lines, pause_ms } => {
                for line in 0..lines {
                    context.go_on()?;
                    context.log(None, format!("{}:{line}", context.fence));
                    match pause_ms {
                        0 => tokio::task::yield_now().await,
                        pause => tokio::time::sleep(Duration::from_millis(pause)).await,
                    }
                }
                Ok(lines)
            }
            Task::Wait => {
                context.until_stopped().await;
                context.log(None, format!("{:?}", context.stopped().unwrap()));
                Err(JobError::Stopped)
            }
            Task::Insist { ms } => {
                tokio::time::sleep(Duration::from_millis(ms)).await;
                Ok(0)
            }
            Task::FailUntil { attempt } if context.attempt < attempt => Err(JobError::Retry("not yet".to_owned())),
            Task::FailUntil { attempt } => Ok(attempt),
            Task::Refuse => Err(JobError::Fatal("never".to_owned())),
            Task::Panic => panic!("a handler that panics"),
            Task::DieUntil { attempt } => {
                context.log(None, format!("{}:0", context.fence));
                if context.attempt < attempt {
                    context.until_log_is_kept().await;
                    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).unwrap();
                }
                Ok(attempt)
            }
        }
    }
}

/// A worker for [`Task`]s.
pub(crate) fn worker(
    store: &Store,
    bus: &Bus,
    notices: &Notices,
    slots: usize,
    shutdown: &CancellationToken,
) -> Worker {
    Worker {
        store: store.clone(),
        bus: bus.clone(),
        notices: notices.clone(),
        queue: Queue::build(),
        slots,
        timing: TIMING,
        shutdown: shutdown.clone(),
    }
}

impl World {
    /// Starts the services, the relay and the reaper.
    pub(crate) async fn new() -> Self {
        let Services { database, nats } = Services::start().await;
        Self::on(database, nats).await
    }

    /// The same on a database server that may be stopped.
    pub(crate) async fn with_own_server() -> Self {
        let database = Database::on(Arc::new(super::Postgres::start())).await;
        Self::on(database, Nats::start()).await
    }

    async fn on(database: Database, nats: Nats) -> Self {
        let store = database.store().await;
        let bus = Bus::connect(&nats.url(), "test").await.unwrap();
        bus.until_connected(PATIENCE).await.unwrap();
        bus.set_up().await.unwrap();
        let (shutdown, metrics) = (CancellationToken::new(), Metrics::default());
        let notices = Notices::listen(&store, shutdown.clone());
        tokio::spawn(relay::run(store.clone(), bus.clone(), notices.clone(), shutdown.clone()));
        tokio::spawn(reaper::run(store.clone(), bus.clone(), TIMING, metrics.clone(), shutdown.clone()));
        let org = organisation(&store).await;
        Self { database, nats, store, bus, notices, metrics, org, begun: Begun::default(), _end: shutdown.drop_guard() }
    }

    /// Makes a job for the workers of this world.
    pub(crate) async fn job(&self, task: &Task) -> Uuid {
        self.job_until(task, Duration::from_secs(600)).await
    }

    /// The same with a deadline.
    pub(crate) async fn job_until(&self, task: &Task, deadline: Duration) -> Uuid {
        let new = new_job(self.org, serde_json::to_value(task).unwrap(), deadline);
        let mut tx = self.store.system().await.unwrap();
        let job = jobs::create(&mut tx, &new).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        job
    }

    /// Starts a worker in this process; it gives its jobs back when the token is cancelled.
    pub(crate) fn worker(&self, slots: usize) -> (CancellationToken, tokio::task::JoinHandle<()>) {
        let shutdown = CancellationToken::new();
        let worker = worker(&self.store, &self.bus, &self.notices, slots, &shutdown);
        (shutdown, tokio::spawn(worker.run(Arc::new(Doer(Arc::clone(&self.begun))))))
    }

    /// How often jobs made from now on may be begun.
    pub(crate) async fn at_most(&self, attempts: u32) {
        let alter = sqlx::AssertSqlSafe(format!("ALTER TABLE jobs ALTER max_attempts SET DEFAULT {attempts}"));
        sqlx::query(alter).execute(self.store.pool()).await.unwrap();
    }

    pub(crate) async fn find(&self, job: Uuid) -> Job {
        let mut tx = self.store.system().await.unwrap();
        jobs::find(&mut tx, self.org, job).await.unwrap().unwrap()
    }

    /// Waits until a job is in a state; fails if it comes to another end.
    pub(crate) async fn until(&self, job: Uuid, state: JobState) -> Job {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let found = self.find(job).await;
            if found.state == state {
                return found;
            }
            assert!(!found.state.is_terminal(), "it should have become {state:?}: {found:?}");
            assert!(tokio::time::Instant::now() < deadline, "it should have become {state:?}: {found:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn cancel(&self, job: Uuid) {
        let mut tx = self.store.system().await.unwrap();
        assert!(jobs::cancel(&mut tx, self.org, job).await.unwrap());
        tx.commit().await.unwrap();
    }

    /// The lines of a job's log.
    pub(crate) async fn lines(&self, job: Uuid) -> Vec<String> {
        let mut tx = self.store.system().await.unwrap();
        let lines = logs::after(&mut tx, self.org, job, 0, 1_000_000).await.unwrap();
        assert!(lines.iter().map(|line| line.seq).eq(1..=lines.len() as i64), "no place is missing or taken twice");
        lines.into_iter().map(|line| line.line).collect()
    }

    /// How often a job was begun.
    pub(crate) fn times_begun(&self, job: Uuid) -> usize {
        self.begun.lock().unwrap().iter().filter(|(begun, _)| *begun == job).count()
    }

    /// How many messages wait in the queue, given time to be acknowledged.
    pub(crate) async fn messages_left(&self) -> u64 {
        let jetstream = async_nats::jetstream::new(self.bus.client().clone());
        let mut left = 0;
        // One whose acknowledgement was lost with the bus is delivered again after 30 s, and acknowledged then.
        for _ in 0..900 {
            left = jetstream.get_stream(subjects::JOBS).await.unwrap().cached_info().state.messages;
            if left == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        left
    }

    pub(crate) async fn dead_letters(&self) -> Vec<(String, String)> {
        sqlx::query_as("SELECT payload::text, reason FROM dead_letters ORDER BY at")
            .fetch_all(self.store.pool())
            .await
            .unwrap()
    }
}

/// An organisation.
pub(crate) async fn organisation(store: &Store) -> Uuid {
    let org = Uuid::now_v7();
    let insert = "INSERT INTO orgs (id, name) VALUES ($1, 'test')";
    sqlx::query(insert).bind(org).execute(store.pool()).await.unwrap();
    org
}

/// A job that belongs to no deployment.
pub(crate) fn new_job(org: Uuid, body: serde_json::Value, deadline: Duration) -> NewJob {
    NewJob {
        org,
        deployment: None,
        environment: None,
        kind: "build",
        stage: "test".to_owned(),
        slot: String::new(),
        subject: subjects::BUILD_DOCKER.to_owned(),
        body,
        deadline: chrono::Utc::now() + deadline,
    }
}
