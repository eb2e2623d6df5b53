//! Who may do what: organisations, tokens, and the record of what was done.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text::{Label, Name};

/// An organisation: whatever belongs to one is invisible to every other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Org {
    /// Its identifier.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What a token allows. Each allows what its name says and nothing else; `admin` allows everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// To see applications, environments, deployments, releases, logs and the names of secrets.
    Read,
    /// To deploy, roll back, promote, approve, cancel, run jobs and take environments down without their data.
    Deploy,
    /// To set and rotate secrets.
    Secrets,
    /// To run commands of one's own in containers.
    Exec,
    /// Everything, tokens, the audit log and the loss of data with it.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: &[Self] = &[Self::Read, Self::Deploy, Self::Secrets, Self::Exec, Self::Admin];

    /// The name on the wire and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Deploy => "deploy",
            Self::Secrets => "secrets",
            Self::Exec => "exec",
            Self::Admin => "admin",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|scope| scope.name() == name)
    }
}

/// A token, without what makes it one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Token {
    /// Its identifier.
    pub id: Uuid,
    /// What people call it.
    pub name: String,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// The one application it is for; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<String>,
    /// The one environment it is for; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was used last, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<DateTime<Utc>>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// A token to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewToken {
    /// What people call it.
    pub name: Label,
    /// What it allows.
    #[cfg_attr(feature = "openapi", schema(min_items = 1, max_items = 5))]
    pub scopes: Vec<Scope>,
    /// The one application it is for; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<Name>,
    /// The one environment it is for, of `app`; all if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Name>,
    /// After how many seconds it ends; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(minimum = 1, maximum = 315_360_000))]
    pub expires_in: Option<u32>,
}

/// A token that was just made, with what makes it one: shown this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenWithSecret {
    /// The token.
    pub token: Token,
    /// What to send as `Authorization: Bearer …`.
    pub secret: String,
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Identity {
    /// The organisation the token belongs to.
    pub org: Org,
    /// The token.
    pub token: Token,
}

/// Whether the record of what was done is as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditVerification {
    /// Whether it is.
    pub intact: bool,
    /// The newest entry that is not as it was written, or whose predecessor is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<i64>,
}

/// Something that was done. Entries are never changed or removed; each one's hash covers the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEntry {
    /// Counts up.
    pub id: i64,
    /// The token it was done with; none for what the platform did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Uuid>,
    /// What was done: `secret.set`.
    pub verb: String,
    /// To what: `shop/production secret/session`.
    pub object: String,
    /// The digest of what was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The digest of what is there now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// The id of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
    /// The SHA-256 over this entry and the hash of the one before, in hexadecimal digits.
    pub hash: String,
}
