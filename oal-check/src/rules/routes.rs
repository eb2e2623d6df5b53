//! Routes: every request has one answer, hosts agree about encryption, and what answers speaks HTTP and says whether it works.

use super::Rules;
use super::reading::{At, at};
use super::shape::Watch;
use crate::diagnostic::codes;
use crate::elaborate::InstanceId;
use crate::program::{EnvSet, Place};
use crate::value::Value;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// What makes the claims of a route.
const CLAIM: [Watch; 6] = [Watch::Host, Watch::Aliases, Watch::RedirectFrom, Watch::Path, Watch::PathMatch, Watch::Tls];

/// A host and a path that a route answers for.
struct Claim {
    route: InstanceId,
    /// In small letters.
    host: Arc<str>,
    /// Without a slash at its end.
    path: Arc<str>,
    exact: bool,
    tls: Value,
    envs: EnvSet,
    place: Place,
    /// As written.
    shown: Arc<str>,
}

impl Rules<'_, '_> {
    pub(super) fn routes(&mut self) {
        let ids = std::mem::take(&mut self.found.routes);
        let mut claims = Vec::new();
        let mut health = Vec::new();
        for route in self.in_order(ids) {
            self.claims(route, &mut claims);
            self.target(route, &mut health);
        }
        self.same_claims(&claims);
        self.overlaps(&claims);
        self.encryption(&claims);
        self.unhealthy(health);
    }

    fn claims(&mut self, route: InstanceId, claims: &mut Vec<Claim>) {
        for (envs, row) in self.table(route, CLAIM) {
            let [host, aliases, redirects, path, matching, tls] = &row;
            let Value::Text(path) = path else { continue };
            let trimmed: Arc<str> = Arc::from(path.trim_end_matches('/'));
            let mut claim = |field: Watch, host: &Value| {
                if let Value::Text(shown) = host {
                    claims.push(Claim {
                        route,
                        host: Arc::from(shown.to_ascii_lowercase().trim_end_matches('.')),
                        path: trimmed.clone(),
                        exact: matching.variant() == Some("exact"),
                        tls: tls.clone(),
                        envs,
                        place: self.spot(route, field, &[]),
                        shown: Arc::from(format!("{shown}{path}")),
                    });
                }
            };
            claim(Watch::Host, host);
            aliases.elements().iter().for_each(|host| claim(Watch::Aliases, host));
            redirects.elements().iter().for_each(|host| claim(Watch::RedirectFrom, host));
        }
    }

    /// Routes with the same host and path.
    fn same_claims(&mut self, claims: &[Claim]) {
        let mut known: FxHashMap<(&str, &str, bool), Vec<&Claim>> = FxHashMap::default();
        for claim in claims {
            let others = known.entry((&claim.host, &claim.path, claim.exact)).or_default();
            let mut free = claim.envs;
            for other in others.iter() {
                let both = other.envs.and(free);
                if !both.is_empty() {
                    free = free.without(both);
                    self.same_claim(other, claim, both);
                }
            }
            if !free.is_empty() {
                others.push(claim);
            }
        }
    }

    fn same_claim(&mut self, first: &Claim, second: &Claim, envs: EnvSet) {
        let title = if first.route == second.route {
            format!("{} names `{}` twice", self.describe(second.route), second.shown)
        } else {
            let (one, two) = (self.describe(first.route), self.describe(second.route));
            format!("{one} and {two} both answer for `{}`", second.shown)
        };
        let mut finding = at(&codes::DUPLICATE_ROUTE, second.place, title).label("the same host and path again");
        if first.place != second.place {
            finding = finding.also(first.place, format!("`{}` has it already", self.name(first.route)));
        }
        self.report(envs, finding.help("give one of them another path or host, or remove it"));
    }

    /// Patterns and the hosts that they match, with the same path.
    fn overlaps(&mut self, claims: &[Claim]) {
        let mut patterns: FxHashMap<(&str, &str, bool), Vec<&Claim>> = FxHashMap::default();
        for claim in claims {
            if let Some(tail) = claim.host.strip_prefix("*.") {
                patterns.entry((tail, &claim.path, claim.exact)).or_default().push(claim);
            }
        }
        if patterns.is_empty() {
            return;
        }
        let rank: FxHashMap<InstanceId, usize> =
            claims.iter().enumerate().map(|(at, claim)| (claim.route, at)).collect();
        let mut said = FxHashSet::default();
        for claim in claims.iter().filter(|claim| !claim.host.starts_with("*.")) {
            let Some((_, tail)) = claim.host.split_once('.') else { continue };
            for pattern in patterns.get(&(tail, &*claim.path, claim.exact)).into_iter().flatten() {
                let envs = pattern.envs.and(claim.envs);
                // Of the hosts of two routes that overlap, one is enough.
                if !envs.is_empty() && pattern.route != claim.route && said.insert((pattern.route, claim.route, envs)) {
                    let later = rank.get(&pattern.route) > rank.get(&claim.route);
                    self.overlap(pattern, claim, later, envs);
                }
            }
        }
    }

