//! What needs what, and the order to start in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Component, Kind, NodeId};
use crate::Pointer;
use crate::walk::Leaf;

/// Who needs whom, and in which order the components start.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Graph {
    /// What needs what, at most one edge for a pair, sorted by `from`, then `to`.
    pub edges: Vec<Edge>,
    /// Every component once. What is in one level needs only what is in earlier levels, and stands in the earliest level
    /// where that holds; a level is sorted.
    pub order: Vec<Vec<NodeId>>,
}

/// One component needs another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Edge {
    /// The component that needs the other.
    pub from: NodeId,
    /// The component needed.
    pub to: NodeId,
    /// How: every way in which one refers to the other.
    pub why: BTreeSet<Why>,
    /// How far `to` must have come before `from` starts.
    pub until: Condition,
}

/// In which way one component refers to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It is told to wait until the other is ready: `after`.
    After,
    /// It is told to wait until the other has ended with success: `after_completed`.
    AfterCompleted,
    /// It is told to wait until the other's probe succeeds: `after_healthy`.
    AfterHealthy,
    /// It is told to wait only until the other was started: `after_started`.
    AfterStarted,
    /// It keeps its backups there.
    Backup,
    /// It mounts the files of a config.
    Config,
    /// It sees the other under a name of its own: `links`.
    Link,
    /// It shares the network of a service.
    Network,
    /// A text of it holds an output of the other.
    Reference,
    /// It sends requests there.
    Route,
    /// A text of it holds the secret.
    Secret,
    /// It mounts the volume.
    Volume,
}

impl Why {
    /// Whether the component says itself that it waits.
    const fn is_told(self) -> bool {
        matches!(self, Self::After | Self::AfterCompleted | Self::AfterHealthy | Self::AfterStarted)
    }
}

/// How far a component must have come before another starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It is there: its program was started, its disk or secret or file exists.
    Started,
    /// Its probe succeeds, or it accepts connections; what has no probe runs.
    Healthy,
    /// It has run to its end with success.
    Completed,
}

/// Components that wait for each other, so that none can start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cycle {
    /// The way round: each needs the next, the last needs the first.
    pub nodes: Vec<NodeId>,
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("components wait for each other: ")?;
        for node in &self.nodes {
            write!(f, "`{node}` → ")?;
        }
        self.nodes.first().map_or(Ok(()), |first| write!(f, "`{first}`"))
    }
}

impl std::error::Error for Cycle {}

impl Graph {
    /// The graph of `components`: an edge for all that one holds of another, and the start order.
    ///
    /// A component waits until what it refers to is ready: a job has completed; a service, database, cache, queue or
    /// bucket is healthy; anything else exists. Where it says itself how far the other must have come (`after_started`,
    /// `after_healthy`, `after_completed`), that counts instead, the most demanding of several. A component that holds its
    /// own address needs nobody for it. A reference to a component that is not among `components` makes an edge all the
    /// same; [`super::Ir::verify`] finds it.
    ///
    /// # Errors
    /// A cycle.
    pub fn of(components: &BTreeMap<NodeId, Component>) -> Result<Self, Cycle> {
        let mut found: BTreeMap<(&NodeId, &NodeId), BTreeSet<Why>> = BTreeMap::new();
        for (from, component) in components {
            component.spec.walk(|at, leaf| {
                for (to, why) in targets(at, leaf) {
                    // To know one's own address is to wait for nobody.
                    if to != from || why.is_told() {
                        found.entry((from, to)).or_default().insert(why);
                    }
                }
            });
        }
        let edge = |((from, to), why): ((&NodeId, &NodeId), BTreeSet<Why>)| {
            let until = condition(&why, components.get(to).map(Component::kind));
            Edge { from: from.clone(), to: to.clone(), why, until }
        };
        let edges: Vec<Edge> = found.into_iter().map(edge).collect();
        let order = order(components.keys(), &edges)?;
        Ok(Self { edges, order })
    }

    /// The edges to what `node` needs.
    pub fn needs<'a>(&'a self, node: &'a NodeId) -> impl Iterator<Item = &'a Edge> {
        self.edges.iter().filter(move |edge| edge.from == *node)
    }

    /// The edges from what needs `node`.
    pub fn needed_by<'a>(&'a self, node: &'a NodeId) -> impl Iterator<Item = &'a Edge> {
        self.edges.iter().filter(move |edge| edge.to == *node)
    }
}

