//! Every request about names, over the wire: that it is advertised, routed, and answered in the client's positions. What the answers
//! are in detail is told in `ide/`.

use serde_json::{Value, json};

use crate::client::{Client, Folder, uri};

const ROOT: &str = "use \"./lib/web.oal\" { web }\napp shop {}\nenvironment dev {}\nenvironment prod { copies: 4 }\nparam copies: Int = 1\nservice api { image: \"x:1\", ports: { http: 80 }, env: { N: \"😀 ${copies}\" } }\nweb front { image: \"x:1\", domain: \"a.example.com\", backend: api, replicas: copies }\n";
const LIBRARY: &str = "/// A web service.\nkind web extends service {\n  field domain: Host\n  field backend: service?\n  ports: { http: 3000 }\n}\n";

struct Session {
    client: Client,
    folder: Folder,
    root: String,
    library: String,
}

fn capabilities() -> Value {
    json!({
        "general": { "positionEncodings": ["utf-16"] },
        "workspace": { "workspaceEdit": { "documentChanges": true } },
        "experimental": { "commands": { "commands": ["oal.showIr", "oal.showGraph", "oal.showReferences"] } },
        "textDocument": {
            "definition": { "linkSupport": true },
            "hover": { "contentFormat": ["markdown", "plaintext"] },
            "rename": { "prepareSupport": true },
            "documentSymbol": { "hierarchicalDocumentSymbolSupport": true },
        },
    })
}

fn session(name: &str, capabilities: Value) -> Session {
    let folder = Folder::new(name, &[("app.oal", ROOT), ("lib/web.oal", LIBRARY)]);
    let mut client = Client::on(folder.path(), capabilities);
    let root = uri(&folder.path().join("app.oal"));
    let library = uri(&folder.path().join("lib/web.oal"));
    client.open(&root, ROOT);
    Session { client, folder, root, library }
}

/// The params of a request about the first `word` behind `after` in a text, in UTF-16.
fn at(uri: &str, text: &str, after: &str, word: &str) -> Value {
    let from = text.find(after).unwrap() + after.len();
    let found = from + text[from..].find(word).unwrap();
    let before = &text[..found];
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let character = before[start..].encode_utf16().count();
    json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } })
}

fn with(mut params: Value, more: Value) -> Value {
    params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    params
}

impl Session {
    fn ask(&mut self, method: &str, after: &str, word: &str) -> Value {
        self.ask_with(method, after, word, json!({}))
    }

    fn ask_with(&mut self, method: &str, after: &str, word: &str, more: Value) -> Value {
        let params = with(at(&self.root, ROOT, after, word), more);
        self.client.call(method, params).unwrap()
    }
}

fn range(line: u32, from: u32, to: u32) -> Value {
    json!({ "start": { "line": line, "character": from }, "end": { "line": line, "character": to } })
}

#[test]
fn everything_is_advertised() {
    let folder = Folder::new("advertised", &[]);
    let mut client = Client::start(folder.path(), "");
    let answer = client.initialize(Some(folder.path()), capabilities());
    let provided = &answer["capabilities"];
    for name in [
        "hover",
        "definition",
        "declaration",
        "typeDefinition",
        "implementation",
        "references",
        "documentHighlight",
        "documentSymbol",
        "workspaceSymbol",
        "typeHierarchy",
        "callHierarchy",
    ] {
        assert_eq!(provided[format!("{name}Provider")], true, "{name}: {provided}");
    }
    for name in ["codeLens", "inlayHint"] {
        assert_eq!(provided[format!("{name}Provider")]["resolveProvider"], true, "{name}");
    }
    assert_eq!(provided["renameProvider"]["prepareProvider"], true);
    let filters = &provided["workspace"]["fileOperations"]["willRename"]["filters"];
    assert_eq!(filters[0]["pattern"]["glob"], "**/*.oal");
    assert_eq!(client.stop(), 0);
}

