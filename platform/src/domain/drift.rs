//! Whether what runs is what a release says.

use std::collections::BTreeMap;

use oal_ir::v1::Spec;
use oal_ir::{Ir, NodeId};

use super::{managed, workload};

/// How many containers of a component run one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// The component.
    pub node: NodeId,
    /// The id of the image.
    pub image: String,
    /// Containers that run and are not unhealthy.
    pub count: u64,
}

/// What differs, one line each, in order of the components; empty if nothing does. `copies` is how many are wanted of services whose
/// number follows the load.
#[must_use]
pub fn differences(
    ir: &Ir,
    images: &BTreeMap<NodeId, String>,
    copies: &BTreeMap<NodeId, u32>,
    running: &[Running],
) -> Vec<String> {
    let mut found = Vec::new();
    for (node, component) in &ir.components {
        let wanted = match &component.spec {
            Spec::Service(service) => u64::from(workload::replicas(service, copies.get(node).copied())),
            spec if managed::image(spec).is_some() => 1,
            _ => continue,
        };
        let of_node = || running.iter().filter(|running| running.node == *node);
        let right: u64 = of_node().filter(|running| images.get(node) == Some(&running.image)).map(|r| r.count).sum();
        let all: u64 = of_node().map(|running| running.count).sum();
        if right != wanted {
            found.push(format!("{node}: {right} of {wanted} run"));
        }
        if all > right {
            found.push(format!("{node}: {} of another release run", all - right));
        }
    }
    let stray = running.iter().filter(|running| !ir.components.contains_key(&running.node) && running.count > 0);
    found.extend(stray.map(|running| format!("{}: is no part of the release and runs", running.node)));
    found
}