    fn overlap(&mut self, pattern: &Claim, claim: &Claim, pattern_is_later: bool, envs: EnvSet) {
        let matching = format!("matches `{}`", claim.shown);
        let matched = format!("matched by `{}`", pattern.shown);
        let (first, second) = if pattern_is_later { (claim, pattern) } else { (pattern, claim) };
        let (here, there) = if pattern_is_later { (matching, matched) } else { (matched, matching) };
        let (one, two) = (self.describe(first.route), self.describe(second.route));
        let finding = at(&codes::OVERLAPPING_ROUTE, second.place, format!("{one} and {two} match the same requests"))
            .label(here)
            .also(first.place, there)
            .help("give one of them another path; with equal paths, which one answers differs from proxy to proxy");
        self.report(envs, finding);
    }

    /// Hosts whose routes disagree about encryption.
    fn encryption(&mut self, claims: &[Claim]) {
        let mut known: FxHashMap<&str, Vec<&Claim>> = FxHashMap::default();
        let mut said = FxHashSet::default();
        for claim in claims.iter().filter(|claim| !claim.tls.holds_unknown()) {
            let others = known.entry(&claim.host).or_default();
            let clash = others.iter().find(|o| !o.envs.and(claim.envs).is_empty() && o.tls != claim.tls);
            let Some(first) = clash else {
                if others.len() < 64 {
                    others.push(claim);
                }
                continue;
            };
            let envs = first.envs.and(claim.envs);
            if !said.insert((claim.route, claim.host.clone(), envs)) {
                continue;
            }
            let place = self.spot(claim.route, Watch::Tls, &[]);
            let finding =
                at(&codes::ROUTE_TLS_CONFLICT, place, format!("routes of `{}` disagree about encryption", claim.host))
                    .label(format!("`{}` has {}", self.name(claim.route), tls_words(&claim.tls)))
                    .also(
                        self.spot(first.route, Watch::Tls, &[]),
                        format!("`{}` has {}", self.name(first.route), tls_words(&first.tls)),
                    )
                    .help("give all routes of a host the same `tls`, or one of them another host");
            self.report(envs, finding);
        }
    }

    /// Whether what a route leads to speaks HTTP; notes the service behind it.
    fn target(&mut self, route: InstanceId, health: &mut Vec<(InstanceId, InstanceId, EnvSet)>) {
        for (envs, [to]) in self.table(route, [Watch::To]) {
            let Value::Endpoint(service, port) = to else { continue };
            health.push((service, route, envs));
            for (others, protocols) in self.values(service, Watch::Protocols) {
                let both = envs.and(others);
                let Some(spoken) = protocols.get(&port).and_then(Value::variant) else { continue };
                if both.is_empty() || !matches!(spoken, "tcp" | "udp" | "tcp_udp" | "sctp") {
                    continue;
                }
                let (what, which) = (self.describe(route), self.describe(service));
                let title = format!("{what} leads to port `{port}` of {which}, which does not speak HTTP");
                let finding = at(&codes::ROUTE_TO_NON_HTTP, self.place(route, Watch::To, &[]), title)
                    .label(format!("speaks `{spoken}`"))
                    .also(self.place(service, Watch::Protocols, &[&port]), "said here")
                    .help("open such a port with `publish`; one that does speak HTTP is called `http` in `protocols`");
                self.report(both, finding);
            }
        }
    }

    /// Services behind routes without a word about their health.
    fn unhealthy(&mut self, behind: Vec<(InstanceId, InstanceId, EnvSet)>) {
        let mut seen: FxHashMap<InstanceId, EnvSet> = FxHashMap::default();
        for (service, route, envs) in behind {
            let known = seen.entry(service).or_default();
            let new = envs.without(*known);
            *known = known.or(envs);
            if new.is_empty() {
                continue;
            }
            let mut bad = EnvSet::EMPTY;
            for (set, [health, ready]) in self.table(service, [Watch::Health, Watch::Ready]) {
                let silent = |probe: &Value| probe.is_null() || probe.variant() == Some("off");
                if silent(&health) && silent(&ready) {
                    bad = bad.or(set.and(new));
                }
            }
            if bad.is_empty() {
                continue;
            }
            let title =
                format!("{} is behind {} and has no health check", self.describe(service), self.describe(route));
            let finding = at(&codes::NO_HEALTH_CHECK, self.site(service), title)
                .label("without `health` and `ready`")
                .also(self.site(route), "visitors come from here")
                .help("say how to see that it works, such as `health: http(path: \"/healthz\")`");
            self.report(bad, finding);
        }
    }
}

fn tls_words(tls: &Value) -> String {
    match tls.variant() {
        Some("certificate") => "a `certificate` of its own".to_owned(),
        Some(name) => format!("`tls: {name}`"),
        None => "another one".to_owned(),
    }
}
