//! Programs of several files: open and closed, on disk and in memory, in several folders.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, Folder, pulling, uri};

pub(crate) const ROOT: &str = "use \"./lib/web.oal\" { port }\napp shop {\n  edition: 1\n}\n\nservice api {\n  image: \"nginx:1.27\"\n  ports: { http: port }\n}\n";
pub(crate) const LIB: &str = "let port = 8080\n";

pub(crate) fn errors(found: &[Value]) -> Vec<String> {
    let errors = found.iter().filter(|found| found["severity"] == 1);
    errors.map(|found| found["code"].as_str().unwrap().to_owned()).collect()
}

/// Asks until the answer is as wanted: what happens on disk is noticed after a while.
pub(crate) fn settles(client: &mut Client, uri: &str, wanted: &[&str]) {
    for _ in 0..400 {
        if errors(&client.pull(uri)) == wanted {
            return;
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    assert_eq!(errors(&client.pull(uri)), wanted);
}

#[test]
fn a_file_is_judged_with_the_programs_that_hold_it() {
    let folder =
        Folder::new("programs", &[("app.oal", ROOT), ("lib/web.oal", LIB), ("two.oal", &ROOT.replace("shop", "two"))]);
    let mut client = Client::on(folder.path(), pulling());
    let (app, lib) = (folder.uri("app.oal"), folder.uri("lib/web.oal"));
    client.open(&lib, LIB);
    settles(&mut client, &lib, &[]);
    // What an open document says counts, not what is on disk.
    client.change(&lib, 2, json!([{ "text": "let port = \"http\"\n" }]));
    settles(&mut client, &app, &["OAL0301"]);
    client.change(&lib, 3, json!([{ "text": "let prot = 8080\n" }]));
    assert!(!errors(&client.pull(&app)).is_empty());
    client.change(&lib, 4, json!([{ "text": "let port = 1 +\n" }]));
    assert_eq!(errors(&client.pull(&app)), Vec::<String>::new());
    assert!(!errors(&client.pull(&lib)).is_empty());
    client.close(&lib);
    assert_eq!(errors(&client.pull(&app)), Vec::<String>::new());
    assert_eq!(client.stop(), 0);
}

/// Of very many findings the gravest are shown, in the order of the text, and how many there are beyond them.
#[test]
fn the_most_findings_are_limited() {
    let text = "app a { edition: 1 }\n".to_owned()
        + &(0..20).map(|at| format!("let u{at} = 1\n")).collect::<String>()
        + &(0..400).map(|at| format!("job j{at} {{ imgae: \"x:1\" }}\n")).collect::<String>();
    let folder = Folder::new("many", &[("app.oal", &text)]);
    let mut client = Client::on(folder.path(), pulling());
    let uri = folder.uri("app.oal");
    client.open(&uri, &text);
    let found = client.pull(&uri);
    assert_eq!(found.len(), 301);
    let errors = errors(&found);
    assert!(errors.len() == 300 && errors.iter().all(|code| code == "OAL0203"), "{errors:?}");
    let last = found.last().unwrap();
    let (words, line) = (last["message"].as_str().unwrap(), last["range"]["start"]["line"].as_u64().unwrap());
    assert!(words.ends_with("more findings in this file are not shown: `oal check` says all"), "{words}");
    assert!(line < 3, "the first that is left out is a warning above: {last}");
    // With less of them all are there.
    let few = text.lines().take(200).map(|line| format!("{line}\n")).collect::<String>().replace("imgae", "image");
    client.change(&uri, 2, json!([{ "text": few }]));
    assert!(client.pull(&uri).iter().all(|one| one["code"].is_string()));
}

#[test]
fn files_may_exist_in_memory_only() {
    let folder = Folder::new("memory", &[("app.oal", ROOT)]);
    let mut client = Client::on(folder.path(), pulling());
    let (app, lib) = (folder.uri("app.oal"), folder.uri("lib/web.oal"));
    client.open(&app, ROOT);
    assert_eq!(errors(&client.pull(&app)), ["OAL0220"]);
    client.open(&lib, LIB);
    assert_eq!(errors(&client.pull(&app)), Vec::<String>::new());
    client.close(&lib);
    assert_eq!(errors(&client.pull(&app)), ["OAL0220"]);
}

#[test]
fn changes_on_disk_are_seen() {
    let watching = |yes: bool| {
        let mut capabilities = pulling();
        capabilities["workspace"] = json!({ "didChangeWatchedFiles": { "dynamicRegistration": yes } });
        capabilities
    };
    for yes in [true, false] {
        let folder = Folder::new(&format!("disk-{yes}"), &[("app.oal", ROOT), ("lib/web.oal", LIB)]);
        let mut client = Client::on(folder.path(), watching(yes));
        let (app, lib) = (folder.uri("app.oal"), folder.uri("lib/web.oal"));
        client.open(&app, ROOT);
        settles(&mut client, &app, &[]);
        let tell = |client: &mut Client, kind: u32| {
            if yes {
                client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": lib, "type": kind }] }));
            }
        };
        folder.write("lib/web.oal", "let port = \"http, longer\"\n");
        tell(&mut client, 2);
        settles(&mut client, &app, &["OAL0301"]);
        std::fs::remove_file(folder.path().join("lib/web.oal")).unwrap();
        tell(&mut client, 3);
        settles(&mut client, &app, &["OAL0220"]);
        folder.write("lib/web.oal", LIB);
        tell(&mut client, 1);
        settles(&mut client, &app, &[]);
        let registered = client.asked.iter().any(|asked| asked["method"] == "client/registerCapability");
        assert_eq!(registered, yes);
        assert_eq!(client.stop(), 0);
    }
}

#[test]
fn folders_come_and_go() {
    let one = Folder::new("folder-one", &[("app.oal", ROOT), ("lib/web.oal", "let port = \"x\"\n")]);
    let two = Folder::new("folder-two", &[("app.oal", "app two { edition: 1 }\nlet x = 1 +\n")]);
    let mut client = Client::on(one.path(), pulling());
    let reports = |client: &mut Client| -> Vec<String> {
        let report = client.call("workspace/diagnostic", json!({ "previousResultIds": [] })).unwrap();
        let items = report["items"].as_array().unwrap();
        items
            .iter()
            .filter(|item| !item["items"].as_array().unwrap().is_empty())
            .map(|item| item["uri"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(reports(&mut client), [one.uri("app.oal")]);
    let folder = |folder: &Folder| json!({ "uri": uri(folder.path()), "name": "" });
    let event = |added: Value, removed: Value| json!({ "event": { "added": added, "removed": removed } });
    client.notify("workspace/didChangeWorkspaceFolders", event(json!([folder(&two)]), json!([])));
    assert_eq!(reports(&mut client), [one.uri("app.oal"), two.uri("app.oal")]);
    client.notify("workspace/didChangeWorkspaceFolders", event(json!([]), json!([folder(&one)])));
    assert_eq!(reports(&mut client), [two.uri("app.oal")]);
    assert_eq!(client.stop(), 0);
}

#[test]
fn the_whole_workspace_can_be_asked_for() {
    let broken = "app one { edition: 1 }\nlet x = 1 +\n";
    let folder = Folder::new(
        "whole",
        &[
            ("a.oal", broken),
            ("b/b.oal", "app two { edition: 1 }\n"),
            (".hidden/c.oal", broken),
            ("target/d.oal", broken),
        ],
    );
    let mut client = Client::on(folder.path(), pulling());
    let ask = |client: &mut Client, previous: Value| {
        client.call("workspace/diagnostic", json!({ "previousResultIds": previous })).unwrap()["items"].take()
    };
    let first = ask(&mut client, json!([]));
    assert_eq!(first.as_array().unwrap().len(), 1, "{first}");
    assert_eq!((&first[0]["uri"], &first[0]["kind"]), (&json!(folder.uri("a.oal")), &json!("full")));
    let previous = json!([{ "uri": first[0]["uri"], "value": first[0]["resultId"] }]);
    let second = ask(&mut client, previous.clone());
    assert_eq!(second[0]["kind"], "unchanged");
    client.open(&folder.uri("a.oal"), "app one { edition: 1 }\n");
    let third = ask(&mut client, previous);
    assert_eq!((&third[0]["kind"], &third[0]["items"], &third[0]["version"]), (&json!("full"), &json!([]), &json!(1)));
    // Pulled again, a document that is as it was is only said to be so.
    let document = json!({ "textDocument": { "uri": folder.uri("a.oal") } });
    let full = client.call("textDocument/diagnostic", document.clone()).unwrap();
    let mut again = document;
    again["previousResultId"] = full["resultId"].clone();
    assert_eq!(client.call("textDocument/diagnostic", again).unwrap()["kind"], "unchanged");
}

#[test]
fn clients_that_do_not_ask_are_told() {
    let folder = Folder::new("push", &[("app.oal", ROOT), ("lib/web.oal", LIB)]);
    let mut client =
        Client::on(folder.path(), json!({ "textDocument": { "publishDiagnostics": { "versionSupport": true } } }));
    let (app, lib) = (folder.uri("app.oal"), folder.uri("lib/web.oal"));
    let told = |client: &mut Client, uri: &str, wanted: &[&str]| {
        client.wait("diagnostics", |message| {
            let params = &message["params"];
            message["method"] == "textDocument/publishDiagnostics"
                && params["uri"] == uri
                && errors(params["diagnostics"].as_array().unwrap()) == wanted
        })["params"]["version"]
            .take()
    };
    client.open(&app, ROOT);
    assert_eq!(told(&mut client, &app, &[]), 1);
    client.open(&lib, "let port = 1 +\n");
    told(&mut client, &lib, &["OAL0104"]);
    client.change(&lib, 2, json!([{ "text": "let port = \"x\"\n" }]));
    assert_eq!(told(&mut client, &lib, &[]), 2);
    told(&mut client, &app, &["OAL0301"]);
    client.close(&lib);
    told(&mut client, &app, &[]);
    client.change(&app, 2, json!([{ "text": "app x { edition: 1 }\nlet y = 1 +\n" }]));
    told(&mut client, &app, &["OAL0104"]);
    // Nobody shows it any more.
    client.close(&app);
    told(&mut client, &app, &[]);
    assert_eq!(client.stop(), 0);
}

#[test]
fn settings_are_taken_when_they_change() {
    let program = "app shop {\n  edition: 1\n}\n\nlet idle = 1\n";
    let folder = Folder::new("settings", &[("app.oal", program)]);
    let mut client = Client::on(folder.path(), pulling());
    let app = folder.uri("app.oal");
    client.open(&app, program);
    let severity = |client: &mut Client| client.pull(&app).first().map(|found| found["severity"].clone());
    assert_eq!(severity(&mut client), Some(json!(2)));
    let set = |client: &mut Client, settings: Value| {
        client.notify("workspace/didChangeConfiguration", json!({ "settings": settings }))
    };
    set(&mut client, json!({ "oal": { "lints": { "unused_let": "deny" } } }));
    assert_eq!(severity(&mut client), Some(json!(1)));
    set(&mut client, json!({ "oal": { "lints": { "unused_let": "allow" } } }));
    assert_eq!(severity(&mut client), None);
    set(
        &mut client,
        json!({ "oal": { "lints": { "no_such": "deny", "unused_let": 7 }, "environments": 7, "params": { "x": 1 } } }),
    );
    assert_eq!(severity(&mut client), Some(json!(2)));
    let words = client.rest();
    assert!(words.iter().filter(|message| message["method"] == "window/logMessage").count() >= 3, "{words:?}");
    assert_eq!(client.stop(), 0);
}

#[test]
fn a_program_for_a_newer_server_is_told_so() {
    let folder = Folder::new(
        "edition",
        &[("app.oal", "use \"./lib.oal\" { port }\napp shop { edition: 99 }\n"), ("lib.oal", LIB)],
    );
    let mut client = Client::on(folder.path(), pulling());
    // The root itself need not be open.
    client.open(&folder.uri("lib.oal"), LIB);
    let told = client.wait("a warning", |message| message["method"] == "window/showMessage");
    let message = told["params"]["message"].as_str().unwrap();
    assert!(message.starts_with("app.oal: ") && message.contains("99") && message.contains("edition 1"), "{message}");
    for version in 2..5 {
        client.change(&folder.uri("lib.oal"), version, json!([{ "text": LIB }]));
        client.pull(&folder.uri("lib.oal"));
    }
    assert_eq!(errors(&client.pull(&folder.uri("app.oal"))), ["OAL0213"]);
    assert!(client.rest().iter().all(|message| message["method"] != "window/showMessage"));
    assert_eq!(client.stop(), 0);
}

#[test]
fn clients_are_asked_to_look_again_when_files_change() {
    let folder = Folder::new("refresh", &[("app.oal", ROOT), ("lib/web.oal", LIB)]);
    let mut capabilities = pulling();
    let can = json!({ "refreshSupport": true });
    capabilities["workspace"] = json!({ "diagnostics": can, "semanticTokens": can, "inlayHint": can, "codeLens": can, "didChangeWatchedFiles": { "dynamicRegistration": true } });
    let mut client = Client::on(folder.path(), capabilities);
    client.open(&folder.uri("app.oal"), ROOT);
    folder.write("lib/web.oal", "let port = 1\n");
    client.notify(
        "workspace/didChangeWatchedFiles",
        json!({ "changes": [{ "uri": folder.uri("lib/web.oal"), "type": 2 }] }),
    );
    let wanted = [
        "workspace/diagnostic/refresh",
        "workspace/semanticTokens/refresh",
        "workspace/inlayHint/refresh",
        "workspace/codeLens/refresh",
    ];
    for _ in 0..200 {
        client.pull(&folder.uri("app.oal"));
        let asked = |method: &&str| client.asked.iter().any(|asked| asked["method"] == **method);
        if wanted.iter().all(asked) {
            assert_eq!(client.stop(), 0);
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("{:?}", client.asked);
}

#[test]
fn a_program_can_be_previewed() {
    let folder = Folder::new("preview", &[("app.oal", ROOT), ("lib/web.oal", LIB)]);
    let mut client = Client::on(folder.path(), pulling());
    let subject = |name: &str, environment: Value| json!({ "uri": folder.uri(name), "environment": environment });
    // By any file of the program.
    for name in ["app.oal", "lib/web.oal"] {
        let answer = client.call("oal/ir", subject(name, Value::Null)).unwrap();
        let document: Value = serde_json::from_str(answer["json"].as_str().unwrap()).unwrap();
        assert_eq!(
            (&answer["environment"], &document["app"]["name"]),
            (&json!("default"), &json!("shop")),
            "{document}"
        );
    }
    assert_eq!(client.call("oal/ir", subject("app.oal", json!("no_such"))).unwrap_err()["code"], -32602);
    assert_eq!(client.call("oal/ir", subject("none.oal", Value::Null)).unwrap_err()["code"], -32602);
    // While there are errors: what was shown last, and why there is nothing newer.
    let good = client.call("oal/ir", subject("app.oal", Value::Null)).unwrap();
    assert_eq!(good["stale"], false);
    client.open(&folder.uri("app.oal"), &(ROOT.to_owned() + "let x = 1 +\nlet z = none\n"));
    let old = client.call("oal/ir", subject("app.oal", Value::Null)).unwrap();
    assert_eq!((&old["json"], &old["environment"], &old["stale"]), (&good["json"], &good["environment"], &json!(true)));
    let reason = old["reason"].as_str().unwrap();
    assert!(reason.starts_with("the program has errors: app.oal: ") && reason.ends_with(" (1 more)"), "{reason}");
    let none = client.call("oal/graph", subject("app.oal", Value::Null)).unwrap();
    assert_eq!((&none["nodes"], &none["stale"], &none["reason"]), (&Value::Null, &json!(true), &json!(reason)));
    client.change(&folder.uri("app.oal"), 2, json!([{ "text": ROOT }]));
    let picture = client.call("oal/graph", subject("app.oal", Value::Null)).unwrap();
    assert_eq!((&picture["nodes"][0]["label"], &picture["stale"]), (&json!("api"), &json!(false)));
    assert_eq!(client.stop(), 0);
}

#[test]
fn closed_documents_are_told_of_beside_open_ones() {
    let folder = Folder::new("related", &[("app.oal", ROOT), ("lib/web.oal", "let port = 1 +\n")]);
    let mut capabilities = pulling();
    capabilities["textDocument"]["diagnostic"]["relatedDocumentSupport"] = json!(true);
    let mut client = Client::on(folder.path(), capabilities);
    let (app, lib) = (folder.uri("app.oal"), folder.uri("lib/web.oal"));
    client.open(&app, ROOT);
    let related = |client: &mut Client| {
        let report = client.call("textDocument/diagnostic", json!({ "textDocument": { "uri": app } })).unwrap();
        report["relatedDocuments"][&lib]["items"].as_array().map(|items| errors(items))
    };
    assert_eq!(related(&mut client), Some(vec!["OAL0104".to_owned()]));
    // Once is enough.
    assert_eq!(related(&mut client), None);
    folder.write("lib/web.oal", LIB);
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": lib, "type": 2 }] }));
    assert_eq!(related(&mut client), Some(Vec::new()));
    assert_eq!(related(&mut client), None);
    assert_eq!(client.stop(), 0);
}

/// What was said in an answer that nobody got is said again.
#[test]
fn a_cancelled_answer_tells_nothing() {
    let folder = Folder::new("related-cancelled", &[("app.oal", ROOT), ("lib/web.oal", "let port = 1 +\n")]);
    let mut capabilities = pulling();
    capabilities["textDocument"]["diagnostic"]["relatedDocumentSupport"] = json!(true);
    let mut client = Client::drilled(folder.path(), capabilities, "sleep:textDocument/diagnostic:200");
    let (app, lib) = (folder.uri("app.oal"), folder.uri("lib/web.oal"));
    client.open(&app, ROOT);
    let params = json!({ "textDocument": { "uri": app } });
    let id = client.ask("textDocument/diagnostic", params.clone());
    // The work has begun, and goes on without anybody.
    std::thread::sleep(Duration::from_millis(100));
    client.notify("$/cancelRequest", json!({ "id": id }));
    assert_eq!(client.answer(id).unwrap_err()["code"], -32800);
    std::thread::sleep(Duration::from_millis(400));
    let report = client.call("textDocument/diagnostic", params).unwrap();
    assert_eq!(errors(report["relatedDocuments"][&lib]["items"].as_array().unwrap()), ["OAL0104"]);
    assert_eq!(client.stop(), 0);
}
