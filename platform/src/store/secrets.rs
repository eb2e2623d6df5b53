//! Secrets: sealed values, each version written once. Only the agent and the builder open them, by the ids of versions.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use sqlx::FromRow;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::Tx;
use crate::sealing::{Keyring, Place, Sealed, SealingError};

/// Why a secret cannot be had or kept.
#[derive(Debug)]
#[non_exhaustive]
pub enum SecretError {
    /// The database.
    Store(sqlx::Error),
    /// Sealing.
    Sealing(SealingError),
    /// There is no version of that id in the environment.
    Missing(Uuid),
    /// No secret of that name is generated.
    NotGenerated,
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Sealing(error) => error.fmt(f),
            Self::Missing(id) => write!(f, "there is no version {id} of a secret in this environment"),
            Self::NotGenerated => f.write_str("the platform did not make this value"),
        }
    }
}

impl std::error::Error for SecretError {}

impl From<sqlx::Error> for SecretError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error)
    }
}

impl From<SealingError> for SecretError {
    fn from(error: SealingError) -> Self {
        Self::Sealing(error)
    }
}

/// The newest version of a secret, without its value.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Version {
    /// The secret's name.
    pub name: String,
    /// The version's identifier.
    pub id: Uuid,
    /// Counts from 1.
    pub version: i64,
    /// Whether the platform made it.
    pub generated: bool,
    /// When it was set.
    pub created_at: DateTime<Utc>,
}

/// Adds a version. Those who set the same secret at the same time come one after the other.
///
/// # Errors
/// The server; sealing.
pub async fn set(
    tx: &mut Tx,
    keyring: &Keyring,
    org: Uuid,
    environment: Uuid,
    name: &str,
    value: &[u8],
    generated: bool,
) -> Result<Version, SecretError> {
    // the update locks the row until the transaction ends
    let secret: Uuid = sqlx::query_scalar(
        "INSERT INTO secrets (id, org_id, environment_id, name) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (environment_id, name) DO UPDATE SET name = excluded.name RETURNING id",
    )
    .bind(Uuid::now_v7())
    .bind(org)
    .bind(environment)
    .bind(name)
    .fetch_one(&mut **tx)
    .await?;
    let version: i64 = sqlx::query_scalar(
        "SELECT coalesce(max(version), 0) + 1 FROM secret_versions WHERE org_id = $1 AND secret_id = $2",
    )
    .bind(org)
    .bind(secret)
    .fetch_one(&mut **tx)
    .await?;
    let sealed = keyring.seal(Place { org, environment, name, version }, value)?;
    let (id, created_at) = sqlx::query_as(
        "INSERT INTO secret_versions (id, org_id, secret_id, version, key_id, wrapped_key, sealed, generated) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id, created_at",
    )
    .bind(Uuid::now_v7())
    .bind(org)
    .bind(secret)
    .bind(version)
    .bind(&sealed.key_id)
    .bind(&sealed.wrapped_key)
    .bind(&sealed.sealed)
    .bind(generated)
    .fetch_one(&mut **tx)
    .await?;
    Ok(Version { name: name.to_owned(), id, version, generated, created_at })
}

/// The versions of a secret below `before`, newest first; none where there is no such secret.
///
/// # Errors
/// The server.
pub async fn versions(
    tx: &mut Tx,
    org: Uuid,
    environment: Uuid,
    name: &str,
    before: i64,
    limit: i64,
) -> Result<Vec<Version>, sqlx::Error> {
    sqlx::query_as(
        "SELECT s.name, v.id, v.version, v.generated, v.created_at FROM secrets s \
         JOIN secret_versions v ON v.secret_id = s.id AND v.org_id = s.org_id \
         WHERE s.org_id = $1 AND s.environment_id = $2 AND s.name = $3 AND v.version < $4 ORDER BY v.version DESC LIMIT $5",
    )
    .bind(org)
    .bind(environment)
    .bind(name)
    .bind(before)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
}

/// The newest version of each secret of an environment, by name, from after `after` on.
///
/// # Errors
/// The server.
pub async fn list(
    tx: &mut Tx,
    org: Uuid,
    environment: Uuid,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Version>, sqlx::Error> {
    sqlx::query_as(
        "SELECT s.name, v.id, v.version, v.generated, v.created_at FROM secrets s CROSS JOIN LATERAL \
         (SELECT * FROM secret_versions v WHERE v.secret_id = s.id AND v.org_id = s.org_id ORDER BY version DESC LIMIT 1) v \
         WHERE s.org_id = $1 AND s.environment_id = $2 AND ($3::text IS NULL OR s.name > $3) ORDER BY s.name LIMIT $4",
    )
    .bind(org)
    .bind(environment)
    .bind(after)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
}

/// The ids of the newest versions of an environment's secrets, by name: what a release made now takes.
///
/// # Errors
/// The server.
pub async fn newest(tx: &mut Tx, org: Uuid, environment: Uuid) -> Result<BTreeMap<String, Uuid>, sqlx::Error> {
    let all = list(tx, org, environment, None, i64::MAX).await?;
    Ok(all.into_iter().map(|version| (version.name, version.id)).collect())
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    org_id: Uuid,
    environment_id: Uuid,
    name: String,
    version: i64,
    generated: bool,
    #[sqlx(flatten)]
    sealed: Sealed,
}

impl Row {
    fn place(&self) -> Place<'_> {
        Place { org: self.org_id, environment: self.environment_id, name: &self.name, version: self.version }
    }
}

