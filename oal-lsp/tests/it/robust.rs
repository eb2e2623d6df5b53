//! The server under fire: what is no message, messages at the wrong time, ends of all kinds, failures, strange documents.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::{Client, Folder, pulling, result};

/// A program without findings.
const APP: &str = "app shop {\n  edition: 1\n}\n\nlet port = 80\n\nassert port < 100, \"low\"\n";

fn empty(name: &str) -> Folder {
    Folder::new(name, &[])
}

/// The server answers as ever.
fn lives(client: &mut Client) {
    assert!(client.call("oal/status", Value::Null).unwrap().is_object());
}

fn code(client: &mut Client, method: &str, params: Value) -> i64 {
    client.call(method, params).unwrap_err()["code"].as_i64().unwrap()
}

/// The number and the code of the next error without a request.
fn fault(client: &mut Client) -> i64 {
    let answer = client.wait("a fault", |message| message["id"].is_null() && message.get("error").is_some());
    result(answer).unwrap_err()["code"].as_i64().unwrap()
}

#[test]
fn what_is_no_message_is_answered_and_left() {
    let folder = empty("no-message");
    let mut client = Client::on(folder.path(), pulling());
    let bodies = [
        ("{", -32700),
        ("", -32700),
        ("nonsense", -32700),
        ("{\"jsonrpc\":\"2.0\",\"method\":1}", -32600),
        ("[]", -32600),
        ("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"}]", -32600),
        ("7", -32600),
        ("null", -32600),
        ("{}", -32600),
        ("{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"shutdown\"}", -32600),
        ("{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"shutdown\"}", -32600),
    ];
    for (body, code) in bodies {
        client.body(body);
        assert_eq!(fault(&mut client), code, "{body}");
        lives(&mut client);
    }
    client.raw(b"Content-Length: 4\r\n\r\n\"\xff\xfe\"");
    assert_eq!(fault(&mut client), -32700);
    client.body(&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    assert_eq!(fault(&mut client), -32600);
    lives(&mut client);
    assert_eq!(client.stop(), 0);
}

#[test]
fn broken_frames_lose_no_message_after_them() {
    let folder = empty("frames");
    let mut client = Client::on(folder.path(), pulling());
    let lost = "{\"jsonrpc\":\"2.0\",\"method\":\"lost\"}";
    for header in [
        "Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n",
        "Content-Length: 1073741824\r\n\r\n",
        "Content-Length: 18446744073709551616\r\n\r\n",
        "Content-Length: -3\r\n\r\n",
        "Content-Length: some\r\n\r\n",
        "Content-Length: 7\r\n\r\n",
        "Content-Length: 99\r\n\r\n",
    ] {
        client.raw(format!("{header}{lost}").as_bytes());
        // A length beyond the body swallows the message after it, up to the next one, unless that is found again.
        lives(&mut client);
        assert!([-32700, -32600].contains(&fault(&mut client)), "{header}");
        client.rest();
    }
    let body = json!({ "jsonrpc": "2.0", "id": "lower", "method": "oal/status" }).to_string();
    client.raw(format!("content-TYPE: x\r\ncontent-length:{}\r\n\r\n{body}", body.len()).as_bytes());
    assert!(client.wait("lower case", |message| message["id"] == "lower")["result"].is_object());
    for byte in format!("Content-Length: {}\r\n\r\n{body}", body.len()).bytes() {
        client.raw(&[byte]);
    }
    client.wait("byte by byte", |message| message["id"] == "lower");
    assert_eq!(client.stop(), 0);
}

#[test]
fn numbers_of_requests_come_back_as_they_were() {
    let folder = empty("numbers");
    let mut client = Client::on(folder.path(), pulling());
    for id in ["12345678901234567890123", "-7", "0", "\"text\"", "\"é\\n\"", "1.5", "4294967296", "null"] {
        client.body(&format!("{{\"jsonrpc\":\"2.0\",\"id\":{id},\"method\":\"oal/status\"}}"));
        let wanted: Value = serde_json::from_str(id).unwrap();
        client.wait(id, |message| message.get("result").is_some() && message["id"] == wanted);
    }
    client.body("{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"oal/status\",\"extra\":[1,{}]}");
    client.wait("7", |message| message["id"] == 7);
    lives(&mut client);
}

