//! Secrets: missing, set, rotated, brought to what runs.

use super::{App, web};

#[test]
fn a_secret_is_asked_for_set_and_brought_to_what_runs() {
    let keys = "secret api_key {}\nsecret made { generate: 32 }\nsecret other {}\n";
    let uses = "VERSION: api_key, MADE: made, OTHER: other";
    let app = App::new("values", &(web("one").replace("VERSION: \"one\"", uses) + keys));
    for verb in ["deploy", "plan"] {
        let missing = app.run(&[verb, "-e", "dev"]).code(4).err("`secret/other` has no value").err("app.oal:17:1");
        missing.err("helios secrets set other --env dev").err("`secret/api_key` has no value").err("app.oal:15:1");
    }
    app.run_with_input(&["secrets", "set", "other", "-e", "dev"], "third").code(0);
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
    assert_eq!(versions, [("secret/api_key", 2), ("secret/made", 2), ("secret/other", 1)]);
    app.run(&["secrets", "list", "-e", "dev"]).code(0).out("made by the platform");

    app.run(&["secrets", "versions", "api_key", "-e", "dev"])
        .code(0)
        .out("2              set")
        .out("1        live  set");
    let versions = app.json(&["secrets", "versions", "made", "-e", "dev", "--json"]);
    assert_eq!((&versions[0]["version"], &versions[1]["version"]), (&2.into(), &1.into()));
    app.run(&["secrets", "versions", "absent", "-e", "dev"]).code(1).err("values/dev has no secret secret/absent");

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

#[test]
fn values_of_params_are_kept_in_versions() {
    let app = App::new("params", &(web("one").replace("\"one\"", "said") + "param said: String = \"nothing\"\n"));
    app.run(&["env", "create", "dev"]).code(0);
    app.run(&["env", "params", "-e", "dev"]).code(0);
    app.run(&["deploy", "-e", "dev"]).code(0);
    app.run(&["env", "params", "-e", "dev"]).code(0).out("live  now").out("those of the program");
    app.run(&["deploy", "-e", "dev", "--param", "said=\"hello\""]).code(0).err("\"nothing\" -> \"hello\"");
    let versions = app.json(&["env", "params", "-e", "dev", "--json"]);
    assert_eq!((&versions[0]["params"]["said"], &versions[0]["version"]), (&"\"hello\"".into(), &2.into()));
    app.run(&["env", "params", "-e", "dev"]).code(0).out("said=\"hello\"");
    assert_eq!(app.json(&["env", "params", "-e", "dev", "--json", "--limit", "1"]).as_array().unwrap().len(), 1);
}
