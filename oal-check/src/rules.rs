//! What is wrong although every name, type and level is right. One family of rules a file; each rule has a code of its own.
//!
//! A program may have ten thousand components, and hardly any of them breaks a rule. So all bodies are walked once, looking at
//! what is written there; only components that write something a rule is about, in a form that cannot be judged as it stands,
//! have the fields concerned worked out, by the rule itself.

pub(crate) mod allow;
mod app;
mod docs;
mod edition;
mod graph;
mod images;
mod knots;
mod mentions;
mod names;
mod networks;
mod ports;
mod present;
mod publish;
mod quota;
mod reading;
mod redundant;
mod resources;
mod routes;
mod safety;
mod schedules;
mod secrets;
mod shape;
mod storage;
mod unused;
mod waiting;

use crate::diagnostic::Diagnostic;
use crate::elaborate::InstanceId;
use crate::eval::Evaluator;
use crate::program::{EnvSet, Program, Target};
use crate::project::SourceFile;
use oal_syntax::FileId;
use oal_syntax::ast::{EntryValue, ExprId, ItemKind};
use shape::{Class, Mask, Shape, Watch};

/// The rules at work.
pub(crate) struct Rules<'e, 'p> {
    eval: &'e mut Evaluator<'p>,
    program: &'p Program,
    findings: &'e mut Vec<Diagnostic>,
    /// For each kind what rules look at.
    shapes: Vec<Shape>,
    /// All environments.
    every: EnvSet,
    /// Whether advice is wanted, too.
    advice: bool,
    /// Components that a rule about several of them looks at.
    found: Found,
}

/// What the walk has found for the rules that compare components.
#[derive(Default)]
struct Found {
    /// Opens ports on the machine.
    publishing: Vec<InstanceId>,
    /// Sees volumes.
    mounting: Vec<InstanceId>,
    /// Waits in a way that may never end.
    waiting: Vec<InstanceId>,
    /// Joins network groups.
    joining: Vec<InstanceId>,
    /// Has no port by itself.
    closed: Vec<InstanceId>,
    routes: Vec<InstanceId>,
}

/// A component on the walk.
#[derive(Clone, Copy)]
struct Visit<'p> {
    id: InstanceId,
    file: FileId,
    source: &'p SourceFile,
    class: Class,
    /// What its own body sets.
    own: Mask,
    /// What its kinds or environments say.
    other: Mask,
    /// The values that its body sets.
    exprs: [ExprId; Watch::COUNT],
}

impl<'p> Visit<'p> {
    /// The value that the component's own body gives, where nothing else speaks of the field.
    fn alone(&self, watch: Watch) -> Option<ExprId> {
        (self.own.has(watch) && !self.other.has(watch)).then(|| self.value(watch))
    }

    fn value(&self, watch: Watch) -> ExprId {
        self.exprs.get(watch as usize).copied().unwrap_or(ExprId(u32::MAX))
    }

    /// Whether anything but a default gives the field its value.
    fn says(&self, watch: Watch) -> bool {
        self.own.or(self.other).has(watch)
    }
}

/// Looks for all that breaks a rule. `advice` asks for what is only that, too.
pub(crate) fn run(eval: &mut Evaluator<'_>, advice: bool, findings: &mut Vec<Diagnostic>) {
    let program = eval.program;
    let every = eval.every();
    let shapes = (0..program.kinds.len()).map(|kind| Shape::of(program, kind)).collect();
    let said = eval.unsaid.len();
    let mut rules = Rules { eval, program, findings, shapes, every, advice, found: Found::default() };
    rules.walk();
    rules.compare();
    rules.about_files();
    // What has no value has been said by elaboration.
    rules.eval.unsaid.truncate(said);
}

