//! Every request that helps to write, over the wire: that it is advertised, routed, and answered in the client's positions. What the
//! answers are in detail is told in `ide/`.

use serde_json::{Value, json};

use crate::client::{Client, Folder, uri};

const TEXT: &str = "use \"./lib.oal\" { a }\napp shop {}\njob t {\n  image: \"😀\", build: { context: \"./x\" }\n  env: { A: join([\"😀\"], a), B: b }\n}\nlet xs = [\"${y}\" for y in [1]]\n";
const LIBRARY: &str = "let a = \"x\"\nlet c = 1\n";

struct Session {
    client: Client,
    folder: Folder,
    root: String,
}

fn capabilities() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-16"] },
        "workspace": { "workspaceEdit": { "documentChanges": true } },
        "textDocument": {
            "completion": { "completionItem": { "snippetSupport": true } },
            "codeAction": {
                "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix", "refactor", "source"] } },
                "dataSupport": true,
                "resolveSupport": { "properties": ["edit"] },
            },
        },
    })
}

fn session(name: &str, text: &str) -> Session {
    let folder = Folder::new(name, &[("app.oal", text), ("lib.oal", LIBRARY), ("x/Dockerfile", "FROM scratch")]);
    let mut client = Client::on(folder.path(), capabilities());
    let root = uri(&folder.path().join("app.oal"));
    client.open(&root, text);
    Session { client, folder, root }
}

impl Session {
    fn document(&self) -> Value {
        json!({ "uri": self.root })
    }

    fn ask(&mut self, method: &str, mut params: Value) -> Value {
        params["textDocument"] = self.document();
        self.client.call(method, params).unwrap()
    }

    fn at(&mut self, method: &str, line: u32, character: u32) -> Value {
        self.ask(method, json!({ "position": { "line": line, "character": character } }))
    }
}

fn range(line: u32, from: u32, to: u32) -> Value {
    json!({ "start": { "line": line, "character": from }, "end": { "line": line, "character": to } })
}

#[test]
fn all_is_advertised() {
    let folder = Folder::new("written", &[]);
    let mut client = Client::start(folder.path(), "");
    let answer = client.initialize(Some(folder.path()), capabilities());
    let able = &answer["capabilities"];
    for name in [
        "completionProvider",
        "signatureHelpProvider",
        "codeActionProvider",
        "documentFormattingProvider",
        "documentRangeFormattingProvider",
        "documentOnTypeFormattingProvider",
        "linkedEditingRangeProvider",
        "semanticTokensProvider",
        "selectionRangeProvider",
        "documentLinkProvider",
        "foldingRangeProvider",
    ] {
        assert!(!able[name].is_null() && able[name] != false, "{name}: {able}");
    }
    assert_eq!(able["semanticTokensProvider"]["full"]["delta"], true);
    assert_eq!(able["codeActionProvider"]["resolveProvider"], true);
}

#[test]
fn completion_with_resolve() {
    let mut session = session("completion", "app shop {}\n/* 😀 */ let x = 1\njob t { image: \"😀\", ti }\n");
    let found = session.at("textDocument/completion", 2, 23);
    let items = found["items"].as_array().unwrap();
    let timeout = items.iter().find(|item| item["label"] == "timeout").unwrap();
    assert_eq!(timeout["textEdit"]["range"], range(2, 21, 23).clone(), "{timeout}");
    assert_eq!(timeout["textEdit"]["newText"], "timeout: $0");
    assert!(timeout["documentation"].is_null());
    let resolved = session.client.call("completionItem/resolve", timeout.clone()).unwrap();
    assert!(resolved["documentation"]["value"].as_str().unwrap().len() > 10, "{resolved}");
}

