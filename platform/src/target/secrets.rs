//! Where a target gets the values of a release's secrets.

use std::collections::BTreeMap;
use std::sync::Arc;

use helios_client::{Failure, FailureKind};
use uuid::Uuid;

use super::BoxFuture;
use crate::domain::job::EnvironmentRef;
use crate::sealing::Keyring;
use crate::store::{Store, secrets};
use crate::trouble::Trouble;

/// Opens sealed secrets. No message and no row ever holds a value; who runs the containers fetches them here.
pub trait SecretSource: Send + Sync {
    /// The values of these versions, by the same names.
    ///
    /// # Errors
    /// A version is not there, belongs to another organisation, or was sealed with a key that is not at hand; the database.
    fn open<'a>(
        &'a self,
        environment: &'a EnvironmentRef,
        versions: &'a BTreeMap<String, Uuid>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, Trouble>>;
}

/// Secrets as the database has them, opened with the master keys.
#[derive(Clone)]
pub struct Sealed {
    store: Store,
    keyring: Arc<Keyring>,
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealed").finish_non_exhaustive()
    }
}

impl Sealed {
    /// Those of this database.
    #[must_use]
    pub const fn new(store: Store, keyring: Arc<Keyring>) -> Self {
        Self { store, keyring }
    }
}

impl SecretSource for Sealed {
    fn open<'a>(
        &'a self,
        environment: &'a EnvironmentRef,
        versions: &'a BTreeMap<String, Uuid>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, Trouble>> {
        Box::pin(async move {
            if versions.is_empty() {
                return Ok(BTreeMap::new());
            }
            let failed = |error| match error {
                secrets::SecretError::Store(error) => Trouble::from(error),
                error => Failure::new(FailureKind::MissingSecret, "", error.to_string()).into(),
            };
            let mut tx = self.store.system().await?;
            let values = secrets::open(&mut tx, &self.keyring, environment.id, versions).await.map_err(failed)?;
            let text = |(name, value): (String, zeroize::Zeroizing<Vec<u8>>)| match String::from_utf8(value.to_vec()) {
                Ok(value) => Ok((name, value)),
                Err(_) => {
                    let message = format!("the value of `{name}` is no UTF-8 text, and a program takes texts only");
                    Err(Failure::new(FailureKind::Unsupported, "", message).into())
                }
            };
            values.into_iter().map(text).collect()
        })
    }
}

/// Takes secret values out of what is shown.
#[derive(Clone, Default)]
pub struct Redactor {
    values: Vec<String>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

/// What stands in the place of a secret.
const BLANK: &str = "••••••";

impl Redactor {
    /// For these values, and for what they become inside a URL. Very short ones are left: they are in every other word, and
    /// blanking them would show where they are.
    #[must_use]
    pub fn new<'a>(values: impl IntoIterator<Item = &'a str>) -> Self {
        let mut all: Vec<String> = Vec::new();
        for value in values.into_iter().map(str::trim).filter(|value| value.len() >= 4) {
            let encoded = crate::domain::outputs::encode(value);
            // A log has lines.
            all.extend(value.lines().filter(|line| line.trim().len() >= 4).map(str::to_owned));
            if encoded != value {
                all.push(encoded);
            }
            all.push(value.to_owned());
        }
        let mut redactor = Self { values: all };
        redactor.sort();
        redactor
    }

    /// For those of another, too.
    pub fn add(&mut self, other: &Self) {
        self.values.extend(other.values.iter().cloned());
        self.sort();
    }

    /// Long ones first: a short one may be part of a long one.
    fn sort(&mut self) {
        self.values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.values.dedup();
    }

    /// The text without the values.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), BLANK);
            }
        }
        text
    }

    /// The failure without the values.
    #[must_use]
    pub fn failure(&self, mut failure: Failure) -> Failure {
        failure.message = self.text(&failure.message);
        failure.help = failure.help.map(|help| self.text(&help));
        failure.log_tail = failure.log_tail.iter().map(|line| self.text(line)).collect();
        failure
    }
}
