//! The language server in this binary: its version, its end, and that it finds what `oal check` finds.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};

#[allow(dead_code, reason = "the tests of `oal-lsp` use the rest")]
#[path = "../../../../oal-lsp/tests/it/client.rs"]
mod client;

use crate::sandbox::{BROKEN, Sandbox};
use client::{Client, pulling, uri};

/// Writes the programs of the specification and the examples.
fn write_programs(sandbox: &Sandbox) {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let mut number = 0;
    for entry in std::fs::read_dir(top.join("grammar/spec")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for block in text.split("\n```oal").skip(1) {
            let Some((_, block)) = block.split_once('\n') else { continue };
            let mut program = block.split("\n```").next().unwrap().to_owned();
            if !program.lines().any(|line| line.starts_with("app ")) {
                program.push_str("\napp spec {}\n");
            }
            number += 1;
            sandbox.write(&format!("spec/p{number}/app.oal"), &program);
        }
    }
    assert!(number > 200, "{number}");
    copy(&top.join("examples"), &sandbox.path("examples"));
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else if path.extension().is_some_and(|extension| extension == "oal") {
            std::fs::copy(&path, &to).unwrap();
        }
    }
}

fn position(point: &Value) -> Value {
    json!({ "line": point["line"].as_u64().unwrap() - 1, "character": point["utf16"].as_u64().unwrap() - 1 })
}

/// A place of the command line's JSON form, as the protocol has it.
fn place(sandbox: &Sandbox, place: &Value) -> Value {
    let file = place["file"].as_str().unwrap();
    let uri = match file.strip_prefix("std:") {
        Some(name) => format!("oal-std:/{name}"),
        None => uri(&sandbox.path(file).canonicalize().unwrap()),
    };
    json!({ "uri": uri, "range": { "start": position(&place["start"]), "end": position(&place["end"]) } })
}

/// A finding of the command line's JSON form, as the server has to say it.
fn expected(sandbox: &Sandbox, found: &Value) -> Value {
    let severity = ["error", "warning", "note"].iter().position(|name| found["severity"] == *name).unwrap() + 1;
    let list = |name: &str| found[name].as_array().unwrap().iter();
    let related = list("secondary").map(
        |label| json!({ "location": place(sandbox, label), "message": label.get("message").unwrap_or(&json!("")) }),
    );
    let mut data = json!({ "title": found["message"] });
    let mut put = |name: &str, value: Value| {
        if !(value.is_null() || value == json!([])) {
            data[name] = value;
        }
    };
    put("label", found["primary"]["message"].clone());
    put("help", found["help"].clone());
    put("lint", found["lint"].clone());
    put("notes", found["notes"].clone());
    put("environments", found["environments"].clone());
    let fixes = list("fixes").map(|fix| {
        let edits = fix["edits"].as_array().unwrap().iter().map(|edit| {
            let mut place = place(sandbox, edit);
            place["newText"] = edit["text"].clone();
            place
        });
        json!({ "title": fix["title"], "applicability": fix["applicability"], "edits": edits.collect::<Vec<_>>() })
    });
    put("fixes", json!(fixes.collect::<Vec<_>>()));
    json!({
        "range": place(sandbox, &found["primary"])["range"],
        "severity": severity,
        "code": found["code"],
        "related": related.collect::<Vec<_>>(),
        "data": data,
    })
}

#[test]
fn the_server_finds_what_check_finds() {
    let sandbox = Sandbox::new();
    write_programs(&sandbox);
    let report: Value = serde_json::from_str(&sandbox.run(&["check", "--format", "json"]).out).unwrap();
    let mut checked: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for found in report["diagnostics"].as_array().unwrap() {
        let uri = place(&sandbox, &found["primary"])["uri"].as_str().unwrap().to_owned();
        checked.entry(uri).or_default().push(expected(&sandbox, found));
    }
    assert!(checked.len() > 100, "{}", checked.len());

    let mut client = Client::of(sandbox.command(&["lsp"]));
    client.initialize(Some(&sandbox.path("").canonicalize().unwrap()), pulling());
    let whole = client.call("workspace/diagnostic", json!({ "previousResultIds": [] })).unwrap();
    let mut said: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for document in whole["items"].as_array().unwrap() {
        // Lints that are only advice are for editors.
        let items = document["items"].as_array().unwrap().iter().filter(|item| item["severity"] != 4);
        let items: Vec<Value> = items
            .map(|item| {
                json!({
                    "range": item["range"],
                    "severity": item["severity"],
                    "code": item["code"],
                    "related": item.get("relatedInformation").unwrap_or(&json!([])),
                    "data": item["data"],
                })
            })
            .collect();
        if !items.is_empty() {
            said.insert(document["uri"].as_str().unwrap().to_owned(), items);
        }
    }
    assert_eq!(said.keys().collect::<Vec<_>>(), checked.keys().collect::<Vec<_>>());
    for (uri, items) in &said {
        assert_eq!(json!(items), json!(checked[uri]), "{uri}");
    }
    assert_eq!(client.stop(), 0);
}

#[test]
fn the_server_is_a_verb() {
    let sandbox = Sandbox::with(BROKEN);
    for arguments in [&["lsp"][..], &["lsp", "--stdio"]] {
        let mut client = Client::of(sandbox.command(arguments));
        let answer = client.initialize(Some(&sandbox.path("").canonicalize().unwrap()), pulling());
        let version = sandbox.run(&["--version"]).out;
        assert_eq!(version, format!("oal {}\n", answer["serverInfo"]["version"].as_str().unwrap()));
        assert!(!client.pull(&uri(&sandbox.path("app.oal").canonicalize().unwrap())).is_empty());
        assert_eq!(client.stop(), 0);
    }
    sandbox.run(&["lsp", "--port", "1"]).code(2);
}
