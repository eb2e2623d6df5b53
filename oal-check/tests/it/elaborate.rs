//! Which components there are, what their fields hold and why. Most rules are shown in `grammar/spec/10-environments.md` and
//! `11-elaboration.md`; here is what rules, lowering and the editor ask for.

use oal_check::elaborate::InstanceId;
use oal_check::elaborate::origin::Layer;
use oal_check::{Checked, InMemory, Options, Project};

const THREE: &str = "environment dev {}\nenvironment staging {}\nenvironment prod {}\n";

fn check(text: &str) -> Checked {
    oal_check::check(&Project::single("app.oal", format!("app a {{ edition: 1 }}\n{text}")), &Options::default())
}

/// Codes of all errors with their environments.
fn found(checked: &Checked) -> Vec<String> {
    let errors = checked.diagnostics().iter().filter(|d| d.severity == oal_check::Severity::Error);
    errors.map(|d| format!("{} [{}]", d.code.id, d.environments.join(", "))).collect()
}

fn find(checked: &Checked, id: &str) -> InstanceId {
    checked.world().find(checked.program(), id).unwrap_or_else(|| panic!("no {id}"))
}

fn slot(checked: &Checked, instance: InstanceId, field: &str) -> u16 {
    let kind = checked.program().kind(checked.world().kind(instance)).unwrap();
    kind.field_index[field]
}

/// The values of a field: `dev, staging: 1 | prod: 2`.
fn groups(checked: &Checked, id: &str, field: &str) -> String {
    let instance = find(checked, id);
    let slot = slot(checked, instance, field);
    let names: Vec<&str> = checked.environments().collect();
    let groups = checked.evaluator().groups(instance, slot);
    let show = |(envs, value): &(oal_check::program::EnvSet, oal_check::value::Value)| {
        let envs: Vec<&str> = envs.iter().map(|at| names[at]).collect();
        format!("{}: {}", envs.join(", "), value.source())
    };
    groups.iter().map(show).collect::<Vec<_>>().join(" | ")
}

fn ids(checked: &Checked) -> Vec<String> {
    let world = checked.world();
    world.all(checked.program()).into_iter().map(|id| world.node_id(checked.program(), id)).collect()
}

