//! Laws over many messages: each request has one answer; the documents are what a model of them says; and whatever a client did,
//! the server answers as a fresh one that is given the same documents. `OAL_LSP_SEEDS=N` asks for more than a few seeds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::client::{Client, Folder, pulling};
use crate::ide::corpus;

/// xorshift64*: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }

    fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }
}

const PIECES: &[&str] = &[
    "",
    "x",
    " ",
    "\n",
    "\r\n",
    "\r",
    "}",
    "{",
    "\"",
    "${",
    "😀",
    "é",
    "let y = 1\n",
    "app a { edition: 1 }\n",
    "use \"./b.oal\" { port }\n",
    "service s { image: \"a:1\" }\n",
    "environment dev {}\n",
    "// c\n",
    "\u{feff}",
    "port",
    ": ",
    "kind k extends service { field f: Host }\n",
];

/// An offset for a position, the plain way, with all its rules.
fn offset(text: &str, line: usize, column: usize, encoding: &str) -> usize {
    let mut start = 0;
    let mut left = line;
    let bytes = text.as_bytes();
    while left > 0 {
        match text[start..].find(['\n', '\r']) {
            None => return text.len(),
            Some(at) => start += at + if bytes[start + at..].starts_with(b"\r\n") { 2 } else { 1 },
        }
        left -= 1;
    }
    if line == 0 && text.starts_with('\u{feff}') {
        start = 3;
    }
    let mut seen = 0;
    for (at, character) in text[start..].char_indices() {
        seen += match encoding {
            "utf-8" => character.len_utf8(),
            "utf-16" => character.len_utf16(),
            _ => 1,
        };
        if seen > column || matches!(character, '\n' | '\r') {
            return start + at;
        }
    }
    text.len()
}

struct Run {
    folder: Folder,
    random: Random,
    client: Client,
    encoding: &'static str,
    /// The documents that are open.
    model: BTreeMap<String, String>,
    uris: Vec<String>,
    starts: Vec<String>,
    waiting: BTreeSet<i64>,
    version: i32,
    /// The tokens that the client has of each document, with their name.
    tokens: BTreeMap<String, (String, Vec<Value>)>,
}

/// What may be moved, there and back.
const MOVES: &[(&str, &str)] =
    &[("b.oal", "moved.oal"), ("deep", "deeper"), ("a.oal", "deep/a.oal"), ("a.oal", "deeper/a.oal")];

impl Run {
    fn step(&mut self) {
        let uri = self.random.of(&self.uris).clone();
        match self.random.below(21) {
            0..=1 => {
                let text = self.random.of(&self.starts).clone();
                self.client.open(&uri, &text);
                self.model.insert(uri, text);
            }
            2 => {
                self.client.close(&uri);
                self.model.remove(&uri);
            }
            3..=10 => self.edit(&uri),
            11 => self
                .client
                .notify(self.random.of::<&str>(&["no/such", "$/no/such", "textDocument/didChange"]), json!({ "x": 1 })),
            12 => {
                let id = *self.random.of(&[1, 7, 100_000]);
                let last = self.waiting.iter().next_back().copied();
                self.client.notify("$/cancelRequest", json!({ "id": last.unwrap_or(id) }));
            }
            13 => self.client.raw(
                self.random
                    .of::<&str>(&["Content-Length: 3\r\n\r\n{]}", "Content-Length: x\r\n\r\n", "\r\n\r\n"])
                    .as_bytes(),
            ),
            14 => self.rename(),
            _ => {
                let (method, params) = self.request(&uri);
                self.waiting.insert(self.client.ask(method, params));
            }
        }
    }

    /// A file or directory gets another name; what is open of it is opened under the new one.
    fn rename(&mut self) {
        let (mut from, mut to) = *self.random.of(MOVES);
        if self.random.below(2) == 0 {
            (from, to) = (to, from);
        }
        let place = |name: &str| self.folder.path().join(name);
        if !place(from).exists() || place(to).exists() || !place(to).parent().unwrap().is_dir() {
            return;
        }
        std::fs::rename(place(from), place(to)).unwrap();
        let (old, new) = (self.folder.uri(from), self.folder.uri(to));
        for (uri, text) in self.model.clone() {
            let rest = uri.strip_prefix(&old).filter(|rest| rest.is_empty() || rest.starts_with('/'));
            let Some(moved) = rest.map(|rest| format!("{new}{rest}")) else { continue };
            self.model.remove(&uri);
            self.client.close(&uri);
            self.client.open(&moved, &text);
            self.model.insert(moved, text);
        }
        let (method, params) = if self.random.below(2) == 0 {
            ("workspace/didRenameFiles", json!({ "files": [{ "oldUri": old, "newUri": new }] }))
        } else {
            (
                "workspace/didChangeWatchedFiles",
                json!({ "changes": [{ "uri": old, "type": 3 }, { "uri": new, "type": 1 }] }),
            )
        };
        self.client.notify(method, params);
    }

