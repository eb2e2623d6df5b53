//! Whom a change reaches: components that hold an address, a secret or files of one that changes start anew with the new ones.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Change, Consequence, Effect};
use crate::v1::{Component, Ir, Kind, NodeId, Spec, Why};

/// Adds to `changes`, sorted by node, whom they reach; keeps the order.
pub(super) fn spread(new: &Ir, changes: &mut Vec<Change>) {
    let mut by_node: BTreeMap<NodeId, Change> = changes.drain(..).map(|change| (change.node.clone(), change)).collect();
    // Whom a component uses stands in an earlier level of the order, so one pass is enough.
    for id in new.graph.order.iter().flatten() {
        let Some(component) = new.components.get(id) else { continue };
        let mut because_of = BTreeSet::new();
        for edge in new.graph.edges.iter().filter(|edge| edge.from == *id) {
            let reached = by_node.get(&edge.to).is_some_and(|change| edge.why.iter().any(|why| reaches(change, *why)));
            if reached {
                because_of.insert(edge.to.clone());
            }
        }
        if because_of.is_empty() || matches!(by_node.get(id), Some(change) if change.action == Action::Create) {
            continue;
        }
        let effect = restart(new, component);
        let change = by_node.entry(id.clone()).or_insert_with(|| Change {
            node: id.clone(),
            kind: component.kind(),
            action: Action::Change,
            fields: Vec::new(),
            because_of: BTreeSet::new(),
            effect: Effect::default(),
        });
        change.effect = change.effect.and(effect);
        change.because_of = because_of;
    }
    changes.extend(by_node.into_values());
}

/// Whether a change concerns those that use the component in this way.
fn reaches(change: &Change, why: Why) -> bool {
    let touches = |names: &[&str]| {
        change.fields.iter().any(|field| field.at.tokens().next().is_some_and(|name| names.contains(&&*name)))
    };
    match (change.action, why) {
        (Action::Create, _) => matches!(why, Why::Reference | Why::Secret | Why::Config | Why::Volume | Why::Network),
        (Action::Remove, _) => true,
        (Action::Change, Why::Network) => change.effect.consequence > Consequence::None,
        (Action::Change, Why::Config) => touches(&["files"]),
        (Action::Change, Why::Secret) => touches(&["from"]),
        (Action::Change, Why::Volume) => change.effect.consequence == Consequence::DataLoss,
        (Action::Change, Why::Reference | Why::Link) => match change.kind {
            Kind::Service => touches(&["ports", "networks"]),
            Kind::External => touches(&["url", "credentials"]),
            Kind::Database | Kind::Cache | Kind::Queue => {
                touches(&["engine", "port", "name", "user", "password", "networks"])
            }
            _ => change.effect.consequence >= Consequence::Replace,
        },
        (Action::Change, _) => false,
    }
}

/// What it means that a component takes over something new from those it uses.
pub(super) fn restart(new: &Ir, component: &Component) -> Effect {
    let consequence = match &component.spec {
        Spec::Service(_) => super::rules::restart(new, component),
        Spec::Database(_) | Spec::Cache(_) | Spec::Queue(_) => Consequence::Downtime,
        // A job takes it over at its next run; the others hold nothing that runs.
        _ => Consequence::None,
    };
    Effect { consequence, ..Effect::default() }
}
