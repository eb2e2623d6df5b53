//! A deployment: one attempt to make an environment run a release, from the request to its end.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::environment::Repeated;
use crate::failure::Failure;
use crate::plan::Plan;
use crate::text::{Digest, Name};

macro_rules! states {
    ($($(#[$doc:meta])* $state:ident = $name:literal,)*) => {
        /// Where a deployment stands. Every change of it is one transaction.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum DeploymentState {
            $($(#[$doc])* $state,)*
        }

        impl DeploymentState {
            /// All states, in the order of a deployment's life.
            pub const ALL: &[Self] = &[$(Self::$state),*];

            /// The name on the wire and in the database.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$state => $name,)*
                }
            }

            /// The state of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|state| state.name() == name)
            }
        }
    };
}

states! {
    /// Waits until no other deployment of the environment is active.
    Queued = "queued",
    /// The program is checked and lowered.
    Checking = "checking",
    /// What changes is worked out.
    Planning = "planning",
    /// The plan loses data and nobody has said yes yet.
    AwaitingApproval = "awaiting_approval",
    /// Images are built and fetched.
    Building = "building",
    /// Networks, volumes and managed components are brought up, then the jobs with `on: release` run.
    Releasing = "releasing",
    /// New containers are started; the old ones serve.
    Starting = "starting",
    /// The new containers must be healthy for as long as the program says.
    Verifying = "verifying",
    /// Traffic goes over to the new containers.
    Shifting = "shifting",
    /// The old containers end their requests and are stopped.
    Draining = "draining",
    /// The release is what runs, observed. Terminal.
    Live = "live",
    /// Work is being stopped, and what was started is being removed, after a request to cancel.
    Cancelling = "cancelling",
    /// It failed before traffic was shifted: work is being stopped, and what was started is being removed.
    CleaningUp = "cleaning_up",
    /// Stopped on request; what ran before still runs. Terminal.
    Cancelled = "cancelled",
    /// Back to the release before.
    RollingBack = "rolling_back",
    /// It failed, and the release before runs again, observed. Terminal.
    RolledBack = "rolled_back",
    /// It failed. Until traffic was shifted the release before is untouched. Terminal.
    Failed = "failed",
    /// A newer deployment took its place before it began. Terminal.
    Superseded = "superseded",
}

impl DeploymentState {
    /// Whether nothing can follow.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Live | Self::Cancelled | Self::RolledBack | Self::Failed | Self::Superseded)
    }

    /// Whether a request to cancel can still be met: before traffic goes over.
    #[must_use]
    pub const fn can_cancel(self) -> bool {
        matches!(
            self,
            Self::Queued
                | Self::Checking
                | Self::Planning
                | Self::AwaitingApproval
                | Self::Building
                | Self::Releasing
                | Self::Starting
                | Self::Verifying
        )
    }
}

/// What a deployment was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeploymentKind {
    /// A source bundle is checked, built and run.
    Deploy,
    /// An earlier release of the same environment runs again: its program, images, configuration and secrets.
    Rollback,
    /// The program and images of another environment's live release run here.
    Promote,
}

impl DeploymentKind {
    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Deploy => "deploy",
            Self::Rollback => "rollback",
            Self::Promote => "promote",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Deploy, Self::Rollback, Self::Promote].into_iter().find(|kind| kind.name() == name)
    }
}

/// One attempt to make an environment run a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Deployment {
    /// Its identifier.
    pub id: Uuid,
    /// The application's name.
    pub app: String,
    /// The environment's name.
    pub environment: String,
    /// What it was asked for.
    pub kind: DeploymentKind,
    /// Where it stands.
    pub state: DeploymentState,
    /// Counts the changes of its state; the entity tag.
    pub version: i64,
    /// The number of the release it makes or made live, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<i64>,
    /// The release that a rollback or a promotion repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeated>,
    /// What it changes, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<Plan>,
    /// Why it failed, was rolled back or was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<Failure>,
    /// The URLs under which it answers; known when it is live.
    #[serde(default)]
    pub urls: Vec<String>,
    /// Whether somebody asked for its end.
    pub cancel_requested: bool,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When its state changed last.
    pub updated_at: DateTime<Utc>,
    /// When it reached its end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<DateTime<Utc>>,
    /// The state's deadline: what has not happened until then has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DateTime<Utc>>,
}

impl Deployment {
    /// What it is about, as people say it: `app/environment`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}/{}", self.app, self.environment)
    }
}

/// One change of a deployment's state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Step {
    /// Counts from 1 within the deployment.
    pub version: i64,
    /// The state it came from; none for the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<DeploymentState>,
    /// The state it went to.
    pub to: DeploymentState,
    /// In a few words, what made it so.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// A deployment to be begun. It takes the place of one that is still queued, and has one that has not shifted traffic yet cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewDeployment {
    /// Check, build and run a source bundle.
    Deploy {
        /// The bundle, uploaded before.
        source: Digest,
        /// Values of the program's params, by name, as OAL literals.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        params: BTreeMap<String, String>,
    },
    /// Run an earlier release of this environment again: its program, images, configuration and secrets.
    Rollback {
        /// Its number; the one before the live one if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "openapi", schema(minimum = 1))]
        release: Option<i64>,
    },
    /// Run the program and images of another environment's live release here.
    Promote {
        /// The other environment.
        from: Name,
    },
}

/// A yes to a plan that loses data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// The digest of the plan that was seen.
    pub plan: Digest,
}

/// A wish that a deployment ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// Why, for those who look at it later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(max_length = 500, pattern = "^[^\\u0000]*$"))]
    pub reason: Option<String>,
}

/// Something that happened in a deployment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeploymentEvent {
    /// Rises; the id of the server-sent event, from which a stream can be resumed.
    pub id: i64,
    /// What kind of thing: `deployment.state` (then `data` is a [`Step`]), or another that a client may pass over.
    pub kind: String,
    /// What happened.
    pub data: serde_json::Value,
    /// When.
    pub at: DateTime<Utc>,
}

impl DeploymentEvent {
    /// The change of state it tells of, if it is one.
    #[must_use]
    pub fn step(&self) -> Option<Step> {
        (self.kind == "deployment.state").then(|| serde_json::from_value(self.data.clone()).ok()).flatten()
    }
}