#[test]
fn everything_has_its_time() {
    let folder = empty("time");
    let mut client = Client::start(folder.path(), "");
    for method in ["textDocument/hover", "shutdown", "oal/status", "no/such"] {
        assert_eq!(code(&mut client, method, Value::Null), -32002, "{method}");
    }
    client.notify("textDocument/didOpen", json!({}));
    client.notify("$/unknown", json!({}));
    assert!(code(&mut client, "initialize", json!(7)) < 0);
    client.initialize(Some(folder.path()), pulling());
    assert_eq!(code(&mut client, "initialize", json!({ "capabilities": {} })), -32600);
    assert_eq!(code(&mut client, "no/such", Value::Null), -32601);
    assert_eq!(code(&mut client, "$/no/such", Value::Null), -32601);
    assert_eq!(code(&mut client, "textDocument/diagnostic", json!({ "wrong": 1 })), -32602);
    assert_eq!(code(&mut client, "textDocument/didOpen", json!({})), -32600);
    for params in [json!({}), json!(null), json!([1]), json!({ "textDocument": { "uri": 7 } })] {
        client.notify("textDocument/didChange", params.clone());
        client.notify("textDocument/didOpen", params.clone());
        client.notify("no/such", params);
    }
    client.body("{\"jsonrpc\":\"2.0\",\"id\":99,\"result\":null}");
    client.body("{\"jsonrpc\":\"2.0\",\"id\":\"unasked\",\"error\":{\"code\":1,\"message\":\"\"}}");
    lives(&mut client);
    client.call("shutdown", Value::Null).unwrap();
    for method in ["oal/status", "shutdown", "initialize", "no/such"] {
        assert_eq!(code(&mut client, method, Value::Null), -32600, "{method}");
    }
    client.notify("exit", Value::Null);
    assert_eq!(client.exit_code(), 0);
}

#[test]
fn a_server_ends_when_it_is_told_whatever_it_does() {
    let folder = Folder::new("exit", &[("app.oal", APP)]);
    let busy = "sleep:textDocument/diagnostic:20000,sleep:oal/ir:20000";
    let pull = json!({ "textDocument": { "uri": folder.uri("app.oal") } });
    let started = |mute: bool| {
        let capabilities = json!({ "workspace": { "configuration": true } });
        let mut client = Client::start(folder.path(), busy);
        client.mute = mute;
        client.initialize(Some(folder.path()), capabilities);
        for _ in 0..8 {
            client.ask("textDocument/diagnostic", pull.clone());
        }
        client.ask("oal/ir", json!({ "uri": folder.uri("app.oal") }));
        client
    };
    // With work running and a question of the server without an answer.
    let mut client = started(true);
    client.call("shutdown", Value::Null).unwrap();
    client.notify("exit", Value::Null);
    assert_eq!(client.exit_code(), 0);
    // Without `shutdown`.
    let mut client = started(true);
    client.notify("exit", Value::Null);
    assert_eq!(client.exit_code(), 1);
    // The input ends.
    let mut client = started(false);
    client.close_input();
    assert_eq!(client.exit_code(), 1);
    let mut client = started(false);
    client.call("shutdown", Value::Null).unwrap();
    client.close_input();
    assert_eq!(client.exit_code(), 0);
    // In the middle of a message.
    let mut client = started(false);
    client.raw(b"Content-Length: 1000\r\n\r\n{\"jsonrpc\"");
    client.close_input();
    assert_eq!(client.exit_code(), 1);
    // Before anything.
    let mut client = Client::start(folder.path(), "");
    client.notify("exit", Value::Null);
    assert_eq!(client.exit_code(), 1);
}

#[test]
#[cfg(target_os = "linux")]
fn a_server_ends_with_the_process_that_started_it() {
    let folder = empty("parent");
    let mut parent = Command::new("sleep").arg("60").stdin(Stdio::null()).spawn().unwrap();
    let mut client = Client::start(folder.path(), "");
    client.call("initialize", json!({ "processId": parent.id(), "capabilities": {} })).unwrap();
    std::thread::sleep(Duration::from_millis(400));
    lives(&mut client);
    // Killed and not waited for: it stays as a zombie.
    parent.kill().unwrap();
    assert_eq!(client.exit_code(), 1);
    parent.wait().unwrap();
    // One that is gone already.
    let mut client = Client::start(folder.path(), "");
    client.call("initialize", json!({ "processId": parent.id(), "capabilities": {} })).unwrap();
    assert_eq!(client.exit_code(), 1);
}

