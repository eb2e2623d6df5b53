//! Organisations and their tokens. Only the SHA-256 of a token is kept.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use helios_client::{NewToken, Org, Scope, Token};
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use subtle::ConstantTimeEq;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Store, Tx};

/// What every token begins with, so that it is known where it lies about.
pub const PREFIX: &str = "hl_";

/// Who is asking, as its token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The organisation.
    pub org: Uuid,
    /// The token.
    pub token: Uuid,
    /// What it allows.
    pub scopes: Vec<Scope>,
    /// The one application it is for.
    pub app: Option<String>,
    /// The one environment it is for.
    pub environment: Option<String>,
}

impl Caller {
    /// Whether the token allows that.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|one| *one == scope || *one == Scope::Admin)
    }

    /// Whether the token is for an environment of an application.
    #[must_use]
    pub fn covers(&self, app: &str, environment: &str) -> bool {
        self.covers_app(app) && self.environment.as_ref().is_none_or(|only| only == environment)
    }

    /// Whether the token is for an application, or something of it.
    #[must_use]
    pub fn covers_app(&self, app: &str) -> bool {
        self.app.as_ref().is_none_or(|only| only == app)
    }

    /// Whether the token is for the whole organisation.
    #[must_use]
    pub const fn covers_all(&self) -> bool {
        self.app.is_none() && self.environment.is_none()
    }
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    name: String,
    scopes: Vec<String>,
    app: Option<String>,
    environment: Option<String>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<Row> for Token {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            scopes: scopes(&row.scopes),
            app: row.app,
            environment: row.environment,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
            created_at: row.created_at,
        }
    }
}

fn scopes(names: &[String]) -> Vec<Scope> {
    names.iter().filter_map(|name| Scope::from_name(name)).collect()
}

fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// A new token's text: the prefix and 256 random bits.
fn mint() -> Result<Zeroizing<String>, sqlx::Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(|error| sqlx::Error::Io(error.into()))?;
    Ok(Zeroizing::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(*bytes))))
}

/// Whose token this is, if it is one that has neither ended nor been revoked. Notes that it was used, to the minute.
///
/// # Errors
/// The server.
pub async fn authenticate(store: &Store, secret: &str) -> Result<Option<Caller>, sqlx::Error> {
    #[derive(FromRow)]
    struct Found {
        id: Uuid,
        org_id: Uuid,
        hash: Vec<u8>,
        scopes: Vec<String>,
        app: Option<String>,
        environment: Option<String>,
        stale: bool,
    }
    let hash = hash(secret);
    let found: Option<Found> = sqlx::query_as(
        "SELECT id, org_id, hash, scopes, app, environment, \
         last_used_at IS NULL OR last_used_at < now() - interval '1 minute' AS stale FROM tokens \
         WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())",
    )
    .bind(&hash)
    .fetch_optional(store.pool())
    .await?;
    // The index has compared hashes of what the caller sent, which tells nothing of the token; this holds whatever the index does.
    let Some(found) = found.filter(|found| bool::from(found.hash.ct_eq(&hash))) else { return Ok(None) };
    if found.stale {
        sqlx::query("UPDATE tokens SET last_used_at = now() WHERE id = $1")
            .bind(found.id)
            .execute(store.pool())
            .await?;
    }
    Ok(Some(Caller {
        org: found.org_id,
        token: found.id,
        scopes: scopes(&found.scopes),
        app: found.app,
        environment: found.environment,
    }))
}

/// The organisation of that id.
///
/// # Errors
/// The server; there is none.
pub async fn org(tx: &mut Tx, org: Uuid) -> Result<Org, sqlx::Error> {
    let (id, name, created_at) =
        sqlx::query_as("SELECT id, name, created_at FROM orgs WHERE id = $1").bind(org).fetch_one(&mut **tx).await?;
    Ok(Org { id, name, created_at })
}

/// Makes a token. Returns what makes it one, too, which cannot be had again.
///
/// # Errors
/// The server; no random bytes.
pub async fn create(
    tx: &mut Tx,
    org: Uuid,
    new: &NewToken,
    by: Option<Uuid>,
) -> Result<(Token, Zeroizing<String>), sqlx::Error> {
    let secret = mint()?;
    let mut scopes: Vec<&str> = new.scopes.iter().map(|scope| scope.name()).collect();
    scopes.sort_unstable();
    scopes.dedup();
    let row: Row = sqlx::query_as(
        "INSERT INTO tokens (id, org_id, name, hash, scopes, app, environment, expires_at, created_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         RETURNING id, name, scopes, app, environment, expires_at, last_used_at, revoked_at, created_at",
    )
    .bind(Uuid::now_v7())
    .bind(org)
    .bind(new.name.as_str())
    .bind(hash(&secret))
    .bind(&scopes)
    .bind(new.app.as_ref().map(AsRef::as_ref))
    .bind(new.environment.as_ref().map(AsRef::as_ref))
    .bind(new.expires_in.map(|seconds| Utc::now() + TimeDelta::seconds(i64::from(seconds))))
    .bind(by)
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.into(), secret))
}

/// A token.
///
/// # Errors
/// The server.
pub async fn get(tx: &mut Tx, org: Uuid, id: Uuid) -> Result<Option<Token>, sqlx::Error> {
    let row: Option<Row> = sqlx::query_as(
        "SELECT id, name, scopes, app, environment, expires_at, last_used_at, revoked_at, created_at FROM tokens \
         WHERE org_id = $1 AND id = $2",
    )
    .bind(org)
    .bind(id)
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(Token::from))
}

/// Tokens, newest first, older than `before`.
///
/// # Errors
/// The server.
pub async fn list(tx: &mut Tx, org: Uuid, before: Option<Uuid>, limit: i64) -> Result<Vec<Token>, sqlx::Error> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, name, scopes, app, environment, expires_at, last_used_at, revoked_at, created_at FROM tokens \
         WHERE org_id = $1 AND ($2::uuid IS NULL OR id < $2) ORDER BY id DESC LIMIT $3",
    )
    .bind(org)
    .bind(before)
    .bind(limit)
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(Token::from).collect())
}

/// Revokes a token; whether it was one that was not revoked yet.
///
/// # Errors
/// The server.
pub async fn revoke(tx: &mut Tx, org: Uuid, id: Uuid) -> Result<bool, sqlx::Error> {
    let done = sqlx::query("UPDATE tokens SET revoked_at = now() WHERE org_id = $1 AND id = $2 AND revoked_at IS NULL")
        .bind(org)
        .bind(id)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// A new token with all rights in the organisation of that name, which is made if it is not there. For who has the machine: it
/// is not reachable over HTTP.
///
/// # Errors
/// The server; the organisation's name is none; no random bytes.
pub async fn bootstrap(store: &Store, org: &str, name: &NewToken) -> Result<(Token, Zeroizing<String>), sqlx::Error> {
    let mut tx = store.system().await?;
    sqlx::query("INSERT INTO orgs (id, name) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(Uuid::now_v7())
        .bind(org)
        .execute(&mut *tx)
        .await?;
    let org: Uuid = sqlx::query_scalar("SELECT id FROM orgs WHERE name = $1").bind(org).fetch_one(&mut *tx).await?;
    let made = create(&mut tx, org, name, None).await?;
    super::audit::record(&mut tx, &super::audit::Entry::by_platform(org, "token.create", made.0.id.to_string()))
        .await?;
    tx.commit().await?;
    Ok(made)
}
