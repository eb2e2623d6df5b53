//! What needs what in an environment, for a picture.

use oal_check::Checked;
use oal_check::graph::Graph;
use serde::Serialize;

/// A picture of a program in one environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// The environment.
    pub environment: String,
    /// The components.
    pub nodes: Vec<Node>,
    /// What needs what.
    pub edges: Vec<Edge>,
}

/// A component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its stable id.
    pub id: String,
    /// The built-in kind that it is in the end.
    pub kind: String,
    /// As the source refers to it.
    pub label: String,
}

/// One component needs another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Edge {
    /// The one that needs the other, by its id.
    pub from: String,
    /// The other one.
    pub to: String,
    /// In which ways.
    pub label: String,
}

/// The picture of an environment; of the first one where none is named. `None` where there is no such environment.
#[must_use]
pub fn graph(checked: &Checked, environment: Option<&str>) -> Option<Picture> {
    let names: Vec<&str> = checked.environments().collect();
    let index = match environment {
        Some(name) => names.iter().position(|known| *known == name)?,
        None => 0,
    };
    let graph = Graph::of(&mut checked.evaluator(), index);
    let id = |at: usize| graph.nodes.get(at).map(|node| node.id.clone());
    let edges = graph.edges.iter().filter_map(|edge| {
        let ways = edge.why.iter().filter_map(|why| serde_json::to_value(why).ok()?.as_str().map(str::to_owned));
        Some(Edge { from: id(edge.from)?, to: id(edge.to)?, label: ways.collect::<Vec<_>>().join(", ") })
    });
    let edges = edges.collect();
    let node =
        |node: &oal_check::graph::Node| Node { id: node.id.clone(), kind: node.kind.clone(), label: node.name.clone() };
    let environment = (*names.get(index)?).to_owned();
    Some(Picture { environment, nodes: graph.nodes.iter().map(node).collect(), edges })
}
