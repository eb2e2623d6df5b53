//! The version before goes on while a later one has migrated the database already, and can be started again.

use std::sync::Arc;

use super::{App, Live, web};

/// What the rule of `docs/operations.md` lets a later version do: a table, and a column in each table that may be empty.
async fn migrate_further(live: &Live) {
    let store = live.database.store().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_sqlx_migrations'",
    )
    .fetch_all(store.pool())
    .await
    .unwrap();
    assert!(tables.len() > 15, "{tables:?}");
    let mut further = vec!["CREATE TABLE of_later (id uuid PRIMARY KEY, org_id uuid REFERENCES orgs)".to_owned()];
    further.extend(tables.iter().map(|table| format!("ALTER TABLE {table} ADD COLUMN of_later text")));
    further.push(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9000, 'of later', true, '\\x00', 1)"
            .to_owned(),
    );
    for statement in further {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(store.pool()).await.unwrap();
    }
}

#[test]
fn a_later_version_may_migrate_the_database_while_this_one_runs() {
    let mut live = Arc::new(Live::start());
    let app = App::on(Arc::clone(&live), "before", &web("one"));
    app.run(&["deploy", "-e", "dev"]).code(0);
    app.run(&["run", "web", "-e", "dev", "--", "true"]).code(0);
    app.run(&["releases", "-e", "dev"]).code(0);

    tokio::runtime::Runtime::new().unwrap().block_on(migrate_further(&live));
    app.program(&web("two"));
    app.run(&["deploy", "-e", "dev"]).code(0).out("release 2");
    app.run(&["rollback", "-e", "dev"]).code(0).out("release 3");
    app.run(&["run", "web", "-e", "dev", "--", "true"]).code(0);
    for failed in ["cached plan", "WARN", "ERROR"] {
        assert!(!live.log().contains(failed), "{}", live.log());
    }

    let App { files, name, live: shared } = app;
    drop(shared);
    Arc::get_mut(&mut live).unwrap().restart();
    let app = App { files, name, live };
    app.program(&web("three"));
    app.run(&["deploy", "-e", "dev"]).code(0).out("release 4");
    app.run(&["status", "-e", "dev"]).code(0);
    assert_eq!(app.json(&["down", "-e", "dev", "--json"])["state"], "done");
}