fn targets<'a>(at: &Pointer, leaf: Leaf<'a>) -> Vec<(&'a NodeId, Why)> {
    match leaf {
        Leaf::Template(template) => {
            let why =
                |part: &super::Part| if matches!(part, super::Part::Secret(_)) { Why::Secret } else { Why::Reference };
            template.parts().iter().filter_map(|part| part.node().map(|node| (node, why(part)))).collect()
        }
        Leaf::Endpoint(endpoint) => vec![(&endpoint.node, Why::Route)],
        Leaf::Node(node) => vec![(node, why_of_field(at))],
        Leaf::Image(_) | Leaf::Source(_) => Vec::new(),
    }
}

/// The field that holds a component says why it is needed.
pub(super) fn why_of_field(at: &Pointer) -> Why {
    match at.tokens().next().as_deref() {
        Some("volumes") => Why::Volume,
        Some("files") => Why::Config,
        Some("links") => Why::Link,
        Some("network_mode") => Why::Network,
        Some("backup") => Why::Backup,
        Some("after_completed") => Why::AfterCompleted,
        Some("after_healthy") => Why::AfterHealthy,
        Some("after_started") => Why::AfterStarted,
        _ => Why::After,
    }
}

fn condition(why: &BTreeSet<Why>, needed: Option<Kind>) -> Condition {
    let ready = match needed {
        Some(Kind::Job) => Condition::Completed,
        Some(Kind::Service | Kind::Database | Kind::Cache | Kind::Queue | Kind::Bucket) => Condition::Healthy,
        _ => Condition::Started,
    };
    let told = why.iter().filter_map(|why| match why {
        Why::After => Some(ready),
        Why::AfterCompleted => Some(Condition::Completed),
        Why::AfterHealthy => Some(Condition::Healthy),
        Why::AfterStarted => Some(Condition::Started),
        _ => None,
    });
    told.max().unwrap_or(ready)
}

/// Kahn's algorithm, level by level. Edges to unknown nodes and to oneself do not count, except that the latter is a cycle.
fn order<'a>(nodes: impl Iterator<Item = &'a NodeId>, edges: &'a [Edge]) -> Result<Vec<Vec<NodeId>>, Cycle> {
    let mut missing: BTreeMap<&NodeId, usize> = nodes.map(|node| (node, 0)).collect();
    let mut needed_by: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for Edge { from, to, .. } in edges {
        if !missing.contains_key(to) {
            continue;
        }
        if let Some(count) = missing.get_mut(from) {
            *count += 1;
            needed_by.entry(to).or_default().push(from);
        }
    }
    let mut levels = Vec::new();
    let mut level: Vec<&NodeId> = missing.iter().filter(|(_, count)| **count == 0).map(|(node, _)| *node).collect();
    while !level.is_empty() {
        let mut next = BTreeSet::new();
        for node in &level {
            missing.remove(node);
            for waiting in needed_by.get(node).into_iter().flatten() {
                if let Some(count) = missing.get_mut(waiting) {
                    *count -= 1;
                    if *count == 0 {
                        next.insert(*waiting);
                    }
                }
            }
        }
        levels.push(level.into_iter().cloned().collect());
        level = next.into_iter().collect();
    }
    if missing.is_empty() { Ok(levels) } else { Err(cycle(&missing, edges)) }
}

/// A cycle among nodes of which each needs another of them. Following any edge must come back to a node passed before.
fn cycle(stuck: &BTreeMap<&NodeId, usize>, edges: &[Edge]) -> Cycle {
    let mut needs: BTreeMap<&NodeId, &NodeId> = BTreeMap::new();
    for Edge { from, to, .. } in edges {
        if stuck.contains_key(from) && stuck.contains_key(to) {
            needs.entry(from).or_insert(to);
        }
    }
    let mut passed: BTreeMap<&NodeId, usize> = BTreeMap::new();
    let mut path: Vec<&NodeId> = Vec::new();
    let mut here = needs.keys().next().copied();
    while let Some(node) = here {
        if let Some(start) = passed.get(node) {
            return Cycle { nodes: path.into_iter().skip(*start).cloned().collect() };
        }
        passed.insert(node, path.len());
        path.push(node);
        here = needs.get(node).copied();
    }
    Cycle { nodes: Vec::new() }
}
