//! Same answers: what the library finds in a program, the server says of it, field by field; the command line prints what the
//! library finds (see the tests of `oal-cli`, which compare it with the server, too).

use std::collections::BTreeMap;

use oal_check::diagnostic::{Severity, codes};
use oal_check::{Checked, Diagnostic, InMemory, Options, Project, check};
use oal_syntax::{FileId, Span};
use serde_json::{Value, json};

use crate::client::{Client, Folder, pulling};
use crate::ide::corpus::{self, Program};

/// Columns in UTF-16 units, found the plain way.
fn position(text: &str, offset: u32) -> Value {
    let before = &text[..offset as usize];
    let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let lines = before.replace("\r\n", "\n").matches(['\n', '\r']).count();
    json!({ "line": lines, "character": before[start..].encode_utf16().count() })
}

struct Sent<'a> {
    checked: &'a Checked,
    uris: &'a BTreeMap<String, String>,
}

impl Sent<'_> {
    fn location(&self, file: FileId, span: Span) -> Value {
        let path = self.checked.project().path(file);
        let uri = match path.strip_prefix("std:") {
            Some(name) => format!("oal-std:/{name}"),
            None => self.uris[path].clone(),
        };
        let text = self.checked.project().text(file);
        json!({ "uri": uri, "range": { "start": position(text, span.start), "end": position(text, span.end) } })
    }

    /// A finding as the server has to say it.
    fn diagnostic(&self, found: &Diagnostic) -> Value {
        let severity = match (found.severity, found.code.lint) {
            (Severity::Error, _) => 1,
            (Severity::Warning, _) => 2,
            (Severity::Note, None) => 3,
            (Severity::Note, Some(_)) => 4,
        };
        let mut data = json!({ "title": found.message });
        if !found.primary.message.is_empty() {
            data["label"] = json!(found.primary.message);
        }
        if let Some(help) = &found.help {
            data["help"] = json!(help);
        }
        if let Some(lint) = found.code.lint {
            data["lint"] = json!(lint);
        }
        for (name, list) in [("notes", &found.notes), ("environments", &found.environments)] {
            if !list.is_empty() {
                data[name] = json!(list);
            }
        }
        let fixes = found.fixes.iter().map(|fix| {
            let edits = fix.edits.iter().map(|edit| {
                let mut place = self.location(edit.file, edit.span);
                place["newText"] = json!(edit.text);
                place
            });
            json!({ "title": fix.title, "applicability": fix.applicability.name(), "edits": edits.collect::<Vec<_>>() })
        });
        let fixes: Vec<Value> = fixes.collect();
        if !fixes.is_empty() {
            data["fixes"] = json!(fixes);
        }
        let related = found
            .secondary
            .iter()
            .map(|label| json!({ "location": self.location(label.file, label.span), "message": label.message }));
        let related: Vec<Value> = related.collect();
        json!({
            "range": self.location(found.primary.file, found.primary.span)["range"],
            "severity": severity,
            "code": found.code.id,
            "href": format!("oal-std:/errors/{}.md", found.code.id),
            "related": related,
            "data": data,
        })
    }
}

/// The same parts of what the server said.
fn parts(said: &Value) -> Value {
    json!({
        "range": said["range"],
        "severity": said["severity"],
        "code": said["code"],
        "href": said["codeDescription"]["href"],
        "related": if said["relatedInformation"].is_null() { json!([]) } else { said["relatedInformation"].clone() },
        "data": said["data"],
    })
}

fn compare(client: &mut Client, program: &Program, uris: &BTreeMap<String, String>) -> usize {
    let mut files: InMemory = program.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let options = Options { advice: true, record_types: true, ..Options::default() };
    let checked = check(&Project::load(&program.root, &mut files), &options);
    let sent = Sent { checked: &checked, uris };
    let mut count = 0;
    for (id, file) in checked.project().files() {
        let Some(uri) = uris.get(&file.path) else { continue };
        let found = checked.diagnostics().iter().filter(|found| found.primary.file == id);
        let expected: Vec<Value> = found.map(|found| sent.diagnostic(found)).collect();
        let said = client.pull(uri);
        for one in &said {
            let message = one["message"].as_str().unwrap();
            let title = one["data"]["title"].as_str().unwrap();
            assert!(message.starts_with(title), "{message}");
            let code = codes::lookup(one["code"].as_str().unwrap()).unwrap();
            let unused = one["tags"].as_array().is_some_and(|tags| tags.contains(&json!(1)));
            assert!(unused || !code.slug.starts_with("unused_"), "{one}");
        }
        let mut said: Vec<Value> = said.iter().map(parts).collect();
        if id != FileId(0) && file.text.lines().any(|line| line.starts_with("app ")) {
            // A program of its own, too: what is said of that comes on top.
            said.retain(|one| expected.contains(one));
        }
        assert_eq!(json!(said), json!(expected), "{}: {}", program.title, file.path);
        count += said.len();
    }
    count
}

