//! Files that several programs share, and files that no program reaches: what is asked of one is answered for all.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::client::{Client, Folder, pulling};

const LIB: &str = "/// A web service.\nkind web extends service {\n  field domain: Host\n  image: \"x:1\"\n}\n\nparam size: Int = 1\n";
const APP: &str = "use \"../lib/web.oal\" { web, size }\n\napp one {\n  edition: 1\n}\n\nweb w { domain: \"a.example.com\", replicas: size }\n";
const KINDS: &str = "use \"./a.oal\" { web, size }\n\nkind shop_web extends web {\n  env: { S: \"${size}\" }\n}\n";
const PLAIN: &str = "kind web extends service {\n  field domain: Host\n}\n\nparam size: Int = 1\n";

/// The place of a part of a text, which is all in ASCII.
fn at(folder: &Folder, name: &str, text: &str, part: &str) -> Value {
    let before = &text[..text.find(part).unwrap()];
    let line = before.matches('\n').count();
    let character = before.len() - before.rfind('\n').map_or(0, |at| at + 1);
    json!({ "textDocument": { "uri": folder.uri(name) }, "position": { "line": line, "character": character } })
}

fn with(mut params: Value, more: Value) -> Value {
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    params
}

/// How many edits each file gets.
fn edited(folder: &Folder, edit: &Value) -> BTreeMap<String, usize> {
    let root = folder.uri("");
    let changes = edit["changes"].as_object().unwrap_or_else(|| panic!("{edit}")).iter();
    changes.map(|(uri, edits)| (uri.replace(&root, ""), edits.as_array().unwrap().len())).collect()
}

/// In which files places are, one for each.
fn files(folder: &Folder, places: &Value) -> Vec<String> {
    let root = folder.uri("");
    let places = places.as_array().unwrap_or_else(|| panic!("{places}")).iter();
    places.map(|place| place["uri"].as_str().unwrap().replace(&root, "")).collect()
}

