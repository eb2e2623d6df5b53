//! Tokens, secrets, idempotency keys and the audit log in PostgreSQL, and the wall between organisations.

use std::collections::BTreeMap;
use std::sync::Arc;

use helios::roles::rewrap;
use helios::sealing::Keyring;
use helios::store::secrets::SecretError;
use helios::store::tokens::Caller;
use helios::store::{Store, apps, audit, environments, idempotency, secrets, tokens};
use helios_client::{NewToken, Scope};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::Database;

pub(crate) fn keyring(id: &str, byte: u8) -> Keyring {
    Keyring::parse(&format!("{id} {}", format!("{byte:02x}").repeat(32))).unwrap()
}

pub(crate) fn new_token(scopes: &[Scope]) -> NewToken {
    NewToken { name: "test".parse().unwrap(), scopes: scopes.to_vec(), app: None, environment: None, expires_in: None }
}

/// An organisation with a token of all rights.
pub(crate) async fn organisation(store: &Store, name: &str) -> (Caller, String) {
    let (_, secret) = tokens::bootstrap(store, name, &new_token(&[Scope::Admin])).await.unwrap();
    (tokens::authenticate(store, &secret).await.unwrap().unwrap(), secret.to_string())
}

/// An environment of an application.
pub(crate) async fn environment(store: &Store, org: Uuid, app: &str, name: &str) -> Uuid {
    let mut tx = store.tenant(org).await.unwrap();
    let (app, _) = apps::ensure(&mut tx, org, app).await.unwrap();
    let id = environments::ensure(&mut tx, org, app.id, name, "docker").await.unwrap();
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn a_token_is_known_by_its_hash_until_it_ends() {
    let database = Database::new().await;
    let store = database.store().await;
    let (caller, secret) = organisation(&store, "acme").await;
    assert!(secret.starts_with("hl_") && secret.len() == 46, "{secret}");
    let dump: Vec<String> =
        sqlx::query_scalar("SELECT tokens::text FROM tokens").fetch_all(store.pool()).await.unwrap();
    assert!(!dump.concat().contains(&secret[3..]));
    for wrong in [format!("{secret}x"), secret[..45].to_owned(), String::from("hl_"), String::new()] {
        assert_eq!(tokens::authenticate(&store, &wrong).await.unwrap(), None);
    }

    let mut tx = store.tenant(caller.org).await.unwrap();
    let mut short = new_token(&[Scope::Read, Scope::Read]);
    short.expires_in = Some(1);
    let (token, ending) = tokens::create(&mut tx, caller.org, &short, Some(caller.token)).await.unwrap();
    assert_eq!(token.scopes, [Scope::Read]);
    tx.commit().await.unwrap();
    assert!(tokens::authenticate(&store, &ending).await.unwrap().is_some());
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    assert_eq!(tokens::authenticate(&store, &ending).await.unwrap(), None);

    let mut tx = store.tenant(caller.org).await.unwrap();
    assert!(tokens::revoke(&mut tx, caller.org, caller.token).await.unwrap());
    assert!(!tokens::revoke(&mut tx, caller.org, caller.token).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(tokens::authenticate(&store, &secret).await.unwrap(), None);
}

#[tokio::test]
async fn a_transaction_of_one_organisation_sees_no_other_even_where_a_query_forgets_to_ask() {
    let database = Database::new().await;
    let store = database.store().await;
    let ((one, _), (other, _)) = (organisation(&store, "one").await, organisation(&store, "other").await);
    environment(&store, other.org, "shop", "production").await;
    let mut tx = store.tenant(one.org).await.unwrap();
    for table in ["orgs", "tokens", "apps", "environments", "audit_log"] {
        let query =
            format!("SELECT count(*) FROM {table} WHERE {} <> $1", if table == "orgs" { "id" } else { "org_id" });
        let strangers: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(query)).bind(one.org).fetch_one(&mut *tx).await.unwrap();
        assert_eq!(strangers, 0, "{table}");
    }
    let taken = sqlx::query("INSERT INTO apps (id, org_id, name) VALUES ($1, $2, 'mine')")
        .bind(Uuid::now_v7())
        .bind(other.org)
        .execute(&mut *tx)
        .await;
    assert!(taken.unwrap_err().to_string().contains("row-level security"));
    drop(tx);
    // every table with an organisation has the wall
    let open: Vec<String> = sqlx::query_scalar(
        "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' \
         WHERE c.relkind = 'r' AND NOT c.relrowsecurity AND c.relname <> 'dead_letters'",
    )
    .fetch_all(store.pool())
    .await
    .unwrap();
    assert!(open.is_empty(), "{open:?}");
}

#[tokio::test]
async fn secrets_have_versions_and_open_by_their_ids_in_their_environment() {
    let database = Database::new().await;
    let store = database.store().await;
    let (caller, _) = organisation(&store, "acme").await;
    let here = environment(&store, caller.org, "shop", "production").await;
    let there = environment(&store, caller.org, "shop", "staging").await;
    let keys = keyring("a", 1);
    let org = caller.org;
    let mut tx = store.tenant(org).await.unwrap();
    let canary = "canary-73519";
    let first = secrets::set(&mut tx, &keys, org, here, "secret/key", canary.as_bytes(), false).await.unwrap();
    let second = secrets::set(&mut tx, &keys, org, here, "secret/key", b"two", false).await.unwrap();
    let made = secrets::set(&mut tx, &keys, org, here, "database/d#password", b"0123456789abcdef", true).await.unwrap();
    assert_eq!((first.version, second.version, made.version), (1, 2, 1));
    let newest = secrets::newest(&mut tx, org, here).await.unwrap();
    assert_eq!(newest, BTreeMap::from([("secret/key".into(), second.id), ("database/d#password".into(), made.id)]));

    let old = BTreeMap::from([(String::from("secret/key"), first.id)]);
    assert_eq!(&**secrets::open(&mut tx, &keys, here, &old).await.unwrap()["secret/key"], canary.as_bytes());
    assert!(matches!(secrets::open(&mut tx, &keys, there, &old).await, Err(SecretError::Missing(_))));
    let renamed = BTreeMap::from([(String::from("secret/other"), first.id)]);
    assert!(matches!(secrets::open(&mut tx, &keys, here, &renamed).await, Err(SecretError::Missing(_))));
    assert!(matches!(secrets::open(&mut tx, &keyring("a", 2), here, &old).await, Err(SecretError::Sealing(_))));

    assert!(matches!(secrets::rotate(&mut tx, &keys, org, here, "secret/key").await, Err(SecretError::NotGenerated)));
    let rotated = secrets::rotate(&mut tx, &keys, org, here, "database/d#password").await.unwrap();
    let ids = BTreeMap::from([(String::from("database/d#password"), rotated.id)]);
    let value = secrets::open(&mut tx, &keys, here, &ids).await.unwrap()["database/d#password"].to_vec();
    assert!(value.len() == 16 && value.iter().all(u8::is_ascii_hexdigit) && value != b"0123456789abcdef");
    tx.commit().await.unwrap();

    let both = Keyring::parse(&format!("b {}\na {}", "02".repeat(32), "01".repeat(32))).unwrap();
    let stop = CancellationToken::new();
    let role = tokio::spawn(rewrap::run(store.clone(), Arc::new(both), stop.clone()));
    let old_key = || {
        sqlx::query_scalar::<_, i64>("SELECT count(*) FROM secret_versions WHERE key_id <> 'b'").fetch_one(store.pool())
    };
    while old_key().await.unwrap() != 0_i64 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    stop.cancel();
    role.await.unwrap();
    let mut tx = store.system().await.unwrap();
    let opened = secrets::open(&mut tx, &keyring("b", 2), here, &old).await.unwrap();
    assert_eq!(&**opened["secret/key"], canary.as_bytes());
    tx.commit().await.unwrap();
    let dump: Vec<String> = sqlx::query_scalar("SELECT v::text || encode(sealed, 'escape') FROM secret_versions v")
        .fetch_all(store.pool())
        .await
        .unwrap();
    assert!(!dump.concat().contains(canary));
}

#[tokio::test]
async fn two_who_set_a_secret_at_once_get_two_versions() {
    let database = Database::new().await;
    let store = database.store().await;
    let (caller, _) = organisation(&store, "acme").await;
    let here = environment(&store, caller.org, "shop", "production").await;
    let set = async |value: &str| {
        let mut tx = store.tenant(caller.org).await.unwrap();
        let version =
            secrets::set(&mut tx, &keyring("a", 1), caller.org, here, "secret/key", value.as_bytes(), false).await;
        tx.commit().await.unwrap();
        version.unwrap().version
    };
    let mut versions = futures::future::join_all((0..8).map(|n| set(["a", "b"][n % 2]))).await;
    versions.sort_unstable();
    assert_eq!(versions, (1..=8).collect::<Vec<i64>>());
}

#[tokio::test]
async fn the_record_is_a_chain_that_shows_what_was_done_to_it() {
    let database = Database::new().await;
    let store = database.store().await;
    let ((one, _), (other, _)) = (organisation(&store, "one").await, organisation(&store, "other").await);
    let write = async |caller: &Caller, object: String| {
        let mut tx = store.tenant(caller.org).await.unwrap();
        let entry = audit::Entry::by(caller, "request", "secret.set", object).change(None, Some("sha256:1".into()));
        audit::record(&mut tx, &entry).await.unwrap();
        tx.commit().await.unwrap();
    };
    futures::future::join_all((0..20).map(|n| write(if n % 2 == 0 { &one } else { &other }, format!("object {n}"))))
        .await;
    let mut tx = store.tenant(one.org).await.unwrap();
    assert_eq!(audit::verify(&mut tx, one.org).await.unwrap(), None);
    let entries = audit::list(&mut tx, one.org, None, 100).await.unwrap();
    assert_eq!(entries.len(), 11, "its own ten, and the making of its token");
    let refused = sqlx::query("UPDATE audit_log SET object = 'x'").execute(&mut *tx).await;
    assert!(refused.unwrap_err().to_string().contains("permission denied"));
    drop(tx);
    let refused = sqlx::query("DELETE FROM audit_log").execute(store.pool()).await;
    assert!(refused.unwrap_err().to_string().contains("never changed"));

    // who owns the tables can do more, and it shows
    let tamper = async |statement: &'static str, id: i64| {
        let mut tx = store.system().await.unwrap();
        sqlx::query("ALTER TABLE audit_log DISABLE TRIGGER USER").execute(&mut *tx).await.unwrap();
        sqlx::query(statement).bind(id).execute(&mut *tx).await.unwrap();
        audit::verify(&mut tx, one.org).await.unwrap()
    };
    let (middle, after, last) = (entries[5].id, entries[4].id, entries[10].id);
    assert_eq!(tamper("UPDATE audit_log SET object = 'x' WHERE id = $1", middle).await, Some(middle));
    assert_eq!(tamper("DELETE FROM audit_log WHERE id = $1", middle).await, Some(after));
    assert_eq!(tamper("DELETE FROM audit_log WHERE id = $1", last).await, Some(entries[9].id));
}

