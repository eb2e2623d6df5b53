//! Folders: what happens to those on disk, and what a client says of each.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, Folder, pulling, uri};
use crate::workspace::{LIB, ROOT, errors, settles};

/// A directory is told of as one: what was in it is gone, what is in it now is there.
#[test]
fn folders_on_disk_come_and_go() {
    let files = [("app.oal", ROOT), ("lib/web.oal", LIB), ("one/app.oal", "app one { edition: 1 }\nlet bad = nope\n")];
    let folder = Folder::new("disk-folders", &files);
    let mut capabilities = pulling();
    capabilities["workspace"] = json!({ "didChangeWatchedFiles": { "dynamicRegistration": true } });
    let mut client = Client::start(folder.path(), "");
    let answer = client.initialize(Some(folder.path()), capabilities);
    for operation in ["didCreate", "didRename", "didDelete"] {
        let filters = &answer["capabilities"]["workspace"]["fileOperations"][operation]["filters"];
        assert_eq!(
            (&filters[0]["pattern"]["matches"], &filters[1]["pattern"]["matches"]),
            (&json!("file"), &json!("folder"))
        );
    }
    let app = folder.uri("app.oal");
    client.open(&app, ROOT);
    settles(&mut client, &app, &[]);
    let registered = client.asked.iter().find(|asked| asked["method"] == "client/registerCapability").unwrap();
    let watchers = &registered["params"]["registrations"][0]["registerOptions"]["watchers"];
    assert_eq!(watchers, &json!([{ "globPattern": "**/*.oal" }, { "globPattern": "**/*", "kind": 5 }]));
    let event = |name: &str, kind: u32| json!({ "uri": folder.uri(name), "type": kind });
    let moved = |from: &str, to: &str| std::fs::rename(folder.path().join(from), folder.path().join(to)).unwrap();
    moved("lib", "other");
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [event("lib", 3), event("other", 1)] }));
    settles(&mut client, &app, &["OAL0220"]);
    moved("other", "lib");
    let files = json!({ "files": [{ "oldUri": folder.uri("other"), "newUri": folder.uri("lib") }] });
    client.notify("workspace/didRenameFiles", files);
    settles(&mut client, &app, &[]);
    let broken = |client: &mut Client| {
        let report = client.call("workspace/diagnostic", json!({ "previousResultIds": [] })).unwrap();
        let items = report["items"].as_array().unwrap().iter();
        let wrong = items.filter(|item| !errors(item["items"].as_array().unwrap()).is_empty());
        wrong.map(|item| item["uri"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(broken(&mut client), [folder.uri("one/app.oal")]);
    moved("one", ".away");
    client.notify("workspace/didDeleteFiles", json!({ "files": [{ "uri": folder.uri("one") }] }));
    assert_eq!(broken(&mut client), Vec::<String>::new());
    moved(".away", "one");
    client.notify("workspace/didCreateFiles", json!({ "files": [{ "uri": folder.uri("one") }] }));
    for _ in 0..200 {
        if !broken(&mut client).is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(broken(&mut client), [folder.uri("one/app.oal")]);
    // Nothing of ours is in these.
    let revision = |client: &mut Client| client.call("oal/status", Value::Null).unwrap()["revision"].clone();
    let before = revision(&mut client);
    folder.write("notes.txt", "x");
    folder.write("node_modules/x/y.oal", "x");
    let changes = json!({ "changes": [event("notes.txt", 1), event("node_modules/x/y.oal", 1), event("nothing", 3)] });
    client.notify("workspace/didChangeWatchedFiles", changes);
    assert_eq!(revision(&mut client), before);
    assert_eq!(client.stop(), 0);
}

#[test]
fn every_folder_has_its_settings() {
    let program = "app shop {\n  edition: 1\n}\n\nlet idle = 1\n";
    let one = Folder::new("settings-one", &[("app.oal", program)]);
    let two = Folder::new("settings-two", &[("app.oal", program), ("inner/app.oal", program)]);
    let mut capabilities = pulling();
    capabilities["workspace"] = json!({ "configuration": true });
    let mut client = Client::start(one.path(), "");
    let lint = |level: &str| json!({ "lints": { "unused_let": level } });
    let inner = uri(&two.path().join("inner"));
    client.settings.insert(String::new(), lint("allow"));
    client.settings.insert(uri(two.path()), lint("deny"));
    client.settings.insert(inner.clone(), lint("warn"));
    let folders: Vec<Value> =
        [uri(one.path()), uri(two.path()), inner.clone()].iter().map(|uri| json!({ "uri": uri, "name": "" })).collect();
    let params =
        json!({ "processId": null, "rootUri": null, "workspaceFolders": folders, "capabilities": capabilities });
    client.call("initialize", params).unwrap();
    client.notify("initialized", json!({}));
    let found = |client: &mut Client, uri: &str, wanted: &[u64]| {
        for _ in 0..400 {
            let severities: Vec<u64> = client.pull(uri).iter().map(|one| one["severity"].as_u64().unwrap()).collect();
            if severities == wanted {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("{uri}: {:?}, {:?}", client.pull(uri), client.asked);
    };
    let all = [one.uri("app.oal"), two.uri("app.oal"), two.uri("inner/app.oal")];
    for (uri, wanted) in all.iter().zip([&[][..], &[1], &[2]]) {
        found(&mut client, uri, wanted);
    }
    // They are asked for again, also where the client sends those of all.
    client.settings.insert(uri(two.path()), lint("allow"));
    client.settings.insert(uri(one.path()), lint("warn"));
    client.notify("workspace/didChangeConfiguration", json!({ "settings": { "oal": lint("allow") } }));
    for (uri, wanted) in all.iter().zip([&[2][..], &[], &[2]]) {
        found(&mut client, uri, wanted);
    }
    assert_eq!(client.stop(), 0);
}
