//! PostgreSQL, the truth. All SQL is here, one file per thing it is about.
//!
//! Two ways in: [`Store::tenant`] for what is done in an organisation's name (row-level security shows it nothing else), and
//! [`Store::system`] for the platform's own loops and workers.

pub mod apps;
pub mod artifacts;
pub mod audit;
pub mod backups;
pub mod builds;
pub mod cron;
pub mod dead_letters;
pub mod deployments;
pub mod edge;
pub mod environments;
pub mod events;
pub mod hosts;
pub mod idempotency;
pub mod instances;
pub mod jobs;
pub mod logs;
pub mod measures;
pub mod notices;
pub mod outbox;
pub mod progress;
pub mod releases;
pub mod repairs;
pub mod scales;
pub mod secrets;
pub mod tokens;

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{PgConnection, Postgres, Transaction};
use uuid::Uuid;

/// Migrations, in order; each can run while the version before still serves.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// Told whenever an outbox row is written; see `store/outbox.rs`.
pub const OUTBOX_CHANNEL: &str = "helios_outbox";
/// Told whenever a deployment may be able to go on: a job ended, an approval, a request to cancel. Payload: its id.
pub const DEPLOYMENT_CHANNEL: &str = "helios_deployment";
/// Told whenever an event was written. Payload: the id of its deployment, or nothing.
pub const EVENT_CHANNEL: &str = "helios_event";
/// Told whenever lines were added to a job's log or the job ended. Payload: its id.
pub const LOG_CHANNEL: &str = "helios_log";
/// Told whenever a job is to be stopped. Payload: its id.
pub const CANCEL_CHANNEL: &str = "helios_cancel";

/// A transaction.
pub type Tx = Transaction<'static, Postgres>;

/// The database.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
}

impl Store {
    /// Connects, at most `connections` at a time; gives up after five seconds.
    ///
    /// # Errors
    /// The URL; the server.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, sqlx::Error> {
        let options = PgConnectOptions::from_str(url)?
            .application_name("helios")
            .options([("statement_timeout", "30000"), ("idle_in_transaction_session_timeout", "60000")]);
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options)
            .await?;
        Ok(Self { pool })
    }

    /// Brings the schema up to this program's version. One that is further, because a later version has been there, stays as it
    /// is: this one can work with it.
    ///
    /// # Errors
    /// A migration fails, or was changed after it ran.
    pub async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        let mut migrations = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
        migrations.set_ignore_missing(true);
        migrations.run(&self.pool).await
    }

    /// The pool, for listeners and single statements of the platform's own.
    #[must_use]
    pub const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// A transaction of the platform's own.
    ///
    /// # Errors
    /// The server.
    pub async fn system(&self) -> Result<Tx, sqlx::Error> {
        self.pool.begin().await
    }

    /// Takes the lock of a name if nobody has it.
    ///
    /// # Errors
    /// The server.
    pub async fn try_lock(&self, name: &str) -> Result<Option<Lock>, sqlx::Error> {
        let mut session = self.pool.acquire().await?;
        let taken: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))")
            .bind(name)
            .fetch_one(&mut *session)
            .await?;
        // The lock is the session's: out of the pool with it, so that nobody else gets it and it ends with its owner.
        Ok(taken.then(|| Lock { _session: session.detach() }))
    }

    /// A transaction in an organisation's name: it sees and changes no other's rows.
    ///
    /// # Errors
    /// The server.
    pub async fn tenant(&self, org: Uuid) -> Result<Tx, sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        sqlx::query("SELECT set_config('helios.org', $1, true)").bind(org.to_string()).execute(&mut *tx).await?;
        sqlx::query("SET LOCAL ROLE helios_tenant").execute(&mut *tx).await?;
        Ok(tx)
    }
}

/// A right that only one has at a time; given back when dropped, also by the end of the process.
#[derive(Debug)]
pub struct Lock {
    _session: PgConnection,
}

/// Whether the same may go well a little later: the server is away, starts or ends, or has given up one of several transactions
/// that wait for each other (PostgreSQL's manual, appendix A).
#[must_use]
pub fn is_transient(error: &sqlx::Error) -> bool {
    use sqlx::Error;
    match error {
        Error::Io(_) | Error::Tls(_) | Error::Protocol(_) | Error::PoolTimedOut | Error::WorkerCrashed => true,
        Error::Database(error) => error.code().is_some_and(|code| {
            // Connections; resources; an operator's intervention; transactions that get in each other's way; the system itself.
            ["08", "53", "57", "40", "58"].iter().any(|class| code.starts_with(class))
        }),
        _ => false,
    }
}

/// Tells those who listen on a channel, at commit.
///
/// # Errors
/// The server.
pub async fn notify(tx: &mut Tx, channel: &str, payload: &str) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(channel).bind(payload).execute(&mut **tx).await?;
    Ok(())
}

/// The same value without the character NUL, which PostgreSQL keeps in no text.
pub(crate) fn without_nul(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    let clean = |text: String| if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text };
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(values) => values.into_iter().map(without_nul).collect(),
        Value::Object(members) => members.into_iter().map(|(name, value)| (clean(name), without_nul(value))).collect(),
        other => other,
    }
}
