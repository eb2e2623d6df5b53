//! From names to declarations, uses and words.

use super::{checked, cursor, line_ends};
use oal_check::Checked;
use oal_check::program::Place;
use oal_lsp::ide::{code_lens, document_symbols};
use oal_lsp::ide::{definition, graph, hierarchy, hover, references, will_rename, workspace_symbols};
use oal_syntax::FileId;

/// A program of a root and a library; the cursor is in one of them.
pub(super) struct Marked {
    pub(super) checked: Checked,
    pub(super) file: FileId,
    pub(super) at: u32,
}

pub(super) fn marked(root: &str, library: &str) -> Marked {
    let in_root = root.contains('│');
    let (text, at) = cursor(if in_root { root } else { library });
    let (root, library) = if in_root { (text, library.to_owned()) } else { (root.to_owned(), text) };
    let mut files = vec![("app.oal".to_owned(), root)];
    if !library.is_empty() {
        files.push(("lib/web.oal".to_owned(), library));
    }
    Marked { checked: checked("app.oal", &files), file: FileId(u32::from(!in_root)), at }
}

/// `path:line:column text`, columns in bytes from 1.
fn said(checked: &Checked, place: Place) -> String {
    let text = checked.project().text(place.file);
    let before = &text[..place.span.start as usize];
    let line = before.matches('\n').count() + 1;
    let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
    format!("{}:{line}:{column} {}", checked.project().path(place.file), place.span.text(text))
}

const LIBRARY: &str = "//! Web things.\n/// A public web service.\nkind web extends service {\n  /// Its name in the world.\n  field domain: Host\n  field backend: service?\n  ports: { http: 3000 }\n  env: { API_URL: backend?.url ?? \"\" }\n  route site { host: domain, to: http }\n}\n";

const ROOT: &str = "use \"./lib/web.oal\" { web as site }\n\napp shop {}\nenvironment dev {}\nenvironment prod {\n  copies: 6\n  api.env.LOG_LEVEL: \"warn\"\n  unset front.env.API_URL\n}\n\n/// How many copies run.\nparam copies: Int where 1..=50 = 2\nlet size = 512MiB\n\nsecret key { generate: 32 }\ntype Mode = fast | slow(by: Duration = 1s)\nlet mode: Mode = slow(by: 2s)\nlet wait = match mode { fast => 0s, slow(by) => by }\n\nservice api {\n  image: \"ghcr.io/acme/api:1.2.3\"\n  ports: { http: 8080 }\n  env: { LOG_LEVEL: if environment == prod then \"info\" else \"debug\", KEY: key, Ü: \"\" }\n  replicas: copies\n  health: http(path: \"/healthz\")\n}\n\nsite front {\n  image: \"ghcr.io/acme/front:1.2.3\"\n  domain: \"shop.example.com\"\n  backend: api\n}\n\nservice worker for region in [\"eu\", \"us\"] {\n  image: \"ghcr.io/acme/worker:1.2.3\"\n  env: { REGION: region, URL: \"Größe ${api.url}\", LEVEL: api.env.LOG_LEVEL, HTTP: \"${api.ports.http}\" }\n  memory_unused: 1\n}\n";

/// The root with the cursor before the first `word` behind `after`.
fn at(text: &str, after: &str, word: &str) -> String {
    let from = text.find(after).unwrap_or_else(|| panic!("no `{after}`")) + after.len();
    let found = from + text[from..].find(word).unwrap_or_else(|| panic!("no `{word}` behind `{after}`"));
    format!("{}│{}", &text[..found], &text[found..])
}

fn in_root(after: &str, word: &str) -> [Marked; 2] {
    line_ends(&at(ROOT, after, word)).map(|text| marked(&text, LIBRARY))
}

fn in_library(after: &str, word: &str) -> [Marked; 2] {
    line_ends(&at(LIBRARY, after, word)).map(|text| marked(ROOT, &text))
}

type Find = fn(&Checked, FileId, u32) -> Option<definition::Targets>;

fn leads(find: Find, programs: [Marked; 2], to: &[&str]) {
    for one in programs {
        let found = find(&one.checked, one.file, one.at);
        let places: Vec<String> = found
            .map(|found| found.targets.iter().map(|target| said(&one.checked, target.name)).collect())
            .unwrap_or_default();
        assert_eq!(places, to);
    }
}