#[test]
#[cfg(debug_assertions)]
fn a_failure_costs_one_answer() {
    let folder = Folder::new("panic", &[("app.oal", APP)]);
    let drill = "panic:textDocument/diagnostic,panic:oal/ir,panic:textDocument/foldingRange";
    let mut client = Client::drilled(folder.path(), pulling(), drill);
    let uri = folder.uri("app.oal");
    client.open(&uri, APP);
    let document = json!({ "textDocument": { "uri": uri } });
    for round in 0..5 {
        for (method, params) in [
            ("textDocument/diagnostic", document.clone()),
            ("textDocument/foldingRange", document.clone()),
            ("oal/ir", json!({ "uri": uri })),
        ] {
            let error = client.call(method, params).unwrap_err();
            assert_eq!(error["code"], -32603, "{round} {method}");
            assert!(error["message"].as_str().unwrap().contains(method), "{error}");
        }
        client.change(&uri, round + 2, json!([{ "text": format!("{APP}// {round}\n") }]));
        assert!(client.text(&uri).unwrap().ends_with(&format!("// {round}\n")));
    }
    let logged = client.rest();
    let lines = logged.iter().filter(|message| message["method"] == "window/logMessage");
    assert_eq!(lines.count(), 15, "{logged:?}");
    assert_eq!(client.stop(), 0);
}

/// Where the user wants it, what led to a failure can be told again; of a session without one nothing is left.
#[test]
#[cfg(debug_assertions)]
fn a_failure_can_be_told_again() {
    let folder = Folder::new("replay", &[("app.oal", APP)]);
    let files = || -> Vec<_> {
        let entries = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|end| end == "replay")).collect()
    };
    let server = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oal-lsp"));
        command.current_dir(folder.path()).env("OAL_LSP_DRILL", "panic:textDocument/foldingRange");
        command
    };
    let uri = folder.uri("app.oal");
    let session = |fails: bool| {
        let mut command = server();
        command.env("OAL_LSP_REPLAY", folder.path());
        let mut client = Client::of(command);
        client.initialize(Some(folder.path()), pulling());
        client.open(&uri, APP);
        client.pull(&uri);
        assert_eq!(files().len(), 1);
        if fails {
            client.call("textDocument/foldingRange", json!({ "textDocument": { "uri": uri } })).unwrap_err();
        }
        let logged: String = client.rest().iter().map(|message| message["params"]["message"].to_string()).collect();
        assert_eq!(client.stop(), 0);
        logged
    };
    session(false);
    assert_eq!(files(), Vec::<std::path::PathBuf>::new());
    let logged = session(true);
    let [file] = &files()[..] else { panic!("{:?}", files()) };
    assert!(logged.contains(file.to_str().unwrap()), "{logged}");

    let mut again = Client::of(server());
    again.raw(&std::fs::read(file).unwrap());
    let failed =
        |message: &Value| message["params"]["message"] == "`textDocument/foldingRange` failed; the server goes on";
    again.wait("the same failure", failed);
}

#[test]
#[cfg(debug_assertions)]
fn slow_work_holds_nobody_up_and_can_be_cancelled() {
    let folder = Folder::new("slow", &[("app.oal", APP)]);
    let mut client =
        Client::drilled(folder.path(), pulling(), "sleep:oal/ir:3000,sleep:textDocument/foldingRange:3000");
    let uri = folder.uri("app.oal");
    client.open(&uri, APP);
    let began = Instant::now();
    let slow: Vec<i64> = (0..6).map(|_| client.ask("oal/ir", json!({ "uri": uri }))).collect();
    assert!(client.pull(&uri).is_empty());
    for id in &slow {
        client.notify("$/cancelRequest", json!({ "id": id }));
        assert_eq!(client.answer(*id).unwrap_err()["code"], -32800);
    }
    client.notify("$/cancelRequest", json!({ "id": 9_999 }));
    client.notify("$/cancelRequest", json!({ "id": slow[0] }));
    client.notify("$/cancelRequest", json!({}));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    client.body(
        "{\"jsonrpc\":\"2.0\",\"id\":123456789012345678901,\"method\":\"oal/ir\",\"params\":{\"uri\":\"file:///x\"}}",
    );
    client.body("{\"jsonrpc\":\"2.0\",\"method\":\"$/cancelRequest\",\"params\":{\"id\":123456789012345678901}}");
    let answer =
        client.wait("a long number", |message| message["id"].is_number() && message["id"].as_f64() > Some(1e20));
    assert!(answer["error"]["code"].is_number());
    assert_eq!(client.stop(), 0);
}

