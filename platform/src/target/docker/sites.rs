//! What the edge is to serve for a release, given what runs.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use helios_client::{Failure, FailureKind};
use oal_ir::NodeId;
use oal_ir::v1::{Protocol, Route, Service, Spec};
use sha2::{Digest as _, Sha256};

use super::release::Release;
use super::{Docker, probe};
use crate::domain::container::NetworkSpec;
use crate::domain::naming::labels;
use crate::domain::outputs::field;
use crate::edge::site::Side;
use crate::edge::{Behind, Certificate, Scheme, Site, Tls};
use crate::engine::containers::Container;

/// The cost of a password's hash: some 50 ms, once for each visitor and reload, for the edge remembers.
const HASH_COST: u32 = 10;

impl Docker {
    /// All sites, in the order of their ids. Where the release's own copies of a service do not run yet, the older ones serve.
    pub(super) fn sites(&self, release: &Release, there: &[Container]) -> Result<Vec<Site>, Failure> {
        let mut sites = Vec::new();
        for (node, component) in &release.ir.components {
            if let Spec::Route(route) = &component.spec {
                sites.push(self.site(release, node, route, there)?);
            }
        }
        Ok(sites)
    }

    fn site(&self, release: &Release, node: &NodeId, route: &Route, there: &[Container]) -> Result<Site, Failure> {
        let Some(service) = release.service(&route.to.node) else {
            return Err(Failure::new(FailureKind::Unsupported, "", "a route leads to a service only")
                .of(node.clone())
                .at(field(["to"])));
        };
        let port = service.ports.get(&route.to.port).map_or(0, |port| port.0.get());
        let (to, upstreams) = behind(release, &route.to.node, port, there);
        let scheme = match service.protocols.get(&route.to.port) {
            Some(Protocol::Https) => Scheme::Https,
            Some(Protocol::H2c | Protocol::Grpc) => Scheme::H2c,
            Some(Protocol::Udp | Protocol::Sctp) => {
                return Err(Failure::new(FailureKind::Unsupported, "", "the edge speaks HTTP only")
                    .of(node.clone())
                    .at(field(["to"])));
            }
            _ => Scheme::Http,
        };
        let texts = |names: &[oal_ir::v1::Host]| names.iter().map(|name| name.to_string()).collect();
        Ok(Site {
            environment: release.environment.id,
            node: node.clone(),
            host: route.host.to_string(),
            aliases: texts(&route.aliases),
            redirect_from: texts(&route.redirect_from),
            path: route.path.to_string(),
            exact: matches!(route.path_match, oal_ir::v1::PathMatch::Exact),
            strip_path: route.strip_path,
            tls: self.tls(release, node, route)?,
            timeout: route.timeout.0,
            max_body: route.max_body.0,
            sticky: route.sticky,
            headers: route.headers.clone(),
            allow_from: route.allow_from.clone(),
            users: users(release, node, route)?,
            scheme,
            to,
            upstreams,
            side: Side::A,
        })
    }

    fn tls(&self, release: &Release, node: &NodeId, route: &Route) -> Result<Tls, Failure> {
        let (chain, key) = match &route.tls {
            oal_ir::v1::Tls::Automatic => return Ok(Tls::Automatic),
            oal_ir::v1::Tls::Off => return Ok(Tls::Off),
            oal_ir::v1::Tls::Certificate { chain, key } => (chain, key),
        };
        let program = release.program();
        let text = |template, name| program.text(template, node, &field(["tls", "certificate", name]));
        let place = |contents: &str, mode: u32| {
            // Named by what is in it, so that a new certificate is a new configuration.
            let name: String = Sha256::digest(contents).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
            let directory = self.data.join("edge");
            let file = directory.join(format!("{name}.pem"));
            let write = || {
                fs::create_dir_all(&directory)?;
                fs::set_permissions(&directory, Permissions::from_mode(0o700))?;
                fs::write(&file, contents)?;
                fs::set_permissions(&file, Permissions::from_mode(mode))
            };
            let failed = |error: std::io::Error| {
                Failure::new(
                    FailureKind::Internal,
                    "",
                    format!("cannot keep a certificate in {}: {error}", directory.display()),
                )
            };
            write().map_err(failed).map(|()| file.display().to_string())
        };
        let chain = place(&text(chain, "chain")?, 0o600)?;
        let key = place(&text(key, "key")?, 0o600)?;
        Ok(Tls::Certificate(Certificate { chain, key }))
    }
}

