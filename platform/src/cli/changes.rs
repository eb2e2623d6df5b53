//! A plan as people read it: what happens to each component and what that means.

use std::fmt::Write;

use helios_client::plan::{Consequence, Plan, PlanAction};

use super::output::Paint;
use super::terminal::safe;

/// The components with their reasons, and a line that sums them up.
pub(super) fn text(plan: &Plan, paint: Paint) -> String {
    let Paint { dim, plain, .. } = paint;
    let mut text = String::new();
    for item in &plan.items {
        let sign = match item.action {
            PlanAction::Create => format!("{}+{plain}", paint.green),
            PlanAction::Change | PlanAction::Touch => format!("{}~{plain}", paint.yellow),
            PlanAction::Remove => format!("{}-{plain}", paint.red),
        };
        // Writing to a string cannot fail.
        let _ = write!(text, "{sign} {}", item.node);
        if item.consequence != Consequence::None {
            let _ = write!(text, "  {}{}{plain}", color(item.consequence, paint), words(item.consequence));
        }
        if item.widens_access {
            let _ = write!(text, "  {}more can reach it than before{plain}", paint.yellow);
        }
        if item.breaks {
            let _ = write!(text, "  {}somebody outside no longer reaches it{plain}", paint.yellow);
        }
        text.push('\n');
        // That something new is new needs no reason.
        let reasons = item.reasons.iter().filter(|_| item.action != PlanAction::Create);
        for reason in reasons {
            let _ = writeln!(text, "    {dim}{}{plain}", safe(reason));
        }
    }
    let _ = writeln!(text, "{}", summary(plan));
    text
}

/// In one line: `2 components change: rolling restart`.
pub(super) fn summary(plan: &Plan) -> String {
    let count = plan.items.len();
    let worst = plan.items.iter().map(|item| item.consequence).max().unwrap_or(Consequence::None);
    let new = plan.items.iter().filter(|item| item.action == PlanAction::Create).count();
    let mut text = match count {
        0 => return String::from("nothing to do"),
        1 if new == 1 => String::from("1 new component"),
        1 => String::from("1 component changes"),
        _ if new == count => format!("{count} new components"),
        _ => format!("{count} components change"),
    };
    if worst != Consequence::None {
        let _ = write!(text, ": {}", words(worst));
    }
    text
}

const fn words(consequence: Consequence) -> &'static str {
    match consequence {
        Consequence::None => "nothing stops",
        Consequence::RollingRestart => "rolling restart",
        Consequence::Replace => "replaced",
        Consequence::Downtime => "downtime",
        Consequence::DataLoss => "data loss",
    }
}

const fn color(consequence: Consequence, paint: Paint) -> &'static str {
    match consequence {
        Consequence::None | Consequence::RollingRestart => paint.dim,
        Consequence::Replace | Consequence::Downtime => paint.yellow,
        Consequence::DataLoss => paint.red,
    }
}
