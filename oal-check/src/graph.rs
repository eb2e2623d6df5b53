//! What needs what in one environment, and the order of starting that follows. Data only: rules, `oal graph` and the editor
//! read it. (The graph of an IR document is made from the document itself, by `oal_ir`.)
//!
//! A component needs another one where a field of it holds the other one, one of its ports, or a text with one of its outputs.
//! A plain field that is read, such as `orders.storage`, is a value like any other and needs nobody.

use crate::elaborate::{InstanceId, World};
use crate::eval::Evaluator;
use crate::program::Program;
use crate::value::{Part, Value};
use oal_ir::v1::{Condition, Why};
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The components of an environment and what they need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    /// The components, in the order of the source.
    pub nodes: Vec<Node>,
    /// What needs what, at most one edge for a pair, sorted.
    pub edges: Vec<Edge>,
}

/// A component.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Its number in the [`World`].
    #[serde(skip)]
    pub instance: InstanceId,
    /// Its stable id: `service/api`.
    pub id: String,
    /// The built-in kind that it is in the end: `service` for a `web`. Empty for a group of components.
    pub kind: String,
    /// As the source refers to it: `api`, `worker["eu"]`.
    pub name: String,
}

/// One component needs another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Who needs the other, by its place among the nodes.
    pub from: usize,
    /// Who is needed.
    pub to: usize,
    /// In which ways.
    pub why: BTreeSet<Why>,
    /// How far the other must have come before the first one starts.
    pub until: Condition,
}

/// Components that need each other in a circle, so that none can start: each needs the next, the last the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Circle(pub Vec<usize>);

/// A way in which a component needs another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Need {
    pub(crate) to: InstanceId,
    pub(crate) why: Why,
    /// The field that says so.
    pub(crate) slot: u16,
    /// The part of it: keys on the way.
    pub(crate) path: Vec<Box<str>>,
}

/// What a component needs in an environment, by the fields that the platform reads; what has no value needs nothing.
pub(crate) fn needs(eval: &mut Evaluator<'_>, id: InstanceId, env: u8) -> Vec<Need> {
    let mut found = Vec::new();
    let program = eval.program;
    let Some(kind) = program.kind(eval.world.kind(id)) else { return found };
    // Fields that a kind of the program adds have an effect only through those of the built-in kind, which come first.
    let count = kind.root.and_then(|root| program.kind(root)).map_or(0, |root| root.fields.len());
    for (slot, field) in (0u16..).zip(kind.fields.iter().take(count)) {
        if !eval.written(id, slot) {
            continue;
        }
        if let Ok(value) = eval.run(|eval| eval.make_field(id, slot, env)) {
            let mut walk = Walk { id, field: &field.name, slot, path: Vec::new(), found: &mut found };
            walk.value(&value);
        }
    }
    found
}

struct Walk<'w> {
    id: InstanceId,
    field: &'w str,
    slot: u16,
    path: Vec<Box<str>>,
    found: &'w mut Vec<Need>,
}

