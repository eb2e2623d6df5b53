//! Who mentions whom in the text of the program: by a component's body, a `let`, an environment, a kind.

use super::Rules;
use super::knots::{Arrows, knots};
use crate::program::{DefId, DefKind, Owner, Place, Reference, Res, Target};
use oal_syntax::ast::{EntryValue, ItemKind};
use oal_syntax::visit::{self, Node};
use rustc_hash::FxHashSet;

/// The mentions so far. A node is a definition by its number, or a kind by its number after all definitions.
struct Mentions {
    arrows: Vec<(u32, u32)>,
    /// Kinds that mention a component or a `let`.
    kinds: Vec<bool>,
    /// Kinds whose bodies mention components nested in them.
    inner: Vec<bool>,
}

impl Rules<'_, '_> {
    /// Components that may be on a circle: those that mention each other, whatever comes of it.
    pub(super) fn suspects(&self) -> FxHashSet<DefId> {
        let program = self.program;
        let inner = self.kinds_with_inner_mentions();
        // Where every component mentions only earlier ones, there is no circle.
        let falls =
            |one: &Reference| matches!(one.owner, Owner::Component(def) if one.to < def) || self.serves_nobody(one);
        if !inner.contains(&true) && program.references.iter().all(falls) {
            return FxHashSet::default();
        }
        let mentions = self.mentions(inner);
        let is_component = |at: usize| program.defs.get(at).is_some_and(|def| def.kind == DefKind::Component);
        let found = knots(&Arrows::new(program.defs.len() + program.kinds.len(), &mentions.arrows));
        let all = found.into_iter().flatten().filter(|at| is_component(*at));
        all.filter_map(|at| u32::try_from(at).ok()).map(DefId).collect()
    }

    /// Whether no component can depend on a mention: it stands in an assert of a file.
    fn serves_nobody(&self, reference: &Reference) -> bool {
        reference.owner == Owner::File && self.node_at(self.span_of(reference.at)).is_none()
    }

    fn kind_node(&self, kind: usize) -> u32 {
        u32::try_from(self.program.defs.len() + kind).unwrap_or(u32::MAX)
    }

    fn mentions(&self, inner: Vec<bool>) -> Mentions {
        let count = self.program.kinds.len();
        let mut found = Mentions { arrows: Vec::new(), kinds: vec![false; count], inner };
        let mut lets = false;
        for reference in &self.program.references {
            let from = match reference.owner {
                Owner::Component(def) => Some(def.0),
                Owner::Kind(kind) | Owner::Nested(kind, _) => {
                    note(&mut found.kinds, kind.0 as usize);
                    Some(self.kind_node(kind.0 as usize))
                }
                Owner::Environment(_) | Owner::File => self.node_at(self.span_of(reference.at)),
            };
            lets |= reference.owner == Owner::File;
            found.arrows.extend(from.map(|from| (from, reference.to.0)));
        }
        if lets {
            self.mentions_of_lets(&mut found);
        }
        self.mentions_of_kinds(&mut found);
        found
    }

    /// The node to whose value an expression at this place belongs.
    fn node_at(&self, at: Place) -> Option<u32> {
        let tree = &self.program.project.file(at.file).parse.tree;
        let after = tree.top.partition_point(|item| tree.item(*item).span.start <= at.span.start);
        let mut item = tree.top.get(after.checked_sub(1)?).copied()?;
        if let ItemKind::Environment(body) = tree.item(item).kind {
            let holds = |place: Place| place.file == at.file && place.span.contains(at.span);
            let set =
                self.program.overrides.iter().find(|one| one.value.is_some_and(|value| holds(self.span_of(value))));
            match set.map(|one| &one.target) {
                Some(Target::Field { component, .. } | Target::Param(component)) => return Some(component.0),
                None => {}
            }
            item = tree.entries(body.entries).iter().find_map(|entry| match entry.value {
                EntryValue::Item(inner) if tree.item(inner).span.contains(at.span) => Some(inner),
                _ => None,
            })?;
        }
        if let ItemKind::Kind { .. } = tree.item(item).kind {
            let own = |of: Option<crate::program::ItemRef>| of.is_some_and(|of| of.file == at.file && of.item == item);
            return self.program.kinds.iter().position(|kind| own(kind.item)).map(|kind| self.kind_node(kind));
        }
        // Definitions stand in the order of files and items.
        let key = (at.file, item);
        let found = self.program.defs.binary_search_by_key(&key, |def| (def.item.file, def.item.item)).ok()?;
        u32::try_from(found).ok()
    }

