//! Where a target gets the values of a release's secrets.

use std::collections::BTreeMap;

use helios_client::Failure;
use uuid::Uuid;

use super::BoxFuture;

/// Opens sealed secrets. No message and no row ever holds a value; who runs the containers fetches them here.
pub trait SecretSource: Send + Sync {
    /// The values of these versions, by the same names.
    ///
    /// # Errors
    /// A version is not there, belongs to another organisation, or was sealed with a key that is not at hand; the database.
    fn open<'a>(
        &'a self,
        org: Uuid,
        versions: &'a BTreeMap<String, Uuid>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, Failure>>;
}

/// Values that were opened already, for tests and for programs without secrets.
impl SecretSource for BTreeMap<Uuid, String> {
    fn open<'a>(
        &'a self,
        _: Uuid,
        versions: &'a BTreeMap<String, Uuid>,
    ) -> BoxFuture<'a, Result<BTreeMap<String, String>, Failure>> {
        Box::pin(async move {
            let value = |(name, id): (&String, &Uuid)| match self.get(id) {
                Some(value) => Ok((name.clone(), value.clone())),
                None => Err(Failure::new(
                    helios_client::FailureKind::MissingSecret,
                    "",
                    format!("version {id} of `{name}` is not there"),
                )),
            };
            versions.iter().map(value).collect()
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
        // Long ones first: a short one may be part of a long one.
        all.sort_by_key(|value| std::cmp::Reverse(value.len()));
        all.dedup();
        Self { values: all }
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
