//! Copies of databases' data, as people ask for them.

use super::{App, Live};

const DATABASE: &str = "database notes { engine: postgres, version: 16, storage: 1GiB }\n";

impl App {
    fn sql(&self, statement: &str) -> String {
        let psql = ["exec", "-e", "dev", "notes", "--", "psql", "-U", "app", "-d", "app", "-Atqc", statement];
        self.run(&psql).code(0).out.trim().to_owned()
    }
}

#[test]
fn a_copy_is_asked_for_listed_and_brought_back() {
    let app = App::new("copies", DATABASE);
    app.run(&["backups", "create", "-e", "dev"]).code(1).err("environment");
    app.run(&["deploy", "-e", "dev"]).code(0);
    app.run(&["backups", "list", "-e", "dev"]).code(0);
    app.sql("CREATE TABLE notes (text text); INSERT INTO notes VALUES ('kept')");
    let created = app.run(&["backups", "create", "-e", "dev"]).code(0).out("a copy of database/notes was made\n");
    assert!(created.err.contains("copied "), "{created:#?}");
    app.run(&["backups", "create", "absent", "-e", "dev"]).code(1).err("`database/notes`");
    app.run(&["backups", "create", "database/absent", "-e", "dev"]).code(1).err("is no database of the live release");

    let listed = app.json(&["backups", "list", "-e", "dev", "--json"]);
    let copy = &listed[0];
    assert_eq!(
        (&copy["node"], &copy["state"], &copy["scheduled"]),
        (&"database/notes".into(), &"done".into(), &false.into())
    );
    assert!(copy["size"].as_i64().unwrap() > 500 && copy["digest"].as_str().unwrap().starts_with("sha256:"), "{copy}");
    let id = copy["id"].as_str().unwrap();
    app.run(&["backups", "list", "-e", "dev"]).code(0).out("database/notes").out("done").out(id);
    app.run(&["status", "-e", "dev"]).code(0).out("newest copy of database/notes: made");
    assert_eq!(app.json(&["status", "-e", "dev", "--json"])["backups"][0]["id"], id);

    app.sql("DELETE FROM notes");
    app.run(&["backups", "restore", id, "-e", "dev"]).code(1).err("--yes");
    assert_eq!(app.sql("SELECT count(*) FROM notes"), "0");
    app.run(&["backups", "restore", id, "-e", "dev", "--yes"]).code(0).out("copies/dev has the data of");
    assert_eq!(app.sql("SELECT text FROM notes"), "kept");
    app.run(&["backups", "restore", "01a20b7a-ea62-73e8-b3fc-ad77e765bb1c", "-e", "dev", "--yes"])
        .code(1)
        .err("backup");
    app.run(&["audit"]).code(0).out("backup.create").out("backup.restore");

    // Another schedule leaves the database as it runs.
    let container = || app.json(&["status", "-e", "dev", "--json"])["instances"][0]["started_at"].clone();
    let before = container();
    app.program(&DATABASE.replace("storage", "backup: { schedule: \"0 4 * * *\", keep: 3d }, storage"));
    app.run(&["plan", "-e", "dev"]).code(0).out("backup/schedule");
    app.run(&["deploy", "-e", "dev"]).code(0);
    assert_eq!(container(), before);

    // One that cannot be made is seen.
    app.sql("ALTER ROLE app PASSWORD 'another'");
    app.run(&["backups", "create", "notes", "-e", "dev"]).code(4).err("password authentication failed");
    app.run(&["status", "-e", "dev"])
        .code(0)
        .out("newest copy of database/notes: failed")
        .out("password authentication failed");
    app.run(&["backups", "list", "-e", "dev"]).code(0).out("failed").out("done");
    let failed = app.json(&["backups", "list", "-e", "dev", "--limit", "1", "--json"]);
    assert_eq!(failed[0]["state"], "failed");
    let metrics = metrics(&app.live);
    assert!(metrics.contains("helios_backups_total{result=\"done\"} 1"), "{metrics}");
    assert!(metrics.contains("helios_backups_total{result=\"failed\"} 1"), "{metrics}");

    // They are there as long as the environment's data are.
    app.run(&["down", "-e", "dev"]).code(0);
    app.run(&["backups", "list", "-e", "dev"]).code(0).out(id);
    app.run(&["backups", "restore", id, "-e", "dev", "--yes"]).code(1).err("taken down");
    app.run(&["down", "-e", "dev", "--volumes", "--yes"]).code(0);
    assert_eq!(app.json(&["backups", "list", "-e", "dev", "--json"]), serde_json::json!([]));
}

fn metrics(live: &Live) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/metrics", live.url);
    runtime.block_on(async { client.get(url).send().await.unwrap().text().await.unwrap() })
}