    /// Mentions of `let`s and params.
    fn mentions_of_lets(&self, found: &mut Mentions) {
        let count = self.program.defs.len();
        for (file, source) in self.program.project.files() {
            let tree = &source.parse.tree;
            let names = self.program.resolved(file);
            let exprs = names.exprs.iter().zip(tree.exprs.iter().map(|expr| expr.span));
            // `lib.name` is a step of a path.
            let steps = names.steps.iter().zip(tree.steps.iter().map(|step| step.span));
            for (res, span) in exprs.chain(steps) {
                let Res::Def(def) = Res::from(*res) else { continue };
                let is_value =
                    self.program.def(def).is_some_and(|def| matches!(def.kind, DefKind::Let | DefKind::Param));
                let Some(from) = (if is_value { self.node_at(Place { file, span }) } else { None }) else { continue };
                if let Some(kind) = (from as usize).checked_sub(count) {
                    note(&mut found.kinds, kind);
                }
                found.arrows.push((from, def.0));
            }
        }
    }

    /// Kinds in whose body nested components are mentioned, by the kind or by each other.
    fn kinds_with_inner_mentions(&self) -> Vec<bool> {
        let mut inner = vec![false; self.program.kinds.len()];
        for (mentions, kind) in inner.iter_mut().zip(&self.program.kinds) {
            let Some(item) = kind.item.filter(|_| !kind.nested.is_empty()) else { continue };
            let tree = &self.program.project.file(item.file).parse.tree;
            visit::walk(tree, Node::Item(item.item), &mut |node| {
                if let Node::Expr(expr) = node {
                    *mentions |= matches!(self.program.res(item.file, expr), Res::Nested(_));
                }
                !matches!(node, Node::Type(_))
            });
        }
        inner
    }

    /// Components mention what their kinds mention, and what components nested in these do.
    fn mentions_of_kinds(&self, found: &mut Mentions) {
        let kinds = &self.program.kinds;
        let Mentions { arrows, kinds: own, inner } = found;
        let is = |set: &[bool], kind: u32| set.get(kind as usize).copied().unwrap_or(false);
        if !own.contains(&true) && !inner.contains(&true) {
            return;
        }
        let below = |at: usize| {
            let info = kinds.get(at);
            let nested = info.into_iter().flat_map(|kind| kind.nested.iter().filter_map(|nested| nested.of));
            info.and_then(|kind| kind.base).into_iter().chain(nested)
        };
        // Which kinds lead to one of these, through bases and nesting; no kind contains itself, so this ends.
        let mut leads: Vec<bool> = own.clone();
        let mut inside: Vec<bool> = inner.clone();
        for set in [&mut leads, &mut inside] {
            let mut changed = true;
            while changed {
                changed = false;
                for at in 0..kinds.len() {
                    if !set.get(at).copied().unwrap_or(true) && below(at).any(|kind| is(set, kind.0)) {
                        note(set, at);
                        changed = true;
                    }
                }
            }
        }
        for at in 0..kinds.len() {
            arrows.extend(
                below(at)
                    .filter(|kind| is(&leads, kind.0))
                    .map(|kind| (self.kind_node(at), self.kind_node(kind.0 as usize))),
            );
        }
        for (at, def) in (0u32..).zip(&self.program.defs) {
            let (DefKind::Component, Some(kind)) = (def.kind, def.of) else { continue };
            if is(&leads, kind.0) {
                arrows.push((at, self.kind_node(kind.0 as usize)));
            }
            // What happens inside a kind happens in each of its components.
            if is(&inside, kind.0) {
                arrows.push((at, at));
            }
        }
    }
}

fn note(set: &mut [bool], at: usize) {
    if let Some(place) = set.get_mut(at) {
        *place = true;
    }
}
