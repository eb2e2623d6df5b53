//! What all components of an environment ask for together, held against the quota of `app`.

use super::Rules;
use super::publish::copies;
use super::reading::at;
use super::shape::{Class, Watch};
use crate::diagnostic::codes;
use crate::elaborate::InstanceId;
use crate::program::{EnvSet, Place};
use crate::value::Value;

/// What a quota bounds: its name there, and how messages call it.
const BOUNDS: [(&str, &str); 5] = [
    ("cpu", "cores"),
    ("memory", "of memory"),
    ("storage", "of storage"),
    ("replicas", "copies of services"),
    ("gpus", "graphics processors"),
];

/// Most components that a message lists.
const SHOWN: usize = 4;

/// What a component asks for, in the order of [`BOUNDS`]: for each copy, and how many copies.
struct Demand {
    id: InstanceId,
    envs: EnvSet,
    each: [i64; BOUNDS.len()],
    copies: i64,
}

impl Rules<'_, '_> {
    pub(super) fn quota(&mut self) {
        let Some(setting) = self.setting("quota") else { return };
        let quotas = self.setting_values(setting, "quota");
        if quotas.iter().all(|(_, quota)| quota.entries().iter().all(|(_, bound)| bound.is_null())) {
            return;
        }
        let demands = self.demands();
        for (envs, quota) in quotas {
            for (at, (name, words)) in BOUNDS.into_iter().enumerate() {
                let Some(most) = quota.get(name).filter(|most| !most.is_null() && !most.is_unknown()) else { continue };
                let place = self.part(setting.value, setting.key, &[name]);
                self.bound(&demands, (at, words), most, place, envs);
            }
        }
    }

    /// What all components ask for.
    fn demands(&mut self) -> Vec<Demand> {
        let mut demands = Vec::new();
        for id in self.eval.world.all(self.program) {
            match self.class(id) {
                Class::Service => {
                    let watches = [Watch::Resources, Watch::Replicas, Watch::Autoscale];
                    for (envs, [resources, replicas, scale]) in self.table(id, watches) {
                        let each = each(&resources, &Value::Null, 1);
                        demands.push(Demand { id, envs, each, copies: copies(&replicas, &scale) });
                    }
                }
                Class::Job | Class::Store => {
                    for (envs, [resources, storage]) in self.table(id, [Watch::Resources, Watch::Storage]) {
                        demands.push(Demand { id, envs, each: each(&resources, &storage, 0), copies: 1 });
                    }
                }
                Class::Volume => {
                    for (envs, size) in self.values(id, Watch::Size) {
                        demands.push(Demand { id, envs, each: each(&Value::Null, &size, 0), copies: 1 });
                    }
                }
                Class::Route | Class::Other | Class::Composition => {}
            }
        }
        demands
    }

    /// Holds one sum against its bound in each environment; environments with the same sum are one finding.
    fn bound(&mut self, demands: &[Demand], (which, words): (usize, &str), most: &Value, place: Place, envs: EnvSet) {
        let mut over: Vec<(EnvSet, Vec<String>, i64)> = Vec::new();
        for env in envs.iter() {
            let mut parts: Vec<(&Demand, i64, i64)> = demands
                .iter()
                .filter(|demand| demand.envs.has(env))
                .filter_map(|demand| Some((demand, *demand.each.get(which)?, demand.copies)))
                .filter(|(_, each, copies)| *each > 0 && *copies > 0)
                .collect();
            let sum =
                parts.iter().fold(0_i64, |sum, (_, each, copies)| sum.saturating_add(each.saturating_mul(*copies)));
            if sum <= amount(most) {
                continue;
            }
            parts.sort_by_key(|(_, each, copies)| std::cmp::Reverse(each.saturating_mul(*copies)));
            let mut lines: Vec<String> = parts
                .iter()
                .take(SHOWN)
                .map(|(demand, each, copies)| {
                    let what = self.describe(demand.id);
                    let total = like(most, each.saturating_mul(*copies));
                    if *each == 1 || *copies == 1 {
                        return format!("{what}: {total}");
                    }
                    format!("{what}: {copies} × {} = {total}", like(most, *each))
                })
                .collect();
            if parts.len() > SHOWN {
                lines.push(format!("and {} more", parts.len() - SHOWN));
            }
            match over.iter_mut().find(|(_, other, s)| *other == lines && *s == sum) {
                Some((set, ..)) => *set = set.or(EnvSet::only(env)),
                None => over.push((EnvSet::only(env), lines, sum)),
            }
        }
        for (set, lines, sum) in over {
            let title = format!(
                "all components together ask for {} {words}, and the quota is {}",
                like(most, sum),
                most.show()
            );
            let mut finding =
                at(&codes::QUOTA_EXCEEDED, place, title).label(format!("{} are asked for", like(most, sum)));
            for line in lines {
                finding = finding.note(line);
            }
            self.report(set, finding.help("lower what the largest ask for, or raise the quota"));
        }
    }
}

/// What one copy asks for.
fn each(resources: &Value, storage: &Value, replicas: i64) -> [i64; BOUNDS.len()] {
    let part = |name: &str| resources.get(name).map_or(0, amount);
    let gpus = resources.get("gpu").and_then(|gpu| gpu.get("count")).map_or(0, amount);
    [part("cpu"), part("memory"), amount(storage), replicas, gpus]
}

/// A quantity in its smallest unit; 0 where nothing is said.
fn amount(value: &Value) -> i64 {
    match value {
        Value::Int(amount) | Value::Size(amount) | Value::Cpu(amount) => *amount,
        _ => 0,
    }
}

/// An amount shown in the unit of another value.
fn like(model: &Value, amount: i64) -> String {
    match model {
        Value::Size(_) => Value::Size(amount),
        Value::Cpu(_) => Value::Cpu(amount),
        _ => Value::Int(amount),
    }
    .show()
}
