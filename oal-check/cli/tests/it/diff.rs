//! `oal diff`: programs, documents and environments against each other.

use crate::sandbox::{BROKEN, CLEAN, Sandbox};

const SHOP: &str = r#"app shop { edition: 1 }

environment dev {}
environment prod { orders.storage: 200GiB, api.replicas: 4 }

database orders { engine: postgres, version: 16, storage: 20GiB }

service api {
  image: "ghcr.io/acme/api:1.0.0"
  ports: { http: 8080 }
  env: { DATABASE_URL: orders.url, LEVEL: "info" }
}
"#;

#[test]
fn two_environments_of_a_program() {
    let ran = Sandbox::with(SHOP).run(&["diff", ".", "--env", "prod", "--env", "dev"]).code(0).quiet();
    assert_eq!(
        ran.out,
        "shop, prod → dev:\n\
         ~ database/orders  data loss\n    \
         storage: 200GiB → 20GiB\n\
         ~ service/api\n    \
         replicas: 4 → 1\n\
         2 components change: data loss\n"
    );
}

#[test]
fn a_document_against_the_program_of_today() {
    let sandbox = Sandbox::with(SHOP);
    sandbox.run(&["lower", ".", "-o", "build/"]).code(0);
    sandbox
        .run(&["diff", "build", "app.oal"])
        .code(0)
        .out("shop, dev: nothing changes\n\nshop, prod: nothing changes\n");
    sandbox.write("app.oal", SHOP.replace("\"info\"", "\"debug ${orders.host}\"").replace("16", "17"));
    let ran = sandbox.run(&["diff", "build/shop.dev.json", "app.oal", "--env", "dev"]).code(0);
    assert_eq!(
        ran.out,
        "shop, dev:\n\
         ~ database/orders  downtime\n    \
         version: 16 → 17\n\
         ~ service/api  rolling restart\n    \
         env.LEVEL: \"info\" → \"debug ${database/orders.host}\"\n\
         2 components change: downtime\n"
    );
    sandbox.write("app.oal", SHOP.replace("service api", "service web").replace("api.replicas", "web.replicas"));
    let ran = sandbox.run(&["diff", "build", ".", "--env", "dev"]).code(0);
    ran.out("- service/api  downtime\n+ service/web\n1 component is new, 1 component goes: downtime\n");
}

#[test]
fn a_pipeline_stops_at_what_it_denies() {
    let sandbox = Sandbox::with(SHOP);
    sandbox.run(&["diff", ".", "--env", "dev", "--env", "prod", "--deny", "downtime"]).code(0);
    sandbox.run(&["diff", ".", "--env", "dev", "--env", "prod", "--deny", "any"]).code(1);
    sandbox.run(&["diff", ".", "--env", "prod", "--env", "dev", "--deny", "restart"]).code(1);
    sandbox.run(&["diff", ".", "--env", "prod", "--env", "dev", "--deny", "widens-access"]).code(0);
}

#[test]
fn for_other_tools() {
    let ran = Sandbox::with(SHOP).run(&["diff", ".", "--env", "dev", "--env", "prod", "--format", "json"]).code(0);
    let all: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(all[0]["old"]["environment"], "dev");
    assert_eq!(all[0]["diff"]["components"][0]["fields"][0]["at"], "/storage");
}

#[test]
fn what_cannot_be_compared() {
    let sandbox = Sandbox::with(SHOP);
    sandbox.run(&["diff", "."]).code(2).err("nothing to compare with");
    sandbox.run(&["diff", ".", "--env", "dev", "--env", "prd"]).code(2).err("did you mean `prod`?");
    sandbox.run(&["diff", "gone", "app.oal"]).code(2).err("gone");
    sandbox.write("a.json", "{\"oal_ir\": 9}");
    sandbox.run(&["diff", "a.json", "app.oal"]).code(2).err("`a.json` is no document to compare");
    sandbox.write("b.json", [0xff, 0x00]);
    sandbox.run(&["diff", "app.oal", "b.json"]).code(2).err("`b.json` is no document to compare");
    sandbox.write("other/app.oal", CLEAN.replace("dev", "test").replace("prod", "live"));
    sandbox.run(&["diff", "app.oal", "other"]).code(2).err("no environment is on both sides");
    sandbox.write("broken/app.oal", BROKEN);
    sandbox.run(&["diff", "app.oal", "broken"]).code(1).err("OAL0203").err("not lowered: 1 error");
}

#[test]
fn an_environment_that_is_on_one_side_only_is_said() {
    let sandbox = Sandbox::with(SHOP);
    sandbox.write("more/app.oal", SHOP.replace("environment dev {}", "environment dev {}\nenvironment qa {}"));
    let ran = sandbox.run(&["diff", "app.oal", "more"]).code(0);
    assert_eq!(ran.err, "not compared: environment `qa` is new\n");
    ran.out("shop, dev: nothing changes");
}
