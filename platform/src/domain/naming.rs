//! What the objects of an environment are called: at the engine, and among each other.

use std::collections::BTreeMap;

use oal_ir::v1::Ir;
use oal_ir::{NodeId, canonical};

use super::job::EnvironmentRef;

/// The first hexadecimal digits of the SHA-256 of `parts`, each set off from the next by a zero byte.
#[must_use]
pub fn short_hash(parts: &[&str], digits: usize) -> String {
    let digest = canonical::sha256(parts.join("\0").as_bytes());
    digest.trim_start_matches("sha256:").chars().take(digits).collect()
}

/// The text as one label of a host name (RFC 1123): lower case, digits and single hyphens.
#[must_use]
pub fn label(text: &str) -> String {
    let mut label = String::new();
    for letter in text.chars().map(|letter| letter.to_ascii_lowercase()) {
        match letter {
            'a'..='z' | '0'..='9' => label.push(letter),
            _ if label.is_empty() || label.ends_with('-') => {}
            _ => label.push('-'),
        }
    }
    let label = label.trim_end_matches('-');
    if label.is_empty() { "x".to_owned() } else { label.to_owned() }
}

/// The host names under which the components of a program find each other: the names of a component's steps and its loop value,
/// joined by hyphens. Two components that would be called alike get a few digits of their ids' digests besides.
#[must_use]
pub fn hosts(ir: &Ir) -> BTreeMap<NodeId, String> {
    let mut by_name: BTreeMap<String, Vec<&NodeId>> = BTreeMap::new();
    for id in ir.components.keys() {
        by_name.entry(host(id)).or_default().push(id);
    }
    let mut hosts = BTreeMap::new();
    for (name, ids) in by_name {
        let alone = ids.len() == 1;
        for id in ids {
            let own = if alone { name.clone() } else { format!("{name}-{}", short_hash(&[id.as_str()], 6)) };
            hosts.insert(id.clone(), own);
        }
    }
    hosts
}

fn host(id: &NodeId) -> String {
    let mut parts = Vec::new();
    for segment in id.segments() {
        parts.push(label(segment.name));
        if let Some(key) = segment.key {
            parts.push(label(&key));
        }
    }
    let whole = parts.join("-");
    // A label has at most 63 characters (RFC 1035).
    if whole.len() <= 63 {
        whole
    } else {
        format!(
            "{}-{}",
            whole.chars().take(50).collect::<String>().trim_end_matches('-'),
            short_hash(&[id.as_str()], 8)
        )
    }
}

/// The names of an environment's objects at the engine. Each ends in digits of the environment's id, so that two organisations
/// with applications of one name do not meet.
#[derive(Debug, Clone)]
pub struct Names {
    prefix: String,
    id: String,
}

impl Names {
    /// The names for an environment.
    #[must_use]
    pub fn of(environment: &EnvironmentRef) -> Self {
        let prefix = format!("helios-{}-{}", label(&environment.app), label(&environment.name));
        Self { prefix, id: environment.id.simple().to_string() }
    }

    fn name(&self, what: &str, parts: &[&str]) -> String {
        let mut all = vec![&*self.id];
        all.extend(parts);
        format!("{}-{what}-{}", self.prefix, short_hash(&all, 10))
    }

    /// The network that all components share; with a group, that group's.
    #[must_use]
    pub fn network(&self, group: Option<&str>) -> String {
        match group {
            None => self.name("net", &["network"]),
            Some(group) => self.name(&format!("net-{}", label(group)), &["network", group]),
        }
    }

    /// A disk of a component; `format` tells apart what cannot read each other's data.
    #[must_use]
    pub fn volume(&self, node: &NodeId, format: &str) -> String {
        self.name(&format!("vol-{}", host(node)), &["volume", node.as_str(), format])
    }

    /// A copy of a component, made from what has the digest `spec`.
    #[must_use]
    pub fn container(&self, node: &NodeId, replica: u32, spec: &str) -> String {
        self.name(&format!("{}-{replica}", host(node)), &["container", node.as_str(), &replica.to_string(), spec])
    }

    /// A run of a job; `run` tells one from the next.
    #[must_use]
    pub fn run(&self, node: &NodeId, run: &str) -> String {
        self.name(&format!("run-{}", host(node)), &["run", node.as_str(), run])
    }
}

/// Labels of everything the platform makes at the engine.
pub mod labels {
    /// The organisation's id.
    pub const ORG: &str = "helios.org";
    /// The application's name.
    pub const APP: &str = "helios.app";
    /// The environment's id.
    pub const ENVIRONMENT: &str = "helios.environment";
    /// The component.
    pub const NODE: &str = "helios.node";
    /// The number of the release it was made for.
    pub const RELEASE: &str = "helios.release";
    /// Which copy.
    pub const REPLICA: &str = "helios.replica";
    /// The digest of what it was made from; secrets count with the ids of their versions, not with their values.
    pub const SPEC: &str = "helios.spec";
    /// `service`, `managed` or `run`.
    pub const ROLE: &str = "helios.role";
    /// The job's row that a run belongs to.
    pub const JOB: &str = "helios.job";
    /// Which try of a run.
    pub const ATTEMPT: &str = "helios.attempt";
    /// The target that made it, so that two platforms can share an engine.
    pub const TARGET: &str = "helios.target";
}
