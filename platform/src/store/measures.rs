//! Numbers over all organisations, for `/readyz` and `/metrics`. They say nothing of any one.

use super::{MIGRATIONS, Store, backups};

/// Upper bounds of the classes of durations, in seconds; the last class has the rest.
pub const BOUNDS: [f64; 10] = [0.3, 1.0, 3.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0];

/// How long things took that have ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Durations {
    /// How they ended.
    pub state: String,
    /// Of all together, in seconds.
    pub sum: f64,
    /// How many fell into each class of [`BOUNDS`], and above them.
    pub classes: Vec<i64>,
}

/// Work that waits or goes on.
#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
pub struct Queue {
    /// `oal`, `build`, `deploy`, `run`.
    pub kind: String,
    /// How many jobs no worker has.
    pub waiting: i64,
    /// How many a worker has.
    pub running: i64,
    /// For how long the oldest that waits has done so, in seconds.
    pub lag: f64,
}

/// All numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Measures {
    /// Jobs, by kind.
    pub queues: Vec<Queue>,
    /// For how long the oldest message that is due has been waiting, in seconds.
    pub outbox_age: f64,
    /// How many messages have not been published.
    pub outbox_size: i64,
    /// How many jobs were given up.
    pub dead_letters: i64,
    /// Deployments that are under way.
    pub open_deployments: i64,
    /// Deployments that have ended.
    pub deployments: Vec<Durations>,
    /// Build jobs that have ended.
    pub builds: Vec<Durations>,
    /// Copies of databases' data that were made.
    pub backups_done: i64,
    /// Those that could not be made.
    pub backups_failed: i64,
}

/// Whether the database answers.
///
/// # Errors
/// It does not.
pub async fn answers(store: &Store) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT 1").execute(store.pool()).await.map(drop)
}

/// How many of this program's migrations the database has not got.
///
/// # Errors
/// The server.
pub async fn unapplied(store: &Store) -> Result<usize, sqlx::Error> {
    let there: bool =
        sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL").fetch_one(store.pool()).await?;
    let applied: Vec<i64> = match there {
        true => {
            sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success").fetch_all(store.pool()).await?
        }
        false => Vec::new(),
    };
    Ok(MIGRATIONS.iter().filter(|migration| !applied.contains(&migration.version)).count())
}

/// For how long the oldest message that is due has been waiting to be published, in seconds.
///
/// # Errors
/// The server.
pub async fn outbox_age(store: &Store) -> Result<f64, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT coalesce(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM outbox WHERE published_at IS NULL",
    )
    .fetch_one(store.pool())
    .await
}

/// All numbers.
///
/// # Errors
/// The server.
pub async fn all(store: &Store) -> Result<Measures, sqlx::Error> {
    let pool = store.pool();
    let (backups_done, backups_failed) = backups::counts(pool).await?;
    let count = async |query: &'static str| sqlx::query_scalar::<_, i64>(query).fetch_one(pool).await;
    Ok(Measures {
        queues: sqlx::query_as(
            "SELECT kind, count(*) FILTER (WHERE state = 'queued') AS waiting, count(*) FILTER (WHERE state = 'running') AS running, \
             coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE state = 'queued')), 0)::float8 AS lag \
             FROM jobs WHERE state IN ('queued', 'running') GROUP BY kind ORDER BY kind",
        )
        .fetch_all(pool)
        .await?,
        outbox_age: outbox_age(store).await?,
        outbox_size: count("SELECT count(*) FROM outbox WHERE published_at IS NULL").await?,
        dead_letters: count("SELECT count(*) FROM dead_letters").await?,
        open_deployments: count(
            "SELECT count(*) FROM deployments WHERE state NOT IN ('live', 'cancelled', 'rolled_back', 'failed', 'superseded')",
        )
        .await?,
        deployments: durations(
            store,
            "SELECT state, width_bucket(took, $1), count(*), sum(took)::float8 FROM \
             (SELECT state, extract(epoch FROM finished_at - created_at)::float8 AS took FROM deployments \
              WHERE finished_at IS NOT NULL) d GROUP BY 1, 2 ORDER BY 1, 2",
        )
        .await?,
        builds: durations(
            store,
            "SELECT state, width_bucket(took, $1), count(*), sum(took)::float8 FROM \
             (SELECT state, extract(epoch FROM finished_at - created_at)::float8 AS took FROM jobs \
              WHERE kind = 'build' AND finished_at IS NOT NULL) b GROUP BY 1, 2 ORDER BY 1, 2",
        )
        .await?,
        backups_done,
        backups_failed,
    })
}

async fn durations(store: &Store, query: &'static str) -> Result<Vec<Durations>, sqlx::Error> {
    let rows: Vec<(String, i32, i64, f64)> =
        sqlx::query_as(query).bind(BOUNDS.as_slice()).fetch_all(store.pool()).await?;
    let mut all: Vec<Durations> = Vec::new();
    for (state, class, count, sum) in rows {
        if all.last().is_none_or(|last| last.state != state) {
            all.push(Durations { state, sum: 0.0, classes: vec![0; BOUNDS.len() + 1] });
        }
        if let Some(last) = all.last_mut() {
            last.sum += sum;
            if let Some(of_class) = usize::try_from(class).ok().and_then(|class| last.classes.get_mut(class)) {
                *of_class = count;
            }
        }
    }
    Ok(all)
}