#[test]
fn completion_of_files() {
    let mut session = session("completion-files", "use \"./\" {}\napp shop {}\njob t { build: { context: \"./\" } }\n");
    let labels = |found: Value| -> Vec<String> {
        let items = found["items"].as_array().unwrap().iter();
        items.map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(labels(session.at("textDocument/completion", 0, 7)), ["lib.oal"]);
    assert_eq!(labels(session.at("textDocument/completion", 2, 29)), ["x"]);
}

#[test]
fn signature() {
    let mut session = session("signature", TEXT);
    let found = session.at("textDocument/signatureHelp", 4, 25);
    assert_eq!(found["signatures"][0]["label"], "join(list: List<String>, separator?: String) -> String");
    assert_eq!(found["activeParameter"], 1);
    assert_eq!(found["signatures"][0]["parameters"][1]["label"], json!([25, 43]));
}

#[test]
fn actions_with_resolve() {
    let mut session = session("actions", "app shop { edition: 1 }\nlet b = \"😀\"\nlet c = yes and b == \"\"\n");
    let diagnostics = session.client.pull(&session.root);
    let wrong = diagnostics.iter().find(|found| found["message"].as_str().unwrap().contains("`yes`")).unwrap();
    let context = json!({ "diagnostics": [wrong] });
    let found = session.ask("textDocument/codeAction", json!({ "range": wrong["range"], "context": context }));
    let action = found.as_array().unwrap().iter().find(|action| action["title"] == "Write `true`").unwrap().clone();
    assert_eq!((&action["kind"], &action["isPreferred"]), (&json!("quickfix"), &json!(true)));
    assert_eq!(action["diagnostics"][0]["code"], wrong["code"]);
    assert!(action["edit"].is_null());
    let resolved = session.client.call("codeAction/resolve", action).unwrap();
    let edit = &resolved["edit"]["documentChanges"][0];
    assert_eq!(edit["textDocument"], json!({ "uri": session.root, "version": 1 }));
    assert_eq!(edit["edits"], json!([{ "range": range(2, 8, 11), "newText": "true" }]));
    // Only what is asked for.
    let context = json!({ "diagnostics": [], "only": ["source.fixAll"] });
    let found = session.ask("textDocument/codeAction", json!({ "range": range(0, 0, 0), "context": context }));
    let kinds: Vec<&Value> = found.as_array().unwrap().iter().map(|action| &action["kind"]).collect();
    assert_eq!(kinds, ["source.fixAll"]);
}

#[test]
fn formatting() {
    let mut session = session("formatting", "app shop {}\nlet   a = \"😀\"\nlet   b = 2\njob t {\n\n}\n");
    let options = json!({ "tabSize": 8, "insertSpaces": false });
    let found = session.ask("textDocument/formatting", json!({ "options": options }));
    assert_eq!(found[0]["newText"], "let a = \"😀\"\nlet b = 2\njob t {}\n");
    let one = json!({ "options": options, "range": range(2, 0, 3) });
    let found = session.ask("textDocument/rangeFormatting", one);
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!(found[0]["newText"], "let b = 2\n");
    let typed = json!({ "options": options, "ch": "\n", "position": { "line": 4, "character": 0 } });
    let found = session.ask("textDocument/onTypeFormatting", typed);
    assert_eq!(found, json!([{ "range": range(4, 0, 0), "newText": "  " }]));
}

#[test]
fn semantic_tokens() {
    let mut session = session("tokens", TEXT);
    let full = session.ask("textDocument/semanticTokens/full", json!({}));
    let data: Vec<u64> = full["data"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    assert_eq!(data.len() % 5, 0);
    let insert = json!([{ "range": range(1, 0, 0), "text": "let 😀 = 1\nlet q = 1\n" }]);
    session.client.change(&session.root.clone(), 2, insert);
    let params = json!({ "previousResultId": full["resultId"] });
    let delta = session.ask("textDocument/semanticTokens/full/delta", params);
    let mut patched = data.clone();
    for edit in delta["edits"].as_array().unwrap() {
        let start = usize::try_from(edit["start"].as_u64().unwrap()).unwrap();
        let count = usize::try_from(edit["deleteCount"].as_u64().unwrap()).unwrap();
        let new = edit["data"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap());
        patched.splice(start..start + count, new);
        assert!(count < data.len() / 2, "hardly anything has changed: {edit}");
    }
    let again = session.ask("textDocument/semanticTokens/full", json!({}));
    assert_eq!(json!(patched), again["data"]);
    let unknown = session.ask("textDocument/semanticTokens/full/delta", json!({ "previousResultId": "gone" }));
    assert_eq!(unknown["data"], again["data"]);
    let part = session.ask("textDocument/semanticTokens/range", json!({ "range": range(3, 0, 3) }));
    assert_eq!(part["data"].as_array().unwrap()[0], 3);
}

#[test]
fn selections_links_and_linked_names() {
    let mut session = session("selections", TEXT);
    let positions = json!([{ "line": 3, "character": 11 }, { "line": 0, "character": 1 }]);
    let found = session.ask("textDocument/selectionRange", json!({ "positions": positions }));
    assert_eq!(found[0]["range"], range(3, 10, 12));
    assert_eq!(found[0]["parent"]["range"], range(3, 9, 13));
    assert_eq!(found.as_array().unwrap().len(), 2);

    let found = session.ask("textDocument/documentLink", json!({}));
    let library = uri(&session.folder.path().join("lib.oal"));
    assert_eq!(found[0], json!({ "range": range(0, 5, 14), "target": library }));
    assert_eq!(found[1]["target"], uri(&session.folder.path().join("x")));

    let found = session.at("textDocument/linkedEditingRange", 6, 13);
    assert_eq!(found["ranges"], json!([range(6, 13, 14), range(6, 21, 22)]));
    assert!(session.at("textDocument/linkedEditingRange", 6, 5).is_null());
}

/// The colours of a long document come from its text at once; when it is checked, the client is asked to ask again.
#[test]
fn better_tokens_follow() {
    let mut text = "app shop {}\n".to_owned();
    for number in 0..6_000 {
        text.push_str(&format!("cache c{number} {{ engine: valkey, memory: 256MiB }}\n"));
    }
    let folder = Folder::new("better-tokens", &[("app.oal", &text)]);
    let mut able = capabilities();
    able["workspace"]["semanticTokens"] = json!({ "refreshSupport": true });
    let mut client = Client::on(folder.path(), able);
    let root = uri(&folder.path().join("app.oal"));
    client.open(&root, &text);
    let ask = |client: &mut Client| {
        let range = json!({ "start": { "line": 1, "character": 0 }, "end": { "line": 2, "character": 0 } });
        let params = json!({ "textDocument": { "uri": root }, "range": range });
        client.call("textDocument/semanticTokens/range", params).unwrap()["data"].clone()
    };
    // The fourth token is the variant `valkey`: by its text alone a name like others.
    let kind = |data: &Value| data[3 * 5 + 3].clone();
    let first = ask(&mut client);
    client.pull(&root);
    for _ in 0..500 {
        if kind(&first) != kind(&ask(&mut client)) || kind(&first) == 7 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(kind(&ask(&mut client)), 7);
    let refreshed = |client: &mut Client| {
        client.pull(&root);
        client.asked.iter().any(|asked| asked["method"] == "workspace/semanticTokens/refresh")
    };
    assert!(kind(&first) == 7 || (0..500).any(|_| refreshed(&mut client)));
}

/// Actions of one title are told apart by what they answer.
#[test]
fn the_action_that_was_chosen_is_resolved() {
    let text = "app shop {\n  edition: 1\n}\n\nlet a = 1\n\nlet b = 2\n";
    let mut session = session("chosen", text);
    let report = session.ask("textDocument/diagnostic", json!({}));
    let whole = json!({ "start": { "line": 4, "character": 0 }, "end": { "line": 6, "character": 9 } });
    let params = json!({ "range": whole, "context": { "diagnostics": report["items"] } });
    let found = session.ask("textDocument/codeAction", params);
    let same = found.as_array().unwrap().iter().filter(|action| action["title"] == "Allow `unused_let` here");
    let mut lines = Vec::new();
    for action in same.cloned().collect::<Vec<_>>() {
        let line = action["diagnostics"][0]["range"]["start"]["line"].clone();
        let resolved = session.client.call("codeAction/resolve", action).unwrap();
        assert_eq!(resolved["edit"]["documentChanges"][0]["edits"][0]["range"]["start"]["line"], line, "{resolved}");
        lines.push(line);
    }
    assert_eq!(lines, [4, 6]);
}

impl Session {
    fn labels(&mut self, uri: &str, line: u32, character: u32) -> Vec<String> {
        let params = json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } });
        let list = self.client.call("textDocument/completion", params).unwrap();
        list["items"].as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    }
}

