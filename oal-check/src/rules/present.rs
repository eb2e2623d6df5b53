//! Lints: components that do nothing for anybody, or are never there.

use super::Rules;
use super::reading::at;
use crate::diagnostic::{Severity, codes};
use crate::elaborate::InstanceId;
use crate::eval::reach;
use crate::graph;
use crate::program::{DefKind, ExprRef, ItemRef, Owner, Place, Res};
use crate::value::Value;
use oal_syntax::ast::{Guard, ItemKind};
use rustc_hash::FxHashSet;

impl Rules<'_, '_> {
    /// Services that nothing can reach and that reach nothing.
    pub(super) fn unreachable(&mut self) {
        let ids = std::mem::take(&mut self.found.closed);
        if ids.is_empty() {
            return;
        }
        let mentioned: FxHashSet<_> = self
            .program
            .references
            .iter()
            .filter(|reference| reference.owner != Owner::Component(reference.to))
            .map(|reference| reference.to)
            .collect();
        for id in ids {
            // A kind that makes it knows what for.
            let Some(def) = self.eval.world.def(id).filter(|def| !mentioned.contains(def)) else { continue };
            let envs = self.eval.world.presence(id);
            let silent = envs.iter().all(|env| {
                let env = u8::try_from(env).unwrap_or(0);
                graph::needs(self.eval, id, env).is_empty() && !self.touches_machine(id, env)
            });
            if !silent || self.eval.world.is_broken(def) || self.is_hurt(id) {
                continue;
            }
            let finding =
                at(&codes::UNREACHABLE_SERVICE, self.site(id), format!("nothing can reach {}", self.describe(id)))
                    .label("has no port, and refers to no other component")
                    .help("give it `ports`, tell it by `env` where its work is, or make it a `job` if it ends");
            self.findings.push(finding);
        }
    }

    /// Whether there is an error in what a component is written with: it may have said more than can be read.
    fn is_hurt(&self, id: InstanceId) -> bool {
        let item = self.eval.world.instance(id).map(|instance| instance.item);
        let kinds = self.eval.kinds(id).filter_map(|kind| self.program.kind(kind)?.item);
        let places: Vec<Place> = item.into_iter().chain(kinds).map(|item| self.whole(item)).collect();
        self.findings.iter().any(|found| {
            let at = &found.primary;
            found.severity == Severity::Error
                && places.iter().any(|place| {
                    place.file == at.file && place.span.start <= at.span.start && at.span.end <= place.span.end
                })
        })
    }

    fn whole(&self, item: ItemRef) -> Place {
        let span = self.program.project.file(item.file).parse.tree.item(item.item).span;
        Place { file: item.file, span }
    }

    /// Whether the machine it runs on is what a service works with.
    fn touches_machine(&mut self, id: InstanceId, env: u8) -> bool {
        let fields = ["volumes", "devices", "network_mode", "pid", "port_ranges", "privileged", "ports"];
        fields.into_iter().any(|name| {
            let kind = self.program.kind(self.eval.world.kind(id));
            let Some(slot) = kind.and_then(|kind| kind.field_index.get(name)).copied() else { return false };
            match self.eval.run(|eval| eval.make_field(id, slot, env)) {
                Ok(Value::Map(entries)) => match name {
                    "volumes" => entries.iter().any(|(_, mount)| mount.variant() == Some("bind")),
                    _ => !entries.is_empty(),
                },
                Ok(Value::Variant(mode, _)) => &*mode == "host",
                Ok(Value::Bool(all)) => all,
                // What is wrong is not judged.
                Ok(_) | Err(_) => true,
            }
        })
    }

    /// Components whose condition holds nowhere.
    pub(super) fn never_present(&mut self) {
        for index in 0..self.eval.world.len() {
            let id = InstanceId(u32::try_from(index).unwrap_or(u32::MAX));
            if !self.eval.world.presence(id).is_empty() {
                continue;
            }
            let Some(def) = self.eval.world.def(id).filter(|def| !self.eval.world.is_broken(*def)) else { continue };
            let Some(info) = self.program.def(def) else { continue };
            let tree = &self.program.project.file(info.item.file).parse.tree;
            let ItemKind::Component { guard: Guard::If(condition), .. } = tree.item(info.item.item).kind else {
                continue;
            };
            let condition = ExprRef { file: info.item.file, expr: condition };
            if self.depends_on_param(condition) {
                continue;
            }
            let place = self.span_of(condition);
            let finding =
                at(&codes::NEVER_PRESENT, self.site(id), format!("{} exists in no environment", self.describe(id)))
                    .label("never there")
                    .secondary(place.file, place.span, "holds in none of them")
                    .help("correct the condition, or remove the component");
            self.findings.push(finding);
        }
    }

    /// Whether a condition may be decided by who runs the check.
    fn depends_on_param(&self, condition: ExprRef) -> bool {
        let mut open = vec![condition];
        let mut seen = FxHashSet::default();
        while let Some(at) = open.pop() {
            let tree = &self.program.project.file(at.file).parse.tree;
            let mut param = false;
            reach::each(tree, at.expr, &mut |expr| {
                let Res::Def(def) = self.program.res(at.file, expr) else { return };
                let Some(info) = self.program.def(def) else { return };
                param |= info.kind == DefKind::Param;
                if info.kind == DefKind::Let
                    && seen.insert(def)
                    && let ItemKind::Let { value, .. } =
                        self.program.project.file(info.item.file).parse.tree.item(info.item.item).kind
                {
                    open.push(ExprRef { file: info.item.file, expr: value });
                }
            });
            if param {
                return true;
            }
        }
        false
    }
}