/// The values of versions, by the names a release has for them.
///
/// # Errors
/// The server; a version is not of this environment; sealing.
pub async fn open(
    tx: &mut Tx,
    keyring: &Keyring,
    environment: Uuid,
    versions: &BTreeMap<String, Uuid>,
) -> Result<BTreeMap<String, Zeroizing<Vec<u8>>>, SecretError> {
    let ids: Vec<Uuid> = versions.values().copied().collect();
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT v.id, v.org_id, s.environment_id, s.name, v.version, v.generated, v.key_id, v.wrapped_key, v.sealed \
         FROM secret_versions v JOIN secrets s ON s.id = v.secret_id WHERE s.environment_id = $1 AND v.id = ANY($2)",
    )
    .bind(environment)
    .bind(&ids)
    .fetch_all(&mut **tx)
    .await?;
    let rows: BTreeMap<Uuid, Row> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut values = BTreeMap::new();
    for (name, id) in versions {
        let row = rows.get(id).filter(|row| row.name == *name).ok_or(SecretError::Missing(*id))?;
        values.insert(name.clone(), keyring.open(row.place(), &row.sealed)?);
    }
    Ok(values)
}

/// Gives a generated secret a new value of the same length, from the characters of `A-Z a-z 0-9 - _` that its kind of value has.
///
/// # Errors
/// The server; sealing; there is no such secret, or the platform did not make it.
pub async fn rotate(
    tx: &mut Tx,
    keyring: &Keyring,
    org: Uuid,
    environment: Uuid,
    name: &str,
) -> Result<Version, SecretError> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT v.id, v.org_id, s.environment_id, s.name, v.version, v.generated, v.key_id, v.wrapped_key, v.sealed \
         FROM secret_versions v JOIN secrets s ON s.id = v.secret_id \
         WHERE s.org_id = $1 AND s.environment_id = $2 AND s.name = $3 ORDER BY v.version DESC LIMIT 1",
    )
    .bind(org)
    .bind(environment)
    .bind(name)
    .fetch_optional(&mut **tx)
    .await?;
    let row = row.filter(|row| row.generated).ok_or(SecretError::NotGenerated)?;
    let old = keyring.open(row.place(), &row.sealed)?;
    let value = Zeroizing::new(random_text(old.len(), alphabet_of(&old))?);
    set(tx, keyring, org, environment, name, value.as_bytes(), true).await
}

/// The characters of generated values, from few to many (`Alphabet` of the IR).
pub const ALPHABETS: [&[u8]; 4] = [
    b"0123456789",
    b"0123456789abcdef",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
];

/// The smallest alphabet that has all characters of a value.
fn alphabet_of(value: &[u8]) -> &'static [u8] {
    let has_all = |alphabet: &&&[u8]| value.iter().all(|byte| alphabet.contains(byte));
    let [.., widest] = &ALPHABETS;
    ALPHABETS.iter().find(has_all).unwrap_or(widest)
}

/// So many characters of an alphabet of at most 256, each as likely as any other.
///
/// # Errors
/// No random bytes.
pub fn random_text(length: usize, alphabet: &[u8]) -> Result<String, SealingError> {
    let mut text = String::with_capacity(length);
    if alphabet.is_empty() {
        return Ok(text);
    }
    let most = 256 - 256 % alphabet.len().min(256);
    while text.len() < length {
        let mut bytes = Zeroizing::new([0; 64]);
        getrandom::fill(&mut *bytes).map_err(|_| SealingError::Random)?;
        // what lies above the last whole multiple would make the first characters likelier
        let fit = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < most);
        let characters = fit.filter_map(|byte| alphabet.get(byte % alphabet.len()).map(|byte| char::from(*byte)));
        text.extend(characters.take(length - text.len()));
    }
    Ok(text)
}

/// Wraps the keys of all values anew that are not wrapped by the master key that seals now, some at a time; how many.
///
/// # Errors
/// The server; sealing, of which the first failure ends it and undoes what the transaction did.
pub async fn rewrap(tx: &mut Tx, keyring: &Keyring, most: i64) -> Result<u64, SecretError> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT v.id, v.org_id, s.environment_id, s.name, v.version, v.generated, v.key_id, v.wrapped_key, v.sealed \
         FROM secret_versions v JOIN secrets s ON s.id = v.secret_id WHERE v.key_id <> $1 ORDER BY v.id LIMIT $2 \
         FOR UPDATE OF v SKIP LOCKED",
    )
    .bind(keyring.current())
    .bind(most)
    .fetch_all(&mut **tx)
    .await?;
    let mut done = 0;
    for row in rows {
        if let Some(sealed) = keyring.rewrap(row.place(), &row.sealed)? {
            sqlx::query("UPDATE secret_versions SET key_id = $2, wrapped_key = $3 WHERE id = $1")
                .bind(row.id)
                .bind(&sealed.key_id)
                .bind(&sealed.wrapped_key)
                .execute(&mut **tx)
                .await?;
            done += 1;
        }
    }
    Ok(done)
}
