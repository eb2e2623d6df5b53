//! Secrets: their names and versions. A value goes in and never comes out.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text::SecretName;

/// A version of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Secret {
    /// Its name.
    pub name: SecretName,
    /// Counts from 1.
    pub version: i64,
    /// The version's identifier, as releases name it.
    pub version_id: Uuid,
    /// Whether the platform made the value.
    pub generated: bool,
    /// When this version was set.
    pub created_at: DateTime<Utc>,
}

/// Which versions of which secret are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct SecretVersionsQuery {
    /// The secret's name.
    pub name: SecretName,
    /// The `next` of the part before; the first part if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(max_length = 200))]
    pub cursor: Option<String>,
    /// How many at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 200, default = 50))]
    pub limit: Option<u32>,
}

/// A value to be set. A running release keeps the version it was made with; the next deployment takes the new one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSecret {
    /// Its name.
    pub name: SecretName,
    /// The value.
    #[cfg_attr(feature = "openapi", schema(max_length = 65_536, pattern = "^[^\\u0000]*$"))]
    pub value: String,
}

impl std::fmt::Debug for NewSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSecret").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A generated secret that is to get a new value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SecretRotation {
    /// Its name.
    pub name: SecretName,
}
