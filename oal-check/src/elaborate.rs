//! Elaboration: which components there are in which environment, and what each of their fields holds. This file has the table of
//! components; how they come about, what their fields are worth and what is wrong with them is in the submodules.
//!
//! For those who read the result (rules, lowering, the editor):
//!
//! - [`Evaluator::begin`] makes all components; [`Evaluator::check`] works out all that can fail and says what did.
//! - [`World::all`], [`World::instances_of`], [`World::nested`], [`World::find`]: the components.
//! - [`World::presence`]: in which environments a component exists.
//! - [`Evaluator::written`]: whether anything but a default gives a field its value. Costs next to nothing.
//! - [`Evaluator::field`] and [`Evaluator::groups`]: the value of a field in one environment, and in all where it exists.
//! - [`Evaluator::origin`]: why a field has its value.

mod asserts;
mod circles;
mod fields;
mod findings;
pub(crate) mod instances;
pub(crate) mod layers;
mod misfit;
mod normalise;
mod obligations;
pub mod origin;
mod overrides;
mod params;
mod patterns;

pub use crate::eval::Evaluator;

use crate::program::{DefId, EnvSet, ItemRef, KindId, Program};
use rustc_hash::{FxHashMap, FxHashSet};

/// A component of the program, by its number in a [`World`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub u32);

/// In place of a number: none.
const NONE: u32 = u32::MAX;

/// A component.
#[derive(Debug, Clone, Copy)]
pub struct Instance {
    /// Where it exists.
    pub envs: EnvSet,
    /// The item whose body it has.
    pub item: ItemRef,
    /// Its kind.
    pub kind: KindId,
    def: u32,
    parent: u32,
    rare: u32,
}

/// What only instances of repeated components have.
#[derive(Debug, Clone)]
struct Rare {
    key: Box<str>,
    /// Values of the loop's names, for sets of environments.
    rounds: Vec<(EnvSet, Vec<crate::value::Value>)>,
}

/// The components that one item makes.
#[derive(Debug, Clone)]
enum Made {
    One(InstanceId),
    Many(Box<[InstanceId]>),
}

impl Made {
    fn as_slice(&self) -> &[InstanceId] {
        match self {
            Self::One(instance) => std::slice::from_ref(instance),
            Self::Many(instances) => instances,
        }
    }
}

/// All components of a program.
#[derive(Debug, Default, Clone)]
pub struct World {
    instances: Vec<Instance>,
    /// For each definition its component, where it makes one without a condition; see `made` for the others.
    plain: Vec<InstanceId>,
    made: FxHashMap<DefId, Made>,
    nested: FxHashMap<(InstanceId, u16), Made>,
    rare: Vec<Rare>,
    /// Definitions whose condition or loop has no value.
    broken: FxHashSet<DefId>,
    /// By key, for the many instances of one component.
    by_key: FxHashMap<(DefId, Box<str>), InstanceId>,
    /// Overrides, by component or param.
    overrides: Vec<u32>,
    /// Where in `overrides` those of each definition start; one more than there are definitions.
    overrides_at: Vec<u32>,
    /// Kinds whose components are secrets.
    secrets: FxHashSet<KindId>,
    /// Values of params that the caller gave.
    given: FxHashMap<DefId, crate::value::Value>,
    /// The environments that are checked.
    pub selected: EnvSet,
}

impl World {
    /// A component.
    #[must_use]
    pub fn instance(&self, id: InstanceId) -> Option<&Instance> {
        self.instances.get(id.0 as usize)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.instances.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty()
    }

    /// The kind of a component.
    #[must_use]
    pub fn kind(&self, id: InstanceId) -> KindId {
        self.instance(id).map_or(KindId(NONE), |instance| instance.kind)
    }

    /// Where a component exists.
    #[must_use]
    pub fn presence(&self, id: InstanceId) -> EnvSet {
        self.instance(id).map_or(EnvSet::EMPTY, |instance| instance.envs)
    }

    /// The definition that makes it; `None` where it is nested in another component.
    #[must_use]
    pub fn def(&self, id: InstanceId) -> Option<DefId> {
        self.instance(id).map(|instance| instance.def).filter(|def| *def != NONE).map(DefId)
    }

    /// The component that it is nested in.
    #[must_use]
    pub fn parent(&self, id: InstanceId) -> Option<InstanceId> {
        self.instance(id).map(|instance| instance.parent).filter(|parent| *parent != NONE).map(InstanceId)
    }

    /// Whether a component is another one, or nested in it.
    pub(crate) fn is_within(&self, mut id: InstanceId, other: InstanceId) -> bool {
        loop {
            if id == other {
                return true;
            }
            match self.parent(id) {
                Some(parent) => id = parent,
                None => return false,
            }
        }
    }

