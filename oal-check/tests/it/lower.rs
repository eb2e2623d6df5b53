//! Lowering: what a program becomes, where its paths and places lead, and what is refused.

mod changed;

use oal_check::{Checked, InMemory, LowerError, Options, Project, check, lower};
use oal_ir::v1::Spec;
use oal_ir::{Ir, Leaf, NodeId};
use serde_json::{Value as Json, json};

fn checked(files: &[(&str, &str)]) -> Checked {
    let mut loader: InMemory = files.iter().copied().collect();
    check(&Project::load(files[0].0, &mut loader), &Options::default())
}

/// The IR of a program, which must have no errors.
fn lowered(files: &[(&str, &str)], environment: &str) -> Ir {
    let checked = checked(files);
    let found = oal_check::diagnostic::render(checked.diagnostics(), &checked, oal_check::diagnostic::Style::default());
    lower(&checked, environment).unwrap_or_else(|error| panic!("{error}\n{found}"))
}

fn node(id: &str) -> NodeId {
    id.parse().unwrap()
}

/// The values of a component, as JSON.
fn spec(ir: &Ir, id: &str) -> Json {
    serde_json::to_value(&ir.components[&node(id)].spec).unwrap()
}

/// The text that the source map gives for a value.
fn written<'a>(ir: &Ir, files: &[(&'a str, &'a str)], id: &str, at: &str) -> &'a str {
    let map = ir.source_map.as_ref().unwrap();
    let place =
        map.nodes[&node(id)].fields.get(&at.parse().unwrap()).copied().unwrap_or_else(|| panic!("{at} stands nowhere"));
    let path = &map.file(place).unwrap().path;
    let text = files.iter().find(|(name, _)| name == path).unwrap().1;
    let text = &text[place.start as usize..place.end as usize];
    text.lines().next().unwrap()
}

#[test]
fn refusals_say_why() {
    let checked = checked(&[("app.oal", "app a {}\nenvironment dev {}\nenvironment prod {}\n")]);
    let refused = lower(&checked, "staging").unwrap_err();
    assert_eq!(refused.to_string(), "there is no environment `staging`: the program has `dev`, `prod`");
    assert_eq!(lower(&checked, "prod").unwrap().environment, "prod");

    let broken = check(
        &Project::single("app.oal", "app a {}\nservice s { imaeg: \"x\", replicas: true }\n"),
        &Options::default(),
    );
    assert!(matches!(lower(&broken, "default"), Err(LowerError::HasErrors(2..))));

    let only = Options { environments: vec!["dev".to_owned()], ..Options::default() };
    let project = Project::single("app.oal", "app a {}\nenvironment dev {}\nenvironment prod {}\n");
    assert_eq!(lower(&check(&project, &only), "prod"), Err(LowerError::NotChecked("prod".to_owned())));
}

#[test]
fn an_error_in_one_environment_keeps_all_from_being_lowered() {
    let source = "app a {}\nenvironment dev {}\nenvironment prod {}\nlet n = if environment == prod then 0 else 1\n\
                  service s { image: \"nginx:1.27\", ports: { http: 80 }, replicas: 4 / n }\n";
    let checked = check(&Project::single("app.oal", source), &Options::default());
    assert_eq!(lower(&checked, "dev"), Err(LowerError::HasErrors(1)));
    assert_eq!(lower(&checked, "dev").unwrap_err().to_string(), "the program has an error");
}