#[test]
fn names_lead_somewhere() {
    let mut session = session("names", capabilities());
    let hover = session.ask("textDocument/hover", "😀 ${", "copies");
    assert!(hover["contents"]["value"].as_str().unwrap().contains("param copies: Int = 1"), "{hover}");
    assert_eq!(hover["range"], range(5, 65, 71));
    let link = session.ask("textDocument/definition", "\n", "web front");
    assert_eq!(link[0]["targetUri"], session.library.as_str());
    assert_eq!(link[0]["targetSelectionRange"], range(1, 5, 8));
    assert_eq!(link[0]["originSelectionRange"], range(6, 0, 3));
    let place = session.ask("textDocument/declaration", "\n", "web front");
    assert_eq!(place, json!([{ "uri": session.root, "range": range(0, 22, 25) }]));
    let place = session.ask("textDocument/typeDefinition", "backend: ", "api");
    assert_eq!(place[0]["uri"], "oal-std:/service.oal");
    let places = session.ask("textDocument/implementation", "param ", "copies");
    assert_eq!(places, json!([{ "uri": session.root, "range": range(3, 19, 25) }]));
    let context = json!({ "context": { "includeDeclaration": true } });
    let places = session.ask_with("textDocument/references", "param ", "copies", context);
    assert_eq!(places.as_array().unwrap().len(), 4);
    assert_eq!(places[2]["range"], range(5, 65, 71));
    let uses = session.ask("textDocument/documentHighlight", "param ", "copies");
    let kinds: Vec<&Value> = uses.as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, [3, 3, 2, 2]);
    assert_eq!(session.client.stop(), 0);
}

/// A client that does not say that it reads our scheme gets the library as read-only files.
#[test]
fn the_library_is_in_files_for_most_editors() {
    let folder = Folder::new("files", &[("app.oal", ROOT), ("lib/web.oal", LIBRARY)]);
    let mut command = std::process::Command::new(option_env!("CARGO_BIN_EXE_oal-lsp").unwrap_or("oal-lsp"));
    command.current_dir(folder.path()).env("XDG_CACHE_HOME", folder.path().join("cache"));
    let mut client = Client::of(command);
    let document = json!({ "publishDiagnostics": { "codeDescriptionSupport": true } });
    client.call("initialize", json!({ "processId": null, "capabilities": { "textDocument": document } })).unwrap();
    client.notify("initialized", json!({}));
    let root = uri(&folder.path().join("app.oal"));
    client.open(&root, ROOT);
    let found = client.call("textDocument/typeDefinition", at(&root, ROOT, "backend: ", "api")).unwrap();
    let place = found[0]["uri"].as_str().unwrap().to_owned();
    let path = std::path::Path::new(place.strip_prefix("file://").unwrap());
    assert!(path.starts_with(folder.path().join("cache/oal")) && path.ends_with("service.oal"), "{place}");
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        text,
        oal_check::std::text(oal_check::std::index(oal_check::std::file_named("service.oal").unwrap()).unwrap()).1
    );
    assert!(std::fs::metadata(path).unwrap().permissions().readonly());
    // Opened, it is asked like any other, and nothing is found in it.
    client.open(&place, &text);
    let params = at(&place, &text, "field health: ", "Probe");
    assert!(
        client.call("textDocument/definition", params.clone()).unwrap()[0]["uri"]
            .as_str()
            .unwrap()
            .starts_with("file://")
    );
    assert!(client.call("textDocument/hover", params).unwrap()["contents"]["value"].as_str().is_some());
    let pulled = client.call("textDocument/diagnostic", json!({ "textDocument": { "uri": place } })).unwrap();
    assert_eq!(pulled["items"], json!([]));
    let pulled = client.call("textDocument/diagnostic", json!({ "textDocument": { "uri": root } })).unwrap();
    let page = pulled["items"][0]["codeDescription"]["href"].as_str().unwrap();
    assert!(std::fs::read_to_string(page.strip_prefix("file://").unwrap()).unwrap().starts_with("# "), "{page}");
    assert_eq!(client.stop(), 0);
}

/// A file of the built-in library is asked like any other.
#[test]
fn the_library_is_asked_too() {
    let mut session = session("library", json!({}));
    let text =
        oal_check::std::text(oal_check::std::index(oal_check::std::file_named("service.oal").unwrap()).unwrap()).1;
    let params = at("oal-std:/service.oal", text, "field health: ", "Probe");
    let place = session.client.call("textDocument/definition", params.clone()).unwrap();
    assert_eq!(place[0]["uri"], "oal-std:/service.oal");
    assert!(session.client.call("textDocument/hover", params).unwrap()["contents"]["value"].as_str().is_some());
    let params = with(at("oal-std:/service.oal", text, "extern kind ", "service"), json!({ "newName": "thing" }));
    let refusal = session.client.call("textDocument/rename", params).unwrap_err();
    assert!(refusal["message"].as_str().unwrap().contains("built-in library"), "{refusal}");
}

