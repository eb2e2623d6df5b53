//! The forms of findings: for machines alone on standard output, with the summary beside them.

use serde_json::Value;

use crate::sandbox::{BROKEN, CLEAN, Sandbox};

fn document(format: &str, program: &str) -> Value {
    let shop = Sandbox::with(program);
    let ran = shop.run(&["check", "--format", format]).code(i32::from(program == BROKEN));
    serde_json::from_str(&ran.err(": shop").out).unwrap()
}

#[test]
fn json_fits_its_schema() {
    let schema = Sandbox::new().run(&["schema", "diagnostics"]).code(0).out;
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    for program in [CLEAN, BROKEN] {
        let document = document("json", program);
        validator.validate(&document).unwrap();
    }
    assert_eq!(document("json", BROKEN)["diagnostics"][0]["code"], "OAL0203");
}

#[test]
fn sarif_names_the_file() {
    let document = document("sarif", BROKEN);
    let location = &document["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(location["artifactLocation"]["uri"], "app.oal");
    assert_eq!(location["region"]["startLine"], 4);
}

#[test]
fn several_programs_are_one_document() {
    let all = Sandbox::new();
    all.write("a/app.oal", BROKEN);
    all.write("b/app.oal", BROKEN);
    let ran = all.run(&["check", "--format", "json"]).code(1);
    let document: Value = serde_json::from_str(&ran.out).unwrap();
    let files: Vec<&str> = document["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|found| found["primary"]["file"].as_str().unwrap())
        .collect();
    assert_eq!(files, ["a/app.oal", "b/app.oal"]);
}

#[test]
fn workflow_commands_and_lines() {
    let shop = Sandbox::with(BROKEN);
    let ran = shop.run(&["check", "--format", "github"]).code(1);
    assert!(ran.out.starts_with("::error file=app.oal,line=4,col=3"), "{}", ran.out);
    let ran = shop.run(&["check", "--format", "short"]).code(1);
    assert!(ran.out.starts_with("app.oal:4:3: error[OAL0203]: "), "{}", ran.out);
    assert_eq!(ran.out.lines().count(), 1);
    shop.run(&["check", "--format", "plain"]).code(1).out("at app.oal, line 4, column 3").out("failed with 1 error");
}

#[test]
fn junit_tells_of_clean_files_too() {
    let shop = Sandbox::with(BROKEN);
    shop.write("clean/app.oal", CLEAN);
    shop.run(&["check", "--format", "junit"]).code(1).out("failures=\"1\"").out("classname=\"clean/app.oal\"");
}