    fn edit(&mut self, uri: &str) {
        let mut changes = Vec::new();
        let mut text = self.model.get(uri).cloned();
        for _ in 0..=self.random.below(3) {
            let new = self.random.of(PIECES).to_string();
            if self.random.below(12) == 0 {
                changes.push(json!({ "text": new }));
                text = text.map(|_| new);
                continue;
            }
            let lines = text.as_ref().map_or(3, |text| text.lines().count() + 2);
            let (from, to) =
                ((self.random.below(lines), self.random.below(14)), (self.random.below(lines), self.random.below(14)));
            let place = |(line, column): (usize, usize)| json!({ "line": line, "character": column });
            changes.push(json!({ "range": { "start": place(from), "end": place(to) }, "text": new }));
            text = text.map(|mut text| {
                let (a, b) = (offset(&text, from.0, from.1, self.encoding), offset(&text, to.0, to.1, self.encoding));
                text.replace_range(a.min(b)..a.max(b), &new);
                text
            });
        }
        self.version += 1;
        self.client.change(uri, self.version, json!(changes));
        if let Some(text) = text {
            self.model.insert(uri.to_owned(), text);
        }
    }

    fn request(&mut self, uri: &str) -> (&'static str, Value) {
        let document = json!({ "uri": uri });
        let position = json!({ "line": self.random.below(9), "character": self.random.below(30) });
        let at = json!({ "textDocument": document, "position": position });
        let whole = json!({ "textDocument": document });
        let range = json!({ "start": { "line": 0, "character": 0 }, "end": position });
        let methods = [
            ("textDocument/diagnostic", whole.clone()),
            ("textDocument/foldingRange", whole.clone()),
            ("textDocument/documentSymbol", whole.clone()),
            ("textDocument/semanticTokens/full", whole.clone()),
            ("textDocument/codeLens", whole),
            ("textDocument/inlayHint", json!({ "textDocument": document, "range": range })),
            ("textDocument/hover", at.clone()),
            ("textDocument/completion", at.clone()),
            ("textDocument/definition", at.clone()),
            ("textDocument/declaration", at.clone()),
            ("textDocument/typeDefinition", at.clone()),
            ("textDocument/implementation", at.clone()),
            ("textDocument/documentHighlight", at.clone()),
            ("textDocument/prepareRename", at.clone()),
            ("textDocument/prepareCallHierarchy", at.clone()),
            ("textDocument/prepareTypeHierarchy", at.clone()),
            (
                "textDocument/references",
                json!({ "textDocument": document, "position": position, "context": { "includeDeclaration": true } }),
            ),
            ("textDocument/rename", json!({ "textDocument": document, "position": position, "newName": "renamed" })),
            ("workspace/diagnostic", json!({ "previousResultIds": [] })),
            ("workspace/symbol", json!({ "query": "" })),
            ("oal/ir", json!({ "uri": uri })),
        ];
        self.random.of(&methods).clone()
    }

    /// Everything that waits is answered, once; the documents are as the model says.
    fn settle(&mut self) {
        for id in std::mem::take(&mut self.waiting) {
            let _ = self.client.answer(id);
        }
        for uri in self.uris.clone() {
            if let Some(text) = self.model.get(&uri) {
                assert_eq!(self.client.text(&uri).as_ref(), Some(text), "{uri}");
            }
        }
        let rest = self.client.rest();
        let failed =
            |message: &&Value| message.to_string().contains("-32603") || message.to_string().contains("failed on");
        assert_eq!(rest.iter().find(failed), None);
        let answers = rest.iter().filter(|message| message.get("method").is_none() && message["id"].is_number());
        assert_eq!(answers.collect::<Vec<_>>(), Vec::<&Value>::new(), "answered twice");
    }

    /// The tokens of a document as a client has them that asks for what has changed.
    fn tokens(&mut self, uri: &str) -> Vec<Value> {
        let (name, mut data) = self.tokens.remove(uri).unwrap_or_default();
        let params = json!({ "textDocument": { "uri": uri }, "previousResultId": name });
        let answer = self.client.call("textDocument/semanticTokens/full/delta", params).unwrap();
        if let Some(all) = answer["data"].as_array() {
            data.clone_from(all);
        }
        for edit in answer["edits"].as_array().into_iter().flatten() {
            let number = |name: &str| usize::try_from(edit[name].as_u64().unwrap()).unwrap();
            let (start, gone) = (number("start"), number("deleteCount"));
            data.splice(start..start + gone, edit["data"].as_array().cloned().unwrap_or_default());
        }
        self.tokens.insert(uri.to_owned(), (answer["resultId"].as_str().unwrap().to_owned(), data.clone()));
        data
    }

