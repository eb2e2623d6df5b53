//! Requests: bringing them to new containers, and waiting for those under way at old ones.

use std::collections::BTreeSet;
use std::time::Duration;

use helios_client::Failure;
use tokio::time::Instant;

use super::release::Release;
use super::{Docker, Step, pause, probe};
use crate::domain::job::EnvironmentRef;
use crate::edge::EdgeRoutes;
use crate::engine::containers::Container;
use crate::roles::worker::JobContext;

/// A request that the edge has taken but not yet counted is counted after that.
const SETTLE: Duration = Duration::from_millis(250);
const LOOK: Duration = Duration::from_millis(100);

impl Docker {
    /// Makes the edge serve the release by what runs now. Upstreams that go are still named to it as ones that get no new
    /// requests, so that it goes on counting those under way. Gives the URLs.
    pub(super) async fn tell(&self, release: &Release, context: &JobContext) -> Step<Vec<String>> {
        let there = self.containers(&release.environment).await?;
        let sites = self.sites(release, &there)?;
        let urls = sites.iter().map(|site| self.edge.url(site)).collect();
        let before = self.edge.routes(release.environment.id).await?;
        if sites.is_empty() && before.is_empty() {
            return Ok(urls);
        }
        context.go_on()?;
        if sites == before.sites {
            self.edge.retell().await?;
            return Ok(urls);
        }
        let running: BTreeSet<&str> = there.iter().filter_map(probe::address).collect();
        let mut routes = EdgeRoutes { sites, draining: BTreeSet::new() };
        let serving = routes.upstreams();
        routes.draining = before
            .upstreams()
            .union(&before.draining)
            .filter(|address| !serving.contains(*address) && running.contains(host(address)))
            .cloned()
            .collect();
        let generation = self.edge.tell(&release.environment, &routes).await?;
        context.log(None, format!("the edge serves generation {generation}"));
        Ok(urls)
    }

    /// Makes known to the edge where containers are that have come back with other addresses: an engine that starts again gives
    /// them anew. What does not run just now keeps its place.
    ///
    /// # Errors
    /// The engine; the edge; the database.
    pub async fn follow_addresses(&self, environment: &EnvironmentRef) -> Result<(), Failure> {
        let mut routes = self.edge.routes(environment.id).await?;
        if routes.sites.is_empty() {
            return Ok(());
        }
        let there = self.containers(environment).await.map_err(super::failures::of_engine)?;
        let all: BTreeSet<&str> = there.iter().filter_map(probe::address).collect();
        let mut moved = false;
        for site in &mut routes.sites {
            let now = super::sites::addresses(&site.to, there.iter());
            // One that has gone for good is a matter for a repair; one that has moved cannot be reached where it was.
            let lost = site.upstreams.iter().any(|upstream| !all.contains(host(upstream)));
            if !now.is_empty() && lost && now != site.upstreams {
                site.upstreams = now;
                moved = true;
            }
        }
        if moved {
            self.edge.tell(environment, &routes).await?;
        }
        Ok(())
    }

    /// Makes the edge serve nothing of the environment.
    pub(super) async fn tell_nothing(&self, environment: &EnvironmentRef) -> Step {
        let before = self.edge.routes(environment.id).await?;
        if before.sites.is_empty() {
            return Ok(());
        }
        let draining = before.upstreams().union(&before.draining).cloned().collect();
        self.edge.tell(environment, &EdgeRoutes { sites: Vec::new(), draining }).await?;
        Ok(())
    }

    /// Waits until the edge has no requests under way at these containers, for as long as the program has to end at most.
    pub(super) async fn wait_for_requests(
        &self,
        release: &Release,
        going: &[&Container],
        context: &JobContext,
    ) -> Step {
        let told = self.edge.routes(release.environment.id).await?;
        let addresses: BTreeSet<&str> =
            going.iter().filter(|one| one.is_running()).filter_map(|one| probe::address(one)).collect();
        let watched: BTreeSet<&String> =
            told.draining.iter().filter(|upstream| addresses.contains(host(upstream))).collect();
        if !watched.is_empty() {
            pause(context, SETTLE).await?;
            let grace = going.iter().map(|container| self.grace(release, container)).max().unwrap_or_default();
            let end = Instant::now() + grace;
            loop {
                let requests = self.edge.requests().await?;
                let open: u64 = watched.iter().filter_map(|upstream| requests.get(*upstream)).sum();
                if open == 0 {
                    break;
                }
                if Instant::now() >= end {
                    context.log(
                        None,
                        format!(
                            "{open} requests to old copies go on after {} s; they are told to end",
                            grace.as_secs()
                        ),
                    );
                    break;
                }
                pause(context, LOOK).await?;
            }
        }
        // The edge need not be told: what is left in its configuration no request ever meets.
        if !told.draining.is_empty() {
            self.edge.note(&release.environment, &EdgeRoutes { draining: BTreeSet::new(), ..told }).await?;
        }
        Ok(())
    }
}

/// The host of `HOST:PORT`.
fn host(upstream: &str) -> &str {
    upstream.rsplit_once(':').map_or(upstream, |(host, _)| host).trim_matches(['[', ']'])
}
