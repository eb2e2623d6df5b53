//! The edge: Caddy, which takes requests from the world and brings them to containers. It is told its whole configuration, never
//! a part, and never guesses anything from labels.
//!
//! What it is told is composed from the rows of `edge_routes`, all environments of the target together. Row and configuration are
//! written under one lock, so that of two tellers the later one wins in both places. A configuration that is loaded already is
//! not loaded again: each load cuts websockets.

use std::net::IpAddr;

use helios_client::{Failure, FailureKind};
use uuid::Uuid;

use crate::domain::job::EnvironmentRef;
use crate::settings::Settings;
use crate::store::{Store, edge as rows};

pub mod admin;
pub mod compose;
pub mod site;

pub use admin::{Admin, AdminError};
pub use site::{Behind, Certificate, EdgeRoutes, Scheme, Site, Tls};

/// Where the edge listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// All addresses if left out.
    pub address: Option<IpAddr>,
    /// For HTTP.
    pub http: u16,
    /// For HTTPS.
    pub https: u16,
}

/// The edge of a target.
#[derive(Debug, Clone)]
pub struct Edge {
    store: Store,
    target: String,
    admin: Admin,
    listen: Listen,
}

impl Edge {
    /// The edge that the settings name.
    ///
    /// # Errors
    /// The address of its admin interface is none.
    pub fn new(store: Store, settings: &Settings) -> Result<Self, AdminError> {
        let listen =
            Listen { address: settings.edge_address, http: settings.edge_http_port, https: settings.edge_https_port };
        Ok(Self { store, target: settings.target.clone(), admin: Admin::new(&settings.edge_admin)?, listen })
    }

    /// What the environment's row says now.
    ///
    /// # Errors
    /// The database.
    pub async fn routes(&self, environment: Uuid) -> Result<EdgeRoutes, Failure> {
        let mut tx = self.store.system().await.map_err(database)?;
        let routes = rows::of(&mut tx, environment).await.map_err(database)?;
        Ok(routes.unwrap_or_default())
    }

    /// Makes the edge serve this for the environment; nothing, if there are neither sites nor upstreams to watch. Returns the
    /// generation once the edge has said that it runs it.
    ///
    /// # Errors
    /// [`FailureKind::Edge`]: it does not answer, or refuses its configuration; the row stays as it was. The database.
    pub async fn tell(&self, environment: &EnvironmentRef, routes: &EdgeRoutes) -> Result<i64, Failure> {
        let mut tx = self.store.system().await.map_err(database)?;
        rows::lock(&mut tx, &self.target).await.map_err(database)?;
        if routes.is_empty() {
            rows::remove(&mut tx, environment.id).await.map_err(database)?;
        } else {
            rows::put(&mut tx, &self.target, environment, routes).await.map_err(database)?;
        }
        let (generation, all) = rows::all(&mut tx, &self.target).await.map_err(database)?;
        self.load(&all).await?;
        tx.commit().await.map_err(database)?;
        Ok(generation)
    }

    /// Makes the edge serve what the rows say, if it does not: after it or this program has started again.
    ///
    /// # Errors
    /// As [`Self::tell`].
    pub async fn retell(&self) -> Result<(), Failure> {
        let mut tx = self.store.system().await.map_err(database)?;
        rows::lock(&mut tx, &self.target).await.map_err(database)?;
        let (_, all) = rows::all(&mut tx, &self.target).await.map_err(database)?;
        self.load(&all).await
    }

    /// Keeps a row in step with what was seen, without telling the edge: what it does not need to know does not cut websockets.
    ///
    /// # Errors
    /// The database.
    pub async fn note(&self, environment: &EnvironmentRef, routes: &EdgeRoutes) -> Result<(), Failure> {
        let mut tx = self.store.system().await.map_err(database)?;
        rows::lock(&mut tx, &self.target).await.map_err(database)?;
        if routes.is_empty() {
            rows::remove(&mut tx, environment.id).await.map_err(database)?;
        } else {
            rows::put(&mut tx, &self.target, environment, routes).await.map_err(database)?;
        }
        tx.commit().await.map_err(database)
    }

    async fn load(&self, all: &[EdgeRoutes]) -> Result<(), Failure> {
        let base = self.admin.config().await.map_err(refused)?;
        let (configuration, mark) = compose::compose(&base, all, self.listen);
        if self.admin.runs(&mark).await.map_err(refused)? {
            return Ok(());
        }
        self.admin.load(&configuration).await.map_err(refused)?;
        // Told is not done: it must say itself what it runs.
        if self.admin.runs(&mark).await.map_err(refused)? {
            return Ok(());
        }
        Err(Failure::new(FailureKind::Edge, "", "the edge took its configuration and runs another one"))
    }

    /// How many requests each upstream has under way, of those the edge knows.
    ///
    /// # Errors
    /// [`FailureKind::Edge`]: it does not answer.
    pub async fn requests(&self) -> Result<std::collections::BTreeMap<String, u64>, Failure> {
        self.admin.requests().await.map_err(refused)
    }

    /// The URL under which a site answers.
    #[must_use]
    pub fn url(&self, site: &Site) -> String {
        let (scheme, port, usual) = match site.tls {
            Tls::Off => ("http", self.listen.http, 80),
            _ => ("https", self.listen.https, 443),
        };
        let port = if port == usual { String::new() } else { format!(":{port}") };
        format!("{scheme}://{}{port}{}", site.host, site.path)
    }
}

fn database(error: sqlx::Error) -> Failure {
    Failure::new(FailureKind::Internal, "", format!("the database: {error}"))
}

fn refused(error: AdminError) -> Failure {
    Failure::new(FailureKind::Edge, "", error.to_string())
}
