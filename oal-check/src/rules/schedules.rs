//! Schedules against the time that a run may take.

use super::reading::{At, at};
use super::shape::Watch;
use super::{Rules, Visit};
use crate::diagnostic::codes;
use crate::text::cron::Cron;
use crate::value::Value;

/// Milliseconds of a minute.
const MINUTE: i64 = 60_000;

impl<'p> Rules<'_, 'p> {
    /// A job that starts again before its last run must have ended.
    pub(super) fn schedule(&mut self, visit: &Visit<'p>) {
        let id = visit.id;
        for (envs, [schedule, timeout, overlap]) in self.table(id, [Watch::Schedule, Watch::Timeout, Watch::Overlap]) {
            let (Value::Text(line), Value::Duration(most)) = (&schedule, &timeout) else { continue };
            if !matches!(overlap.variant(), Some("skip" | "wait")) {
                continue;
            }
            let Ok(cron) = Cron::parse(line) else { continue };
            if !cron.fires_within(u32::try_from(most / MINUTE + 1).unwrap_or(u32::MAX)) {
                continue;
            }
            let Some(every) = cron.min_interval() else { continue };
            let gap = Value::Duration(i64::from(every) * MINUTE);
            if *most <= i64::from(every) * MINUTE {
                continue;
            }
            let what = self.describe_body(id);
            let title = format!("{what} starts again after {} and may run for {}", gap.show(), timeout.show());
            let place = self.place(id, Watch::Schedule, &[]);
            let mut finding = at(&codes::SCHEDULE_TOO_OFTEN, place, title).label(format!("every {}", gap.show()));
            if self.own(id, Watch::Timeout).is_some() {
                let place = self.place(id, Watch::Timeout, &[]);
                finding = finding.also(place, format!("a run may take {}", timeout.show()));
            } else {
                finding = finding.note(format!("its `timeout` is {} where nothing else is said", timeout.show()));
            }
            let help = format!(
                "set a `timeout` of at most {}, start less often, or say what happens then: `overlap: replace` or `both`",
                gap.show()
            );
            self.report(envs, finding.help(help));
        }
    }
}