#[test]
fn names_are_renamed_in_all_files() {
    let mut session = session("rename", capabilities());
    let prepared = session.ask("textDocument/prepareRename", "domain", ": \"");
    assert_eq!(prepared["placeholder"], "domain");
    let edit = session.ask_with("textDocument/rename", "x:1\", ", "domain", json!({ "newName": "address" }));
    let changes = edit["documentChanges"].as_array().unwrap();
    let files: Vec<(&str, &Value)> = changes
        .iter()
        .map(|one| (one["textDocument"]["uri"].as_str().unwrap(), &one["textDocument"]["version"]))
        .collect();
    assert_eq!(files, [(session.root.as_str(), &json!(1)), (session.library.as_str(), &Value::Null)]);
    assert_eq!(changes[1]["edits"], json!([{ "range": range(2, 8, 14), "newText": "address" }]));
    let params = with(at(&session.root, ROOT, "param ", "copies"), json!({ "newName": "api" }));
    let refusal = session.client.call("textDocument/rename", params).unwrap_err();
    assert_eq!(refusal["code"], -32803);
    assert!(refusal["message"].as_str().unwrap().contains("already declared"), "{refusal}");
}

#[test]
fn moved_files_are_followed() {
    let mut session = session("moved", json!({}));
    let new = uri(&session.folder.path().join("kinds/site.oal"));
    let files = json!({ "files": [{ "oldUri": session.library, "newUri": new }] });
    let edit = session.client.call("workspace/willRenameFiles", files).unwrap();
    let expected = json!([{ "range": range(0, 4, 19), "newText": "\"./kinds/site.oal\"" }]);
    assert_eq!(edit["changes"][&session.root], expected);
}

#[test]
fn outlines_and_symbols() {
    let mut session = session("symbols", capabilities());
    let params = json!({ "textDocument": { "uri": session.root } });
    let outline = session.client.call("textDocument/documentSymbol", params).unwrap();
    let names: Vec<&str> = outline.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["shop", "dev", "prod", "copies", "api", "front"]);
    assert_eq!(outline[4]["children"][0]["name"], "image");
    assert_eq!(outline[4]["range"], range(5, 0, 77));
    assert_eq!(outline[4]["selectionRange"], range(5, 8, 11));
    let found = session.client.call("workspace/symbol", json!({ "query": "dom" })).unwrap();
    assert_eq!(found[0]["name"], "domain");
    assert_eq!(found[0]["containerName"], "web");
    assert_eq!(found[0]["location"]["uri"], session.library.as_str());
}

#[test]
fn outlines_for_clients_that_know_only_lists() {
    let mut session = session("flat", json!({ "general": { "positionEncodings": ["utf-16"] } }));
    let params = json!({ "textDocument": { "uri": session.root } });
    let list = session.client.call("textDocument/documentSymbol", params).unwrap();
    let mut names = list.as_array().unwrap().iter().map(|one| (one["name"].as_str(), one["containerName"].as_str()));
    assert!(names.any(|one| one == (Some("api"), None)));
    assert_eq!(names.next(), Some((Some("image"), Some("api"))));
    let text = list.as_array().unwrap().iter().find(|one| one["name"] == "api").unwrap();
    let location = json!({ "uri": session.root, "range": range(5, 0, 77) });
    assert_eq!(*text, json!({ "name": "api", "kind": 19, "location": location }));
    let empty = uri(&session.folder.path().join("empty.oal"));
    session.client.open(&empty, "");
    let params = json!({ "textDocument": { "uri": empty } });
    assert_eq!(session.client.call("textDocument/documentSymbol", params).unwrap(), json!([]));
}

