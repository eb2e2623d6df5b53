//! Tokens: keeping one, making some, and what they do not allow.

use super::{App, web};

#[test]
fn only_a_token_that_holds_is_kept() {
    let app = App::new("login", &web("one"));
    let helios = |arguments: &[&str], input: &str| {
        let mut command = app.command(arguments);
        command.env_remove("HELIOS_URL").env_remove("HELIOS_TOKEN");
        super::Ran::of(command, input)
    };
    let (url, token) = (app.live.url.as_str(), app.live.token.as_str());
    helios(&["login", url], "hl_wrong\n").code(1).err(" does not take this token").err("helios token create");
    assert!(!app.files.path("config/helios/servers.json").exists(), "a wrong one is not kept");
    helios(&["login", url], &format!("{token}\n")).code(0).out("as `bootstrap` of `acme`").out("may: admin");
    helios(&["login", "--list"], "").code(0).out(url).out("asked");
    helios(&["token", "list"], "").code(0).out("bootstrap");
    helios(&["login", &format!("{url}/"), "--forget"], "").code(0);
    // Another directory than the usual one, in which this machine's own platform may have run.
    let elsewhere = app.files.path("elsewhere");
    let mut forgotten = app.command(&["token", "list"]);
    forgotten.env_remove("HELIOS_URL").env_remove("HELIOS_TOKEN").env("HELIOS_DATA", &elsewhere);
    super::Ran::of(forgotten, "").code(1).err("no `helios up` has run in");
    let kept = std::fs::read_to_string(app.files.path("config/helios/servers.json")).unwrap();
    assert!(!kept.contains(url) && !kept.contains(token), "{kept}");
}

#[test]
fn a_token_allows_what_it_was_made_for_until_it_is_revoked() {
    let app = App::new("tokens", &web("one"));
    app.run(&["env", "create", "dev"]).code(0).out("tokens/dev is there, on target `docker`");
    let made = app.json(&["token", "create", "ci", "--scope", "read", "--app", "tokens", "--expires", "1d", "--json"]);
    let (secret, id) = (made["secret"].as_str().unwrap(), made["token"]["id"].as_str().unwrap());
    let with = |arguments: &[&str]| {
        let mut command = app.command(arguments);
        command.env("HELIOS_TOKEN", secret);
        super::Ran::of(command, "")
    };
    with(&["env", "list"]).code(0).out("dev");
    with(&["deploy", "-e", "dev"]).code(1).err("the token does not allow this");
    with(&["status", "--app", "other", "-e", "dev"]).code(1).err("there is no such environment");
    app.run(&["token", "list"]).code(0).out("ci").out("tokens").out("until ");
    app.run(&["token", "revoke", id]).code(0).out(&format!("{id} is revoked"));
    with(&["env", "list"]).code(1).err("helios login");
    app.run(&["token", "list"]).code(0).out("revoked now");
    app.run(&["audit"]).code(0).out("bootstrap").out("token.revoke").out("environment.create").out("tokens/dev");
    assert_eq!(app.json(&["audit", "--limit", "1", "--json"]).as_array().unwrap().len(), 1);
    app.run(&["audit", "--verify"]).code(0).out("every entry is as it was written");
    with(&["audit"]).code(1);
    app.run(&["token", "create", "x", "--scope", "everything"]).code(1).err("read, deploy, secrets, exec, admin");
}