#[test]
fn definitions_are_found() {
    let find = definition::definition;
    leads(find, in_root("replicas: ", "copies"), &["app.oal:12:7 copies"]);
    leads(find, in_root("prod {\n  ", "copies"), &["app.oal:12:7 copies"]);
    leads(find, in_root("\n\n", "site front"), &["lib/web.oal:3:6 web"]);
    leads(find, in_root("", "web as"), &["lib/web.oal:3:6 web"]);
    leads(find, in_root("use ", "\"./lib"), &["lib/web.oal:1:1 "]);
    leads(find, in_root("1.2.3\"\n  ", "domain"), &["lib/web.oal:5:9 domain"]);
    leads(find, in_root("Größe ${api.", "url"), &["std:service.oal:52:10 url"]);
    leads(find, in_root("LEVEL: api.env.", "LOG_LEVEL"), &["app.oal:23:10 LOG_LEVEL"]);
    leads(find, in_root("prod {\n  copies: 6\n  api.env.", "LOG_LEVEL"), &["app.oal:23:10 LOG_LEVEL"]);
    leads(find, in_root("unset front.env.", "API_URL"), &["lib/web.oal:8:10 API_URL"]);
    leads(find, in_root("api.ports.", "http"), &["app.oal:22:12 http"]);
    leads(find, in_root("REGION: ", "region"), &["app.oal:34:20 region"]);
    leads(find, in_root("match mode { ", "fast"), &["app.oal:16:13 fast"]);
    leads(find, in_root("slow(by) => ", "by"), &["app.oal:18:42 by"]);
    leads(find, in_root("let mode: Mode = slow(", "by"), &["app.oal:16:25 by"]);
    leads(find, in_root("environment == ", "prod"), &["app.oal:5:13 prod"]);
    leads(find, in_root("health: ", "http"), &["std:service.oal:95:5 http"]);
    leads(find, in_library("to: ", "http"), &["lib/web.oal:7:12 http"]);
    leads(find, in_library("host: ", "domain"), &["lib/web.oal:5:9 domain"]);
    leads(find, in_library("extends ", "service"), &["std:service.oal:14:13 service"]);
}

#[test]
fn declarations_are_imports_where_there_are_some() {
    leads(definition::declaration, in_root("\n\n", "site front"), &["app.oal:1:30 site"]);
    leads(definition::declaration, in_root("replicas: ", "copies"), &["app.oal:12:7 copies"]);
}

#[test]
fn type_definitions_are_found() {
    let find = definition::type_definition;
    leads(find, in_root("match ", "mode"), &["app.oal:16:6 Mode"]);
    leads(find, in_root("match mode { ", "fast"), &["app.oal:16:6 Mode"]);
    leads(find, in_root("backend: ", "api"), &["std:service.oal:14:13 service"]);
    leads(find, in_root("1.2.3\"\n  ports: { http: 8080 }\n", "health"), &["std:service.oal:93:6 Probe"]);
    leads(find, in_library("API_URL: ", "backend"), &["std:service.oal:14:13 service"]);
    leads(find, in_root("service ", "worker"), &["std:service.oal:14:13 service"]);
    leads(find, in_root("replicas: ", "copies"), &[]);
}

#[test]
fn implementations_are_what_is_made() {
    let find = definition::implementation;
    leads(find, in_library("kind ", "web"), &["app.oal:28:6 front"]);
    leads(find, in_library("field ", "domain"), &["app.oal:30:3 domain"]);
    leads(find, in_root("param ", "copies"), &["app.oal:6:3 copies"]);
    for one in in_library("extends ", "service") {
        let found = definition::implementation(&one.checked, one.file, one.at).unwrap();
        let names: Vec<&str> = found
            .targets
            .iter()
            .map(|target| one.checked.project().slice(target.name.file, target.name.span))
            .collect();
        assert_eq!(names, ["api", "front", "worker", "web"]);
    }
}