#[test]
fn paths_start_at_the_file_that_says_them() {
    let files = [
        (
            "apps/shop.oal",
            r#"
            use "../lib/build.oal" { common, recipe, built, sources }
            app shop {}
            environment dev {}
            environment prod { moved.build.context: "../prod" }
            service here { build: { context: "./api" } }
            service whole { build: recipe }
            service part { build: { context: common.directory, target: "x" } }
            service copied { build: whole.build }
            service again { build: { context: copied.build?.context ?? "." } }
            service moved { build: recipe }
            service chosen { build: { context: if environment == dev then "." else common.directory } }
            service matched { build: match environment { dev => recipe, _ => { context: "." } } }
            service mounts {
              image: "nginx:1.27"
              volumes: { "/a": bind(path: "./data"), "/b": bind(path: "/var/lib/x"), "/c": bind("data") }
              env_files: ["./dev.env", common.env_file]
              files: { "/f": file(path: "./f"), "/g": file(path: sources) }
            }
            built kind_default {}
            built kind_own { source: "./own" }
            "#,
        ),
        (
            "lib/build.oal",
            r#"
            let common = { directory: "./src", env_file: "./common.env" }
            let sources: FilePath = "./g"
            let recipe: Build = {}
            kind built extends service {
              field source: FilePath = "./default"
              build: { context: source }
              files: { "/k": file(path: "./k") }
            }
            "#,
        ),
    ];
    let paths = |environment: &str| -> Vec<String> {
        let ir = lowered(&files, environment);
        let mut found = Vec::new();
        ir.walk(|id, at, leaf| {
            if let Leaf::Source(path) = leaf {
                found.push(format!("{id}{at} {path}"));
            }
        });
        found
    };
    let expected = |moved: &str, chosen: &str, matched: &str| -> Vec<String> {
        [
            "built/kind_default/build/context lib/default",
            "built/kind_default/files/~1k/file/path lib/k",
            "built/kind_own/build/context apps/own",
            "built/kind_own/files/~1k/file/path lib/k",
            "service/again/build/context lib",
            &format!("service/chosen/build/context {chosen}"),
            "service/copied/build/context lib",
            "service/here/build/context apps/api",
            &format!("service/matched/build/context {matched}"),
            "service/mounts/env_files/0 apps/dev.env",
            "service/mounts/env_files/1 lib/common.env",
            "service/mounts/files/~1f/file/path apps/f",
            "service/mounts/files/~1g/file/path lib/g",
            "service/mounts/volumes/~1a/bind/path apps/data",
            "service/mounts/volumes/~1b/bind/path /var/lib/x",
            "service/mounts/volumes/~1c/bind/path apps/data",
            &format!("service/moved/build/context {moved}"),
            "service/part/build/context lib/src",
            "service/whole/build/context lib",
        ]
        .iter()
        .map(|line| (*line).to_owned())
        .collect()
    };
    assert_eq!(paths("dev"), expected("lib", "apps", "lib"));
    assert_eq!(paths("prod"), expected("prod", "lib/src", "apps"));
}

#[test]
fn places_are_those_of_the_layer_that_wins() {
    let files = [
        (
            "app.oal",
            r#"use "./lib.oal" { web }
app shop {}
environment dev {}
environment prod {
  site.env.LEVEL: "warn"
  unset site.env.GONE
  site.health: tcp()
  site.resources: { cpu: 2 }
}
let shared = { A: "1", B: "2" }
web site {
  image: "nginx:1.27"
  env: { LEVEL: "info", OWN: "x" }
  resources: { memory: 1GiB }
}
service other { image: "nginx:1.27", ports: { http: 80 }, env: shared, command: ["a", "b"] }
service third { image: "nginx:1.27", ports: { http: 80 }, env: { k => v for k, v in shared } }
"#,
        ),
        (
            "lib.oal",
            r#"kind web extends service {
  ports: { http: 80 }
  env: { LEVEL: "debug", KIND: "y", GONE: "z" }
  health: http(path: "/live", every: 5s)
  resources: { memory: 2GiB, pids: 100 }
}
"#,
        ),
    ];
    let dev = lowered(&files, "dev");
    let at = |at: &str| written(&dev, &files, "web/site", at);
    assert_eq!(at("/image"), "image: \"nginx:1.27\"");
    assert_eq!(at("/ports/http"), "http: 80");
    assert_eq!(at("/env/LEVEL"), "LEVEL: \"info\"");
    assert_eq!(at("/env/KIND"), "KIND: \"y\"");
    assert_eq!(at("/env/GONE"), "GONE: \"z\"");
    assert_eq!(at("/health/http/every"), "every: 5s");
    assert_eq!(at("/resources/memory"), "memory: 1GiB");
    assert_eq!(at("/resources/pids"), "pids: 100");

    let prod = lowered(&files, "prod");
    let at = |at: &str| written(&prod, &files, "web/site", at);
    assert_eq!(at("/env"), "env: { LEVEL: \"info\", OWN: \"x\" }");
    assert_eq!(at("/env/LEVEL"), "site.env.LEVEL: \"warn\"");
    assert_eq!(at("/env/OWN"), "OWN: \"x\"");
    assert_eq!(at("/health"), "site.health: tcp()");
    assert_eq!(at("/resources"), "site.resources: { cpu: 2 }");
    assert_eq!(at("/resources/cpu"), "cpu: 2");
    assert_eq!(at("/resources/memory"), "memory: 1GiB");
    let site = &prod.source_map.as_ref().unwrap().nodes[&node("web/site")];
    let inside: Vec<&str> = site.fields.keys().map(|at| at.as_str()).filter(|at| at.starts_with("/health")).collect();
    assert_eq!(inside, ["/health"]);
    assert!(!site.fields.keys().any(|at| at.as_str() == "/env/GONE"));

    assert_eq!(written(&dev, &files, "service/other", "/env"), "env: shared");
    assert_eq!(written(&dev, &files, "service/other", "/env/A"), "A: \"1\"");
    assert_eq!(written(&dev, &files, "service/other", "/command/1"), "\"b\"");
    let map = dev.source_map.as_ref().unwrap();
    let nearest = map.find(&node("service/third"), &"/env/B".parse().unwrap()).unwrap();
    assert_eq!((nearest.line, nearest.column), (17, 59));
}

