//! The plan of a deployment: what a new release does to what runs, component by component, said before anything is done.
//!
//! The comparison of two programs is [`oal_ir::diff`]'s. Added here is what no program shows: sources of images, versions of
//! secrets. What a program needs and the environment lacks is in [`requirements`]; which images need no build in [`images`]; whose
//! the host names of its routes are in [`hosts`].

pub mod host_access;
pub mod hosts;
pub mod images;
pub mod requirements;

use std::collections::{BTreeMap, BTreeSet};

use helios_client::plan::{Consequence, PlanAction};
use helios_client::{Plan, PlanItem};
use oal_ir::diff::{self, Action, Effect, FieldChange};
use oal_ir::v1::{Kind, Level, Part, Template};
use oal_ir::{Ir, Leaf, NodeId};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

/// A release as the planner sees it: the one that runs, or the one that is to be.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The program.
    pub ir: &'a Ir,
    /// The digests of the sources of what is built, by node.
    pub contexts: &'a BTreeMap<NodeId, String>,
    /// Ids of secret versions by name.
    pub secrets: &'a BTreeMap<String, Uuid>,
}

/// Compares what runs, if anything does, with what is to be.
#[must_use]
pub fn plan(previous: Option<Side<'_>>, next: Side<'_>) -> Plan {
    let items = match previous {
        Some(previous) => changes(previous, next),
        None => first(next.ir),
    };
    let needs_approval = items.iter().any(|item| item.consequence == Consequence::DataLoss);
    Plan { digest: digest(next.ir, &items), items, needs_approval }
}

/// The components whose data is given up where the plan is approved: what goes or is made anew with loss of its data.
#[must_use]
pub fn given_up(plan: &Plan) -> BTreeSet<NodeId> {
    let lost = plan.items.iter().filter(|item| item.consequence == Consequence::DataLoss);
    lost.map(|item| item.node.clone()).collect()
}

/// The digest of a release: over all that decides what runs. Same digest, nothing to do.
#[must_use]
pub fn release_digest(
    ir_digest: &str,
    images: &BTreeMap<NodeId, String>,
    params: &BTreeMap<String, String>,
    secrets: &BTreeMap<String, Uuid>,
) -> String {
    #[derive(Serialize)]
    struct Release<'a> {
        ir: &'a str,
        images: &'a BTreeMap<NodeId, String>,
        params: &'a BTreeMap<String, String>,
        secrets: &'a BTreeMap<String, Uuid>,
    }
    canonical_digest(&Release { ir: ir_digest, images, params, secrets })
}

fn digest(ir: &Ir, items: &[PlanItem]) -> String {
    #[derive(Serialize)]
    struct Planned<'a> {
        ir: &'a str,
        items: &'a [PlanItem],
    }
    canonical_digest(&Planned { ir: &ir.digest, items })
}

/// None of what is digested here holds a number, so there is none that the canonical form could refuse.
fn canonical_digest(value: &impl Serialize) -> String {
    oal_ir::canonical::sha256(&oal_ir::canonical::to_canonical(value).unwrap_or_default())
}

/// Everything is new.
fn first(ir: &Ir) -> Vec<PlanItem> {
    let created = ir.components.keys().map(|node| PlanItem {
        node: node.clone(),
        action: PlanAction::Create,
        consequence: Consequence::None,
        reasons: Vec::new(),
        widens_access: false,
        breaks: false,
    });
    created.collect()
}

fn changes(previous: Side<'_>, next: Side<'_>) -> Vec<PlanItem> {
    let found = diff::diff(previous.ir, next.ir);
    let mut items: BTreeMap<NodeId, PlanItem> = BTreeMap::new();
    for change in &found.components {
        let action = match change.action {
            Action::Create => PlanAction::Create,
            Action::Remove => PlanAction::Remove,
            Action::Change if change.fields.is_empty() => PlanAction::Touch,
            Action::Change => PlanAction::Change,
        };
        let mut reasons: Vec<String> = change.fields.iter().flat_map(|field| reasons("", field)).collect();
        reasons.extend(change.because_of.iter().map(|node| format!("because of {node}")));
        let mut item = item(change.node.clone(), action);
        weigh(&mut item, change.effect);
        item.reasons = reasons;
        items.insert(change.node.clone(), item);
    }
    let mut touch = |node: &NodeId, reasons: Vec<String>, effect: Effect| {
        let item = items.entry(node.clone()).or_insert_with(|| item(node.clone(), PlanAction::Touch));
        if item.action != PlanAction::Create {
            weigh(item, effect);
            item.reasons.extend(reasons);
        }
    };
    for (node, component) in next.ir.components.iter().filter(|(node, _)| previous.ir.components.contains_key(*node)) {
        for field in &found.app {
            if component.kind() == Kind::Service && field.effect.consequence > diff::Consequence::None {
                touch(node, reasons("app/", field), field.effect);
            }
        }
        let sources = (previous.contexts.get(node), next.contexts.get(node));
        if matches!(sources, (Some(old), Some(new)) if old != new) {
            touch(node, vec!["image: its sources changed".to_owned()], diff::restart(next.ir, component));
        }
    }
    for (node, secrets) in rotated(previous.secrets, next) {
        if let Some(component) = next.ir.components.get(&node) {
            let reasons = secrets.iter().map(|secret| format!("new value of {secret}")).collect();
            touch(&node, reasons, diff::restart(next.ir, component));
        }
    }
    items.into_values().collect()
}

