//! What changes when one document takes the place of another, and what that means for what runs.
//!
//! A pure comparison of two documents: nothing is asked of a running system. How grave each change is stands in `diff/rules.rs`,
//! kind by kind; who else is reached by it follows from the new document's graph.

mod reach;
mod rules;
mod values;

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::v1::{Component, Ir, Kind, NodeId};
use crate::{Pointer, canonical};

/// What a change does to what runs, from harmless to grave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Consequence {
    /// Nothing stops, nothing is lost.
    #[default]
    None,
    /// Every copy is replaced, one after the other, while others answer.
    RollingRestart,
    /// It is made anew, and what it held for a while is gone: contents of a cache, messages in memory.
    Replace,
    /// It answers nobody for a while.
    Downtime,
    /// Data that it keeps is lost, or is out of its reach afterwards.
    DataLoss,
}

impl Consequence {
    /// As people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::RollingRestart => "rolling restart",
            Self::Replace => "replace",
            Self::Downtime => "downtime",
            Self::DataLoss => "data loss",
        }
    }
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a change means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Effect {
    /// What it does to what runs.
    pub consequence: Consequence,
    /// Whether more people or programs can reach something than before.
    pub widens_access: bool,
    /// Whether somebody outside the application who reached something no longer does, by the address or in the way used so far.
    pub breaks: bool,
}

impl Effect {
    /// The graver of the two in every respect.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            consequence: self.consequence.max(other.consequence),
            widens_access: self.widens_access || other.widens_access,
            breaks: self.breaks || other.breaks,
        }
    }
}

/// One value that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// Where it stands in the component's values, or in what is said about the application.
    pub at: Pointer,
    /// Its old value; absent where there was none. A secret's value is never in a document, so never here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Value>,
    /// Its new value; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Value>,
    /// What that means.
    #[serde(flatten)]
    pub effect: Effect,
}

/// What happens to a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is new.
    Create,
    /// It stays and changes.
    Change,
    /// It goes.
    Remove,
}

/// A component that is new, goes, changes, or is reached by the change of another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The component.
    pub node: NodeId,
    /// Its built-in kind; of one that changes its kind the new one.
    pub kind: Kind,
    /// What happens to it.
    pub action: Action,
    /// What differs in it; empty for one that is new or goes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldChange>,
    /// Components that it uses and whose change reaches it.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub because_of: BTreeSet<NodeId>,
    /// What all of it means together.
    #[serde(flatten)]
    pub effect: Effect,
}

/// All that changes.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Diff {
    /// What is said differently about the application as a whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub app: Vec<FieldChange>,
    /// The components, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Change>,
}

impl Diff {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.app.is_empty() && self.components.is_empty()
    }

    /// What all of it means together.
    #[must_use]
    pub fn effect(&self) -> Effect {
        let fields = self.app.iter().map(|field| field.effect);
        fields.chain(self.components.iter().map(|change| change.effect)).fold(Effect::default(), Effect::and)
    }
}

/// Compares two documents. Positions do not count: documents with the same digest have no difference.
///
/// ```
/// use oal_ir::diff::{Action, Consequence, diff};
///
/// let ir = oal_ir::read(include_bytes!("../tests/data/shop.json"))?;
/// assert!(diff(&ir, &ir).is_empty());
///
/// let mut without = ir.clone();
/// without.components.retain(|id, _| id.kind() != "database");
/// let lost = diff(&ir, &without);
/// assert_eq!(lost.effect().consequence, Consequence::DataLoss);
/// assert!(lost.components.iter().any(|change| change.action == Action::Remove));
/// # Ok::<(), oal_ir::ReadError>(())
/// ```
#[must_use]
pub fn diff(old: &Ir, new: &Ir) -> Diff {
    let mut changes: Vec<Change> = Vec::new();
    for (id, before) in &old.components {
        match new.components.get(id) {
            None => changes.push(whole(id, before, Action::Remove, rules::removed(before))),
            Some(after) => changes.extend(changed(id, (before, old), (after, new))),
        }
    }
    for (id, after) in &new.components {
        if !old.components.contains_key(id) {
            changes.push(whole(id, after, Action::Create, rules::created(after)));
        }
    }
    changes.sort_by(|a, b| a.node.cmp(&b.node));
    reach::spread(new, &mut changes);
    Diff { app: app(old, new), components: changes }
}

/// A component that is new or goes.
fn whole(id: &NodeId, component: &Component, action: Action, effect: Effect) -> Change {
    let (node, kind) = (id.clone(), component.kind());
    Change { node, kind, action, fields: Vec::new(), because_of: BTreeSet::new(), effect }
}

/// A component that is in both documents; `None` if it is the same.
fn changed(id: &NodeId, (before, old): (&Component, &Ir), (after, new): (&Component, &Ir)) -> Option<Change> {
    let mut fields = Vec::new();
    values::compare(&values::of(&before.spec), &values::of(&after.spec), &mut |at, old_value, new_value| {
        let effect = if before.kind() == after.kind() {
            rules::field(new, before, after, &at, old_value, new_value)
        } else {
            rules::other_kind(before)
        };
        fields.push(FieldChange { at, old: old_value.cloned(), new: new_value.cloned(), effect });
    });
    fields.extend(values::contents(old, before, new, after).into_iter().map(|(at, old_digest, new_digest)| {
        let effect = rules::field(new, before, after, &at, None, None);
        FieldChange { at, old: Some(old_digest.into()), new: Some(new_digest.into()), effect }
    }));
    if fields.is_empty() {
        return None;
    }
    let effect = fields.iter().map(|field| field.effect).fold(Effect::default(), Effect::and);
    Some(Change {
        node: id.clone(),
        kind: after.kind(),
        action: Action::Change,
        fields,
        because_of: BTreeSet::new(),
        effect,
    })
}

/// What it means that a component takes over something new that is not in the document: a built image, a secret's next value.
#[must_use]
pub fn restart(ir: &Ir, component: &Component) -> Effect {
    reach::restart(ir, component)
}

/// What is said about the application as a whole.
fn app(old: &Ir, new: &Ir) -> Vec<FieldChange> {
    let mut fields = Vec::new();
    values::compare(&values::of(&old.app), &values::of(&new.app), &mut |at, old_value, new_value| {
        let effect = rules::app(&at, old_value, new_value);
        fields.push(FieldChange { at, old: old_value.cloned(), new: new_value.cloned(), effect });
    });
    fields
}

impl Diff {
    /// The digest of the difference, by which an approval of it can be told from an approval of another: SHA-256 over the canonical
    /// form (RFC 8785) of its JSON, written as [`crate::Ir::digest`] is.
    ///
    /// # Errors
    /// A number beyond 2^53 - 1.
    pub fn digest(&self) -> Result<String, canonical::CanonicalError> {
        Ok(canonical::sha256(&canonical::to_canonical(self)?))
    }
}
