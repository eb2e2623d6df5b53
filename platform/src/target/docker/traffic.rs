//! Requests: bringing them to new containers, and waiting for those under way at old ones.

use std::collections::BTreeSet;
use std::time::Duration;

use helios_client::Failure;
use tokio::time::Instant;

use super::release::Release;
use super::{Docker, Step, pause, probe};
use crate::domain::job::EnvironmentRef;
use crate::edge::site::{Draining, Pool};
use crate::edge::{EdgeRoutes, Site};
use crate::engine::containers::Container;
use crate::roles::worker::JobContext;
use crate::trouble::Trouble;

/// A request that the edge has brought on its way but not yet counted is counted after that.
const SETTLE: Duration = Duration::from_millis(250);
const LOOK: Duration = Duration::from_millis(100);

impl Docker {
    /// Makes the edge serve the release by what runs now. Copies that go are still named to it as ones that get no new
    /// requests, so that it goes on counting those under way. Gives the URLs.
    pub(super) async fn tell(&self, release: &Release, context: &JobContext) -> Step<Vec<String>> {
        let there = self.containers(&release.environment).await?;
        let mut sites = self.sites(release, &there)?;
        let urls = sites.iter().map(|site| self.edge.url(site)).collect();
        let before = self.edge.routes(release.environment.id).await?;
        if sites.is_empty() && before.is_empty() {
            return Ok(urls);
        }
        context.go_on()?;
        choose_sides(&before, &mut sites);
        if sites == before.sites {
            self.edge.retell().await?;
            return Ok(urls);
        }
        let running: BTreeSet<&str> = there.iter().filter_map(probe::address).collect();
        let draining = draining(&before, &sites, &running);
        let routes = EdgeRoutes { sites, draining };
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
        let there = self.containers(environment).await.map_err(Trouble::from)?;
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
        let running = before.upstreams();
        let draining = draining(&before, &[], &running.iter().map(|upstream| host(upstream)).collect());
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
        let is_going =
            |draining: &&Draining| draining.upstreams.iter().any(|upstream| addresses.contains(host(upstream)));
        let watched: Vec<&Pool> = told.draining.iter().filter(is_going).map(|draining| &draining.pool).collect();
        if !watched.is_empty() {
            pause(context, SETTLE).await?;
            let grace = going.iter().map(|container| self.grace(release, container)).max().unwrap_or_default();
            let end = Instant::now() + grace;
            loop {
                let requests = self.edge.requests().await?;
                let open: u64 = watched.iter().map(|pool| pool.requests(&requests)).sum();
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
            self.edge.note(&release.environment, &EdgeRoutes { draining: Vec::new(), ..told }).await?;
        }
        Ok(())
    }
}

/// A site whose copies are others than before goes over to the other side of its pool, if it has the same one.
pub(super) fn choose_sides(before: &EdgeRoutes, sites: &mut [Site]) {
    for site in sites {
        let name = site.pool().name;
        if let Some(old) = before.sites.iter().find(|old| old.pool().name == name) {
            site.side = if old.upstreams == site.upstreams { old.side } else { old.side.other() };
        }
    }
}

/// Copies that got requests, or had some under way, and get none of these sites'; of those that still run.
fn draining(before: &EdgeRoutes, sites: &[Site], running: &BTreeSet<&str>) -> Vec<Draining> {
    let serving: Vec<Pool> = sites.iter().map(Site::pool).collect();
    let kept: BTreeSet<&String> = sites.iter().flat_map(|site| &site.upstreams).collect();
    let ends = |upstream: &String| !kept.contains(upstream) && running.contains(host(upstream));
    let were = before.sites.iter().map(|site| Draining { pool: site.pool(), upstreams: site.upstreams.clone() });
    before
        .draining
        .iter()
        .cloned()
        .chain(were)
        .filter(|old| !serving.contains(&old.pool) && old.upstreams.iter().any(ends))
        .collect()
}

/// The host of `HOST:PORT`.
fn host(upstream: &str) -> &str {
    upstream.rsplit_once(':').map_or(upstream, |(host, _)| host).trim_matches(['[', ']'])
}
