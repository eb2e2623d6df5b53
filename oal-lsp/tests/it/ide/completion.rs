//! Completion in half-written programs.

use super::{checked, corpus, cursor, line_ends};
use oal_check::Checked;
use oal_lsp::ide::completion::{
    Completions, Directory, DirectoryEntry, Docs, Item, Kind, Request, complete, documentation,
};
use oal_syntax::{FileId, parse};

/// Directories of a test.
struct Tree(Vec<&'static str>);

impl Directory for Tree {
    fn entries(&self, path: &str) -> Vec<DirectoryEntry> {
        let mut found: Vec<DirectoryEntry> = self
            .0
            .iter()
            .filter_map(|file| match path {
                "" => Some(*file),
                _ => file.strip_prefix(path)?.strip_prefix('/'),
            })
            .map(|rest| match rest.split_once('/') {
                Some((name, _)) => DirectoryEntry { name: name.to_owned(), is_directory: true },
                None => DirectoryEntry { name: rest.to_owned(), is_directory: false },
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }
}

const FILES: [&str; 6] = ["app.oal", "lib/web.oal", "lib/ä b.oal", "api/Dockerfile", "api/src/main.rs", ".git/config"];

/// What most programs of these tests have beside the declaration at the cursor.
const REST: &str = "
app shop {}
environment dev {}
environment prod {}
param copies: Int = 2
let wait = 30s
secret key { generate: 32 }
database orders { engine: postgres, version: 16 }
service api {
  image: \"nginx:1.27\"
  ports: { http: 8080, admin: 9090 }
  env: { LOG: \"debug\" }
  resources: { memory: 512MiB }
}
kind web extends service {
  /// The name under which the world reaches it.
  field domain: Host
  ports: { http: 3000 }
  route site { host: domain, to: http }
}
type Tier = free | paid(seats: Int)
";

/// The completions at the cursor; the check is one of the text without the word at the cursor's start, as one is that is a key behind.
fn at(text: &str) -> (Completions, String, Checked) {
    let (source, offset) = cursor(text);
    let mut files = vec![("app.oal".to_owned(), source.clone())];
    files.push((
        "lib/web.oal".to_owned(),
        "kind shop_web extends service {}\nlet size = 1GiB\ntype Level = low | high\n".to_owned(),
    ));
    let before = text.split('│').next().unwrap();
    let stale = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    files[0].1 = format!("{stale}{}", text.split('│').nth(1).unwrap());
    let checked = checked("app.oal", &files);
    let tree = Tree(FILES.to_vec());
    let parse = parse(&source);
    let request =
        Request { checked: &checked, file: FileId(0), source: &source, parse: &parse, offset, directory: &tree };
    (complete(request), source.clone(), checked)
}

fn labels(text: &str) -> Vec<String> {
    let found = line_ends(text).map(|text| at(&text).0.items.into_iter().map(|item| item.label).collect::<Vec<_>>());
    assert_eq!(found[0], found[1], "{text}");
    found.into_iter().next().unwrap()
}

/// Labels in a declaration that stands before the rest.
fn here(text: &str) -> Vec<String> {
    labels(&format!("{text}\n{REST}"))
}

fn first(text: &str, count: usize) -> Vec<String> {
    here(text).into_iter().take(count).collect()
}

fn item(text: &str, label: &str) -> Item {
    let (found, ..) = at(&format!("{text}\n{REST}"));
    let labels: Vec<&str> = found.items.iter().map(|item| item.label.as_str()).collect();
    found.items.iter().find(|item| item.label == label).unwrap_or_else(|| panic!("no {label}: {labels:?}")).clone()
}

/// The text after an item was taken.
fn taken(text: &str, label: &str) -> String {
    let full = format!("{text}\n{REST}");
    let (found, source, _) = at(&full);
    let item = found.items.into_iter().find(|item| item.label == label).unwrap();
    let mut source = source;
    source.replace_range(item.replace.range(), &item.text);
    source.split("\n\napp shop").next().unwrap().to_owned()
}

macro_rules! has {
    ($found:expr, [$($label:literal),*]) => {{
        let found = $found;
        $(assert!(found.iter().any(|label| label == $label), "no {}: {found:?}", $label);)*
    }};
}

macro_rules! lacks {
    ($found:expr, [$($label:literal),*]) => {{
        let found = $found;
        $(assert!(!found.iter().any(|label| label == $label), "{}: {found:?}", $label);)*
    }};
}

#[test]
fn a_declaration_starts_with_a_kind_or_a_word() {
    has!(here("│"), ["service", "web", "database", "let", "param", "assert", "kind", "use"]);
    has!(here("ser│"), ["service"]);
    lacks!(here("│"), ["app", "workload"]);
    assert_eq!(
        item("da│", "database").snippet.unwrap(),
        "database ${1:name} {\n  engine: ${2|postgres,mysql,mariadb,mongodb|}\n  version: ${3:16}\n}"
    );
    assert_eq!(
        item("serv│", "service").snippet.unwrap(),
        "service ${1:name} {\n  image: \"${2:ghcr.io/acme/api:2.4.1}\"\n  ports: ${3:{ http: 8080 \\}}\n  health: ${4:http(path: \"/healthz\")}\n}"
    );
    assert_eq!(item("we│", "web").snippet.unwrap(), "web ${1:name} {\n  domain: \"${2:shop.example.com}\"\n}");
    has!(here("service x {\n  image: \"a:1\"\n}\n\n│"), ["service", "let"]);
}

#[test]
fn between_name_and_body() {
    assert_eq!(first("service x │", 3), ["if", "for", "{"]);
    has!(here("kind x │"), ["extends"]);
    has!(here("kind x extends │"), ["web", "service"]);
    assert!(here("service │").is_empty());
}

#[test]
fn keys_still_missing_come_first() {
    assert_eq!(first("database x {\n  │\n}", 2), ["engine", "version"]);
    assert_eq!(first("database x {\n  version: 16\n  │\n}", 1), ["engine"]);
    lacks!(here("database x {\n  │\n  version: 16\n}"), ["version", "url"]);
    has!(here("service x { image: \"a:1\", re│ }"), ["replicas", "resources", "restart", "ready"]);
    assert_eq!(item("service x { re│ }", "replicas").text, "replicas: ");
    assert_eq!(item("service x { re│: 2 }", "replicas").text, "replicas");
    assert_eq!(taken("service x { re│p: 2 }", "replicas"), "service x { replicas: 2 }");
    assert_eq!(item("service x { res│ }", "resources").snippet.unwrap(), "resources: { $0 }");
    // The body is not closed yet, and what follows is a declaration of its own.
    has!(here("service x {\n  image: \"ä\"\n  │\n"), ["ports", "env"]);
    lacks!(here("service x {\n  image: \"ä\"\n  │\n"), ["image"]);
    has!(here("web x {\n  │\n}"), ["domain", "image"]);
    // What every component has comes last.
    assert_eq!(first("service x {\n  │\n}", 2), ["image", "build"]);
    assert_eq!(first("web x {\n  │\n}", 1), ["domain"]);
    has!(here("app shop { o│ }"), ["owner"]);
}

#[test]
fn keys_inside_values() {
    has!(here("service x { resources: { │ } }"), ["cpu", "memory"]);
    lacks!(here("service x { resources: { cpu: 1, │ } }"), ["cpu"]);
    has!(here("service x { build: { context: \"./x\", │ } }"), ["dockerfile", "args"]);
    has!(here("service x { port_ranges: { ftp: { fi│ } } }"), ["first"]);
    has!(here("service x { ports: { http: 80 }, protocols: { │ } }"), ["http"]);
    has!(here("service x { health: http(│) }"), ["path", "every"]);
    lacks!(here("service x { health: http(path: \"/\", │) }"), ["path"]);
}

#[test]
fn network_groups_of_the_app() {
    let app = "app a { networks: { front: {}, back: { internal: true } } }\nenvironment prod {\n  s.networks.«»\n}\nservice s { image: \"x:1\" }\n";
    let with = |rest: &str| app.replace("  s.networks.«»\n", "") + rest;
    has!(labels(&with("service t { image: \"x:1\", networks: { │ } }\n")), ["front", "back"]);
    for kind in ["database", "cache", "queue", "job"] {
        let found = labels(&with(&format!("{kind} t {{ networks: {{ back: {{}}, f│ }} }}\n")));
        has!(&found, ["front"]);
        lacks!(&found, ["back"]);
    }
    has!(labels(&with("kind web extends service { networks: { │ } }\n")), ["front", "back"]);
    let joined = app.replace("«»", "│").replace("x:1\"", "x:1\", networks: { back: {} }");
    let found = labels(&joined);
    has!(&found, ["front", "back"]);
    assert_eq!(found.iter().filter(|label| *label == "back").count(), 1, "{found:?}");
    // Labels are any text.
    lacks!(labels(&with("service t { image: \"x:1\", labels: { │ } }\n")), ["front", "back"]);
    lacks!(labels("app a {}\nservice t { image: \"x:1\", networks: { │ } }\n"), ["front"]);
}

#[test]
fn values_of_the_expected_type() {
    assert_eq!(first("database x { engine: │ }", 2), ["postgres", "mysql"]);
    assert_eq!(first("database x {\n  engine: p│\n  version: 16\n}", 1), ["postgres"]);
    assert_eq!(first("service x { init: │ }", 2), ["true", "false"]);
    assert_eq!(taken("service x { health: ht│ }", "http"), "service x { health: http() }");
    assert_eq!(item("service x { restart: on│ }", "on_failure").snippet.unwrap(), "on_failure($0)");
    assert_eq!(item("service x { health: ex│ }", "exec").snippet.unwrap(), "exec(command: [${1:}])$0");
    has!(here("service x { after: [│] }"), ["api", "orders"]);
    has!(here("service x { after: [o│] }"), ["orders"]);
    assert_eq!(first("route x { host: \"a.example\", to: │ }", 2), ["api.admin", "api.http"]);
    assert_eq!(first("service x { ports: { http: 80 }, health: http(port: │) }", 1), ["http"]);
    has!(here("service x { replicas: │ }"), ["copies"]);
    assert_eq!(first("service x { replicas: c│ }", 1), ["copies"]);
    assert_eq!(first("service x { env: { A: │ } }", 1), ["key"]);
    has!(here("service x { env: { A: │ } }"), ["orders.url", "orders.host", "api.url"]);
    assert_eq!(first("service x { env: { A: or│ } }", 1), ["orders.url"]);
    lacks!(here("service x { image: or│ }"), ["orders.url"]);
    assert_eq!(first("service x { stop_grace: w│ }", 1), ["wait"]);
    has!(here("param t: Tier = │"), ["free", "paid"]);
    has!(here("let x: Tier = f│"), ["free"]);
    has!(here("let x = │"), ["copies", "orders", "len", "if", "true"]);
    has!(here("kind x extends service {\n  field a: Int\n  replicas: │\n}"), ["a"]);
    has!(here("service x for r in [\"eu\"] { env: { A: │ } }"), ["r"]);
    has!(here("let x = [│ for y in [1]]"), ["y"]);
    has!(here("let x = [z.│ for z in [orders]]"), ["url"]);
    has!(here("let x = { │ => v for k, v in { a: 1 } }"), ["k", "v"]);
    assert_eq!(first("kind y extends web {\n  route r { host: \"a.example\", to: │ }\n}", 1), ["http"]);
    has!(here("service x { volumes: { \"/data\": │ } }"), ["bind", "volume"]);
}

#[test]
fn holes_of_texts_take_what_has_a_text_form() {
    let found = here("service x { env: { A: \"postgres://${│}\" } }");
    has!(&found, ["orders.url", "api.url", "copies", "wait", "join", "len"]);
    let place = |label: &str| found.iter().position(|found| found == label).unwrap();
    assert!(place("orders.url") < place("orders") && place("copies") < place("api"), "{found:?}");
    assert!(
        !at(&format!("let x = \"${{│}}\"\n{REST}"))
            .0
            .items
            .iter()
            .any(|item| { matches!(item.label.as_str(), "api" | "orders" | "split") && item.sort.0 < 7 })
    );
}

#[test]
fn what_is_being_declared_is_not_offered() {
    lacks!(here("service x { after: [│] }"), ["x"]);
    lacks!(labels(&format!("service x {{ restart: │ }}\nservice x {{ restart: never }}\n{REST}")), ["x.restart"]);
    has!(labels(&format!("service x {{ ports: {{ http: 80 }}, env: {{ A: │ }} }}\n{REST}")), ["x.url"]);
    for (text, own, other) in [
        ("param p: Tier = │", "p", "free"),
        ("let w = wait + │", "w", "wait"),
        ("let w: Duration = │", "w", "wait"),
        ("type X = │", "X", "Tier"),
        ("kind k extends │ {}", "k", "web"),
    ] {
        let found = here(text);
        assert!(!found.iter().any(|label| label == own), "{text}: {found:?}");
        assert!(found.iter().any(|label| label == other), "{text}: {found:?}");
    }
    // Another declaration sees it.
    has!(here("let w = 1\nlet v = │"), ["w"]);
}

#[test]
fn keys_and_functions_that_fit() {
    has!(here("service x { env: { │ } }"), ["LOG"]);
    has!(here("kind k extends service {\n  output o: deploy Url = │\n}"), ["api.url"]);
    assert_eq!(item("kind k extends service {\n  output o: deploy Url = │\n}", "api.url").sort.0, 3);
    assert_eq!(item("service x { restart: │ }", "sum").sort.0, 7);
    assert_eq!(item("service x { replicas: │ }", "sum").sort.0, 4);
    assert_eq!(here("use \"./lib/web.oal\" as lib\nparam z: lib.│"), ["Level", "shop_web"]);
}

#[test]
fn environments() {
    assert_eq!(first("let x = if environment == │", 2), ["dev", "prod"]);
    assert_eq!(first("let x = if environment == p│ then 1 else 2", 1), ["prod"]);
    has!(here("let x = environment in [│]"), ["dev"]);
    assert_eq!(first("let x = match environment { dev => 1, │ }", 1), ["prod"]);
    lacks!(here("let x = match environment { │ dev => 1 }"), ["dev"]);
    has!(here("service x if │ {}"), ["environment", "true"]);
    has!(here("environment test {\n  │\n}"), ["copies", "api", "orders", "unset"]);
    has!(here("environment test {\n  api.│\n}"), ["replicas", "env"]);
    has!(here("environment test {\n  api.re│\n  copies: 3\n}"), ["replicas", "resources"]);
    has!(here("environment test {\n  api.│: 4\n}"), ["replicas"]);
    assert_eq!(taken("environment test {\n  api.repl│: 4\n}", "replicas"), "environment test {\n  api.replicas: 4\n}");
    has!(here("environment test {\n  api.resources.│\n}"), ["memory", "cpu"]);
    has!(here("environment test {\n  api.env.│\n}"), ["LOG"]);
    has!(here("environment test {\n  unset api.env.│\n}"), ["LOG"]);
    has!(here("environment test {\n  orders.engine: │\n}"), ["mysql"]);
    has!(here("environment test {\n  api.restart: │\n}"), ["never"]);
    has!(here("environment test {\n  copies: │\n}"), ["copies"]);
}

#[test]
fn in_brackets() {
    let worker =
        "service worker for r in [\"eu\", \"us\"] { image: \"a:1\" }\nlet sizes = { small: 1, \"very large\": 2 }\n";
    let with = |rest: &str| format!("{rest}\n{worker}");
    assert_eq!(first(&with("let x = worker[│].url"), 2), ["\"eu\"", "\"us\""]);
    assert_eq!(here(&with("let x = worker[\"│\"].url")), ["eu", "us"]);
    assert_eq!(here(&with("let x = worker[\"e│u\"].url")), ["eu"]);
    assert_eq!(first(&with("let x = sizes[│]"), 2), ["\"small\"", "\"very large\""]);
    has!(here(&with("let x = sizes[│]")), ["copies"]);
    assert_eq!(here(&with("environment test {\n  worker[│\n}")), ["\"eu\"", "\"us\""]);
    assert_eq!(here(&with("environment test {\n  worker[\"│\"].replicas: 2\n}")), ["eu", "us"]);
    assert_eq!(taken(&with("environment test {\n  worker[\"u│\n}"), "us").lines().nth(1), Some("  worker[\"us\""));
    assert_eq!(
        taken(&with("let x = sizes[\"│\"]"), "very large").lines().next(),
        Some("let x = sizes[\"very large\"]")
    );
}

#[test]
fn after_a_dot() {
    has!(here("let x = orders.│"), ["url", "host", "engine"]);
    assert_eq!(first("let x = orders.u│", 1), ["url"]);
    has!(here("let x = \"Größe ${orders.│} x\""), ["url"]);
    has!(here("let x = \"a ${orders.ho│"), ["host"]);
    has!(here("let x = api.│"), ["http", "admin", "url", "replicas"]);
    has!(here("let x = api.resources.│"), ["memory"]);
    has!(here("let x = api.env.│"), ["LOG"]);
    has!(here("let x = orders.│\nlet y = 1"), ["url"]);
    has!(here("kind x { field b: service?\n  output u: deploy Url = b?.│\n}"), ["url"]);
    has!(here("use \"./lib/web.oal\" as lib\nlet x = lib.│"), ["size"]);
    has!(here("use \"./lib/web.oal\" as lib\nlib.│"), ["shop_web"]);
    has!(here("let r = { a: 1, b: { c: 2 } }\nlet x = r.b.│"), ["c"]);
    has!(here("service x { env: { A: orders.│\n  B: \"b\" } }"), ["url"]);
    has!(here("web shop { image: \"a:1\", domain: \"a.example\" }\nlet x = shop.│"), ["site", "domain"]);
}

#[test]
fn types() {
    has!(here("param x: │"), ["Int", "Tier", "Host", "service", "Probe"]);
    has!(here("param x: secret S│"), ["String"]);
    has!(here("kind x { field y: List<│> }"), ["Tier"]);
    has!(here("use \"./lib/web.oal\" as lib\nparam x: │"), ["lib"]);
}

#[test]
fn units() {
    assert_eq!(here("job x { timeout: 30│ }"), ["30ms", "30s", "30min", "30h", "30d"]);
    assert_eq!(here("service x { resources: { memory: 512M│ } }"), ["512MiB", "512MB"]);
    assert_eq!(first("service x { resources: { memory: 5│ } }", 2), ["5MiB", "5GiB"]);
    assert_eq!(here("service x { resources: { cpu: 500│ } }"), ["500m"]);
    assert!(here("service x { replicas: 3│ }").is_empty());
    assert_eq!(taken("job x { timeout: 30m│ }", "30min"), "job x { timeout: 30min }");
}

#[test]
fn words_between() {
    has!(here("let x = copies > 1 a│"), ["and"]);
    has!(here("let x = [y f│ y in [1]]"), ["for"]);
    has!(here("let x = if copies > 1 t│"), ["then"]);
    has!(here("param x: Int w│"), ["where"]);
    has!(here("type X = String w│"), ["where"]);
    has!(here("kind x extends service {\n  field b: service?\n  p│\n}"), ["ports"]);
    has!(here("kind x extends service {\n  field b: service?\n  f│\n}"), ["field"]);
    lacks!(here("service x {\n  image: \"a:1\"\n  │\n}"), ["and", "then"]);
}

#[test]
fn patterns() {
    has!(here("param t: Tier = free\nlet x = match t { │ }"), ["free", "paid", "_"]);
    assert_eq!(item("param t: Tier = free\nlet x = match t { free => 1, p│ }", "paid").text, "paid(seats) => ");
    has!(here("param t: Tier = free\nlet x = match t { paid(seats) => │ }"), ["seats"]);
    has!(here("let x = match copies { 1 => │ }"), ["copies"]);
}

#[test]
fn paths() {
    assert_eq!(here("use │"), ["./lib/web.oal", "./lib/ä b.oal"]);
    assert_eq!(here("use \"│\""), ["./lib/web.oal", "./lib/ä b.oal"]);
    assert_eq!(here("use \"./│\" { a }"), ["lib", "./lib/web.oal", "./lib/ä b.oal"]);
    assert_eq!(taken("use \"./│\" { a }", "./lib/web.oal"), "use \"./lib/web.oal\" { a }");
    assert_eq!(here("use \"./lib/│\" { a }"), ["web.oal", "ä b.oal"]);
    assert_eq!(taken("use \"./lib/w│x.oal\" { a }", "web.oal"), "use \"./lib/web.oal\" { a }");
    assert_eq!(here("use \"./lib/│"), ["web.oal", "ä b.oal"]);
    assert_eq!(here("use \"./lib/web.oal\" { │ }"), ["shop_web", "size", "Level"]);
    assert_eq!(here("use \"./lib/web.oal\" { size, │ }"), ["shop_web", "Level"]);
    assert_eq!(here("use \"./lib/web.oal\" { s│, size }"), ["shop_web"]);
    assert_eq!(here("service x { build: { context: \"./│\" } }"), ["api", "lib"]);
    assert_eq!(here("service x { build: { context: \"./api\", dockerfile: \"│\" } }"), ["Dockerfile", "src"]);
    assert_eq!(here("service x { env_files: [\"./api/│\"] }"), ["Dockerfile", "src"]);
    assert!(here("service x { image: \"│\" }").is_empty());
}

#[test]
fn lints() {
    has!(here("allow(│"), ["latest_tag"]);
    has!(here("service x {\n  allow(la│\n}"), ["latest_tag"]);
}

#[test]
fn nothing_where_nothing_can_be_listed() {
    assert!(here("// ser│").is_empty());
    assert!(here("/// ser│\nlet a = 1").is_empty());
    assert!(here("let x│").is_empty());
    assert!(here("service x { image: \"ngi│\" }").is_empty());
    assert!(here("type T = { │ }").is_empty());
}

#[test]
fn documentation_is_found_later() {
    let docs = |text: &str, label: &str| {
        let (found, _, checked) = at(&format!("{text}\n{REST}"));
        let item = found.items.into_iter().find(|item| item.label == label).expect(label);
        let source = item.docs.expect(label);
        assert_eq!(Docs::from_text(&source.to_text()).as_ref(), Some(&source));
        documentation(&checked, &source).unwrap()
    };
    assert!(docs("│", "service").starts_with("A program that runs all the time"));
    assert!(docs("service x { │ }", "replicas").starts_with("How many copies"));
    assert!(docs("service x { restart: │ }", "never").starts_with("Nothing"));
    assert!(docs("web x { │ }", "domain").starts_with("The name under which"));
    assert!(docs("let x = │", "len").contains("How many characters"));
    assert!(docs("allow(│", "latest_tag").contains("latest"));
    assert!(docs("param x: │", "Host").contains("host name"));
}

/// Wherever the cursor is in whichever program, whatever is missing behind it: an answer whose edits replace the word at the cursor.
#[test]
fn anywhere() {
    for program in corpus::all() {
        let whole = checked(&program.root, &program.files);
        for (file, source) in whole.project().files() {
            for (at, _) in source.text.char_indices().step_by(23) {
                let cut = &source.text[..at];
                for text in [source.text.as_str(), cut] {
                    let parse = parse(text);
                    let offset = u32::try_from(at).unwrap();
                    let request = Request {
                        checked: &whole,
                        file,
                        source: text,
                        parse: &parse,
                        offset,
                        directory: &Tree(Vec::new()),
                    };
                    let found = complete(request);
                    for item in &found.items {
                        assert!(item.replace.touches(offset), "{} {at}: {item:?}", program.title);
                        assert!(text.get(item.replace.range()).is_some(), "{} {at}: {item:?}", program.title);
                        assert!(item.kind != Kind::Unit || item.text.starts_with(|c: char| c.is_ascii_digit()));
                    }
                }
            }
        }
    }
}
