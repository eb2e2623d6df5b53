//! Deployments from their first to their last word, each with its exit code.

use std::process::Command;

use super::{App, web};

const ROUTE: &str = "route site { host: \"deploys.localhost\", to: web.http, tls: off }\n";

fn get(url: &str) -> String {
    let output = Command::new("curl").args(["--silent", "--show-error", "--fail", "--max-time", "20", url]).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{url}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn what_is_deployed_goes_live_back_and_over_to_another_environment() {
    let app = App::new("deploys", &(web("one") + &ROUTE.replace("deploys", "${environment}.deploys")));
    let one = app.run(&["deploy", "-e", "dev"]).code(0).out("deploys/dev is live: release 1, after ");
    for state in ["queued", "planning", "+ service/web", "verifying", "draining"] {
        assert!(one.err.contains(state), "{state} in {}", one.err);
    }
    let url = app.run(&["open", "--print", "-e", "dev"]).code(0).out.trim().to_owned();
    assert_eq!(get(&url), "one");
    app.run(&["deploy", "-e", "dev"]).code(0).out("nothing to do: deploys/dev runs release 1 already");

    app.program(&(web("two") + &ROUTE.replace("deploys", "${environment}.deploys")));
    app.run(&["plan", "-e", "dev"]).code(0).out("~ service/web  rolling restart").out("1 component changes");
    assert_eq!(app.json(&["plan", "-e", "dev", "--json"])["items"][0]["node"], "service/web");
    let two = app.json(&["deploy", "-e", "dev", "--json"]);
    assert_eq!((&two["state"], &two["release"]), (&"live".into(), &2.into()));
    assert_eq!(get(&url), "two");

    let status = app.run(&["status", "-e", "dev"]).code(0).out("deploys/dev: release 2").out(&url);
    assert!(status.out.contains("service/web") && status.out.contains("newest deployment: live"), "{}", status.out);
    assert_eq!(app.json(&["status", "-e", "dev", "--json"])["release"]["number"], 2);
    app.run(&["releases", "-e", "dev"]).code(0).out("2        live").out("\n1  ");
    assert_eq!(app.json(&["releases", "-e", "dev", "--json", "--limit", "1"]).as_array().unwrap().len(), 1);

    app.run(&["rollback", "-e", "dev", "99"]).code(1).err("there is no release 99");
    let back = app.run(&["rollback", "-e", "dev"]).code(0).out("deploys/dev is live: release 3");
    let first = |text: &str| {
        let (_, told) = text.split_once("release 1, made ").unwrap_or_else(|| panic!("{text}"));
        told.lines().next().unwrap().ends_with(" by bootstrap")
    };
    assert!(back.err.starts_with("rolling deploys/dev back to release 1, made ") && first(&back.err), "{}", back.err);
    assert!(back.out.contains("\n  as release 1, made ") && first(&back.out), "{}", back.out);
    assert_eq!(get(&url), "one");
    let back = app.json(&["rollback", "2", "-e", "dev", "--json"]);
    assert_eq!((&back["kind"], &back["release"]), (&"rollback".into(), &4.into()));

    app.run(&["promote", "nowhere", "prod"]).code(1).err("environment");
    let promoted = app.run(&["promote", "dev", "prod"]).code(0).out("deploys/prod is live: release 1");
    let promoted = promoted.out("\n  as release 4 of dev, made ").err("promoting release 4 of dev, made ");
    assert!(promoted.err.contains(" by bootstrap to deploys/prod\n"), "{}", promoted.err);
    app.run(&["releases", "-e", "prod"]).code(0).out(" bootstrap  promoted from dev #4  ");
    let dev = app.run(&["releases", "-e", "dev"]).code(0).out;
    let how: Vec<&str> = dev.lines().skip(1).map(|line| line.split("bootstrap  ").nth(1).unwrap()).collect();
    for (line, how) in how.iter().zip(["rolled back to #2  ", "rolled back to #1  ", "deployed  ", "deployed  "]) {
        assert!(line.starts_with(how), "{dev}");
    }
    let json = app.json(&["releases", "-e", "dev", "--json"]);
    let repeats = &json[1]["repeats"];
    assert_eq!((&repeats["environment"], &repeats["number"]), (&"dev".into(), &1.into()));
    assert!(json[3]["repeats"].is_null() && json[3]["by"] == "bootstrap");
    let prod = app.run(&["open", "--print", "-e", "prod"]).code(0).out.trim().to_owned();
    assert_eq!(get(&prod), "two", "the program of its environment, not built again");
    let environments = app.json(&["env", "list", "--json"]);
    let runs: Vec<_> =
        environments.as_array().unwrap().iter().map(|one| (&one["name"], &one["live_release"])).collect();
    assert_eq!(runs, [(&"dev".into(), &4.into()), (&"prod".into(), &1.into())]);
    app.run(&["status"]).code(1).err("--env NAME");

    app.run(&["down", "-e", "dev", "--volumes"]).code(1).err("`--volumes` removes all data").err("--yes");
    app.run(&["down", "-e", "dev"]).code(0).out("deploys/dev is down; its data stay");
    app.run(&["status", "-e", "dev"]).code(4).out("deploys/dev: taken down now");
    app.run(&["open", "--print", "-e", "dev"]).code(1).err("has no address");
    app.run(&["deploy", "-e", "dev"]).code(0).out("is live: release 5");
    assert_eq!(app.json(&["down", "-e", "dev", "--volumes", "--yes", "--json"])["state"], "done");
}

#[test]
fn a_deployment_that_fails_says_where_in_the_program_and_what_kind_of_failure_it_is() {
    let app = App::new("fails", &web("one"));
    app.run(&["deploy", "-e", "dev"]).code(0);

    app.program(&web("one").replace("image:", "imag:"));
    app.run(&["deploy", "-e", "dev"]).code(2).err("app.oal:5:3").err("error: `fails` is not deployed");

    let built = web("one").replace("image: \"python:3.12-slim\"", "build: { context: \"./web\" }");
    app.program(&built);
    std::fs::create_dir(app.files.path("web")).unwrap();
    std::fs::write(app.files.path("web/Dockerfile"), "FROM python:3.12-slim\nRUN echo for-nothing && exit 9\n")
        .unwrap();
    let build =
        app.run(&["deploy", "-e", "dev"]).code(3).err("error[build_step]").err("app.oal:5:3").err("for-nothing");
    assert!(build.err.ends_with("error: fails/dev was not deployed: it failed while building\n"), "{}", build.err);
    let build = app.run(&["deploy", "-e", "dev", "--json"]).code(3);
    let build: serde_json::Value = serde_json::from_str(&build.out).unwrap();
    assert_eq!((&build["state"], &build["failure"]["kind"]), (&"failed".into(), &"build_step".into()));
    app.run(&["logs", "-e", "dev", "--deployment"]).code(0).out("service/web | ").out("for-nothing");

    // Nobody listens there: also where nothing else of the service differs.
    app.program(&web("one").replace("http: 8000", "http: 8001"));
    let probe = app.run(&["deploy", "-e", "dev"]).code(4).err("error[probe]").err("did not become healthy");
    assert!(probe.err.contains("health: http(path"), "under its line: {}", probe.err);
    app.run(&["status", "-e", "dev"]).code(0).out("fails/dev: release 1").out("newest deployment: failed");

    app.program(&web("one").replace("\"/program.py\"]", "\"-c\", \"print('last words'); raise SystemExit(5)\"]"));
    app.run(&["deploy", "-e", "dev"]).code(4).err("last words");
    app.run(&["deploy", "-e", "dev", "--detach"]).code(0);
}

#[test]
fn a_plan_that_loses_data_waits_where_nobody_can_be_asked() {
    let with_data = web("one").replace("  ports:", "  volumes: { \"/data\": volume(data) }\n  ports:")
        + "volume data { size: 1GiB }\n";
    let app = App::new("waits", &with_data);
    app.run(&["deploy", "-e", "dev"]).code(0);
    app.program(&web("one"));
    let told = app.run(&["plan", "-e", "dev"]).code(0).out("- volume/data  data loss").out;
    let digest = told.rsplit("--approve ").next().unwrap().trim().to_owned();
    let waits = app.run(&["deploy", "-e", "dev"]).code(5).err("waits for somebody to approve it").err(&digest);
    let (_, id) = waits.err.split_once("--follow ").unwrap();
    let id = id.split_whitespace().next().unwrap();
    app.run(&["deploy", "--follow", id, "--approve", "sha256:00"]).code(5);
    app.run(&["deploy", "--follow", id, "--approve", &digest]).code(0).out("waits/dev is live: release 2");
}
