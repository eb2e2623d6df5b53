//! PostgreSQL, NATS and Caddy together, started and stopped in order.

use std::time::Duration;

use super::LocalError;
use super::caddy::{self, Caddy};
use super::directory::{Chosen, Directory};
use super::nats::{self, Nats};
use super::postgres::{self, Postgres};

/// How long a child may take to end in good order.
const GRACE: Duration = Duration::from_secs(15);

/// Where services run that are not to be started.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// A PostgreSQL, as a URL.
    pub database_url: Option<String>,
    /// A NATS, as a URL.
    pub nats_url: Option<String>,
}

/// The services of one machine. Those that were started here end with the process, whatever ends it.
#[derive(Debug)]
pub struct Machine {
    /// PostgreSQL, as a URL.
    pub database_url: String,
    /// NATS, as a URL.
    pub nats_url: String,
    /// Caddy's admin interface.
    pub edge_admin: String,
    postgres: Option<Postgres>,
    nats: Option<Nats>,
    caddy: Caddy,
}

impl Machine {
    /// Starts what is not given, all at the same time. Where one does not start, the others are stopped again.
    ///
    /// # Errors
    /// A program is missing or does not start; the disk.
    pub async fn start(directory: &Directory, chosen: &Chosen, given: &Given) -> Result<Self, LocalError> {
        let postgres = async {
            match &given.database_url {
                Some(_) => Ok(None),
                None => postgres::start(directory, chosen).await.map(Some),
            }
        };
        let nats = async {
            match &given.nats_url {
                Some(_) => Ok(None),
                None => nats::start(directory, chosen).await.map(Some),
            }
        };
        let (postgres, nats, caddy) = tokio::join!(postgres, nats, caddy::start(directory));
        match (postgres, nats, caddy) {
            (Ok(postgres), Ok(nats), Ok(caddy)) => {
                let url =
                    |given: &Option<String>, own: Option<&String>| given.as_ref().or(own).cloned().unwrap_or_default();
                Ok(Self {
                    database_url: url(&given.database_url, postgres.as_ref().map(|postgres| &postgres.url)),
                    nats_url: url(&given.nats_url, nats.as_ref().map(|nats| &nats.url)),
                    edge_admin: caddy.admin.clone(),
                    postgres,
                    nats,
                    caddy,
                })
            }
            (postgres, nats, caddy) => {
                let mut errors = Vec::new();
                match caddy {
                    Ok(mut caddy) => drop(caddy.child.stop(GRACE).await),
                    Err(error) => errors.push(error),
                }
                match nats {
                    Ok(Some(mut nats)) => drop(nats.child.stop(GRACE).await),
                    Ok(None) => {}
                    Err(error) => errors.push(error),
                }
                match postgres {
                    Ok(Some(mut postgres)) => drop(postgres.child.stop(GRACE).await),
                    Ok(None) => {}
                    Err(error) => errors.push(error),
                }
                Err(errors.pop().unwrap_or_else(|| LocalError::Other("the services did not start".to_owned())))
            }
        }
    }

    /// What was started here, by name.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let postgres = self.postgres.as_ref().map(|_| "PostgreSQL");
        let nats = self.nats.as_ref().map(|_| "NATS");
        postgres.into_iter().chain(nats).chain(["Caddy"]).collect()
    }

    /// Ends when one of the services has ended by itself.
    pub async fn ended(&mut self) -> LocalError {
        let postgres = async {
            match &mut self.postgres {
                Some(postgres) => postgres.child.ended().await,
                None => std::future::pending().await,
            }
        };
        let nats = async {
            match &mut self.nats {
                Some(nats) => nats.child.ended().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            error = postgres => error,
            error = nats => error,
            error = self.caddy.child.ended() => error,
        }
    }

    /// Stops what was started, those first that nothing else here depends on.
    pub async fn stop(mut self) {
        self.caddy.child.stop(GRACE).await;
        if let Some(nats) = &mut self.nats {
            nats.child.stop(GRACE).await;
        }
        if let Some(postgres) = &mut self.postgres {
            postgres.child.stop(GRACE).await;
        }
    }
}
