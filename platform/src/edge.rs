//! The edge: Caddy, which takes requests from the world and brings them to containers. It is told its whole configuration, never
//! a part, and never guesses anything from labels.
//!
//! What it is told is composed from the rows of `edge_routes`, all environments of the target together. Row and configuration are
//! written under one lock, so that of two tellers the later one wins in both places. A configuration that is loaded already is
//! not loaded again: each load cuts websockets. Where copies are stands in files beside it, see [`pools`]: a cut-over to copies
//! behind the same routes loads nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use helios_client::{Failure, FailureKind};
use uuid::Uuid;

use crate::domain::job::EnvironmentRef;
use crate::settings::Settings;
use crate::store::{Store, edge as rows};
use crate::trouble::Trouble;

pub mod admin;
pub mod compose;
pub mod pools;
pub mod site;

pub use admin::{Admin, AdminError};
use pools::Pools;
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
    pools: Pools,
    live: Arc<Mutex<Live>>,
}

/// What is known of the edge while it runs.
#[derive(Debug, Default)]
struct Live {
    /// Addresses that get no requests just now.
    left_out: BTreeSet<String>,
    /// Pools that no site has; they stay for a while, for requests that still read of them.
    unknown: BTreeSet<String>,
    /// Whether Caddy has shown that it can read the pools.
    reads: bool,
}

impl Edge {
    /// The edge that the settings name.
    ///
    /// # Errors
    /// The address of its admin interface is none.
    pub fn new(store: Store, settings: &Settings) -> Result<Self, AdminError> {
        let listen =
            Listen { address: settings.edge_address, http: settings.edge_http_port, https: settings.edge_https_port };
        Ok(Self {
            store,
            target: settings.target.clone(),
            admin: Admin::new(&settings.edge_admin)?,
            listen,
            pools: Pools::new(settings.run.join("edge").join(&settings.target)),
            live: Arc::default(),
        })
    }

    /// What the environment's row says now.
    ///
    /// # Errors
    /// The database.
    pub async fn routes(&self, environment: Uuid) -> Result<EdgeRoutes, Trouble> {
        let mut tx = self.store.system().await?;
        let routes = rows::of(&mut tx, environment).await?;
        Ok(routes.unwrap_or_default())
    }

    /// Makes the edge serve this for the environment; nothing, if there are neither sites nor upstreams to watch. Returns the
    /// generation once the edge has said that it runs it.
    ///
    /// # Errors
    /// [`FailureKind::Edge`]: it does not answer, or refuses its configuration; the row stays as it was. The database.
    pub async fn tell(&self, environment: &EnvironmentRef, routes: &EdgeRoutes) -> Result<i64, Trouble> {
        let mut tx = self.store.system().await?;
        rows::lock(&mut tx, &self.target).await?;
        if routes.is_empty() {
            rows::remove(&mut tx, environment.id).await?;
        } else {
            rows::put(&mut tx, &self.target, environment, routes).await?;
        }
        let (generation, all) = rows::all(&mut tx, &self.target).await?;
        self.load(&all).await?;
        tx.commit().await?;
        Ok(generation)
    }

    /// Makes the edge serve what the rows say, if it does not: after it or this program has started again.
    ///
    /// # Errors
    /// As [`Self::tell`].
    pub async fn retell(&self) -> Result<(), Trouble> {
        let mut tx = self.store.system().await?;
        rows::lock(&mut tx, &self.target).await?;
        let (_, all) = rows::all(&mut tx, &self.target).await?;
        self.load(&all).await
    }

    /// Keeps a row in step with what was seen, without telling the edge: what it does not need to know does not cut websockets.
    ///
    /// # Errors
    /// The database.
    pub async fn note(&self, environment: &EnvironmentRef, routes: &EdgeRoutes) -> Result<(), Trouble> {
        let mut tx = self.store.system().await?;
        rows::lock(&mut tx, &self.target).await?;
        if routes.is_empty() {
            rows::remove(&mut tx, environment.id).await?;
        } else {
            rows::put(&mut tx, &self.target, environment, routes).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn load(&self, all: &[EdgeRoutes]) -> Result<(), Trouble> {
        let sites = || all.iter().flat_map(|routes| &routes.sites);
        self.pools.open().map_err(|error| self.disk(&error))?;
        let base = self.admin.config().await?;
        let (configuration, mark) = compose::compose(&base, all, self.listen, &self.pools);
        if !self.admin.runs(&mark).await? {
            // Sites of a new form are ready before requests come to them.
            self.bring(sites().filter(|site| !self.pools.has(&site.pool())))?;
            self.admin.load(&configuration).await?;
            // Told is not done: it must say itself what it runs.
            if !self.admin.runs(&mark).await? {
                return Err(Trouble::Away("the edge took its configuration and runs another one".to_owned()));
            }
            self.live().reads = false;
        }
        self.bring(sites())?;
        self.see().await?;
        let known = sites().map(|site| site.pool().name).collect();
        let unknown = self.pools.others(&known).map_err(|error| self.disk(&error))?;
        let before = std::mem::replace(&mut self.live().unknown, unknown.clone());
        for name in unknown.intersection(&before) {
            self.pools.remove(name).map_err(|error| self.disk(&error))?;
        }
        Ok(())
    }

    /// Makes requests to these sites go to their copies.
    fn bring<'s>(&self, sites: impl Iterator<Item = &'s Site>) -> Result<(), Trouble> {
        let left_out = self.live().left_out.clone();
        for site in sites {
            self.pools.write(site, &left_out).map_err(|error| self.disk(&error))?;
        }
        Ok(())
    }

    /// Asks the edge once whether it can read where requests go.
    async fn see(&self) -> Result<(), Trouble> {
        if self.live().reads {
            return Ok(());
        }
        let address = match self.listen.address {
            None => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Some(IpAddr::V4(address)) if address.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Some(IpAddr::V6(address)) if address.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
            Some(address) => address,
        };
        if self.admin.ask_for(std::net::SocketAddr::new(address, self.listen.http), pools::HOST).await? == 204 {
            self.live().reads = true;
            return Ok(());
        }
        let place = self.pools.root().display();
        Err(Failure::new(
            FailureKind::Edge,
            "",
            format!("the edge cannot read {place}: let the user that Caddy runs as read it"),
        )
        .into())
    }

    /// Lets no requests go to these addresses of copies, `IP:PORT`, and to all others again.
    ///
    /// # Errors
    /// As [`Self::tell`].
    pub async fn leave_out(&self, addresses: BTreeSet<String>) -> Result<(), Trouble> {
        let before = std::mem::replace(&mut self.live().left_out, addresses.clone());
        if before == addresses { Ok(()) } else { self.retell().await }
    }

    fn live(&self) -> std::sync::MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn disk(&self, error: &std::io::Error) -> Trouble {
        let place = self.pools.root().display();
        Trouble::Away(format!("cannot write where requests go, in {place}: {error}"))
    }

    /// How many requests each upstream has under way, of those the edge knows.
    ///
    /// # Errors
    /// [`FailureKind::Edge`]: it does not answer.
    pub async fn requests(&self) -> Result<BTreeMap<String, u64>, Trouble> {
        Ok(self.admin.requests().await?)
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

impl From<AdminError> for Trouble {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Unreachable(_) => Self::Away(error.to_string()),
            error => Failure::new(FailureKind::Edge, "", error.to_string()).into(),
        }
    }
}