fn counts(expected: &[(&str, usize)]) -> BTreeMap<String, usize> {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

fn apps(name: &str) -> Folder {
    let two = APP.replace("app one", "app two");
    let folder = Folder::new(name, &[("one/app.oal", APP), ("two/app.oal", &two), ("lib/web.oal", LIB)]);
    folder.write("three/app.oal", "app three { edition: 1 }\n");
    folder
}

#[test]
fn a_name_is_followed_from_its_use_to_every_program() {
    let folder = apps("shared-use");
    let mut client = Client::on(folder.path(), pulling());
    client.open(&folder.uri("one/app.oal"), APP);
    let everything = counts(&[("lib/web.oal", 1), ("one/app.oal", 2), ("two/app.oal", 2)]);
    let context = json!({ "context": { "includeDeclaration": true } });
    for (name, text, part) in [("one/app.oal", APP, "web w"), ("lib/web.oal", LIB, "web extends")] {
        let place = at(&folder, name, text, part);
        let edit = client.call("textDocument/rename", with(place.clone(), json!({ "newName": "site" }))).unwrap();
        assert_eq!(edited(&folder, &edit), everything, "{name}");
        let mut found =
            files(&folder, &client.call("textDocument/references", with(place.clone(), context.clone())).unwrap());
        found.sort();
        assert_eq!(found, ["lib/web.oal", "one/app.oal", "one/app.oal", "two/app.oal", "two/app.oal"]);
    }
    let renamed = |client: &mut Client, part: &str, new: &str| {
        let place = at(&folder, "one/app.oal", APP, part);
        client.call("textDocument/rename", with(place, json!({ "newName": new })))
    };
    // What the kind has is renamed with it; what a program has of its own is its own.
    let edit = renamed(&mut client, "domain:", "address").unwrap();
    assert_eq!(edited(&folder, &edit), counts(&[("lib/web.oal", 1), ("one/app.oal", 1), ("two/app.oal", 1)]));
    assert_eq!(edited(&folder, &renamed(&mut client, "w {", "front").unwrap()), counts(&[("one/app.oal", 1)]));
    // The other program has something of that name already.
    let taken = APP.replace("app one", "app two") + "let amount = 1\n";
    client.open(&folder.uri("two/app.oal"), &taken);
    let refusal = renamed(&mut client, "size }\n\n", "amount").unwrap_err();
    assert!(refusal["message"].as_str().unwrap().contains("`amount`"), "{refusal}");
    assert_eq!(client.stop(), 0);
}

#[test]
fn another_name_in_one_file_is_its_own() {
    let folder = apps("shared-alias");
    let text = APP.replace("web, size", "web as page, size").replace("\nweb w", "\npage w");
    let mut client = Client::on(folder.path(), pulling());
    client.open(&folder.uri("one/app.oal"), &text);
    let place = at(&folder, "one/app.oal", &text, "page w");
    let edit = client.call("textDocument/rename", with(place, json!({ "newName": "site" }))).unwrap();
    assert_eq!(edited(&folder, &edit), counts(&[("one/app.oal", 2)]));
    let place = at(&folder, "one/app.oal", &text, "web as");
    let edit = client.call("textDocument/rename", with(place, json!({ "newName": "site" }))).unwrap();
    assert_eq!(edited(&folder, &edit), counts(&[("lib/web.oal", 1), ("one/app.oal", 1), ("two/app.oal", 2)]));
}

#[test]
fn files_without_an_app_are_followed_too() {
    let folder = Folder::new("shared-library", &[("a.oal", PLAIN), ("b.oal", KINDS)]);
    let mut client = Client::on(folder.path(), pulling());
    let symbols = client.call("workspace/symbol", json!({ "query": "shop" })).unwrap();
    assert_eq!(symbols[0]["name"], "shop_web", "{symbols}");
    let uri = folder.uri("a.oal");
    client.open(&uri, PLAIN);
    let both = counts(&[("a.oal", 1), ("b.oal", 2)]);
    let place = at(&folder, "a.oal", PLAIN, "web extends");
    let edit = client.call("textDocument/rename", with(place.clone(), json!({ "newName": "site" }))).unwrap();
    assert_eq!(edited(&folder, &edit), both);
    let moved = json!({ "files": [{ "oldUri": uri, "newUri": folder.uri("c.oal") }] });
    let edit = client.call("workspace/willRenameFiles", moved.clone()).unwrap();
    assert_eq!(edited(&folder, &edit), counts(&[("b.oal", 1)]));
    let implementations = client.call("textDocument/implementation", place.clone()).unwrap();
    assert_eq!(files(&folder, &implementations), ["b.oal"]);
    // Others may use what it declares.
    let found: Vec<Value> = client.pull(&uri).into_iter().map(|found| found["code"].clone()).collect();
    assert_eq!(found, ["OAL0201"]);
    // Beside a program that reaches only one of them.
    let app = "use \"./a.oal\" { web }\napp m { edition: 1 }\nweb w { image: \"n:1\", domain: \"a.example.com\" }\n";
    client.open(&folder.uri("app.oal"), app);
    let edit = client.call("textDocument/rename", with(place, json!({ "newName": "site" }))).unwrap();
    assert_eq!(edited(&folder, &edit), counts(&[("a.oal", 1), ("app.oal", 2), ("b.oal", 2)]));
    let edit = client.call("workspace/willRenameFiles", moved).unwrap();
    assert_eq!(edited(&folder, &edit), counts(&[("app.oal", 1), ("b.oal", 1)]));
    assert_eq!(client.stop(), 0);
}

#[test]
fn what_uses_and_extends_is_found_in_every_program() {
    let folder = apps("shared-hierarchy");
    for name in ["one", "two"] {
        let text = APP.replace("app one", &format!("app {name}")) + "kind own extends web {}\n";
        folder.write(&format!("{name}/app.oal"), &text);
    }
    let text = APP.to_owned() + "kind own extends web {}\n";
    let mut client = Client::on(folder.path(), pulling());
    client.open(&folder.uri("one/app.oal"), &text);
    let apps = ["one/app.oal", "two/app.oal"];
    for (name, text, part) in [("one/app.oal", &*text, "web w"), ("lib/web.oal", LIB, "web extends")] {
        let place = at(&folder, name, text, part);
        let mut found = files(&folder, &client.call("textDocument/implementation", place.clone()).unwrap());
        found.dedup();
        found.sort();
        assert_eq!(found, apps, "{name}");
        let item = client.call("textDocument/prepareTypeHierarchy", place.clone()).unwrap()[0].take();
        let mut found = files(&folder, &client.call("typeHierarchy/subtypes", json!({ "item": item })).unwrap());
        found.sort();
        assert_eq!(found, apps, "{name}");
        let item = client.call("textDocument/prepareCallHierarchy", place).unwrap()[0].take();
        let calls = client.call("callHierarchy/incomingCalls", json!({ "item": item })).unwrap();
        let from = calls.as_array().unwrap().iter().map(|call| call["from"].clone()).collect();
        let mut found = files(&folder, &from);
        found.sort();
        assert_eq!(found, ["one/app.oal", "one/app.oal", "two/app.oal", "two/app.oal"], "{calls}");
    }
    assert_eq!(client.stop(), 0);
}

/// The actions at a place, each with what it edits.
fn actions(client: &mut Client, folder: &Folder, place: &Value) -> Vec<(String, BTreeMap<String, usize>)> {
    let range = json!({ "start": place["position"], "end": place["position"] });
    let params = json!({ "textDocument": place["textDocument"], "range": range, "context": { "diagnostics": [] } });
    let found = client.call("textDocument/codeAction", params).unwrap();
    let one = |action: &Value| (action["title"].as_str().unwrap().to_owned(), edited(folder, &action["edit"]));
    found.as_array().unwrap().iter().map(one).collect()
}

#[test]
fn an_action_is_right_in_every_program() {
    let lib = "let n = 3\n\nlet m = n\n\nlet one = m\n\nlet two = one\n";
    let app = |name: &str, used: &str| {
        format!("use \"../lib/l.oal\" {{ {used} }}\n\napp {name} {{\n  edition: 1\n}}\n\nassert {used} > 0, \"x\"\n")
    };
    let folder = Folder::new(
        "shared-actions",
        &[("a/app.oal", &app("a", "two")), ("b/app.oal", &app("b", "n")), ("lib/l.oal", lib)],
    );
    let mut client = Client::on(folder.path(), pulling());
    client.open(&folder.uri("lib/l.oal"), lib);
    let mut offered = |name: &str| -> Vec<BTreeMap<String, usize>> {
        let place = at(&folder, "lib/l.oal", lib, &format!("{name} ="));
        let found = actions(&mut client, &folder, &place).into_iter();
        found.filter(|(title, _)| *title == format!("Inline `{name}`")).map(|(_, edits)| edits).collect()
    };
    // The second program imports it.
    assert_eq!(offered("n"), []);
    assert_eq!(offered("m"), [counts(&[("lib/l.oal", 2)])]);
    // So does a library that no program reaches.
    assert_eq!(offered("one"), [counts(&[("lib/l.oal", 2)])]);
    folder.write("c.oal", "use \"./lib/l.oal\" { one }\nlet three = one\n");
    let created = json!({ "changes": [{ "uri": folder.uri("c.oal"), "type": 1 }] });
    client.notify("workspace/didChangeWatchedFiles", created);
    let place = at(&folder, "lib/l.oal", lib, "one =");
    let found = actions(&mut client, &folder, &place);
    assert!(found.iter().all(|(title, _)| title != "Inline `one`"), "{found:?}");
    assert_eq!(client.stop(), 0);
}

/// What one program does not use may be used by another.
#[test]
fn only_what_no_program_uses_is_removed() {
    let lib = "secret one {}\n\nsecret two {}\n";
    let app = |name: &str, uses: &str| {
        format!(
            "use \"../lib/l.oal\" as l\n\napp {name} {{\n  edition: 1\n}}\n\nservice web {{\n  image: \"a:1\"\n{uses}}}\n"
        )
    };
    let folder = Folder::new(
        "shared-removal",
        &[("a/app.oal", &app("a", "")), ("b/app.oal", &app("b", "  env: { ONE: l.one }\n")), ("lib/l.oal", lib)],
    );
    let mut client = Client::on(folder.path(), pulling());
    client.open(&folder.uri("lib/l.oal"), lib);
    let mut offered = |name: &str| {
        let found = actions(&mut client, &folder, &at(&folder, "lib/l.oal", lib, &format!("{name} {{")));
        found.iter().any(|(title, _)| *title == format!("Remove `{name}`"))
    };
    assert!(!offered("one"), "it is used by `b`");
    assert!(offered("two"));
    assert_eq!(client.stop(), 0);
}

/// What only another program than the first finds is mended, too.
#[test]
fn every_program_offers_its_fixes() {
    let lib = "param size: Int = 1\n";
    let app = "use \"../lib/l.oal\" { size }\n\napp one {\n  edition: 1\n}\n\nassert size > 0, \"x\"\n";
    let folder = Folder::new(
        "shared-fixes",
        &[
            ("one/app.oal", app),
            ("two/app.oal", "use \"../lib/l.oal\" as l\n\napp two {\n  edition: 1\n}\n"),
            ("lib/l.oal", lib),
        ],
    );
    let mut client = Client::on(folder.path(), pulling());
    client.open(&folder.uri("lib/l.oal"), lib);
    let found = actions(&mut client, &folder, &at(&folder, "lib/l.oal", lib, "size"));
    assert!(found.iter().any(|(title, _)| title == "Allow `unused_param` here"), "{found:?}");
    assert_eq!(client.stop(), 0);
}
