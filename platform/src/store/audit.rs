//! The record of what was done: rows that are only ever added, each with a hash over itself and the one before it in its
//! organisation, so that a row that was changed, removed or slipped in is noticed.

use chrono::{DateTime, SubsecRound, Utc};
use helios_client::AuditEntry;
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use uuid::Uuid;

use super::Tx;
use super::tokens::Caller;

/// Something that was done.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The organisation.
    pub org: Uuid,
    /// The token it was done with; none for the platform.
    pub token: Option<Uuid>,
    /// What: `secret.set`.
    pub verb: &'static str,
    /// To what.
    pub object: String,
    /// The digest of what was there before.
    pub before: Option<String>,
    /// The digest of what is there now.
    pub after: Option<String>,
    /// The request.
    pub request_id: Option<String>,
}

impl Entry {
    /// Something that a caller did.
    #[must_use]
    pub fn by(caller: &Caller, request_id: &str, verb: &'static str, object: impl Into<String>) -> Self {
        Self {
            org: caller.org,
            token: Some(caller.token),
            verb,
            object: object.into(),
            before: None,
            after: None,
            request_id: Some(request_id.to_owned()),
        }
    }

    /// Something that was done at the machine itself.
    #[must_use]
    pub const fn by_platform(org: Uuid, verb: &'static str, object: String) -> Self {
        Self { org, token: None, verb, object, before: None, after: None, request_id: None }
    }

    /// The same, with digests of what was and what is.
    #[must_use]
    pub fn change(mut self, before: Option<String>, after: Option<String>) -> Self {
        (self.before, self.after) = (before, after);
        self
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    token_id: Option<Uuid>,
    verb: String,
    object: String,
    before_digest: Option<String>,
    after_digest: Option<String>,
    request_id: Option<String>,
    at: DateTime<Utc>,
    previous_hash: Option<Vec<u8>>,
    hash: Vec<u8>,
}

impl Row {
    /// The hash it must have. Each part is preceded by its length, so that nothing can move from one to the next.
    fn hash(&self, org: Uuid) -> Vec<u8> {
        let mut hash = Sha256::new();
        let mut add = |part: Option<&[u8]>| {
            hash.update(part.map_or(u64::MAX, |part| part.len() as u64).to_be_bytes());
            hash.update(part.unwrap_or_default());
        };
        add(self.previous_hash.as_deref());
        add(Some(org.as_bytes()));
        add(self.token_id.as_ref().map(|id| &id.as_bytes()[..]));
        add(Some(self.verb.as_bytes()));
        add(Some(self.object.as_bytes()));
        add(self.before_digest.as_ref().map(String::as_bytes));
        add(self.after_digest.as_ref().map(String::as_bytes));
        add(self.request_id.as_ref().map(String::as_bytes));
        add(Some(&self.at.timestamp_micros().to_be_bytes()));
        hash.finalize().to_vec()
    }
}

/// Adds an entry, with the change it tells of. Others of the organisation wait until the transaction has ended: keep it short.
///
/// # Errors
/// The server.
pub async fn record(tx: &mut Tx, entry: &Entry) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('helios.audit.' || $1, 0))")
        .bind(entry.org.to_string())
        .execute(&mut **tx)
        .await?;
    let previous_hash: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT hash FROM audit_log WHERE org_id = $1 ORDER BY id DESC LIMIT 1")
            .bind(entry.org)
            .fetch_optional(&mut **tx)
            .await?;
    let mut row = Row {
        id: 0,
        token_id: entry.token,
        verb: entry.verb.to_owned(),
        object: entry.object.clone(),
        before_digest: entry.before.clone(),
        after_digest: entry.after.clone(),
        request_id: entry.request_id.clone(),
        // as fine as PostgreSQL keeps it
        at: Utc::now().trunc_subsecs(6),
        previous_hash,
        hash: Vec::new(),
    };
    row.hash = row.hash(entry.org);
    sqlx::query(
        "INSERT INTO audit_log (org_id, token_id, verb, object, before_digest, after_digest, request_id, at, previous_hash, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(entry.org)
    .bind(row.token_id)
    .bind(&row.verb)
    .bind(&row.object)
    .bind(&row.before_digest)
    .bind(&row.after_digest)
    .bind(&row.request_id)
    .bind(row.at)
    .bind(&row.previous_hash)
    .bind(&row.hash)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn rows(tx: &mut Tx, org: Uuid, before: Option<i64>, limit: i64) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(
        "SELECT id, token_id, verb, object, before_digest, after_digest, request_id, at, previous_hash, hash FROM audit_log \
         WHERE org_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
    )
    .bind(org)
    .bind(before)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await
}

/// Entries, newest first, older than `before`.
///
/// # Errors
/// The server.
pub async fn list(tx: &mut Tx, org: Uuid, before: Option<i64>, limit: i64) -> Result<Vec<AuditEntry>, sqlx::Error> {
    let entry = |row: Row| AuditEntry {
        id: row.id,
        token: row.token_id,
        verb: row.verb,
        object: row.object,
        before: row.before_digest,
        after: row.after_digest,
        request_id: row.request_id,
        at: row.at,
        hash: row.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    Ok(rows(tx, org, before, limit).await?.into_iter().map(entry).collect())
}

/// Goes through an organisation's whole record, newest first; gives the id of the newest entry that is not as it was written, or
/// whose predecessor is gone.
///
/// # Errors
/// The server.
pub async fn verify(tx: &mut Tx, org: Uuid) -> Result<Option<i64>, sqlx::Error> {
    let mut newer: Option<Row> = None;
    loop {
        let page = rows(tx, org, newer.as_ref().map(|row| row.id), 1000).await?;
        if page.is_empty() {
            // the oldest one has nothing before it
            return Ok(newer.filter(|row| row.previous_hash.is_some()).map(|row| row.id));
        }
        for row in page {
            if let Some(newer) = newer.filter(|newer| newer.previous_hash.as_deref() != Some(&row.hash)) {
                return Ok(Some(newer.id));
            }
            if row.hash(org) != row.hash {
                return Ok(Some(row.id));
            }
            newer = Some(row);
        }
    }
}
