//! What environments set and unset, held against the components that there are.

use super::InstanceId;
use crate::diagnostic::{Diagnostic, codes};
use crate::eval::Evaluator;
use crate::program::{DefId, EnvSet, Override, Target};
use crate::suggest;
use std::collections::BTreeMap;

impl Evaluator<'_> {
    /// Overrides of what does not exist, required fields that are unset or that only some environments set.
    pub(crate) fn check_overrides(&mut self, findings: &mut Vec<Diagnostic>) {
        let program = self.program;
        self.check_twice(findings);
        let mut required: BTreeMap<(InstanceId, u16), EnvSet> = BTreeMap::new();
        for one in &program.overrides {
            let env = usize::from(one.environment);
            let Target::Field { component, slot, .. } = one.target else { continue };
            if self.world.is_broken(component) {
                continue;
            }
            let selected = self.world.selected.has(env);
            if one.value.is_some() && self.is_plainly_set(one, env) {
                continue;
            }
            let targets = self.targets(one);
            let Some(&first) = targets.first() else {
                // Nothing to say of all the instances of a component that has none.
                if selected && matches!(one.target, Target::Field { key: Some(_), .. }) {
                    findings.push(self.without_target(one));
                }
                continue;
            };
            let present: Vec<InstanceId> = targets.into_iter().filter(|id| self.world.presence(*id).has(env)).collect();
            let Some(&instance) = present.first() else {
                if selected {
                    findings.push(self.override_of_absent(one, first));
                }
                continue;
            };
            if one.value.is_none() {
                if selected {
                    findings.extend(self.check_unset(one, instance, slot));
                }
            } else if one.path.is_empty() && self.is_required(instance, slot) {
                for instance in present {
                    let set = required.entry((instance, slot)).or_default();
                    *set = set.or(EnvSet::only(env));
                }
            }
        }
        for ((instance, slot), set) in required {
            let missing = self.world.presence(instance).without(set).and(self.world.selected);
            if missing.is_empty() || self.own_entry(instance, slot).is_some() {
                continue;
            }
            let Some(info) = self.field_info(instance, slot) else { continue };
            let place = self.user_place(instance);
            let title = format!("{} needs its field `{}`", self.describe(instance), info.name);
            let diagnostic = Diagnostic::new(&codes::MISSING_FIELD, place.file, place.span, title)
                .label(format!("`{}` is missing", info.name))
                .note("only some environments set it")
                .help("set it in the body, or in every environment");
            findings.push(diagnostic.environments(self.env_names(missing)));
        }
    }

    /// Whether an override sets a field that need not be set, of a component that is there: most do.
    fn is_plainly_set(&self, one: &Override, env: usize) -> bool {
        let Target::Field { component, key: None, nested, slot } = &one.target else { return false };
        match self.world.instances_of(*component) {
            [instance] if nested.is_empty() => {
                self.world.presence(*instance).has(env) && (!one.path.is_empty() || !self.is_required(*instance, *slot))
            }
            _ => false,
        }
    }

    /// Paths of one environment of which one is the other, or a part of it.
    fn check_twice(&self, findings: &mut Vec<Diagnostic>) {
        let program = self.program;
        for def in 0..u32::try_from(program.defs.len()).unwrap_or(0) {
            let group = self.world.overrides_of(DefId(def));
            if group.len() < 2 {
                continue;
            }
            let mut all: Vec<&Override> =
                group.iter().filter_map(|index| program.overrides.get(*index as usize)).collect();
            all.sort_by(|a, b| {
                (a.environment, &a.target, &a.path, a.at).cmp(&(b.environment, &b.target, &b.path, b.at))
            });
            let mut outer: Option<&Override> = None;
            for one in all {
                match outer {
                    Some(other)
                        if (other.environment, &other.target) == (one.environment, &one.target)
                            && one.path.starts_with(&other.path) =>
                    {
                        findings.push(self.set_twice(other, one));
                    }
                    _ => outer = Some(one),
                }
            }
        }
    }

    fn set_twice(&self, one: &Override, other: &Override) -> Diagnostic {
        let (first, second) = if one.at < other.at { (one, other) } else { (other, one) };
        let path = self.program.project.slice(second.at.file, second.at.span);
        let same = first.path == second.path;
        let title =
            if same { format!("`{path}` is set twice") } else { format!("`{path}` is set twice, once as a part") };
        Diagnostic::new(&codes::SET_TWICE, second.at.file, second.at.span, title)
            .label("again here")
            .secondary(first.at.file, first.at.span, "first here")
            .help(if same { "remove one of them" } else { "say all of it in one place" })
    }

    /// Whether a field must be given and no kind gives it.
    fn is_required(&self, instance: InstanceId, slot: u16) -> bool {
        self.field_info(instance, slot)
            .is_some_and(|info| info.default.is_none() && !info.preset && !self.program.types.is_optional(info.ty))
    }

    fn at_path(&self, one: &Override, code: &'static crate::diagnostic::Code, title: String) -> Diagnostic {
        Diagnostic::new(code, one.at.file, one.at.span, title)
            .environments(self.env_names(EnvSet::only(usize::from(one.environment))))
    }

    fn without_target(&self, one: &Override) -> Diagnostic {
        let Target::Field { component, key, .. } = &one.target else {
            return self.at_path(one, &codes::UNKNOWN_PATH, "there is nothing to set here".to_owned());
        };
        let name = self.program.def_name(*component);
        let keys: Vec<&str> = self.world.instances_of(*component).iter().filter_map(|id| self.world.key(*id)).collect();
        let key = key.as_deref().unwrap_or_default();
        let diagnostic = self
            .at_path(one, &codes::UNKNOWN_INSTANCE, format!("`{name}` has no instance `{key}`"))
            .label("no such instance");
        diagnostic.help(match suggest::closest(key, keys.iter().copied()) {
            Some(near) => format!("did you mean `{name}[\"{near}\"]`?"),
            None if keys.is_empty() => format!("`{name}` has no instances at all"),
            None => format!("its instances are `{}`", keys.iter().take(6).copied().collect::<Vec<_>>().join("`, `")),
        })
    }

    fn override_of_absent(&self, one: &Override, instance: InstanceId) -> Diagnostic {
        let environment = self.env_names(EnvSet::only(usize::from(one.environment))).join("");
        let what = self.describe(instance);
        let place = self.user_place(instance);
        self.at_path(one, &codes::OVERRIDE_OF_ABSENT, format!("{what} does not exist in `{environment}`"))
            .label("nothing to set here")
            .secondary(place.file, place.span, "declared for other environments")
            .help("remove this line, or let the component exist here")
    }

    fn check_unset(&mut self, one: &Override, instance: InstanceId, slot: u16) -> Option<Diagnostic> {
        let info = self.field_info(instance, slot)?;
        let what = self.describe(instance);
        let path = self.program.project.slice(one.at.file, one.at.span);
        let (last, outer) = match one.path.split_last() {
            None => (&info.name, None),
            Some((last, outer)) => (last, Some(outer)),
        };
        let required = match outer {
            None => self.is_required(instance, slot) && !self.program.types.is_optional(info.ty),
            Some(outer) => self.part_is_required(self.part_type(info.ty, outer), last),
        };
        if required {
            return Some(
                self.at_path(one, &codes::UNSET_REQUIRED, format!("{what} cannot be without `{last}`"))
                    .label("required")
                    .help("set it to another value instead"),
            );
        }
        let env = one.environment;
        let below = match outer {
            None => self.own_entry(instance, slot).is_some() || info.preset,
            Some(outer) => {
                let value = self.run(|eval| eval.below_environment(instance, slot, env)).ok()?;
                let mut at = &value;
                for key in outer {
                    at = at.get(key).unwrap_or(&crate::value::Value::Null);
                }
                at.is_unknown() || at.get(last).is_some()
            }
        };
        if below {
            return None;
        }
        // A key of a map that was nearly hit.
        let near = outer.and_then(|outer| {
            let value = self.run(|eval| eval.below_environment(instance, slot, env)).ok()?;
            let mut at = &value;
            for key in outer {
                at = at.get(key)?;
            }
            let crate::value::Value::Map(entries) = at else { return None };
            crate::suggest::closest(last, entries.iter().map(|(key, _)| &**key)).map(str::to_owned)
        });
        let finding =
            self.at_path(one, &codes::UNSET_NOTHING, format!("`{path}` is not set")).label("nothing to take away");
        Some(match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help("remove this line"),
        })
    }

    /// Whether a record must have this part.
    fn part_is_required(&self, ty: crate::types::Ty, name: &str) -> bool {
        let types = &self.program.types;
        let crate::types::TyData::Record(number) = types.data(types.bare(ty)) else { return false };
        let member = types.record(*number).and_then(|record| record.fields.iter().find(|field| &*field.name == name));
        member.is_some_and(|member| member.default.is_none() && !types.is_optional(member.ty))
    }
}