#[test]
fn documents_are_known_by_any_spelling_of_their_names() {
    let names =
        ["plain.oal", "with space.oal", "100%.oal", "é漢😀.oal", "a#b?c.oal", "Case.oal", "case.oal", "deep/er/x.oal"];
    let files: Vec<(&str, &str)> = names.iter().map(|name| (*name, "let x = 1 +\n")).collect();
    let folder = Folder::new("names é 100%", &files);
    let mut client = Client::on(folder.path(), pulling());
    for (at, name) in names.iter().enumerate() {
        let uri = folder.uri(name);
        client.open(&uri, &format!("{APP}// {at}\n"));
        assert!(client.text(&uri).unwrap().ends_with(&format!("// {at}\n")), "{name}");
    }
    for (at, name) in names.iter().enumerate() {
        // As VS Code writes it, and as sloppy clients do.
        let sloppy = folder.uri(name).replace("%20", " ").replace('-', "%2D");
        assert!(client.text(&sloppy).unwrap().ends_with(&format!("// {at}\n")), "{sloppy}");
    }
    // Once it is closed, what is on disk counts.
    client.close(&folder.uri("100%.oal"));
    assert_eq!(client.text(&folder.uri("100%.oal")).unwrap(), "let x = 1 +\n");
    assert_eq!(client.stop(), 0);
}

#[test]
fn documents_need_not_be_files() {
    let folder = empty("not-files");
    let mut client = Client::on(folder.path(), pulling());
    let broken = format!("{APP}let x = 1 +\n");
    for uri in [
        "untitled:Untitled-1",
        "git:/a/app.oal?ref",
        "vscode-vfs://host/app.oal",
        "file://server/app.oal",
        "x:",
        &folder.uri("memory.oal"),
    ] {
        client.open(uri, &broken);
        assert_eq!(client.text(uri).as_deref(), Some(&*broken), "{uri}");
        assert!(!client.pull(uri).is_empty(), "{uri}");
        client.change(uri, 2, json!([{ "text": APP }]));
        assert_eq!(client.pull(uri), Vec::<Value>::new(), "{uri}");
        client.close(uri);
        assert_eq!(client.text(uri), None, "{uri}");
        assert_eq!(client.pull(uri), Vec::<Value>::new(), "{uri}");
    }
    // Two that use each other.
    client.open("untitled:lib.oal", "let port = 8080\n");
    client.open(
        "untitled:app.oal",
        "use \"./lib.oal\" { port }\napp shop { edition: 1 }\nservice api { image: \"a:1\", ports: { http: port } }\n",
    );
    let found = client.pull("untitled:app.oal");
    assert!(found.iter().all(|one| one["severity"] != 1), "{found:?}");
    // The built-in library is what it is.
    let service = client.text("oal-std:/service.oal").unwrap();
    assert!(service.contains("kind service"));
    client.open("oal-std:/service.oal", "nonsense");
    assert_eq!(client.text("oal-std:/service.oal").unwrap(), service);
    assert!(client.text("oal-std:/errors/OAL0203.md").unwrap().starts_with("# "));
    assert_eq!(client.text("oal-std:/errors/OAL9999.md"), None);
    assert_eq!(client.stop(), 0);
}

#[test]
fn edits_are_taken_whatever_they_say() {
    let folder = empty("edits");
    for (encodings, wide) in [(json!(["utf-8"]), 4), (json!(["utf-16"]), 2), (json!(["utf-32"]), 1), (Value::Null, 2)] {
        let mut capabilities = pulling();
        capabilities["general"] = json!({ "positionEncodings": encodings });
        let mut client = Client::start(folder.path(), "");
        let answer = client.initialize(Some(folder.path()), capabilities);
        let name = encodings.get(0).and_then(Value::as_str).unwrap_or("utf-16");
        assert_eq!(answer["capabilities"]["positionEncoding"], name);
        let uri = folder.uri("x.oal");
        let edit = |from: (u32, u32), to: (u32, u32), text: &str| {
            json!({ "range": {
            "start": { "line": from.0, "character": from.1 }, "end": { "line": to.0, "character": to.1 } }, "text": text })
        };
        // Of a document that is not open.
        client.change(&uri, 1, json!([edit((0, 0), (0, 0), "x")]));
        client.close(&uri);
        client.open(&uri, "// 😀b\r\n// é\r\n");
        client.change(&uri, 2, json!([edit((0, 3 + wide), (0, 4 + wide), "c")]));
        assert_eq!(client.text(&uri).unwrap(), "// 😀c\r\n// é\r\n", "{name}");
        // Inside a character, at its start; past the end of a line, at its end; past the end, there.
        if wide > 1 {
            client.change(&uri, 3, json!([edit((0, 4), (0, 4), "<")]));
        } else {
            client.change(&uri, 3, json!([edit((0, 3), (0, 3), "<")]));
        }
        client.change(
            &uri,
            4,
            json!([edit((0, 99), (0, 99), ">"), edit((99, 99), (99, 99), "!"), edit((0, 0), (0, 0), "")]),
        );
        assert_eq!(client.text(&uri).unwrap(), "// <😀c>\r\n// é\r\n!", "{name}");
        // The wrong way round; a whole text among edits.
        client.change(&uri, 5, json!([edit((2, 1), (2, 0), "?"), { "text": "abc" }, edit((0, 1), (0, 2), "")]));
        assert_eq!(client.text(&uri).unwrap(), "ac", "{name}");
        // Opened twice: the second counts. Versions are the client's affair.
        client.open(&uri, "second");
        client.change(&uri, -1, json!([edit((0, 0), (0, 0), "the ")]));
        client.change(&uri, 1, json!([]));
        assert_eq!(client.text(&uri).unwrap(), "the second", "{name}");
        for place in [(0, 0), (0, 4_000_000_000_u32), (4_000_000_000_u32, 0)] {
            let position = json!({ "line": place.0, "character": place.1 });
            let _ = client.call("textDocument/hover", json!({ "textDocument": { "uri": uri }, "position": position }));
            let _ =
                client.call("textDocument/completion", json!({ "textDocument": { "uri": uri }, "position": position }));
        }
        assert_eq!(client.stop(), 0);
    }
}

