//! Secrets: missing, set, rotated, brought to what runs.

use super::{App, web};

#[test]
fn a_secret_is_asked_for_set_and_brought_to_what_runs() {
    let keys = "secret api_key {}\nsecret made { generate: 32 }\n";
    let app = App::new("values", &(web("one").replace("VERSION: \"one\"", "VERSION: api_key, MADE: made") + keys));
    app.run(&["deploy", "-e", "dev"]).code(4).err("`secret/api_key` has no value in `dev`").err("app.oal:15:1");
    app.run(&["secrets", "set", "api_key", "-e", "dev"]).code(1).err("the value of secret/api_key is empty");
    let runs_with = || {
        let echo = app.run(&["exec", "-e", "dev", "web", "--", "sh", "-c", "echo $VERSION"]);
        echo.code(0).out.trim().to_owned()
    };
    app.run_with_input(&["secrets", "set", "api_key", "-e", "dev"], "first\n")
        .code(0)
        .out("secret/api_key of values/dev has version 1 now");
    app.run(&["deploy", "-e", "dev"]).code(0).out("values/dev is live: release 1");
    assert_eq!(runs_with(), "first");

    app.run_with_input(&["secrets", "set", "api_key", "-e", "dev"], "second").code(0).out("version 2");
    app.run(&["secrets", "rotate", "made", "-e", "dev"]).code(0).out("secret/made of values/dev has version 2 now");
    app.run(&["secrets", "rotate", "api_key", "-e", "dev"]).code(1).err("no generated secret");
    let listed = app.json(&["secrets", "list", "-e", "dev", "--json"]);
    let versions: Vec<(&str, i64)> = (listed.as_array().unwrap().iter())
        .map(|secret| (secret["name"].as_str().unwrap(), secret["version"].as_i64().unwrap()))
        .collect();
    assert_eq!(versions, [("secret/api_key", 2), ("secret/made", 2)]);
    app.run(&["secrets", "list", "-e", "dev"]).code(0).out("made by the platform");

    app.run(&["plan", "-e", "dev"]).code(0).out("new value of secret/api_key");
    assert_eq!(runs_with(), "first");
    app.run(&["deploy", "-e", "dev"]).code(0).out("release 2");
    assert_eq!(runs_with(), "second");
    app.run(&["rollback", "-e", "dev"]).code(0);
    assert_eq!(runs_with(), "first");
    for value in ["first", "second"] {
        assert!(!app.live.log().contains(value), "the platform's own log tells no value");
    }
}