    /// A fresh server that is given the same documents says the same.
    fn compare(&mut self) {
        let mut fresh = Client::on(self.folder.path(), capabilities(self.encoding));
        for (uri, text) in &self.model {
            fresh.open(uri, text);
        }
        // Both have looked at the folder once this is answered.
        for client in [&mut fresh, &mut self.client] {
            client.call("workspace/diagnostic", json!({ "previousResultIds": [] })).unwrap();
        }
        for (uri, text) in self.model.clone() {
            let document = json!({ "uri": uri });
            let whole = json!({ "textDocument": document });
            let mut questions: Vec<(&str, Value)> = [
                "textDocument/diagnostic",
                "textDocument/foldingRange",
                "textDocument/documentSymbol",
                "textDocument/semanticTokens/full",
            ]
            .map(|method| (method, whole.clone()))
            .to_vec();
            let options = json!({ "tabSize": 2, "insertSpaces": true });
            questions.push(("textDocument/formatting", json!({ "textDocument": document, "options": options })));
            for _ in 0..6 {
                let line = self.random.below(text.lines().count() + 1);
                let position = json!({ "line": line, "character": self.random.below(30) });
                let at = json!({ "textDocument": document, "position": position });
                let context = json!({ "diagnostics": [] });
                let range =
                    json!({ "start": position, "end": { "line": line + self.random.below(3), "character": 9 } });
                questions.push(("textDocument/completion", at.clone()));
                questions.push(("textDocument/signatureHelp", at.clone()));
                questions.push(("textDocument/hover", at));
                questions.push((
                    "textDocument/codeAction",
                    json!({ "textDocument": document, "range": range, "context": context }),
                ));
            }
            for (method, params) in questions {
                let mut answers = [&mut fresh, &mut self.client].map(|client| client.call(method, params.clone()));
                for answer in answers.iter_mut().flatten() {
                    // Names the version of an answer.
                    answer.as_object_mut().map(|answer| answer.remove("resultId"));
                }
                assert_eq!(answers[0], answers[1], "{method} {params}: {:?}", self.model);
            }
            let all = fresh.call("textDocument/semanticTokens/full", whole).unwrap()["data"].take();
            assert_eq!(json!(self.tokens(&uri)), all, "token deltas of {uri}: {:?}", self.model);
        }
        assert_eq!(fresh.stop(), 0);
    }
}

fn capabilities(encoding: &str) -> Value {
    let mut capabilities = pulling();
    capabilities["general"] = json!({ "positionEncodings": [encoding] });
    capabilities
}

fn run(seed: u64, steps: usize) {
    let lib = "let port = 8080\n";
    let app = "use \"./b.oal\" { port }\napp shop {\n  edition: 1\n}\n\nservice api {\n  image: \"nginx:1.27\"\n  ports: { http: port }\n}\n";
    let folder = Folder::new(
        &format!("fuzz-{seed}"),
        &[("a.oal", app), ("b.oal", lib), ("deep/c.oal", "use \"../b.oal\" as b\napp deep { edition: 1 }\n")],
    );
    let encoding = ["utf-16", "utf-8", "utf-32"][seed as usize % 3];
    let other = app.replace("./b.oal", "./moved.oal");
    let mut starts: Vec<String> = [app, &other, lib, "", "app x {}\n"].map(str::to_owned).to_vec();
    starts.extend(corpus::SPEC.iter().skip(seed as usize * 7 % 200).take(5).map(|program| program.files[0].1.clone()));
    let mut uris: Vec<String> = ["a.oal", "b.oal", "moved.oal", "deep/c.oal", "deeper/c.oal", "new é.oal"]
        .map(|name| folder.uri(name))
        .to_vec();
    uris.push("untitled:one".to_owned());
    let client = Client::on(folder.path(), capabilities(encoding));
    let random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let (model, tokens) = Default::default();
    let mut run =
        Run { folder, random, client, encoding, model, uris, starts, waiting: BTreeSet::new(), version: 1, tokens };
    for step in 1..=steps {
        run.step();
        if step % (steps / 2) == 0 {
            run.settle();
            run.compare();
        }
    }
    assert_eq!(run.client.stop(), 0);
}

#[test]
fn any_sequence_of_messages_leaves_what_a_fresh_server_has() {
    let seeds = std::env::var("OAL_LSP_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(6);
    for seed in 1..=seeds {
        run(seed, 120);
    }
}

#[test]
fn thousands_of_messages_are_answered_in_order() {
    run(1_000, 4_000);
}
