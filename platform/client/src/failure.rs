//! Why a deployment did not go well, tied to the component whose fault it is.

use oal_ir::{NodeId, Pointer};
use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What kind of failure it was; stable, for programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum FailureKind {
            $($(#[$doc])* $kind,)*
        }

        impl FailureKind {
            /// All kinds.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// The name on the wire.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// The program has errors; `diagnostics` has them.
    Check = "check",
    /// A secret has no value in this environment.
    MissingSecret = "missing_secret",
    /// The target cannot do what the program asks for.
    Unsupported = "unsupported",
    /// A step of a build failed.
    BuildStep = "build_step",
    /// A build went over a limit: time, memory, disk, size of its log.
    BuildLimit = "build_limit",
    /// An image is not there and could not be fetched.
    ImagePull = "image_pull",
    /// A job with `on: release` failed.
    ReleaseJob = "release_job",
    /// A container could not be made or started.
    Start = "start",
    /// A container ended again and again.
    CrashLoop = "crash_loop",
    /// The kernel ended a container because it used more memory than it may.
    OutOfMemory = "out_of_memory",
    /// A container did not become healthy.
    Probe = "probe",
    /// The edge did not take its new configuration.
    Edge = "edge",
    /// A state took longer than it may.
    Deadline = "deadline",
    /// A copy of a database's data could not be made or brought back.
    Backup = "backup",
    /// Somebody asked for the end.
    Cancelled = "cancelled",
    /// The platform itself failed; the message says how.
    Internal = "internal",
}

/// Why a deployment did not go well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Failure {
    /// What kind it is.
    pub kind: FailureKind,
    /// The state of the deployment it happened in, by name.
    pub stage: String,
    /// In a sentence, what happened.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The component whose fault it is, as its id in the IR.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub node: Option<NodeId>,
    /// The value in that component that has to do with it, as a JSON Pointer from its `spec`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub field: Option<Pointer>,
    /// The last lines that the component or the build wrote; secrets are blanked out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log_tail: Vec<String>,
    /// The findings of the check as `oal check --format json` gives them, one object each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<serde_json::Value>,
    /// The same for people, under the line of the program it belongs to, as `oal check --format human` prints it, without colours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rendered: Option<String>,
    /// The same with the colours of a terminal (ECMA-48).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rendered_ansi: Option<String>,
}

impl Failure {
    /// A failure with nothing but a kind and a message.
    #[must_use]
    pub fn new(kind: FailureKind, stage: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            kind,
            stage: stage.into(),
            message: message.into(),
            help: None,
            node: None,
            field: None,
            log_tail: Vec::new(),
            diagnostics: Vec::new(),
            rendered: None,
            rendered_ansi: None,
        }
    }

    /// The same, the fault of this component.
    #[must_use]
    pub fn of(mut self, node: NodeId) -> Self {
        self.node = Some(node);
        self
    }

    /// The same, with a value in the component.
    #[must_use]
    pub fn at(mut self, field: Pointer) -> Self {
        self.field = Some(field);
        self
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with the last lines of a log.
    #[must_use]
    pub fn log(mut self, lines: Vec<String>) -> Self {
        self.log_tail = lines;
        self
    }
}