#[test]
fn references_are_found_everywhere() {
    let all = |programs: [Marked; 2], declaration: bool, expected: &[&str]| {
        for one in programs {
            let found = references::references(&one.checked, one.file, one.at, declaration).unwrap();
            let said: Vec<String> = found.iter().map(|place| said(&one.checked, *place)).collect();
            assert_eq!(said, expected);
        }
    };
    all(in_root("replicas: ", "copies"), true, &["app.oal:6:3 copies", "app.oal:12:7 copies", "app.oal:24:13 copies"]);
    all(in_root("replicas: ", "copies"), false, &["app.oal:6:3 copies", "app.oal:24:13 copies"]);
    all(
        in_library("kind ", "web"),
        true,
        &["app.oal:1:23 web", "app.oal:1:30 site", "app.oal:28:1 site", "lib/web.oal:3:6 web"],
    );
    all(
        in_root("env: { ", "LOG_LEVEL"),
        true,
        &["app.oal:7:11 LOG_LEVEL", "app.oal:23:10 LOG_LEVEL", "app.oal:36:68 LOG_LEVEL"],
    );
    all(in_library("to: ", "http"), true, &["lib/web.oal:7:12 http", "lib/web.oal:9:34 http"]);
    all(in_root("ports: { ", "http"), true, &["app.oal:22:12 http", "app.oal:36:98 http"]);
}

#[test]
fn highlights_tell_reads_from_writes() {
    for one in in_root("replicas: ", "copies") {
        let found = references::highlights(&one.checked, one.file, one.at).unwrap();
        let uses: Vec<references::Use> = found.iter().map(|(_, how)| *how).collect();
        assert_eq!(uses, [references::Use::Write, references::Use::Write, references::Use::Read]);
    }
}

fn hovered(programs: [Marked; 2]) -> String {
    let [first, second] = programs
        .map(|one| hover::hover(&one.checked, one.file, one.at).map_or_else(String::new, |found| found.markdown));
    assert_eq!(first, second, "with CR LF");
    first
}

#[test]
fn hover_says_type_docs_and_values() {
    assert_eq!(
        hovered(in_root("replicas: ", "copies")),
        "```oal\nparam copies: Int where 1..=50 = 2\n```\n\nHow many copies run.\n\n| environment | value | set by |\n\
         | --- | --- | --- |\n| `dev` | `2` | default (app.oal:12) |\n| `prod` | `6` | environment (app.oal:6) |"
    );
    let domain = hovered(in_root("1.2.3\"\n  ", "domain"));
    assert_eq!(
        domain,
        "```oal\nfield domain: Host\n```\n\nof kind `web`\n\nIts name in the world.\n\n\
         = `\"shop.example.com\"`, set by the body (app.oal:30)"
    );
    let key = hovered(in_root("LEVEL: api.env.", "LOG_LEVEL"));
    assert!(key.contains("| `dev` | `\"debug\"` | body (app.oal:23) |"), "{key}");
    assert!(key.contains("| `prod` | `\"warn\"` | environment (app.oal:7) |"), "{key}");
    let size = hovered(in_root("= ", "512MiB"));
    assert!(size.contains("536_870_912 bytes, 512 MiB"), "{size}");
    let kind = hovered(in_root("\n\n", "site front"));
    assert!(kind.contains("kind web extends service") && kind.contains("A public web service."), "{kind}");
    assert!(kind.contains("must have: `domain`"), "{kind}");
    let url = hovered(in_root("Größe ${api.", "url"));
    assert!(url.contains("output url: deploy Url") && url.contains("over HTTP"), "{url}");
    let used = hovered(in_root("use ", "\"./lib"));
    assert!(used.contains("Web things."), "{used}");
    let variant = hovered(in_root("let mode: Mode = ", "slow"));
    assert!(variant.contains("slow(by: Duration = 1s)") && variant.contains("a variant of `Mode`"), "{variant}");
    let environment = hovered(in_root("environment == ", "prod"));
    assert!(
        environment.contains("environment prod") && environment.contains("sets or unsets 3 values"),
        "{environment}"
    );
    let image = hovered(in_root("api {\n  image: ", "\"ghcr"));
    assert!(image.contains("Image") && image.contains("container image"), "{image}");
    let keyword = hovered(in_root("\n\n", "app shop"));
    assert!(keyword.contains("names the application"), "{keyword}");
}

