//! Components that wait for each other in a circle.
//!
//! First everything that is mentioned anywhere counts, in all environments together, field or output: cheap, and most programs
//! have no circle even so. Only among components on such a circle the values tell, environment by environment.

use super::Rules;
use super::knots::{Arrows, knots};
use super::reading::{At, at};
use crate::diagnostic::{Diagnostic, codes};
use crate::elaborate::InstanceId;
use crate::graph::{Need, needs, shortest_circle};
use crate::program::{EnvSet, Place, Reference};
use rustc_hash::{FxHashMap, FxHashSet};

/// Most steps of a circle that are shown with their places.
const STEPS: usize = 5;

impl Rules<'_, '_> {
    pub(super) fn circles(&mut self) {
        let suspects = self.suspects();
        if suspects.is_empty() {
            return;
        }
        let world = self.eval.world.clone();
        let root = |mut id: InstanceId| {
            while let Some(parent) = world.parent(id) {
                id = parent;
            }
            world.def(id)
        };
        let all = world.all(self.program);
        let nodes: Vec<InstanceId> =
            all.into_iter().filter(|id| root(*id).is_some_and(|def| suspects.contains(&def))).collect();
        let mut found: Vec<(Vec<InstanceId>, EnvSet)> = Vec::new();
        for env in self.every.iter() {
            for circle in self.circles_in(&nodes, env) {
                match found.iter_mut().find(|(other, _)| *other == circle) {
                    Some((_, envs)) => *envs = envs.or(EnvSet::only(env)),
                    None => found.push((circle, EnvSet::only(env))),
                }
            }
        }
        for (circle, envs) in found {
            let finding = self.circle(&circle, envs);
            self.report(envs, finding);
        }
    }

    /// One circle for each knot of components that wait for each other, from its first component on.
    fn circles_in(&mut self, nodes: &[InstanceId], env: usize) -> Vec<Vec<InstanceId>> {
        let number: FxHashMap<InstanceId, u32> = nodes.iter().copied().zip(0u32..).collect();
        let mut arrows: Vec<(u32, u32)> = Vec::new();
        for (from, id) in (0u32..).zip(nodes) {
            if self.eval.world.presence(*id).has(env) {
                let needs = needs(self.eval, *id, u8::try_from(env).unwrap_or(0));
                arrows.extend(needs.iter().filter_map(|need| Some((from, *number.get(&need.to)?))));
            }
        }
        let all = Arrows::new(nodes.len(), &arrows);
        let mut circles = Vec::new();
        for knot in knots(&all) {
            let inside: FxHashSet<usize> = knot.iter().copied().collect();
            let Some(first) = knot.iter().copied().min() else { continue };
            let follow = |at: usize| all.from(at).iter().map(|to| *to as usize).filter(|to| inside.contains(to));
            if let Some(way) = shortest_circle(first, follow) {
                circles.push(way.into_iter().filter_map(|at| nodes.get(at).copied()).collect());
            }
        }
        circles
    }

    fn circle(&mut self, circle: &[InstanceId], envs: EnvSet) -> Diagnostic {
        let env = Self::sample(envs);
        let names: Vec<String> = circle.iter().map(|id| self.name(*id)).collect();
        let mut steps: Vec<(Place, String)> = Vec::new();
        let nexts = circle.iter().skip(1).chain(circle.first());
        for (from, to) in circle.iter().zip(nexts).take(STEPS) {
            let need = needs(self.eval, *from, u8::try_from(env).unwrap_or(0)).into_iter().find(|need| need.to == *to);
            let place = need.map_or_else(|| self.site(*from), |need| self.needed_at(*from, &need, env));
            steps.push((place, format!("`{}` waits for `{}`", self.name(*from), self.name(*to))));
        }
        let title = match names.as_slice() {
            [one] => format!("`{one}` waits for itself to start"),
            [one, two] => format!("`{one}` and `{two}` wait for each other to start"),
            [one, two, three] => format!("`{one}`, `{two}` and `{three}` wait for each other to start"),
            all => format!(
                "`{}` and {} others wait for each other to start",
                all.first().map_or("", String::as_str),
                all.len() - 1
            ),
        };
        let mut steps = steps.into_iter();
        let (place, words) = steps.next().unwrap_or_else(|| (self.site(InstanceId(0)), String::new()));
        let mut finding = at(&codes::START_CYCLE, place, title).label(words);
        for (place, words) in steps {
            finding = finding.also(place, words);
        }
        let mut way: Vec<String> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
        if names.len() > 8 {
            way.push("…".to_owned());
        }
        way.extend(names.first().map(|name| format!("`{name}`")));
        finding
            .note(format!("the way around: {}", way.join(" → ")))
            .help("take one of these references out, and let that component connect when the other one is there")
    }

    /// Where the source says that one component needs another.
    fn needed_at(&self, from: InstanceId, need: &Need, env: usize) -> Place {
        let to = self.eval.world.def(need.to);
        let path: Vec<&str> = need.path.iter().map(|key| &**key).collect();
        let origin = self.eval.origin(from, need.slot, &path, env).into_iter().next_back();
        let Some(origin) = origin.filter(|origin| crate::std::index(origin.place.file).is_none()) else {
            return self.site(from);
        };
        // Within the entry, the very name.
        let value = origin.value.map(|value| self.span_of(value));
        let named = |reference: &&Reference| {
            let place = self.span_of(reference.at);
            Some(reference.to) == to && value.is_some_and(|v| v.file == place.file && v.span.contains(place.span))
        };
        let reference = self.program.references.iter().find(named);
        reference.map(|reference| self.span_of(reference.at)).or(value).unwrap_or(origin.place)
    }
}
