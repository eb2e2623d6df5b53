//! A client that drives the real server over its standard input and output, and can send it what no editor would.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// The machine may be busy with other tests.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

pub(crate) struct Client {
    pub(crate) child: Child,
    input: Option<ChildStdin>,
    messages: Receiver<(Instant, Value)>,
    seen: VecDeque<(Instant, Value)>,
    next: i64,
    /// When the message that was last waited for had come, before it was read as JSON.
    pub(crate) arrived: Instant,
    /// Whether requests of the server are left without an answer.
    pub(crate) mute: bool,
    /// Requests that the server made.
    pub(crate) asked: Vec<Value>,
    /// What it says of settings: by the folder that they are of, and by nothing for those of all.
    pub(crate) settings: BTreeMap<String, Value>,
}

impl Client {
    /// Starts a server that knows nothing yet.
    pub(crate) fn start(directory: &Path, drill: &str) -> Self {
        let mut command = Command::new(option_env!("CARGO_BIN_EXE_oal-lsp").unwrap_or("oal-lsp"));
        command.current_dir(directory).env("OAL_LSP_DRILL", drill);
        Self::of(command)
    }

    pub(crate) fn of(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let input = child.stdin.take();
        let output = child.stdout.take().unwrap();
        let (sender, messages) = channel();
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            while let Some(message) = read(&mut output) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let arrived = Instant::now();
        let (seen, asked, settings) = Default::default();
        Self { child, input, messages, seen, next: 1, arrived, mute: false, asked, settings }
    }

    /// Starts a server on a folder, with these capabilities of a client.
    pub(crate) fn on(folder: &Path, capabilities: Value) -> Self {
        Self::drilled(folder, capabilities, "")
    }

    pub(crate) fn drilled(folder: &Path, capabilities: Value, drill: &str) -> Self {
        let mut client = Self::start(folder, drill);
        client.initialize(Some(folder), capabilities);
        client
    }

    pub(crate) fn initialize(&mut self, folder: Option<&Path>, capabilities: Value) -> Value {
        let folders = folder.map(|folder| json!([{ "uri": uri(folder), "name": "here" }]));
        let params = json!({ "processId": null, "rootUri": null, "workspaceFolders": folders, "capabilities": capabilities, "initializationOptions": { "library": "scheme" } });
        let answer = self.call("initialize", params).unwrap();
        self.notify("initialized", json!({}));
        answer
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        // The server may be gone, which is what some tests want.
        if let Some(input) = &mut self.input {
            let _ = input.write_all(bytes).and_then(|()| input.flush());
        }
    }

    pub(crate) fn body(&mut self, body: &str) {
        self.raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }

    pub(crate) fn notify(&mut self, method: &str, params: Value) {
        self.body(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
    }

    /// Sends a request; its number.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next;
        self.next += 1;
        let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.body(&message.to_string());
        id
    }

    /// Sends a request and waits for the result, or the error.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.ask(method, params);
        self.answer(id)
    }

    pub(crate) fn answer(&mut self, id: i64) -> Result<Value, Value> {
        let answer =
            self.wait(&format!("the answer to {id}"), |message| message.get("method").is_none() && message["id"] == id);
        result(answer)
    }

    /// The next message that is wanted; those before stay for others.
    pub(crate) fn wait(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + LIMIT;
        loop {
            if let Some(at) = self.seen.iter().position(|(_, message)| wanted(message)) {
                let (arrived, message) = self.seen.remove(at).unwrap();
                self.arrived = arrived;
                return message;
            }
            let left = end.saturating_duration_since(Instant::now());
            let message =
                self.messages.recv_timeout(left).unwrap_or_else(|error| panic!("no {what}: {error}; {:?}", self.seen));
            self.take(message);
        }
    }

    fn take(&mut self, (arrived, message): (Instant, Value)) {
        if message.get("method").is_some() && message.get("id").is_some() {
            if !self.mute {
                let id = &message["id"];
                let result = match message["method"].as_str() {
                    Some("workspace/configuration") => self.configuration(&message["params"]["items"]),
                    _ => Value::Null,
                };
                self.body(&json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string());
            }
            self.asked.push(message);
        } else {
            self.seen.push_back((arrived, message));
        }
    }

    fn configuration(&self, items: &Value) -> Value {
        let one = |item: &Value| self.settings.get(item["scopeUri"].as_str().unwrap_or("")).cloned();
        items.as_array().unwrap().iter().map(one).collect()
    }

    /// Everything that came and that nobody has waited for.
    pub(crate) fn rest(&mut self) -> Vec<Value> {
        while let Ok(message) = self.messages.try_recv() {
            self.take(message);
        }
        self.seen.drain(..).map(|(_, message)| message).collect()
    }

    pub(crate) fn open(&mut self, uri: &str, text: &str) {
        let document = json!({ "uri": uri, "languageId": "oal", "version": 1, "text": text });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub(crate) fn change(&mut self, uri: &str, version: i32, changes: Value) {
        let params = json!({ "textDocument": { "uri": uri, "version": version }, "contentChanges": changes });
        self.notify("textDocument/didChange", params);
    }

    pub(crate) fn close(&mut self, uri: &str) {
        self.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }

    /// What is wrong with a document, asked for.
    pub(crate) fn pull(&mut self, uri: &str) -> Vec<Value> {
        let report = self.call("textDocument/diagnostic", json!({ "textDocument": { "uri": uri } })).unwrap();
        report["items"].as_array().unwrap_or_else(|| panic!("{report}")).clone()
    }

    /// The text of a document as the server has it.
    pub(crate) fn text(&mut self, uri: &str) -> Option<String> {
        let content = self.call("workspace/textDocumentContent", json!({ "uri": uri })).ok()?;
        content["text"].as_str().map(str::to_owned)
    }

    pub(crate) fn close_input(&mut self) {
        self.input = None;
    }

    /// Ends as an editor does; the exit code.
    pub(crate) fn stop(mut self) -> i32 {
        self.call("shutdown", Value::Null).unwrap();
        self.notify("exit", Value::Null);
        self.exit_code()
    }

    /// The exit code of a server that has been told to end.
    pub(crate) fn exit_code(&mut self) -> i32 {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap();
            }
            // A second is promised; a busy machine takes longer to start and stop processes.
            assert!(began.elapsed() < Duration::from_secs(4), "the server does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn result(mut answer: Value) -> Result<Value, Value> {
    match answer.get_mut("error") {
        Some(error) => Err(error.take()),
        None => Ok(answer["result"].take()),
    }
}

fn read(output: &mut impl BufRead) -> Option<(Instant, Value)> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().strip_prefix("Content-Length: ") {
            Some(value) => length = value.parse().ok(),
            None => break,
        }
    }
    let mut body = vec![0; length?];
    output.read_exact(&mut body).ok()?;
    let arrived = Instant::now();
    Some((arrived, serde_json::from_slice(&body).unwrap()))
}

/// A client that asks for diagnostics.
pub(crate) fn pulling() -> Value {
    json!({ "textDocument": {
        "diagnostic": {},
        "publishDiagnostics": {
            "relatedInformation": true, "dataSupport": true, "codeDescriptionSupport": true, "tagSupport": { "valueSet": [1, 2] },
        },
    } })
}

/// The URI of a path.
pub(crate) fn uri(path: &Path) -> String {
    let mut text = "file://".to_owned();
    for byte in path.to_str().unwrap().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => text.push(byte.into()),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// A directory of its own for a test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("oal-lsp-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        let folder = Self(path.canonicalize().unwrap());
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        uri(&self.0.join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