/// Whose running copies are behind a service, and where they are: the release's own, else older ones.
fn behind(release: &Release, node: &NodeId, port: u16, there: &[Container]) -> (Behind, Vec<String>) {
    let unit = release.units.get(node);
    if let Some(NetworkSpec::Share(with)) = unit.map(|unit| &unit.spec.network) {
        return behind(release, with, port, there);
    }
    let (spec, replicas) = unit.map_or(("", 0), |unit| (unit.digest.as_str(), unit.replicas));
    let own = Behind { node: node.clone(), spec: spec.to_owned(), port };
    let few = there
        .iter()
        .filter(|container| container.label(labels::REPLICA).parse().is_ok_and(|replica: u32| replica < replicas));
    let addresses = addresses(&own, few);
    if !addresses.is_empty() {
        return (own, addresses);
    }
    let older =
        there.iter().filter(|container| container.is_running() && container.label(labels::NODE) == node.as_str());
    let mut older: Vec<&Container> = older.collect();
    older.sort_by_key(|container| std::cmp::Reverse(container.label(labels::RELEASE).parse::<i64>().unwrap_or(0)));
    match older.first() {
        Some(newest) => {
            let old = Behind { spec: newest.label(labels::SPEC).to_owned(), ..own };
            let addresses = self::addresses(&old, there.iter());
            (old, addresses)
        }
        None => (own, Vec::new()),
    }
}

/// The addresses of the running containers that are meant.
pub(super) fn addresses<'c>(behind: &Behind, there: impl Iterator<Item = &'c Container>) -> Vec<String> {
    let mut addresses: Vec<String> = there
        .filter(|container| container.is_running() && container.label(labels::ROLE) == "service")
        .filter(|container| {
            container.label(labels::NODE) == behind.node.as_str() && container.label(labels::SPEC) == behind.spec
        })
        .filter_map(|container| place(container, behind.port))
        .collect();
    addresses.sort();
    addresses
}

/// `IP:PORT` of a container.
fn place(container: &Container, port: u16) -> Option<String> {
    let address = probe::address(container)?;
    Some(if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") })
}

/// All addresses at which a copy of a service can answer.
pub(super) fn places(container: &Container, service: &Service) -> Vec<String> {
    service.ports.values().filter_map(|port| place(container, port.0.get())).collect()
}

/// The hashes of the passwords. The salt follows from what the password belongs to and from its version, so that the same
/// release gives the same hashes, and no two others do.
fn users(
    release: &Release,
    node: &NodeId,
    route: &Route,
) -> Result<std::collections::BTreeMap<String, String>, Failure> {
    let program = release.program();
    let mut users = std::collections::BTreeMap::new();
    for (name, password) in &route.users {
        let at = field(["users", name]);
        let value = program.text(password, node, &at)?;
        let mut salted = Sha256::new();
        for part in [release.environment.id.to_string().as_str(), node.as_str(), name] {
            salted.update(part);
            salted.update([0]);
        }
        for secret in password.parts().iter().filter_map(oal_ir::v1::Part::node) {
            salted.update(release.version(secret.as_str()));
        }
        let mut salt = [0; 16];
        salt.iter_mut().zip(salted.finalize()).for_each(|(to, from)| *to = from);
        let hash = bcrypt::hash_with_salt(&value, HASH_COST, salt).map_err(|error| {
            Failure::new(FailureKind::Unsupported, "", format!("this password cannot be used: {error}"))
                .of(node.clone())
                .at(at)
        })?;
        users.insert(name.clone(), hash.to_string());
    }
    Ok(users)
}
