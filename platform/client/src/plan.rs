//! A plan: what a deployment does to each component, said before it does it.

use std::collections::BTreeMap;

use oal_ir::NodeId;
use serde::{Deserialize, Serialize};

use crate::text::Digest;

/// What a deployment changes, against what runs now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Plan {
    /// The digest of the plan; an approval names it, so that nobody approves something else.
    pub digest: String,
    /// The components that change or are reached by a change; empty if nothing is to be done.
    pub items: Vec<PlanItem>,
    /// Whether somebody has to approve it: it loses data.
    pub needs_approval: bool,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// What happens to a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PlanAction {
    /// It is new.
    Create,
    /// It stays and changes.
    Change,
    /// It goes.
    Remove,
    /// It stays as it is and is reached by something else: an image, a secret, a component it uses.
    Touch,
}

/// What that means for those who use it, from harmless to grave; as in [`oal_ir::diff::Consequence`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Consequence {
    /// Nothing stops, nothing is lost.
    None,
    /// Every copy is replaced, one after the other, while others answer.
    RollingRestart,
    /// It is made anew, and what it held for a while is gone.
    Replace,
    /// It answers nobody for a while.
    Downtime,
    /// Data that it keeps is lost.
    DataLoss,
}

/// One component in a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanItem {
    /// The component, as its id in the IR.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub node: NodeId,
    /// What happens to it.
    pub action: PlanAction,
    /// What that means.
    pub consequence: Consequence,
    /// Why, one short line each: `image`, `env/LOG_LEVEL: "info" -> "debug"`, `because of database/orders`.
    pub reasons: Vec<String>,
    /// Whether more people or programs can reach something than before.
    #[serde(default)]
    pub widens_access: bool,
    /// Whether somebody outside who reached something no longer does.
    #[serde(default)]
    pub breaks: bool,
}

/// A program whose plan is wanted, without deploying it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPlan {
    /// The source bundle, uploaded before.
    pub source: Digest,
    /// Values of the program's params, by name, as OAL literals.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
}
