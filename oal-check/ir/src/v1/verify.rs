//! Whether a document is what it says: digest, and parts that fit together.

use std::collections::BTreeMap;
use std::fmt;

use super::graph::why_of_field;
use super::{Component, Ir, Kind, NodeId, Part, Spec, Template, Why};
use crate::Pointer;
use crate::canonical::CanonicalError;
use crate::walk::Leaf;

/// Why a document cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifyError {
    /// It was changed after it was written.
    WrongDigest {
        /// The digest it states.
        stated: String,
        /// The digest it has.
        computed: String,
    },
    /// It has no canonical form, hence no digest.
    NotCanonical(CanonicalError),
    /// Its parts contradict each other; never empty, in the order of the document.
    Broken(Vec<Flaw>),
}

/// A contradiction inside a document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flaw {
    /// A reference to a component that is not there.
    NoSuchNode {
        /// The component that refers.
        from: NodeId,
        /// Where in its values.
        at: Pointer,
        /// The component referred to.
        to: NodeId,
    },
    /// A reference to an output that the component's kind does not have, or with another level.
    NoSuchOutput {
        /// The component that refers.
        from: NodeId,
        /// Where in its values.
        at: Pointer,
        /// The component referred to.
        to: NodeId,
        /// The output.
        output: String,
    },
    /// A reference to a component of another kind than can stand there: a secret, a volume.
    OtherTarget {
        /// The component that refers.
        from: NodeId,
        /// Where in its values.
        at: Pointer,
        /// The component referred to.
        to: NodeId,
        /// The kind it should have.
        expected: Kind,
    },
    /// A port that its service does not have.
    NoSuchPort {
        /// The component that refers.
        from: NodeId,
        /// Where in its values.
        at: Pointer,
        /// The service.
        to: NodeId,
        /// The port's name.
        port: String,
    },
    /// `declared` and the kind in the component's id differ.
    OtherKind {
        /// The component.
        node: NodeId,
    },
    /// An edge of the graph from or to a component that is not there, or that the start order runs against.
    BadEdge {
        /// Where it starts.
        from: NodeId,
        /// Where it ends.
        to: NodeId,
    },
    /// The start order names a component that is not there, twice, or not at all.
    BadOrder {
        /// The component.
        node: NodeId,
    },
    /// A place in the source map names a file that is not listed.
    NoSuchFile {
        /// The component.
        node: NodeId,
        /// The index.
        file: u32,
    },
}

impl Ir {
    /// Whether the digest is that of the document and its parts fit together: every reference has its target, every
    /// output and port exists, the start order holds every component once and agrees with the edges.
    ///
    /// # Errors
    /// What is wrong. A wrong digest hides everything else: there is no telling what was changed.
    pub fn verify(&self) -> Result<(), VerifyError> {
        let computed = self.compute_digest().map_err(VerifyError::NotCanonical)?;
        if computed != self.digest {
            return Err(VerifyError::WrongDigest { stated: self.digest.clone(), computed });
        }
        let flaws = self.flaws();
        if flaws.is_empty() { Ok(()) } else { Err(VerifyError::Broken(flaws)) }
    }