/// A file that came to be used is completed from the program that uses it, not from what was known while it stood alone.
#[test]
fn completion_follows_a_file_into_its_program() {
    let mut session = session("joined", "app shop {}\n");
    let new = session.folder.uri("new.oal");
    session.client.open(&new, "let one = 1\n");
    session.client.pull(&new);
    let app = json!([{ "text": "use \"./new.oal\" { one }\napp shop {}\nlet q = one\n" }]);
    let root = session.root.clone();
    session.client.change(&root, 2, app);
    session.client.pull(&root);
    let text = "let one = 1\nlet fresh_name = 2\ntype Plan = small | big(fresh_field: Int)\nlet x = fre\nlet y: Plan = big()\n";
    session.client.change(&new, 2, json!([{ "text": text }]));
    session.client.pull(&new);
    assert!(session.labels(&new, 3, 11).contains(&"fresh_name".to_owned()));
    let params = json!({ "textDocument": { "uri": new }, "position": { "line": 4, "character": 18 } });
    let help = session.client.call("textDocument/signatureHelp", params).unwrap();
    assert!(help["signatures"][0]["label"].as_str().unwrap().contains("fresh_field"), "{help}");
}

/// Right behind the change that brings what is asked for.
#[test]
fn completion_knows_what_was_just_written() {
    let mut session = session("just", "app shop {}\n");
    let root = session.root.clone();
    session.client.pull(&root);
    for round in 2..12 {
        let text = format!(
            "app shop {{}}\ncache sess{round} {{ memory: 1MiB }}\nservice b {{\n  image: \"x:1\"\n  env: {{ U: sess{round}. }}\n}}\n"
        );
        session.client.change(&root, round, json!([{ "text": text }]));
        let column = text.lines().nth(4).unwrap().find(". }").unwrap() + 1;
        let labels = session.labels(&root, 4, u32::try_from(column).unwrap());
        assert!(labels.contains(&"url".to_owned()), "{labels:?}");
    }
}