#[test]
fn hierarchies() {
    let mut session = session("hierarchy", capabilities());
    let kinds = session.ask("textDocument/prepareTypeHierarchy", "\n", "web front");
    assert_eq!(kinds[0]["name"], "web");
    let bases = session.client.call("typeHierarchy/supertypes", json!({ "item": kinds[0] })).unwrap();
    assert_eq!((&bases[0]["name"], &bases[0]["uri"]), (&json!("service"), &json!("oal-std:/service.oal")));
    let derived = session.client.call("typeHierarchy/subtypes", json!({ "item": bases[0] })).unwrap();
    assert_eq!(derived[0]["name"], "web");
    let used = session.ask("textDocument/prepareCallHierarchy", "service ", "api");
    let users = session.client.call("callHierarchy/incomingCalls", json!({ "item": used[0] })).unwrap();
    assert_eq!(users[0]["from"]["name"], "front");
    assert_eq!(users[0]["fromRanges"], json!([range(6, 60, 63)]));
    let uses = session.client.call("callHierarchy/outgoingCalls", json!({ "item": users[0]["from"] })).unwrap();
    let names: Vec<&Value> = uses.as_array().unwrap().iter().map(|one| &one["to"]["name"]).collect();
    assert_eq!(names, ["copies", "api", "web"]);
}

#[test]
fn lenses_hints_and_pictures() {
    let mut session = session("hints", capabilities());
    let document = json!({ "textDocument": { "uri": session.root } });
    let lenses = session.client.call("textDocument/codeLens", document.clone()).unwrap();
    assert_eq!(lenses[1]["command"]["title"], "IR of prod");
    assert_eq!(lenses[1]["command"]["arguments"], json!([session.root, "prod"]));
    let counted = lenses.as_array().unwrap().iter().find(|one| one["range"] == range(4, 6, 12)).unwrap();
    let counted = session.client.call("codeLens/resolve", counted.clone()).unwrap();
    assert_eq!(counted["command"]["title"], "3 references");
    let whole = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 99, "character": 0 } });
    let hints =
        session.client.call("textDocument/inlayHint", with(document.clone(), json!({ "range": whole }))).unwrap();
    let hint = hints.as_array().unwrap().iter().find(|one| one["label"] == "prod: 4").unwrap();
    assert_eq!(hint["position"], json!({ "line": 4, "character": 21 }));
    let hint = session.client.call("inlayHint/resolve", hint.clone()).unwrap();
    assert!(hint["tooltip"]["value"].as_str().unwrap().contains("param copies"), "{hint}");
    let hint = hints.as_array().unwrap().iter().find(|one| one["label"] == "restart: always by default").unwrap();
    // It stands apart from the brace before it.
    assert_eq!(hint["paddingLeft"], true, "{hint}");
    let hint = session.client.call("inlayHint/resolve", hint.clone()).unwrap();
    assert!(hint["tooltip"]["value"].as_str().unwrap().contains("stop_grace: 10s"), "{hint}");
    let settings = json!({ "settings": { "oal": { "defaults": false } } });
    session.client.notify("workspace/didChangeConfiguration", settings);
    let fewer =
        session.client.call("textDocument/inlayHint", with(document.clone(), json!({ "range": whole }))).unwrap();
    let without = |hint: &&Value| !hint["label"].as_str().unwrap().ends_with(" by default");
    let kept: Vec<&Value> = hints.as_array().unwrap().iter().filter(without).collect();
    assert_eq!(fewer.as_array().unwrap().iter().collect::<Vec<_>>(), kept);
    let unknown = session.client.call("oal/graph", json!({ "uri": session.root, "environment": "nowhere" }));
    assert!(unknown.is_err(), "{unknown:?}");
    let picture = session.client.call("oal/graph", json!({ "uri": session.root, "environment": "prod" })).unwrap();
    assert_eq!(picture["environment"], "prod");
    assert_eq!(picture["nodes"][0], json!({ "id": "service/api", "kind": "service", "label": "api" }));
}

/// A line above a declaration runs a command of the client; who has none is shown none.
#[test]
fn lenses_are_for_those_who_can_run_them() {
    for (commands, expected) in [(json!([]), 0), (json!(["oal.showReferences"]), 3), (json!(["oal.showGraph"]), 1)] {
        let mut can = capabilities();
        can["experimental"]["commands"]["commands"] = commands;
        let mut session = session("lenses", can);
        let document = json!({ "textDocument": { "uri": session.root } });
        let lenses = session.client.call("textDocument/codeLens", document).unwrap();
        assert_eq!(lenses.as_array().unwrap().len(), expected, "{lenses}");
    }
}