impl Walk<'_> {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Component(to) => self.component(*to),
            Value::Endpoint(to, _) => self.add(*to, Why::Route),
            Value::Template(parts) => {
                for part in parts.iter() {
                    match part {
                        Part::Output(to, _) => self.add(*to, Why::Reference),
                        Part::Secret(to) => self.add(*to, Why::Secret),
                        Part::Text(_) => {}
                    }
                }
            }
            Value::List(elements) => elements.iter().for_each(|element| self.value(element)),
            Value::Map(entries) | Value::Variant(_, entries) => {
                for (key, value) in entries.iter() {
                    self.path.push((**key).into());
                    self.value(value);
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    fn component(&mut self, to: InstanceId) {
        let why = match self.field {
            "volumes" => Why::Volume,
            "files" => Why::Config,
            "links" => Why::Link,
            "network_mode" => Why::Network,
            "backup" => Why::Backup,
            "after_completed" => Why::AfterCompleted,
            "after_healthy" => Why::AfterHealthy,
            "after_started" => Why::AfterStarted,
            _ => Why::After,
        };
        self.add(to, why);
    }

    /// Notes a need. To know one's own address is none.
    fn add(&mut self, to: InstanceId, why: Why) {
        let told = matches!(why, Why::After | Why::AfterStarted | Why::AfterHealthy | Why::AfterCompleted);
        if to != self.id || told {
            self.found.push(Need { to, why, slot: self.slot, path: self.path.clone() });
        }
    }
}

/// How far a component must have come that others need in these ways.
fn until(kind: &str, why: &BTreeSet<Why>) -> Condition {
    let ready = match kind {
        "job" => Condition::Completed,
        "service" | "database" | "cache" | "queue" | "bucket" => Condition::Healthy,
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

/// The name of the built-in kind at the end of a component's kind.
fn root_kind<'p>(program: &'p Program, world: &World, id: InstanceId) -> &'p str {
    let kind = program.kind(world.kind(id)).and_then(|kind| kind.root);
    kind.and_then(|root| program.kind(root)).map_or("", |root| &root.name)
}

impl Graph {
    /// The graph of one environment, by its index.
    #[must_use]
    pub fn of(eval: &mut Evaluator<'_>, env: usize) -> Self {
        let program = eval.program;
        let world = eval.world.clone();
        let present: Vec<InstanceId> =
            world.all(program).into_iter().filter(|id| world.presence(*id).has(env)).collect();
        let place: FxHashMap<InstanceId, usize> = present.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let said = eval.unsaid.len();
        let mut edges: Vec<Edge> = Vec::new();
        for (from, id) in present.iter().enumerate() {
            let mut ways: std::collections::BTreeMap<usize, BTreeSet<Why>> = std::collections::BTreeMap::new();
            for need in needs(eval, *id, u8::try_from(env).unwrap_or(0)) {
                if let Some(to) = place.get(&need.to) {
                    ways.entry(*to).or_default().insert(need.why);
                }
            }
            edges.extend(ways.into_iter().map(|(to, why)| {
                let kind = present.get(to).map_or("", |id| root_kind(program, &world, *id));
                Edge { from, to, until: until(kind, &why), why }
            }));
        }
        eval.unsaid.truncate(said);
        let node = |id: &InstanceId| Node {
            instance: *id,
            id: world.node_id(program, *id),
            kind: root_kind(program, &world, *id).to_owned(),
            name: world.path(program, *id),
        };
        Self { nodes: present.iter().map(node).collect(), edges }
    }

    /// Who starts when: each level needs only what is in earlier ones, and everyone starts as early as that allows.
    ///
    /// # Errors
    /// A circle of components that wait for each other.
    pub fn levels(&self) -> Result<Vec<Vec<usize>>, Circle> {
        let mut missing = vec![0_usize; self.nodes.len()];
        let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); self.nodes.len()];
        for edge in &self.edges {
            if let (Some(count), Some(list)) = (missing.get_mut(edge.from), needed_by.get_mut(edge.to)) {
                *count += 1;
                list.push(edge.from);
            }
        }
        let mut level: Vec<usize> =
            missing.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| at).collect();
        let mut levels = Vec::new();
        let mut started = 0;
        while !level.is_empty() {
            started += level.len();
            let mut next = Vec::new();
            for waiting in level.iter().filter_map(|done| needed_by.get(*done)).flatten() {
                if let Some(count) = missing.get_mut(*waiting) {
                    *count -= 1;
                    if *count == 0 {
                        next.push(*waiting);
                    }
                }
            }
            next.sort_unstable();
            levels.push(std::mem::replace(&mut level, next));
        }
        if started == self.nodes.len() {
            return Ok(levels);
        }
        let stuck: Vec<usize> = missing.iter().enumerate().filter(|(_, count)| **count > 0).map(|(at, _)| at).collect();
        Err(self.circle_among(&stuck))
    }

    /// The shortest way round through the first of these nodes that is on one.
    fn circle_among(&self, nodes: &[usize]) -> Circle {
        let next = |node: usize| self.edges.iter().filter(move |edge| edge.from == node).map(|edge| edge.to);
        nodes.iter().find_map(|start| shortest_circle(*start, next)).map_or(Circle(Vec::new()), Circle)
    }

    /// As a drawing for Graphviz.
    #[must_use]
    pub fn dot(&self) -> String {
        let mut out = "digraph oal {\n  rankdir = LR\n  node [shape = box]\n".to_owned();
        for node in &self.nodes {
            let _ =
                writeln!(out, "  {} [label = {}]", quoted(&node.id), quoted(&format!("{}\n{}", node.kind, node.name)));
        }
        for (from, to, edge) in self.ends() {
            let _ = writeln!(out, "  {} -> {} [label = {}]", quoted(&from.id), quoted(&to.id), quoted(&words(edge)));
        }
        out.push_str("}\n");
        out
    }

    /// As a drawing for Mermaid.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut out = "flowchart LR\n".to_owned();
        for (at, node) in self.nodes.iter().enumerate() {
            let label = format!("{} {}", node.kind, node.name).replace('"', "#quot;");
            let _ = writeln!(out, "  n{at}[\"{}\"]", label.trim_start());
        }
        for edge in &self.edges {
            let _ = writeln!(out, "  n{} -->|{}| n{}", edge.from, words(edge), edge.to);
        }
        out
    }

    /// As data: nodes, edges by ids, and the levels of starting; `"order": null` where there is a circle.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let id = |at: &usize| self.nodes.get(*at).map(|node| node.id.clone());
        let edges: Vec<_> = self
            .ends()
            .map(|(from, to, edge)| {
                serde_json::json!({ "from": from.id, "to": to.id, "why": edge.why, "until": edge.until })
            })
            .collect();
        let order = self.levels().ok().map(|levels| {
            levels.iter().map(|level| level.iter().filter_map(id).collect::<Vec<_>>()).collect::<Vec<_>>()
        });
        serde_json::json!({ "nodes": self.nodes, "edges": edges, "order": order })
    }

    fn ends(&self) -> impl Iterator<Item = (&Node, &Node, &Edge)> {
        self.edges.iter().filter_map(|edge| Some((self.nodes.get(edge.from)?, self.nodes.get(edge.to)?, edge)))
    }
}

/// The shortest way from a node back to itself.
pub(crate) fn shortest_circle<I: Iterator<Item = usize>>(
    start: usize,
    next: impl Fn(usize) -> I,
) -> Option<Vec<usize>> {
    let mut before: FxHashMap<usize, usize> = FxHashMap::default();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for to in next(node) {
            if to == start {
                let mut way = vec![node];
                while let Some(previous) = before.get(way.last()?).filter(|_| way.last() != Some(&start)) {
                    way.push(*previous);
                }
                way.reverse();
                return Some(way);
            }
            if let std::collections::hash_map::Entry::Vacant(place) = before.entry(to) {
                place.insert(node);
                queue.push_back(to);
            }
        }
    }
    None
}

/// The ways of an edge, for a label.
fn words(edge: &Edge) -> String {
    let names: Vec<String> =
        edge.why.iter().filter_map(|why| serde_json::to_value(why).ok()?.as_str().map(str::to_owned)).collect();
    names.join(", ")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
