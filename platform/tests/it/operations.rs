//! What `docs/operations.md` says about backup and restore is what is run here, word for word.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use helios::artifacts::Artifacts;
use helios::sealing::Keyring;
use helios::store::{Store, secrets, tokens};
use helios_client::{NewToken, Scope};
use uuid::Uuid;

use crate::support::Postgres;

/// The shell block behind `<!-- test: NAME -->`.
fn commands(name: &str) -> String {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md")).unwrap();
    let (_, rest) = page.split_once(&format!("<!-- test: {name} -->\n```sh\n")).expect("the block is there");
    rest.split_once("\n```").unwrap().0.to_owned()
}

fn shell(name: &str, database_url: &str, data: &Path, backup: &Path) {
    let programs = helios::local::postgres::programs().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-euc", &commands(name)])
        .env("PATH", path)
        .env("DATABASE_URL", database_url)
        .env("HELIOS_DATA", data)
        .env("HELIOS_KEYS", data.with_extension("keys"))
        .env("BACKUP", backup)
        .output()
        .unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

/// How many rows each table has.
async fn rows(store: &Store) -> BTreeMap<String, i64> {
    let tables: Vec<String> = sqlx::query_scalar("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'")
        .fetch_all(store.pool())
        .await
        .unwrap();
    let mut rows = BTreeMap::new();
    for table in tables {
        let count = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        rows.insert(table, sqlx::query_scalar(count).fetch_one(store.pool()).await.unwrap());
    }
    rows
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_backed_up_is_there_again_on_another_server() {
    let directory = tempfile::tempdir().unwrap();
    let (old, new) = (directory.path().join("old"), directory.path().join("new"));
    let backup = directory.path().join("backup");
    std::fs::create_dir_all(&backup).unwrap();

    let first = Postgres::start();
    let url = first.url("helios");
    let store = Store::connect(&url, 2).await.unwrap();
    let token = NewToken {
        name: "admin".parse().unwrap(),
        scopes: vec![Scope::Admin],
        app: None,
        environment: None,
        expires_in: None,
    };
    let (_, secret) = tokens::bootstrap(&store, "acme", &token).await.unwrap();
    let org = tokens::authenticate(&store, &secret).await.unwrap().unwrap().org;
    let (app, environment) = (Uuid::now_v7(), Uuid::now_v7());
    sqlx::query("INSERT INTO apps (id, org_id, name) VALUES ($1, $2, 'shop')")
        .bind(app)
        .bind(org)
        .execute(store.pool())
        .await
        .unwrap();
    sqlx::query("INSERT INTO environments (id, org_id, app_id, name) VALUES ($1, $2, $3, 'prod')")
        .bind(environment)
        .bind(org)
        .bind(app)
        .execute(store.pool())
        .await
        .unwrap();
    let keyring = Keyring::open_or_make(&old.with_extension("keys")).unwrap();
    let mut tx = store.system().await.unwrap();
    let set = secrets::set(&mut tx, &keyring, org, environment, "secret/key", b"canary", false).await.unwrap();
    tx.commit().await.unwrap();
    let digest = Artifacts::open(old.join("artifacts")).unwrap().put(b"a bundle").unwrap();
    let before = rows(&store).await;
    shell("backup", &url, &old, &backup);
    drop((store, first));

    let second = Postgres::start();
    let admin = Store::connect(&second.url("postgres"), 1).await.unwrap();
    sqlx::query("CREATE DATABASE restored").execute(admin.pool()).await.unwrap();
    let url = second.url("restored");
    shell("restore", &url, &new, &backup);
    let store = Store::connect(&url, 2).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(rows(&store).await, before);
    assert_eq!(tokens::authenticate(&store, &secret).await.unwrap().unwrap().org, org, "tokens hold");
    let keyring = Keyring::open_or_make(&new.with_extension("keys")).unwrap();
    // As a tenant: the policies and the role are back, too.
    let mut tx = store.tenant(org).await.unwrap();
    let versions = BTreeMap::from([("secret/key".to_owned(), set.id)]);
    let values = secrets::open(&mut tx, &keyring, environment, &versions).await.unwrap();
    assert_eq!(values["secret/key"].as_slice(), b"canary");
    let mut other = store.tenant(Uuid::now_v7()).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM apps").fetch_one(&mut *other).await.unwrap();
    assert_eq!(seen, 0, "the second wall stands");
    assert_eq!(Artifacts::open(new.join("artifacts")).unwrap().get(&digest, 100).unwrap(), b"a bundle");
}
