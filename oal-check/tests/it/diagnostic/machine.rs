//! The forms for programs: JSON, SARIF, GitHub commands, JUnit.

use oal_check::diagnostic::{self, codes, github, json, junit, sarif};
use oal_check::diagnostic::{Diagnostic, Fix};
use oal_syntax::Span;
use serde_json::Value;

use super::samples::{APP, Files, LIB, findings, shop};
use crate::golden;

fn awkward() -> (Files, Vec<Diagnostic>) {
    let evil = "a%b,c:d\"<&>'\r\n\u{1b}[31m\u{0}\u{ffff}é𝄞";
    let files = Files(vec![("dir with/é:%,1.oal", format!("\u{feff}let 𝄞é = x\n{evil}\n")), ("b.oal", String::new())]);
    let found = vec![
        Diagnostic::new(&codes::UNKNOWN_NAME, APP, files.find(0, "x", 0), evil)
            .label(evil)
            .secondary(LIB, Span::new(7, 3), evil)
            .help(evil)
            .note(evil)
            .fix(Fix::maybe(evil, APP, Span::new(0, 9), evil).edit(LIB, Span::empty(0), evil))
            .environments([evil, "prod"]),
        Diagnostic::new(&codes::UNUSED_LET, LIB, Span::new(0, 99), "").secondary(APP, Span::new(900, 901), ""),
        Diagnostic::new(&codes::MISSING_DIGEST, APP, Span::new(0, 30), "many lines"),
    ];
    (files, found)
}

fn validate(schema: &str, document: &str) {
    validate_with(&serde_json::from_str(schema).unwrap(), document);
}

fn validate_with(schema: &Value, document: &str) {
    let document: Value = serde_json::from_str(document).unwrap();
    let validator = jsonschema::validator_for(schema).unwrap();
    let wrong: Vec<_> = validator.iter_errors(&document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn forms_of_the_shop() {
    let files = shop();
    let found = findings(&files);
    golden::data("diagnostic/report.json", &json(&found, &files));
    golden::data("diagnostic/github.txt", &github(&found, &files));
    golden::data("diagnostic/junit.xml", &junit(&found, &files, &[APP, LIB]));
    let log = sarif(&found, &files);
    let mut log: Value = serde_json::from_str(&log).unwrap();
    // The pages are long and tested by themselves.
    for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap() {
        rule["help"]["markdown"] = Value::from("…");
    }
    golden::data("diagnostic/sarif.json", &format!("{log:#}\n"));
}

#[test]
fn json_follows_its_schema() {
    let files = shop();
    validate(diagnostic::SCHEMA, &json(&findings(&files), &files));
    validate(diagnostic::SCHEMA, &json(&[], &files));
    let (files, found) = awkward();
    validate(diagnostic::SCHEMA, &json(&found, &files));
}

#[test]
fn json_keeps_texts_exactly() {
    let (files, found) = awkward();
    let report: Value = serde_json::from_str(&json(&found, &files)).unwrap();
    let first = &report["diagnostics"][0];
    assert_eq!(first["message"], found[0].message.as_str());
    assert_eq!(first["fixes"][0]["edits"][0]["text"], found[0].fixes[0].edits[0].text.as_str());
    assert_eq!(report["oal_diagnostics"], diagnostic::VERSION);
}

#[test]
fn columns_count_characters_and_utf16_units_and_no_byte_order_mark() {
    let (files, found) = awkward();
    let report: Value = serde_json::from_str(&json(&found, &files)).unwrap();
    let place = &report["diagnostics"][0]["primary"];
    assert_eq!(place["start"], serde_json::json!({ "line": 1, "column": 10, "utf16": 11 }));
    assert_eq!(place["end"], serde_json::json!({ "line": 1, "column": 11, "utf16": 12 }));
}

#[test]
fn sarif_follows_the_standard() {
    let path = golden::package().join("../../shared/corpus/schemas/sarif-2.1.0.json");
    let Ok(schema) = std::fs::read_to_string(&path) else {
        eprintln!("SKIPPED: no SARIF schema at {}, so the SARIF form is not validated", path.display());
        return;
    };
    let mut schema: Value = serde_json::from_str(&schema).unwrap();
    // The published pattern has a stray bracket, which a strict reader of regular expressions refuses.
    for part in ["run", "toolComponent"] {
        schema["definitions"][part]["properties"]["language"].as_object_mut().unwrap().remove("pattern");
    }
    let files = shop();
    validate_with(&schema, &sarif(&findings(&files), &files));
    validate_with(&schema, &sarif(&[], &files));
    let (files, found) = awkward();
    validate_with(&schema, &sarif(&found, &files));
}

#[test]
fn sarif_names_each_rule_once_and_by_its_index() {
    let files = shop();
    let mut found = findings(&files);
    found.extend(findings(&files));
    let log: Value = serde_json::from_str(&sarif(&found, &files)).unwrap();
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), findings(&files).len());
    for result in run["results"].as_array().unwrap() {
        let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
    }
}

#[test]
fn sarif_file_names_are_uris() {
    let (files, found) = awkward();
    let log: Value = serde_json::from_str(&sarif(&found, &files)).unwrap();
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(place, "dir%20with/%C3%A9:%25,1.oal");
}

#[test]
fn a_github_command_is_one_line_that_the_runner_reads_back() {
    let (files, found) = awkward();
    let text = github(&found, &files);
    assert_eq!(text.lines().count(), found.len());
    for line in text.lines() {
        let (command, data) = line.strip_prefix("::").unwrap().split_once("::").unwrap();
        let (_, properties) = command.split_once(' ').unwrap();
        for property in properties.split(',') {
            let (_, value) = property.split_once('=').unwrap();
            assert!(!value.contains([':', '\r', '\n']));
        }
        assert!(!data.contains(|c: char| c.is_control()));
    }
    golden::data("diagnostic/github_awkward.txt", &text);
}

#[test]
fn junit_is_xml_and_counts_right() {
    let (files, found) = awkward();
    let text = junit(&found, &files, &[APP, LIB]);
    assert!(!text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{ffff}'));
    assert_eq!(text.matches("<testcase ").count(), 3);
    assert_eq!(text.matches("<failure ").count(), 1);
    assert!(text.contains("tests=\"3\" failures=\"1\""));
    let clean = junit(&[], &shop(), &[APP, LIB]);
    assert_eq!(clean.matches("no findings").count(), 2);
    golden::data("diagnostic/junit_awkward.xml", &text);
}