#[test]
fn what_only_the_platform_knows_is_a_list_of_parts() {
    let ir = lowered(
        &[(
            "app.oal",
            r#"app a {}
secret token {}
external pay { url: "https://u:${token}@pay.example.com/v1" }
service api { image: "nginx:1.27", ports: { http: 80 } }
job run {
  image: "busybox:1.37"
  env: {
    PLAIN: "${1 + 1}"
    HOST: "${api.host}:${api.ports.http}"
    URL: api.url
    PAY: "${pay.url}/x"
    TOKEN: token
  }
}
"#,
        )],
        "default",
    );
    let host = json!({ "ref": { "node": "service/api", "output": "host", "level": "deploy" } });
    let url = json!({ "ref": { "node": "service/api", "output": "url", "level": "deploy" } });
    let token = json!({ "secret": { "node": "secret/token" } });
    assert_eq!(
        spec(&ir, "job/run")["env"],
        json!({
            "PLAIN": "2",
            "HOST": [host, ":80"],
            "URL": [url],
            "PAY": ["https://u:", token, "@pay.example.com/v1/x"],
            "TOKEN": [token],
        })
    );
}

#[test]
fn keys_of_repeated_components_are_quoted_where_they_must() {
    let ir = lowered(
        &[(
            "app.oal",
            "app a {}\nvolume v for name in [\"eu\", \"a b\", \"x/y\"] {}\n\
             service n for i in 1..=2 { image: \"nginx:1.27\", ports: { http: 80 }, env: { N: \"${i}\" } }\n",
        )],
        "default",
    );
    let ids: Vec<&str> = ir.components.keys().map(|id| id.as_str()).collect();
    assert_eq!(ids, ["service/n[1]", "service/n[2]", "volume/v[\"a b\"]", "volume/v[\"x/y\"]", "volume/v[eu]"]);
    assert_eq!(spec(&ir, "service/n[2]")["env"]["N"], "2");
}

#[test]
fn fields_of_derived_kinds_are_gone() {
    let ir = lowered(
        &[(
            "app.oal",
            r#"app a { owner: "me@example.com", quota: { cpu: 2, memory: 4GiB } }
kind web extends service { field domain: Host, ports: { http: 80 }, route site { host: domain, to: http } }
kind shop extends web { field name: String, image: "nginx:1.27", env: { NAME: name } }
shop one { domain: "one.example.com", name: "One" }
kind pair { service left { image: "nginx:1.27", ports: { http: 80 } }, service right { image: "nginx:1.27", after: [left] } }
pair two {}
"#,
        )],
        "default",
    );
    let component = &ir.components[&node("shop/one")];
    assert_eq!((component.kind().name(), component.declared.as_str()), ("service", "shop"));
    assert_eq!(spec(&ir, "shop/one")["env"], json!({ "NAME": "One" }));
    assert_eq!(spec(&ir, "shop/one/route/site")["to"], json!({ "node": "shop/one", "port": "http" }));
    assert_eq!(spec(&ir, "pair/two/service/right")["after"], json!(["pair/two/service/left"]));
    assert!(matches!(component.spec, Spec::Service(_)));
    let app = serde_json::to_value(&ir.app).unwrap();
    assert_eq!(
        app,
        json!({ "name": "a", "owner": "me@example.com", "quota": { "cpu": 2000, "memory": 4_294_967_296_u64 } })
    );
}