#[test]
fn hover_tells_what_words_and_signs_do() {
    let text = "app a {}\nparam n: Int? where 1..=50 = 2\nlet x = if n == 1 and true then n ?? 3 else 4\nlet y = \"\"\"\n  if else\n  \"\"\"\n";
    let of = |at: usize| {
        let marked_text = format!("{}│{}", &text[..at], &text[at..]);
        let texts = line_ends(&marked_text);
        hovered(texts.map(|text| marked(&text, "")))
    };
    let at = |word: &str| of(text.find(word).unwrap() + 1);
    for (word, says) in [
        ("if n", "one of two branches"),
        ("then", "where the condition holds"),
        ("else 4", "does not hold"),
        ("and", "both hold"),
        ("==", "the same"),
        ("?? 3", "where that is null"),
        ("..=", "both included"),
    ] {
        assert!(at(word).contains(says), "{word}: {}", at(word));
    }
    assert!(of(text.find("1..").unwrap()).contains("the least"));
    assert!(of(text.find("50").unwrap() + 1).contains("the most"));
    assert!(!at("if else").contains("branches"));
}

#[test]
fn hover_tells_the_types_of_keys_and_variables() {
    let starts = |programs: [Marked; 2], words: &str| {
        let text = hovered(programs);
        assert!(text.starts_with(words), "{text}");
    };
    starts(in_root("env: { ", "LOG_LEVEL"), "```oal\nLOG_LEVEL: secret String\n```");
    starts(in_root("ports: { ", "http"), "```oal\nhttp: Port\n```\n\na port\n\n= `8080`");
    starts(in_root("worker for ", "region"), "```oal\nregion: String\n```");
    starts(in_root("slow(by) => ", "by"), "```oal\nby: Duration\n```");
    starts(in_root("for region in [", "\"eu\""), "```oal\n\"eu\": String\n```\n\nthe key of an instance");
    assert!(hovered(in_root("use ", "\"./lib")).contains("declares `web`"));
    // What all instances of a component have is said once.
    assert!(
        hovered(in_root("worker:1.2.3\"\n  env: { REGION: region, ", "URL"))
            .ends_with("= `\"Größe ${api.url}\"`, set by the body (app.oal:36)")
    );
    let each = hovered(in_root("worker:1.2.3\"\n  env: { ", "REGION"));
    assert!(each.contains("| `dev`, `prod` of `eu` | `\"eu\"` | body (app.oal:36) |"), "{each}");
}

/// The value of a secret has no form: what is shown is the name.
#[test]
fn hover_shows_no_secret() {
    let key = hovered(in_root("debug\", ", "KEY"));
    assert!(key.contains("= `key`"), "{key}");
    let name = hovered(in_root("KEY: ", "key"));
    assert!(name.contains("secret key") && !name.contains("= `"), "{name}");
}

#[test]
fn outline_has_what_is_declared() {
    for text in line_ends(LIBRARY) {
        let parse = oal_syntax::parse(&text);
        let found = document_symbols::symbols(&text, &parse);
        let [web] = &found[..] else { panic!("{found:?}") };
        assert_eq!((&*web.name, &*web.detail, web.shape), ("web", "service", document_symbols::Shape::Kind));
        let names: Vec<(&str, &str)> = web.children.iter().map(|one| (&*one.name, &*one.detail)).collect();
        let expected = [("domain", "Host"), ("backend", "service?"), ("ports", ""), ("env", ""), ("site", "route")];
        assert_eq!(names, expected);
        assert_eq!(web.children[2].children[0].name, "http");
        assert!(web.children.iter().all(|one| web.span.contains(one.span) && one.span.contains(one.name_span)));
    }
}

/// Of a long file single settings are left out: declarations and what has lines of its own stay.
#[test]
fn outline_of_a_long_file() {
    let names = |count: usize| {
        let service = |at: usize| format!("service s{at} {{\n  image: \"x:1\"\n  env: {{\n    A: \"1\"\n  }}\n}}\n\n");
        let text: String = (0..count).map(service).collect::<String>() + "kind k {\n  field f: Int\n}\n";
        let found = document_symbols::symbols(&text, &oal_syntax::parse(&text));
        let children = |one: &document_symbols::Outline| one.children.iter().map(|one| one.name.clone()).collect();
        [&found[0], found.last().unwrap()].map(|one| -> Vec<String> { children(one) })
    };
    assert_eq!(names(300), [vec!["image", "env"], vec!["f"]]);
    assert_eq!(names(400), [vec!["env"], vec!["f"]]);
}