    /// The key of an instance of a repeated component.
    #[must_use]
    pub fn key(&self, id: InstanceId) -> Option<&str> {
        self.rare_of(id).map(|rare| &*rare.key)
    }

    fn rare_of(&self, id: InstanceId) -> Option<&Rare> {
        self.instance(id).and_then(|instance| self.rare.get(instance.rare as usize))
    }

    /// The components that a definition makes, in the order of their keys in the source.
    #[must_use]
    pub fn instances_of(&self, def: DefId) -> &[InstanceId] {
        if let Some(made) = self.made.get(&def) {
            return made.as_slice();
        }
        self.plain.get(def.0 as usize).filter(|id| id.0 != NONE).map(std::slice::from_ref).unwrap_or_default()
    }

    /// The components nested in another, by their number in its kind; and whether they are instances of a repeated one.
    #[must_use]
    pub fn nested(&self, owner: InstanceId, nested: u16) -> (&[InstanceId], bool) {
        match self.nested.get(&(owner, nested)) {
            Some(made) => (made.as_slice(), matches!(made, Made::Many(_))),
            None => (&[], false),
        }
    }

    /// All components, in the order of the source: one nested in another right after it.
    #[must_use]
    pub fn all(&self, program: &Program) -> Vec<InstanceId> {
        let mut all = Vec::with_capacity(self.instances.len());
        for index in 0..self.plain.len().max(program.defs.len()) {
            for &instance in self.instances_of(DefId(u32::try_from(index).unwrap_or(NONE))) {
                self.add_with_nested(program, instance, &mut all);
            }
        }
        all
    }

    fn add_with_nested(&self, program: &Program, instance: InstanceId, all: &mut Vec<InstanceId>) {
        all.push(instance);
        let count = program.kind(self.kind(instance)).map_or(0, |kind| kind.nested.len());
        for nested in 0..u16::try_from(count).unwrap_or(u16::MAX) {
            for &inner in self.nested(instance, nested).0 {
                self.add_with_nested(program, inner, all);
            }
        }
    }

    /// The instance of a repeated component.
    #[must_use]
    pub fn with_key(&self, def: DefId, key: &str) -> Option<InstanceId> {
        self.by_key.get(&(def, Box::from(key))).copied()
    }

    /// Whether the caller gave a param its value.
    #[must_use]
    pub fn is_given(&self, def: DefId) -> bool {
        self.given.contains_key(&def)
    }

    /// Whether the condition or loop of a definition has no value, which is said elsewhere.
    #[must_use]
    pub fn is_broken(&self, def: DefId) -> bool {
        self.broken.contains(&def)
    }

    /// The name of a component without its key.
    #[must_use]
    pub fn name<'p>(&self, program: &'p Program, id: InstanceId) -> &'p str {
        self.instance(id).map_or("", |instance| {
            let source = program.project.file(instance.item.file);
            source.parse.tree.item(instance.item.item).name.text(&source.text)
        })
    }

    /// As the source refers to it: `api`, `worker["eu"]`, `storefront.site`.
    #[must_use]
    pub fn path(&self, program: &Program, id: InstanceId) -> String {
        let mut text = self.parent(id).map_or_else(String::new, |parent| format!("{}.", self.path(program, parent)));
        text.push_str(self.name(program, id));
        if let Some(key) = self.key(id) {
            text.push_str(&format!("[{}]", crate::value::Value::text(key).source()));
        }
        text
    }

    /// Its stable id: `service/api`, `service/worker[eu]`, `web/storefront/route/site`.
    #[must_use]
    pub fn node_id(&self, program: &Program, id: InstanceId) -> String {
        let (kind, name) = (program.kind(self.kind(id)).map_or("", |kind| &*kind.name), self.name(program, id));
        let made = match self.parent(id).map(|parent| self.node_id(program, parent)) {
            Some(parent) => parent.parse().and_then(|parent: oal_ir::NodeId| parent.child(kind, name, self.key(id))),
            None => oal_ir::NodeId::new(kind, name, self.key(id)),
        };
        // A name that is none is said elsewhere.
        made.map_or_else(|error| error.text, |made| made.to_string())
    }

    /// The component with this stable id, or with this path as the source refers to it.
    #[must_use]
    pub fn find(&self, program: &Program, text: &str) -> Option<InstanceId> {
        self.all(program).into_iter().find(|id| self.node_id(program, *id) == text || self.path(program, *id) == text)
    }

    /// The overrides of a definition's fields or value: their numbers in [`Program::overrides`].
    pub(crate) fn overrides_of(&self, def: DefId) -> &[u32] {
        let at = |index: u32| self.overrides_at.get(index as usize).map_or(0, |at| *at as usize);
        self.overrides.get(at(def.0)..at(def.0.saturating_add(1))).unwrap_or_default()
    }
}