    pub(crate) fn flaws(&self) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        for (from, component) in &self.components {
            if from.kind() != component.declared {
                flaws.push(Flaw::OtherKind { node: from.clone() });
            }
            component.spec.walk(|at, leaf| match leaf {
                Leaf::Template(template) => self.check_template(from, at, template, &mut flaws),
                Leaf::Node(to) => {
                    let expected = target_kind(at);
                    let kind = self.components.get(to).map(Component::kind);
                    let (from, at, to) = (from.clone(), at.clone(), to.clone());
                    match (kind, expected) {
                        (None, _) => flaws.push(Flaw::NoSuchNode { from, at, to }),
                        (Some(kind), Some(expected)) if kind != expected => {
                            flaws.push(Flaw::OtherTarget { from, at, to, expected });
                        }
                        _ => {}
                    }
                }
                Leaf::Endpoint(endpoint) => {
                    let (from, at, to) = (from.clone(), at.clone(), endpoint.node.clone());
                    match self.components.get(&to).map(|component| &component.spec) {
                        None => flaws.push(Flaw::NoSuchNode { from, at, to }),
                        Some(Spec::Service(service)) if service.ports.contains_key(&endpoint.port) => {}
                        Some(_) => flaws.push(Flaw::NoSuchPort { from, at, to, port: endpoint.port.to_string() }),
                    }
                }
                Leaf::Image(_) | Leaf::Source(_) => {}
            });
        }
        self.check_graph(&mut flaws);
        self.check_source_map(&mut flaws);
        flaws
    }

    fn check_template(&self, from: &NodeId, at: &Pointer, template: &Template, flaws: &mut Vec<Flaw>) {
        for part in template.parts() {
            let Some(to) = part.node() else { continue };
            let (from, at, to) = (from.clone(), at.clone(), to.clone());
            match (self.components.get(&to).map(Component::kind), part) {
                (None, _) => flaws.push(Flaw::NoSuchNode { from, at, to }),
                (Some(kind), Part::Ref(reference)) if kind.output(&reference.output) != Some(reference.level) => {
                    flaws.push(Flaw::NoSuchOutput { from, at, to, output: reference.output.clone() });
                }
                (Some(kind), Part::Secret(_)) if kind != Kind::Secret => {
                    flaws.push(Flaw::OtherTarget { from, at, to, expected: Kind::Secret });
                }
                _ => {}
            }
        }
    }

    fn check_graph(&self, flaws: &mut Vec<Flaw>) {
        let mut level_of: BTreeMap<&NodeId, usize> = BTreeMap::new();
        for (level, nodes) in self.graph.order.iter().enumerate() {
            for node in nodes {
                if level_of.insert(node, level).is_some() || !self.components.contains_key(node) {
                    flaws.push(Flaw::BadOrder { node: node.clone() });
                }
            }
        }
        for node in self.components.keys().filter(|node| !level_of.contains_key(node)) {
            flaws.push(Flaw::BadOrder { node: node.clone() });
        }
        for edge in &self.graph.edges {
            let known = self.components.contains_key(&edge.from) && self.components.contains_key(&edge.to);
            let levels = level_of.get(&edge.from).zip(level_of.get(&edge.to));
            if !known || levels.is_some_and(|(from, to)| from <= to) {
                flaws.push(Flaw::BadEdge { from: edge.from.clone(), to: edge.to.clone() });
            }
        }
    }

    fn check_source_map(&self, flaws: &mut Vec<Flaw>) {
        let Some(map) = &self.source_map else { return };
        for (node, source) in &map.nodes {
            let places = std::iter::once(&source.at).chain(source.fields.values());
            if let Some(place) = places.into_iter().find(|place| map.file(**place).is_none()) {
                flaws.push(Flaw::NoSuchFile { node: node.clone(), file: place.file });
            }
        }
    }
}

/// The kind of component that the field at `at` can hold, where it can hold one only.
fn target_kind(at: &Pointer) -> Option<Kind> {
    match why_of_field(at) {
        Why::Volume => Some(Kind::Volume),
        Why::Config => Some(Kind::Config),
        Why::Network => Some(Kind::Service),
        Why::Backup => Some(Kind::Bucket),
        _ => None,
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongDigest { stated, computed } => write!(
                f,
                "the IR was changed after it was written: it states the digest `{stated}` and has `{computed}`; lower the \
                 sources again"
            ),
            Self::NotCanonical(error) => error.fmt(f),
            Self::Broken(flaws) => {
                f.write_str("the IR contradicts itself: ")?;
                for (index, flaw) in flaws.iter().take(8).enumerate() {
                    write!(f, "{}{flaw}", if index == 0 { "" } else { "; " })?;
                }
                if flaws.len() > 8 {
                    write!(f, "; and {} more", flaws.len() - 8)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchNode { from, at, to } => write!(f, "`{from}` refers at `{at}` to `{to}`, which is not there"),
            Self::NoSuchOutput { from, at, to, output } => {
                write!(
                    f,
                    "`{from}` refers at `{at}` to the output `{output}` of `{to}`, which has none of that name and level"
                )
            }
            Self::OtherTarget { from, at, to, expected } => {
                write!(f, "`{from}` refers at `{at}` to `{to}`, which is no {expected}")
            }
            Self::NoSuchPort { from, at, to, port } => {
                write!(f, "`{from}` refers at `{at}` to the port `{port}` of `{to}`, which has none of that name")
            }
            Self::OtherKind { node } => write!(f, "`{node}` is declared with another kind than its id says"),
            Self::BadEdge { from, to } => {
                write!(f, "the graph's edge from `{from}` to `{to}` lacks an end or runs against the start order")
            }
            Self::BadOrder { node } => write!(f, "`{node}` is unknown, missing or named twice in the start order"),
            Self::NoSuchFile { node, file } => {
                write!(f, "the source map places `{node}` in file number {file}, which it does not list")
            }
        }
    }
}

impl std::error::Error for VerifyError {}