#[tokio::test]
async fn a_key_is_one_requests_until_it_is_answered_or_given_back() {
    use idempotency::Known;
    let database = Database::new().await;
    let store = database.store().await;
    let ((one, _), (other, _)) = (organisation(&store, "one").await, organisation(&store, "other").await);
    let mut tx = store.tenant(one.org).await.unwrap();
    assert_eq!(idempotency::take(&mut tx, one.org, "k", b"f").await.unwrap(), Known::Fresh);
    assert_eq!(idempotency::take(&mut tx, one.org, "k", b"g").await.unwrap(), Known::InFlight);
    idempotency::give_back(&mut tx, one.org, "k").await.unwrap();
    assert_eq!(idempotency::take(&mut tx, one.org, "k", b"f").await.unwrap(), Known::Fresh);
    idempotency::keep(&mut tx, one.org, "k", 201, &serde_json::json!({}), b"body").await.unwrap();
    idempotency::give_back(&mut tx, one.org, "k").await.unwrap();
    let answered = Known::Answered {
        status: 201,
        headers: serde_json::json!({}),
        body: b"body".to_vec(),
        fingerprint: b"f".to_vec(),
    };
    assert_eq!(idempotency::take(&mut tx, one.org, "k", b"g").await.unwrap(), answered);
    tx.commit().await.unwrap();
    let mut tx = store.tenant(other.org).await.unwrap();
    assert_eq!(idempotency::take(&mut tx, other.org, "k", b"f").await.unwrap(), Known::Fresh);
    tx.commit().await.unwrap();
    sqlx::query("UPDATE idempotency_keys SET created_at = now() - interval '25 hours'")
        .execute(store.pool())
        .await
        .unwrap();
    let mut tx = store.tenant(one.org).await.unwrap();
    assert_eq!(idempotency::take(&mut tx, one.org, "k", b"g").await.unwrap(), Known::Fresh);
    tx.commit().await.unwrap();
    let mut tx = store.system().await.unwrap();
    assert_eq!(idempotency::forget_old(&mut tx).await.unwrap(), 1);
}
