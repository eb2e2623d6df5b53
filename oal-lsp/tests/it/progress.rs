//! Work that takes a while is shown, and ends when a person says so.

use serde_json::{Value, json};

use crate::client::{Client, Folder, pulling};

const BROKEN: &str = "app one { edition: 1 }\nlet x = 1 +\n";

/// A client that shows work, on a folder of ten programs in directories of their own; each step of long work takes 400 ms more.
fn slow(name: &str) -> (Folder, Client) {
    let folder = Folder::new(name, &[]);
    for at in 0..10 {
        folder.write(&format!("d{at}/app.oal"), BROKEN);
    }
    let mut capabilities = pulling();
    capabilities["window"] = json!({ "workDoneProgress": true });
    let client = Client::drilled(folder.path(), capabilities, "sleep:step:400");
    (folder, client)
}

/// The next word on work whose token holds this.
fn next(client: &mut Client, token: &str, kind: &str) -> Value {
    let mut message = client.wait(&format!("{kind} of {token}"), |message| {
        let named = message["params"]["token"].as_str().is_some_and(|name| name.contains(token));
        message["method"] == "$/progress" && named && message["params"]["value"]["kind"] == kind
    });
    message["params"].take()
}

fn cancel(client: &mut Client, begun: &Value) {
    client.notify("window/workDoneProgress/cancel", json!({ "token": begun["token"] }));
}

#[test]
fn looking_for_files_is_shown_and_can_be_left() {
    let (_folder, mut client) = slow("progress-folder");
    let begun = next(&mut client, "progress-folder", "begin");
    assert_eq!(begun["value"]["title"], "Looking for OAL files");
    assert_eq!(begun["value"]["cancellable"], true);
    assert!(client.asked.iter().any(|asked| asked["method"] == "window/workDoneProgress/create"));
    let report = next(&mut client, "progress-folder", "report");
    assert!(report["value"]["message"].as_str().unwrap().ends_with(" files"), "{report}");
    cancel(&mut client, &begun);
    next(&mut client, "progress-folder", "end");
    // What had been found, perhaps nothing yet, is known; the rest of the ten files is not looked for.
    let known = client.call("oal/status", Value::Null).unwrap()["documents"]["known"].as_u64().unwrap();
    assert!(known < 10, "{known}");
    assert_eq!(client.stop(), 0);
}

#[test]
fn checking_the_workspace_is_shown_to_its_end() {
    let (_folder, mut client) = slow("progress-whole");
    next(&mut client, "progress-whole", "end");
    let id = client.ask("workspace/diagnostic", json!({ "previousResultIds": [] }));
    let begun = next(&mut client, "diagnostics", "begin");
    assert_eq!(begun["value"]["title"], "Checking OAL programs");
    let report = next(&mut client, "diagnostics", "report");
    assert!(report["value"]["message"].as_str().unwrap().ends_with(" of 10"), "{report}");
    next(&mut client, "diagnostics", "end");
    assert_eq!(client.answer(id).unwrap()["items"].as_array().unwrap().len(), 10);
    // Nothing is left of it: what is cancelled afterwards is nothing.
    cancel(&mut client, &begun);
    assert_eq!(client.stop(), 0);
}

#[test]
fn checking_the_workspace_can_be_left() {
    let (folder, mut client) = slow("progress-left");
    next(&mut client, "progress-left", "end");
    let id = client.ask("workspace/diagnostic", json!({ "previousResultIds": [] }));
    let begun = next(&mut client, "diagnostics", "begin");
    cancel(&mut client, &begun);
    next(&mut client, "diagnostics", "end");
    let error = client.answer(id).unwrap_err();
    assert_eq!((&error["code"], &error["data"]["retriggerRequest"]), (&json!(-32802), &json!(false)), "{error}");
    // One document is still answered.
    assert!(!client.pull(&folder.uri("d3/app.oal")).is_empty());
    assert_eq!(client.stop(), 0);
}

/// A client that cannot show work is not asked to, and gets its answer.
#[test]
fn nothing_is_shown_where_it_cannot_be() {
    let folder = Folder::new("progress-none", &[("a.oal", BROKEN), ("b.oal", BROKEN), ("c.oal", BROKEN)]);
    let mut client = Client::drilled(folder.path(), pulling(), "sleep:step:300");
    let report = client.call("workspace/diagnostic", json!({ "previousResultIds": [] })).unwrap();
    assert_eq!(report["items"].as_array().unwrap().len(), 3);
    assert!(client.rest().iter().all(|message| message["method"] != "$/progress"));
    assert!(client.asked.iter().all(|asked| asked["method"] != "window/workDoneProgress/create"));
    assert_eq!(client.stop(), 0);
}
