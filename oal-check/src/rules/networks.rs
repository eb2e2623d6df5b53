//! Network groups: who joins one must find it in `app`.

use super::Rules;
use super::reading::at;
use super::shape::Watch;
use crate::diagnostic::{Fix, codes};
use crate::elaborate::InstanceId;
use crate::program::EnvSet;
use crate::value::Value;

impl Rules<'_, '_> {
    /// Groups that components join and `app` does not declare.
    pub(super) fn joined(&mut self) {
        let ids = std::mem::take(&mut self.found.joining);
        if ids.is_empty() {
            return;
        }
        let declared = match self.setting("networks") {
            Some(setting) => self.setting_values(setting, "networks"),
            None => vec![(self.every, Value::Map([].into()))],
        };
        for id in ids {
            for (envs, groups) in self.values(id, Watch::Networks) {
                for (group, _) in groups.entries() {
                    for (others, known) in &declared {
                        let both = envs.and(*others);
                        if !both.is_empty() && matches!(known, Value::Map(_)) && known.get(group).is_none() {
                            self.undeclared(id, group, known, both);
                        }
                    }
                }
            }
        }
    }

    fn undeclared(&mut self, id: InstanceId, group: &str, known: &Value, envs: EnvSet) {
        let place = self.entry_place(id, Watch::Networks, group);
        let finding =
            at(&codes::UNKNOWN_NAME, place, format!("there is no network group `{group}`")).label("not declared");
        let near = crate::suggest::closest(group, known.entries().iter().map(|(name, _)| &**name));
        let finding = match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")).fix(Fix::maybe(
                format!("write `{near}`"),
                place.file,
                place.span,
                near,
            )),
            None => finding.help(format!("declare it in `app`: `networks: {{ {group}: {{}} }}`")),
        };
        self.report(envs, finding);
    }
}
