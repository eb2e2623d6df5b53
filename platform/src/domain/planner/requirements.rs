//! What a program asks of its environment and its target: secrets that somebody has to set, values that the platform makes,
//! things the target cannot do. All of it is known before anything is built.

use std::collections::{BTreeMap, BTreeSet};

use helios_client::{Failure, FailureKind};
use oal_ir::v1::{Alphabet, Part, SecretSource, Spec, UpdateFailure};
use oal_ir::{Ir, Leaf, NodeId, Pointer};

use crate::domain::managed;

/// A value that the platform makes once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generate {
    /// Its name in `secrets`: the node's id, or `<node id>#<credential>`.
    pub name: String,
    /// The component it is for.
    pub node: NodeId,
    /// So many characters.
    pub length: u64,
    /// Of these.
    pub alphabet: Alphabet,
    /// What it must look like as a whole, in the syntax of the language's patterns.
    pub pattern: Option<String>,
}

/// What the environment lacks.
#[derive(Debug, Default)]
pub struct Requirements {
    /// The names of all secrets that the release takes with it.
    pub names: BTreeSet<String>,
    /// Values to make.
    pub generate: Vec<Generate>,
    /// What only a person can give.
    pub failures: Vec<Failure>,
}

/// Compares what a program needs with the names that have a value.
#[must_use]
pub fn requirements(ir: &Ir, has: impl Fn(&str) -> bool) -> Requirements {
    let mut required = Requirements::default();
    let used = used_secrets(ir);
    for (node, component) in &ir.components {
        for credential in managed::credentials(&component.spec) {
            let name = format!("{node}#{}", credential.name);
            if !has(&name) {
                let (length, alphabet) = (credential.length as u64, Alphabet::Alphanumeric);
                required.generate.push(Generate {
                    name: name.clone(),
                    node: node.clone(),
                    length,
                    alphabet,
                    pattern: None,
                });
            }
            required.names.insert(name);
        }
        let Spec::Secret(secret) = &component.spec else { continue };
        let Some(users) = used.get(node) else { continue };
        required.names.insert(node.to_string());
        if has(node.as_str()) {
            continue;
        }
        match (secret.generate, &secret.from) {
            (Some(length), _) => required.generate.push(Generate {
                name: node.to_string(),
                node: node.clone(),
                length,
                alphabet: secret.alphabet.clone(),
                pattern: secret.pattern.clone(),
            }),
            (None, SecretSource::Store { name }) => required.failures.push(
                Failure::new(
                    FailureKind::Unsupported,
                    "",
                    format!("no store of secrets is connected, so `{name}` cannot be had"),
                )
                .of(node.clone())
                .at(Pointer::root().join("from"))
                .help(format!("take `from` away and set it once: `helios secrets set {}`", short(node))),
            ),
            (None, from) => required.failures.push(missing(ir, node, from, users)),
        }
    }
    required
}

fn missing(ir: &Ir, node: &NodeId, from: &SecretSource, users: &BTreeSet<NodeId>) -> Failure {
    let environment = &ir.environment;
    let by = match users.iter().next() {
        Some(user) if users.len() == 1 => format!("; `{user}` uses it"),
        Some(user) => format!("; `{user}` and {} more use it", users.len() - 1),
        None => String::new(),
    };
    let source = match from {
        SecretSource::File { path } => format!(" < {}", &**path),
        _ => String::new(),
    };
    Failure::new(FailureKind::MissingSecret, "", format!("`{node}` has no value in `{environment}`{by}"))
        .of(node.clone())
        .help(format!("`helios secrets set {} --env {environment}{source}`", short(node)))
}

/// How a person names a secret: as it stands in the program, `stripe_key` for `secret/stripe_key`.
fn short(node: &NodeId) -> &str {
    node.as_str().strip_prefix("secret/").unwrap_or(node.as_str())
}

/// Secrets that some component holds, with those that do.
fn used_secrets(ir: &Ir) -> BTreeMap<NodeId, BTreeSet<NodeId>> {
    let mut used: BTreeMap<NodeId, BTreeSet<NodeId>> = BTreeMap::new();
    ir.walk(|node, _, leaf| {
        let Leaf::Template(template) = leaf else { return };
        for part in template.parts() {
            if let Part::Secret(secret) = part {
                used.entry(secret.node.clone()).or_default().insert(node.clone());
            }
        }
    });
    used
}

/// What a program asks for and no target on one machine with a container engine can do. Better said now than ignored.
#[must_use]
pub fn unsupported(ir: &Ir) -> Vec<Failure> {
    let mut found = Vec::new();
    let mut refuse = |node: &NodeId, field: &str, message: &str, help: &str| {
        let failure = Failure::new(FailureKind::Unsupported, "", message);
        let field = field.split('/').fold(Pointer::root(), |at, key| at.join(key));
        found.push(failure.of(node.clone()).at(field).help(help));
    };
    for (node, component) in &ir.components {
        if let Some(workload) = component.spec.workload() {
            if !workload.placement.is_empty() {
                let message = "the target is one machine, and it carries no labels to choose it by";
                refuse(node, "placement", message, "take `placement` away for this environment");
            }
            if workload.build.as_ref().is_some_and(|build| !build.platforms.is_empty()) {
                let message = "the target builds for its own machine only";
                refuse(node, "build", message, "take `platforms` away for this environment");
            }
        }
        match &component.spec {
            Spec::Service(service) => {
                if let Some(scale) = &service.autoscale {
                    let share = "say from which share of `cpu` or `memory` on copies are added";
                    if scale.requests.is_some() {
                        let message = "the target does not count the requests of a copy";
                        refuse(node, "autoscale/requests", message, share);
                    } else if scale.cpu.is_none() && scale.memory.is_none() {
                        refuse(node, "autoscale", "nothing says when copies are added", share);
                    }
                    if scale.cpu.is_some() && service.resources.cpu.is_none() {
                        let message = "there is no `resources.cpu` that this is a share of";
                        refuse(node, "autoscale/cpu", message, "say how much a copy gets with `resources: { cpu: … }`");
                    }
                    if scale.min == 0 {
                        let message = "copies that do not run have no load that could bring the first one up";
                        refuse(node, "autoscale/min", message, "write `min: 1`");
                    }
                }
                if service.update.on_failure == UpdateFailure::Pause {
                    let message = "a deployment never stops half-way: it succeeds or goes back";
                    refuse(node, "update", message, "write `on_failure: roll_back`");
                }
            }
            Spec::Database(database) => {
                let Some(backup) = &database.backup else { continue };
                if !managed::backup::is_supported(&database.engine) {
                    let message = "the target makes copies of PostgreSQL's data only";
                    refuse(node, "backup", message, "take `backup` away and let a `job` with a `schedule` make them");
                } else if backup.to.is_some() {
                    let message = "the target keeps copies in its own place only";
                    refuse(
                        node,
                        "backup/to",
                        message,
                        "take `to` away, or take `backup` away and let a `job` with a `schedule` bring them there",
                    );
                }
            }
            _ => {}
        }
    }
    found
}
