//! The host names that a program's routes ask for, and what is said where one of them is somebody else's.

use std::collections::BTreeSet;

use helios_client::{Failure, FailureKind};
use oal_ir::v1::Spec;
use oal_ir::{Ir, NodeId, Pointer};

/// A host name and the path below it; the path has no slash at its end and is empty for all paths.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// The name, in lower case; a first label of `*` stands for any one label.
    pub host: String,
    /// The path.
    pub path: String,
}

impl Claim {
    /// Whether some request could be meant by both names.
    #[must_use]
    pub fn meets(&self, host: &str) -> bool {
        let covers = |pattern: &str, name: &str| {
            let below = |name: &str| name.split_once('.').map(|(_, domain)| domain.to_owned());
            pattern.strip_prefix("*.").is_some_and(|domain| below(name).as_deref() == Some(domain))
        };
        self.host == host || covers(&self.host, host) || covers(host, &self.host)
    }
}

/// A claim, and where in the program it stands.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The claim.
    pub claim: Claim,
    node: NodeId,
    field: Pointer,
}

/// Whose a host name is already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Another organisation's, which is nobody's business.
    Foreign,
    /// The same organisation's: application and environment.
    Own(String, String),
}

/// Everything that the routes of a program ask for.
#[must_use]
pub fn wanted(ir: &Ir) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for (node, component) in &ir.components {
        let Spec::Route(route) = &component.spec else { continue };
        let mut want = |name: &str, path: &str, field: Pointer| {
            let claim = Claim { host: name.to_ascii_lowercase(), path: path.trim_end_matches('/').to_owned() };
            wanted.push(Wanted { claim, node: node.clone(), field });
        };
        let root = Pointer::root;
        want(&route.host, &route.path, root().join("host"));
        for (index, name) in route.aliases.iter().enumerate() {
            want(name, &route.path, root().join("aliases").join(&index.to_string()));
        }
        // Whatever the path, they are sent on.
        for (index, name) in route.redirect_from.iter().enumerate() {
            want(name, "", root().join("redirect_from").join(&index.to_string()));
        }
    }
    wanted
}

/// The claims alone.
#[must_use]
pub fn claims(ir: &Ir) -> BTreeSet<Claim> {
    wanted(ir).into_iter().map(|wanted| wanted.claim).collect()
}

/// What is said of a claim that cannot be had.
#[must_use]
pub fn refused(wanted: &Wanted, owner: &Owner) -> Failure {
    let host = &wanted.claim.host;
    let (message, help) = match owner {
        Owner::Foreign => (
            format!("the host `{host}` belongs to another organisation on this target"),
            "take another host name; if this one is yours, ask who runs the platform".to_owned(),
        ),
        Owner::Own(app, environment) => (
            format!("the host `{host}` belongs to `{app}` in `{environment}` on this target"),
            format!(
                "give each environment a host of its own, as by a `param`; this one is free when `{app}` in `{environment}` \
                 is deployed without it, or taken down: `helios down --app {app} --env {environment}`"
            ),
        ),
    };
    Failure::new(FailureKind::Edge, "", message).of(wanted.node.clone()).at(wanted.field.clone()).help(help)
}
