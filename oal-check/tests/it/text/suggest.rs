//! Suggestions: the name that was meant, and none where there is none.

use std::collections::BTreeSet;

use oal_check::suggest::{
    Dimension, closest, foreign_field, foreign_function, foreign_kind, foreign_literal, foreign_quantity,
    foreign_replacements, foreign_sections, foreign_type,
};
use proptest::prelude::*;

use crate::golden;

const FIELDS: &[&str] = &[
    "image",
    "build",
    "command",
    "entrypoint",
    "env",
    "env_files",
    "ports",
    "publish",
    "publish_address",
    "volumes",
    "files",
    "health",
    "ready",
    "resources",
    "after",
    "restart",
    "update",
    "replicas",
    "autoscale",
    "labels",
    "hostname",
    "working_dir",
    "user",
    "stop_signal",
    "stop_grace",
    "networks",
    "read_only",
    "init",
    "privileged",
    "placement",
    "memory_limit",
];

#[test]
fn the_meant_name_is_found() {
    let table = [
        ("imgae", Some("image")),
        ("Image", Some("image")),
        ("prots", Some("ports")),
        ("port", Some("ports")),
        ("replica", Some("replicas")),
        ("replcias", Some("replicas")),
        ("envfiles", Some("env_files")),
        ("env-files", Some("env_files")),
        ("workingDir", Some("working_dir")),
        ("dir_working", Some("working_dir")),
        ("limit_memory", Some("memory_limit")),
        ("memory", Some("memory_limit")),
        ("grace", Some("stop_grace")),
        ("stop", None), // two begin so
        ("environ", Some("env")),
        ("helth", Some("health")),
        ("healthz", Some("health")),
        ("volume", Some("volumes")),
        ("entry_point", Some("entrypoint")),
        ("hostName", Some("hostname")),
        ("comand", Some("command")),
        ("color", None),
        ("xyz", None),
        ("a", None),
        ("", None),
        ("image", None), // itself is no suggestion
        ("sidecar", None),
    ];
    for (wanted, expected) in table {
        assert_eq!(closest(wanted, FIELDS.iter().copied()), expected, "{wanted}");
    }
}

#[test]
fn between_equals_the_likelier_wins() {
    assert_eq!(closest("post", ["host", "port"]), Some("port"));
    assert_eq!(closest("post", ["port", "host"]), Some("port"));
    assert_eq!(closest("orders_db", ["orders", "db"]), Some("orders"));
    assert_eq!(closest("orders", ["orders_db", "orders_queue"]), None);
    assert_eq!(closest("postgress", ["postgres", "mysql", "mariadb"]), Some("postgres"));
    assert_eq!(closest("prod", ["production", "staging", "dev"]), Some("production"));
    assert_eq!(closest("stagign", ["production", "staging", "dev"]), Some("staging"));
    assert_eq!(closest("db", ["dv", "dbs"]), None);
}