/// What the IR cannot hold is refused before.
#[test]
fn numbers_beyond_the_document_are_errors() {
    let found = |body: &str| -> Vec<u16> {
        let source = format!(
            "app a {{}}\nlet big = 9_223_372_036_854_775_807\nlet size = 8_000TiB\n\
             service s {{ image: \"nginx:1.27\", ports: {{ http: 80 }}, {body} }}\n"
        );
        let checked = check(&Project::single("app.oal", source), &Options::default());
        let errors = checked.diagnostics().iter().filter(|found| found.severity == oal_check::Severity::Error);
        let codes: Vec<u16> = errors.map(|found| found.code.number).collect();
        assert_eq!(codes.is_empty(), lower(&checked, "default").is_ok(), "{body}");
        codes
    };
    assert_eq!(found("resources: { memory: size }"), [0; 0]);
    assert_eq!(found("resources: { memory: 9_000TiB }"), [23]);
    assert_eq!(found("resources: { memory_request: size * 2 }"), [602]);
    assert_eq!(found("resources: { cpu_request: 9_007_199_254_741 }"), [602]);
    assert_eq!(found("resources: { cpu_request: 9_007_199_254_741.0 }"), [602]);
    assert_eq!(found("resources: { cpu_request: -1 }"), [612]);
    assert_eq!(found("resources: { swap: -1KiB }"), [612]);
    assert_eq!(found("stop_grace: 1s - 2s"), [612]);
    assert_eq!(found("ulimits: { core: { soft: big, hard: -1 } }"), [318]);
    assert_eq!(found("autoscale: { max: 3, cpu: 70.125% }"), [24]);
    assert_eq!(found("autoscale: { max: 3, cpu: 100% / 3 }"), [0; 0]);
}

/// Numbers of built-in kinds have both bounds, so that each fits into JSON and into what readers of the IR hold it in.
#[test]
fn every_number_of_the_prelude_is_bounded() {
    const MOST: i64 = (1 << 53) - 1;
    for index in 0..oal_check::std::len() {
        let (path, text) = oal_check::std::text(index);
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code.filter(|line| line.split(|c: char| !c.is_alphanumeric()).any(|word| word == "Int")) {
            let bounds = line.split_once("Int where ").and_then(|(_, rest)| rest.split_once("..="));
            let number = |text: &str| -> Option<i64> {
                let end = text.find(|c: char| !c.is_ascii_digit() && c != '_' && c != '-').unwrap_or(text.len());
                text[..end].replace('_', "").parse().ok()
            };
            let bounds = bounds.and_then(|(low, high)| Some((number(low)?, number(high)?)));
            assert!(bounds.is_some_and(|(low, high)| -MOST <= low && high <= MOST), "{path}: {line}");
        }
    }
}

/// Lowering takes linear time: what only refers to something far away costs no more than a look.
#[test]
fn long_chains_of_references_are_lowered() {
    let mut source = "app a {}\nservice s0 { build: { context: \"./x\" }, ports: { http: 80 } }\n".to_owned();
    for index in 1..400 {
        source += &format!("service s{index} {{ build: s{}.build, ports: {{ http: 80 }} }}\n", index - 1);
    }
    let ir = lowered(&[("app.oal", &source)], "default");
    assert_eq!(ir.components.len(), 400);
    assert_eq!(spec(&ir, "service/s399")["build"]["context"], "x");
}

const fn is_send<T: Send>() {}
const _: () = is_send::<Project>();
const _: () = is_send::<Checked>();