#[test]
fn symbols_are_found_by_their_letters() {
    let parse = oal_syntax::parse(ROOT);
    let named = |typed: &str| {
        let mut found = Vec::new();
        workspace_symbols::matching(ROOT, &parse, typed, &mut found);
        found.sort_by_key(|one| std::cmp::Reverse(one.score));
        found.into_iter().map(|one| one.name).collect::<Vec<_>>()
    };
    assert_eq!(named("wrk"), ["worker"]);
    assert_eq!(named("mode")[..2], ["mode", "Mode"]);
    assert_eq!(named("zzz"), Vec::<String>::new());
    assert!(named("").len() > 8);
    let score = |typed, name| workspace_symbols::score(typed, name);
    assert!(score("ak", "api_key") > score("ak", "bakery"));
    assert!(score("xy", "axy_x").is_some());
}

#[test]
fn kinds_have_their_line() {
    for one in in_root("\n\n", "site front") {
        let kind = hierarchy::kind_at(&one.checked, one.file, one.at).unwrap();
        assert_eq!(kind.name, "web");
        let names = |nodes: Vec<hierarchy::Node>| nodes.into_iter().map(|node| node.name).collect::<Vec<_>>();
        let bases = hierarchy::supertypes(&one.checked, &kind.symbol);
        assert_eq!(names(hierarchy::subtypes(&one.checked, &bases[0].symbol)), ["web"]);
        assert_eq!(names(bases), ["service"]);
        assert!(hierarchy::subtypes(&one.checked, &kind.symbol).is_empty());
    }
}

#[test]
fn uses_go_both_ways() {
    for one in in_root("service ", "api") {
        let api = hierarchy::used_at(&one.checked, one.file, one.at).unwrap();
        let said = |calls: Vec<hierarchy::Call>| {
            calls.into_iter().map(|call| format!("{} {}", call.node.name, call.places.len())).collect::<Vec<_>>()
        };
        assert_eq!(said(hierarchy::incoming(&one.checked, &api.symbol)), ["prod 1", "front 1", "worker 3"]);
        assert_eq!(said(hierarchy::outgoing(&one.checked, &api.symbol)), ["copies 1", "key 1", "service 1"]);
    }
}

#[test]
fn moved_files_are_used_where_they_are() {
    let one = marked(&format!("│{ROOT}"), LIBRARY);
    let moved = |from: &str, to: &str| {
        let moves = [will_rename::Move { from: from.to_owned(), to: to.to_owned() }];
        let edits = will_rename::edits(&one.checked, &moves);
        edits.into_iter().map(|edit| format!("{} {}", edit.file.0, edit.text)).collect::<Vec<_>>()
    };
    assert_eq!(moved("lib/web.oal", "kinds/site.oal"), ["0 \"./kinds/site.oal\""]);
    assert_eq!(moved("lib", "parts"), ["0 \"./parts/web.oal\""]);
    assert_eq!(moved("app.oal", "shop/app.oal"), ["0 \"../lib/web.oal\""]);
    assert!(moved("app.oal", "main.oal").is_empty());
    assert!(moved("li", "x").is_empty());
    assert_eq!(moved("lib/web.oal", "lib/a\"${b.oal"), [r#"0 "./lib/a\"\${b.oal""#]);
}

#[test]
fn lenses_offer_what_there_is() {
    let one = marked(&format!("│{ROOT}"), LIBRARY);
    let lenses = code_lens::lenses(&one.checked, one.file);
    let ir: Vec<_> = lenses.iter().filter(|lens| matches!(lens.offers, code_lens::Offers::Ir(_))).collect();
    assert_eq!(ir.len(), 2);
    let api = lenses.iter().find(|lens| lens.span.text(ROOT) == "api").unwrap();
    assert_eq!(code_lens::count(&one.checked, one.file, api.span.start), Some(5));
    assert_eq!(code_lens::references_words(1), "1 reference");
}

#[test]
fn the_graph_has_who_needs_whom() {
    let text = "app a {}\nservice b { image: \"x:1\", ports: { http: 80 } }\nservice c { image: \"x:1\", env: { B: b.url } }\n│";
    let one = marked(text, "");
    let picture = graph::graph(&one.checked, None).unwrap();
    assert_eq!(picture.environment, "default");
    assert_eq!(picture.nodes.iter().map(|node| &*node.id).collect::<Vec<_>>(), ["service/b", "service/c"]);
    let [edge] = &picture.edges[..] else { panic!("{picture:?}") };
    assert_eq!((&*edge.from, &*edge.to, &*edge.label), ("service/c", "service/b", "reference"));
    assert!(graph::graph(&one.checked, Some("nowhere")).is_none());
}
