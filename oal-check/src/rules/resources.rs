//! What is set aside is at most what is allowed.

use super::reading::{At, at};
use super::shape::Watch;
use super::{Rules, Visit};
use crate::diagnostic::codes;
use crate::elaborate::InstanceId;
use crate::value::Value;

/// A request and the limit above it.
const PAIRS: [(&str, &str); 2] = [("cpu_request", "cpu"), ("memory_request", "memory")];

impl<'p> Rules<'_, 'p> {
    pub(super) fn resources(&mut self, visit: &Visit<'p>) {
        if !visit.says(Watch::Resources) {
            return;
        }
        let written = visit.alone(Watch::Resources).and_then(|expr| self.entries_of(visit, expr));
        if let Some(entries) = written {
            let text = &visit.source.text;
            if !entries.iter().any(|entry| PAIRS.iter().any(|(request, _)| entry.key.text(text) == *request)) {
                return;
            }
        }
        self.requests(visit.id);
    }

    fn requests(&mut self, id: InstanceId) {
        for (envs, value) in self.values(id, Watch::Resources) {
            for (request, limit) in PAIRS {
                let (Some(wanted), Some(most)) = (value.get(request), value.get(limit)) else { continue };
                let above = match (wanted, most) {
                    (Value::Cpu(wanted), Value::Cpu(most)) | (Value::Size(wanted), Value::Size(most)) => wanted > most,
                    _ => false,
                };
                if !above {
                    continue;
                }
                let what = self.describe_body(id);
                let place = self.place(id, Watch::Resources, &[request]);
                let limit_place = self.place(id, Watch::Resources, &[limit]);
                let title = format!("`{request}` of {what} is above its `{limit}`");
                let mut finding =
                    at(&codes::REQUEST_ABOVE_LIMIT, place, title).label(format!("{} set aside", wanted.show()));
                if limit_place != place {
                    finding = finding.also(limit_place, format!("{} at most", most.show()));
                } else {
                    finding = finding.note(format!("`{limit}` is {}", most.show()));
                }
                self.report(envs, finding.help("lower the request or raise the limit"));
            }
        }
    }
}