#[test]
fn the_server_says_what_the_library_finds_in_memory() {
    let nowhere = Folder::new("same-memory", &[]);
    let mut client = Client::start(nowhere.path(), "");
    client.initialize(None, pulling());
    let mut count = 0;
    for (number, program) in corpus::all().enumerate() {
        let uri = |path: &str| format!("file:///nowhere/{number}/{path}");
        let uris: BTreeMap<String, String> = program.files.iter().map(|(path, _)| (path.clone(), uri(path))).collect();
        for (path, text) in &program.files {
            client.open(&uris[path], text);
        }
        count += compare(&mut client, program, &uris);
        uris.values().for_each(|uri| client.close(uri));
    }
    assert!(count > 900, "{count}");
    assert_eq!(client.stop(), 0);
}

#[test]
fn the_server_says_what_the_library_finds_on_disk() {
    let folder = Folder::new("same-disk", &[]);
    for (number, program) in corpus::all().enumerate() {
        for (path, text) in &program.files {
            folder
                .write(&format!("p{number}/{path}"), &text.replace('\n', if number % 2 == 0 { "\n" } else { "\r\n" }));
        }
    }
    for (number, program) in corpus::EXAMPLES.iter().enumerate() {
        let base = folder.path().join(format!("p{number}"));
        let mut client = Client::on(&base, pulling());
        let name = |path: &str| crate::client::uri(&base.join(path));
        let end = if number % 2 == 0 { "\n" } else { "\r\n" };
        let files = program.files.iter().map(|(path, text)| (path.clone(), text.replace('\n', end))).collect();
        let same = Program { title: program.title.clone(), root: program.root.clone(), files };
        let uris: BTreeMap<String, String> = same.files.iter().map(|(path, _)| (path.clone(), name(path))).collect();
        // The folder has been looked at once this is answered: both wait in one lane.
        client.call("workspace/diagnostic", json!({ "previousResultIds": [] })).unwrap();
        compare(&mut client, &same, &uris);
        assert_eq!(client.stop(), 0);
    }
}

/// Of very many findings the server says the gravest, in the order of the text, and then how many there are beyond them: 300 of
/// all, of which 200 may be advice. `oal check` says all.
#[test]
fn of_very_many_findings_the_gravest_are_said_and_the_rest_is_counted() {
    let unused = |count: usize| (0..count).map(|at| format!("let u{at} = 1\n")).collect::<String>();
    let jobs =
        |count: usize, image: &str| (0..count).map(|at| format!("job j{at} {{ {image} }}\n")).collect::<String>();
    let folder = Folder::new("same-many", &[]);
    let mut client = Client::on(folder.path(), pulling());
    for (number, (lets, tasks, image)) in [
        (500, 300, "imgae: \"x:1\""),
        (800, 0, ""),
        (50, 350, "image: \"x:1\""),
        (150, 351, "image: \"x:1\""),
        (301, 0, ""),
    ]
    .into_iter()
    .enumerate()
    {
        let text = format!("app a {{ edition: 1 }}\n{}{}", unused(lets), jobs(tasks, image));
        let mut files: InMemory = [("app.oal", text.as_str())].into_iter().collect();
        let options = Options { advice: true, record_types: true, ..Options::default() };
        let checked = check(&Project::load("app.oal", &mut files), &options);
        let uri = folder.uri(&format!("{number}.oal"));
        let sent = Sent { checked: &checked, uris: &[("app.oal".to_owned(), uri.clone())].into() };
        let all: Vec<&Diagnostic> = checked.diagnostics().iter().collect();
        // The rule, the plain way.
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|at| all[*at].severity);
        let graver = order.iter().filter(|at| all[**at].severity != Severity::Note).count();
        order.truncate(300.min(graver + 200));
        order.sort_unstable();
        let expected: Vec<Value> = order.iter().map(|at| sent.diagnostic(all[*at])).collect();
        client.open(&uri, &text);
        let mut said = client.pull(&uri);
        let left = all.len() - expected.len();
        assert!(left > 0, "{number}");
        let last = said.pop().unwrap();
        let words = match left {
            1 => "1 more finding in this file is not shown: `oal check` says all".to_owned(),
            left => format!("{left} more findings in this file are not shown: `oal check` says all"),
        };
        assert_eq!((&last["message"], &last["severity"], &last["code"]), (&json!(words), &json!(3), &Value::Null));
        assert_eq!(said.iter().map(parts).collect::<Vec<_>>(), expected, "{number}");
    }
    assert_eq!(client.stop(), 0);
}