#[test]
fn quantities_are_translated() {
    use Dimension::{Cpu, Duration, Percent, Size};
    let table = [
        ("512Mi", Some(Size), Some("512MiB")),
        ("512Mi", None, Some("512MiB")),
        ("1g", Some(Size), Some("1GiB")),
        ("1G", Some(Size), Some("1GB")),
        ("64m", Some(Size), Some("64MiB")),
        ("512mb", Some(Size), Some("512MiB")),
        ("1.5Gi", Some(Size), Some("1.5GiB")),
        ("1024", Some(Size), Some("1024B")),
        ("10 GiB", Some(Size), Some("10GiB")),
        ("5m", Some(Duration), Some("5min")),
        ("5m", None, None),
        ("5m", Some(Cpu), None),
        ("1sec", Some(Duration), Some("1s")),
        ("1sec", None, Some("1s")),
        ("10 s", Some(Duration), Some("10s")),
        ("10 s", None, Some("10s")),
        ("1h30m", Some(Duration), Some("90min")),
        ("1m30s", None, Some("90s")),
        ("2 weeks", Some(Duration), Some("14d")),
        ("1500us", Some(Duration), Some("2ms")),
        ("30", Some(Duration), Some("30s")),
        ("30", None, None),
        ("0.5cpu", Some(Cpu), Some("0.5")),
        ("2 cores", None, Some("2")),
        ("500millicores", Some(Cpu), Some("500m")),
        ("50%", Some(Cpu), Some("500m")),
        ("0.85", Some(Percent), Some("85%")),
        ("0.5", Some(Percent), Some("50%")),
        ("0.05", Some(Percent), Some("5%")),
        ("80", Some(Percent), Some("80%")),
        ("80 percent", Some(Percent), Some("80%")),
        ("512MiB", Some(Size), None),
        ("10s", Some(Duration), None),
        ("abc", Some(Size), None),
        ("", Some(Size), None),
        ("5 apples", Some(Size), None),
        ("1.2.3", Some(Size), None),
        ("1s2s", Some(Duration), None),
        ("30s1m", Some(Duration), None),
    ];
    for (text, wanted, expected) in table {
        let advice = foreign_quantity(text, wanted);
        assert_eq!(advice.as_ref().and_then(|advice| advice.replacement.as_deref()), expected, "{text} {wanted:?}");
    }
}

#[test]
fn words_of_other_tools_are_known() {
    let to = |advice: Option<oal_check::suggest::Advice>| advice.and_then(|advice| advice.replacement);
    assert_eq!(to(foreign_field("service", "depends_on")).as_deref(), Some("after"));
    assert_eq!(to(foreign_field("service", "environment")).as_deref(), Some("env"));
    assert_eq!(to(foreign_field("service", "healthcheck")).as_deref(), Some("health"));
    assert_eq!(to(foreign_field("service", "mem_limit")).as_deref(), Some("resources.memory"));
    assert_eq!(to(foreign_field("service", "image_pull_policy")).as_deref(), Some("pull"));
    assert_eq!(to(foreign_field("service", "expose")).as_deref(), Some("ports"));
    assert_eq!(to(foreign_field("job", "depends_on")).as_deref(), Some("after"));
    assert_eq!(to(foreign_field("job", "cron")).as_deref(), Some("schedule"));
    assert_eq!(to(foreign_field("volume", "depends_on")), None);
    assert_eq!(to(foreign_field("kinds", "variable")), None);
    assert_eq!(to(foreign_kind("variable")).as_deref(), Some("param"));
    assert_eq!(to(foreign_kind("deployment")).as_deref(), Some("service"));
    assert_eq!(to(foreign_type("string")).as_deref(), Some("String"));
    assert_eq!(to(foreign_function("length")).as_deref(), Some("len"));
    assert_eq!(to(foreign_literal("yes")).as_deref(), Some("true"));
    assert_eq!(to(foreign_literal("None")).as_deref(), Some("null"));
    assert!(foreign_literal("true").is_none());
    assert!(foreign_field("service", "count").is_some_and(|advice| advice.replacement.is_none()));
}

