//! `oal init`: what it finds, and that what it writes checks clean and is formatted.

use crate::sandbox::{CLEAN, Sandbox};

/// Asserts that the program of a directory is one without findings, in the one style.
fn clean(project: &Sandbox) -> String {
    project.run(&["check", "--deny", "warnings"]).code(0).out("ok: ");
    project.run(&["fmt", "--check"]).code(0);
    project.read("app.oal")
}

#[test]
fn an_empty_directory_gets_an_example() {
    let empty = Sandbox::new();
    empty.run(&["init"]).code(0).quiet().out("wrote app.oal: 1 service").out("the program is an example");
    clean(&empty);
}

#[test]
fn dockerfiles_become_services() {
    let shop = Sandbox::new();
    shop.write("package.json", r#"{ "name": "@acme/web-shop" }"#);
    shop.write(
        "api/Dockerfile",
        "FROM node:22 AS build\nEXPOSE 1\nFROM node:22 AS run\nENV PORT=3000\nEXPOSE $PORT \\\n  9000/udp\n",
    );
    shop.write("api/Dockerfile.dev", "FROM node:22\nEXPOSE 3001\n");
    shop.write("service/Dockerfile", "FROM scratch\n");
    shop.write("Dockerfile.worker", "FROM scratch\n");
    shop.write("node_modules/x/Dockerfile", "FROM scratch\n");
    let ran = shop.run(&["init"]).code(0).out("3 services");
    ran.out("package.json: `web-shop`").out("api/Dockerfile: ports 3000, 9000; stages build, run");
    let text = clean(&shop);
    assert!(text.contains("app web_shop {"), "{text}");
    assert!(text.contains("service api {") && text.contains("ports: { http: 3000, port_9000: 9000 }"), "{text}");
    assert!(text.contains("protocols: { port_9000: udp }") && text.contains("publish: { http: 3000 }"), "{text}");
    assert!(text.contains("service the_service {") && text.contains("build: { context: \"./service\" }"), "{text}");
    assert!(text.contains("dockerfile: \"Dockerfile.worker\"") && !text.contains("3001"), "{text}");
}

#[test]
fn compose_files_name_the_services() {
    let shop = Sandbox::new();
    shop.write(
        "compose.yaml",
        "services:\n  # the shop\n  web-app:\n    build:\n      context: ./web\n      target: run\n    ports:\n      - \"8080:80\" # http\n    environment:\n      - DATABASE_URL=postgres://u:hunter2@db/x\n      - LOG_LEVEL=info\n    depends_on:\n      db:\n        condition: service_healthy\n      postgres: {}\n  db:\n    image: postgres:16-alpine\n  proxy:\n    image: \"nginx\"\n    ports: [\"443:443\", \"127.0.0.1:${PORT:-8443}:8443\"]\n    depends_on: [web-app]\n  odd:\n    image: ${IMAGE}\nvolumes:\n  data:\n",
    );
    let ran = shop.run(&["init"]).code(0).out("2 services, 1 database");
    ran.out("services web-app, db, proxy, odd").out("left out `odd`");
    let text = clean(&shop);
    assert!(text.contains("database db { engine: postgres, version: 16 }"), "{text}");
    assert!(text.contains("DATABASE_URL: db.url") && !text.contains("hunter2"), "{text}");
    assert!(text.contains("after: [db]") && text.contains("after_started: [web_app]"), "{text}");
    assert!(text.contains("allow(unpinned_image, \"it was found so\")"), "{text}");
    assert!(text.contains("target: \"run\"") && text.contains("https_2: 8443"), "{text}");
}

#[test]
fn values_of_variables_are_not_read() {
    let shop = Sandbox::new();
    shop.write("Dockerfile", "FROM scratch\nEXPOSE 8080\n");
    shop.write(".env", "STRIPE_KEY=sk_live_hunter2\nexport LOG_LEVEL=hunter2\nnot a name=hunter2\n#OFF=hunter2\n");
    let ran = shop.run(&["init"]).code(0).out(".env: 2 names, no value was looked at");
    assert!(!ran.out.contains("hunter2"));
    let text = clean(&shop);
    assert!(text.contains("secret stripe_key {") && text.contains("STRIPE_KEY: stripe_key"), "{text}");
    assert!(text.contains("LOG_LEVEL") && !text.contains("hunter2"), "{text}");
}

#[test]
fn names_are_taken_from_other_manifests() {
    for (file, text, name) in [
        ("Cargo.toml", "[package]\nname = \"crate-name\"\n", "crate_name"),
        ("pyproject.toml", "[tool.poetry]\nname = 'poem'\n", "poem"),
        ("go.mod", "module example.com/acme/gopher/v2\n", "gopher"),
    ] {
        let project = Sandbox::new();
        project.write(file, text);
        project.run(&["init"]).code(0);
        assert!(clean(&project).contains(&format!("app {name} {{")), "{file}");
    }
}

#[test]
fn nothing_is_written_over() {
    let shop = Sandbox::with(CLEAN);
    shop.run(&["init"]).code(2).silent().err("oal::io::exists").err("--force");
    assert_eq!(shop.read("app.oal"), CLEAN);
    shop.run(&["init", "--dry-run"]).code(0).out("service web");
    assert_eq!(shop.read("app.oal"), CLEAN);
    shop.run(&["init", "--force"]).code(0);
    assert_ne!(shop.read("app.oal"), CLEAN);
    shop.run(&["init", "nowhere"]).code(2).err("there is no directory `nowhere`");
}