#[test]
fn components_stand_in_the_order_of_the_source() {
    let checked = check(
        "kind web extends service {
           ports: { http: 80 }
           health: http
           route site { host: \"a.example.com\", to: http }
           job warm for n in [1, 2] { image: \"b:1\", retries: n }
         }
         job first for k in [\"x\", \"y\"] { image: \"b:1\" }
         web shop { image: \"n:1\" }
         job last { image: \"b:1\" }",
    );
    assert_eq!(found(&checked), [""; 0]);
    let expected = [
        "job/first[x]",
        "job/first[y]",
        "web/shop",
        "web/shop/route/site",
        "web/shop/job/warm[1]",
        "web/shop/job/warm[2]",
        "job/last",
    ];
    assert_eq!(ids(&checked), expected);
    for id in expected {
        assert_eq!(checked.world().node_id(checked.program(), find(&checked, id)), id);
    }
    assert_eq!(find(&checked, "shop.warm[\"2\"]"), find(&checked, "web/shop/job/warm[2]"));
    assert_eq!(groups(&checked, "web/shop/job/warm[2]", "retries"), "default: 2");
}

#[test]
fn a_component_exists_where_its_condition_holds() {
    let checked = check(&format!(
        "{THREE}
         job a if environment != prod {{ image: \"b:1\" }}
         job b for k in (if environment == dev then [\"x\"] else [\"x\", \"y\"]) {{ image: \"b:1\", labels: {{ k: k }} }}
         environment test {{ job c {{ image: \"b:1\" }} }}"
    ));
    assert_eq!(found(&checked), [""; 0]);
    let presence = |id| checked.world().presence(find(&checked, id)).0;
    assert_eq!(
        (presence("job/a"), presence("job/b[x]"), presence("job/b[y]"), presence("job/c")),
        (0b1011, 0b1111, 0b1110, 0b1000)
    );
}

#[test]
fn values_are_grouped_by_environment() {
    let checked = check(
        "environment dev { j.env.A: \"2\" }
         environment staging {}
         environment prod { unset j.keep }
         job j { image: \"b:1\", keep: 3, env: { A: \"1\", B: environment_name } }
         let environment_name = \"${environment}\"",
    );
    assert_eq!(found(&checked), [""; 0]);
    assert_eq!(groups(&checked, "job/j", "image"), "dev, staging, prod: \"b:1\"");
    assert_eq!(groups(&checked, "job/j", "keep"), "dev, staging: 3 | prod: 10");
    assert_eq!(
        groups(&checked, "job/j", "env"),
        "dev: { A: \"2\", B: \"dev\" } | staging: { A: \"1\", B: \"staging\" } | prod: { A: \"1\", B: \"prod\" }"
    );
    assert_eq!(groups(&checked, "job/j", "schedule"), "dev, staging, prod: null");
}

#[test]
fn defaults_are_filled_in() {
    let checked = check(
        "service s { image: \"n:1\", ports: { web: 80 }, health: http(every: 5s), autoscale: { max: 3 }, resources: { cpu: 2 } }",
    );
    assert_eq!(found(&checked), [""; 0]);
    assert_eq!(
        groups(&checked, "service/s", "health"),
        "default: http(path: \"/\", port: null, every: 5s, timeout: 5s, retries: 3, start_period: 0s, headers: {})"
    );
    let autoscale = groups(&checked, "service/s", "autoscale");
    assert_eq!(autoscale, "default: { min: 1, max: 3, cpu: null, memory: null, requests: null, cool_down: 5min }");
    assert!(groups(&checked, "service/s", "resources").starts_with("default: { cpu: 2000m, memory: null"));
}

#[test]
fn what_is_said_of_one_instance_counts_more() {
    let checked = check(
        "environment prod {
           w[\"us\"].env: { A: \"one\" }
           w.env.A: \"all\"
           w.keep: 5
           w[\"us\"].keep: 6
         }
         job w for k in [\"eu\", \"us\"] { image: \"b:1\", env: { K: k } }",
    );
    assert_eq!(found(&checked), [""; 0]);
    assert_eq!(groups(&checked, "job/w[eu]", "env"), "prod: { K: \"eu\", A: \"all\" }");
    assert_eq!(groups(&checked, "job/w[us]", "env"), "prod: { K: \"us\", A: \"one\" }");
    assert_eq!(groups(&checked, "job/w[eu]", "keep"), "prod: 5");
    assert_eq!(groups(&checked, "job/w[us]", "keep"), "prod: 6");
}

#[test]
fn written_means_more_than_a_default() {
    let checked = check(
        "environment dev { s.replicas: 2 }
         kind web extends service { ports: { http: 80 }, init: true }
         web s { image: \"n:1\", tty: true }",
    );
    let instance = find(&checked, "web/s");
    let written = |field| checked.evaluator().written(instance, slot(&checked, instance, field));
    assert_eq!(["image", "tty", "init", "replicas", "ports"].map(written), [true; 5]);
    assert_eq!(["stdin", "build", "env"].map(written), [false; 3]);
}

#[test]
fn a_value_knows_where_it_comes_from() {
    let checked = check(
        "environment dev { s.env.B: \"environment\" }
         environment prod { unset s.env.A }
         kind web extends service { ports: { http: 80 }, env: { A: \"kind\", C: \"kind\" } }
         web s { image: \"n:1\", env: { A: \"component\" } }",
    );
    let instance = find(&checked, "web/s");
    let env = slot(&checked, instance, "env");
    let origin = |path: &[&str], at: usize| -> Vec<String> {
        let program = checked.program();
        let say = |found: &oal_check::elaborate::origin::Origin| {
            let layer = match found.layer {
                Layer::Default => "default".to_owned(),
                Layer::Kind(kind) => program.kind(kind).unwrap().name.to_string(),
                Layer::Component => "component".to_owned(),
                Layer::Environment(at) => program.environments[usize::from(at)].name.to_string(),
            };
            let words = program.project.slice(found.place.file, found.place.span);
            format!("{layer} {words}{}", if found.value.is_none() { " unset" } else { "" })
        };
        checked.evaluator().origin(instance, env, path, at).iter().map(say).collect()
    };
    assert_eq!(origin(&["A"], 0), ["web A", "component A"]);
    assert_eq!(origin(&["A"], 1), ["web A", "component A", "prod s.env.A unset"]);
    assert_eq!(origin(&["B"], 0), ["dev s.env.B"]);
    assert_eq!(origin(&["C"], 1), ["web C"]);
    assert_eq!(origin(&[], 0), ["default env", "web env", "component env", "dev s.env.B"]);
}

#[test]
fn outputs_and_secrets_stay_parts() {
    let checked = check(
        "secret key {}
         database d { engine: postgres, version: 16 }
         route r { host: \"a.example.com\", to: s.http, tls: off }
         service s { image: \"n:1\", ports: { http: 80 }, health: http, env: { A: \"x${d.url}y${key}\", B: key, C: r.url } }",
    );
    assert_eq!(found(&checked), [""; 0]);
    let instance = find(&checked, "service/s");
    let slot = slot(&checked, instance, "env");
    let env = checked.evaluator().field(instance, slot, 0);
    use oal_check::value::{Part, Value};
    let (url, key) = (find(&checked, "database/d"), find(&checked, "secret/key"));
    let parts = [Part::Text("x".into()), Part::Output(url, "url".into()), Part::Text("y".into()), Part::Secret(key)];
    assert_eq!(env.get("A"), Some(&Value::Template(parts.to_vec().into())));
    assert_eq!(env.get("B"), Some(&Value::Template(vec![Part::Secret(key)].into())));
    assert_eq!(env.get("C").and_then(Value::as_text), Some("http://a.example.com/"));
}

#[test]
fn a_broken_condition_breaks_nothing_else() {
    let checked = check(&format!(
        "{THREE}
         job a if 1 / zero == 1 {{ image: \"b:1\" }}
         job w for k in [\"x\", \"x\"] {{ image: \"b:1\" }}
         let zero = if environment == dev then 0 else 1
         job b {{ image: \"b:1\", after: [a, w[\"x\"], w[\"y\"]], retries: len(w) }}"
    ));
    assert_eq!(found(&checked), ["OAL0601 [dev]", "OAL0609 []"]);
}

#[test]
fn rules_of_kinds_are_held_against_each_component() {
    let services: String = (0..50)
        .map(|n| {
            let image = if n == 31 { "" } else { "image: \"n:1\", " };
            let name = if n % 2 == 0 { format!(", container_name: \"c{n}\"") } else { String::new() };
            let copies = if n == 40 { ", replicas: 2" } else { "" };
            format!("service s{n} {{ {image}ports: {{ http: 80 }}{name}{copies} }}\n")
        })
        .collect();
    let checked =
        check(&format!("environment dev {{ s10.replicas: 3 }}\nenvironment prod {{ unset s12.image }}\n{services}"));
    let said: Vec<String> = checked
        .diagnostics()
        .iter()
        .filter(|d| d.code.id == "OAL0608")
        .map(|d| format!("{} [{}]", d.message.split(':').next().unwrap(), d.environments.join(", ")))
        .collect();
    assert_eq!(said, ["service `s10` [dev]", "service `s12` [prod]", "service `s31` []", "service `s40` []"]);
    for diagnostic in checked.diagnostics() {
        assert!(!checked.project().path(diagnostic.primary.file).starts_with("std:"), "{diagnostic:?}");
    }
}

#[test]
fn records_may_be_completed_by_other_layers() {
    let half = "kind web extends service { ports: { http: 80 }, autoscale: { min: 2 } }\n";
    let whole = check(&format!("{half}web s {{ image: \"n:1\", autoscale: {{ max: 5 }} }}"));
    assert_eq!(found(&whole), [""; 0]);
    assert!(groups(&whole, "web/s", "autoscale").starts_with("default: { min: 2, max: 5,"));
    assert_eq!(found(&check(&format!("{half}web s {{ image: \"n:1\" }}"))), ["OAL0302 []"]);
    let some = check(&format!(
        "environment dev {{}}\nenvironment prod {{ s.autoscale.max: 5 }}\n{half}web s {{ image: \"n:1\" }}"
    ));
    assert_eq!(found(&some), ["OAL0302 [dev]"]);
}

#[test]
fn a_required_field_may_come_from_every_environment() {
    let text = |staging| {
        format!(
            "environment dev {{ d.engine: postgres }}\nenvironment staging {{ {staging} }}\nenvironment prod {{ d.engine: mysql }}\ndatabase d {{ version: 8 }}"
        )
    };
    assert_eq!(found(&check(&text(""))), ["OAL0302 [staging]"]);
    assert_eq!(found(&check(&text("d.engine: mysql"))), [""; 0]);
}

#[test]
fn params_come_from_the_caller_first() {
    let project = Project::single(
        "app.oal",
        "app a { edition: 1 }
         type Tier = free | paid(seats: Int where 1..)
         param n: Int where 1..=9 = 1
         param s: String = \"x\"
         param t: Tier = free
         param xs: List<Duration> = []
         param o: Port? = 80
         environment dev { n: 2 }
         environment prod {}
         let all = \"${n} ${s}\"
         let t2: Tier = t
         let xs2 = xs
         let o2 = o",
    );
    let check = |params: &[(&str, &str)]| {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        oal_check::check(&project, &Options { params, ..Options::default() })
    };
    let given = [("n", "7"), ("s", "a b"), ("t", "paid(seats: 3)"), ("xs", "[1s, 2min]"), ("o", "null")];
    let checked = check(&given);
    assert_eq!(found(&checked), [""; 0]);
    let value = |name| checked.value(name, "dev").unwrap().source();
    assert_eq!(["all", "t2", "xs2", "o2"].map(value), ["\"7 a b\"", "paid(seats: 3)", "[1s, 2min]", "null"]);
    assert_eq!(check(&[("s", "\"quoted\"")]).value("s", "dev").unwrap().as_text(), Some("quoted"));
    for wrong in [
        ("n", "10"),
        ("n", "x"),
        ("n", "1s"),
        ("n", ""),
        ("n", "1\nlet z = 2"),
        ("t", "gold"),
        ("t", "paid(seats: 0)"),
        ("xs", "1s"),
        ("o", "0"),
        ("o", "70000"),
    ] {
        assert_eq!(found(&check(&[wrong])), ["OAL0507 []"], "{wrong:?}");
    }
    assert_eq!(found(&check(&[("m", "1")])), ["OAL0510 []"]);
}

#[test]
fn kinds_of_kinds_of_kinds_end_in_the_budget() {
    let kinds: String = (1..60).map(|n| format!("kind k{n} {{ k{m} a {{}}\n k{m} b {{}} }}\n", m = n - 1)).collect();
    let checked = check(&format!("kind k0 {{ job j {{ image: \"b:1\" }} }}\n{kinds}k59 top {{}}"));
    assert_eq!(found(&checked), ["OAL0605 []"]);
    assert!(checked.world().len() < 100_000, "{}", checked.world().len());
}

#[test]
fn names_of_other_files_are_evaluated_there() {
    let files = [
        (
            "app.oal",
            "use \"./lib.oal\" { web, copies }\nuse \"./lib.oal\" as lib\napp a { edition: 1 }\nlet base = 5\nlet it = [copies, lib.copies]\nweb s { image: \"n:1\" }",
        ),
        (
            "lib.oal",
            "let base = 2\nlet copies = base + 1\nkind web extends service { ports: { http: 80 }\n replicas: copies }",
        ),
    ];
    let checked =
        oal_check::check(&Project::load("app.oal", &mut files.into_iter().collect::<InMemory>()), &Options::default());
    assert_eq!(found(&checked), [""; 0]);
    assert_eq!(checked.value("it", "default").unwrap().source(), "[3, 3]");
    assert_eq!(groups(&checked, "web/s", "replicas"), "default: 3");
}

#[test]
fn a_plain_component_is_small() {
    assert!(size_of::<oal_check::elaborate::Instance>() <= 32);
}

#[test]
fn what_is_checked_can_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Checked>();
}