#[test]
fn the_program_says_what_it_is() {
    let run = |argument: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_oal-lsp")).arg(argument).stdin(Stdio::null()).output().unwrap();
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    assert_eq!(run("--version"), (0, format!("oal-lsp {}\n", oal_lsp::VERSION), String::new()));
    let (code, out, err) = run("--help");
    assert!(code == 0 && out.contains("--stdio") && err.is_empty(), "{out}{err}");
    let (code, out, err) = run("--port=1");
    assert!(code == 2 && out.is_empty() && err.contains("`--port=1`"), "{out}{err}");
    // Nobody there.
    assert_eq!(run("--stdio").0, 1);
}

#[test]
#[cfg(debug_assertions)]
fn a_failure_in_any_request_costs_one_answer() {
    let folder = Folder::new("panics", &[("app.oal", APP)]);
    let mut client = Client::drilled(folder.path(), pulling(), "panic:all");
    let uri = folder.uri("app.oal");
    client.open(&uri, APP);
    let document = json!({ "uri": uri });
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 1, "character": 0 } });
    let whole = json!({
        "uri": uri, "textDocument": document, "position": range["start"], "positions": [range["start"]], "range": range,
        "context": { "includeDeclaration": true, "diagnostics": [], "triggerKind": 1, "isRetrigger": false }, "newName": "x", "query": "", "previousResultIds": [],
        "previousResultId": "", "options": { "tabSize": 2, "insertSpaces": true }, "ch": "}", "files": [],
        "label": "x", "title": "x", "item": { "name": "x", "kind": 5, "uri": uri, "range": range, "selectionRange": range },
    });
    let methods = [
        "callHierarchy/incomingCalls",
        "callHierarchy/outgoingCalls",
        "codeAction/resolve",
        "codeLens/resolve",
        "completionItem/resolve",
        "oal/graph",
        "oal/ir",
        "textDocument/codeAction",
        "textDocument/codeLens",
        "textDocument/completion",
        "textDocument/declaration",
        "textDocument/definition",
        "textDocument/diagnostic",
        "textDocument/documentHighlight",
        "textDocument/documentLink",
        "textDocument/documentSymbol",
        "textDocument/foldingRange",
        "textDocument/formatting",
        "textDocument/hover",
        "textDocument/implementation",
        "textDocument/inlayHint",
        "textDocument/linkedEditingRange",
        "textDocument/onTypeFormatting",
        "textDocument/prepareCallHierarchy",
        "textDocument/prepareRename",
        "textDocument/prepareTypeHierarchy",
        "textDocument/rangeFormatting",
        "textDocument/references",
        "textDocument/rename",
        "textDocument/selectionRange",
        "textDocument/semanticTokens/full",
        "textDocument/semanticTokens/full/delta",
        "textDocument/semanticTokens/range",
        "textDocument/signatureHelp",
        "textDocument/typeDefinition",
        "typeHierarchy/subtypes",
        "typeHierarchy/supertypes",
        "workspace/diagnostic",
        "workspace/symbol",
        "workspace/textDocumentContent",
        "workspace/willRenameFiles",
    ];
    for method in methods {
        let error = client.call(method, whole.clone()).unwrap_err();
        assert_eq!(error["code"], -32603, "{method}: {error}");
    }
    lives(&mut client);
    assert_eq!(client.stop(), 0);
}