/// The names of the fields that a file of the prelude declares.
fn declared(kind: &str) -> BTreeSet<String> {
    let read = |name: &str| std::fs::read_to_string(golden::package().join(format!("std/{name}.oal"))).unwrap();
    let field = |line: &str| {
        let line = line.trim();
        let name = line.strip_prefix("field ").unwrap_or(line).split_once(':')?.0;
        (!name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')).then(|| name.to_owned())
    };
    let base: &[&str] = if matches!(kind, "service" | "job") { &["workload", "types"] } else { &["types"] };
    base.iter()
        .copied()
        .chain([kind])
        .flat_map(|name| read(name).lines().filter_map(field).collect::<Vec<_>>())
        .collect()
}

#[test]
fn every_replacement_exists() {
    let kinds =
        ["service", "job", "database", "cache", "queue", "bucket", "volume", "secret", "config", "route", "external"];
    for section in foreign_sections() {
        match section {
            "kinds" => {
                let words = ["param", "let", "use", "app", "environment", "kind", "type", "assert"];
                for own in foreign_replacements(section) {
                    assert!(kinds.contains(&own.as_str()) || words.contains(&own.as_str()), "{own}");
                }
            }
            "types" => {}
            "functions" => {
                for own in foreign_replacements(section) {
                    assert!(oal_check::builtins::find(&own).is_some(), "{own}");
                }
            }
            kind => {
                let fields = declared(kind);
                for own in foreign_replacements(section) {
                    assert!(own.split('.').all(|step| fields.contains(step)), "`{kind}` has no field `{own}`");
                }
            }
        }
    }
}

#[test]
fn no_word_is_told_twice_or_is_oal() {
    let table = std::fs::read_to_string(golden::package().join("src/suggest/words.txt")).unwrap();
    let mut section = String::new();
    let mut seen = BTreeSet::new();
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with("//")) {
        if let Some(title) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            title.clone_into(&mut section);
            assert!(foreign_sections().any(|known| known == title));
            continue;
        }
        let columns: Vec<&str> = line.splitn(3, " | ").collect();
        assert_eq!(columns.len(), 3, "{line}");
        assert!(!columns[2].ends_with('.'), "{line}");
        let fields = if matches!(section.as_str(), "kinds" | "types" | "functions") {
            BTreeSet::new()
        } else {
            own_fields(&section)
        };
        for word in columns[0].split(' ') {
            assert!(!word.is_empty(), "{line}");
            assert!(seen.insert((section.clone(), word.to_owned())), "`{word}` stands twice in [{section}]");
            assert!(!fields.contains(word), "`{word}` is a field of `{section}`");
        }
    }
}

/// The fields of the kind itself, without those of its types.
fn own_fields(kind: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(golden::package().join(format!("std/{kind}.oal"))).unwrap();
    text.lines()
        .filter_map(|line| line.strip_prefix("  field ")?.split_once(':'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_slip_is_forgiven(at in any::<prop::sample::Index>(), field in prop::sample::select(FIELDS.to_vec()), slip in 0..4, c in "[a-z]") {
        prop_assume!(field.len() >= 6);
        let mut text: Vec<char> = field.chars().collect();
        let n = at.index(text.len() - 1);
        match slip {
            0 => { text.remove(n); }
            1 => text.insert(n, c.chars().next().unwrap()),
            2 => text[n] = c.chars().next().unwrap(),
            _ => text.swap(n, n + 1),
        }
        let text: String = text.into_iter().collect();
        prop_assume!(!FIELDS.contains(&text.as_str()));
        prop_assert_eq!(closest(&text, FIELDS.iter().copied()), Some(field), "{}", text);
    }

    #[test]
    fn order_does_not_count(wanted in "[a-d_]{1,8}", mut names in prop::collection::vec("[a-d_]{1,8}", 0..8)) {
        let first = closest(&wanted, names.iter().map(String::as_str)).map(str::to_owned);
        names.reverse();
        prop_assert_eq!(closest(&wanted, names.iter().map(String::as_str)).map(str::to_owned), first);
    }

    #[test]
    fn never_panics(wanted in any::<String>(), names in prop::collection::vec(any::<String>(), 0..4)) {
        let found = closest(&wanted, names.iter().map(String::as_str));
        prop_assert_ne!(found, Some(wanted.as_str()));
        for dimension in [None, Some(Dimension::Duration), Some(Dimension::Size), Some(Dimension::Cpu), Some(Dimension::Percent)] {
            let _ = foreign_quantity(&wanted, dimension);
        }
    }

    #[test]
    fn advice_on_quantities_is_final(text in "[0-9]{1,3}(\\.[0-9])?( )?[a-zA-Z%]{0,4}([0-9]{1,2}[smhd])?") {
        for dimension in [Dimension::Duration, Dimension::Size, Dimension::Cpu, Dimension::Percent] {
            if let Some(advice) = foreign_quantity(&text, Some(dimension)) {
                let own = advice.replacement.unwrap();
                prop_assert_eq!(foreign_quantity(&own, Some(dimension)), None, "{} {:?}", text, dimension);
                prop_assert_ne!(own, text.clone());
            }
        }
    }
}
