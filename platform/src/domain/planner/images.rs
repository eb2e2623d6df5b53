//! Which images a program needs, and which of them are there already because an earlier release pinned them.

use std::collections::BTreeMap;

use oal_ir::v1::{Build, Component, Part, Pull};
use oal_ir::{Ir, NodeId};

use super::Side;
use crate::domain::job::Want;

/// An image with all components that run it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What is to be had.
    pub want: Want,
    /// Whose it is, in order; never empty.
    pub nodes: Vec<NodeId>,
}

/// A release whose images are there.
#[derive(Debug, Clone, Copy)]
pub struct Pinned<'a> {
    /// The release.
    pub side: Side<'a>,
    /// Its images by node.
    pub images: &'a BTreeMap<NodeId, String>,
}

/// What a program needs: images that one of `pinned` has are given by their id (the first one counts), of the others each distinct
/// one once.
///
/// An image that is built is taken over where its description, its sources and the versions of its build secrets are the same and
/// it does not ask for newer base images; one with a name where the name is the same and it is not to be fetched at every start.
/// So a tag that moved in the registry moves nothing here until somebody says so.
#[must_use]
pub fn needed(
    next: Side<'_>,
    pinned: &[Pinned<'_>],
    official: &dyn Fn(&Component) -> Option<String>,
) -> (BTreeMap<NodeId, String>, Vec<Wanted>) {
    let (mut there, mut wanted) = (BTreeMap::new(), Vec::<(Key<'_>, Wanted)>::new());
    for (node, component) in &next.ir.components {
        let Some(key) = key(component, official) else { continue };
        if let Some(image) = pinned.iter().find_map(|pinned| taken_over(*pinned, next, node, &key, official)) {
            there.insert(node.clone(), image.to_owned());
            continue;
        }
        match wanted.iter_mut().find(|(known, _)| *known == key) {
            Some((_, wanted)) => wanted.nodes.push(node.clone()),
            None => {
                let want = match &key {
                    Key::Build(_) => Want::Build,
                    Key::Image { name, always } => Want::Image { name: name.clone(), always: *always },
                };
                wanted.push((key, Wanted { want, nodes: vec![node.clone()] }));
            }
        }
    }
    (there, wanted.into_iter().map(|(_, wanted)| wanted).collect())
}

/// What makes two images the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key<'a> {
    Build(&'a Build),
    Image { name: String, always: bool },
}

fn key<'a>(component: &'a Component, official: &dyn Fn(&Component) -> Option<String>) -> Option<Key<'a>> {
    let Some(workload) = component.spec.workload() else {
        return official(component).map(|name| Key::Image { name, always: false });
    };
    match (workload.build, workload.image) {
        (Some(build), _) => Some(Key::Build(build)),
        (None, Some(image)) => {
            Some(Key::Image { name: image.to_string(), always: matches!(workload.pull, Pull::Always) })
        }
        (None, None) => None,
    }
}

fn taken_over<'a>(
    pinned: Pinned<'a>,
    next: Side<'_>,
    node: &NodeId,
    wanted: &Key<'_>,
    official: &dyn Fn(&Component) -> Option<String>,
) -> Option<&'a str> {
    let same = match wanted {
        Key::Image { always, .. } => !always,
        Key::Build(build) => {
            let sources = |side: Side<'_>| side.contexts.get(node).cloned();
            !build.pull
                && sources(next).is_some()
                && sources(next) == sources(pinned.side)
                && secrets_of(build).all(|name| {
                    let version = |side: Side<'_>| side.secrets.get(name).copied();
                    version(next).is_some() && version(next) == version(pinned.side)
                })
        }
    };
    let before = key(pinned.side.ir.components.get(node)?, official)?;
    if same && before == *wanted { pinned.images.get(node).map(String::as_str) } else { None }
}

fn secrets_of(build: &Build) -> impl Iterator<Item = &str> {
    build.secrets.values().flat_map(oal_ir::Template::parts).filter_map(|part| match part {
        Part::Secret(secret) => Some(secret.node.as_str()),
        _ => None,
    })
}

/// Whether every component that needs an image has one.
#[must_use]
pub fn is_whole(ir: &Ir, images: &BTreeMap<NodeId, String>, official: &dyn Fn(&Component) -> Option<String>) -> bool {
    ir.components.iter().all(|(node, component)| key(component, official).is_none() || images.contains_key(node))
}
