//! What a component waits for must come: a job that is started, an end that is reached, a health that is asked for.

use super::reading::{At, at};
use super::shape::{Class, Watch};
use super::{Rules, Visit};
use crate::diagnostic::{Diagnostic, Fix, codes};
use crate::elaborate::InstanceId;
use crate::program::{EnvSet, Place, Res};
use crate::value::Value;
use oal_syntax::Span;
use oal_syntax::ast::{ExprId, ExprKind, ItemKind};

impl<'p> Rules<'_, 'p> {
    /// Notes a component that waits for something that may never come.
    pub(super) fn waits(&mut self, visit: &Visit<'p>) {
        let special = visit.says(Watch::AfterHealthy) || visit.says(Watch::AfterCompleted);
        let waits = |watch: Watch| visit.says(watch) && !self.only_lasting(visit, watch);
        if special || waits(Watch::After) || waits(Watch::AfterStarted) {
            self.found.waiting.push(visit.id);
        }
    }

    /// Whether a list names nothing but components that are no jobs.
    fn only_lasting(&self, visit: &Visit<'p>, watch: Watch) -> bool {
        let Some(list) = visit.alone(watch) else { return false };
        let tree = &visit.source.parse.tree;
        let names = self.program.resolved(visit.file);
        let lasting = |id: &ExprId| {
            let Res::Def(def) = names.exprs.get(id.0 as usize).copied().unwrap_or_default().into() else {
                return false;
            };
            let of = self.program.def(def).and_then(|def| def.of);
            let class = of.and_then(|of| self.shapes.get(of.0 as usize)).map(|shape| shape.class);
            matches!(tree.expr(*id).kind, ExprKind::Name)
                && !matches!(class, None | Some(Class::Job | Class::Composition))
        };
        match tree.expr(list).kind {
            ExprKind::List(members) => tree.exprs(members).iter().all(lasting),
            _ => false,
        }
    }

    pub(super) fn waited_for(&mut self) {
        for id in std::mem::take(&mut self.found.waiting) {
            for watch in [Watch::After, Watch::AfterStarted, Watch::AfterHealthy, Watch::AfterCompleted] {
                if self.eval.written(id, self.slot(id, watch).unwrap_or(u16::MAX)) {
                    for (envs, list) in self.values(id, watch) {
                        list.elements()
                            .iter()
                            .filter_map(Value::as_component)
                            .for_each(|to| self.wait(id, watch, to, envs));
                    }
                }
            }
        }
    }

    /// One component that another waits for.
    fn wait(&mut self, id: InstanceId, watch: Watch, to: InstanceId, envs: EnvSet) {
        match (self.class(to), watch) {
            (Class::Job, Watch::AfterHealthy) => {
                let words = format!("until {} is healthy, but a job only ends", self.describe(to));
                let finding = self.never(id, watch, to, &words).label("never comes");
                self.report(envs, finding.help("wait for its success: name it in `after`"));
            }
            (Class::Job, _) => self.wait_for_job(id, watch, to, envs),
            (_, Watch::AfterCompleted) => {
                let words = format!("for the end of {}, which does not end by itself", self.describe(to));
                let finding = self.never(id, watch, to, &words).label("only a job ends");
                self.report(envs, finding.help("wait until it is ready: name it in `after`; or make it a `job`"));
            }
            (Class::Service, Watch::AfterHealthy) => self.wait_for_health(id, to, envs),
            _ => {}
        }
    }

    fn wait_for_job(&mut self, id: InstanceId, watch: Watch, job: InstanceId, envs: EnvSet) {
        for (others, [on, schedule]) in self.table(job, [Watch::On, Watch::Schedule]) {
            let both = envs.and(others);
            if both.is_empty() || on.variant() != Some("manual") {
                continue;
            }
            let starter = if schedule.is_null() { "it is started by hand" } else { "it is started by its schedule" };
            let words = format!("for {}, which no release starts", self.describe(job));
            let mut finding = self.never(id, watch, job, &words).label("may never come").also(self.site(job), starter);
            if let Some(fix) = self.on_release(job) {
                finding = finding.fix(fix);
            }
            let help = format!("run it at each release with `on: release`, or take it out of `{}`", watch.name());
            self.report(both, finding.help(help));
        }
    }

    fn wait_for_health(&mut self, id: InstanceId, to: InstanceId, envs: EnvSet) {
        for (others, [health, ready]) in self.table(to, [Watch::Health, Watch::Ready]) {
            let both = envs.and(others);
            if both.is_empty() || !ready.is_null() && ready.variant() != Some("off") {
                continue;
            }
            if health.variant() == Some("off") {
                let words = format!("until {} is healthy, and its health check is off", self.describe(to));
                let finding = self.never(id, Watch::AfterHealthy, to, &words).label("never comes");
                let off = self.key_place(to, Watch::Health);
                let help = "give it a `health`, or wait with `after_started`";
                self.report(both, finding.also(off, "switched off").help(help));
            } else if health.is_null() {
                let title = format!(
                    "{} waits until {} is healthy, which has no `health`",
                    self.describe(id),
                    self.describe(to)
                );
                let finding = at(&codes::NO_HEALTH_CHECK, self.mention(id, Watch::AfterHealthy, to), title)
                    .label("only a health check of its image could tell")
                    .also(self.site(to), "without `health`")
                    .help("give it a `health`, or wait with `after`");
                self.report(both, finding);
            }
        }
    }

    fn never(&self, id: InstanceId, watch: Watch, to: InstanceId, words: &str) -> Diagnostic {
        at(&codes::NEVER_COMPLETES, self.mention(id, watch, to), format!("{} waits {words}", self.describe(id)))
    }

    /// Where a list of the component's body names another one; else the list, else the component.
    pub(super) fn mention(&self, id: InstanceId, watch: Watch, to: InstanceId) -> Place {
        let fallback = self.key_place(id, watch);
        let Some(own) = self.own(id, watch) else { return fallback };
        let name = self.eval.world.def(to).map(Res::Def);
        let ExprKind::List(members) = self.expr(own.value).kind else { return fallback };
        let tree = &self.program.project.file(own.value.file).parse.tree;
        let head = |member: ExprId| match tree.expr(member).kind {
            ExprKind::Path { head, .. } => head,
            _ => member,
        };
        let members = tree.exprs(members).iter();
        let found = members.copied().find(|member| Some(self.program.res(own.value.file, head(*member))) == name);
        found.map_or(fallback, |member| Place { file: own.value.file, span: tree.expr(member).span })
    }

    /// Adds `on: release` to the body of a job.
    fn on_release(&self, job: InstanceId) -> Option<Fix> {
        let item = self.eval.world.instance(job)?.item;
        if crate::std::index(item.file).is_some() || self.own(job, Watch::On).is_some() {
            return None;
        }
        let source = self.program.project.file(item.file);
        let ItemKind::Component { body, .. } = source.parse.tree.item(item.item).kind else { return None };
        let after = source.text.get(body.open as usize + 1..)?;
        let line = after.split('\n').next().unwrap_or_default().trim();
        let text = if line.is_empty() {
            "\n  on: release"
        } else if line.starts_with('}') {
            " on: release "
        } else {
            " on: release,"
        };
        let title = format!("run `{}` at each release", self.name(job));
        Some(Fix::maybe(title, item.file, Span::empty(body.open + 1), text))
    }
}