fn item(node: NodeId, action: PlanAction) -> PlanItem {
    PlanItem { node, action, consequence: Consequence::None, reasons: Vec::new(), widens_access: false, breaks: false }
}

/// Makes the item as grave as the effect.
fn weigh(item: &mut PlanItem, effect: Effect) {
    let consequence = match effect.consequence {
        diff::Consequence::None => Consequence::None,
        diff::Consequence::RollingRestart => Consequence::RollingRestart,
        diff::Consequence::Replace => Consequence::Replace,
        diff::Consequence::Downtime => Consequence::Downtime,
        diff::Consequence::DataLoss => Consequence::DataLoss,
    };
    item.consequence = item.consequence.max(consequence);
    item.widens_access |= effect.widens_access;
    item.breaks |= effect.breaks;
}

/// Components that hold a secret's value, directly or within the output of another component, where its version is another
/// than before; each with one such secret.
fn rotated(before: &BTreeMap<String, Uuid>, next: Side<'_>) -> BTreeMap<NodeId, BTreeSet<String>> {
    let changed: BTreeSet<&str> = next
        .secrets
        .iter()
        .filter(|(name, version)| before.get(*name).is_some_and(|old| old != *version))
        .map(|(name, _)| name.as_str())
        .collect();
    let mut reached: BTreeMap<NodeId, BTreeSet<String>> = BTreeMap::new();
    if changed.is_empty() {
        return reached;
    }
    // Whom a component refers to stands in an earlier level of the order, so one pass is enough.
    for node in next.ir.graph.order.iter().flatten() {
        let Some(component) = next.ir.components.get(node) else { continue };
        let own = format!("{node}#");
        let mut found: BTreeSet<String> =
            changed.iter().filter(|name| name.starts_with(&own)).map(|name| (*name).to_owned()).collect();
        component.spec.walk(|_, leaf| {
            let Leaf::Template(template) = leaf else { return };
            for part in template.parts() {
                match part {
                    Part::Secret(secret) => {
                        found.extend(changed.get(secret.node.as_str()).map(|name| (*name).to_owned()));
                    }
                    Part::Ref(output) if output.level == Level::Secret => {
                        found.extend(reached.get(&output.node).into_iter().flatten().cloned());
                    }
                    _ => {}
                }
            }
        });
        if !found.is_empty() {
            reached.insert(node.clone(), found);
        }
    }
    reached
}

/// A changed value in a line: `env/LOG_LEVEL: "info" -> "debug"`. Of a map or record that came or went as a whole, a line for
/// each member.
fn reasons(before: &str, field: &FieldChange) -> Vec<String> {
    let place = format!("{before}{}", field.at.as_str().trim_start_matches('/'));
    match (&field.old, &field.new) {
        (Some(old), Some(new)) => vec![format!("{place}: {} -> {}", shown(old), shown(new))],
        (None, Some(Value::Object(new))) => {
            new.iter().map(|(key, value)| format!("{place}/{key}: {}", shown(value))).collect()
        }
        (None, Some(new)) => vec![format!("{place}: {}", shown(new))],
        (Some(Value::Object(old)), None) => {
            old.iter().map(|(key, value)| format!("{place}/{key}: no longer {}", shown(value))).collect()
        }
        (Some(old), None) => vec![format!("{place}: no longer {}", shown(old))],
        (None, None) => vec![place],
    }
}

/// More letters of a value are not shown.
const MOST_LETTERS: usize = 48;

/// A value as a person reads it, in one line. A document never holds a secret's value.
fn shown(value: &Value) -> String {
    let text = match serde_json::from_value::<Template>(value.clone()) {
        Ok(template) => format!("{:?}", template.to_string()),
        Err(_) => value.to_string(),
    };
    match text.char_indices().nth(MOST_LETTERS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
