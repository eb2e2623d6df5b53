//! What a person who types feels: `cargo bench -p oal-lsp`. Prints milliseconds as p50, p95 and the most, and memory, each with what it
//! may be at most. An answer has come when its last byte has: reading it is the client's work. Names on the command line choose
//! measurements; `OAL_LSP=PATH` measures another build of the server.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a benchmark is not part of the product"
)]

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

#[allow(dead_code, reason = "the tests use the rest")]
#[path = "../tests/it/client.rs"]
mod client;
#[allow(unreachable_pub, reason = "the benchmarks of the checker use it, too")]
#[path = "../../oal-check/benches/model.rs"]
mod model;

use client::{Client, Folder, pulling};

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let all: [(&str, fn()); 7] = [
        ("start", start),
        ("one-file-1000", || one_file(1_000)),
        ("one-file-10000", || one_file(10_000)),
        ("files-300", || files(300)),
        ("files-2000", || files(2_000)),
        ("typing", typing),
        ("soak", soak),
    ];
    for (name, measure) in all {
        let begins = |wanted: &String| name.strip_prefix(wanted.as_str()).is_some_and(|rest| !rest.starts_with('0'));
        if wanted.is_empty() || wanted.iter().any(begins) {
            println!("{name}");
            measure();
        }
    }
}

fn server(folder: &Folder) -> Client {
    let program = std::env::var_os("OAL_LSP").unwrap_or_else(|| env!("CARGO_BIN_EXE_oal-lsp").into());
    let mut command = Command::new(program);
    command.current_dir(folder.path());
    Client::of(command)
}

fn started(folder: &Folder) -> Client {
    let mut client = server(folder);
    client.initialize(Some(folder.path()), pulling());
    client
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Prints times, with the most that their p95 may be.
fn print(what: &str, mut times: Vec<f64>, most: &str) {
    times.sort_by(f64::total_cmp);
    let at = |part: f64| times[((times.len() - 1) as f64 * part).round() as usize];
    let (p50, p95, max) = (at(0.5), at(0.95), at(1.0));
    println!("  {what:<32} p50 {p50:8.2}  p95 {p95:8.2}  max {max:8.2} ms  of {:3}  {most}", times.len());
}

/// Resident memory in MB, now and at its highest.
fn memory(client: &Client) -> (f64, f64) {
    let status = std::fs::read_to_string(format!("/proc/{}/status", client.child.id())).unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").trim().parse().unwrap_or(0.0) / 1024.0
    };
    (field("VmRSS:"), field("VmHWM:"))
}

fn start() {
    let folder = Folder::new("bench-start", &[]);
    let mut times = Vec::new();
    for _ in 0..20 {
        let began = Instant::now();
        let client = started(&folder);
        times.push(milliseconds(client.arrived - began));
        client.stop();
    }
    print("process to initialize", times, "(20)");
}

/// Where a line in the middle of the text says a number: line and column.
fn place(text: &str) -> (usize, usize) {
    let places: Vec<usize> = text.match_indices("  max_connections: ").map(|(at, found)| at + found.len()).collect();
    let at = places[places.len() / 2];
    (text[..at].matches('\n').count(), at - text[..at].rfind('\n').map_or(0, |at| at + 1))
}

fn edit((line, column): (usize, usize), length: usize, text: &str) -> Value {
    let (start, end) =
        (json!({ "line": line, "character": column }), json!({ "line": line, "character": column + length }));
    json!([{ "range": { "start": start, "end": end }, "text": text }])
}