impl<'p> Rules<'_, 'p> {
    /// What environments say of the fields of each component.
    fn overridden(&self) -> Vec<Mask> {
        if self.program.overrides.is_empty() {
            return Vec::new();
        }
        let mut masks = vec![Mask::NONE; self.eval.world.len()];
        for one in &self.program.overrides {
            let Target::Field { component, key, nested, slot } = &one.target else { continue };
            let mut add = |target: &InstanceId| {
                let shape = self.shapes.get(self.eval.world.kind(*target).0 as usize);
                let watch = shape.and_then(|shape| shape.watch(*slot));
                if let (Some(mask), Some(watch)) = (masks.get_mut(target.0 as usize), watch) {
                    mask.add(watch);
                }
            };
            if key.is_none() && nested.is_empty() {
                self.eval.world.instances_of(*component).iter().for_each(add);
            } else {
                self.eval.targets(one).iter().for_each(&mut add);
            }
        }
        masks
    }

    /// Looks at every component that there is somewhere.
    fn walk(&mut self) {
        let overridden = self.overridden();
        let mut last = (FileId(u32::MAX), self.program.project.file(FileId(0)));
        for index in 0..self.eval.world.len() {
            let id = InstanceId(u32::try_from(index).unwrap_or(u32::MAX));
            let Some(instance) = self.eval.world.instance(id).copied() else { continue };
            let Some(shape) = self.shapes.get(instance.kind.0 as usize) else { continue };
            if instance.envs.is_empty() || shape.class == Class::Composition {
                continue;
            }
            let file = instance.item.file;
            if last.0 != file {
                last = (file, self.program.project.file(file));
            }
            let source = last.1;
            let tree = &source.parse.tree;
            let ItemKind::Component { body, .. } = tree.item(instance.item.item).kind else { continue };
            let other = overridden.get(index).copied().unwrap_or(Mask::NONE).or(shape.preset);
            let mut visit = Visit {
                id,
                file,
                source,
                class: shape.class,
                own: Mask::NONE,
                other,
                exprs: [ExprId(0); Watch::COUNT],
            };
            let slots = self.program.resolved(file).slots.get(body.entries.indices()).unwrap_or_default();
            for (entry, slot) in tree.entries(body.entries).iter().zip(slots) {
                let Some(watch) = slot.checked_sub(1).and_then(|slot| shape.watch(slot)) else { continue };
                if let (EntryValue::Set(value), Some(place)) = (entry.value, visit.exprs.get_mut(watch as usize)) {
                    *place = value;
                    visit.own.add(watch);
                }
            }
            self.look(&visit);
        }
    }

    /// What one component can break by itself; and what others have to be compared with.
    fn look(&mut self, at: &Visit<'p>) {
        match at.class {
            Class::Service | Class::Job => self.look_at_workload(at),
            Class::Store => {
                self.image(at);
                self.resources(at);
                if at.says(Watch::Publish) {
                    self.found.publishing.push(at.id);
                }
                if at.says(Watch::Networks) {
                    self.found.joining.push(at.id);
                }
            }
            Class::Route => self.found.routes.push(at.id),
            Class::Volume | Class::Other | Class::Composition => {}
        }
    }

    fn look_at_workload(&mut self, at: &Visit<'p>) {
        self.image(at);
        self.resources(at);
        if at.class == Class::Service {
            self.ports(at);
            if at.says(Watch::Publish) || at.says(Watch::PortRanges) || at.says(Watch::NetworkMode) {
                self.found.publishing.push(at.id);
            }
            if !at.says(Watch::Ports) {
                self.found.closed.push(at.id);
            }
        } else if at.says(Watch::Schedule) {
            self.schedule(at);
        }
        if at.says(Watch::Volumes) || at.says(Watch::Files) {
            self.mounts(at);
        }
        if at.says(Watch::Privileged) {
            self.privileged(at);
        }
        if at.says(Watch::Networks) {
            self.found.joining.push(at.id);
        }
        self.waits(at);
    }

    /// What only several components together can break.
    fn compare(&mut self) {
        self.published();
        self.routes();
        self.writers();
        self.joined();
        self.waited_for();
        self.names();
        self.circles();
        self.unreachable();
        self.never_present();
        self.quota();
    }

    /// What the text of the program says, whatever components it makes.
    fn about_files(&mut self) {
        self.images_elsewhere();
        self.edition();
        self.deprecated();
        self.misplaced_docs();
        if self.advice {
            self.redundant_overrides();
        }
    }
}