fn one_file(services: usize) {
    let long = services > 1_000;
    let text = model::application(services);
    let folder = Folder::new("bench-one", &[("app.oal", &text)]);
    let uri = folder.uri("app.oal");
    let mut client = started(&folder);
    let began = Instant::now();
    client.open(&uri, &text);
    let base = client.pull(&uri).len();
    println!("  {} bytes, {base} findings", text.len());
    print("open to diagnostics", vec![milliseconds(client.arrived - began)], "");
    let at = place(&text);
    let mut version = 1;
    let (mut keys, mut completions) = (Vec::new(), Vec::new());
    for round in 0..60 {
        for text in ["\"\"", ""] {
            version += 1;
            let began = Instant::now();
            client.change(&uri, version, edit(at, 2 - text.len(), text));
            let found = client.pull(&uri).len();
            if round > 0 {
                keys.push(milliseconds(client.arrived - began));
            }
            assert_eq!(found > base, !text.is_empty());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    print("keystroke to diagnostics", keys, if long { "(75)" } else { "(12)" });
    let mut items = 0;
    for _ in 0..60 {
        version += 2;
        let began = Instant::now();
        client.change(&uri, version - 1, edit(at, 0, " "));
        let position = json!({ "line": at.0, "character": at.1 + 1 });
        let params = json!({ "textDocument": { "uri": uri }, "position": position });
        let answer = client.call("textDocument/completion", params).unwrap_or_default();
        completions.push(milliseconds(client.arrived - began));
        items = answer.as_array().or(answer["items"].as_array()).map_or(0, Vec::len);
        client.change(&uri, version, edit(at, 1, ""));
        std::thread::sleep(Duration::from_millis(20));
    }
    print(&format!("completion, {items} items"), completions, if long { "(30)" } else { "(10)" });
    burst(&mut client, &uri, version, if long { "" } else { "(50)" });
    let (now, most) = memory(&client);
    let per_byte = |megabytes: f64| megabytes * 1024.0 * 1024.0 / text.len() as f64;
    let (now_each, most_each) = (per_byte(now), per_byte(most));
    let gate = if long { "(40)" } else { "" };
    println!(
        "  memory {now:.1} MB, at most {most:.1} MB: {now_each:.0} and {most_each:.0} bytes for each of the source  {gate}"
    );
    client.stop();
}

/// Three hundred changes at once, ten times: until an answer about the last one.
fn burst(client: &mut Client, uri: &str, mut version: i32, most: &str) {
    let (mut outline, mut settled) = (Vec::new(), Vec::new());
    for _ in 0..10 {
        let began = Instant::now();
        for _ in 0..150 {
            client.change(uri, version + 1, edit((0, 0), 0, "x"));
            client.change(uri, version + 2, edit((0, 0), 1, ""));
            version += 2;
        }
        let _ = client.call("textDocument/documentSymbol", json!({ "textDocument": { "uri": uri } }));
        outline.push(milliseconds(client.arrived - began));
        client.pull(uri);
        settled.push(milliseconds(client.arrived - began));
    }
    print("300 changes to symbols", outline, most);
    print("300 changes to diagnostics", settled, most);
}

/// Every tenth file is a program of its own, which the nine after it are parts of.
fn write_files(folder: &Folder, count: usize) {
    for number in 0..count {
        let root = number / 10 * 10;
        let at = number - root;
        let text = if at == 0 {
            let uses: String = (1..10).map(|at| format!("use \"./s{}.oal\" {{ port_{at} }}\n", root + at)).collect();
            let ports: String = (1..10).map(|at| format!("    p{at}: port_{at}\n")).collect();
            format!(
                "{uses}\napp a{root} {{\n  edition: 1\n}}\n\nservice api {{\n  image: \"nginx:1.27\"\n  ports: {{\n{ports}  }}\n}}\n"
            )
        } else {
            let service = |n: usize| {
                format!("service s{at}_{n} {{\n  image: \"nginx:1.27\"\n  ports: {{ http: port_{at} }}\n}}\n\n")
            };
            format!("let port_{at} = {}\n\n{}", 8_000 + number, (0..5).map(service).collect::<String>())
        };
        folder.write(&format!("s{number}.oal"), &text);
    }
}

fn files(count: usize) {
    let folder = Folder::new("bench-files", &[]);
    write_files(&folder, count);
    let (mut first, mut keys) = (Vec::new(), Vec::new());
    let mut client = started(&folder);
    for number in [0, 11, 25] {
        let uri = folder.uri(&format!("s{number}.oal"));
        let text = std::fs::read_to_string(folder.path().join(format!("s{number}.oal"))).unwrap();
        let began = Instant::now();
        client.open(&uri, &text);
        client.pull(&uri);
        first.push(milliseconds(client.arrived - began));
        for version in 0..20 {
            let began = Instant::now();
            client.change(&uri, version + 2, edit((0, 0), 0, "\n"));
            client.pull(&uri);
            keys.push(milliseconds(client.arrived - began));
        }
    }
    print("open to diagnostics", first, if count <= 300 { "(50)" } else { "" });
    print("keystroke to diagnostics", keys, "");
    let opened = memory(&client).0;
    let (mut whole, mut symbols) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        let began = Instant::now();
        client.call("workspace/diagnostic", json!({ "previousResultIds": [] })).unwrap();
        whole.push(milliseconds(client.arrived - began));
    }
    for _ in 0..20 {
        let began = Instant::now();
        client.call("workspace/symbol", json!({ "query": "port_5" })).unwrap();
        symbols.push(milliseconds(client.arrived - began));
    }
    print("the whole workspace", whole, "");
    print("workspace symbols", symbols, if count <= 300 { "(50)" } else { "" });
    let (now, gate) = (memory(&client).0, if count <= 300 { "(60)" } else { "" });
    println!("  memory {opened:.1} MB, after the whole workspace {now:.1} MB  {gate}");
    client.stop();
}

/// Twelve keys a second in a file of 2,000 lines, with four questions on each, as an editor asks them. What an answer to one of them has
/// to wait is the longest time that a person looks at an old one.
fn typing() {
    let text = model::application(100);
    let folder = Folder::new("bench-typing", &[("app.oal", &text)]);
    let uri = folder.uri("app.oal");
    let mut client = started(&folder);
    client.open(&uri, &text);
    client.pull(&uri);
    let (line, column) = place(&text);
    println!("  {} lines", text.lines().count());
    let methods = [
        "textDocument/completion",
        "textDocument/semanticTokens/full",
        "textDocument/documentSymbol",
        "textDocument/diagnostic",
    ];
    let mut times: Vec<Vec<f64>> = vec![Vec::new(); methods.len()];
    let mut gaps: Vec<Vec<f64>> = vec![Vec::new(); methods.len()];
    let mut lost = 0;
    let mut last = vec![Instant::now(); methods.len()];
    let mut left = Vec::new();
    for (key, character) in "default_replicas + ".repeat(4).chars().enumerate() {
        let began = Instant::now();
        client.change(&uri, key as i32 + 2, edit((line, column + key), 0, &character.to_string()));
        let ask = |client: &mut Client, method: &str| {
            let position = json!({ "line": line, "character": column + key + 1 });
            client.ask(method, json!({ "textDocument": { "uri": uri }, "position": position }))
        };
        let asked: Vec<i64> = methods.iter().map(|method| ask(&mut client, method)).collect();
        let mut over = 0.0_f64;
        for (at, id) in asked.into_iter().enumerate() {
            if client.answer(id).is_ok() {
                times[at].push(milliseconds(client.arrived - began));
                gaps[at].push(milliseconds(client.arrived.saturating_duration_since(last[at])));
                last[at] = client.arrived;
                over = over.max(milliseconds(client.arrived - began));
            } else {
                lost += 1;
            }
        }
        left.push(over);
        std::thread::sleep(Duration::from_millis(83).saturating_sub(began.elapsed()));
    }
    for ((method, times), gaps) in methods.iter().zip(times).zip(gaps).filter(|((_, times), _)| !times.is_empty()) {
        let name = method.trim_start_matches("textDocument/");
        print(name, times, if name == "completion" { "(30)" } else { "" });
        print("  from one to the next", gaps, "(max 250)");
    }
    println!("  without an answer {lost} (0); the last key's answers came after {:.1} ms (83)", left.last().unwrap());
    client.stop();
}

/// Ten thousand edits: after the first thousands memory does not grow.
fn soak() {
    let text = model::application(100);
    let folder = Folder::new("bench-soak", &[("app.oal", &text)]);
    let uri = folder.uri("app.oal");
    let mut client = started(&folder);
    client.open(&uri, &text);
    let at = place(&text);
    let mut version = 1;
    for round in 1..=10 {
        for _ in 0..500 {
            client.change(&uri, version + 1, edit(at, 0, "\""));
            client.change(&uri, version + 2, edit(at, 1, ""));
            version += 2;
            if version % 50 == 1 {
                client.pull(&uri);
            }
        }
        client.pull(&uri);
        println!("  after {:>5} edits {:8.1} MB", round * 1_000, memory(&client).0);
    }
    client.stop();
}
